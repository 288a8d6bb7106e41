//! The classes of several columns under one numbering, whatever types they are stored in.
use super::inputs::kind;
use crate::columns::{number_said, says_number};
use crate::error::wrong;
use crate::{Cells, Column, StatsError};
use kernels::bias::MISSING;
use kernels::profile::Value;
use std::collections::{BTreeSet, HashSet};

/// Values of truth, prediction and arguments as codes of one list.
///
/// 1 and 1.0 are one class. Where one column has flags and another numbers, true is 1 and false 0; where one has texts and another
/// something else, what they look like decides.
#[derive(Debug)]
pub(super) struct Labels {
    /// The classes, ascending. Those of [`Labels::code`] that no column has stand last.
    pub values: Vec<Value>,
    /// Of each column, the class of each row; [`MISSING`] where null.
    pub columns: Vec<Vec<u32>>,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Flags,
    Numbers,
    Texts,
}

impl Labels {
    /// Finds the classes of columns, each with the name of its argument.
    pub fn of(columns: &[(&'static str, &Column)]) -> Result<Self, StatsError> {
        let mut found = Vec::with_capacity(columns.len());
        for &(name, column) in columns {
            found.push(match (&column.cells, column.to_categories()) {
                (Cells::Nothing { .. }, _) => (vec![MISSING; column.rows() as usize], Vec::new()),
                (_, Some(categories)) => categories,
                (cells, None) => {
                    let what = format!("`{}`, a column of {}", column.name, kind(cells));
                    return Err(wrong(name, what, "a column of numbers, flags or texts"));
                }
            });
        }
        let style = Style::of(found.iter().flat_map(|(_, values)| values));
        for (_, values) in &mut found {
            values.iter_mut().for_each(|value| style.apply(value));
        }
        let all: BTreeSet<&Value> = found.iter().flat_map(|(_, values)| values).collect();
        let values: Vec<Value> = all.into_iter().cloned().collect();
        let code = |value: &Value| values.binary_search(value).map_or(MISSING, code_of);
        let columns = found.iter().map(|(codes, own)| {
            let codes_of: Vec<u32> = own.iter().map(code).collect();
            codes.iter().map(|&place| codes_of.get(place as usize).copied().unwrap_or(MISSING)).collect()
        });
        Ok(Self { columns: columns.collect(), style, values })
    }

    /// Returns the code of the class that a text says, which may be one that no column has.
    pub fn code(&mut self, text: &str) -> u32 {
        let place = self.find(text).unwrap_or_else(|| {
            self.values.push(self.style.parse(text));
            self.values.len() - 1
        });
        code_of(place)
    }

    fn find(&self, text: &str) -> Option<usize> {
        let parsed = self.style.parse(text);
        let same = |value: &Value| match value {
            Value::Long { start, .. } => text.len() > Value::TEXT && text.as_bytes().starts_with(start),
            Value::Real(_) => says_number(value, text),
            other => *other == parsed || other.to_string() == text,
        };
        self.values.iter().position(same)
    }

    /// Returns the positive class of a binary task whose truth is the first column.
    ///
    /// - **Errors**: [`StatsError::Argument`] if it is not given and cannot be told, or given and not among two or more classes of
    ///   the truth, or not among the values of truth and predictions and either there are two or more of them or the only one is
    ///   written nearly so: a misspelt one would otherwise be a model without any positive.
    pub fn positive(&mut self, asked: Option<&str>) -> Result<u32, StatsError> {
        let of_truth = self.classes_of(1);
        let of_all = self.classes_of(self.columns.len());
        let names = |classes: &BTreeSet<u32>| -> Vec<String> {
            classes.iter().filter_map(|&code| self.values.get(code as usize)).map(Value::to_string).collect()
        };
        let Some(text) = asked else { return self.usual_positive(&names(&of_truth)) };
        let is_among = |classes: &BTreeSet<u32>| self.find(text).is_some_and(|place| classes.contains(&code_of(place)));
        let expected = if of_truth.len() >= 2 && !is_among(&of_truth) {
            Some(format!("a value of the truth: {}", super::list(&names(&of_truth))))
        } else if of_all.len() >= 2 && !is_among(&of_all) {
            Some(format!("a value of truth or prediction: {}", super::list(&names(&of_all))))
        } else if !is_among(&of_all) {
            names(&of_all)
                .iter()
                .find(|name| is_misspelt(text, name))
                .map(|name| format!("a value of truth or prediction: did you mean `{name}`?"))
        } else {
            None
        };
        match expected {
            Some(expected) => Err(wrong("positive", format!("`{text}`"), expected)),
            None => Ok(self.code(text)),
        }
    }

    /// Returns a sentence if the truth has values, none of which is the positive class.
    pub fn note_of_positive(&self, positive: u32) -> Option<String> {
        let of_truth = self.classes_of(1);
        let is_seen = of_truth.is_empty() || of_truth.contains(&positive);
        let name = self.values.get(positive as usize).filter(|_| !is_seen)?;
        Some(format!("No value of the truth is `{name}`, the positive one."))
    }

    /// The classes that rows of the first columns have.
    fn classes_of(&self, columns: usize) -> BTreeSet<u32> {
        self.columns.iter().take(columns).flatten().copied().filter(|&code| code != MISSING).collect()
    }

    fn usual_positive(&mut self, names: &[String]) -> Result<u32, StatsError> {
        let others = |allowed: &[&str]| self.values.iter().all(|value| allowed.contains(&value.to_string().as_str()));
        if self.style == Style::Flags && !self.values.is_empty() {
            return Ok(self.code("true"));
        }
        if others(&["0", "1"]) || others(&["-1", "1"]) {
            return Ok(self.code("1"));
        }
        let expected = format!("one of the truth's values: {}", super::list(names));
        Err(wrong("positive", "missing", expected))
    }

    /// Returns the classes' names as people read them, each another.
    pub fn names(&self) -> Vec<String> {
        distinct(self.values.iter().map(Value::to_string))
    }
}

/// Whether a word was probably meant as another one: one letter wrong, missing, too many or swapped, or another case. Words of one or
/// two letters, as 0 and 1 or `no`, are never.
fn is_misspelt(word: &str, meant: &str) -> bool {
    let [word, meant] = [word, meant].map(|text| text.trim().to_lowercase());
    let is_number = word.parse::<f64>().is_ok();
    word == meant || (!is_number && word.chars().count() >= 3 && strsim::osa_distance(&word, &meant) <= 1)
}

fn code_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(MISSING)
}

/// Numbers names that are alike, such as long texts which differ at their ends.
pub(crate) fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let one = |name: String| {
        let mut free = name.clone();
        let mut number = 2u64;
        while !seen.insert(free.clone()) {
            free = format!("{name} ({number})");
            number += 1;
        }
        free
    };
    names.map(one).collect()
}

impl Style {
    fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Self {
        let (mut flags, mut numbers, mut others) = (false, false, false);
        for value in values {
            match value {
                Value::Flag(_) => flags = true,
                Value::Integer(_) | Value::Real(_) | Value::Decimal { .. } => numbers = true,
                Value::Time { .. } | Value::Text(_) | Value::Long { .. } => others = true,
            }
        }
        match (flags, numbers, others) {
            (true, false, false) => Self::Flags,
            (_, true, false) => Self::Numbers,
            _ => Self::Texts,
        }
    }

    /// Makes the value one of this style.
    fn apply(self, value: &mut Value) {
        match (self, &*value) {
            (Self::Numbers, Value::Flag(flag)) => *value = Value::Integer(i64::from(*flag)),
            (Self::Texts, Value::Text(_) | Value::Long { .. }) | (Self::Flags | Self::Numbers, _) => {}
            (Self::Texts, other) => *value = Value::Text(other.to_string().into_bytes().into()),
        }
    }

    fn parse(self, text: &str) -> Value {
        let flag = match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        match (self, flag, number_said(text)) {
            (Self::Flags, Some(flag), _) => Value::Flag(flag),
            (Self::Flags, None, Some(Value::Integer(number @ 0..=1))) => Value::Flag(number == 1),
            (Self::Numbers, Some(flag), _) => Value::Integer(i64::from(flag)),
            (Self::Numbers, None, Some(number)) => number,
            _ => Value::Text(text.as_bytes().into()),
        }
    }
}
