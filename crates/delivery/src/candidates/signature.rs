//! Which signatures are cut. A project writes all that its model's file says of itself, at a time when its code reads rows that its
//! people may not. So no word of that file goes on: inputs are called as features of the contract, outputs as a closed list has it,
//! and a text that the model answers is a value that the contract lists for the target. The contract was there before the rows were read.
use serde_json::Value;
use serving::{Datatype, Signature, Tensor};
use std::collections::BTreeSet;

/// What the one tensor may be called that takes all features.
const JOINED: [&str; 5] = ["X", "features", "float_input", "input", "inputs"];
/// What outputs may be called: a label, the probabilities of the classes, or the number that a model predicts.
const LABEL: &[&str] = &["label", "output_label"];
const PROBABILITIES: &[&str] = &["probabilities", "output_probability"];
const NUMBER: &[&str] = &["variable"];
/// The most classes of a model.
const MOST_CLASSES: usize = 100;

/// Returns the signature as it is served, with the values that a label of texts may have; `contract` is what the platform's steps were
/// told of it. The error says what does not fit, by number.
pub(super) fn accepted(mut signature: Signature, contract: &Value) -> Result<Signature, String> {
    if let Some(why) = contract["why"].as_str() {
        return Err(why.to_owned());
    }
    check_inputs(&signature, contract)?;
    let (count, mut roles) = (signature.outputs.len(), BTreeSet::new());
    for (output, number) in signature.outputs.iter_mut().zip(1..) {
        let role = role_of(output).ok_or_else(|| {
            format!(
                "output {number} of the model is not called `label` or `probabilities` (`output_label`, \
                 `output_probability`), nor `variable` where it predicts a number"
            )
        })?;
        if !roles.insert(role) || (role == "number" && count > 1) {
            return Err(format!("output {number} of the model is one too many"));
        }
        check_output(output, role, number)?;
        if output.datatype == Datatype::Bytes {
            output.values = values_of(contract)?;
        }
    }
    Ok(signature)
}

fn check_inputs(signature: &Signature, contract: &Value) -> Result<(), String> {
    let features = contract["features"].as_array().into_iter().flatten();
    let features: BTreeSet<&str> = features.filter_map(|feature| feature["name"].as_str()).collect();
    if signature.columns.is_empty() {
        for (input, number) in signature.inputs.iter().zip(1..) {
            if !features.contains(input.name.as_str()) {
                return Err(format!("input {number} of the model is not called as a feature of the contract"));
            }
            if !matches!(input.shape.as_slice(), [-1] | [-1, 1 | -1]) {
                return Err(format!("input {number} of the model is no tensor `[n, 1]`"));
            }
        }
        return Ok(());
    }
    // That there is one of `[n, features]`, the signature has been checked for.
    if !signature.inputs.iter().all(|input| JOINED.contains(&input.name.as_str()) && input.shape[0] == -1) {
        let names = JOINED.map(|name| format!("`{name}`")).join(", ");
        return Err(format!("the model takes all features in one tensor, which is not called one of {names}"));
    }
    match signature.columns.iter().position(|column| !features.contains(column.as_str())) {
        Some(at) => Err(format!("column {} that the model takes is no feature of the contract", at + 1)),
        None => Ok(()),
    }
}

fn role_of(output: &Tensor) -> Option<&'static str> {
    let roles = [("label", LABEL), ("probabilities", PROBABILITIES), ("number", NUMBER)];
    roles.into_iter().find(|(_, names)| names.contains(&output.name.as_str())).map(|(role, _)| role)
}

fn check_output(output: &Tensor, role: &str, number: usize) -> Result<(), String> {
    let is_fraction = matches!(output.datatype, Datatype::Fp32 | Datatype::Fp64);
    let one_for_each_row = matches!(output.shape.as_slice(), [-1] | [-1, 1]);
    let fits = match role {
        "label" => one_for_each_row,
        "probabilities" => {
            let classes = |size: &i64| usize::try_from(*size).is_ok_and(|size| (1..=MOST_CLASSES).contains(&size));
            is_fraction && matches!(output.shape.as_slice(), [-1, size] if classes(size))
        }
        _ => is_fraction && one_for_each_row,
    };
    let is = match role {
        "label" => "no tensor `[n]`: one label for each row",
        "probabilities" => "no tensor `[n, classes]` of fractions, or one of more than 100 classes",
        _ => "no tensor `[n, 1]` of fractions",
    };
    if fits { Ok(()) } else { Err(format!("output {number} of the model is {is}")) }
}

/// Returns the values of the target that the contract lists.
fn values_of(contract: &Value) -> Result<Vec<String>, String> {
    let listed = contract["target"]["values"].as_array().into_iter().flatten();
    let values: Vec<String> = listed.filter_map(Value::as_str).map(str::to_owned).collect();
    if (1..=MOST_CLASSES).contains(&values.len()) {
        return Ok(values);
    }
    let text = "the model's label is a text, and the contract does not list the 1 to 100 values of the target";
    Err(format!("{text} (`invalidValues` with `validValues` and `mustBe: 0`): no other text is ever answered"))
}
