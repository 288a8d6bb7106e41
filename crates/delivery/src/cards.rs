//! The card of what is live in production, kept by the catalog for people of other teams.
use crate::candidates::Candidate;
use crate::gates::{JudgedCheck, JudgedMetric};
use crate::promotions::{Promotion, Result, candidate_of, project_by};
use base::Timestamp;
use catalog::live_models::{LiveModel, LiveModelState, Measured, Tensor};
use db::Tx;
use projects::Project;

/// Puts the card of what is live now on show. Joins the transaction in which it goes live.
pub(crate) async fn show(tx: &Tx, promotion: &Promotion, now: Timestamp) -> Result<()> {
    let project = project_by(tx, promotion).await?;
    let candidate = candidate_of(tx, &project.id, promotion.candidate).await?;
    Ok(catalog::live_models::put(tx, &card(promotion, project, &candidate, now)).await?)
}

fn card(promotion: &Promotion, project: Project, candidate: &Candidate, now: Timestamp) -> LiveModel {
    let (model, signature) = (candidate.model(), &candidate.content.serving.signature);
    let shown = |tensors: Vec<serving::Tensor>| {
        tensors.into_iter().map(|tensor| Tensor { name: tensor.name, datatype: tensor.datatype.to_string() }).collect()
    };
    LiveModel {
        endpoint: promotion.endpoint.clone(),
        environment: promotion.environment_id(),
        team: project.team,
        title: project.title,
        owner: project.owner,
        tier: project.tier,
        intended_use: project.intended_use,
        prohibited_use: project.prohibited_use,
        project: project.id,
        model: model.model.clone(),
        version: model.version,
        candidate: candidate.number,
        digest: candidate.digest,
        purposes: candidate.content.purposes.clone(),
        datasets: candidate.content.datasets.iter().map(|read| read.dataset.clone()).collect(),
        inputs: shown(signature.shown_inputs()),
        outputs: shown(signature.outputs.clone()),
        metrics: candidate.checks.iter().flat_map(measured).collect(),
        state: LiveModelState::Live,
        live_since: now,
        changed_at: now,
    }
}

/// Returns the numbers of a check that are about all rows.
fn measured(check: &JudgedCheck) -> Vec<Measured> {
    let whole = check.metrics.iter().filter(|metric| metric.group.is_none());
    let number = |metric: &JudgedMetric| {
        Some(Measured { name: metric.name.clone(), value: metric.value?, low: metric.low, high: metric.high })
    };
    whole.filter_map(number).collect()
}
