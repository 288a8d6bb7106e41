//! What a model's file says, without running any of it: its tensors, and whether it is one that we would load.
use super::operators::{Bounded, bounded};
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

/// Why a model's file is not one that we load. It repeats no word of the file, which may hold rows that its makers read: what is meant
/// is said by its number, from 1.
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
    #[error("the model keeps a tensor in another file: export it as one file")]
    ExternalData,
    #[error("the model uses operators that are not ONNX's own, and only those are run")]
    Domain,
    /// Those of graphs in nodes are counted after all of the graph that these lie in.
    #[error("node {0} uses an operator that may run on, or take more and more, whatever the model is given")]
    Operator(usize),
    #[error("the model brings functions of its own: export it without")]
    Functions,
    #[error("{0} {1} is a map or a sequence: export with `zipmap=False`")]
    NoTensor(&'static str, usize),
    #[error("{0} {1} is of a type that is not served")]
    Type(&'static str, usize),
    /// A model's answers are held to the shapes that its file declares; for this one there would be a guess.
    #[error("output {0} declares no shape: export the model with the shape of each output, such as `[None, 2]`")]
    Shapeless(usize),
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
            (7, Field::Bytes(bytes)) => once(&mut graph, bytes)?,
            (8, Field::Bytes(opset)) => check_domain(&text(opset, 1)?)?,
            // Functions that call functions unfold to more nodes than any file has.
            (25, _) => return Err(ModelError::Functions),
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

/// Takes a message that is there once at most: of two the runtime makes one, and nobody has looked at that.
fn once<'a>(found: &mut Option<&'a [u8]>, bytes: &'a [u8]) -> Result<(), Malformed> {
    if found.replace(bytes).is_some() { Err(Malformed) } else { Ok(()) }
}

fn check_domain(domain: &str) -> Result<(), ModelError> {
    if DOMAINS.contains(&domain) { Ok(()) } else { Err(ModelError::Domain) }
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
        let mut todo = vec![Graph { bytes: graph, depth: 0, scanned: false }];
        while let Some(graph) = todo.pop() {
            if graph.depth > DEPTH {
                return Err(ModelError::TooDeep);
            }
            // What `Shape` gives in this graph, and what is made of a shape.
            let (mut shapes, mut made) = (BTreeSet::new(), Vec::new());
            for field in Fields(graph.bytes) {
                match field? {
                    (1, Field::Bytes(node)) => {
                        let node = self.node(node, graph, &mut todo)?;
                        let number = self.nodes;
                        match node.operator {
                            Some(b"Shape") => shapes.extend(node.outputs),
                            Some(b"ConstantOfShape") => made.extend(node.inputs.into_iter().map(|of| (of, number))),
                            _ => {}
                        }
                    }
                    (5, Field::Bytes(tensor)) => check_tensor(tensor)?,
                    (15, Field::Bytes(sparse)) => check_sparse(sparse)?,
                    _ => {}
                }
            }
            if let Some((_, number)) = made.iter().find(|(of, _)| !shapes.contains(of)) {
                return Err(ModelError::Operator(*number));
            }
        }
        Ok(())
    }

    fn node<'a>(&mut self, bytes: &'a [u8], of: Graph<'_>, todo: &mut Vec<Graph<'a>>) -> Result<Node<'a>, ModelError> {
        self.nodes += 1;
        if self.nodes > NODES {
            return Err(ModelError::TooManyNodes);
        }
        let (mut node, mut below) = (Node::default(), Vec::new());
        for field in Fields(bytes) {
            match field? {
                (1, Field::Bytes(name)) => node.inputs.push(name),
                (2, Field::Bytes(name)) => node.outputs.push(name),
                (4, Field::Bytes(name)) => once(&mut node.operator, name)?,
                (5, Field::Bytes(attribute)) => check_attribute(attribute, &mut below)?,
                (7, Field::Bytes(domain)) => check_domain(&String::from_utf8_lossy(domain))?,
                _ => {}
            }
        }
        let name = String::from_utf8_lossy(node.operator.ok_or(ModelError::Malformed)?);
        let scans = match bounded(&name) {
            Some(Bounded::Always | Bounded::AfterShape) => false,
            Some(Bounded::NotInItself) if !of.scanned => true,
            Some(Bounded::NotInItself) | None => return Err(ModelError::Operator(self.nodes)),
        };
        let (depth, scanned) = (of.depth + 1, of.scanned || scans);
        todo.extend(below.into_iter().map(|bytes| Graph { bytes, depth, scanned }));
        Ok(node)
    }
}

/// A graph that is still to be looked at.
#[derive(Clone, Copy, Debug)]
struct Graph<'a> {
    bytes: &'a [u8],
    depth: usize,
    /// Whether it is run again and again, by a scan above it.
    scanned: bool,
}

/// What of a node is looked at beside its attributes.
#[derive(Debug, Default)]
struct Node<'a> {
    operator: Option<&'a [u8]>,
    inputs: Vec<&'a [u8]>,
    outputs: Vec<&'a [u8]>,
}

fn check_attribute<'a>(attribute: &'a [u8], below: &mut Vec<&'a [u8]>) -> Result<(), ModelError> {
    let (mut one_tensor, mut one_graph, mut one_sparse) = (None, None, None);
    for field in Fields(attribute) {
        match field? {
            (5, Field::Bytes(tensor)) => once(&mut one_tensor, tensor)?,
            (6, Field::Bytes(graph)) => once(&mut one_graph, graph)?,
            (22, Field::Bytes(sparse)) => once(&mut one_sparse, sparse)?,
            (10, Field::Bytes(tensor)) => check_tensor(tensor)?,
            (11, Field::Bytes(graph)) => below.push(graph),
            (23, Field::Bytes(sparse)) => check_sparse(sparse)?,
            _ => {}
        }
    }
    below.extend(one_graph);
    one_tensor.map_or(Ok(()), check_tensor)?;
    one_sparse.map_or(Ok(()), check_sparse)
}

fn check_sparse(sparse: &[u8]) -> Result<(), ModelError> {
    let (mut values, mut indices) = (None, None);
    for field in Fields(sparse) {
        match field? {
            (1, Field::Bytes(tensor)) => once(&mut values, tensor)?,
            (2, Field::Bytes(tensor)) => once(&mut indices, tensor)?,
            _ => {}
        }
    }
    values.into_iter().chain(indices).try_for_each(check_tensor)
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
    if outside { Err(ModelError::ExternalData) } else { Ok(()) }
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
            taken.push(tensor(value, "input", taken.len() + 1)?);
        }
    }
    let given = outputs.into_iter().zip(1..).map(|(value, number)| tensor(value, "output", number));
    Ok((taken, given.collect::<Result<_, _>>()?))
}

fn tensor(value: &[u8], place: &'static str, number: usize) -> Result<Tensor, ModelError> {
    let name = text(value, 1)?;
    let mut kind = None;
    for field in Fields(value) {
        if let (2, Field::Bytes(bytes)) = field? {
            once(&mut kind, bytes)?;
        }
    }
    let mut found = None;
    for field in Fields(kind.unwrap_or_default()) {
        match field? {
            (1, Field::Bytes(tensor)) => once(&mut found, tensor)?,
            (4 | 5 | 8 | 9, _) => return Err(ModelError::NoTensor(place, number)),
            _ => {}
        }
    }
    let Some(found) = found else { return Err(ModelError::NoTensor(place, number)) };
    let (mut element, mut shape) = (0, None);
    for field in Fields(found) {
        match field? {
            (1, Field::Number(kind)) => element = kind,
            (2, Field::Bytes(bytes)) => once(&mut shape, bytes)?,
            _ => {}
        }
    }
    let datatype = datatype(element).ok_or(ModelError::Type(place, number))?;
    let shape = match shape.map(dimensions).transpose()? {
        Some(shape) => shape,
        None if place == "output" => return Err(ModelError::Shapeless(number)),
        None => vec![-1],
    };
    Ok(Tensor { name, datatype, shape, values: Vec::new() })
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
