use base::{ProjectId, Timestamp};
use db::{Result, Tx};

/// Why the stage `value` is open where nothing is known of calls from outside.
pub(super) const NO_CALL: &str = "no production prediction asked for by someone outside the project is on record";

/// Returns when somebody outside a project first asked for a production prediction of its models.
///
/// # Errors
/// The store's.
#[expect(clippy::unused_async, reason = "`serving` does not keep who called yet; this is the one place that asks it")]
pub(super) async fn first_outside_call(_tx: &Tx, _project: &ProjectId) -> Result<Option<Timestamp>> {
    Ok(None)
}
