use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_select::dictionary::garbage_collect_any_dictionary;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, new_null_array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::Expr;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What a reader sees of one table.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The term of each column; a column without one is left out.
    pub terms: BTreeMap<String, Term>,
    /// A condition over raw columns; a row is visible where it is true, not where it is false or null.
    pub row_filter: Option<Expr>,
    /// Which sides of held-out splits are visible: a row is where each of them shows it. Empty where there is no split.
    pub splits: Vec<Split>,
    /// The key behind every token of this reader.
    pub key: Key,
}

/// What a reader sees of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// The value itself.
    Clear,
    /// HMAC-SHA-256 of the value's text in hex, cut to 128 bits; null stays null. Text and integers only.
    Token,
    /// Always null.
    Null,
    /// For the platform's own checks: in a session that runs a reader's SQL, the same as left out.
    Check,
}

/// The held-out fifth: rows whose HMAC (project key, record key), read as a number, is a multiple of 5.
#[derive(Clone, Debug)]
pub struct Split {
    /// The columns that identify a record.
    pub record_key: Vec<String>,
    /// The project's key.
    pub key: Key,
    /// Which rows are visible.
    pub side: Side,
}

/// A side of the held-out split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Four fifths: what project code reads.
    Working,
    /// One fifth: what only platform steps read.
    HeldOut,
}

/// A secret of one project or person, ready to sign with.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// Makes a key of 32 secret bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(bytes).expect("HMAC takes a key of any length"))
    }

    /// Returns the key for `purpose`, which nobody can turn back into this one.
    pub fn derive(&self, purpose: &str) -> Self {
        Self::new(&self.sign(purpose.as_bytes()))
    }

    /// Returns the token of `value`: 32 hex digits.
    pub fn token(&self, value: &str) -> String {
        let mut text = String::with_capacity(32);
        for byte in &self.sign(value.as_bytes())[..16] {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).expect("four bits"));
            }
        }
        text
    }

    fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Term {
    /// Returns the type that a reader sees for a column of type `raw`, or `None` where the column does not exist.
    pub(super) fn output_type(self, column: &str, raw: &DataType) -> Result<Option<DataType>> {
        let values = if let DataType::Dictionary(_, values) = raw { values } else { raw };
        match self {
            Self::Clear if values_stay_together(raw) => Ok(Some(raw.clone())),
            Self::Clear => plan_err!("column `{column}` has a nested type whose hidden values cannot be cut off"),
            Self::Null => Ok(Some(raw.clone())),
            Self::Token if values.is_integer() || values.is_string() => Ok(Some(DataType::Utf8)),
            Self::Token => plan_err!("column `{column}` is neither text nor an integer, so it cannot become a token"),
            Self::Check => Ok(None),
        }
    }

    /// Returns what the reader sees of `raw`, whose type went through [`Term::output_type`].
    pub(super) fn apply(self, key: &Key, raw: &ArrayRef) -> Result<ArrayRef> {
        match self {
            Self::Clear => cut_off(raw),
            Self::Null | Self::Check => Ok(new_null_array(raw.data_type(), raw.len())),
            Self::Token => tokens(key, raw),
        }
    }
}

impl Split {
    /// Tells for each row of `record_keys`, the columns of the record key in order, whether this side shows it.
    pub(super) fn shows(&self, record_keys: &RecordBatch) -> Result<BooleanArray> {
        let mut columns = Vec::with_capacity(record_keys.num_columns());
        for column in record_keys.columns() {
            columns.push(cast(column, &DataType::Utf8)?);
        }
        let mut message = Vec::new();
        let mut shown = Vec::with_capacity(record_keys.num_rows());
        for row in 0..record_keys.num_rows() {
            message.clear();
            for column in &columns {
                // The length first, so that ("a", "bc") and ("ab", "c") are two records; null is no text at all.
                let text = column.as_string::<i32>();
                if text.is_valid(row) {
                    let value = text.value(row);
                    message.extend_from_slice(&(value.len() as u64).to_be_bytes());
                    message.extend_from_slice(value.as_bytes());
                } else {
                    message.extend_from_slice(&u64::MAX.to_be_bytes());
                }
            }
            let held_out = remainder_by_5(&self.key.sign(&message)) == 0;
            shown.push(held_out == (self.side == Side::HeldOut));
        }
        Ok(BooleanArray::from(shown))
    }
}

/// Returns the big-endian number `digits` modulo 5: 256 is 1 modulo 5, so the digits' sum has the same remainder.
fn remainder_by_5(digits: &[u8; 32]) -> u32 {
    digits.iter().map(|digit| u32::from(*digit)).sum::<u32>() % 5
}

/// Tokens of a dictionary are made once per value.
fn tokens(key: &Key, raw: &ArrayRef) -> Result<ArrayRef> {
    if let Some(dictionary) = raw.as_any_dictionary_opt() {
        let values = tokens(key, dictionary.values())?;
        return Ok(take(&values, dictionary.keys(), None)?);
    }
    let text = cast(raw, &DataType::Utf8)?;
    let tokens = text.as_string::<i32>().iter().map(|value| value.map(|value| key.token(value)));
    Ok(Arc::new(tokens.collect::<StringArray>()))
}

/// Tells whether filtering an array of this type, and [`cut_off`], leave nothing of the rows that were filtered out.
fn values_stay_together(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8View | DataType::BinaryView => true,
        DataType::Dictionary(_, values) => copied_by_filter(values),
        other => copied_by_filter(other),
    }
}

fn copied_by_filter(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => copied_by_filter(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| copied_by_filter(field.data_type())),
        other => !other.is_nested() && !matches!(other, DataType::Utf8View | DataType::BinaryView),
    }
}

/// Returns `filtered` without what it still shares with rows that were filtered out. A dictionary keeps their values,
/// where a cast would fail on them, and it travels whole; a view keeps the bytes of every page it points into.
fn cut_off(filtered: &ArrayRef) -> Result<ArrayRef> {
    Ok(match filtered.data_type() {
        DataType::Dictionary(..) => garbage_collect_any_dictionary(filtered.as_any_dictionary())?,
        DataType::Utf8View => Arc::new(filtered.as_string_view().gc()),
        DataType::BinaryView => Arc::new(filtered.as_binary_view().gc()),
        _ => Arc::clone(filtered),
    })
}
