use super::Error;
use super::gates::{Gate, GateState};
use crate::authors::Authors;
use access::{Right, Role};
use base::{Digest, EnvironmentId, PersonId, ProjectId, Resource, RunId, Securable, TeamId, Timestamp};
use serde::{Deserialize, Serialize};

base::states! {
    /// Where a promotion stands.
    PromotionState {
        Offered "offered" => Idle "circle-dashed" "Offered" [check fail abandon],
        Checking "checking" => Working "loader-2" "Gates are checked" [await_approval fail abandon],
        AwaitingApproval "awaiting_approval" => Waiting "user-question" "Waits for approval" [decide deploy fail abandon],
        Deploying "deploying" => Working "package" "Deploying" [verify fail abandon],
        Verifying "verifying" => Working "hourglass" "Verifying" [go_live fail roll_back abandon],
        Live "live" => Good "circle-check" "Live" [supersede roll_back],
        Superseded "superseded" => Idle "archive" "Superseded" [],
        Rejected "rejected" => Bad "ban" "Rejected" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
        Abandoned "abandoned" => Idle "arrow-back-up" "Abandoned" [],
        RolledBack "rolled_back" => Warn "alert-triangle" "Rolled back" [],
    }
}

/// How long a deployment may take, in seconds.
const DEPLOYING_SECONDS: i64 = 600;
/// How long verifying may take beyond the baking time, in seconds.
const VERIFYING_SECONDS: i64 = 3_600;
/// How long it may take until what was suspended answers again, in seconds.
const ANSWERING_SECONDS: i64 = 120;

impl PromotionState {
    /// Returns whether it has not come to an end, nor gone live.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Offered | Self::Checking | Self::AwaitingApproval | Self::Deploying | Self::Verifying)
    }

    /// Returns whether its endpoint changes by it.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Deploying | Self::Verifying)
    }
}

/// What a promotion is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromotionKind {
    /// A candidate enters the environment.
    Release,
    /// What was live before is brought back.
    Rollback,
    /// What was suspended answers again.
    Resume,
}

impl PromotionKind {
    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Rollback => "rollback",
            Self::Resume => "resume",
        }
    }
}

impl std::str::FromStr for PromotionKind {
    type Err = base::UnknownState;
    fn from_str(word: &str) -> Result<Self, base::UnknownState> {
        let found = [Self::Release, Self::Rollback, Self::Resume].into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| base::UnknownState(word.to_owned(), "PromotionKind"))
    }
}

/// What a decider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromotionDecision)]
pub enum Decision {
    Approved,
    Rejected,
}

impl Decision {
    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

impl std::str::FromStr for Decision {
    type Err = base::UnknownState;
    fn from_str(word: &str) -> Result<Self, base::UnknownState> {
        let found = [Self::Approved, Self::Rejected].into_iter().find(|one| one.as_str() == word);
        found.ok_or_else(|| base::UnknownState(word.to_owned(), "Decision"))
    }
}

/// Who decided what: bound to the candidate's digest, the environment of the promotion, and a version of its gate policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    pub by: PersonId,
    pub decision: Decision,
    pub comment: Option<String>,
    pub digest: Digest,
    /// The version of the gate policy that was in force.
    pub policy: i64,
    pub at: Timestamp,
}

/// An environment of a project, as something that is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Site {
    pub project: ProjectId,
    pub environment: String,
    pub team: Option<TeamId>,
}

impl Securable for Site {
    fn resource(&self) -> Resource {
        let id = format!("{}/{}", self.project, self.environment);
        let scope = format!("project/{id}");
        Resource { kind: "promotion", id, scope, team: self.team.clone(), asker: None, listed: false }
    }
}

/// A candidate on its way into an environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Promotion {
    pub id: String,
    pub project: ProjectId,
    /// `preprod` or `prod`.
    pub environment: String,
    pub team: Option<TeamId>,
    /// `prod.credit`.
    pub endpoint: String,
    pub candidate: i64,
    pub digest: Digest,
    pub kind: PromotionKind,
    pub state: PromotionState,
    /// Why it waits or ended, or what it is for.
    pub reason: Option<String>,
    /// The version of the gate policy that it goes by.
    pub policy: i64,
    pub asked_by: PersonId,
    /// When somebody asked for it; none while it is only offered.
    pub asked_at: Option<Timestamp>,
    /// Who had a hand in the candidate, counted from what is live; found out while it is checked.
    pub authors: Option<Authors>,
    pub rollout: Option<String>,
    /// The run that verifies it.
    pub run: Option<RunId>,
    /// How many calls the serving process said that the endpoint had answered before that run began; none once more were seen.
    pub answered_before: Option<i64>,
    /// Until when it has to serve before it counts as live.
    pub bakes_until: Option<Timestamp>,
    /// When it fails unless it got on.
    pub due_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// When it went live.
    pub live_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// What was decided, in its order, under whatever version of the policy.
    pub approvals: Vec<Approval>,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Promotion {
    fn resource(&self) -> Resource {
        let scope = format!("project/{}/{}", self.project, self.environment);
        Resource { kind: "promotion", id: self.id.clone(), scope, team: self.team.clone(), asker: None, listed: false }
    }
}

/// What the rule about a decision must know of the decider.
#[derive(Clone, Debug)]
pub struct Decider {
    pub person: PersonId,
    /// Their right by each role of the policy that they hold.
    pub rights: Vec<Right>,
    /// Who made the one-time link that they came in by.
    pub link_by: Option<PersonId>,
    /// The roles that the policy asks for.
    pub asked: Vec<Role>,
}

impl Promotion {
    /// Returns the environment's full name.
    pub fn environment_id(&self) -> EnvironmentId {
        EnvironmentId(format!("{}/{}", self.project, self.environment))
    }

    pub(super) fn not_possible<T>(&self, verb: &'static str) -> Result<T, Error> {
        Err(Error::NotPossible { id: self.id.clone(), found: self.state, verb })
    }

    fn to(&self, verb: &'static str, state: PromotionState, now: Timestamp) -> Result<Self, Error> {
        if !self.state.possible().contains(&verb) {
            return self.not_possible(verb);
        }
        let ended_at = if state.is_open() || state == PromotionState::Live { None } else { Some(now) };
        Ok(Self { state, changed_at: now, ended_at, due_at: None, ..self.clone() })
    }

    /// Somebody asks for it: its gates are looked at from now on.
    pub fn check(&self, by: &PersonId, policy: i64, now: Timestamp) -> Result<Self, Error> {
        let (asked_by, asked_at, reason) = (by.clone(), Some(now), None);
        Ok(Self { reason, policy, asked_by, asked_at, ..self.to("check", PromotionState::Checking, now)? })
    }

    /// No gate is closed but the approvals.
    pub fn await_approval(&self, now: Timestamp) -> Result<Self, Error> {
        Ok(Self { reason: None, ..self.to("await_approval", PromotionState::AwaitingApproval, now)? })
    }

    /// Returns whether `decider` may decide it now: four eyes, by a role that policy asks for, and not twice.
    ///
    /// # Errors
    /// Why not.
    pub fn may_decide(&self, decider: &Decider) -> Result<(), Error> {
        self.check_awaits()?;
        let Some(asked_at) = self.asked_at else { return self.not_possible("decide") };
        let Some(authors) = &self.authors else { return self.not_possible("decide") };
        if decider.rights.is_empty() {
            return Err(Error::RoleNotAsked { by: decider.person.clone(), roles: decider.asked.clone() });
        }
        if let Some(unmapped) = authors.unmapped.first() {
            return Err(Error::Unmapped(unmapped.clone()));
        }
        self.check_hands(authors, &decider.person)?;
        if let Some(maker) = &decider.link_by
            && self.check_hands(authors, maker).is_err()
        {
            return Err(Error::LinkByAuthor { decider: decider.person.clone(), maker: maker.clone() });
        }
        if !decider.rights.iter().any(|right| right.is_independent(asked_at)) {
            return Err(Error::NotIndependent(decider.rights[0].clone()));
        }
        if self.valid_approvals().any(|approval| approval.by == decider.person) {
            return Err(Error::AlreadyDecided { id: self.id.clone(), by: decider.person.clone() });
        }
        Ok(())
    }

    /// Refuses to decide on what waits for nobody's word.
    ///
    /// # Errors
    /// [`Error::NotPossible`].
    pub fn check_awaits(&self) -> Result<(), Error> {
        if self.state == PromotionState::AwaitingApproval { Ok(()) } else { self.not_possible("decide") }
    }

    fn check_hands(&self, authors: &Authors, person: &PersonId) -> Result<(), Error> {
        let author = |why: &str| Err(Error::Author { by: person.clone(), why: why.to_owned() });
        if let Some(why) = authors.hand_of(person) {
            return author(why);
        }
        if self.asked_by == *person {
            return author("asked for this promotion");
        }
        Ok(())
    }

    /// Returns the approvals that were given for this content under the policy that it goes by.
    pub fn valid_approvals(&self) -> impl Iterator<Item = &Approval> {
        self.approvals.iter().filter(|approval| {
            approval.decision == Decision::Approved && approval.digest == self.digest && approval.policy == self.policy
        })
    }

    /// Somebody decides. One rejection ends it; an approval is one of those that policy asks for.
    ///
    /// # Errors
    /// See [`Promotion::may_decide`]; a rejection without a reason.
    pub fn decide(
        &self,
        decider: &Decider,
        decision: Decision,
        comment: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        self.may_decide(decider)?;
        let comment = match (decision, comment.map(str::trim).filter(|text| !text.is_empty())) {
            (Decision::Rejected, None) => return Err(Error::Reason),
            (_, None) => None,
            (_, Some(text)) => Some(super::reason_of(text)?),
        };
        let (by, digest, policy) = (decider.person.clone(), self.digest, self.policy);
        let mut approvals = self.approvals.clone();
        approvals.push(Approval { by, decision, comment: comment.clone(), digest, policy, at: now });
        let changed = match decision {
            Decision::Approved => Self { changed_at: now, ..self.clone() },
            Decision::Rejected => Self {
                state: PromotionState::Rejected,
                reason: comment,
                changed_at: now,
                ended_at: Some(now),
                ..self.clone()
            },
        };
        Ok(Self { approvals, ..changed })
    }

    /// The gate policy was changed: what was approved under another version counts no more.
    #[must_use]
    pub fn under(&self, policy: i64) -> Self {
        Self { policy, ..self.clone() }
    }

    /// Says what it waits for.
    #[must_use]
    pub fn waits_for(&self, reason: Option<String>) -> Self {
        Self { reason, ..self.clone() }
    }

    /// Notes who had a hand in the candidate.
    #[must_use]
    pub fn with_authors(&self, authors: Authors) -> Self {
        Self { authors: Some(authors), ..self.clone() }
    }

    /// Its endpoint begins to change. `gates` have to be open, all of them.
    pub fn deploy(&self, gates: &[Gate], rollout: &str, now: Timestamp) -> Result<Self, Error> {
        if let Some(closed) = gates.iter().find(|gate| gate.blocks_deploying()) {
            return Err(Error::Closed(format!("{}: {}", closed.name, closed.note)));
        }
        let (rollout, due_at) = (Some(rollout.to_owned()), Some(now.plus_seconds(DEPLOYING_SECONDS)));
        Ok(Self { rollout, due_at, reason: None, ..self.to("deploy", PromotionState::Deploying, now)? })
    }

    /// The candidate answers; it is seen whether it does so well.
    pub fn verify(&self, baking_s: i64, now: Timestamp) -> Result<Self, Error> {
        let bakes_until = Some(now.plus_seconds(baking_s));
        let within_s = match self.kind {
            PromotionKind::Resume => ANSWERING_SECONDS,
            PromotionKind::Release | PromotionKind::Rollback => VERIFYING_SECONDS,
        };
        let due_at = Some(now.plus_seconds(baking_s.saturating_add(within_s)));
        Ok(Self { bakes_until, due_at, ..self.to("verify", PromotionState::Verifying, now)? })
    }

    /// Notes the run that verifies it, and how many calls its endpoint had answered before.
    #[must_use]
    pub fn verified_by(&self, run: &RunId, answered_before: i64) -> Self {
        Self { run: Some(run.clone()), answered_before: Some(answered_before), ..self.clone() }
    }

    /// Returns whether the endpoint was called since its run began, by how many calls it has `answered` now. The process counts from
    /// its start: a smaller number than before is one of a process that started since.
    pub fn was_called(&self, answered: i64) -> bool {
        match self.answered_before {
            None => true,
            Some(before) if answered < before => answered > 0,
            Some(before) => answered > before,
        }
    }

    /// Notes that its endpoint was called, whatever a later process counts.
    #[must_use]
    pub fn seen_called(&self) -> Self {
        Self { answered_before: None, ..self.clone() }
    }

    /// It is what counts from now on.
    pub fn go_live(&self, now: Timestamp) -> Result<Self, Error> {
        Ok(Self { live_at: Some(now), ..self.to("go_live", PromotionState::Live, now)? })
    }

    /// Another is live from now on.
    pub fn supersede(&self, now: Timestamp) -> Result<Self, Error> {
        self.to("supersede", PromotionState::Superseded, now)
    }

    /// What was there before is brought back.
    pub fn roll_back(&self, reason: &str, now: Timestamp) -> Result<Self, Error> {
        let reason = Some(reason.to_owned());
        Ok(Self { reason, ..self.to("roll_back", PromotionState::RolledBack, now)? })
    }

    /// It cannot get there.
    pub fn fail(&self, reason: &str, now: Timestamp) -> Result<Self, Error> {
        let reason = Some(reason.to_owned());
        Ok(Self { reason, ..self.to("fail", PromotionState::Failed, now)? })
    }

    /// Somebody gives it up.
    pub fn abandon(&self, reason: &str, now: Timestamp) -> Result<Self, Error> {
        let reason = Some(super::reason_of(reason)?);
        Ok(Self { reason, ..self.to("abandon", PromotionState::Abandoned, now)? })
    }

    /// Returns whether the time is over in which it had to get on.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }
}

impl Gate {
    /// Returns whether nothing may be deployed while it stands so.
    pub fn blocks_deploying(&self) -> bool {
        self.state != GateState::Passed && self.name != super::gates::VERIFICATION
    }
}
