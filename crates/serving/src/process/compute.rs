//! From a body to an answer's body: read, check, run, write. Without waiting, so that it can be done here or on a thread of its own.
use super::http::Failed;
use super::table::Shared;
use crate::onnx::{Checked, Model, RunError, check};
use crate::wire::{self, Named, Reply, Written};
use bytes::Bytes;
use hyper::StatusCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A larger body is not worked on by a thread that waits for others.
const SMALL: usize = 32 * 1024;
/// How long a call may wait for a place to compute.
const PLACE_WITHIN: Duration = Duration::from_secs(5);

/// A call for predictions, as it came.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub model: Arc<Model>,
    /// The endpoint's name and the version that answers, for the answer.
    pub name: String,
    pub version: String,
    pub body: Bytes,
    /// How many bytes of the body are JSON, where the header said so.
    pub json_length: Option<usize>,
}

/// An answer, and what is captured of it.
#[derive(Debug)]
pub(super) struct Done {
    pub written: Written,
    /// How long each part took, as the header says it.
    pub timing: String,
    pub rows: usize,
    pub records: Option<Vec<Vec<u8>>>,
    pub inputs: Vec<Named>,
    pub outputs: Vec<Named>,
}

/// Answers a call: here where that is quick and a session is free, else on a thread of its own.
pub(super) async fn answer(shared: &Shared, call: Call) -> Result<Done, Failed> {
    if call.body.len() <= SMALL
        && call.model.is_quick()
        && let Some(done) = compute(&call, false)?
    {
        return Ok(done);
    }
    let busy = || Failed(StatusCode::SERVICE_UNAVAILABLE, "too many calls compute at once: try again".into());
    let place = tokio::time::timeout(PLACE_WITHIN, shared.compute.clone().acquire_owned()).await;
    let place = place.map_err(|_| busy())?.map_err(|_| busy())?;
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        compute(&call, true)
    });
    let internal = || Failed(StatusCode::INTERNAL_SERVER_ERROR, "internal error".into());
    done.await.map_err(|_| internal())??.ok_or_else(internal)
}

/// Answers a call; `None` where no session is free and it may not wait for one.
fn compute(call: &Call, may_wait: bool) -> Result<Option<Done>, Failed> {
    let started = Instant::now();
    let asked = wire::read(&call.body, call.json_length)?;
    let parsed = Instant::now();
    let id = asked.id.clone();
    let Checked { inputs, rows, records, outputs: wanted } = check(call.model.signature(), asked)?;
    let checked = Instant::now();
    let captured = inputs.clone();
    let outputs = match (may_wait, call.model.try_run(inputs)) {
        (_, Ok(done)) => done,
        (true, Err(inputs)) => call.model.run(inputs),
        (false, Err(_)) => return Ok(None),
    };
    let outputs = outputs.map_err(|error| failed(call, &error))?;
    let ran = Instant::now();
    let chosen: Vec<(&Named, bool)> =
        wanted.iter().filter_map(|(number, binary)| Some((outputs.get(*number)?, *binary))).collect();
    let reply = Reply { model: &call.name, version: &call.version, id: id.as_deref(), outputs: &chosen };
    let written = wire::write(&reply).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Failed(StatusCode::INTERNAL_SERVER_ERROR, "internal error".into())
    })?;
    let timing = format!(
        "parse;dur={:.3}, validate;dur={:.3}, predict;dur={:.3}, encode;dur={:.3}",
        ms(parsed - started),
        ms(checked - parsed),
        ms(ran - checked),
        ms(ran.elapsed())
    );
    Ok(Some(Done { written, timing, rows, records, inputs: captured, outputs }))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn failed(call: &Call, error: &RunError) -> Failed {
    match error {
        // The runtime's words may repeat values: they go nowhere.
        RunError::Failed(_) => Failed(StatusCode::BAD_REQUEST, error.to_string()),
        RunError::Unlike => {
            tracing::error!(endpoint = call.name, version = call.version, "{error}");
            Failed(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
    }
}
