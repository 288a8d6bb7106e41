//! What git asks before it moves refs, and tells after: its hooks are one fixed script, which calls the server over a
//! Unix socket with the one-time secret of the push. Anything but a clear yes is a no.
mod client;
mod operation;
mod server;

pub use client::run_hook;
pub(crate) use client::{OPERATION, PROGRAM, SOCKET};
pub(crate) use operation::Operation;
pub(crate) use server::socket_of;
pub use server::{Hooks, serve};

use serde::{Deserialize, Serialize};

/// The version of what the two ends say to each other. A binary of another version is told no.
const VERSION: u32 = 2;

/// The first line that a hook sends; behind it, what git wrote to the hook.
#[derive(Debug, Serialize, Deserialize)]
struct Question {
    version: u32,
    hook: Kind,
    /// The secret of the push.
    operation: String,
    /// The folder of the objects that the push brings; none where it only deletes.
    incoming: Option<String>,
}

/// Which hook asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Before any ref moves.
    PreReceive,
    /// After all that move have moved.
    PostReceive,
}

/// What the server answers.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    go: bool,
    /// For the person at the other end, a line each.
    text: String,
}

#[cfg(test)]
mod tests;
