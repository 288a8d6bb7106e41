//! Bias of data and of a model between the groups of a protected column: Clarify's, Fairlearn's and AIF360's metrics.
//!
//! All but the flip test are functions of one [`Contingency`] table: count the rows once, then ask. [`Comparison`] parts the
//! facet into an advantaged and a disadvantaged group for Clarify's and AIF360's metrics; [`Groups`] keeps all groups for
//! Fairlearn's. Several facets are one by [`Combination`]. [`FlipTest`] and [`proxy()`] look at features.
//!
//! Invariants, everywhere in this module:
//! - **Every number comes with an interval and a p-value**, or with the reason why there is none. A number that the rows do
//!   not have is never 0, infinite or NaN; only [`Conventions::Clarify`] has infinite ones.
//! - **A group of fewer rows than the least (30) has no number**, and a rate none where fewer are those that it is of (the
//!   positive labels for a true positive rate): the smallest groups have the largest differences, and say the most about
//!   single persons.
//! - **A row that lacks what a metric needs is left out of that metric alone.**
//! - **The order of rows changes nothing**, but for the folds of [`proxy()`], which are chosen by the places of the rows.
//!   Counts are exact, and sums over cells are in the order of codes.
//!
//! It deliberately does not say which difference is just: limits are the caller's, but for the four-fifths rule.
mod codes;
mod comparison;
mod contingency;
mod divergence;
mod entropy;
mod flip;
mod four_fifths;
mod groups;
mod intervals;
mod metric;
mod odds;
mod proxy;
mod ratios;
mod settings;
mod shares;
mod sides;
mod significance;
mod strata;
#[cfg(test)]
mod tests;

pub use codes::{Combination, Frequent, MISSING, bin_codes, keep_frequent};
pub use comparison::{Comparison, Question};
pub use contingency::{Axes, Columns, Contingency, MAX_CELLS};
pub use divergence::{js, kl, ks, lp, tvd};
pub use entropy::{ge, theil_index};
pub use flip::{FlipTest, Flips};
pub use four_fifths::{FOUR_FIFTHS, FourFifths, four_fifths};
pub use groups::{
    Aggregate, Groups, demographic_parity_difference, demographic_parity_ratio, equal_opportunity_difference,
    equal_opportunity_ratio, equalized_odds_difference, equalized_odds_ratio,
};
pub use metric::{Metric, PValue, Test};
pub use odds::{average_abs_odds_difference, average_odds_difference, disparate_impact, statistical_parity_difference};
pub use proxy::{AUC_LIMITS, Feature, Proxy, ProxyStrength, proxy};
pub use ratios::{dca, dcr, te};
pub use settings::{Conventions, Settings};
pub use shares::{ad, ci, dar, di, dpl, dppl, drr, rd, sd};
pub use strata::{cddl, cddpl};

/// A metric of two groups by its id.
pub type Named = (&'static str, fn(&Comparison) -> Metric);

/// Clarify's metrics that need labels alone, by their abbreviations.
pub const PRE_TRAINING: [Named; 8] =
    [("CI", ci), ("DPL", dpl), ("KL", kl), ("JS", js), ("LP", lp), ("TVD", tvd), ("KS", ks), ("CDDL", cddl)];

/// Clarify's metrics that need predictions, by their abbreviations; FT, which needs features, is [`FlipTest`].
pub const POST_TRAINING: [Named; 12] = [
    ("DPPL", dppl),
    ("DI", di),
    ("DCA", dca),
    ("DCR", dcr),
    ("AD", ad),
    ("RD", rd),
    ("SD", sd),
    ("DAR", dar),
    ("DRR", drr),
    ("TE", te),
    ("CDDPL", cddpl),
    ("GE", ge),
];

/// AIF360's metrics, by their names there.
pub const AIF360: [Named; 5] = [
    ("statistical_parity_difference", statistical_parity_difference),
    ("disparate_impact", disparate_impact),
    ("average_odds_difference", average_odds_difference),
    ("average_abs_odds_difference", average_abs_odds_difference),
    ("theil_index", theil_index),
];

/// A metric of all groups of a facet by its id.
pub type NamedOfGroups = (&'static str, fn(&Groups) -> Metric);

/// Fairlearn's metrics, by their names there and with its defaults.
pub const FAIRLEARN: [NamedOfGroups; 6] = [
    ("demographic_parity_difference", demographic_parity_difference),
    ("demographic_parity_ratio", demographic_parity_ratio),
    ("equalized_odds_difference", |groups| equalized_odds_difference(groups, Aggregate::WorstCase)),
    ("equalized_odds_ratio", |groups| equalized_odds_ratio(groups, Aggregate::WorstCase)),
    ("equal_opportunity_difference", equal_opportunity_difference),
    ("equal_opportunity_ratio", equal_opportunity_ratio),
];
