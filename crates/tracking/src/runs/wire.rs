use super::batch::Point;
use super::model::{Data, Dataset, Found, Latest};
use crate::experiments::Lifecycle;
use crate::wire::{Tag, not_empty};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A point as clients read it.
#[derive(Debug, Serialize)]
pub(crate) struct MetricWire<'a> {
    pub key: &'a str,
    #[serde(serialize_with = "number")]
    pub value: (f64, bool),
    pub timestamp: i64,
    pub step: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<&'a str>,
}

fn number<S: Serializer>((value, is_nan): &(f64, bool), to: S) -> Result<S::Ok, S::Error> {
    if *is_nan { to.serialize_str("NaN") } else { to.serialize_f64(*value) }
}

/// Returns a metric's value as JSON; a NaN is the text `NaN`.
pub(crate) fn metric_value(value: f64, is_nan: bool) -> Value {
    if is_nan { json!("NaN") } else { json!(value) }
}

impl<'a> MetricWire<'a> {
    /// Returns a point of `run`; it is left out where clients know it.
    pub(super) fn of(point: &'a Point, run: Option<&'a str>) -> Self {
        let (dataset_name, dataset_digest) =
            point.dataset.as_ref().map(|(name, digest)| (name.as_str(), digest.as_str())).unzip();
        Self {
            key: &point.key,
            value: (point.value, point.is_nan),
            timestamp: point.at_ms,
            step: point.step,
            model_id: point.model.as_deref(),
            dataset_name,
            dataset_digest: dataset_digest.and_then(not_empty),
            run_id: run,
        }
    }

    fn of_latest(latest: &'a Latest) -> Self {
        Self {
            key: &latest.key,
            value: (latest.value, latest.is_nan),
            timestamp: latest.at_ms,
            step: latest.step,
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
            run_id: None,
        }
    }
}

#[derive(Debug, Serialize)]
struct Info<'a> {
    run_id: &'a str,
    run_uuid: &'a str,
    run_name: &'a str,
    experiment_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_id: &'a str,
    status: String,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    artifact_uri: String,
    lifecycle_stage: Lifecycle,
}

/// Returns a run's own fields as clients read them.
pub(super) fn info(found: &Found) -> Value {
    let Found { run, experiment } = found;
    json!(Info {
        run_id: &run.id,
        run_uuid: &run.id,
        run_name: &run.name,
        experiment_id: experiment.client_id(),
        user_id: &run.user,
        status: run.status.as_str().to_ascii_uppercase(),
        start_time: run.started_at.0 / 1_000,
        end_time: run.ended_at.map(|at| at.0 / 1_000),
        artifact_uri: found.artifact_uri(),
        lifecycle_stage: run.state,
    })
}

fn dataset(dataset: &Dataset) -> Value {
    let Dataset { name, digest, source_type, source, schema, profile, tags } = dataset;
    let mut plain = json!({"name": name, "digest": digest, "source_type": source_type, "source": source});
    for (field, text) in [("schema", schema), ("profile", profile)] {
        if !text.is_empty() {
            plain[field] = json!(text);
        }
    }
    let tags: &[Tag] = tags;
    json!({"dataset": plain, "tags": tags})
}

/// Returns a run with what it logged as clients read it.
pub(super) fn run(found: &Found, data: &Data) -> Value {
    let mut logged = serde_json::Map::new();
    if !data.metrics.is_empty() {
        let metrics: Vec<_> = data.metrics.iter().map(MetricWire::of_latest).collect();
        logged.insert("metrics".into(), json!(metrics));
    }
    for (field, tags) in [("params", &data.params), ("tags", &data.tags)] {
        if !tags.is_empty() {
            logged.insert(field.into(), json!(tags));
        }
    }
    let mut inputs = serde_json::Map::new();
    if !data.datasets.is_empty() {
        inputs.insert("dataset_inputs".into(), data.datasets.iter().map(dataset).collect());
    }
    let (made, read): (Vec<_>, Vec<_>) = data.models.iter().partition(|link| link.made);
    if !read.is_empty() {
        let read: Vec<_> = read.iter().map(|link| json!({"model_id": link.model})).collect();
        inputs.insert("model_inputs".into(), read.into());
    }
    let mut run = json!({"info": info(found), "data": logged, "inputs": inputs});
    if !made.is_empty() {
        let made: Vec<_> = made.iter().map(|link| json!({"model_id": link.model, "step": link.step})).collect();
        run["outputs"] = json!({"model_outputs": made});
    }
    run
}
