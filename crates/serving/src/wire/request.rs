use super::json::{Leaves, typed};
use super::{Data, Refused, about, binary};
use crate::signature::Datatype;
use serde::Deserialize;

/// A tensor with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub shape: Vec<usize>,
    pub data: Data,
}

/// An output that was asked for, and in which form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    pub binary: bool,
}

/// A request for predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct InferRequest {
    /// What the caller knows the request by; repeated in the answer.
    pub id: Option<String>,
    pub inputs: Vec<Named>,
    /// The outputs that were asked for; all of them where none is named.
    pub wanted: Option<Vec<Wanted>>,
    /// Whether outputs that do not say are wanted as bytes.
    pub binary: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    binary_data_size: Option<u64>,
    binary_data: Option<bool>,
    binary_data_output: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct InputBody {
    name: String,
    datatype: String,
    shape: Vec<i64>,
    parameters: Option<Parameters>,
    data: Option<Leaves>,
}

#[derive(Debug, Deserialize)]
struct OutputBody {
    name: String,
    parameters: Option<Parameters>,
}

#[derive(Debug, Deserialize)]
struct Body {
    id: Option<String>,
    parameters: Option<Parameters>,
    inputs: Vec<InputBody>,
    outputs: Option<Vec<OutputBody>>,
}

/// Reads a request's body, of which the first `json_length` bytes are JSON; all of it where that is not said.
///
/// # Errors
/// What is malformed, with the tensor it is about.
pub fn read(body: &[u8], json_length: Option<usize>) -> Result<InferRequest, Refused> {
    let (json, mut tensors) = match json_length {
        None => (body, &[][..]),
        Some(length) => body.split_at_checked(length).ok_or_else(|| {
            Refused(format!("the header says {length} bytes of JSON, the body has {} in all", body.len()))
        })?,
    };
    let body: Body = serde_json::from_slice(json).map_err(|error| Refused(malformed(&error)))?;
    let mut inputs: Vec<Named> = Vec::with_capacity(body.inputs.len());
    for input in body.inputs {
        if inputs.iter().any(|earlier| earlier.name == input.name) {
            return Err(about("input", &input.name, "is there twice"));
        }
        inputs.push(tensor(input, &mut tensors)?);
    }
    if !tensors.is_empty() {
        return Err(Refused(format!("{} bytes are left over behind the last tensor", tensors.len())));
    }
    let binary = body.parameters.and_then(|said| said.binary_data_output).unwrap_or(false);
    let wanted = body.outputs.map(|outputs| outputs.into_iter().map(|output| wanted(output, binary)).collect());
    Ok(InferRequest { id: body.id, inputs, wanted, binary })
}

fn wanted(output: OutputBody, binary: bool) -> Wanted {
    let said = output.parameters.and_then(|said| said.binary_data);
    Wanted { name: output.name, binary: said.unwrap_or(binary) }
}

/// Says what is malformed and where, without repeating what was sent.
fn malformed(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    let words: String = words.chars().take(200).flat_map(char::escape_debug).collect();
    format!("malformed JSON at line {} column {}: {words}", error.line(), error.column())
}

fn tensor(input: InputBody, rest: &mut &[u8]) -> Result<Named, Refused> {
    let InputBody { name, datatype, shape, parameters, data } = input;
    let refuse = |what: &dyn std::fmt::Display| about("input", &name, what);
    let known = Datatype::of(&datatype).ok_or_else(|| {
        let word: String = datatype.chars().take(20).flat_map(char::escape_debug).collect();
        refuse(&format!("datatype `{word}` is not served here"))
    })?;
    let bad_shape = || refuse(&"a shape holds whole numbers of 0 or more, whose product is a size");
    let mut dimensions = Vec::with_capacity(shape.len());
    let mut count: usize = 1;
    for dimension in shape {
        let dimension = usize::try_from(dimension).map_err(|_| bad_shape())?;
        count = count.checked_mul(dimension).ok_or_else(bad_shape)?;
        dimensions.push(dimension);
    }
    let data = match (parameters.and_then(|said| said.binary_data_size), data) {
        (Some(_), Some(_)) => return Err(refuse(&"has both `data` and `binary_data_size`")),
        (None, None) => return Err(refuse(&"has no `data`")),
        (Some(size), None) => {
            let cut = || refuse(&format!("says {size} bytes, {} are left in the body", rest.len()));
            let size = usize::try_from(size).map_err(|_| cut())?;
            let (bytes, behind) = rest.split_at_checked(size).ok_or_else(cut)?;
            *rest = behind;
            binary::read(known, count, bytes).map_err(|what| refuse(&what))?
        }
        (None, Some(leaves)) => {
            if leaves.0.len() != count {
                return Err(refuse(&format!("its shape has {count} values, its data {}", leaves.0.len())));
            }
            typed(known, leaves).map_err(|what| refuse(&what))?
        }
    };
    Ok(Named { name, shape: dimensions, data })
}
