use base::{
    DatasetId, Digest, EnvironmentId, Next, PersonId, ProjectId, PurposeId, Resource, Securable, TeamId, Timestamp,
};
use serde::{Deserialize, Serialize};

base::states! {
    /// Whether a model on show can be called. What was live before is not on show.
    LiveModelState {
        Live "live" => Good "circle-check" "Live" [suspend],
        Suspended "suspended" => Bad "hand-stop" "Suspended" [put],
    }
}

/// What an endpoint takes or gives under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LiveModelTensor)]
pub struct Tensor {
    pub name: String,
    /// As the Open Inference Protocol names it: `FP32`, `BYTES`.
    pub datatype: String,
}

/// A number that the platform measured before it went live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LiveModelMetric)]
pub struct Measured {
    pub name: String,
    pub value: f64,
    /// The ends of its 95 % interval, where it has one.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A model that is live, as people of other teams read about it: its card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveModel {
    /// The endpoint that it is called by: `prod.credit`.
    pub endpoint: String,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub team: TeamId,
    pub title: String,
    /// Who answers for it.
    pub owner: PersonId,
    /// 1 is the highest, 3 the lowest.
    pub tier: i64,
    pub intended_use: String,
    pub prohibited_use: String,
    pub model: String,
    pub version: i64,
    pub candidate: i64,
    pub digest: Digest,
    pub purposes: Vec<PurposeId>,
    /// What it was trained on.
    pub datasets: Vec<DatasetId>,
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    pub metrics: Vec<Measured>,
    pub state: LiveModelState,
    pub live_since: Timestamp,
    pub changed_at: Timestamp,
}

impl Securable for LiveModel {
    fn resource(&self) -> Resource {
        Resource {
            kind: "live_model",
            id: self.endpoint.clone(),
            scope: format!("project/{}", self.environment),
            team: Some(self.team.clone()),
            asker: None,
            listed: true,
        }
    }
}

impl LiveModel {
    /// Returns what its viewer should know and do next; `mine`: whether they may call it already.
    pub fn next(&self, mine: bool) -> Next {
        let (tone, _, word) = self.state.look();
        let (reason, action) = match (self.state, mine) {
            (LiveModelState::Suspended, _) => ("Callers get `model suspended` until it is resumed.".to_owned(), None),
            (LiveModelState::Live, true) => ("You may call it with any token of yours.".to_owned(), None),
            (LiveModelState::Live, false) => {
                (format!("Ask to use it; a model owner of {} decides.", self.project), Some("create_request"))
            }
        };
        Next { tone, text: format!("{word}: `{}` version {}.", self.model, self.version), reason, action }
    }
}
