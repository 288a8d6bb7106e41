//! What was live at a moment, and who approved it. Read from promotions, which are one history of all that ever served, and from the audit
//! log's entries of stops; so it says of a day long gone what it said then.
mod http;
mod service;

pub use http::{Approver, LiveView, StoppedThen, routes};

access::actions! {
    /// See what was live at a moment, and who approved it.
    ReadLive,
}
