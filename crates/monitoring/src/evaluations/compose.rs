//! The pipeline of an evaluation: one platform step that reads what was asked and answered, what was promised, and what came of it.
use super::Evaluation;
use crate::monitors::{Monitor, Source, Truth};
use crate::report;
use base::{DatasetId, EnvironmentId, Principal, PurposeId, Timestamp};
use catalog::grants::{self, NotAllowed, Reading, Use};
use catalog::requests::RequestKind;
use db::Tx;
use runs::Pipeline;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The step that measures.
pub(super) const STEP: &str = "monitor";

/// How long the step may take, in seconds.
const SECONDS: u64 = 900;
/// How much memory it may take.
const MEMORY_MIB: u64 = 2_048;
/// What prod reads for, where it has a grant for it.
const USE: &str = "monitor";

/// A dataset that the step reads.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    /// None for all that the grant shows.
    columns: Option<Vec<String>>,
    for_use: String,
    purpose: Option<String>,
}

/// Returns the datasets that an evaluation reads, each once: captured calls, the contract's sources, and where outcomes stand.
fn datasets(monitor: &Monitor, capture: &DatasetId) -> BTreeMap<DatasetId, Read> {
    let mut found = BTreeMap::new();
    for Source { dataset, columns, for_use, purpose } in &monitor.released.sources {
        let (columns, for_use, purpose) = (Some(columns.clone()), for_use.clone(), purpose.clone());
        found.insert(dataset.clone(), Read { columns, for_use, purpose });
    }
    if let Some(Truth { dataset, column }) = monitor.truth() {
        let key = key_in(monitor, &dataset);
        let read = found.entry(dataset).or_insert_with(unsaid);
        let columns = read.columns.get_or_insert_default();
        for name in key.into_iter().chain([column]) {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
    }
    found.insert(capture.clone(), Read { columns: None, ..unsaid() });
    found
}

fn unsaid() -> Read {
    Read { columns: Some(Vec::new()), for_use: USE.to_owned(), purpose: None }
}

/// Returns what the record key is called in a dataset: as the contract says, else as in the contract.
fn key_in(monitor: &Monitor, dataset: &DatasetId) -> Option<String> {
    let facts = &monitor.released.facts;
    let key = facts["key"].as_array()?.first()?.as_str()?;
    let there = facts["sources"][dataset.as_str()][key].as_str();
    Some(there.unwrap_or(key).to_owned())
}

/// Returns what the step is told besides the contract.
fn told(monitor: &Monitor, evaluation: &Evaluation, capture: &DatasetId) -> Value {
    let truth = monitor.truth().map(
        |truth| json!({ "dataset": truth.dataset, "column": truth.column, "key": key_in(monitor, &truth.dataset) }),
    );
    let looked = &evaluation.looked;
    json!({
        "capture": capture, "truth": truth, "version": looked.version,
        "from": looked.from.to_string(), "until": looked.until.to_string(),
    })
}

/// Returns the pipeline of an evaluation.
///
/// # Errors
/// The store's.
pub(super) async fn compose(
    tx: &Tx,
    monitor: &Monitor,
    evaluation: &Evaluation,
    capture: &DatasetId,
) -> crate::Result<Pipeline> {
    let mut inputs = Map::new();
    inputs.insert("contract".into(), json!({ "value": monitor.released.facts }));
    inputs.insert("monitor".into(), json!({ "value": told(monitor, evaluation, capture) }));
    for (number, (dataset, read)) in datasets(monitor, capture).into_iter().enumerate() {
        let read = granted(tx, &monitor.environment, &dataset, read, evaluation.started_at).await?;
        let mut input = json!({ "dataset": dataset, "use": read.for_use });
        if let Some(columns) = read.columns {
            input["columns"] = json!(columns);
        }
        if let Some(purpose) = read.purpose {
            input["purpose"] = json!(purpose);
        }
        inputs.insert(format!("source_{}", number + 1), input);
    }
    let step = json!({
        "name": STEP, "run": { "platform": STEP }, "inputs": inputs, "outputs": [report::OUTPUT], "cache": false,
        "timeout_s": SECONDS, "retries": 1, "memory_mib": MEMORY_MIB,
    });
    let composed = json!({ "version": 1, "name": STEP, "steps": [step] });
    Ok(Pipeline::of_the_platform(&composed).map_err(runs::Error::from)?)
}

/// Returns how a dataset is read: for monitoring where the environment holds a grant for that, else for what the pipeline reads it for.
async fn granted(
    tx: &Tx,
    environment: &EnvironmentId,
    dataset: &DatasetId,
    read: Read,
    now: Timestamp,
) -> db::Result<Read> {
    let (nameless, principals) = (PurposeId(String::new()), [Principal::Environment(environment.clone())]);
    let reading = Reading {
        principals: &principals,
        kind: RequestKind::Read,
        object: dataset.as_str(),
        stated_use: Use::Monitor,
        purpose: &nameless, // no purpose has this id, so the answer names those that there are
        grant: None,
        now,
    };
    let Err(NotAllowed::Purpose { held, .. }) = grants::grant_for(tx, &reading).await? else { return Ok(read) };
    let stated = held.iter().find(|held| Some(held.as_str()) == read.purpose.as_deref());
    let purpose = stated.or(held.first()).map(|purpose| purpose.0.clone());
    Ok(Read { for_use: USE.to_owned(), purpose, ..read })
}
