use super::error::{Error, Result};
use super::store::ProjectStore;
use super::{CreateProject, NewProject, Project, ReadProject, RetryProject, jobs};
use crate::{Context, templates};
use access::roles::NewAssignment;
use access::{Once, Permit, Place, Role};
use base::{PersonId, Principal, ProjectId, Securable};
use db::Tx;
use environments::{Environment, InstanceState};
use web::Page;

/// A project with what its page shows beside it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub project: Project,
    pub environments: Vec<Environment>,
    pub may_retry: bool,
    pub may_run: bool,
}

/// Makes a project from a template, with its environments, the roles of who makes it and of its owner, and the job that sets it up:
/// all of it or nothing.
///
/// # Errors
/// A name that is taken or none, an unknown owner or template, parameters that do not fit.
pub(super) async fn create(
    cx: &Context,
    permit: &Permit<CreateProject>,
    once: &Once,
    new: &NewProject,
) -> Result<Shown> {
    let creator = permit.caller().person()?.clone();
    let template = templates::find(&new.template)?;
    let parameters = template.parameters.check(&new.parameters)?;
    let project = &Project::begin(new, &template.version, parameters, &creator, cx.clock.now())?;
    super::advance::files_of(project)?; // a template that does not fit is found out now, not by the job
    cx.db
        .write(|tx| async move {
            permit.check(&tx, project).await?;
            if let Some(kept) = once.kept::<ProjectId>(&tx, permit.caller()).await? {
                let found = tx.find_project(&kept).await?.ok_or(Error::NotFound(kept))?;
                return shown(&tx, permit, found).await;
            }
            insert(cx, &tx, permit, project).await?;
            once.keep(&tx, permit.caller(), &project.id).await?;
            shown(&tx, permit, project.clone()).await
        })
        .await
}

async fn insert(cx: &Context, tx: &Tx, permit: &Permit<CreateProject>, project: &Project) -> Result<()> {
    tx.insert_project(project).await.map_err(|error| match error {
        db::Error::Taken => Error::Taken(project.id.clone()),
        other => other.into(),
    })?;
    permit.record(tx, None, project, project.created_at).await?;
    give(cx, tx, permit, project, &project.created_by, Role::ModelDeveloper).await?;
    give(cx, tx, permit, project, &project.owner, Role::ModelOwner).await?;
    environments::provision(&cx.environments, tx, &project.id, &environments::NAMES, Some(&project.team)).await?;
    jobs::enqueue(cx, tx, &project.id, project.created_at).await?;
    Ok(())
}

/// Gives a role for the project, in the name of who makes it; one that is held already stays as it is.
async fn give(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<CreateProject>,
    project: &Project,
    person: &PersonId,
    role: Role,
) -> Result<()> {
    let (holder, place) = (Principal::Person(person.clone()), Place::Scope(format!("project/{}", project.id)));
    let new = NewAssignment { holder, role, place };
    match access::roles::assign(&cx.access, tx, &new, &project.created_by).await {
        Ok(assignment) => Ok(permit.record(tx, None, &assignment, assignment.given_at).await?),
        Err(access::roles::Error::UnknownHolder(_)) => Err(Error::UnknownOwner(person.clone())),
        Err(other) => Err(other.into()),
    }
}

async fn shown<A: access::Action>(tx: &Tx, permit: &Permit<A>, project: Project) -> Result<Shown> {
    let environments = environments::list_of(tx, &project.id).await?;
    let held = permit.held(tx).await?;
    let may_retry = held.can::<RetryProject>(&project.resource()).is_some();
    let dev = environments.iter().find(|environment| environment.name == environments::NAMES[0]);
    let may_run = dev.is_some_and(|dev| held.can::<runs::StartRun>(&dev.resource()).is_some());
    Ok(Shown { project, environments, may_retry, may_run })
}

/// Returns project `id`.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) async fn get(cx: &Context, permit: &Permit<ReadProject>, id: &ProjectId) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_project(id).await?;
            let (project, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            shown(&tx, permit, project).await
        })
        .await
}

/// Returns a page of the projects that the caller may see, by name, and how many there are.
///
/// # Errors
/// The store's.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadProject>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Shown>> {
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?;
            let rows = Page::of(tx.list_projects(&visible, after, limit + 1).await?, limit, |row| row.id.clone());
            let mut items = Vec::new();
            for project in rows.items {
                items.push(shown(&tx, permit, project).await?);
            }
            Ok(Page { items, next_cursor: rows.next_cursor, total: Some(tx.count_projects(&visible).await?) })
        })
        .await
}

/// Begins anew to set a project up that failed; what was made stays. One that is being set up stays as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotPossible`].
pub(super) async fn retry(cx: &Context, permit: &Permit<RetryProject>, id: &ProjectId) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let found = tx.lock_project(id).await?;
            let (project, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            if project.state == InstanceState::Provisioning {
                return shown(&tx, permit, project).await;
            }
            let now = cx.clock.now();
            let saved = tx.save_project(project.retry(now)?).await?;
            for environment in environments::list_of(&tx, id).await? {
                if environment.state == InstanceState::Error {
                    environments::retry(&cx.environments, &tx, &environment.id).await?;
                }
                if environment.state != InstanceState::Available {
                    tx.delete_smoke_run(&environment.id).await?;
                }
            }
            jobs::enqueue(cx, &tx, id, now).await?;
            permit.record(&tx, Some(&project), &saved, now).await?;
            shown(&tx, permit, saved).await
        })
        .await
}

/// Returns project `id`, whoever asks.
///
/// # Errors
/// The store's.
pub async fn find(tx: &Tx, id: &ProjectId) -> db::Result<Option<Project>> {
    tx.find_project(id).await
}

/// Returns up to `most` projects that the holder of a permit may see, behind `after`, by name, and how many there are in all. What may be
/// seen is the caller's to say.
///
/// # Errors
/// The store's.
pub async fn visible(
    tx: &Tx,
    visible: &access::Visible,
    after: Option<&str>,
    most: u32,
) -> db::Result<(Vec<Project>, u64)> {
    Ok((tx.list_projects(visible, after, most).await?, tx.count_projects(visible).await?))
}
