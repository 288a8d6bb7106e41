//! Missing values, and what a column's tests add up to.
use super::judge::too_few;
use super::model::{Column, Settings, Test, TestId, Verdict};
use crate::special::{fisher_exact, newcombe_interval};
use crate::{KernelError, Reason};
use std::collections::BTreeMap;

/// Whole numbers up to here are exact in `f64`.
const MOST_ROWS: u128 = 1 << 53;

/// The rows of one side of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Rows with a value.
    pub values: u64,
    /// Rows without.
    pub nulls: u64,
}

/// The rows of both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nulls {
    reference: Rows,
    current: Rows,
}

impl Nulls {
    /// Takes over rows that are no more than `f64` counts, in all.
    pub fn of(reference: Rows, current: Rows) -> Result<Self, KernelError> {
        let all = |side: Rows| u128::from(side.values) + u128::from(side.nulls);
        if all(reference) + all(current) > MOST_ROWS {
            let name = if all(reference) > all(current) { "reference" } else { "current" };
            let found = format!("{} rows", all(reference).max(all(current)));
            return Err(KernelError::Argument { name, found, expected: "2^53 rows at most, both sides together" });
        }
        Ok(Self { reference, current })
    }

    fn rows(&self) -> (u64, u64) {
        (self.reference.values + self.reference.nulls, self.current.values + self.current.nulls)
    }

    /// Why no measure of the values exists: a side has none.
    pub fn nothing_to_compare(&self) -> Option<Reason> {
        if self.reference.values == 0 {
            Some(Reason::Empty("the reference".into()))
        } else if self.current.values == 0 {
            Some(Reason::Empty("the current side".into()))
        } else {
            None
        }
    }

    /// A column that was always filled has nothing left.
    fn emptied(&self) -> bool {
        self.reference.nulls == 0 && self.reference.values > 0 && self.current.values == 0 && self.current.nulls > 0
    }

    fn test(&self, settings: &Settings) -> Test {
        let (n, m) = self.rows();
        if n == 0 || m == 0 {
            let side = if n == 0 { "the reference" } else { "the current side" };
            return Test::not_computable(Reason::Empty(side.into()));
        }
        let value = self.current.nulls as f64 / m as f64 - self.reference.nulls as f64 / n as f64;
        let p =
            fisher_exact([[self.reference.nulls, self.reference.values], [self.current.nulls, self.current.values]]);
        let mut test = Test::judged(value, p, settings.alpha);
        test.interval = Some(newcombe_interval([self.current.nulls, self.reference.nulls], [m, n], settings.alpha));
        if self.emptied() {
            test.verdict = Verdict::Drifted;
        } else {
            let labellings = if n == m { 2.0 } else { 1.0 };
            test.withhold(too_few(n, m, settings.alpha, labellings).as_ref());
        }
        test
    }

    /// Adds `null_share` to the tests and judges the column by it and by its default test.
    pub fn judge(&self, mut tests: BTreeMap<TestId, Test>, default: TestId, settings: &Settings) -> Column {
        let of_nulls = self.test(settings);
        let of_values = tests.get(&default).cloned();
        let usable = |test: &Test| test.p_value.filter(|_| test.verdict != Verdict::NotComputable);
        let by_values = of_values.as_ref().and_then(usable);
        let by_nulls = usable(&of_nulls).filter(|_| self.reference.nulls + self.current.nulls > 0);
        let p_value = match (by_values, by_nulls) {
            (Some(values), Some(nulls)) => Some((2.0 * values.min(nulls)).min(1.0)),
            (values, nulls) => values.or(nulls),
        };
        // Where a side lost all its values though some nulls were known, few rows may not tell: then nobody says "within".
        let untold = by_values.is_none() && (self.reference.values > 0 || self.current.values > 0);
        let why = || of_values.and_then(|test| test.reason).or(of_nulls.reason.clone());
        let (verdict, reason) = match p_value {
            _ if self.emptied() => (Verdict::Drifted, None),
            Some(p) if p <= settings.alpha => (Verdict::Drifted, if untold { why() } else { None }),
            Some(_) if !untold => (Verdict::Within, None),
            _ => (Verdict::NotComputable, why()),
        };
        tests.insert(TestId::NullShare, of_nulls);
        Column { tests, default, p_value, comparisons: settings.comparisons, verdict, reason }
    }
}
