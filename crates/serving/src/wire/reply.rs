use super::{Data, Named, binary};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// What a request is answered with.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    pub model: &'a str,
    pub version: &'a str,
    pub id: Option<&'a str>,
    /// The outputs, each with whether it is wanted as bytes.
    pub outputs: &'a [(&'a Named, bool)],
}

/// A body, and how many bytes of it are JSON where tensors follow.
#[derive(Clone, Debug)]
pub struct Written {
    pub body: Vec<u8>,
    pub json_length: Option<usize>,
}

struct Output<'a> {
    named: &'a Named,
    /// Where it is sent as bytes.
    size: Option<usize>,
}

impl Serialize for Output<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("name", &self.named.name)?;
        map.serialize_entry("datatype", self.named.data.datatype().as_str())?;
        map.serialize_entry("shape", &self.named.shape)?;
        match self.size {
            Some(size) => {
                map.serialize_entry("parameters", &std::collections::BTreeMap::from([("binary_data_size", size)]))?;
            }
            None => map.serialize_entry::<_, Data>("data", &self.named.data)?,
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Body<'a> {
    model_name: &'a str,
    model_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    outputs: Vec<Output<'a>>,
}

/// Writes the answer: JSON, and behind it the tensors that are wanted as bytes.
///
/// # Errors
/// None that a reply of ours can have.
pub fn write(reply: &Reply<'_>) -> serde_json::Result<Written> {
    let mut tensors = Vec::new();
    let outputs = reply
        .outputs
        .iter()
        .map(|(named, as_bytes)| Output { named, size: as_bytes.then(|| binary::write(&named.data, &mut tensors)) });
    let outputs: Vec<Output<'_>> = outputs.collect();
    let any = outputs.iter().any(|output| output.size.is_some());
    let mut body =
        serde_json::to_vec(&Body { model_name: reply.model, model_version: reply.version, id: reply.id, outputs })?;
    let json_length = any.then_some(body.len());
    body.append(&mut tensors);
    Ok(Written { body, json_length })
}

/// Returns the body of a failure.
pub fn error_body(text: &str) -> Vec<u8> {
    serde_json::json!({ "error": text }).to_string().into_bytes()
}
