use crate::holds::Hold;
use crate::holds::store::HoldStore;
use crate::promotions::store::PromotionStore;
use crate::promotions::{Error, PROD, Result, candidate_of};
use crate::{ACTOR, Context, release};
use access::audit::{self, Entry};
use base::{EnvironmentId, ProjectId, Securable, Timestamp};
use db::Tx;
use events::{BreachRaised, PromotionLive};
use monitoring::{Released, Watch};

/// How bad a breach is that holds its environment.
const HOLDS: &str = "red";

/// Has what went live in prod watched, unless something else is live there by now. The contract is read at the candidate's commit.
pub(super) async fn watch(cx: &Context, event: &PromotionLive) -> Result<()> {
    let Some((project, PROD)) = parts(&event.environment) else { return Ok(()) };
    let (project, number) = (&project, event.candidate);
    let candidate = cx.db.read(|tx| async move { candidate_of(&tx, project, number).await }).await?;
    let (facts, sources) = &release::promised(cx, project, &candidate.content.commit).await?;
    let candidate = &candidate;
    cx.db
        .write(|tx| async move {
            let live = tx.find_live(&event.endpoint).await?;
            let Some(live) = live.filter(|live| live.candidate == number) else { return Ok(()) };
            let Some(project) = projects::find(&tx, project).await? else { return Ok(()) };
            let policy = crate::gates::in_force(&tx, &project, PROD).await?;
            let model = candidate.model();
            let released = Released {
                candidate: number,
                digest: candidate.digest.to_string(),
                model: model.model.clone(),
                version: model.version,
                facts: facts.clone(),
                sources: sources.clone(),
                excused: policy.terms.excused(),
                tolerances: policy.terms.tolerances,
                policy: policy.version,
                by: live.asked_by,
            };
            let watch = Watch {
                project: project.id,
                environment: event.environment.clone(),
                endpoint: event.endpoint.clone(),
                team: Some(project.team),
                released,
            };
            Ok::<_, Error>(monitoring::watch(&cx.monitoring, &tx, &watch).await?)
        })
        .await
}

/// Holds the environment of a red breach, once.
pub(super) async fn hold(cx: &Context, event: &BreachRaised) -> Result<()> {
    let Some((project, environment)) = parts(&event.environment) else { return Ok(()) };
    if event.severity != HOLDS {
        return Ok(());
    }
    let (project, id) = (&project, &cx.ids.next("h"));
    cx.db
        .write(|tx| async move {
            let Some(project) = projects::find(&tx, project).await? else { return Ok(()) };
            if tx.find_hold_for(&event.breach).await?.is_some() {
                return Ok(());
            }
            let reason = format!("{} of `{}` is beyond red (breach `{}`)", event.what, event.endpoint, event.breach);
            let why = (event.monitor.as_str(), event.breach.as_str(), reason.as_str());
            let now = cx.clock.now();
            let hold = Hold::by_monitor(id.clone(), (&project, environment), why, now)?;
            tx.insert_hold(&hold).await.map_err(|error| match error {
                db::Error::Taken => db::Error::Stale, // by another server; then it is there
                other => other,
            })?;
            Ok::<_, Error>(record(&tx, &hold, now).await?)
        })
        .await
}

async fn record(tx: &Tx, hold: &Hold, now: Timestamp) -> db::Result<()> {
    let resource = hold.resource();
    let mut entry = Entry::new(now, ACTOR, "PlaceHold", format!("{}/{}", resource.kind, resource.id));
    entry.after = Some(serde_json::to_value(hold).map_err(db::sql::unknown)?);
    entry.reason = Some(hold.reason.clone());
    audit::insert(tx, &entry).await
}

/// Returns the project of an environment, and its name there.
fn parts(environment: &EnvironmentId) -> Option<(ProjectId, &str)> {
    let (project, name) = environment.as_str().split_once('/')?;
    Some((ProjectId(project.to_owned()), name))
}
