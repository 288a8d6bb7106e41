use super::sketch::{ColumnSketch, Form};
use base::Timestamp;
use kernels::{Histogram, quantile};
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

/// A quantile.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// False where `distinct` is estimated (standard error 1.6 %).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_exact: Option<bool>,
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
    /// False where quantiles and histogram come from a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles_exact: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TopValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_error: Option<u64>,
}

impl ColumnProfile {
    /// Returns the whole profile of a column from its sketch.
    pub(crate) fn of(name: &str, data_type: &str, sketch: &ColumnSketch) -> Self {
        let mut profile = Self { shown: true, ..Self::counts(name, data_type, sketch.rows(), sketch.nulls()) };
        if sketch.form() == Form::Other {
            return profile;
        }
        let values = sketch.rows() - sketch.nulls().min(sketch.rows());
        profile.distinct = Some(sketch.distinct().estimate().min(values)); // an estimate may lie above what there is
        profile.distinct_exact = Some(sketch.distinct().is_exact());
        profile.top_error = Some(sketch.top().error());
        // A count that may be all error says nothing: a column of unique values has no frequent one.
        let top = sketch.top().top(TOP).into_iter().filter(|(_, count)| *count > sketch.top().error());
        profile.top = top.map(|(value, count)| TopValue { value: value.to_owned(), count }).collect();
        if let Some((low, high)) = sketch.texts() {
            (profile.min, profile.max) = (Some(Datum::Text(low.clone())), Some(Datum::Text(high.clone())));
        }
        profile.add_numbers(sketch);
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
            distinct: None,
            distinct_exact: None,
            min: None,
            max: None,
            mean: None,
            standard_deviation: None,
            quantiles: Vec::new(),
            histogram: Vec::new(),
            quantiles_exact: None,
            top: Vec::new(),
            top_error: None,
        }
    }

    /// Returns the profile without what the viewer may not see.
    #[must_use]
    pub(crate) fn withheld(&self, why_not: String) -> Self {
        let counts = Self::counts(&self.name, &self.data_type, self.rows, self.nulls);
        Self { why_not: Some(why_not), ..counts }
    }

    fn add_numbers(&mut self, sketch: &ColumnSketch) {
        let form = sketch.form();
        let Some((low, high)) = sketch.numbers() else { return };
        (self.min, self.max) = match sketch.integers() {
            Some((low, high)) if form == Form::Number => (Some(Datum::Integer(low)), Some(Datum::Integer(high))),
            _ => (datum(form, low), datum(form, high)),
        };
        self.mean = sketch.moments().mean().and_then(|mean| datum(form, mean));
        if form == Form::Number {
            self.nans = Some(sketch.nans());
            self.standard_deviation = sketch.moments().variance().map(f64::sqrt).filter(|d| d.is_finite());
        }
        let values = sketch.sample_sorted();
        self.quantiles_exact = Some(sketch.sample().is_exact());
        for q in QUANTILES {
            if let Some(value) = quantile(&values, q).ok().and_then(|value| datum(form, value)) {
                self.quantiles.push(Quantile { q, value });
            }
        }
        if let Ok(histogram) = Histogram::of(&values, low, high, BINS) {
            self.histogram = bins(form, &histogram, sketch.sample().seen(), values.len() as u64);
        }
    }
}

/// Returns the bins with their counts scaled from the sample to all that was seen.
fn bins(form: Form, histogram: &Histogram, seen: u64, kept: u64) -> Vec<Bin> {
    let width = (histogram.high - histogram.low) / histogram.counts.len() as f64;
    let edge = |number: usize| {
        datum(form, if number == BINS { histogram.high } else { histogram.low + number as f64 * width })
    };
    let mut bins = Vec::new();
    for (number, &count) in histogram.counts.iter().enumerate() {
        let (Some(from), Some(to)) = (edge(number), edge(number + 1)) else { return Vec::new() };
        let scaled = u128::from(count) * u128::from(seen) / u128::from(kept.max(1));
        bins.push(Bin { from, to, count: u64::try_from(scaled).unwrap_or(u64::MAX) });
    }
    bins
}

/// Returns a number as JSON can hold it: days and instants as text, infinities not at all.
#[expect(clippy::cast_possible_truncation, reason = "days and microseconds that came from integers")]
fn datum(form: Form, value: f64) -> Option<Datum> {
    match form {
        Form::Date => {
            let days = jiff::Span::new().try_days(value.round() as i64).ok()?;
            let day = jiff::civil::date(1970, 1, 1).checked_add(days).ok()?;
            Some(Datum::Text(day.to_string()))
        }
        Form::Time => Some(Datum::Text(Timestamp(value.round() as i64).to_string())),
        _ => value.is_finite().then_some(Datum::Number(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{FileScan, SAMPLE};
    use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, RecordBatch, StringArray};
    use expect_test::expect;
    use std::sync::Arc;

    fn batch(from: i32, to: i32) -> RecordBatch {
        let numbers: Vec<i32> = (from..to).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("n", Arc::new(Int32Array::from(numbers.clone()))),
            (
                "x",
                Arc::new(numbers.iter().map(|n| (n % 7 != 0).then_some(f64::from(*n) / 2.0)).collect::<Float64Array>()),
            ),
            (
                "t",
                Arc::new(StringArray::from_iter_values(numbers.iter().map(|n| if n % 3 == 0 { "car" } else { "tv" }))),
            ),
            ("d", Arc::new(Date32Array::from_iter_values(numbers.iter().copied()))),
            ("b", Arc::new(numbers.iter().map(|n| Some(n % 2 == 0)).collect::<BooleanArray>())),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    fn scan(path: &str, batches: &[RecordBatch]) -> Vec<ColumnSketch> {
        let mut scan = FileScan::start(path, &batches[0].schema());
        for batch in batches {
            scan.take(batch).unwrap();
        }
        scan.finish().1
    }

    #[test]
    fn a_profile_says_what_the_file_holds() {
        let sketches = scan("a", &[batch(0, 100)]);
        let mut lines = String::new();
        for (name, sketch) in ["n", "x", "t", "d", "b"].iter().zip(&sketches) {
            let profile = ColumnProfile::of(name, "", sketch);
            let middle = profile.quantiles.get(3).map(|median| serde_json::to_string(&median.value).unwrap());
            let ends = serde_json::to_string(&(&profile.min, &profile.max, &profile.mean)).unwrap();
            let top = profile.top.first().map(|top| format!("{}×{}", top.value, top.count));
            let bins = profile.histogram.iter().map(|bin| bin.count).sum::<u64>();
            lines += &format!(
                "{name} {}/{} distinct {:?} {ends} median {middle:?} top {top:?} bins {bins}\n",
                profile.nulls, profile.rows, profile.distinct
            );
        }
        expect![[r#"
            n 0/100 distinct Some(100) [0,99,49.5] median Some("49.5") top Some("0×1") bins 100
            x 15/100 distinct Some(85) [0.5,49.5,24.794117647058826] median Some("25.0") top Some("0.5×1") bins 85
            t 0/100 distinct Some(2) ["car","tv",null] median None top Some("tv×66") bins 0
            d 0/100 distinct Some(100) ["1970-01-01","1970-04-10","1970-02-20"] median Some("\"1970-02-20\"") top None bins 100
            b 0/100 distinct Some(2) ["false","true",null] median None top Some("false×50") bins 0
        "#]]
        .assert_eq(&lines);
    }

    #[test]
    fn batches_do_not_matter_and_files_merge() {
        let whole = scan("a", &[batch(0, 5_000)]);
        let parts = scan("a", &[batch(0, 17), batch(17, 3_000), batch(3_000, 5_000)]);
        assert_eq!(whole, parts);
        let mut merged = scan("b", &[batch(5_000, 6_000)]).remove(0);
        merged.merge(&whole[0]).unwrap();
        let profile = ColumnProfile::of("n", "Int32", &merged);
        assert_eq!(
            (profile.rows, profile.min, profile.max),
            (6_000, Some(Datum::Integer(0)), Some(Datum::Integer(5_999)))
        );
        assert_eq!((merged.sample().is_exact(), merged.sample_sorted().len()), (false, SAMPLE));
        let bytes = postcard::to_stdvec(&merged).unwrap();
        assert_eq!(postcard::from_bytes::<ColumnSketch>(&bytes).unwrap(), merged);
        let hidden = ColumnProfile::of("n", "Int32", &merged).withheld("no".into());
        let json = serde_json::to_string(&hidden).unwrap();
        assert_eq!(json, r#"{"name":"n","data_type":"Int32","rows":6000,"nulls":0,"shown":false,"why_not":"no"}"#);
    }
}
