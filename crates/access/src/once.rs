//! `Idempotency-Key`: a creating call repeated with its key gets its first answer again, and nothing is made twice.
use crate::http::{Caller, Gate};
use crate::store::insert;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base::{Digest, Fault, Kind, Timestamp};
use db::Tx;
use row::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web::{BodyDigest, Problem};

/// How long an answer is kept.
const KEPT_DAYS: i64 = 2;
const LONGEST: usize = 200;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub caller: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub operation: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub body: String,
        pub answer: String,
        pub at_us: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The `Idempotency-Key` of a call, if it has one. Take it before the body: `web::Json` fills in the body's digest.
#[derive(Clone, Debug)]
pub struct Once {
    key: Option<String>,
    operation: String,
    /// The digest of the query string, where there is one: it says what is asked as much as the body does.
    query: Option<Digest>,
    body: BodyDigest,
    now: Timestamp,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    #[error("`Idempotency-Key` `{0}` was used for another call")]
    OtherBody(String),
    #[error("`Idempotency-Key` is empty or longer than {LONGEST} visible ASCII characters")]
    BadKey,
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for OnceError {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::OtherBody(_) => (Kind::Conflict, "access.key_reused"),
            Self::BadKey => (Kind::Invalid, "access.key_malformed"),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::OtherBody(_) | Self::BadKey => Some("make a new random key for each new call".into()),
            Self::Store(inner) => inner.hint(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let now = parts.extensions.get::<Gate>().expect("`api` adds the gate to every request").now();
        let key = match parts.headers.get("idempotency-key") {
            None => None,
            Some(value) => {
                let text = value.to_str().map_err(|_| OnceError::BadKey)?.trim();
                if text.is_empty() || text.len() > LONGEST {
                    return Err(OnceError::BadKey.into());
                }
                Some(text.to_owned())
            }
        };
        let body = BodyDigest::default();
        parts.extensions.insert(body.clone());
        let operation = format!("{} {}", parts.method, parts.uri.path());
        let query = parts.uri.query().filter(|query| !query.is_empty()).map(Digest::of);
        Ok(Self { key, operation, query, body, now })
    }
}

impl Once {
    #[cfg(test)]
    pub(crate) fn of(key: &str, operation: &str, body: &str, now: Timestamp) -> Self {
        let digest = BodyDigest::of(body);
        Self { key: Some(key.to_owned()), operation: operation.to_owned(), query: None, body: digest, now }
    }

    #[cfg(test)]
    pub(crate) fn with_query(self, query: &str) -> Self {
        Self { query: Some(Digest::of(query)), ..self }
    }

    /// Returns what a repeated call has to be equal in, beside its path.
    fn asked(&self) -> String {
        let body = self.body.text();
        self.query.map_or_else(|| body.clone(), |query| format!("{body} {query}"))
    }

    /// Returns the answer kept for this caller, operation and key; `None` for a new call, or one without a key.
    ///
    /// # Errors
    /// [`OnceError::OtherBody`] if the key came with another body, or another query string, before.
    pub async fn kept<T: DeserializeOwned>(&self, tx: &Tx, caller: &Caller) -> Result<Option<T>, OnceError> {
        let Some(key) = &self.key else { return Ok(None) };
        let id = (caller.actor(), self.operation.clone(), key.clone());
        let Some(row) = Entity::find_by_id(id).one(tx.conn()).await.map_err(db::Error::from)? else { return Ok(None) };
        if row.body != self.asked() {
            return Err(OnceError::OtherBody(key.clone()));
        }
        Ok(Some(serde_json::from_str(&row.answer).map_err(crate::store::unknown)?))
    }

    /// Keeps the answer of a call that has a key. Of two such calls at once the second is retried, and finds it kept.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep<T: Serialize>(&self, tx: &Tx, caller: &Caller, answer: &T) -> Result<(), OnceError> {
        let Some(key) = &self.key else { return Ok(()) };
        let row = [
            (Column::Caller, caller.actor().into()),
            (Column::Operation, self.operation.as_str().into()),
            (Column::Key, key.as_str().into()),
            (Column::Body, self.asked().into()),
            (Column::Answer, serde_json::to_string(answer).map_err(crate::store::unknown)?.into()),
            (Column::AtUs, self.now.0.into()),
        ];
        match insert(tx, Entity, row).await {
            Err(db::Error::Taken) => Err(db::Error::Stale.into()),
            done => Ok(done?),
        }
    }
}

/// Drops answers that were kept long enough.
pub(crate) async fn sweep(tx: &Tx, now: Timestamp) -> db::Result<()> {
    Entity::delete_many().filter(Column::AtUs.lt(now.plus_days(-KEPT_DAYS).0)).exec(tx.conn()).await?;
    Ok(())
}
