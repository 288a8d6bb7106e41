use crate::signature::Signature;
use base::{DatasetId, Digest, PersonId, Timestamp};
use serde::Serialize;

base::id!(
    /// One rollout to an endpoint.
    RolloutId
);

base::states! {
    /// Where a rollout stands.
    RolloutState {
        Created "created" => Working "package" "Prepared" [load fail],
        Loading "loading" => Working "loader-2" "Loading" [make_ready fail],
        Ready "ready" => Working "player-play" "Ready" [serve fail],
        Serving "serving" => Good "circle-check" "Serving" [drain],
        Draining "draining" => Idle "hourglass" "Kept warm" [retire],
        Retired "retired" => Idle "archive" "Retired" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
    }
}

impl RolloutState {
    /// Returns whether it is on its way to serving.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Created | Self::Loading | Self::Ready)
    }

    /// Returns whether the serving process keeps its model in memory.
    pub fn is_in_memory(self) -> bool {
        matches!(self, Self::Loading | Self::Ready | Self::Serving | Self::Draining)
    }
}

/// A verb that does not fit the state found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rollout `{id}` is `{found}`: `{verb}` is not possible")]
pub struct NotPossible {
    pub id: RolloutId,
    pub found: RolloutState,
    pub verb: &'static str,
}

/// A version of a model for an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rollout {
    pub id: RolloutId,
    /// `prod.credit`.
    pub endpoint: String,
    /// The candidate that the version is part of.
    pub candidate: Digest,
    /// The registered model's name.
    pub model: String,
    pub version: i64,
    /// The exported model's file.
    pub onnx: Digest,
    pub signature: Signature,
    /// What the model was trained on.
    pub datasets: Vec<DatasetId>,
    pub state: RolloutState,
    /// Why it failed, or why it was rolled back to.
    pub reason: Option<String>,
    /// The rollout whose content this one brings back.
    pub back_to: Option<RolloutId>,
    pub started_by: PersonId,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// When it began to answer.
    pub served_at: Option<Timestamp>,
    pub revision: i64,
}

/// Returns as much of a reason as is kept.
pub(crate) fn kept(reason: &str) -> String {
    reason.chars().take(1_000).collect()
}

/// Returns what served before what serves now, of an endpoint's rollouts. What brought an earlier one back stands where that one stood:
/// so going back goes on backwards, and never to what was left by going back.
pub(crate) fn before(known: &[Rollout]) -> Option<&Rollout> {
    let by_id = |id: &RolloutId| known.iter().find(|rollout| rollout.id == *id);
    let serving = known.iter().find(|rollout| rollout.state == RolloutState::Serving);
    let mut stands_for = serving;
    // Each brings back one that was made before it, so this ends.
    while let Some(back_to) = stands_for.and_then(|rollout| rollout.back_to.as_ref()) {
        let earlier = by_id(back_to)?;
        if stands_for.is_some_and(|rollout| rollout.created_at < earlier.created_at || rollout.id == earlier.id) {
            return None;
        }
        stands_for = Some(earlier);
    }
    let served = known.iter().filter(|rollout| rollout.served_at.is_some() && Some(*rollout) != serving);
    let earlier = served.filter(|rollout| stands_for.is_none_or(|after| rollout.served_at < after.served_at));
    let other = earlier.filter(|rollout| serving.is_none_or(|serving| serving.candidate != rollout.candidate));
    other.max_by_key(|rollout| rollout.served_at)
}

impl Rollout {
    /// Returns whether it brings back what served before, as `by` asked for with this reason, and is on its way or serves.
    pub(crate) fn is_rollback_asked_by(&self, by: &PersonId, reason: &str) -> bool {
        let lives = self.state.is_moving() || self.state == RolloutState::Serving;
        lives && self.back_to.is_some() && self.started_by == *by && self.reason.as_deref() == Some(&kept(reason))
    }

    fn step(
        &self,
        from: RolloutState,
        verb: &'static str,
        to: RolloutState,
        now: Timestamp,
    ) -> Result<Self, NotPossible> {
        if self.state != from {
            return Err(NotPossible { id: self.id.clone(), found: self.state, verb });
        }
        Ok(Self { state: to, changed_at: now, ..self.clone() })
    }

    /// Its model's file lies where the serving process finds it.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn load(&self, now: Timestamp) -> Result<Self, NotPossible> {
        self.step(RolloutState::Created, "load", RolloutState::Loading, now)
    }

    /// The serving process has it in memory.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn make_ready(&self, now: Timestamp) -> Result<Self, NotPossible> {
        self.step(RolloutState::Loading, "make_ready", RolloutState::Ready, now)
    }

    /// It answers from now on.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn serve(&self, now: Timestamp) -> Result<Self, NotPossible> {
        let serving = self.step(RolloutState::Ready, "serve", RolloutState::Serving, now)?;
        Ok(Self { served_at: Some(now), ..serving })
    }

    /// Another answers from now on; it is kept warm.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn drain(&self, now: Timestamp) -> Result<Self, NotPossible> {
        self.step(RolloutState::Serving, "drain", RolloutState::Draining, now)
    }

    /// It is kept no longer.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn retire(&self, now: Timestamp) -> Result<Self, NotPossible> {
        self.step(RolloutState::Draining, "retire", RolloutState::Retired, now)
    }

    /// It never answered, and says why.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn fail(&self, reason: &str, now: Timestamp) -> Result<Self, NotPossible> {
        if !self.state.is_moving() {
            return Err(NotPossible { id: self.id.clone(), found: self.state, verb: "fail" });
        }
        let reason = Some(kept(reason));
        Ok(Self { state: RolloutState::Failed, reason, changed_at: now, ..self.clone() })
    }
}
