use crate::{Interval, KernelError, Reason};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A measure of drift. With `p` and `q` the shares of reference and current, `n` and `m` their rows with a value, `N = n + m`,
/// `F` and `G` their cumulative shares. Numbers are binned by the deciles of the reference where a measure needs bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestId {
    /// `Σ (q − p) ln(q/p)`, in nats. If a bin is empty on one side only, ½ is added to each bin of both sides.
    Psi,
    /// `sup |F − G|`.
    Ks,
    /// `∫ |F − G| dx`, in the unit of the values.
    Wasserstein,
    /// `wasserstein` over the reference's standard deviation (denominator `n`).
    WassersteinNormed,
    /// `√(½ Σ p log₂(p/h) + ½ Σ q log₂(q/h))`, `h = ½ (p + q)`: the distance in base 2, in `[0, 1]`.
    JensenShannon,
    /// `√(1 − Σ √(p q))`, in `[0, 1]`.
    Hellinger,
    /// `Σ p ln(p/q)`, reference relative to current, in nats; smoothed as `psi`.
    Kl,
    /// Pearson's `Σ (O − E)²/E` over the two-way table, without Yates' correction.
    ChiSquare,
    /// `2 Σ O ln(O/E)` over the two-way table.
    GTest,
    /// `max |p − q|`; see [`super::l_infinity_robust`].
    LInfinity,
    /// Cramér's V of the two-way table, corrected for its size (Bergsma 2013), in `[0, 1]`.
    CramersV,
    /// `½ Σ |p − q|`, in `[0, 1]`.
    TotalVariation,
    /// `√(2 ∫ (F − G)² dx)`.
    Energy,
    /// Share of current rows in categories that the reference does not have.
    NewShare,
    /// Share of reference rows in categories that the current side does not have.
    VanishedShare,
    /// Share of missing values, current less reference.
    NullShare,
}

impl TestId {
    /// All of them, in the order of the reports.
    pub const ALL: [Self; 16] = [
        Self::Psi,
        Self::Ks,
        Self::Wasserstein,
        Self::WassersteinNormed,
        Self::JensenShannon,
        Self::Hellinger,
        Self::Kl,
        Self::ChiSquare,
        Self::GTest,
        Self::LInfinity,
        Self::CramersV,
        Self::TotalVariation,
        Self::Energy,
        Self::NewShare,
        Self::VanishedShare,
        Self::NullShare,
    ];

    /// Returns whether it exists for numbers only.
    pub fn needs_order(self) -> bool {
        matches!(self, Self::Ks | Self::Wasserstein | Self::WassersteinNormed | Self::Energy)
    }

    /// Returns the id as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Psi => "psi",
            Self::Ks => "ks",
            Self::Wasserstein => "wasserstein",
            Self::WassersteinNormed => "wasserstein_normed",
            Self::JensenShannon => "jensen_shannon",
            Self::Hellinger => "hellinger",
            Self::Kl => "kl",
            Self::ChiSquare => "chi_square",
            Self::GTest => "g_test",
            Self::LInfinity => "l_infinity",
            Self::CramersV => "cramers_v",
            Self::TotalVariation => "total_variation",
            Self::Energy => "energy",
            Self::NewShare => "new_share",
            Self::VanishedShare => "vanished_share",
            Self::NullShare => "null_share",
        }
    }
}

impl fmt::Display for TestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What chance alone does to equal distributions explains it.
    Within,
    /// It does not.
    Drifted,
    /// There is no answer; the reason says why.
    NotComputable,
}

/// One measure of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// The measure, in the unit of its [`TestId`]; none if it does not exist for this data.
    pub value: Option<f64>,
    /// The probability of at least this value where nothing drifted; of at least this `wasserstein` for `wasserstein_normed`, of this
    /// distance between blocks of values where distances are permuted.
    pub p_value: Option<f64>,
    /// The least value whose p-value is at most α: the value is no less than it exactly where the test, by itself, says drifted. From
    /// the law of the p-value: a closed form, that of `ks` (within 5 ‰; where values repeat and drift is beyond doubt, the larger one of
    /// values that do not), or the same permuted labels; where these leave its place open, it is on the side of the value that the
    /// verdict says. None where the law gives none: of Fisher's test (`null_share`, `chi_square` of two categories), moments of many
    /// cells, bounds (`l_infinity`, but of numbers beside a reference of fewer than 1,000 rows, whose labels are permuted; `new_share`
    /// and `vanished_share` where they are beyond doubt), distances between blocks, binned sketches; where few replicates showed a
    /// large p-value; and where no value is rare enough.
    pub threshold: Option<f64>,
    /// An interval for the measure of the two populations, of confidence `1 − α`; none where no approximation holds. That of
    /// `ks` is from bands around both distributions (Dvoretzky, Kiefer & Wolfowitz): wide, it may hold 0 where the verdict is drifted.
    pub interval: Option<Interval>,
    /// Drifted if the p-value is at most α; `null_share` also if a column without nulls has become nothing but nulls.
    pub verdict: Verdict,
    /// Why there is no value, or no verdict.
    pub reason: Option<Reason>,
}

impl Test {
    pub(super) fn not_computable(reason: Reason) -> Self {
        Self {
            value: None,
            p_value: None,
            threshold: None,
            interval: None,
            verdict: Verdict::NotComputable,
            reason: Some(reason),
        }
    }

    /// A value of which nobody can say how rare it is.
    pub(super) fn unjudged(value: f64, reason: Reason) -> Self {
        Self { value: Some(value), ..Self::not_computable(reason) }
    }

    /// Takes a threshold, on the side of the value that the verdict says.
    pub(super) fn with_threshold(self, threshold: Option<f64>) -> Self {
        let agreeing = |threshold: f64| match (self.value?, self.verdict) {
            (value, Verdict::Drifted) => Some(threshold.min(value)),
            (value, _) if threshold > value => Some(threshold),
            (value, _) => (value > 0.0).then(|| value.next_up()), // at 0, smaller measures have the same value
        };
        Self { threshold: threshold.and_then(agreeing), ..self }
    }

    /// A verdict that the number of rows can only let be one says nothing: it is withheld, with the reason.
    pub(super) fn withhold(&mut self, few: Option<&Reason>) {
        if let (Some(reason), None) = (few, &self.reason) {
            self.threshold = None;
            self.verdict = Verdict::NotComputable;
            self.reason = Some(reason.clone());
        }
    }

    pub(super) fn judged(value: f64, p_value: f64, alpha: f64) -> Self {
        let verdict = if p_value <= alpha { Verdict::Drifted } else { Verdict::Within };
        Self { value: Some(value), p_value: Some(p_value), threshold: None, interval: None, verdict, reason: None }
    }
}

/// All that was asked of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// By id: those asked for, the default test and `null_share`.
    pub tests: BTreeMap<TestId, Test>,
    /// The test chosen for this kind of column.
    pub default: TestId,
    /// Of the default test and, where a value is missing, `null_share`: twice the smaller of the two (Bonferroni).
    pub p_value: Option<f64>,
    /// How many columns it was judged to be one of, [`Settings::comparisons`].
    pub comparisons: u32,
    /// Drifted if the p-value is at most α, or if a column without nulls has become nothing but nulls.
    pub verdict: Verdict,
    /// Why there is no verdict; or why the values were not compared where nulls alone say drifted, so that who asks for more than
    /// this column does, as control of multiple testing, has no verdict rather than within.
    pub reason: Option<Reason>,
}

impl Column {
    /// Returns whether the column alarms whatever its p-value: it was always filled, and now nothing of it is.
    pub(super) fn was_emptied(&self) -> bool {
        let nulls = self.tests.get(&TestId::NullShare);
        self.verdict == Verdict::Drifted && nulls.is_some_and(|test| test.value == Some(1.0))
    }
}

/// How to judge.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The rate of false alarms, between 0 and 1.
    pub alpha: f64,
    /// How many columns are judged together: p-values then tell apart what `alpha / comparisons` asks for.
    pub comparisons: u32,
    /// The only source of chance; equal seeds and data give equal bits.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { alpha: 0.05, comparisons: 1, seed: 0 }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), KernelError> {
        check_alpha(self.alpha)
    }

    /// The smallest limit that a p-value may be held against.
    pub(super) fn strictest(&self) -> f64 {
        self.alpha / f64::from(self.comparisons.max(1))
    }
}

pub(super) fn check_alpha(alpha: f64) -> Result<(), KernelError> {
    let is_between = alpha > 0.0 && alpha < 1.0;
    let wrong = || KernelError::Argument { name: "alpha", found: alpha.to_string(), expected: "between 0 and 1" };
    if is_between { Ok(()) } else { Err(wrong()) }
}
