use super::model::{Column, Settings, Test, TestId, check_alpha};
use crate::bias::MISSING;
use crate::classifier::{Bins, Feature, logit_interval, validate_forwards};
use crate::special::normal_quantile;
use crate::{KernelError, Reason, mix};
use std::collections::BTreeMap;

/// With so many rows of a side, three fifths of them told, the area's standard error is 0.0075: one of 0.52 is told from chance. More rows
/// cost time alone.
const MOST_ROWS: u64 = 5_000;
/// The least rows of a side, a fold having a fifth of them.
const LEAST_ROWS: u64 = 30;
/// Rows that one in so many of both sides is equal to are not kept together.
const FREQUENT: usize = 50;
/// Up to so many columns the rows are not fewer for it.
const COLUMNS: u64 = 64;

/// Whether a model tells the rows of both sides apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// The value is the area under the curve of scores for rows that the model has not seen: the probability that a current row
    /// looks more current than one of the reference, ties half. ½ tells nothing, 1 tells all.
    pub test: Test,
    /// By which columns the model tells, in their order: what splits by each took from the loss, as shares that add up to 1. They
    /// mean something where the sides differ.
    pub shares: Vec<f64>,
}

impl Domain {
    /// Returns what was not asked of rows, and why.
    pub fn not_computable(reason: Reason) -> Self {
        Self { test: Test::not_computable(reason), shares: vec![] }
    }

    /// Returns it as one more column for [`super::over_columns`], so that both kinds of alarms keep to one rate.
    pub fn as_column(&self, comparisons: u32) -> Column {
        let Test { p_value, verdict, ref reason, .. } = self.test;
        // It has no test that is a column's; the default is that of numbers, as scores are.
        Column { tests: BTreeMap::new(), default: TestId::Ks, p_value, comparisons, verdict, reason: reason.clone() }
    }
}

/// Returns the rows of a side that [`domain_classifier`] is to be given: all, or one of each of 5,000 stretches of equal length,
/// chosen by a hash of `seed`; fewer if there are more than 64 columns.
///
/// Choosing by place alone, not by what the rows hold, keeps the p-value what it says.
pub fn domain_rows(rows: u64, columns: usize, seed: u64) -> Vec<u64> {
    let most = (MOST_ROWS * COLUMNS / (columns as u64).max(COLUMNS)).max(1_000);
    if rows <= most {
        return (0..rows).collect();
    }
    let start = |stretch: u64| (u128::from(stretch) * u128::from(rows) / u128::from(most)) as u64;
    (0..most).map(|at| start(at) + mix(seed, at) % (start(at + 1) - start(at))).collect()
}

/// Returns whether a model tells current rows from those of the reference by all columns together: it also sees that columns which
/// each stayed as they were have come to go together otherwise.
///
/// - **Shapes**: a feature of each column on either side, in the same order: `reference` `[n]`, `current` `[m]`, those of
///   [`domain_rows`]. A code that is not below `values` is missing; a missing value is a value like any other.
/// - **Model**: that of [`crate::bias::proxy()`]: boosted trees, validated forwards: of 5 folds by a hash of seed and values, each of the
///   last three is told by a model of all folds before it, so three fifths of the rows are told. Equal rows of either side are in one
///   fold: a table has an area of ½ against itself, and rows that both sides share take little from a difference of the others. Where
///   there are so few different rows that one in 50 is equal to a row, those are spread over the folds; then tables more alike than
///   two samples of one population have an area below ½.
/// - **Law**: ranks within the folds (van Elteren), one-sided; `threshold` is the area that α has. **Interval**: DeLong within the
///   folds, on the scale of the logit; none where the model tells all rows apart, or has one score for all, which tells nothing and has a
///   p-value of 1.
/// - **Errors**: [`KernelError::Argument`] for another `alpha`, another number of columns, columns of other lengths, or of another kind
///   on the other side; as a reason, no columns, no column with two values, or fewer than 30 rows of a side.
/// - **Numerics**: sums are in the order of rows; equal inputs and seed give equal bits.
/// - **Source**: Friedman (2001) for the trees, DeLong (1988), van Elteren (1960).
pub fn domain_classifier(
    reference: &[Feature<'_>],
    current: &[Feature<'_>],
    settings: &Settings,
) -> Result<Domain, KernelError> {
    check_alpha(settings.alpha)?;
    let (n, m) = (rows_of("reference", reference)?, rows_of("current", current)?);
    if reference.len() != current.len() {
        return Err(wrong("current", format!("{} columns, not {}", current.len(), reference.len())));
    }
    let rows: Vec<u32> = (0..(n + m) as u32).collect();
    let bins = reference.iter().zip(current).map(|(r, c)| pooled(r, c, &rows)).collect::<Result<Vec<Bins>, _>>()?;
    if bins.is_empty() {
        return Ok(Domain::not_computable(Reason::Empty("the list of columns".into())));
    }
    for (side, have) in [("the reference", n), ("the current side", m)] {
        if have < LEAST_ROWS {
            let few = Reason::TooFew { what: format!("rows of {side}"), have, need: LEAST_ROWS };
            return Ok(Domain::not_computable(few));
        }
    }
    if bins.iter().all(Bins::is_constant) {
        return Ok(Domain::not_computable(Reason::Constant("every column".into())));
    }
    let truth: Vec<bool> = (0..n + m).map(|row| row >= n).collect();
    let keys = keys(&equal_rows(reference, current, n, m), settings.seed);
    let Some(told) = validate_forwards(&bins, &truth, &keys) else {
        let few = Reason::TooFew { what: "rows of each side in a fold".into(), have: 1, need: 2 };
        return Ok(Domain::not_computable(few));
    };
    let area = told.area;
    let test = match area.p_value() {
        // A model with one score for all rows tells nothing; of how nearly, nothing is known.
        Err(_) => Test::judged(area.value, 1.0, settings.alpha),
        Ok(p_value) => {
            let threshold = 0.5 - normal_quantile(settings.alpha) * area.chance.sqrt();
            let interval = logit_interval(area, -normal_quantile(settings.alpha / 2.0)).ok();
            let test = Test::judged(area.value, p_value, settings.alpha).with_threshold(Some(threshold));
            Test { interval, ..test }
        }
    };
    Ok(Domain { test, shares: told.shares })
}

/// A hash of what each row holds, the reference's first: equal rows of either side have the same.
fn equal_rows(reference: &[Feature<'_>], current: &[Feature<'_>], n: u64, m: u64) -> Vec<u64> {
    let mut rows = vec![0; (n + m) as usize];
    for (left, right) in reference.iter().zip(current) {
        let (of_reference, of_current) = rows.split_at_mut(n as usize);
        take(of_reference, left);
        take(of_current, right);
    }
    rows
}

fn take(rows: &mut [u64], feature: &Feature<'_>) {
    match *feature {
        Feature::Numbers(values) => {
            for (row, &value) in rows.iter_mut().zip(values) {
                // −0 is 0, and a missing value a value like any other.
                *row = mix(*row, if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() });
            }
        }
        Feature::Categories { codes, values } => {
            for (row, &code) in rows.iter_mut().zip(codes) {
                *row = mix(*row, u64::from(if code < values { code } else { MISSING }));
            }
        }
    }
}

/// The key of each row, which chooses its fold. Equal rows have one key, whatever their side: else a model would learn the side of a
/// row, and find its equal on the other one. But rows that a fiftieth of all are equal to are spread: of a few different ones, models
/// must have seen each. What both sides hold chooses, never the side, so the p-value stays what it says.
fn keys(rows: &[u64], seed: u64) -> Vec<u64> {
    let mut count: BTreeMap<u64, usize> = BTreeMap::new();
    for &row in rows {
        *count.entry(row).or_default() += 1;
    }
    let is_frequent = |row: &u64| count.get(row).is_some_and(|&equal| equal * FREQUENT >= rows.len());
    (0..).zip(rows).map(|(at, row)| if is_frequent(row) { mix(seed, at) } else { mix(seed, *row) }).collect()
}

fn wrong(name: &'static str, found: String) -> KernelError {
    KernelError::Argument { name, found, expected: "the same columns on both sides, each side's of one length" }
}

/// The rows of a side, the same in each of its columns.
fn rows_of(name: &'static str, features: &[Feature<'_>]) -> Result<u64, KernelError> {
    let length = |feature: &Feature<'_>| match feature {
        Feature::Numbers(values) => values.len(),
        Feature::Categories { codes, .. } => codes.len(),
    };
    let rows = features.first().map_or(0, length);
    match features.iter().map(length).find(|&other| other != rows) {
        Some(other) => Err(wrong(name, format!("a column of {other} rows beside one of {rows}"))),
        None => Ok(rows as u64),
    }
}

/// The bins of both sides' rows, the reference's first.
fn pooled(reference: &Feature<'_>, current: &Feature<'_>, rows: &[u32]) -> Result<Bins, KernelError> {
    match (reference, current) {
        (Feature::Numbers(reference), Feature::Numbers(current)) => {
            Ok(Bins::new(&Feature::Numbers(&[*reference, *current].concat()), rows))
        }
        (&Feature::Categories { codes: left, values }, &Feature::Categories { codes: right, values: other })
            if values == other =>
        {
            let known = |&code: &u32| if code < values { code } else { MISSING };
            let codes: Vec<u32> = left.iter().chain(right).map(known).collect();
            Ok(Bins::new(&Feature::Categories { codes: &codes, values }, rows))
        }
        _ => Err(wrong("current", "a column of another kind, or of other categories".to_owned())),
    }
}
