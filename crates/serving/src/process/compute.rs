//! From a body to an answer's body: read, check, run, write. Never on a thread that waits for others: models are other people's code.
use super::http::Failed;
use super::table::Shared;
use crate::onnx::{Checked, Halt, Model, RunError, check};
use crate::wire::{self, Named, Reply, Written};
use bytes::Bytes;
use hyper::StatusCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a call may wait for a place to compute.
const PLACE_WITHIN: Duration = Duration::from_secs(5);
/// How long a call may compute.
const RUN_WITHIN: Duration = Duration::from_secs(10);

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

/// Ends a run when nobody waits for it any more: its time is over, or its caller is gone.
struct HaltsOnDrop(Halt);

impl Drop for HaltsOnDrop {
    fn drop(&mut self) {
        self.0.halt();
    }
}

/// Answers a call, once there is a place for its model and one for any. Of those of a model there are so few that no endpoint can take
/// the others' away.
pub(super) async fn answer(shared: &Shared, call: Call) -> Result<Done, Failed> {
    let unavailable = |text: &str| Failed(StatusCode::SERVICE_UNAVAILABLE, text.to_owned());
    let internal = || Failed(StatusCode::INTERNAL_SERVER_ERROR, "internal error".into());
    let places = async {
        let of_model = call.model.places().acquire_owned().await;
        (of_model, shared.compute.clone().acquire_owned().await)
    };
    let places = tokio::time::timeout(PLACE_WITHIN, places).await;
    let places = places.map_err(|_| unavailable("too many calls compute at once: try again"))?;
    let halt = Halt::new().map_err(|error| failed(&call, &error))?;
    let halts = HaltsOnDrop(halt.clone());
    let done = tokio::task::spawn_blocking(move || {
        let _places = places;
        compute(&call, &halt)
    });
    let done = tokio::time::timeout(RUN_WITHIN, done).await;
    drop(halts);
    done.map_err(|_| unavailable("the model took too long: send fewer rows at a time"))?.map_err(|_| internal())?
}

/// Answers a call. Blocks.
fn compute(call: &Call, halt: &Halt) -> Result<Done, Failed> {
    let started = Instant::now();
    let asked = wire::read(&call.body, call.json_length)?;
    let parsed = Instant::now();
    let id = asked.id.clone();
    let Checked { inputs, rows, records, outputs: wanted } = check(call.model.signature(), asked)?;
    let checked = Instant::now();
    let captured = inputs.clone();
    let outputs = call.model.run(inputs, halt);
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
    Ok(Done { written, timing, rows, records, inputs: captured, outputs })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn failed(call: &Call, error: &RunError) -> Failed {
    match error {
        // The runtime's words may repeat values: they go nowhere.
        RunError::Failed(_) => Failed(StatusCode::BAD_REQUEST, error.to_string()),
        RunError::Unlike | RunError::Unknown => {
            tracing::error!(endpoint = call.name, version = call.version, "{error}");
            Failed(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
    }
}
