//! Labels and predictions as codes.
use super::asked::Chosen;
use crate::columns::says_number;
use crate::error::wrong;
use crate::{Column, StatsError, bins};
use kernels::bias::MISSING;
use kernels::profile::Value;

/// Labels of more values are positive or not in every metric.
const MOST_CLASSES: usize = 50;

/// A column of labels or predictions.
pub(super) struct Outcomes {
    /// `[rows]`, below `size`, or [`MISSING`].
    pub codes: Vec<u32>,
    pub size: u32,
    /// The codes that are positive.
    pub positive: Vec<u32>,
    /// Whether any row has a value.
    pub has_values: bool,
    /// Whether the column has a value that is asked for as positive.
    pub is_seen: bool,
    /// Some of the values, for who misspelt one.
    pub shown: Vec<String>,
    /// The values, by code; none where a threshold parts them.
    values: Vec<Value>,
}

impl Outcomes {
    /// `name` is that of the argument.
    pub fn of(name: &str, column: &Column, positive: &Chosen) -> Result<Self, StatsError> {
        match positive {
            Chosen::Above(threshold) => {
                let codes = bins::codes(name, column, &[*threshold])?;
                let has = |code| codes.contains(&code);
                let (has_values, is_seen) = (has(0) || has(1), has(1));
                Ok(Self {
                    codes,
                    size: 2,
                    positive: vec![1],
                    has_values,
                    is_seen,
                    shown: Vec::new(),
                    values: Vec::new(),
                })
            }
            Chosen::Values(wanted) => {
                let (codes, values) = categories(name, column)?;
                let is_positive = |value: &Value| wanted.iter().any(|text| says(value, text));
                let positive: Vec<u32> =
                    (0..).zip(&values).filter(|(_, value)| is_positive(value)).map(|(code, _)| code).collect();
                Ok(Self {
                    codes,
                    size: size(values.len()),
                    has_values: !values.is_empty(),
                    is_seen: !positive.is_empty(),
                    positive,
                    shown: values.iter().take(MOST_CLASSES).map(Value::to_string).collect(),
                    values,
                })
            }
        }
    }

    /// Returns how many rows of these predictions have a value that is none of the label's two or more: a score was taken for a
    /// prediction, perhaps. None where a label has too many values to tell. Neither may be collapsed yet.
    pub fn strangers(&self, label: &Self) -> u64 {
        if !(2..=MOST_CLASSES).contains(&label.values.len()) {
            return 0;
        }
        let is_known = |value: &Value| label.values.iter().any(|other| is_alike(value, other));
        let is_strange: Vec<bool> = self.values.iter().map(|value| !is_known(value)).collect();
        self.codes.iter().filter(|&&code| is_strange.get(code as usize) == Some(&true)).count() as u64
    }

    /// Whether any row has this value; false where a threshold parts them.
    pub fn has(&self, text: &str) -> bool {
        self.values.iter().any(|value| says(value, text))
    }

    /// Returns the column as it is, or collapsed where it has too many values to tell them apart.
    pub fn bounded(self) -> Self {
        if self.values.len() > MOST_CLASSES { self.collapsed() } else { self }
    }

    /// Returns the column with 1 for positive and 0 for all else.
    pub fn collapsed(self) -> Self {
        let mut kinds = vec![0u32; self.size as usize];
        for &code in &self.positive {
            if let Some(kind) = kinds.get_mut(code as usize) {
                *kind = 1;
            }
        }
        let kind = |&code: &u32| kinds.get(code as usize).copied().unwrap_or(MISSING);
        Self { codes: self.codes.iter().map(kind).collect(), size: 2, positive: vec![1], ..self }
    }
}

/// Returns how many codes so many values have.
pub(super) fn size(values: usize) -> u32 {
    u32::try_from(values).unwrap_or(u32::MAX - 1)
}

/// Returns a column as codes and what they mean.
pub(super) fn categories(name: &str, column: &Column) -> Result<(Vec<u32>, Vec<Value>), StatsError> {
    column.to_categories().ok_or_else(|| {
        let found = format!("`{}`, a column of lists, structures, bytes or times beyond 64 bits", column.name);
        wrong(name, found, "a column of numbers, times, flags or texts")
    })
}

/// Whether two values say the same, whatever their types: flags and numbers by their number, else by what they look like.
fn is_alike(one: &Value, other: &Value) -> bool {
    if let (Value::Integer(_) | Value::Decimal { .. }, Value::Integer(_) | Value::Decimal { .. }) = (one, other) {
        return one == other; // floats would not tell all of them apart
    }
    match (one.number(), other.number()) {
        (Some(one), Some(other)) => one == other,
        _ => one.to_string() == other.to_string(),
    }
}

/// Returns whether a text says this value.
pub(super) fn says(value: &Value, text: &str) -> bool {
    let number = match text.to_ascii_lowercase().as_str() {
        "true" => "1",
        "false" => "0",
        _ => text,
    };
    match value {
        Value::Text(bytes) => &bytes[..] == text.as_bytes(),
        Value::Flag(flag) => says_number(&Value::Integer(i64::from(*flag)), number),
        Value::Integer(_) | Value::Real(_) | Value::Decimal { .. } => says_number(value, number),
        _ => value.to_string() == text,
    }
}
