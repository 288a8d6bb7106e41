//! Runs of an experiment: what a client logs while it trains. A point of a metric is never changed and never counted
//! twice; a parameter is written once; a batch is taken whole or not at all.
mod batch;
mod http;
mod inputs;
mod inputs_store;
mod log_http;
mod metrics;
mod model;
mod names;
mod search;
mod service;
pub(crate) mod store;
mod v1;
mod values_store;
mod wire;

pub(crate) use batch::Point;
pub(crate) use http::{routes as mlflow_routes, run_id};
pub(crate) use model::made_up_name;
pub use model::{Run, RunStatus};
pub(crate) use names::check_param_key;
pub(crate) use search::experiments as experiments_of;
pub(crate) use service::find_run;
pub use v1::{ExperimentRunView, routes};
pub(crate) use wire::{MetricWire, metric_value};

access::actions! {
    /// Create a run and log to it: parameters, metrics, tags, inputs, models and files.
    LogRun,
    /// Delete a run, restore it, or delete files and models that it logged.
    DeleteRun,
}

#[cfg(test)]
mod tests;
