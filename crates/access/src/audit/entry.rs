use base::{GrantId, Principal, PurposeId, Resource, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Allowed,
    Refused,
    Failed,
}

impl Outcome {
    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl std::str::FromStr for Outcome {
    type Err = base::UnknownState;
    fn from_str(word: &str) -> Result<Self, base::UnknownState> {
        let known = [Self::Allowed, Self::Refused, Self::Failed].into_iter().find(|outcome| outcome.as_str() == word);
        known.ok_or_else(|| base::UnknownState(word.to_owned(), "Outcome"))
    }
}

/// One thing that was done or refused. Its canonical JSON is what the chain hashes, so fields are only ever added, and
/// an absent one is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Timestamp,
    /// `person:ana`, `environment:credit-risk/preprod`, `operator`, `anonymous`, or a part of the server.
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_behalf_of: Option<String>,
    /// The verb: `DecideRequest`.
    pub action: String,
    /// `request/r-214`; of a refusal, the path that was asked for.
    pub resource: String,
    pub outcome: Outcome,
    /// The policies that made the decision.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub policies: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grant: Option<GrantId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub purpose: Option<PurposeId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// The address the request came from, or `local`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<String>,
}

impl Entry {
    /// Returns an entry of an allowed action with nothing but its head.
    pub fn new(at: Timestamp, actor: impl Into<String>, action: &str, resource: impl Into<String>) -> Self {
        Self {
            at,
            actor: actor.into(),
            on_behalf_of: None,
            action: action.to_owned(),
            resource: resource.into(),
            outcome: Outcome::Allowed,
            policies: Vec::new(),
            grant: None,
            purpose: None,
            reason: None,
            before: None,
            after: None,
            request_id: None,
            origin: None,
        }
    }
}

/// An entry as `access` decides on it: the auditors see all, everyone sees what they did themselves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    pub id: i64,
    pub entry: Entry,
    pub sealed: Option<super::Sealed>,
}

impl base::Securable for Recorded {
    fn resource(&self) -> Resource {
        let asker = self.entry.actor.parse::<Principal>().ok();
        let (id, scope) = (self.id.to_string(), crate::DEPLOYMENT.to_owned());
        Resource { kind: "audit_entry", id, scope, team: None, asker, listed: false }
    }
}
