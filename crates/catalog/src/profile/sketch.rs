use crate::sensitivity::Hits;
use kernels::{Distinct, KernelError, Moments, Sample, TopValues, hash_bytes};
use serde::{Deserialize, Serialize};

/// Values kept per column for quantiles and histograms: a rank is off by 1.1 points (standard error) beyond.
pub(crate) const SAMPLE: usize = 2_048;
/// Values counted for the most frequent ones; exact up to so many distinct values.
const TOP: usize = 128;
/// Longer texts are cut before they are kept; they are hashed whole.
const TEXT: usize = 64;
const SEED: u64 = 0x10C6_A7E0;

/// What sort of values a column holds, as far as statistics care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    /// Integers, floats, decimals.
    Number,
    Text,
    Flag,
    /// Days since 1970.
    Date,
    /// Microseconds since 1970.
    Time,
    /// Lists, structures, bytes: counted, not looked into.
    Other,
}

/// What is known of one column of one file, or of many merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ColumnSketch {
    form: Form,
    rows: u64,
    nulls: u64,
    nans: u64,
    moments: Moments,
    numbers: Option<(f64, f64)>,
    /// The ends again where they are integers, which `f64` holds only up to 2⁵³.
    integers: Option<(i64, i64)>,
    all_integers: bool,
    texts: Option<(String, String)>,
    sample: Sample,
    distinct: Distinct,
    top: TopValues,
    hits: Hits,
}

/// Returns at most `TEXT` characters.
fn cut(text: &str) -> &str {
    text.char_indices().nth(TEXT).map_or(text, |(end, _)| &text[..end])
}

impl ColumnSketch {
    /// Returns an empty sketch.
    pub(crate) fn new(form: Form) -> Self {
        Self {
            form,
            rows: 0,
            nulls: 0,
            nans: 0,
            moments: Moments::default(),
            numbers: None,
            integers: None,
            all_integers: true,
            texts: None,
            sample: Sample::new(SAMPLE),
            distinct: Distinct::default(),
            top: TopValues::new(TOP),
            hits: Hits::default(),
        }
    }

    /// Returns an empty sketch of a text column.
    #[cfg(test)]
    pub(crate) fn text() -> Self {
        Self::new(Form::Text)
    }

    /// Counts `count` rows, whatever they hold; values and nulls are added besides.
    pub(crate) fn add_rows(&mut self, count: u64) {
        self.rows += count;
    }

    pub(crate) fn add_nulls(&mut self, count: u64) {
        self.nulls += count;
    }

    /// Takes an integer (a number, a day, a microsecond) of the row with this key.
    pub(crate) fn add_integer(&mut self, key: u64, value: i64) {
        self.integers = Some(self.integers.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
        let number = value as f64;
        self.take_number(key, number);
        self.distinct.add(hash_bytes(SEED, &value.to_le_bytes()));
        if self.form == Form::Number {
            let text = value.to_string();
            self.top.add(&text);
            if text.len() >= 13 {
                self.hits.look(&text);
            } else {
                self.hits.look("0");
            }
        }
    }

    /// Takes a float of the row with this key.
    pub(crate) fn add_float(&mut self, key: u64, value: f64) {
        if value.is_nan() {
            self.nans += 1;
            return;
        }
        // The same number is the same value, whether its file stores integers or floats.
        if value.fract() == 0.0 && value.abs() < 9e15 {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and far below 2^63")]
            return self.add_integer(key, value as i64);
        }
        self.all_integers = false;
        self.take_number(key, value);
        self.distinct.add(hash_bytes(SEED, &value.to_bits().to_le_bytes()));
        self.top.add(&value.to_string());
        self.hits.look("0");
    }

    fn take_number(&mut self, key: u64, value: f64) {
        self.numbers = Some(self.numbers.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
        self.moments.add(value);
        self.sample.add(key, value);
    }

    /// Takes a text; the row's key plays no part.
    pub(crate) fn add_text(&mut self, _key: u64, value: &str) {
        self.distinct.add(hash_bytes(SEED, value.as_bytes()));
        let short = cut(value);
        self.top.add(short);
        self.hits.look(value);
        match &mut self.texts {
            None => self.texts = Some((short.to_owned(), short.to_owned())),
            Some((low, high)) => {
                if short < low.as_str() {
                    short.clone_into(low);
                }
                if short > high.as_str() {
                    short.clone_into(high);
                }
            }
        }
    }

    /// Takes what `other` has seen of the same column in another file.
    ///
    /// # Errors
    /// [`KernelError`] for a sketch of another release.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), KernelError> {
        self.rows += other.rows;
        self.nulls += other.nulls;
        self.nans += other.nans;
        self.moments.merge(&other.moments);
        self.numbers = ends(self.numbers, other.numbers, f64::min, f64::max);
        self.integers = ends(self.integers, other.integers, i64::min, i64::max);
        self.all_integers &= other.all_integers;
        self.texts = ends(self.texts.take(), other.texts.clone(), String::min, String::max);
        self.sample.merge(&other.sample);
        self.distinct.merge(&other.distinct)?;
        self.top.merge(&other.top);
        self.hits.merge(&other.hits);
        Ok(())
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn nulls(&self) -> u64 {
        self.nulls
    }

    pub(crate) fn nans(&self) -> u64 {
        self.nans
    }

    pub(crate) fn moments(&self) -> &Moments {
        &self.moments
    }

    pub(crate) fn numbers(&self) -> Option<(f64, f64)> {
        self.numbers
    }

    /// Returns the ends as integers, if every value was one.
    pub(crate) fn integers(&self) -> Option<(i64, i64)> {
        self.integers.filter(|_| self.all_integers)
    }

    pub(crate) fn texts(&self) -> Option<&(String, String)> {
        self.texts.as_ref()
    }

    pub(crate) fn sample(&self) -> &Sample {
        &self.sample
    }

    pub(crate) fn sample_sorted(&self) -> Vec<f64> {
        self.sample.sorted()
    }

    pub(crate) fn distinct(&self) -> &Distinct {
        &self.distinct
    }

    pub(crate) fn top(&self) -> &TopValues {
        &self.top
    }

    pub(crate) fn hits(&self) -> &Hits {
        &self.hits
    }
}

fn ends<T>(a: Option<(T, T)>, b: Option<(T, T)>, low: fn(T, T) -> T, high: fn(T, T) -> T) -> Option<(T, T)> {
    match (a, b) {
        (Some((low_a, high_a)), Some((low_b, high_b))) => Some((low(low_a, low_b), high(high_a, high_b))),
        (one, other) => one.or(other),
    }
}
