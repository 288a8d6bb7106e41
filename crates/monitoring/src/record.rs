//! What is on record of a candidate's time in an environment, for those who put evidence together.
use crate::breaches::Breach;
use crate::breaches::store::BreachStore;
use crate::evaluations::Evaluation;
use crate::evaluations::store::EvaluationStore;
use base::EnvironmentId;
use db::{Result, Tx};

/// What monitors saw of a candidate.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The newest first.
    pub evaluations: Vec<Evaluation>,
    /// How many older ones there are.
    pub left_out: i64,
    /// The newest first.
    pub breaches: Vec<Breach>,
}

/// How many breaches of an environment are looked through.
const BREACHES: u32 = 5_000;

/// Returns what monitors saw of a candidate in an environment: its last `most` evaluations, and its breaches. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn of_candidate(tx: &Tx, environment: &EnvironmentId, candidate: i64, most: u32) -> Result<Watched> {
    let evaluations = tx.list_evaluations_of(environment, candidate, most).await?;
    let listed = i64::try_from(evaluations.len()).unwrap_or(i64::MAX);
    let left_out = tx.count_evaluations_of(environment, candidate).await?.saturating_sub(listed);
    let mut breaches = tx.list_breaches_in(environment, BREACHES).await?;
    breaches.retain(|breach| breach.content.candidate == candidate);
    Ok(Watched { evaluations, left_out, breaches })
}
