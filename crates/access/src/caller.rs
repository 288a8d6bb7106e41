//! Who asks.
use crate::authority::Asker;
use crate::tokens::AttemptRead;
use crate::tokens::store::TokenStore;
use crate::{Refused, Standing, people, sessions};
use base::{EnvironmentId, PersonId, Principal, Timestamp, TokenId};
use db::Tx;

/// The name under which the local operator acts; no person can have it.
pub const OPERATOR: &str = "operator";

/// Who asks, and how they came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub who: Who,
    /// How their identity was shown.
    pub by: SignIn,
    /// The verbs that the token is limited to; `None` for all that the person may do.
    pub verbs: Option<Vec<String>>,
    /// Of an attempt: the datasets behind what it makes, of which it reads those that its step declares.
    pub reads: Vec<AttemptRead>,
    /// The id of the request, as logs and answers show it.
    pub request_id: Option<String>,
    /// The address the request came from.
    pub origin: Option<String>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Person(PersonId),
    /// An attempt of a step, acting as its environment and never as a person.
    Attempt {
        attempt: String,
        environment: EnvironmentId,
        on_behalf_of: Option<PersonId>,
    },
    /// The local operator, through the admin socket or the command line.
    Operator,
    /// Nobody known; only routes open to all get this far.
    Anonymous,
}

/// How a caller's identity was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// By a token.
    Token(TokenId),
    /// By the cookie of a session, with the session's anti-forgery text.
    Session { id: String, csrf: String },
    /// By standing at the machine.
    Local,
    /// Not at all.
    Nothing,
}

impl Caller {
    /// Returns the local operator.
    pub fn operator() -> Self {
        Self {
            who: Who::Operator,
            by: SignIn::Local,
            verbs: None,
            reads: Vec::new(),
            request_id: None,
            origin: Some("local".into()),
        }
    }

    /// Returns `person`, for jobs that act for whoever asked, and for tests.
    pub fn person_named(person: impl Into<PersonId>) -> Self {
        let who = Who::Person(person.into());
        Self { who, by: SignIn::Local, verbs: None, reads: Vec::new(), request_id: None, origin: None }
    }

    pub(crate) fn anonymous(request_id: Option<String>, origin: Option<String>) -> Self {
        Self { who: Who::Anonymous, by: SignIn::Nothing, verbs: None, reads: Vec::new(), request_id, origin }
    }

    /// Returns the person who asks.
    ///
    /// # Errors
    /// [`Refused::PersonsOnly`] for an attempt, the operator and strangers.
    pub fn person(&self) -> Result<&PersonId, Refused> {
        match &self.who {
            Who::Person(person) => Ok(person),
            _ => Err(Refused::PersonsOnly),
        }
    }

    /// Returns the person or environment that asks; `None` for the operator and strangers.
    pub fn principal(&self) -> Option<Principal> {
        match &self.who {
            Who::Person(person) => Some(Principal::Person(person.clone())),
            Who::Attempt { environment, .. } => Some(Principal::Environment(environment.clone())),
            Who::Operator | Who::Anonymous => None,
        }
    }

    /// Returns every principal that the caller counts as: the person and their groups, or the environment.
    ///
    /// # Errors
    /// The store's.
    pub async fn principals(&self, tx: &Tx) -> db::Result<Vec<Principal>> {
        Ok(Standing::load(tx, self).await?.principals())
    }

    /// Returns the name for columns such as `given_by`: the person, else `operator` or the environment.
    pub fn name(&self) -> PersonId {
        match &self.who {
            Who::Person(person) => person.clone(),
            Who::Attempt { environment, .. } => PersonId(format!("environment:{environment}")),
            Who::Operator => OPERATOR.into(),
            Who::Anonymous => "anonymous".into(),
        }
    }

    /// Returns how the audit log names the caller: `person:ana`, `environment:credit-risk/preprod`, `operator`.
    pub fn actor(&self) -> String {
        self.principal().map_or_else(|| self.name().0, |principal| principal.to_string())
    }

    /// Returns for whom an attempt runs.
    pub fn on_behalf_of(&self) -> Option<&PersonId> {
        match &self.who {
            Who::Attempt { on_behalf_of, .. } => on_behalf_of.as_ref(),
            _ => None,
        }
    }

    /// Returns the caller as policies see them; `None` for strangers.
    pub(crate) fn asker(&self) -> Option<Asker> {
        match self.who {
            Who::Operator => Some(Asker::Operator),
            _ => self.principal().map(Asker::Principal),
        }
    }

    /// Returns the session's anti-forgery text, if the caller came with a cookie.
    pub fn csrf(&self) -> Option<&str> {
        match &self.by {
            SignIn::Session { csrf, .. } => Some(csrf),
            _ => None,
        }
    }
}

/// Returns whether the way by which `caller` came in is still open at `now`: the person may come in, and the token or
/// session has neither ended nor expired. What takes long asks this while it runs.
///
/// # Errors
/// The store's.
pub async fn still_in(tx: &Tx, caller: &Caller, now: Timestamp) -> db::Result<bool> {
    if let Who::Person(person) = &caller.who
        && !people::is_active(tx, person).await?
    {
        return Ok(false);
    }
    match &caller.by {
        SignIn::Token(id) => {
            let token = tx.find_token(id).await?;
            Ok(token.is_some_and(|token| token.ended.is_none() && now < token.expires_at))
        }
        SignIn::Session { id, .. } => sessions::is_open(tx, id, now).await,
        SignIn::Local => Ok(true),
        SignIn::Nothing => Ok(false),
    }
}
