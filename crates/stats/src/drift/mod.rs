//! Drift between two tables, column by column and together: see `kernels::drift` for the measures and what they promise.
//!
//! Owns how columns of two sides are paired and compared: as numbers, times or categories, or by the types of their values where
//! those changed. Invariants: every column of either side has a verdict or a reason; what only one side has is missing on the other;
//! equal sides and seed give equal bits whatever the number of threads. It deliberately has no limits on effects: those are a
//! caller's.
//!
//! Reading order: [`drift`] → `kind` (how a pair is compared) → `rows` or `profiles` (comparing it) → `together` (all columns).
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in slices, and codes of categories, of which there are fewer than rows"
)]
mod asked;
mod categories;
mod json;
mod kind;
mod look;
mod model;
mod profiles;
mod report;
mod rows;
#[cfg(test)]
mod tests;
mod together;
mod values;

pub use asked::{Asked, DOMAIN_CLASSIFIER, Side};
pub use kernels::drift::{TestId, Verdict};
pub use look::{Frequency, Histogram, Look};
pub use model::{ColumnDrift, ColumnSide, Compared, DomainDrift, Drift, Kind, SideKind, TableSide};

use crate::profile::{Profile, profile};
use crate::{Run, StatsError};
use kernels::drift::{Control, over_columns};
use std::borrow::Cow;

/// Returns how what is current differs from the reference.
///
/// - **Columns** are paired by name: those of the reference in its order, then those that only the current side has, or those asked
///   for. What one side does not have is missing in all of its rows.
/// - **Two tables** are compared by their rows, read whole: as many columns at a time as 1 GiB holds of both sides (one for each
///   thread at least, all of them where the number of rows is not known beforehand). A model is also asked whether it tells the
///   sides apart by all columns together, unless `tests` are named without it: see [`Asked::domain_classifier`].
/// - **A profile**, on either side: the other is profiled too, in one pass and bounded memory, then profiles are compared; `ks` and
///   binned measures alarm only beyond what sketches may be off by, and categories need 1,024 at most.
/// - **What is named must be there**: a column or a model that was asked for by name and cannot be computed leaves the whole without a
///   verdict, unless something drifted.
/// - **Errors**: [`StatsError::Argument`] for `alpha`; [`StatsError::NoColumn`] for a name that neither side has; files that cannot be
///   read; [`StatsError::Stopped`].
pub fn drift(reference: Side<'_>, current: Side<'_>, asked: &Asked, run: &Run<'_>) -> Result<Drift, StatsError> {
    over_columns(&[], asked.alpha, Control::BenjaminiHochberg)?;
    match (reference, current) {
        (Side::Data(reference), Side::Data(current)) => rows::drift(reference, current, asked, run),
        (reference, current) => {
            let (left, right) = (profile_of(reference, asked, run)?, profile_of(current, asked, run)?);
            let sides =
                [TableSide::of(&reference, left.kernel().rows()), TableSide::of(&current, right.kernel().rows())];
            profiles::drift(left.kernel(), right.kernel(), sides, asked, run)
        }
    }
}

fn profile_of<'a>(side: Side<'a>, asked: &Asked, run: &Run<'_>) -> Result<Cow<'a, Profile>, StatsError> {
    match side {
        Side::Profile(profile) => Ok(Cow::Borrowed(profile)),
        Side::Data(data) => Ok(Cow::Owned(profile(data, asked.seed, None, run)?)),
    }
}
