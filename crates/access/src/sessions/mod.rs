//! How people come in: passwords with lock-out, one-time links, sessions with protection against forged requests.
mod error;
mod http;
mod me;
mod model;
mod password;
mod service;
mod store;
mod tries;

pub use error::Error;
pub use http::{LinkView, routes};
pub use me::{MeView, RoleHeld};
pub use model::{Link, Session};
pub(crate) use model::{cookie_in, csrf_of};
pub(crate) use password::Hashing;
pub use service::find_by_link;
pub(crate) use service::{end_all_of, find, make_link};
#[cfg(test)]
pub(crate) use service::{redeem, sign_in, sign_out};
pub(crate) use store::{is_open, locked_until, sweep};
pub(crate) use tries::Tries;

crate::actions! {
    /// See who one is here.
    ReadMe,
    /// Sign out.
    EndSession,
}

#[cfg(test)]
mod tests;
