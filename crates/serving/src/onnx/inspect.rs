//! What a model's file says, without running any of it: its tensors, and whether it is one that we would load.
use super::protobuf::{Field, Fields, Malformed};
use crate::signature::{BadSignature, Datatype, Signature, Tensor};
use std::collections::BTreeSet;

/// The largest file of a model.
pub const LARGEST: usize = 256 * 1024 * 1024;
/// How many nodes a model may have, those of the graphs in its nodes included.
const NODES: usize = 100_000;
/// How deep graphs may lie in nodes of graphs.
const DEPTH: usize = 8;
/// How many tensors a model may take or give.
const TENSORS: usize = 2_000;
/// Whose operators the runtime brings along.
const DOMAINS: [&str; 3] = ["", "ai.onnx", "ai.onnx.ml"];

/// Why a model's file is not one that we load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("the file is no ONNX model")]
    Malformed,
    #[error("the model has {0} bytes; {LARGEST} are the most")]
    TooLarge(usize),
    #[error("the model has more than {NODES} nodes")]
    TooManyNodes,
    #[error("the model's graphs lie deeper than {DEPTH}")]
    TooDeep,
    #[error("the model keeps tensor `{0}` in another file: export it as one file")]
    ExternalData(String),
    #[error("the model uses operators of `{0}`: only ONNX's own are run")]
    Domain(String),
    #[error("tensor `{0}` is a map or a sequence: export with `zipmap=False`")]
    NoTensor(String),
    #[error("tensor `{0}` is of a type that is not served (ONNX's number {1})")]
    Type(String, u64),
    #[error("the model takes or gives no tensor, or more than {TENSORS}")]
    Tensors,
    #[error("the signature does not fit the model: {0}")]
    Signature(String),
}

impl From<Malformed> for ModelError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<BadSignature> for ModelError {
    fn from(bad: BadSignature) -> Self {
        Self::Signature(bad.to_string())
    }
}

/// What a model's file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    pub nodes: usize,
}

/// Returns the signature of a model; `columns` names the features where it takes them all in one tensor, and is empty otherwise.
///
/// # Errors
/// A file that we would not load, or columns that do not fit it.
pub fn signature_of(model: &[u8], columns: &[String]) -> Result<Signature, ModelError> {
    let Inspected { inputs, outputs, .. } = inspect(model)?;
    let signature = Signature { inputs, outputs, columns: columns.to_vec() };
    signature.check()?;
    Ok(signature)
}

/// Returns the names of the features that a model takes in one tensor, where its file says them: the entry `columns` of its metadata,
/// a JSON list. Empty where it says none.
///
/// # Errors
/// A file that is no model, or an entry that is no list of texts.
pub fn columns_of(model: &[u8]) -> Result<Vec<String>, ModelError> {
    for field in Fields(model) {
        if let (14, Field::Bytes(entry)) = field?
            && text(entry, 1)? == "columns"
        {
            let bad = |_| ModelError::Signature("`columns` in its metadata is no JSON list of names".into());
            return serde_json::from_str(&text(entry, 2)?).map_err(bad);
        }
    }
    Ok(Vec::new())
}

/// Looks into a model's file.
///
/// # Errors
/// A file that we would not load.
pub fn inspect(model: &[u8]) -> Result<Inspected, ModelError> {
    if model.len() > LARGEST {
        return Err(ModelError::TooLarge(model.len()));
    }
    let mut looked = Looked::default();
    let mut graph = None;
    for field in Fields(model) {
        match field? {
            (7, Field::Bytes(bytes)) => graph = Some(bytes),
            (8, Field::Bytes(opset)) => check_domain(text(opset, 1)?)?,
            (25, Field::Bytes(function)) => looked.function(function)?,
            _ => {}
        }
    }
    let graph = graph.ok_or(ModelError::Malformed)?;
    looked.graphs(graph)?;
    let (inputs, outputs) = tensors(graph)?;
    if [&inputs, &outputs].iter().any(|tensors| tensors.is_empty() || tensors.len() > TENSORS) {
        return Err(ModelError::Tensors);
    }
    Ok(Inspected { inputs, outputs, nodes: looked.nodes })
}

fn check_domain(domain: String) -> Result<(), ModelError> {
    if DOMAINS.contains(&domain.as_str()) { Ok(()) } else { Err(ModelError::Domain(cut(domain))) }
}

fn cut(name: String) -> String {
    name.chars().take(100).flat_map(char::escape_debug).collect()
}

/// Returns the text in a field of a message; the last one counts, as the format has it.
fn text(message: &[u8], number: u64) -> Result<String, ModelError> {
    let mut found = String::new();
    for field in Fields(message) {
        if let (at, Field::Bytes(bytes)) = field?
            && at == number
        {
            found = std::str::from_utf8(bytes).map_err(|_| ModelError::Malformed)?.to_owned();
        }
    }
    Ok(found)
}

#[derive(Debug, Default)]
struct Looked {
    nodes: usize,
}

impl Looked {
    /// Looks at every node of a graph and of the graphs below it.
    fn graphs(&mut self, graph: &[u8]) -> Result<(), ModelError> {
        let mut todo = vec![(graph, 0)];
        while let Some((graph, depth)) = todo.pop() {
            if depth > DEPTH {
                return Err(ModelError::TooDeep);
            }
            for field in Fields(graph) {
                match field? {
                    (1, Field::Bytes(node)) => {
                        self.node(node, |below| todo.push((below, depth + 1)))?;
                    }
                    (5, Field::Bytes(tensor)) => check_tensor(tensor)?,
                    (15, Field::Bytes(sparse)) => check_sparse(sparse)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Looks at the nodes of a function that the model brings along.
    fn function(&mut self, function: &[u8]) -> Result<(), ModelError> {
        check_domain(text(function, 10)?)?;
        let mut below = Vec::new();
        for field in Fields(function) {
            if let (7, Field::Bytes(node)) = field? {
                self.node(node, |graph| below.push(graph))?;
            }
        }
        below.into_iter().try_for_each(|graph| self.graphs(graph))
    }

    fn node<'a>(&mut self, node: &'a [u8], mut below: impl FnMut(&'a [u8])) -> Result<(), ModelError> {
        self.nodes += 1;
        if self.nodes > NODES {
            return Err(ModelError::TooManyNodes);
        }
        for field in Fields(node) {
            match field? {
                (5, Field::Bytes(attribute)) => {
                    for field in Fields(attribute) {
                        match field? {
                            (5 | 10, Field::Bytes(tensor)) => check_tensor(tensor)?,
                            (6 | 11, Field::Bytes(graph)) => below(graph),
                            (22 | 23, Field::Bytes(sparse)) => check_sparse(sparse)?,
                            _ => {}
                        }
                    }
                }
                (7, Field::Bytes(domain)) => {
                    check_domain(String::from_utf8_lossy(domain).into_owned())?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn check_sparse(sparse: &[u8]) -> Result<(), ModelError> {
    for field in Fields(sparse) {
        if let (1 | 2, Field::Bytes(tensor)) = field? {
            check_tensor(tensor)?;
        }
    }
    Ok(())
}

/// Refuses a tensor whose values lie in another file.
fn check_tensor(tensor: &[u8]) -> Result<(), ModelError> {
    let mut outside = false;
    for field in Fields(tensor) {
        match field? {
            (13, Field::Bytes(_)) => outside = true,
            (14, Field::Number(location)) => outside |= location != 0,
            _ => {}
        }
    }
    if outside { Err(ModelError::ExternalData(cut(text(tensor, 8)?))) } else { Ok(()) }
}

/// Returns the tensors that a graph takes and gives; a weight that older files list among the inputs is none.
fn tensors(graph: &[u8]) -> Result<(Vec<Tensor>, Vec<Tensor>), ModelError> {
    let (mut weights, mut inputs, mut outputs) = (BTreeSet::new(), Vec::new(), Vec::new());
    for field in Fields(graph) {
        match field? {
            (5, Field::Bytes(weight)) => {
                weights.insert(text(weight, 8)?);
            }
            (11, Field::Bytes(value)) => inputs.push(value),
            (12, Field::Bytes(value)) => outputs.push(value),
            _ => {}
        }
    }
    let mut taken = Vec::new();
    for value in inputs {
        if !weights.contains(&text(value, 1)?) {
            taken.push(tensor(value)?);
        }
    }
    Ok((taken, outputs.into_iter().map(tensor).collect::<Result<_, _>>()?))
}

fn tensor(value: &[u8]) -> Result<Tensor, ModelError> {
    let name = text(value, 1)?;
    let mut kind = None;
    for field in Fields(value) {
        if let (2, Field::Bytes(bytes)) = field? {
            kind = Some(bytes);
        }
    }
    let mut found = None;
    for field in Fields(kind.unwrap_or_default()) {
        found = match field? {
            (1, Field::Bytes(tensor)) => Some(tensor),
            (4 | 5 | 8 | 9, _) => return Err(ModelError::NoTensor(cut(name))),
            _ => found,
        };
    }
    let Some(found) = found else { return Err(ModelError::NoTensor(cut(name))) };
    let (mut number, mut shape) = (0, None);
    for field in Fields(found) {
        match field? {
            (1, Field::Number(kind)) => number = kind,
            (2, Field::Bytes(bytes)) => shape = Some(dimensions(bytes)?),
            _ => {}
        }
    }
    let datatype = datatype(number).ok_or_else(|| ModelError::Type(cut(name.clone()), number))?;
    Ok(Tensor { name, datatype, shape: shape.unwrap_or_else(|| vec![-1]) })
}

fn dimensions(shape: &[u8]) -> Result<Vec<i64>, ModelError> {
    let mut dimensions = Vec::new();
    for field in Fields(shape) {
        let (1, Field::Bytes(dimension)) = field? else { continue };
        let mut size = -1;
        for field in Fields(dimension) {
            if let (1, Field::Number(number)) = field? {
                size = i64::try_from(number).ok().filter(|size| *size > 0).unwrap_or(-1);
            }
        }
        dimensions.push(size);
    }
    Ok(dimensions)
}

fn datatype(number: u64) -> Option<Datatype> {
    Some(match number {
        1 => Datatype::Fp32,
        2 => Datatype::Uint8,
        3 => Datatype::Int8,
        4 => Datatype::Uint16,
        5 => Datatype::Int16,
        6 => Datatype::Int32,
        7 => Datatype::Int64,
        8 => Datatype::Bytes,
        9 => Datatype::Bool,
        11 => Datatype::Fp64,
        12 => Datatype::Uint32,
        13 => Datatype::Uint64,
        _ => return None,
    })
}
