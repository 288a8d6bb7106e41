use super::sketch::ColumnSketch;
use kernels::profile::{Shape, Summary, TimeKind, Value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const BINS: usize = 20;
const TOP: usize = 10;

/// A value of a column, as JSON has it: a number, or a text for everything else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Datum {
    Integer(i64),
    Number(f64),
    Text(String),
}

/// A quantile: the smallest value that at least a share `q` of the values is at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quantile {
    /// The fraction of values at or below.
    pub q: f64,
    pub value: Datum,
}

/// A bin of a histogram with equal widths; the last one contains its upper edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bin {
    pub from: Datum,
    pub to: Datum,
    pub count: u64,
}

/// A frequent value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopValue {
    pub value: String,
    /// Too low by at most `ColumnProfile::top_error`.
    pub count: u64,
}

/// How long the texts of a column are, in characters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TextLengths {
    pub min: u64,
    pub max: u64,
    pub mean: f64,
}

/// What a share of the texts of a column looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TextShape {
    /// `blank`, `digits`, `number`, `boolean`, `date`, `datetime`, `zoned_datetime`, `time`, `letters`, `words`, `code`, `email`, `url`,
    /// `uuid`, `iban`, `ipv4`, `phone` or `other`: the first that fits.
    pub shape: String,
    /// Of the texts, from 0 to 1.
    pub share: f64,
}

/// The profile of one column of a dataset version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ColumnProfile {
    pub name: String,
    pub data_type: String,
    pub rows: u64,
    pub nulls: u64,
    /// Whether the rest is shown to this viewer; if not, `why_not` says what would change that.
    #[serde(default)]
    pub shown: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nans: Option<u64>,
    /// The share of rows that hold a value: neither null nor NaN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// False where `distinct` is estimated (standard error 1.6 %).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_exact: Option<bool>,
    /// The share of values that are there once; not there with more than 1,024 different ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uniqueness: Option<f64>,
    /// Shannon's, of the values, in nats; not there with more than 1,024 different ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Datum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Datum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Datum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_deviation: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<Quantile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histogram: Vec<Bin>,
    /// False where quantiles and histogram are estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles_exact: Option<bool>,
    /// By how much the share of values at or below a quantile may differ from `q`, with 99 % confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_error: Option<f64>,
    /// The most frequent values; all of them where there are no more than 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TopValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_error: Option<u64>,
    /// Of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<TextLengths>,
    /// What the texts look like, the largest share first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<TextShape>,
}

impl ColumnProfile {
    /// Returns the whole profile of a column from its sketch.
    pub(crate) fn of(name: &str, data_type: &str, sketch: &ColumnSketch) -> Self {
        let Some(summary) = sketch.summary() else {
            return Self { shown: true, ..Self::counts(name, data_type, sketch.rows(), sketch.rows()) };
        };
        let counts = summary.counts();
        let nulls = counts.nulls + counts.absent;
        let mut profile = Self { shown: true, ..Self::counts(name, data_type, counts.rows, nulls) };
        profile.completeness = summary.completeness().ok();
        profile.nans = (counts.nan > 0).then_some(counts.nan);
        if counts.other > 0 {
            return profile; // lists, structures, bytes: counted, not looked into
        }
        profile.distinct = summary.distinct().ok();
        profile.distinct_exact = Some(summary.is_distinct_exact());
        profile.uniqueness = summary.uniqueness().ok();
        profile.entropy = summary.entropy().ok();
        profile.top_error = Some(summary.top_error());
        // What is there once is not frequent, unless it is one of the few that there are.
        let least = if profile.distinct.is_some_and(|distinct| distinct <= TOP as u64) { 1 } else { 2 };
        let top = summary.top(TOP).into_iter().filter(|(_, count)| *count >= least);
        profile.top = top.map(|(value, count)| TopValue { value: spelled(value), count }).collect();
        profile.add_numbers(&summary);
        profile.add_texts(&summary);
        profile
    }

    /// Returns what anyone who sees the column may know: counts, nulls, type.
    pub(crate) fn counts(name: &str, data_type: &str, rows: u64, nulls: u64) -> Self {
        Self {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            rows,
            nulls,
            shown: false,
            why_not: None,
            nans: None,
            completeness: None,
            distinct: None,
            distinct_exact: None,
            uniqueness: None,
            entropy: None,
            min: None,
            max: None,
            mean: None,
            standard_deviation: None,
            quantiles: Vec::new(),
            histogram: Vec::new(),
            quantiles_exact: None,
            rank_error: None,
            top: Vec::new(),
            top_error: None,
            lengths: None,
            shapes: Vec::new(),
        }
    }

    /// Returns the profile without what the viewer may not see.
    #[must_use]
    pub(crate) fn withheld(&self, why_not: String) -> Self {
        let counts = Self::counts(&self.name, &self.data_type, self.rows, self.nulls);
        Self { why_not: Some(why_not), ..counts }
    }

    fn add_numbers(&mut self, summary: &Summary<'_>) {
        let (Some(low), Some(high)) = (summary.min(), summary.max()) else { return };
        let scale = Scale::of(&low, summary);
        (self.min, self.max) = (scale.end(&low), scale.end(&high));
        if scale == Scale::None {
            return;
        }
        self.mean = summary.mean().ok().and_then(|mean| scale.between(mean));
        if scale.is_of_numbers() {
            self.nans = Some(summary.counts().nan);
            self.standard_deviation = summary.variance().ok().map(f64::sqrt);
        }
        self.quantiles_exact = Some(summary.is_exact());
        self.rank_error = Some(summary.rank_error());
        for q in QUANTILES {
            let value = summary.quantile(q).ok().and_then(Result::ok);
            if let Some(value) = value.and_then(|value| scale.value(value)) {
                self.quantiles.push(Quantile { q, value });
            }
        }
        self.histogram = bins(scale, summary);
    }

    fn add_texts(&mut self, summary: &Summary<'_>) {
        let lengths = summary.lengths();
        let lengths = |mean: f64| TextLengths { min: lengths.least, max: lengths.most, mean };
        self.lengths = summary.mean_length().ok().map(lengths);
        let mut shapes: Vec<(Shape, f64)> = summary.shapes().unwrap_or_default();
        shapes.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.shapes =
            shapes.into_iter().map(|(shape, share)| TextShape { shape: shape.name().to_owned(), share }).collect();
    }
}

/// Returns the bins of the histogram; none where all values are one.
fn bins(scale: Scale, summary: &Summary<'_>) -> Vec<Bin> {
    let is_one = summary.ranks().ends().is_none_or(|(low, high)| low == high);
    let (false, Ok(Ok(histogram))) = (is_one, summary.histogram(BINS)) else { return Vec::new() };
    let width = (histogram.high - histogram.low) / histogram.counts.len() as f64;
    let edge = |number: usize| {
        scale.between(if number == BINS { histogram.high } else { histogram.low + number as f64 * width })
    };
    let mut bins = Vec::new();
    for (number, &count) in histogram.counts.iter().enumerate() {
        let (Some(from), Some(to)) = (edge(number), edge(number + 1)) else { return Vec::new() };
        bins.push(Bin { from, to, count });
    }
    bins
}

/// What the numbers are that a column's values are computed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Whole numbers alone.
    Whole,
    Real,
    /// Microseconds since 1970.
    Time(TimeKind),
    /// Texts and flags are none.
    None,
}

impl Scale {
    /// Returns that of a column with this smallest value.
    fn of(least: &Value, summary: &Summary<'_>) -> Self {
        match least {
            Value::Flag(_) | Value::Text(_) | Value::Long { .. } => Self::None,
            Value::Time { kind, .. } => Self::Time(*kind),
            _ if summary.counts().fractional == 0 => Self::Whole,
            _ => Self::Real,
        }
    }

    fn is_of_numbers(self) -> bool {
        matches!(self, Self::Whole | Self::Real)
    }

    /// Returns the smallest or the largest value.
    fn end(self, value: &Value) -> Option<Datum> {
        match value {
            Value::Integer(whole) if self == Self::Whole => Some(Datum::Integer(*whole)),
            _ if self.is_of_numbers() => value.number().and_then(|number| self.between(number)),
            _ => Some(Datum::Text(spelled(value))),
        }
    }

    /// Returns the nearest float to a value of the column.
    #[expect(clippy::cast_possible_truncation, reason = "whole, and no more than floats tell apart")]
    fn value(self, value: f64) -> Option<Datum> {
        const TOLD_APART: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Whole if value.abs() <= TOLD_APART => Some(Datum::Integer(value as i64)),
            _ => self.between(value),
        }
    }

    /// Returns a number that need not be a value: days and instants as text, infinities not at all.
    #[expect(clippy::cast_possible_truncation, reason = "between microseconds that came from integers")]
    fn between(self, value: f64) -> Option<Datum> {
        const DAY: f64 = 86_400_000_000.0;
        let time = |micros: f64, kind: TimeKind| Datum::Text(Value::Time { micros: micros as i64, kind }.to_string());
        match self {
            _ if !value.is_finite() => None,
            Self::Time(kind @ TimeKind::Date) => Some(time((value / DAY).round() * DAY, kind)),
            Self::Time(kind) => Some(time(value.round(), kind)),
            _ => Some(Datum::Number(value)),
        }
    }
}

/// Returns a value in the words of contracts: a number in decimals, without an exponent.
fn spelled(value: &Value) -> String {
    match value {
        Value::Real(number) => number.to_string(),
        _ => value.to_string(),
    }
}
