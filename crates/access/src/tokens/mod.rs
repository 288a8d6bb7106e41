//! Tokens: secrets that act for a person, or for the environment of one attempt. Stored as hashes; revoked everywhere
//! within a second.
mod attempt;
mod error;
mod http;
mod known;
mod model;
mod service;
pub(crate) mod store;

pub use attempt::{AttemptRead, AttemptToken, issue_attempt_token, revoke_attempt_tokens};
pub use error::Error;
pub use http::{CreatedToken, TokenView, routes};
pub(crate) use known::Known;
pub use model::{Token, TokenKind, TokenState};
pub(crate) use service::{NewToken, issue, revoke_all_of, revoke_made_by};
pub(crate) use store::{find_usable, revision};

crate::actions! {
    /// Create a token of one's own.
    CreateToken,
    /// See tokens, never their secrets.
    ReadToken,
    /// End a token.
    RevokeToken,
}
