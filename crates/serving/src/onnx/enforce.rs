//! A request against a signature: what is missing, unknown, of the wrong type or shape is refused by its name. And what a model answers
//! against the same: a model may remember what it was trained on, and is to tell no more of it than a prediction for each row.
use super::RunError;
use crate::signature::{Datatype, RECORD_ID, Signature, Tensor};
use crate::wire::{Data, InferRequest, Named, Refused};
use std::collections::BTreeMap;

/// A request that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The tensors that the model takes, in its order.
    pub inputs: Vec<Named>,
    /// How many rows there are.
    pub rows: usize,
    /// What the rows are known by, where the caller said.
    pub records: Option<Vec<Vec<u8>>>,
    /// The numbers of the outputs that are wanted, each with whether as bytes.
    pub outputs: Vec<(usize, bool)>,
}

fn about(kind: &str, name: &str, what: impl std::fmt::Display) -> Refused {
    crate::wire::about(kind, name, what)
}

/// Checks `request` against `signature`, takes out what the rows are known by, and puts a tensor per column together where the model
/// takes one of all.
///
/// # Errors
/// The first tensor that does not fit, by its name.
pub fn check(signature: &Signature, request: InferRequest) -> Result<Checked, Refused> {
    let mut given: BTreeMap<String, Named> =
        request.inputs.into_iter().map(|named| (named.name.clone(), named)).collect();
    let records = given.remove(RECORD_ID);
    let by_column = !signature.columns.is_empty() && !given.contains_key(&signature.inputs[0].name);
    let (inputs, rows) = if by_column {
        let (joined, rows) = join(signature, &mut given)?;
        (vec![joined], rows)
    } else {
        take(signature, &mut given)?
    };
    if let Some(unknown) = given.keys().next() {
        let known = if by_column { signature.columns.join(", ") } else { names(&signature.inputs) };
        let known: String = known.chars().take(300).collect();
        return Err(about("input", unknown, format!("is not an input of this model, which takes: {known}")));
    }
    let records = records.map(|records| record_ids(records, rows)).transpose()?;
    let outputs = match request.wanted {
        None => (0..signature.outputs.len()).map(|number| (number, request.binary)).collect(),
        Some(wanted) => {
            let mut outputs = Vec::with_capacity(wanted.len().min(signature.outputs.len()));
            for output in wanted {
                let number = signature.outputs.iter().position(|known| known.name == output.name).ok_or_else(|| {
                    let known = names(&signature.outputs);
                    about("output", &output.name, format!("is not an output of this model, which gives: {known}"))
                })?;
                if outputs.iter().any(|(earlier, _)| *earlier == number) {
                    return Err(about("output", &output.name, "is asked for twice"));
                }
                outputs.push((number, output.binary));
            }
            outputs
        }
    };
    Ok(Checked { inputs, rows, records, outputs })
}

/// Checks what a model gave for so many rows: as many values as its signature says, and no text but those that it names.
///
/// # Errors
/// [`RunError::Unlike`], [`RunError::Unknown`].
pub(super) fn check_answer(known: &Tensor, rows: Option<usize>, given: &Named) -> Result<(), RunError> {
    if rows.is_some_and(|rows| !is_for(known, rows, &given.shape)) {
        return Err(RunError::Unlike);
    }
    let Data::Bytes(texts) = &given.data else { return Ok(()) };
    let is_known = |text: &Vec<u8>| known.values.iter().any(|value| value.as_bytes() == text.as_slice());
    if known.values.is_empty() || texts.iter().all(is_known) { Ok(()) } else { Err(RunError::Unknown) }
}

/// Returns whether a shape is that of an output for so many rows; whatever is open in the signature is open here. By each size, not by
/// their product: a shape could say more than the values do. `[n]` and `[n, 1]` are one.
fn is_for(known: &Tensor, rows: usize, given: &[usize]) -> bool {
    let Some((-1, rest)) = known.shape.split_first() else { return true };
    let wanted: Vec<Option<usize>> =
        std::iter::once(Some(rows)).chain(rest.iter().map(|size| usize::try_from(*size).ok())).collect();
    let wanted = wanted.strip_suffix(&[Some(1)]).filter(|_| wanted.len() > 1).unwrap_or(&wanted);
    let given = given.strip_suffix(&[1]).filter(|short| short.len() == 1 && wanted.len() == 1).unwrap_or(given);
    wanted.len() == given.len()
        && wanted.iter().zip(given).all(|(wanted, size)| wanted.is_none_or(|wanted| wanted == *size))
}

fn names(tensors: &[Tensor]) -> String {
    tensors.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Takes the tensors as the model names them.
fn take(signature: &Signature, given: &mut BTreeMap<String, Named>) -> Result<(Vec<Named>, usize), Refused> {
    let (mut inputs, mut rows) = (Vec::with_capacity(signature.inputs.len()), None);
    for known in &signature.inputs {
        let mut named = given.remove(&known.name).ok_or_else(|| about("input", &known.name, "is missing"))?;
        typed(&named, known.datatype)?;
        shaped(&mut named, known)?;
        if known.shape.first() == Some(&-1) {
            same_rows(&mut rows, &named)?;
        }
        inputs.push(named);
    }
    Ok((inputs, rows.unwrap_or(1)))
}

fn typed(named: &Named, datatype: Datatype) -> Result<(), Refused> {
    match named.data.datatype() {
        found if found == datatype => text(named),
        found => Err(about("input", &named.name, format!("is {found}, the model takes {datatype}"))),
    }
}

/// A model's texts are UTF-8.
fn text(named: &Named) -> Result<(), Refused> {
    let Data::Bytes(texts) = &named.data else { return Ok(()) };
    match texts.iter().position(|text| std::str::from_utf8(text).is_err()) {
        Some(number) => Err(about("input", &named.name, format!("value {number} is no UTF-8"))),
        None => Ok(()),
    }
}

/// Checks the shape; `[n]` stands for `[n, 1]`.
fn shaped(named: &mut Named, known: &Tensor) -> Result<(), Refused> {
    if known.shape.len() == 2 && matches!(known.shape[1], 1 | -1) && named.shape.len() == 1 {
        named.shape.push(1);
    }
    let fits = named.shape.len() == known.shape.len()
        && named
            .shape
            .iter()
            .zip(&known.shape)
            .all(|(found, wanted)| *wanted == -1 || usize::try_from(*wanted).is_ok_and(|wanted| wanted == *found));
    if fits {
        return Ok(());
    }
    Err(about("input", &named.name, format!("has the shape {:?}, the model takes {:?}", named.shape, known.shape)))
}

fn same_rows(rows: &mut Option<usize>, named: &Named) -> Result<(), Refused> {
    let found = named.shape.first().copied().unwrap_or(0);
    match *rows {
        Some(earlier) if earlier != found => {
            Err(about("input", &named.name, format!("has {found} rows, the others have {earlier}")))
        }
        _ => {
            *rows = Some(found);
            Ok(())
        }
    }
}

/// Joins a tensor per column to the one that the model takes.
fn join(signature: &Signature, given: &mut BTreeMap<String, Named>) -> Result<(Named, usize), Refused> {
    let known = &signature.inputs[0];
    let (mut columns, mut rows) = (Vec::with_capacity(signature.columns.len()), None);
    for name in &signature.columns {
        let named = given.remove(name).ok_or_else(|| about("input", name, "is missing"))?;
        typed(&named, known.datatype)?;
        if !matches!(named.shape.as_slice(), [_] | [_, 1]) {
            let what = format!("has the shape {:?}, a column has [n] or [n, 1]", named.shape);
            return Err(about("input", name, what));
        }
        same_rows(&mut rows, &named)?;
        columns.push(named.data);
    }
    let rows = rows.unwrap_or(0);
    let data = interleave(&columns, rows).ok_or_else(|| about("input", &known.name, "cannot be put together"))?;
    if let Some(wanted) = known.shape.first().and_then(|first| usize::try_from(*first).ok())
        && wanted != rows
    {
        return Err(about("input", &known.name, format!("takes {wanted} rows, {rows} came")));
    }
    Ok((Named { name: known.name.clone(), shape: vec![rows, columns.len()], data }, rows))
}

/// Puts columns side by side; `None` where they are not all of one type of numbers.
fn interleave(columns: &[Data], rows: usize) -> Option<Data> {
    macro_rules! of {
        ($($variant:ident),*) => {
            match columns.first()? {
                $(Data::$variant(_) => {
                    let mut lists = Vec::with_capacity(columns.len());
                    for column in columns {
                        let Data::$variant(values) = column else { return None };
                        lists.push(values);
                    }
                    let mut joined = Vec::with_capacity(rows * columns.len());
                    for row in 0..rows {
                        for values in &lists {
                            joined.push(*values.get(row)?);
                        }
                    }
                    Some(Data::$variant(joined))
                })*
                Data::Bytes(_) => None,
            }
        };
    }
    of!(Bool, Uint8, Uint16, Uint32, Uint64, Int8, Int16, Int32, Int64, Fp32, Fp64)
}

fn record_ids(records: Named, rows: usize) -> Result<Vec<Vec<u8>>, Refused> {
    let Data::Bytes(ids) = records.data else {
        return Err(about("input", RECORD_ID, format!("is {}, it takes BYTES", records.data.datatype())));
    };
    match records.shape.as_slice() {
        [n] | [n, 1] if *n == rows => Ok(ids),
        shape => Err(about("input", RECORD_ID, format!("has the shape {shape:?}, the request has {rows} rows"))),
    }
}
