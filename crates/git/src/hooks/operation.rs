//! One push under way: what its hooks may ask, once each, and in this order.
use crate::live::Held;
use crate::names::shown;
use crate::pushes::store::PushStore;
use crate::pushes::{self, Line, MOST_COMMIT, Refusal};
use crate::repositories::{PushRepository, Repository, leftovers};
use crate::{Context, Error, Result};
use access::{Outcome, Permit};
use base::{Fault, ProjectId};
use serde::Serialize;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;
use tokio::sync::Mutex;

/// One push under way.
#[derive(Debug)]
pub(crate) struct Operation {
    project: ProjectId,
    permit: Permit<PushRepository>,
    stage: Mutex<Stage>,
}

/// How far a push is.
#[derive(Debug)]
enum Stage {
    /// Git takes in the objects.
    Begun,
    /// It may move the refs; nobody else may until it has.
    Accepted(Held, Instant),
    /// It was refused, or its outcome is written down.
    Ended,
}

/// What the audit log keeps of a push.
#[derive(Debug, Serialize)]
struct Pushed<'a> {
    refs: &'a [Line],
}

/// What a person is told of a push that may not go on.
pub(super) struct No(pub(super) String);

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.to_string())
    }
}

impl From<Error> for No {
    fn from(error: Error) -> Self {
        // As over HTTP: what is not for strangers goes to the log, and the rest is said with its hint.
        let hint = error.hint();
        let problem = web::Problem::from(error);
        Self(match hint {
            Some(hint) => format!("{}: {hint}", problem.detail),
            None => problem.detail,
        })
    }
}

impl Operation {
    pub(crate) fn new(project: ProjectId, permit: Permit<PushRepository>) -> Self {
        Self { project, permit, stage: Mutex::new(Stage::Begun) }
    }

    /// Decides whether git may move the refs of `lines` to what came in the folder `incoming`, and records that it is about to.
    pub(super) async fn accept(
        &self,
        cx: &Context,
        lines: &[u8],
        incoming: Option<&str>,
    ) -> std::result::Result<(), No> {
        let mut stage = self.stage.lock().await;
        if !matches!(*stage, Stage::Begun) {
            return Err(No("this push was asked about before".into()));
        }
        *stage = Stage::Ended; // unless all goes well
        let lines = Line::parse(lines)?;
        if let Some(commit) = self.large_commit(cx, &lines, incoming).await? {
            let refusal = Refusal::LargeCommit(commit);
            self.note_refusal(cx, &lines, &refusal).await?;
            return Err(refusal.into());
        }
        let held = cx.live.hold(&self.project).await?;
        leftovers::clear_locks(cx, &held).await?;
        let known = pushes::settle(cx, &held).await?;
        let limits = &cx.live.limits;
        if let Err(refusal) = pushes::check(&lines, known, limits.push_refs, limits.refs) {
            self.note_refusal(cx, &lines, &refusal).await?;
            return Err(refusal.into());
        }
        self.record(cx, &lines).await?;
        *stage = Stage::Accepted(held, Instant::now());
        Ok(())
    }

    /// Returns a commit of the push that is too large.
    async fn large_commit(&self, cx: &Context, lines: &[Line], incoming: Option<&str>) -> Result<Option<String>> {
        if lines.iter().all(|line| line.new.is_none()) {
            return Ok(None); // what only deletes brings nothing
        }
        let repository = cx.repository(&self.project)?;
        // Its name alone: the folder lies among the objects of this repository, whatever the hook says.
        let name = incoming.and_then(|folder| Path::new(folder).file_name()).and_then(OsStr::to_str);
        let Some(name) = name.filter(|name| name.contains("incoming-")) else {
            return Err(Error::Git("it does not say where it keeps what is pushed".into()));
        };
        cx.large_commit(&repository, &repository.join("objects").join(name), MOST_COMMIT.0).await
    }

    async fn record(&self, cx: &Context, lines: &[Line]) -> Result<()> {
        let (permit, project, now) = (&self.permit, &self.project, cx.clock.now());
        cx.db
            .write(|tx| async move {
                // Decided anew: between the first byte and the last, a role or a token may have ended.
                let person = permit.caller().person()?;
                if !tx.lock_repository(project).await? {
                    return Err(Error::NotFound(project.clone()));
                }
                let repository = Repository(project.clone());
                permit.check(&tx, &repository).await?;
                if !access::still_in(&tx, permit.caller(), now).await? {
                    return Err(access::Refused::Ended.into());
                }
                pushes::record(cx, &tx, project, lines, person).await?;
                permit.entry(&repository, now).after(&Pushed { refs: lines }).insert(&tx).await?;
                Ok(())
            })
            .await
    }

    /// Writes into the audit log what was tried.
    async fn note_refusal(&self, cx: &Context, lines: &[Line], refusal: &Refusal) -> Result<()> {
        let (permit, now) = (&self.permit, cx.clock.now());
        let (repository, few) = (&Repository(self.project.clone()), &lines[..lines.len().min(20)]);
        let written = cx.db.write(|tx| async move {
            let entry = permit.entry(repository, now).after(&Pushed { refs: few });
            entry.reason(refusal.fault().1).outcome(Outcome::Refused).insert(&tx).await
        });
        Ok(written.await?)
    }

    /// Git says that it has moved refs: writes down which, and lets the next push go on.
    pub(super) async fn moved(&self, cx: &Context) -> std::result::Result<(), No> {
        let mut stage = self.stage.lock().await;
        let Stage::Accepted(held, _) = &*stage else {
            return Err(No("this push was not accepted, or has ended".into()));
        };
        pushes::settle(cx, held).await?;
        *stage = Stage::Ended;
        Ok(())
    }

    /// Git has ended: writes down what it did, should its last hook not have come.
    pub(crate) async fn end(&self, cx: &Context) {
        let mut stage = self.stage.lock().await;
        if let Stage::Accepted(held, _) = &*stage
            && let Err(error) = pushes::settle(cx, held).await
        {
            let project = shown(self.project.as_str());
            tracing::error!(project, %error, "what a push did could not be written down; the next look at the repository does it");
        }
        *stage = Stage::Ended;
    }

    /// Returns since when git may move refs and has not said that it has; `None` if it may not, or is being asked.
    pub(crate) fn moving_since(&self) -> Option<Instant> {
        match &*self.stage.try_lock().ok()? {
            Stage::Accepted(_, since) => Some(*since),
            Stage::Begun | Stage::Ended => None,
        }
    }
}
