//! A durable queue of our own background work: jobs, schedules, and the delivery of outbox events to subscribers.
//!
//! - A job is held by one worker at a time, under a lease; each claim raises its **fence**, and what an older fence
//!   reports changes nothing. A job may still run twice (its worker may die after the work), so it must not matter.
//! - Of the jobs of a kind with the same key at most one is open. Asking again while it runs makes it run again after.
//! - An event becomes one job per subscriber in the transaction that takes it off the outbox: exactly once.
//! - It deliberately runs no user code: that is a *run*, scheduled by `runs`, whose scheduler is a job.
mod migration;
mod model;
mod registry;
mod store;
#[cfg(test)]
mod tests;
mod workers;

pub use migration::CreateJobs;
pub use model::{Failure, Job, JobState, NewJob, Progress, Schedule};
pub use registry::Registry;
pub use store::{Filter, enqueue, find_job, is_open, list_jobs, schedule, unschedule};
pub use workers::{Options, Work, Workers};

/// What this crate uses from outside.
#[derive(Clone, Debug)]
pub struct Context {
    /// The metadata database.
    pub db: db::Db,
    /// The process's clock.
    pub clock: base::Clock,
    /// Where ids come from.
    pub ids: base::Ids,
}

fn db_error(what: &'static str, error: &db::Error) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "{what}");
}
