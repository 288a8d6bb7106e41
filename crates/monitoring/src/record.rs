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
    /// The newest first.
    pub breaches: Vec<Breach>,
}

/// Returns what monitors saw of a candidate in an environment, looking through the last `most` evaluations and breaches there. Joins the
/// transaction.
///
/// # Errors
/// The store's.
pub async fn of_candidate(tx: &Tx, environment: &EnvironmentId, candidate: i64, most: u32) -> Result<Watched> {
    let mut evaluations = tx.list_evaluations_in(environment, most).await?;
    evaluations.retain(|evaluation| evaluation.looked.candidate == candidate);
    let mut breaches = tx.list_breaches_in(environment, most).await?;
    breaches.retain(|breach| breach.content.candidate == candidate);
    Ok(Watched { evaluations, breaches })
}
