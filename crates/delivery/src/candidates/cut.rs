//! From a release run that ended to a candidate, or to the reason why there is none.
use super::model::shared_purposes;
use super::signature::accepted;
use super::store::CandidateStore;
use super::{Candidate, Content, DatasetVersion, ModelVersion, ReleaseOutcome, ReleaseState, Serving};
use crate::authors::{self, Authors};
use crate::gates::{self, JudgedCheck, Measured, in_the_way, judge};
use crate::promotions::{Error, PREPROD, PROD, Result};
use crate::release::EXPORT;
use crate::release::store::{Release, ReleaseStore};
use crate::versions::ReleasedVersion;
use crate::versions::store::ReleasedStore;
use crate::{Context, promotions, release};
use access::audit::{self, Entry};
use base::{Digest, GrantId, PersonId, RunId, Timestamp};
use db::Tx;
use events::CandidateCut;
use projects::Project;
use runs::Run;
use runs::protocol::Output;
use runs::steps::{Step, StepState};
use serving::Signature;
use std::collections::BTreeSet;
use tracking::registry::{Released, register_released};

/// The largest lock.
const LOCK_BYTES: usize = 64 << 20;
/// The file in which a version keeps its exported model.
const FILE: &str = "model.onnx";

/// A release run that has ended and of which nothing came yet.
struct Ended {
    project: Project,
    release: Release,
    run: Run,
    steps: Vec<Step>,
    definition: String,
    /// What is live in prod, and when a gate was passed there last.
    live: Option<(String, Timestamp)>,
}

/// What is worked out outside of the transaction.
struct Made {
    subject: String,
    measured: Vec<Measured>,
    /// What a candidate is made of, or why there can be none.
    parts: std::result::Result<Parts, String>,
}

struct Parts {
    onnx: Output,
    signature: Signature,
    lock: Option<Digest>,
    authors: Authors,
}

/// Takes note that a run ended: if it is a release run, a candidate is cut or the reason kept why not. Again changes nothing.
///
/// # Errors
/// The store's, git's; what may pass.
pub(super) async fn take(cx: &Context, run: &RunId) -> Result<()> {
    let Some(ended) = cx.db.read(|tx| async move { ended(&tx, run).await }).await? else { return Ok(()) };
    let made = make(cx, &ended).await?;
    let (ended, made) = (&ended, &made);
    cx.db.write(|tx| async move { settle(cx, &tx, ended, made).await }).await
}

async fn ended(tx: &Tx, run: &RunId) -> Result<Option<Ended>> {
    let Some(release) = tx.find_release(run).await? else { return Ok(None) };
    let Some(found) = runs::find(tx, run).await?.filter(Run::has_ended) else { return Ok(None) };
    let Some(project) = projects::find(tx, &release.project).await? else { return Ok(None) };
    if tx.find_outcome(&release.project, &release.commit).await?.is_some() {
        return Ok(None);
    }
    let (steps, definition) = (runs::steps_of(tx, run).await?, runs::definition_of(tx, run).await?);
    let live = promotions::live_commit(tx, &project, PROD).await?;
    Ok(Some(Ended { project, release, run: found, steps, definition: definition.unwrap_or_default(), live }))
}

async fn make(cx: &Context, ended: &Ended) -> Result<Made> {
    let Ended { project, release, steps, .. } = ended;
    let commit = git::resolve(&cx.git, &project.id, &release.commit).await?;
    let mut measured = Vec::new();
    for name in release::REQUIRED {
        // A step of the repository may have such a name; what it says is no check.
        if !is_ours(&ended.definition, name) {
            continue;
        }
        let report = release::report_of(cx, steps, name).await?;
        measured.push(Measured { name: name.to_owned(), report });
    }
    let parts = match release::onnx_of(steps) {
        None => Err(no_export(ended)),
        Some(onnx) => parts(cx, ended, onnx).await?,
    };
    Ok(Made { subject: crate::shown(commit.subject(), 200), measured, parts })
}

/// Returns whether a pipeline has the platform's own step `name`.
fn is_ours(definition: &str, name: &str) -> bool {
    let pipeline: serde_json::Value = serde_json::from_str(definition).unwrap_or_default();
    let steps = pipeline["steps"].as_array();
    steps.is_some_and(|steps| steps.iter().any(|step| step["name"] == name && step["run"]["platform"] == name))
}

/// Returns what the platform's steps in a pipeline were told of the contract; none where they do not stand in it.
fn contract_of(definition: &str) -> Option<serde_json::Value> {
    let pipeline: serde_json::Value = serde_json::from_str(definition).unwrap_or_default();
    let step = pipeline["steps"].as_array()?.iter().find(|step| step["run"]["platform"] == release::REQUIRED[0])?;
    Some(step["inputs"]["contract"]["value"].clone()).filter(serde_json::Value::is_object)
}

/// Says why there is no exported model.
fn no_export(ended: &Ended) -> String {
    if let Some(step) = ended.steps.iter().find(|step| step.state == StepState::Failed) {
        let why = step.why.as_deref().unwrap_or("no reason is known");
        return format!("step `{}` failed: {}", step.name, crate::shown(why, 300));
    }
    match &ended.run.reason {
        Some(reason) => crate::shown(reason, 300),
        None => release::why_not_judged(&ended.steps).unwrap_or_else(|| format!("step `{EXPORT}` wrote no `onnx`")),
    }
}

async fn parts(cx: &Context, ended: &Ended, onnx: Output) -> Result<std::result::Result<Parts, String>> {
    let Ended { project, release, run, .. } = ended;
    let Some(contract) = contract_of(&ended.definition) else {
        // One that earlier releases of the platform put together has the steps, and nothing of the contract in them.
        let again =
            || "the run's pipeline holds nothing of the contract: merge again, and it is trained anew".to_owned();
        return Ok(Err(release::why_not_judged(&ended.steps).unwrap_or_else(again)));
    };
    let most = serving::LARGEST as u64;
    let Some(model) = runs::read_output(&cx.runs, &onnx, most).await? else {
        return Ok(Err("the exported model is no single file, or is larger than those that are served".into()));
    };
    let read = tokio::task::spawn_blocking(move || {
        let columns = serving::columns_of(&model)?;
        serving::signature_of(&model, &columns)
    });
    let signature = match read.await {
        Ok(Ok(signature)) => signature,
        Ok(Err(why)) => return Ok(Err(format!("the exported model cannot be served: {why}"))),
        Err(_) => return Err(Error::Broken("reading a model")),
    };
    let signature = match accepted(signature, &contract) {
        Ok(signature) => signature,
        Err(why) => return Ok(Err(format!("the exported model cannot be served: {why}"))),
    };
    let lock = git::read_file(&cx.git, &project.id, &release.commit, "requirements.lock", LOCK_BYTES).await?;
    let asked = authors::Asked {
        project,
        commit: &release.commit,
        live: ended.live.clone(),
        trained_by: &run.started_by,
        judged_in: &[PREPROD, PROD],
    };
    let authors = authors::find(cx, &asked).await?;
    Ok(Ok(Parts { onnx, signature, lock: lock.map(Digest::of), authors }))
}

async fn settle(cx: &Context, tx: &Tx, ended: &Ended, made: &Made) -> Result<()> {
    let Ended { project, release, run, steps, .. } = ended;
    if tx.find_outcome(&project.id, &release.commit).await?.is_some() {
        return Ok(());
    }
    let policy = gates::in_force(tx, project, PREPROD).await?;
    let checks = judge(&made.measured, &policy.terms);
    let fitting = match &made.parts {
        // A step that broke off says more than the checks that it kept from running.
        Err(why) => Err(why.clone()),
        Ok(_) if run.state != runs::RunState::Succeeded && !made.measured.iter().any(|one| one.report.is_ok()) => {
            Err(no_export(ended))
        }
        Ok(parts) => match in_the_way(&checks, &policy.terms) {
            ways if ways.is_empty() => {
                let training = steps.iter().find(|step| step.name == EXPORT).map(|step| step.governed.clone());
                shared_purposes(&training.unwrap_or_default()).map(|purposes| (parts, purposes))
            }
            ways => Err(ways.join("; ")),
        },
    };
    let now = cx.clock.now();
    let outcome = ReleaseOutcome {
        project: project.id.clone(),
        commit: release.commit.clone(),
        run: run.id.clone(),
        state: ReleaseState::Cut,
        subject: made.subject.clone(),
        reason: None,
        candidate: None,
        checks: checks.clone(),
        ended_at: now,
    };
    let outcome = match fitting {
        Ok((parts, purposes)) => {
            let candidate = cut(cx, tx, ended, (parts, purposes), (&made.subject, checks), now).await?;
            ReleaseOutcome { candidate: Some(candidate.number), ..outcome }
        }
        Err(why) => {
            let red = made.measured.iter().any(|one| one.report.is_ok()) || run.state == runs::RunState::Succeeded;
            let state = if red { ReleaseState::NotCut } else { ReleaseState::Failed };
            ReleaseOutcome { state, reason: Some(why), ..outcome }
        }
    };
    tx.insert_outcome(&outcome).await.map_err(taken)
}

/// Somebody did the same at the same time: the next try finds it.
fn taken(error: db::Error) -> Error {
    match error {
        db::Error::Taken => db::Error::Stale.into(),
        other => other.into(),
    }
}

async fn cut(
    cx: &Context,
    tx: &Tx,
    ended: &Ended,
    (parts, purposes): (&Parts, Vec<base::PurposeId>),
    (subject, checks): (&str, Vec<JudgedCheck>),
    now: Timestamp,
) -> Result<Candidate> {
    let Ended { project, release, run, steps, definition, .. } = ended;
    let name = endpoint_of(project);
    let new = Released {
        project: &project.id,
        model: &name,
        files: &[(FILE, parts.onnx.digest, parts.onnx.size_bytes)],
        run: run.id.as_str(),
        by: &run.started_by,
        description: subject,
    };
    let version = register_released(&cx.tracking, tx, &new).await?;
    let by = &PersonId::from(crate::ACTOR);
    tx.insert_released(&ReleasedVersion::register(&project.id, &name, version, by, now)).await?;
    let datasets: BTreeSet<DatasetVersion> = steps
        .iter()
        .flat_map(|step| &step.governed)
        .map(|one| DatasetVersion { dataset: one.dataset.clone(), version: one.version })
        .collect();
    let grants: BTreeSet<GrantId> = steps
        .iter()
        .filter(|step| step.name == EXPORT)
        .flat_map(|step| &step.governed)
        .map(|one| one.grant.clone())
        .collect();
    let content = Content {
        commit: release.commit.clone(),
        models: vec![ModelVersion { model: name.clone(), version, onnx: parts.onnx.digest }],
        lock: parts.lock,
        datasets: datasets.into_iter().collect(),
        pipeline: Digest::of(definition.as_bytes()),
        serving: Serving { endpoint: name.clone(), signature: parts.signature.clone() },
        monitoring: None,
        purposes,
    };
    let candidate = Candidate {
        project: project.id.clone(),
        number: tx.last_candidate(&project.id).await? + 1,
        digest: content.digest().map_err(db::sql::unknown)?,
        content,
        subject: subject.to_owned(),
        run: run.id.clone(),
        checks,
        authors: parts.authors.clone(),
        grants: grants.into_iter().collect(),
        made_by: run.started_by.clone(),
        created_at: now,
    };
    tx.insert_candidate(&candidate).await.map_err(taken)?;
    let mut entry =
        Entry::new(now, crate::ACTOR, "CutCandidate", format!("candidate/{}/{}", project.id, candidate.number));
    entry.on_behalf_of = Some(format!("person:{}", run.started_by));
    entry.after = Some(serde_json::json!({ "digest": candidate.digest, "content": candidate.content }));
    audit::insert(tx, &entry).await?;
    let (number, digest) = (candidate.number, candidate.digest);
    tx.publish(CandidateCut { project: project.id.clone(), number, digest, model: name, version, at: now }).await?;
    promotions::offer(cx, tx, project, &candidate).await?;
    Ok(candidate)
}

/// Returns the name of a project's endpoint, and of the model that it serves: its parameter `endpoint`, else its own name.
pub(crate) fn endpoint_of(project: &Project) -> String {
    let named = project.parameters.get("endpoint").and_then(serde_json::Value::as_str);
    named.and_then(|name| base::plain_name(name).ok()).unwrap_or(project.id.as_str()).to_owned()
}
