//! The pipeline of a release: the repository's own, and behind its step `export` what judges the exported model.
use super::error::{Error, Result};
use crate::contract::{Claim, Contract, Part, Rule, Table};
use runs::Pipeline;
use runs::pipelines::{DatasetInput, Input};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The platform's steps behind an export, each also the name of the check that it is evidence for.
pub const REQUIRED: [&str; 3] = ["parity", "quality", "bias"];
/// The step of a repository that exports the model.
pub const EXPORT: &str = "export";
/// What that step has to write: the model, and rows as the trained model predicts them.
const EXPORTED: [&str; 2] = ["onnx", "rows"];
/// How long one of our steps may take, in seconds.
const SECONDS: u64 = 900;
/// How much memory one of them may take.
const MEMORY_MIB: u64 = 2_048;
/// What held-out rows are read for, where the pipeline itself does not read the dataset.
const USE: &str = "train";

/// A repository's contract, or why there is none to go by.
pub(super) type Known = std::result::Result<Contract, String>;

/// Returns the repository's pipeline with the platform's steps behind it; without a step that exports, as it is.
pub(super) fn compose(pipeline: &Pipeline, contract: &Known) -> Result<Pipeline> {
    if let Some(step) = pipeline.steps.iter().find(|step| REQUIRED.contains(&step.name.as_str())) {
        return Err(Error::ReservedStep(step.name.clone()));
    }
    let export = pipeline.steps.iter().find(|step| step.name == EXPORT);
    let writes = |name: &str| export.is_some_and(|export| export.outputs.iter().any(|output| output == name));
    if !EXPORTED.into_iter().all(writes) {
        return Ok(pipeline.clone());
    }
    let not_sensitive = |part: &Part| !matches!(part, Part::Sensitive { .. });
    let not_target = |part: &Part| !matches!(part, Part::Target { .. });
    let (facts, mut composed) = (facts(contract), pipeline.to_json());
    if let Some(steps) = composed["steps"].as_array_mut() {
        steps.push(step("parity", &facts, vec![("rows".to_owned(), from_export("rows"))]));
        steps.push(step("quality", &facts, sources(pipeline, contract, not_sensitive)));
        steps.push(step("bias", &facts, sources(pipeline, contract, not_target)));
    }
    Ok(Pipeline::of_the_platform(&composed).map_err(runs::Error::from)?)
}

fn from_export(output: &str) -> Value {
    json!({ "step": EXPORT, "output": output })
}

fn step(name: &str, facts: &Value, more: Vec<(String, Value)>) -> Value {
    let mut inputs = Map::new();
    inputs.insert("onnx".into(), from_export("onnx"));
    inputs.insert("contract".into(), json!({ "value": facts }));
    inputs.extend(more);
    json!({
        "name": name, "run": { "platform": name }, "inputs": inputs, "outputs": ["report"], "timeout_s": SECONDS,
        "retries": 1, "memory_mib": MEMORY_MIB,
    })
}

/// Returns the table that the model is about: the one with a target, else the first.
fn table_of(contract: &Contract) -> Option<&Table> {
    let has_target = |table: &&Table| table.columns.iter().any(|claim| matches!(claim.part, Part::Target { .. }));
    contract.tables.iter().find(has_target).or(contract.tables.first())
}

/// Returns the columns of a table by the dataset that they lie in, each with its name there. The key is in every one of them, under
/// one name, so that rows can be joined.
fn by_dataset(table: &Table, takes: impl Fn(&Part) -> bool) -> BTreeMap<&str, BTreeMap<&str, &str>> {
    let mut found: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for claim in table.columns.iter().filter(|claim| claim.part != Part::Key && takes(&claim.part)) {
        if let Some((dataset, name)) = &claim.source {
            found.entry(dataset).or_default().insert(&claim.column, name);
        }
    }
    for claim in table.columns.iter().filter(|claim| claim.part == Part::Key) {
        let name = claim.source.as_ref().map_or(claim.column.as_str(), |(_, name)| name);
        for columns in found.values_mut() {
            columns.insert(&claim.column, name);
        }
    }
    found
}

/// Returns the datasets of a contract as a monitor reads them.
pub(super) fn watched(pipeline: &Pipeline, contract: &Known) -> Vec<monitoring::Source> {
    let Some(table) = contract.as_ref().ok().and_then(table_of) else { return Vec::new() };
    let source = |(dataset, columns): (&str, BTreeMap<&str, &str>)| {
        let read = read_by(pipeline, dataset);
        let columns: BTreeSet<&str> = columns.into_values().collect();
        monitoring::Source {
            dataset: dataset.into(),
            columns: columns.into_iter().map(str::to_owned).collect(),
            for_use: read.map_or_else(|| USE.to_owned(), |read| read.for_use.to_string()),
            purpose: read.and_then(|read| read.purpose.as_ref()).map(|purpose| purpose.0.clone()),
        }
    };
    by_dataset(table, |_| true).into_iter().map(source).collect()
}

/// Returns what the platform's steps have to know of the contract. They never read the file: what is judged is what was read here.
pub(super) fn facts(contract: &Known) -> Value {
    let table = match contract {
        Ok(contract) => table_of(contract),
        Err(why) => return json!({ "why": why }),
    };
    let Some(table) = table else { return json!({ "why": "the contract describes no table" }) };
    let (mut features, mut keys, mut sensitive, mut target) = (Vec::new(), Vec::new(), Vec::new(), Value::Null);
    for claim in &table.columns {
        match &claim.part {
            Part::Feature => features.push(json!({ "name": claim.column, "type": type_of(claim) })),
            Part::Key => keys.push(claim.column.as_str()),
            Part::Sensitive { bounds } => sensitive.push(json!({ "name": claim.column, "bounds": bounds })),
            Part::Target { positive } => {
                target = json!({ "name": claim.column, "positive": positive, "values": values_of(claim) });
            }
        }
    }
    json!({
        "features": features, "key": keys, "target": target, "sensitive": sensitive,
        "sources": by_dataset(table, |_| true),
    })
}

fn type_of(claim: &Claim) -> Option<&str> {
    claim.rules.iter().find_map(|rule| if let Rule::Type(word) = rule { Some(word.as_str()) } else { None })
}

fn values_of(claim: &Claim) -> Option<&BTreeSet<String>> {
    claim.rules.iter().find_map(|rule| if let Rule::ValidValues(values) = rule { Some(values) } else { None })
}

/// Returns the datasets that a step reads the held-out rows of, with the columns of the parts that it `takes`. Use and purpose are
/// those that the pipeline itself reads the dataset for.
fn sources(pipeline: &Pipeline, contract: &Known, takes: impl Fn(&Part) -> bool) -> Vec<(String, Value)> {
    let Some(table) = contract.as_ref().ok().and_then(table_of) else { return Vec::new() };
    let mut inputs = Vec::new();
    for (n, (dataset, columns)) in by_dataset(table, takes).into_iter().enumerate() {
        let columns: BTreeSet<&str> = columns.into_values().collect();
        let mut input = json!({ "dataset": dataset, "use": USE, "columns": columns });
        if let Some(read) = read_by(pipeline, dataset) {
            input["use"] = json!(read.for_use);
            if let Some(purpose) = &read.purpose {
                input["purpose"] = json!(purpose);
            }
        }
        inputs.push((format!("source_{}", n + 1), input));
    }
    inputs
}

fn read_by<'p>(pipeline: &'p Pipeline, dataset: &str) -> Option<&'p DatasetInput> {
    let inputs = pipeline.steps.iter().flat_map(|step| step.inputs.values());
    inputs
        .filter_map(|input| if let Input::Dataset(read) = input { Some(read) } else { None })
        .find(|read| read.dataset.as_str() == dataset)
}
