use super::Error;
use crate::checks::Standing;
use base::{Next, PersonId, ProjectId, Resource, Securable, Timestamp};
use serde::Serialize;

base::states! {
    /// Where a merge stands.
    MergeState {
        Asked "asked" => Working "git-pull-request" "Under way" [finish refuse],
        Merged "merged" => Good "git-merge" "Merged" [],
        Refused "refused" => Bad "circle-x" "Not carried out" [],
    }
}

/// A move of `main` to the commit of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Merge {
    pub id: String,
    pub project: ProjectId,
    pub branch: String,
    /// Where `main` was.
    pub from: String,
    /// Where it is to be.
    pub commit: String,
    pub merged_by: PersonId,
    pub state: MergeState,
    /// Why it was not carried out.
    pub reason: Option<String>,
    pub asked_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Merge {
    fn resource(&self) -> Resource {
        let (id, scope) = (self.id.clone(), format!("project/{}", self.project));
        Resource { kind: "merge", id, scope, team: None, asker: None, listed: false }
    }
}

/// What a rule about a merge must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// What the branch is at.
    pub head: String,
    /// What `main` is at.
    pub main: String,
    /// How the checks of the head stand.
    pub standing: Standing,
}

impl Merge {
    /// Somebody asks to bring `branch` to `main`; `commit` is what they looked at, where they say so.
    ///
    /// # Errors
    /// What stands in the way: a branch that moved since, nothing to merge, checks that are not green.
    pub(super) fn ask(
        id: String,
        (project, branch, commit): (&ProjectId, &str, Option<&str>),
        facts: &Facts,
        by: &PersonId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let branch = crate::shown(branch, 200);
        if let Some(looked_at) = commit
            && looked_at != facts.head
        {
            let (looked_at, head) = (crate::short(looked_at), crate::short(&facts.head));
            return Err(Error::BranchMoved { branch, looked_at, head });
        }
        if branch == git::MAIN || facts.head == facts.main {
            return Err(Error::Nothing(branch));
        }
        let commit = crate::short(&facts.head);
        match &facts.standing {
            Standing::Green => {}
            Standing::Red(why) => return Err(Error::Red { commit, why: why.join("; ") }),
            Standing::Open => return Err(Error::Open(commit)),
            Standing::Unknown => return Err(Error::Unchecked(commit)),
        }
        Ok(Self {
            id,
            project: project.clone(),
            branch,
            from: facts.main.clone(),
            commit: facts.head.clone(),
            merged_by: by.clone(),
            state: MergeState::Asked,
            reason: None,
            asked_at: now,
            ended_at: None,
            revision: 1,
        })
    }

    /// Git moved `main`; nothing if its end was known.
    pub(super) fn finish(&self, now: Timestamp) -> Option<Self> {
        let fits = self.state == MergeState::Asked;
        fits.then(|| Self { state: MergeState::Merged, ended_at: Some(now), ..self.clone() })
    }

    /// Git did not; nothing if its end was known.
    pub(super) fn refuse(&self, reason: String, now: Timestamp) -> Option<Self> {
        let fits = self.state == MergeState::Asked;
        fits.then(|| Self { state: MergeState::Refused, reason: Some(reason), ended_at: Some(now), ..self.clone() })
    }

    /// Returns what its viewer should know.
    pub fn next(&self) -> Next {
        let (tone, _, label) = self.state.look();
        let (commit, by) = (crate::short(&self.commit), &self.merged_by);
        let reason = match self.state {
            MergeState::Asked => "Ask for it once more, should it not end by itself".to_owned(),
            MergeState::Merged => format!("`{by}` brought `main` to `{commit}`, and counts as its pusher"),
            MergeState::Refused => self.reason.clone().unwrap_or_default(),
        };
        Next { tone, text: format!("{label}."), reason, action: None }
    }
}
