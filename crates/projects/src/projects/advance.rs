//! Sets a project up, one step after the other; called again, it goes on from what is there.
use super::Project;
use super::error::Result;
use super::smoke::{self, Outcome};
use super::store::ProjectStore;
use crate::Context;
use crate::templates::{self, Facts};
use access::audit::{self, Entry};
use base::{ProjectId, RunId, Securable};
use db::Tx;
use environments::InstanceState;
use git::{NewFile, Signature};
use serde_json::json;

/// Who sets projects up, in the audit log: no person.
const PROVISIONER: &str = "provisioner";
/// What a repository says of its own origin.
const ORIGIN: &str = "lockgate.json";

/// Brings a project on as far as it goes now. Nothing is done twice; what is `available` or failed stays as it is.
///
/// # Errors
/// What stands in the way; the caller says whether that may pass.
pub(super) async fn advance(cx: &Context, id: &ProjectId) -> Result<()> {
    let Some(project) = cx.db.read(|tx| async move { tx.find_project(id).await }).await? else { return Ok(()) };
    if project.state != InstanceState::Provisioning {
        return Ok(());
    }
    if project.commit.is_none() {
        let author = Signature { name: "Lockgate".to_owned(), email: "lockgate@lockgate.invalid".to_owned() };
        let message = format!("From template {} {}", project.template, project.template_version);
        let commit = git::create(&cx.git, id, &files_of(&project)?, &author, &message).await?;
        let commit = &commit.id;
        let note = |tx: Tx| async move {
            match tx.lock_project(id).await? {
                Some(found) if found.commit.is_none() => tx.save_project(found.committed(commit)).await.map(|_| ()),
                _ => Ok(()),
            }
        };
        cx.db.write(note).await?;
    }
    let started = cx.db.write(|tx| async move { environments_of(cx, &tx, id).await }).await?;
    for run in &started {
        runs::wake(&cx.runs, run);
    }
    Ok(())
}

/// Starts what smoke runs are missing, takes note of those that ended, and says whether the project is set up. Returns the runs that
/// it started.
async fn environments_of(cx: &Context, tx: &Tx, id: &ProjectId) -> Result<Vec<RunId>> {
    let mut started = Vec::new();
    let Some(project) = tx.lock_project(id).await? else { return Ok(started) };
    if project.state != InstanceState::Provisioning {
        return Ok(started);
    }
    for environment in environments::list_of(tx, id).await? {
        if environment.state != InstanceState::Provisioning {
            continue;
        }
        let Some(run) = tx.find_smoke_run(&environment.id).await? else {
            let run = smoke::start(cx, tx, &environment.id, &project.created_by).await?;
            tx.put_smoke_run(id, &environment.id, &run).await?;
            started.push(run);
            continue;
        };
        match smoke::outcome(tx, &run).await? {
            Outcome::Open => {}
            Outcome::Works => drop(environments::set_available(&cx.environments, tx, &environment.id, &run).await?),
            Outcome::Fails(why) => drop(environments::set_error(&cx.environments, tx, &environment.id, &why).await?),
        }
    }
    settle(cx, tx, &project).await?;
    Ok(started)
}

async fn settle(cx: &Context, tx: &Tx, project: &Project) -> Result<()> {
    let environments = environments::list_of(tx, &project.id).await?;
    if environments.iter().any(|environment| environment.state == InstanceState::Provisioning) {
        return Ok(());
    }
    let failed = environments.iter().find(|environment| environment.state == InstanceState::Error);
    let now = cx.clock.now();
    let (verb, after) = match failed {
        Some(environment) => {
            let reason = environment.reason.as_deref().unwrap_or("it could not be set up");
            ("SetProjectError", project.set_error(&format!("environment `{}`: {reason}", environment.name), now)?)
        }
        None => ("SetProjectAvailable", project.set_available(&environments, now)?),
    };
    save(tx, verb, project, after).await
}

/// Gives up on a project that is being set up; again, or later, it changes nothing.
///
/// # Errors
/// The store's.
pub(super) async fn give_up(cx: &Context, id: &ProjectId, reason: &str) -> Result<()> {
    cx.db
        .write(|tx| async move {
            let Some(project) = tx.lock_project(id).await? else { return Ok(()) };
            let Ok(after) = project.set_error(reason, cx.clock.now()) else {
                return Ok(()); // it is set up, or failed, meanwhile
            };
            // Nobody sets its environments up any more, and they say so.
            for environment in environments::list_of(&tx, id).await? {
                if environment.state == InstanceState::Provisioning {
                    environments::set_error(&cx.environments, &tx, &environment.id, reason).await?;
                }
            }
            save(&tx, "SetProjectError", &project, after).await
        })
        .await
}

async fn save(tx: &Tx, verb: &str, before: &Project, after: Project) -> Result<()> {
    let saved = tx.save_project(after).await?;
    let resource = saved.resource();
    let json = |project: &Project| serde_json::to_value(project).map_err(db::sql::unknown);
    let mut entry = Entry::new(saved.changed_at, PROVISIONER, verb, format!("{}/{}", resource.kind, resource.id));
    entry.reason.clone_from(&saved.reason);
    (entry.before, entry.after) = (Some(json(before)?), Some(json(&saved)?));
    Ok(audit::insert(tx, &entry).await?)
}

/// Returns the files of the repository's first commit.
pub(super) fn files_of(project: &Project) -> Result<Vec<NewFile>> {
    let template = templates::find(&project.template)?;
    let mut facts = Facts::default()
        .plain("project", project.id.as_str())
        .plain("package", project.id.as_str().replace('-', "_"))
        .plain("team", project.team.as_str())
        .plain("owner", project.owner.as_str())
        .plain("created_by", project.created_by.as_str())
        .plain("tier", project.tier)
        .free("title", project.title.as_str())
        .free("intended_use", project.intended_use.as_str())
        .free("prohibited_use", project.prohibited_use.as_str());
    for (name, value) in &project.parameters {
        facts = if template.parameters.is_plain(name) {
            facts.plain(name, value.clone())
        } else {
            facts.free(name, value.clone())
        };
    }
    let mut files = templates::render(&template, &facts)?;
    // With this, a later version of the template finds its way here: what the project was made from, and with which answers.
    let origin = json!({
        "project": project.id, "template": project.template, "template_version": project.template_version,
        "parameters": project.parameters,
    });
    let bytes = format!("{origin:#}\n").into_bytes();
    files.push(NewFile { path: ORIGIN.to_owned(), bytes, executable: false });
    Ok(files)
}
