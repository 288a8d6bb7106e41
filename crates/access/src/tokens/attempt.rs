//! Tokens of attempts: they act as the environment, and die with the attempt.
use super::store::{TokenColumn, TokenStore};
use super::{Error, Token, TokenKind};
use crate::Context;
use crate::roles::Ended;
use crate::secret::Secret;
use base::{DatasetId, EnvironmentId, PersonId, Timestamp};
use db::Tx;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::Condition;
use serde::{Deserialize, Serialize};

/// A dataset behind what an attempt makes, in the version that its result rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRead {
    pub dataset: DatasetId,
    pub version: i64,
    /// Whether the step declares it, and so may read it; else a step before has read it.
    pub declared: bool,
}

/// What a token of an attempt is for.
#[derive(Clone, Debug)]
pub struct AttemptToken<'a> {
    pub attempt: &'a str,
    pub environment: &'a EnvironmentId,
    /// The person the run was started for, for the audit log; the token never acts as them.
    pub on_behalf_of: Option<&'a PersonId>,
    /// The verbs that the attempt needs.
    pub verbs: &'a [&'a str],
    /// The datasets behind what the attempt makes.
    pub reads: &'a [AttemptRead],
    /// When it ends at the latest, whatever becomes of the attempt.
    pub expires_at: Timestamp,
}

/// Issues the token of an attempt. Joins the caller's transaction.
///
/// # Errors
/// The store's, or a machine without randomness.
pub async fn issue_attempt_token(cx: &Context, tx: &Tx, what: &AttemptToken<'_>) -> Result<(Token, Secret), Error> {
    let secret = Secret::random("lg_")?;
    let token = Token {
        id: cx.ids.next("t").into(),
        kind: TokenKind::Attempt,
        name: format!("attempt {}", what.attempt),
        person: what.on_behalf_of.cloned(),
        environment: Some(what.environment.clone()),
        attempt: Some(what.attempt.to_owned()),
        reads: what.reads.to_vec(),
        verbs: Some(what.verbs.iter().map(|verb| (*verb).to_owned()).collect()),
        created_by: "scheduler".into(),
        created_at: cx.clock.now(),
        expires_at: what.expires_at,
        ended: None,
    };
    tx.insert_token(&token, &secret.hash()).await?;
    Ok((token, secret))
}

/// Ends the tokens of an attempt, within a second everywhere. Joins the caller's transaction; again changes nothing.
///
/// # Errors
/// The store's.
pub async fn revoke_attempt_tokens(tx: &Tx, attempt: &str, now: Timestamp) -> db::Result<()> {
    let fits =
        Condition::all().add(TokenColumn::Kind.eq(TokenKind::Attempt.as_str())).add(TokenColumn::Attempt.eq(attempt));
    let ended = Ended { at: now, by: "scheduler".into() };
    if tx.end_tokens(fits, &ended).await? > 0 {
        tx.raise_revision().await?;
    }
    Ok(())
}
