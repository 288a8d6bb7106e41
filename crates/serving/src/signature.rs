//! What a model takes and gives: tensors by name, type and shape, as the Open Inference Protocol names them.
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The types of tensors that are served. The protocol's other two, FP16 and BF16, no exported model here has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Datatype {
    #[serde(rename = "BOOL")]
    Bool,
    #[serde(rename = "UINT8")]
    Uint8,
    #[serde(rename = "UINT16")]
    Uint16,
    #[serde(rename = "UINT32")]
    Uint32,
    #[serde(rename = "UINT64")]
    Uint64,
    #[serde(rename = "INT8")]
    Int8,
    #[serde(rename = "INT16")]
    Int16,
    #[serde(rename = "INT32")]
    Int32,
    #[serde(rename = "INT64")]
    Int64,
    #[serde(rename = "FP32")]
    Fp32,
    #[serde(rename = "FP64")]
    Fp64,
    #[serde(rename = "BYTES")]
    Bytes,
}

impl Datatype {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Bool,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Fp32,
        Self::Fp64,
        Self::Bytes,
    ];

    /// Returns the protocol's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::Uint8 => "UINT8",
            Self::Uint16 => "UINT16",
            Self::Uint32 => "UINT32",
            Self::Uint64 => "UINT64",
            Self::Int8 => "INT8",
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Fp32 => "FP32",
            Self::Fp64 => "FP64",
            Self::Bytes => "BYTES",
        }
    }

    /// Returns the type of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|datatype| datatype.as_str() == word)
    }

    /// Returns how many bytes a value takes; `None` for texts, whose length varies.
    pub fn width(self) -> Option<usize> {
        match self {
            Self::Bool | Self::Uint8 | Self::Int8 => Some(1),
            Self::Uint16 | Self::Int16 => Some(2),
            Self::Uint32 | Self::Int32 | Self::Fp32 => Some(4),
            Self::Uint64 | Self::Int64 | Self::Fp64 => Some(8),
            Self::Bytes => None,
        }
    }
}

impl std::fmt::Display for Datatype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tensor that a model takes or gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    pub name: String,
    pub datatype: Datatype,
    /// -1 where it varies; the first is the number of rows.
    pub shape: Vec<i64>,
    /// The texts that an output may give; any other fails the call. Empty where it gives no texts, or was released before this was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// What a model takes and gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    /// The names of the features, in their order, of a model that takes them all in one tensor `[n, features]`. A request may then
    /// send a tensor for each of them instead. Empty for a model that takes a tensor per column.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// The input that every endpoint takes beside those of its model: what a row is known by. It is captured, and the model never sees it.
pub const RECORD_ID: &str = "record_id";

/// A signature that does not fit together. It repeats no name: those of a model's file are anything that its makers could read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSignature(String);

impl Signature {
    /// Says whether it holds together: names are there once, and columns are as many as the one tensor takes.
    ///
    /// # Errors
    /// [`BadSignature`] says what does not fit.
    pub fn check(&self) -> Result<(), BadSignature> {
        let bad = |text: String| Err(BadSignature(text));
        if self.inputs.is_empty() || self.outputs.is_empty() {
            return bad("a model takes at least one tensor and gives at least one".into());
        }
        for (kind, tensors) in [("input", &self.inputs), ("output", &self.outputs)] {
            if let Some(number) = repeated(tensors.iter().map(|tensor| tensor.name.as_str())) {
                return bad(format!("{kind} {number} is called as one before it"));
            }
        }
        if self.inputs.iter().any(|tensor| tensor.name == RECORD_ID) {
            return bad(format!("`{RECORD_ID}` is what a row is known by: a model takes no input of that name"));
        }
        if self.columns.is_empty() {
            return Ok(());
        }
        let [input] = self.inputs.as_slice() else {
            return bad("columns are named, but the model takes more than one tensor".into());
        };
        if input.datatype == Datatype::Bytes || input.shape.len() != 2 {
            return bad("columns are named, but the input is no tensor `[n, features]` of numbers".into());
        }
        let features = input.shape[1];
        if features != -1 && features != i64::try_from(self.columns.len()).unwrap_or(i64::MAX) {
            return bad(format!("{} columns are named, but the input takes more or fewer", self.columns.len()));
        }
        match repeated(self.columns.iter().map(String::as_str)) {
            Some(number) => bad(format!("column {number} is called as one before it")),
            None if self.columns.iter().any(|name| name == RECORD_ID || *name == input.name) => {
                bad(format!("no column may be called `{RECORD_ID}`, or as the tensor is"))
            }
            None => Ok(()),
        }
    }

    /// Returns the tensors that a caller sees: those of the model, and what a row is known by.
    pub fn shown_inputs(&self) -> Vec<Tensor> {
        let mut inputs = self.inputs.clone();
        let (name, values) = (RECORD_ID.to_owned(), Vec::new());
        inputs.push(Tensor { name, datatype: Datatype::Bytes, shape: vec![-1], values });
        inputs
    }
}

/// Returns the number, from 1, of the first name that one before it has.
fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut seen = BTreeSet::new();
    names.zip(1..).find_map(|(name, number)| (!seen.insert(name)).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, datatype: Datatype, shape: &[i64]) -> Tensor {
        Tensor { name: name.into(), datatype, shape: shape.to_vec(), values: Vec::new() }
    }

    fn given() -> Signature {
        Signature {
            inputs: vec![tensor("X", Datatype::Fp32, &[-1, 2])],
            outputs: vec![tensor("label", Datatype::Int64, &[-1])],
            columns: vec!["age".into(), "amount".into()],
        }
    }

    #[test]
    fn words_of_types_are_the_protocols() {
        for datatype in Datatype::ALL {
            assert_eq!(Datatype::of(datatype.as_str()), Some(datatype));
            assert_eq!(serde_json::to_value(datatype).unwrap(), datatype.as_str());
        }
        assert_eq!(Datatype::of("FP16"), None);
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut Signature), words: &str) {
        let mut signature = given();
        change(&mut signature);
        let said = signature.check().unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }

    #[test]
    fn a_signature_holds_together_or_says_why_not() {
        given().check().unwrap();
        refused(|s| s.inputs.clear(), "at least one tensor");
        refused(|s| s.outputs.push(s.outputs[0].clone()), "output 2 is called as one before it");
        refused(|s| s.columns.push("rate".into()), "3 columns are named, but the input takes more or fewer");
        refused(|s| s.columns[1] = "age".into(), "column 2 is called as one before it");
        refused(|s| s.columns[1] = "record_id".into(), "may be called `record_id`");
        refused(|s| s.inputs[0].name = "record_id".into(), "takes no input of that name");
        refused(|s| s.inputs.push(tensor("Y", Datatype::Fp32, &[-1])), "more than one tensor");
        refused(|s| s.inputs[0].shape = vec![-1], "no tensor `[n, features]`");
    }

    #[test]
    fn a_signature_without_values_is_written_and_read_as_before() {
        let before = r#"{"name":"label","datatype":"INT64","shape":[-1]}"#;
        let label = tensor("label", Datatype::Int64, &[-1]);
        assert_eq!(serde_json::to_string(&label).unwrap(), before);
        assert_eq!(serde_json::from_str::<Tensor>(before).unwrap(), label);
        let of_texts = Tensor { values: vec!["bad".into()], ..label };
        let written = serde_json::to_string(&of_texts).unwrap();
        assert_eq!(serde_json::from_str::<Tensor>(&written).unwrap(), of_texts);
    }
}
