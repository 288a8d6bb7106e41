//! A run as a dossier shows it: what it read and wrote, and how often it was tried. Never what its code said: that is governed.
use super::sections::{DossierAttempt, DossierOutput, DossierRead, DossierRun, DossierStep};
use base::RunId;
use db::{Result, Tx};
use runs::attempts::Attempt;
use runs::steps::Step;

/// Reads a run with its steps and attempts. Joins the transaction.
pub(super) async fn run(tx: &Tx, id: &RunId) -> Result<DossierRun> {
    let empty = DossierRun {
        id: id.0.clone(),
        absent: None,
        environment: None,
        pipeline: None,
        commit: None,
        started_by: None,
        state: None,
        created_at: None,
        started_at: None,
        ended_at: None,
        steps: Vec::new(),
    };
    let Some(found) = runs::find(tx, id).await? else {
        return Ok(DossierRun { absent: Some("no such run is on record".to_owned()), ..empty });
    };
    let attempts = runs::attempts_of(tx, id).await?;
    let steps = runs::steps_of(tx, id).await?;
    Ok(DossierRun {
        environment: Some(found.environment.0),
        pipeline: Some(found.pipeline),
        commit: found.code.map(|code| code.commit),
        started_by: Some(found.started_by.0),
        state: Some(found.state),
        created_at: Some(found.created_at),
        started_at: found.started_at,
        ended_at: found.ended_at,
        steps: steps.into_iter().map(|one| step(one, &attempts)).collect(),
        ..empty
    })
}

fn step(step: Step, attempts: &[Attempt]) -> DossierStep {
    let own = attempts.iter().filter(|attempt| attempt.step == step.name);
    let read = |governed: runs::steps::Governed| DossierRead {
        dataset: governed.dataset.0,
        version: governed.version,
        r#use: governed.for_use.as_str().to_owned(),
        purpose: governed.purpose.0,
        grant: governed.grant.0,
    };
    let output = |(name, output): (String, runs::protocol::Output)| DossierOutput {
        name,
        digest: output.digest.to_string(),
        size_bytes: output.size_bytes,
    };
    DossierStep {
        attempts: own.map(attempt).collect(),
        state: step.state,
        kind: step.kind,
        cached_from: step.cached_from.map(|run| run.0),
        key: step.key.map(|key| key.digest().to_string()),
        reads: step.governed.into_iter().map(read).collect(),
        outputs: step.outputs.into_iter().map(output).collect(),
        started_at: step.started_at,
        ended_at: step.ended_at,
        name: step.name,
    }
}

fn attempt(attempt: &Attempt) -> DossierAttempt {
    DossierAttempt {
        id: attempt.id.0.clone(),
        number: attempt.number,
        state: attempt.state,
        failure: attempt.failure,
        engine: attempt.engine.clone(),
        exit_code: attempt.exit_code,
        planned_at: attempt.created_at,
        claimed_at: attempt.claimed_at,
        ended_at: attempt.ended_at,
    }
}
