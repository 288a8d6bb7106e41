use super::error::{Error, Result};
use super::store::CheckStore;
use super::{Check, CheckName, CheckState, ReadCheck, Report, run};
use crate::contract::{self, Contract, facts_of, judge};
use crate::merges::MergeBranch;
use crate::{Context, merges};
use access::Permit;
use base::{EnvironmentId, ProjectId, RunId, Securable};
use db::Tx;
use environments::InstanceState;
use events::BranchUpdated;

/// The checks of a commit, with what its page shows beside them.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) project: ProjectId,
    pub(super) branch: Option<String>,
    pub(super) commit: String,
    pub(super) checks: Vec<Check>,
    pub(super) may_merge: bool,
}

/// Notes that a commit is to be checked; one that was is left alone, unless it could not be judged, or another look may come to
/// another end. Says whether there is
/// something to begin.
pub(super) async fn ask(cx: &Context, event: &BranchUpdated) -> Result<bool> {
    let Some(commit) = &event.new else { return Ok(false) };
    let now = cx.clock.now();
    cx.db
        .write(|tx| async move {
            let Some(project) = projects::find(&tx, &event.project).await? else { return Ok(false) };
            // The first commit is pushed by the server, for who makes the project.
            let first = event.old.is_none() && event.branch == git::MAIN;
            let by = if first { &project.created_by } else { &event.pusher };
            let known = tx.lock_checks(&project.id, commit).await?;
            let mut asked = known.iter().any(|check| check.state == CheckState::Queued);
            for name in CheckName::ALL {
                match known.iter().find(|check| check.name == name) {
                    None => {
                        let new = Check::queue(&project.id, commit, name, by, now);
                        tx.insert_check(&new).await.map_err(|error| match error {
                            db::Error::Taken => db::Error::Stale, // by another branch's push: the next try finds it
                            other => other,
                        })?;
                    }
                    Some(check) if check.may_end_otherwise() => {
                        tx.save_check(check.begin_anew(by)?).await?;
                    }
                    Some(_) => continue,
                }
                asked = true;
            }
            Ok(asked)
        })
        .await
}

/// Begins what is queued for a commit: judges the contract, and starts the run that judges the rest. Again, it goes on from there.
pub(super) async fn begin(cx: &Context, project: &ProjectId, commit: &str) -> Result<()> {
    judge_contract(cx, project, commit).await?;
    let environment = &EnvironmentId(format!("{project}/{}", environments::NAMES[0]));
    let found = git::resolve(&cx.git, project, commit).await?;
    let now = cx.clock.now();
    let started = cx
        .db
        .write(|tx| {
            let found = found.clone();
            async move {
                let queued = queued(&tx, project, commit, &CheckName::OF_A_RUN).await?;
                let Some(first) = queued.first() else { return Ok(None) };
                let dev = environments::find(&tx, environment).await?;
                if dev.is_none_or(|dev| dev.state != InstanceState::Available) {
                    return Err(Error::NotReady(environment.0.clone()));
                }
                let new = run::new_run(environment.clone(), found, first.asked_by.clone())?;
                let started = runs::start(&cx.runs, &tx, new).await?;
                for check in queued {
                    tx.save_check(check.start(Some(started.id.clone()), now)?).await?;
                }
                Ok(Some(started.id))
            }
        })
        .await?;
    if let Some(started) = started {
        runs::wake(&cx.runs, &started);
    }
    Ok(())
}

async fn queued(tx: &Tx, project: &ProjectId, commit: &str, names: &[CheckName]) -> db::Result<Vec<Check>> {
    let checks = tx.lock_checks(project, commit).await?;
    Ok(checks.into_iter().filter(|check| check.state == CheckState::Queued && names.contains(&check.name)).collect())
}

async fn judge_contract(cx: &Context, project: &ProjectId, commit: &str) -> Result<()> {
    let names = &[CheckName::Contract];
    let waits = cx.db.read(|tx| async move { tx.list_checks(project, commit).await }).await?;
    if !waits.iter().any(|check| check.name == CheckName::Contract && check.state == CheckState::Queued) {
        return Ok(());
    }
    let text = match git::read_file(&cx.git, project, commit, contract::FILE, contract::most_bytes()).await {
        Ok(text) => text,
        Err(git::Error::TooLarge { .. }) => {
            let report = Report::misread(None, "it is larger than 1 MiB");
            return keep_contract(cx, project, commit, names, &report).await;
        }
        Err(error) => return Err(error.into()),
    };
    let contract = match text.as_deref().map(Contract::read) {
        Some(Ok(contract)) => contract,
        Some(Err(error)) => {
            let report = Report::misread(error.line, &error.why);
            return keep_contract(cx, project, commit, names, &report).await;
        }
        None => {
            let report =
                Report::misread(None, "the repository has no `contract.yaml`: say what the data must look like");
            return keep_contract(cx, project, commit, names, &report).await;
        }
    };
    let (sources, now) = (&contract.sources(), cx.clock.now());
    let facts = cx.db.read(|tx| async move { facts_of(&tx, project, sources, now).await }).await?;
    let report = Report::of_columns(judge(&contract, &facts), sources.len());
    keep_contract(cx, project, commit, names, &report).await
}

async fn keep_contract(
    cx: &Context,
    project: &ProjectId,
    commit: &str,
    names: &[CheckName],
    report: &Report,
) -> Result<()> {
    let now = cx.clock.now();
    cx.db
        .write(|tx| async move {
            for check in queued(&tx, project, commit, names).await? {
                let judged = check.start(None, now)?.judge(report.clone(), now)?;
                tx.save_check(judged).await?;
            }
            Ok(())
        })
        .await
}

/// Takes note of what a run found, once it has ended; a run that judges no checks changes nothing.
pub(super) async fn take(cx: &Context, id: &RunId) -> Result<()> {
    let read = cx.db.read(|tx| async move {
        let checks = tx.list_checks_of(id).await?;
        if checks.is_empty() {
            return Ok::<_, db::Error>(None);
        }
        let ended = runs::find(&tx, id).await?.is_none_or(|run| run.has_ended());
        Ok(Some((ended, runs::steps_of(&tx, id).await?)))
    });
    let Some((true, steps)) = read.await? else { return Ok(()) };
    let now = cx.clock.now();
    for name in CheckName::OF_A_RUN {
        let found = &run::report_of(cx, &steps, name).await?;
        cx.db
            .write(|tx| async move {
                for check in tx.list_checks_of(id).await? {
                    if check.name != name || check.state != CheckState::Running {
                        continue;
                    }
                    let judged = match found {
                        Ok(report) => check.judge(report.clone(), now)?,
                        Err(why) => check.give_up(why.clone(), now)?,
                    };
                    tx.save_check(judged).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    Ok(())
}

/// Says that what is queued for a commit cannot be judged.
pub(super) async fn give_up(cx: &Context, project: &ProjectId, commit: &str, why: &str) -> Result<()> {
    let now = cx.clock.now();
    cx.db
        .write(|tx| async move {
            for check in queued(&tx, project, commit, &CheckName::ALL).await? {
                tx.save_check(check.give_up(why.to_owned(), now)?).await?;
            }
            Ok(())
        })
        .await
}

/// Returns what waits for longer than it should: commits to begin, and runs to take note of.
pub(super) async fn left_behind(cx: &Context) -> Result<(Vec<(ProjectId, String)>, Vec<RunId>)> {
    let then = cx.clock.now().plus_seconds(-30);
    let found = cx.db.read(|tx| async move {
        Ok::<_, db::Error>((tx.list_queued(then, 100).await?, tx.list_judging(then, 100).await?))
    });
    Ok(found.await?)
}

/// Returns project `id` if the caller may see it so.
pub(crate) async fn seen<A: access::Action>(tx: &Tx, permit: &Permit<A>, id: &ProjectId) -> Result<projects::Project> {
    let found = permit.on(tx, projects::find(tx, id).await?).await?;
    found.map(|(project, _)| project).ok_or_else(|| Error::NotFound(ProjectId(crate::shown(id.as_str(), 63))))
}

/// Returns the checks of a commit, or of what a branch is at: `main` unless one is named.
pub(super) async fn get(
    cx: &Context,
    permit: &Permit<ReadCheck>,
    id: &ProjectId,
    branch: Option<String>,
    commit: Option<String>,
) -> Result<Shown> {
    cx.db.read(|tx| async move { seen(&tx, permit, id).await.map(|_| ()) }).await?;
    let (branch, revision) = match (branch, commit) {
        (Some(_), Some(_)) => return Err(Error::OneOf),
        (None, Some(commit)) => (None, commit),
        (branch, None) => {
            let branch = branch.unwrap_or_else(|| git::MAIN.to_owned());
            (Some(branch.clone()), branch)
        }
    };
    let commit = &git::resolve(&cx.git, id, &revision).await?.id;
    let main = &git::resolve(&cx.git, id, git::MAIN).await?.id;
    let (checks, may) = cx
        .db
        .read(|tx| async move {
            let project = seen(&tx, permit, id).await?;
            let may = permit.can::<MergeBranch>(&tx, &project.resource()).await?.is_some();
            let merged = commit == main || merges::is_merged(&tx, id, commit).await?;
            Ok::<_, Error>((tx.list_checks(id, commit).await?, may && !merged))
        })
        .await?;
    Ok(Shown { project: id.clone(), branch, commit: commit.clone(), checks, may_merge: may })
}

/// Returns the checks of a commit, whoever asks. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn of(tx: &Tx, project: &ProjectId, commit: &str) -> db::Result<Vec<Check>> {
    tx.list_checks(project, commit).await
}
