//! The one step of a batch run.
use super::Batch;
use super::error::{Error, Result};
use crate::signature::{RECORD_ID, Signature};
use base::{DatasetId, PurposeId, Timestamp};
use runs::Pipeline;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The step, which is also the platform's name for what it does.
pub(super) const STEP: &str = "score";
/// How long it may take, in seconds.
const SECONDS: u64 = 4 * 3_600;
/// How often it is tried again, where the server was away, say. What it publishes has a key of its own, so it is published once.
const RETRIES: u32 = 2;
/// How much memory it may take.
const MEMORY_MIB: u64 = 4_096;

/// Returns the columns that a model takes, as a caller names them.
fn wanted(signature: &Signature) -> Vec<(&str, &str)> {
    if signature.columns.is_empty() {
        return signature.inputs.iter().map(|input| (input.name.as_str(), input.datatype.as_str())).collect();
    }
    let datatype = signature.inputs.first().map_or("FP32", |input| input.datatype.as_str());
    signature.columns.iter().map(|column| (column.as_str(), datatype)).collect()
}

/// Returns the columns that are read of each dataset: of all the model's columns each from the one that has it, and the key.
pub(super) fn columns_of(
    batch: &Batch,
    signature: &Signature,
    datasets: &BTreeMap<DatasetId, BTreeSet<String>>,
) -> Result<BTreeMap<DatasetId, BTreeSet<String>>> {
    let mut read: BTreeMap<DatasetId, BTreeSet<String>> = BTreeMap::new();
    for (dataset, columns) in datasets {
        if !columns.contains(&batch.key) {
            return Err(Error::Key { key: batch.key.clone(), dataset: dataset.clone() });
        }
        read.insert(dataset.clone(), [batch.key.clone()].into());
    }
    for (column, _) in wanted(signature).into_iter().filter(|(column, _)| *column != batch.key && *column != RECORD_ID)
    {
        let has: Vec<&DatasetId> =
            datasets.iter().filter(|(_, columns)| columns.contains(column)).map(|(dataset, _)| dataset).collect();
        let [dataset] = has.as_slice() else {
            return Err(Error::Column { column: column.to_owned(), found: has.len() });
        };
        if let Some(columns) = read.get_mut(*dataset) {
            columns.insert(column.to_owned());
        }
    }
    Ok(read)
}

/// Returns the pipeline of a run that begins at `now`. What it publishes depends on what serves then, so nothing of it is ever taken from
/// the cache.
pub(super) fn compose(
    batch: &Batch,
    signature: &Signature,
    columns: &BTreeMap<DatasetId, BTreeSet<String>>,
    purpose: &PurposeId,
    now: Timestamp,
) -> Result<Pipeline> {
    let inputs: Vec<Value> =
        wanted(signature).into_iter().map(|(name, datatype)| json!({ "name": name, "datatype": datatype })).collect();
    let mut given = Map::new();
    given.insert(
        "batch".into(),
        json!({ "value": {
            "endpoint": batch.endpoint, "key": batch.key, "output": batch.output, "purpose": purpose,
            "scored_at_us": now.0, "inputs": inputs,
        } }),
    );
    for (number, (dataset, columns)) in columns.iter().enumerate() {
        let source = json!({ "dataset": dataset, "use": "score", "purpose": purpose, "columns": columns });
        given.insert(format!("source_{}", number + 1), source);
    }
    let step = json!({
        "name": STEP, "run": { "platform": STEP }, "inputs": given, "outputs": ["report"], "cache": false,
        "timeout_s": SECONDS, "memory_mib": MEMORY_MIB, "retries": RETRIES,
    });
    let pipeline = json!({ "version": 1, "name": batch.name, "steps": [step] });
    Ok(Pipeline::of_the_platform(&pipeline).map_err(runs::Error::from)?)
}
