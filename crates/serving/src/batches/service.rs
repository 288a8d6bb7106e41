use super::error::{Error, Result};
use super::model::{Batch, BatchState, Outcome, minutes_of};
use super::store::BatchStore;
use super::{CreateBatch, ReadBatch, RemoveBatch, StartBatch, pipeline};
use crate::endpoints::store::EndpointStore;
use crate::endpoints::{CallEndpoint, Endpoint, EndpointState};
use crate::rollouts::Rollout;
use crate::rollouts::store::RolloutStore;
use crate::{Context, SERVER};
use access::audit::{self, Entry};
use access::{Once, Permit};
use base::{DatasetId, PersonId, Principal, ProjectId, PurposeId, RunId, Securable, Timestamp};
use catalog::{datasets, grants};
use db::Tx;
use events::PredictionsWritten;
use runs::pipelines::Parameters;
use runs::steps::StepState;
use runs::{NewRun, Pipeline, Reason, Run};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many datasets a batch job may read.
const MOST_DATASETS: usize = 8;
/// The largest report that is read.
const LARGEST_REPORT: u64 = 64 << 10;
/// The longest reason that is kept, in characters.
const LONGEST: usize = 500;

/// A batch job to be set up.
#[derive(Clone, Debug)]
pub(super) struct NewBatch {
    pub endpoint: String,
    pub name: String,
    pub datasets: Vec<DatasetId>,
    pub key: String,
    pub output: DatasetId,
    pub daily_at: Option<String>,
}

/// A batch job with what its viewer may do.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub batch: Batch,
    pub may_start: bool,
}

/// Sets a batch job up. What it would read and write is looked at now, so that nobody waits for the night to hear what is missing.
pub(super) async fn create(cx: &Context, permit: &Permit<CreateBatch>, once: &Once, new: &NewBatch) -> Result<Shown> {
    let id = cx.ids.next("b");
    let id = &id;
    cx.db
        .write(|tx| async move {
            if let Some(id) = once.kept::<String>(&tx, permit.caller()).await? {
                let batch = tx.find_batch(&id).await?.ok_or(Error::NotFound(id))?;
                permit.check(&tx, &batch).await?;
                return Ok(Shown { batch, may_start: true });
            }
            let now = cx.clock.now();
            let daily_at = new.daily_at.as_deref().map(minutes_of).transpose()?;
            let endpoint = seen(&tx, permit, &new.endpoint).await?;
            let batch = Batch {
                id: id.clone(),
                endpoint: endpoint.id.clone(),
                project: endpoint.project.clone(),
                environment: endpoint.environment.clone(),
                team: endpoint.team.clone(),
                name: base::plain_name(&new.name)?.to_owned(),
                datasets: checked(&new.datasets)?,
                key: new.key.clone(),
                output: new.output.clone(),
                daily_at,
                next_at: None,
                state: BatchState::Idle,
                run: None,
                last: None,
                made_by: permit.caller().person()?.clone(),
                created_at: now,
                changed_at: now,
                revision: 0,
            }
            .rescheduled(now);
            permit.check(&tx, &batch).await?;
            composed(cx, &tx, &batch, now).await?;
            if let Some(other) = tx.batch_in_the_way(&batch).await? {
                let (endpoint, name) = (batch.endpoint, batch.name);
                let same = (other.endpoint == endpoint) && (other.name == name);
                return Err(if same { Error::Taken { endpoint, name } } else { Error::OutputTaken(batch.output) });
            }
            tx.insert_batch(&batch).await.map_err(|error| match error {
                // Somebody made it meanwhile: from the start, with theirs.
                db::Error::Taken => db::Error::Stale,
                other => other,
            })?;
            permit.record(&tx, None, &batch, now).await?;
            once.keep(&tx, permit.caller(), &batch.id).await?;
            Ok(Shown { batch, may_start: true })
        })
        .await
}

/// Returns the endpoint if the caller may call it; absent and not theirs are one answer.
async fn seen(tx: &Tx, permit: &Permit<CreateBatch>, id: &str) -> Result<Endpoint> {
    let absent = || Error::NoEndpoint(id.chars().take(200).flat_map(char::escape_debug).collect());
    let endpoint = tx.find_endpoint(id).await?.ok_or_else(absent)?;
    let may = permit.can::<CallEndpoint>(tx, &endpoint.resource()).await?;
    may.map(|_| endpoint).ok_or_else(absent)
}

fn checked(named: &[DatasetId]) -> Result<Vec<DatasetId>> {
    let once: BTreeSet<&DatasetId> = named.iter().collect();
    if named.is_empty() || named.len() > MOST_DATASETS || once.len() != named.len() {
        return Err(Error::Datasets(MOST_DATASETS));
    }
    Ok(named.to_vec())
}

/// What a run would do now.
struct Planned {
    rollout: Rollout,
    purpose: PurposeId,
    columns: BTreeMap<DatasetId, BTreeSet<String>>,
}

/// Finds what serves, the grants to read and to publish under, and where each column of the model comes from.
async fn plan(cx: &Context, tx: &Tx, batch: &Batch) -> Result<Planned> {
    let not = |why| Error::NotServing(batch.endpoint.clone(), why);
    let endpoint = tx.find_endpoint(&batch.endpoint).await?.ok_or_else(|| not("it is gone"))?;
    match endpoint.state() {
        EndpointState::Serving | EndpointState::Failing => {}
        EndpointState::Stopped => return Err(not("its model is suspended")),
        EndpointState::Empty | EndpointState::Waiting => return Err(not("it serves nothing yet")),
    }
    let rollout = match &endpoint.serving {
        Some(id) => tx.find_rollout(id).await?,
        None => None,
    };
    let rollout = rollout.ok_or_else(|| not("it serves nothing yet"))?;
    let mut found = BTreeMap::new();
    for dataset in &batch.datasets {
        let columns = datasets::columns(tx, dataset).await?;
        let present = columns.into_iter().filter(|column| column.present).map(|column| column.name);
        found.insert(dataset.clone(), present.collect());
    }
    let purpose = purpose_of(cx, tx, batch).await?;
    if datasets::is_made_by_endpoint(tx, &batch.output).await? {
        return Err(Error::OutputTaken(batch.output.clone()));
    }
    let columns = pipeline::columns_of(batch, &rollout.signature, &found)?;
    Ok(Planned { rollout, purpose, columns })
}

/// Returns the purpose of the oldest `write` grant for the output's schema that everything can be read for.
async fn purpose_of(cx: &Context, tx: &Tx, batch: &Batch) -> Result<PurposeId> {
    let (by, now) = ([Principal::Environment(batch.environment.clone())], cx.clock.now());
    let any = grants::readable(tx, &by, now).await?;
    if let Some(dataset) = batch.datasets.iter().find(|dataset| !any.contains(dataset.as_str())) {
        let (environment, dataset) = (batch.environment.clone(), dataset.clone());
        return Err(Error::NotReadable { environment, dataset });
    }
    let Some((schema, _)) = batch.output.as_str().rsplit_once('.').filter(|_| query::publish::is_name(&batch.output))
    else {
        return Err(Error::Output(batch.output.as_str().chars().take(200).flat_map(char::escape_debug).collect()));
    };
    for grant in grants::writable_for(tx, &by[0], now).await?.into_iter().filter(|grant| grant.object == schema) {
        let readable = grants::readable_for(tx, &by, &grant.purpose, now).await?;
        if batch.datasets.iter().all(|dataset| readable.contains(dataset.as_str())) {
            return Ok(grant.purpose);
        }
    }
    Err(Error::NotWritable { environment: batch.environment.clone(), output: batch.output.clone() })
}

/// Returns the pipeline of a run that begins now, or what stands in its way.
async fn composed(cx: &Context, tx: &Tx, batch: &Batch, now: Timestamp) -> Result<Pipeline> {
    let Planned { rollout, purpose, columns } = plan(cx, tx, batch).await?;
    pipeline::compose(batch, &rollout.signature, &columns, &purpose, now)
}

/// Starts a run of a batch job, in the name of `by`. Joins the transaction; wake the run after its commit.
async fn begin(cx: &Context, tx: &Tx, batch: &Batch, by: &PersonId, now: Timestamp) -> Result<(Batch, Run)> {
    let pipeline = composed(cx, tx, batch, now).await?;
    let (environment, by, parameters) = (batch.environment.clone(), by.clone(), Parameters::new());
    let new = NewRun { environment, code: None, pipeline, parameters, by, why: Reason::Batch };
    let run = runs::start(&cx.runs, tx, new).await?;
    Ok((tx.save_batch(batch.start(&run.id, now)?.rescheduled(now)).await?, run))
}

/// Has a batch job score now. Asked again while it does, or with the key of the call that began it, the same run is the answer.
pub(super) async fn start(cx: &Context, permit: &Permit<StartBatch>, once: &Once, id: &str) -> Result<Shown> {
    let (batch, run) = cx
        .db
        .write(|tx| async move {
            let found = tx.lock_batch(id).await?;
            let (batch, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.to_owned()))?;
            if batch.state == BatchState::Running || once.kept::<RunId>(&tx, permit.caller()).await?.is_some() {
                return Ok((batch, None));
            }
            let now = cx.clock.now();
            let (started, run) = begin(cx, &tx, &batch, permit.caller().person()?, now).await?;
            permit.record(&tx, Some(&batch), &started, now).await?;
            once.keep(&tx, permit.caller(), &run.id).await?;
            Ok::<_, Error>((started, Some(run)))
        })
        .await?;
    if let Some(run) = run {
        runs::wake(&cx.runs, &run.id);
    }
    Ok(Shown { batch, may_start: true })
}

/// Ends a batch job for good; what it published stays.
pub(super) async fn remove(cx: &Context, permit: &Permit<RemoveBatch>, id: &str) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let found = tx.lock_batch(id).await?;
            let (batch, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.to_owned()))?;
            if batch.state == BatchState::Removed {
                return Ok(Shown { batch, may_start: false });
            }
            let now = cx.clock.now();
            let removed = tx.save_batch(batch.remove(now)?).await?;
            permit.record(&tx, Some(&batch), &removed, now).await?;
            Ok(Shown { batch: removed, may_start: false })
        })
        .await
}

/// Returns a batch job that the caller may see.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadBatch>, id: &str) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_batch(id).await?;
            let (batch, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.to_owned()))?;
            let may_start = permit.can::<StartBatch>(&tx, &batch.resource()).await?.is_some();
            Ok(Shown { batch, may_start })
        })
        .await
}

/// Returns up to `most` batch jobs that the caller may see, by id.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadBatch>,
    project: Option<&ProjectId>,
    after: Option<&str>,
    most: u32,
) -> Result<Vec<Shown>> {
    cx.db
        .read(|tx| async move {
            let (visible, held) = (permit.visible(&tx).await?, permit.held(&tx).await?);
            let found = tx.list_batches(&visible, project, after, most).await?;
            let shown = |batch: Batch| {
                let may_start = held.can::<StartBatch>(&batch.resource()).is_some();
                Shown { batch, may_start }
            };
            Ok(found.into_iter().map(shown).collect())
        })
        .await
}

/// Starts the batch job whose time has come; one that cannot be started says why, and waits for its next time.
pub(super) async fn start_due(cx: &Context, id: &str) -> Result<()> {
    let (now, started) = (cx.clock.now(), start_as_its_maker(cx, id).await);
    match started {
        Ok(Some(run)) => {
            runs::wake(&cx.runs, &run.id);
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(why @ Error::Store(_)) => Err(why),
        Err(why) => {
            let why = &why.to_string();
            cx.db
                .write(|tx| async move {
                    let Some(batch) = due(&tx, id, now).await? else { return Ok(()) };
                    let after = tx.save_batch(batch.missed(why, now).rescheduled(now)).await?;
                    Ok(record(&tx, "MissBatch", Some(why), &batch, &after, now).await?)
                })
                .await
        }
    }
}

async fn due(tx: &Tx, id: &str, now: Timestamp) -> db::Result<Option<Batch>> {
    let found = tx.lock_batch(id).await?;
    Ok(found.filter(|batch| batch.state == BatchState::Idle && batch.next_at.is_some_and(|at| at <= now)))
}

async fn start_as_its_maker(cx: &Context, id: &str) -> Result<Option<Run>> {
    let now = cx.clock.now();
    cx.db
        .write(|tx| async move {
            let Some(batch) = due(&tx, id, now).await? else { return Ok(None) };
            let (started, run) = begin(cx, &tx, &batch, &batch.made_by, now).await?;
            record(&tx, "StartBatch", None, &batch, &started, now).await?;
            Ok(Some(run))
        })
        .await
}

async fn record(
    tx: &Tx,
    action: &str,
    reason: Option<&str>,
    before: &Batch,
    after: &Batch,
    now: Timestamp,
) -> db::Result<()> {
    let mut entry = Entry::new(now, SERVER, action, format!("batch/{}", after.id));
    entry.before = Some(serde_json::to_value(before).map_err(db::sql::unknown)?);
    entry.after = Some(serde_json::to_value(after).map_err(db::sql::unknown)?);
    entry.reason = reason.map(str::to_owned);
    audit::insert(tx, &entry).await
}

/// What the step reports.
#[derive(Debug, Default, Deserialize)]
struct Report {
    rows: Option<i64>,
    version: Option<i64>,
    model_version: Option<i64>,
    reason: Option<String>,
}

/// Takes note that a run has ended, if it was a batch job's. May run twice: the outcome is written once.
pub(super) async fn take(cx: &Context, run: &RunId) -> Result<()> {
    let Some((id, ended)) = cx.db.read(|tx| async move { ended(&tx, run).await }).await? else { return Ok(()) };
    let Some(ended) = ended else { return Ok(()) };
    let report = match ended {
        Ended::Reported(output) => {
            let bytes = runs::read_output(&cx.runs, &output, LARGEST_REPORT).await?;
            let read = bytes.and_then(|bytes| serde_json::from_slice::<Report>(&bytes).ok());
            read.unwrap_or_else(|| Report { reason: Some("its report cannot be read".into()), ..Report::default() })
        }
        Ended::Badly(why) => Report { reason: Some(why), ..Report::default() },
    };
    let (now, id, report) = (cx.clock.now(), &id, &report);
    cx.db
        .write(|tx| async move {
            let Some(batch) = tx.lock_batch(id).await?.filter(|batch| batch.run.as_ref() == Some(run)) else {
                return Ok(());
            };
            let reason = report.reason.as_deref().map(|why| why.chars().take(LONGEST).collect());
            let outcome = Outcome {
                run: run.clone(),
                rows: report.rows,
                version: report.version,
                model_version: report.model_version,
                reason,
                at: now,
            };
            let after = tx.save_batch(batch.finish(outcome, now)?).await?;
            record(&tx, "FinishBatch", report.reason.as_deref(), &batch, &after, now).await?;
            if let (Some(rows), Some(version), None) = (report.rows, report.version, &report.reason) {
                let (endpoint, environment) = (batch.endpoint.clone(), batch.environment.clone());
                let (dataset, kind) = (batch.output.clone(), "batch".to_owned());
                tx.publish(PredictionsWritten { endpoint, environment, dataset, version, kind, rows, at: now }).await?;
            }
            Ok(())
        })
        .await
}

/// How a run ended.
enum Ended {
    Reported(runs::protocol::Output),
    Badly(String),
}

/// Returns the batch job that a run scores for, and how the run ended if it has.
async fn ended(tx: &Tx, run: &RunId) -> Result<Option<(String, Option<Ended>)>> {
    let Some(id) = tx.batch_of_run(run).await? else { return Ok(None) };
    let Some(found) = runs::find(tx, run).await? else {
        return Ok(Some((id, Some(Ended::Badly("its run is gone".into())))));
    };
    if !found.has_ended() {
        return Ok(Some((id, None)));
    }
    let steps = runs::steps_of(tx, run).await?;
    let step = steps.iter().find(|step| step.name == pipeline::STEP);
    let report = step.filter(|step| step.state == StepState::Succeeded).and_then(|step| step.outputs.get("report"));
    let ended = report.map_or_else(
        || {
            let why = step.and_then(|step| step.why.clone()).or(found.reason.clone());
            Ended::Badly(format!("run `{run}` {}: {}", found.state, why.unwrap_or_default()))
        },
        |report| Ended::Reported(*report),
    );
    Ok(Some((id, Some(ended))))
}
