//! Protected columns as one column of codes.
use super::asked::{Asked, Chosen};
use super::outcomes::{categories, says, size};
use crate::quality::distinct;
use crate::{Column, StatsError, bins};
use kernels::Reason;
use kernels::bias::{Combination, Frequent, MISSING, keep_frequent};
use kernels::profile::Value;

/// So many values are reported by themselves, those with the most rows.
const MOST_VALUES: usize = 500;

/// Stands between the parts of an intersection.
const AND: &str = " & ";

/// The values of the protected columns, or of their intersections.
pub(super) struct Facets {
    /// `[rows]`: a value's place among those reported, then one code for the pooled values that are advantaged and one for those that
    /// are not, or [`MISSING`].
    pub codes: Vec<u32>,
    /// Names of the values that are reported.
    names: Vec<String>,
    /// The codes of the disadvantaged, if they are asked for.
    pub disadvantaged: Option<Vec<u32>>,
    /// What the disadvantaged are called together.
    pub asked_for: String,
    /// Disadvantaged values that no row has.
    pub unseen: Vec<String>,
    pub pooled_values: u64,
    pub pooled_rows: u64,
    /// Why there are none.
    reason: Option<Reason>,
}

/// One protected column.
struct Part {
    codes: Vec<u32>,
    names: Vec<Named>,
}

enum Named {
    Value(Value),
    Bin(String),
}

impl Named {
    fn shown(&self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Bin(name) => name.clone(),
        }
    }

    fn is(&self, text: &str) -> bool {
        match self {
            Self::Value(value) => says(value, text),
            Self::Bin(name) => name == text,
        }
    }
}

impl Part {
    fn of(column: &Column, thresholds: Option<&[f64]>) -> Result<Self, StatsError> {
        let Some(thresholds) = thresholds else {
            let (codes, names) = categories("facet", column)?;
            return Ok(Self { codes, names: names.into_iter().map(Named::Value).collect() });
        };
        let names = bins::names(thresholds).into_iter().map(Named::Bin).collect();
        Ok(Self { codes: bins::codes("facet", column, thresholds)?, names })
    }

    fn size(&self) -> u32 {
        size(self.names.len())
    }

    fn find(&self, text: &str) -> Option<u32> {
        (0..).zip(&self.names).find(|(_, name)| name.is(text)).map(|(code, _)| code)
    }

    fn name(&self, code: u32) -> String {
        self.names.get(code as usize).map(Named::shown).unwrap_or_default()
    }
}

impl Facets {
    /// Returns the values of the facets, or of their intersections; an error names a column that cannot be one.
    pub fn of(columns: &[&Column], asked: &Asked, min_rows: u64) -> Result<Self, StatsError> {
        let parts = columns.iter().map(|column| Part::of(column, asked.thresholds(&column.name)));
        let mut parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
        let sizes: Vec<u32> = parts.iter().map(Part::size).collect();
        let combination = match Combination::new(&sizes) {
            Ok(combination) => combination,
            Err(reason) => return Ok(Self::none(columns.first().map_or(0, |column| column.rows()), reason)),
        };
        let codes = if let [only] = &mut parts[..] {
            std::mem::take(&mut only.codes)
        } else {
            let columns: Vec<&[u32]> = parts.iter().map(|part| part.codes.as_slice()).collect();
            combination.codes(&columns)?
        };
        let name = |code: u32| {
            let parts = parts.iter().zip(combination.parts(code).unwrap_or_default());
            parts.map(|(part, code)| part.name(code)).collect::<Vec<String>>().join(AND)
        };
        let wanted = asked.disadvantaged.as_ref().map(|chosen| wanted(chosen, &parts));
        Ok(Self::pooled(&codes, min_rows, wanted, name))
    }

    /// Without any value.
    fn none(rows: u64, reason: Reason) -> Self {
        Self {
            codes: vec![MISSING; usize::try_from(rows).unwrap_or(0)],
            names: Vec::new(),
            disadvantaged: None,
            asked_for: String::new(),
            unseen: Vec::new(),
            pooled_values: 0,
            pooled_rows: 0,
            reason: Some(reason),
        }
    }

    /// Pools what too few rows have.
    fn pooled(
        codes: &[u32],
        min_rows: u64,
        wanted: Option<Vec<(String, Vec<u32>)>>,
        name: impl Fn(u32) -> String,
    ) -> Self {
        let mut frequent = most_frequent(keep_frequent(codes, min_rows));
        let kept = size(frequent.kept.len());
        let mut found = Self::none(0, Reason::Empty("the protected column".into()));
        if codes.iter().any(|&code| code != MISSING) {
            found.reason = None;
        }
        // Names are keys of the dictionary: two groups that look alike stay two.
        found.names = distinct(frequent.kept.iter().map(|&code| name(code)));
        if let Some(mut wanted) = wanted {
            for (text, codes) in wanted.iter_mut().filter(|(_, codes)| codes.len() != 1) {
                // What a report calls so is meant, and else all that may be.
                let called = found.names.iter().position(|name| name == text);
                if let Some(&code) = called.and_then(|place| frequent.kept.get(place)) {
                    *codes = vec![code];
                }
            }
            let mut asked: Vec<u32> = wanted.iter().flat_map(|(_, codes)| codes).copied().collect();
            asked.sort_unstable();
            for (new, &old) in frequent.codes.iter_mut().zip(codes) {
                if *new == kept && asked.binary_search(&old).is_ok() {
                    *new = kept + 1;
                }
            }
            let places = (0u32..)
                .zip(&frequent.kept)
                .filter(|(_, code)| asked.binary_search(code).is_ok())
                .map(|(place, _)| place);
            found.disadvantaged = Some(places.chain([kept + 1]).collect());
            found.asked_for = wanted.iter().map(|(text, _)| text.as_str()).collect::<Vec<&str>>().join(", ");
            found.unseen = wanted.into_iter().filter(|(_, codes)| codes.is_empty()).map(|(text, _)| text).collect();
        }
        (found.codes, found.pooled_values, found.pooled_rows) =
            (frequent.codes, frequent.pooled_values, frequent.pooled_rows);
        found
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        self.codes.len() as u64
    }

    /// How many codes there are.
    pub fn size(&self) -> u32 {
        self.reported() + 2
    }

    /// How many values are reported by themselves: their codes are below.
    pub fn reported(&self) -> u32 {
        size(self.names.len())
    }

    /// Returns why there is nothing to compare, if that is so.
    pub fn reason(&self) -> Option<Reason> {
        self.reason.clone()
    }

    /// Returns the value that a code stands for.
    pub fn name(&self, code: u32) -> String {
        self.names.get(code as usize).cloned().unwrap_or_default()
    }

    /// Returns the values that are reported by themselves, in the order of their codes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns 1 for the rows of these codes, 0 for the others, [`MISSING`] where the facet is.
    pub fn sides(&self, disadvantaged: &[u32]) -> Vec<u32> {
        let mut kinds = vec![0u32; self.size() as usize];
        for &code in disadvantaged {
            if let Some(kind) = kinds.get_mut(code as usize) {
                *kind = 1;
            }
        }
        self.codes.iter().map(|&code| kinds.get(code as usize).copied().unwrap_or(MISSING)).collect()
    }
}

/// Pools all but the values with the most rows, of equal ones those that come first.
fn most_frequent(frequent: Frequent) -> Frequent {
    let kept = frequent.kept.len();
    if kept <= MOST_VALUES {
        return frequent;
    }
    let mut rows = vec![0u64; kept];
    for &code in &frequent.codes {
        if let Some(rows) = rows.get_mut(code as usize) {
            *rows += 1;
        }
    }
    let mut order: Vec<usize> = (0..kept).collect();
    order.sort_by_key(|&code| std::cmp::Reverse(rows.get(code).copied()));
    let pooled = order.split_off(MOST_VALUES);
    order.sort_unstable();
    let mut new_codes = vec![size(MOST_VALUES); kept + 1];
    for (new, &old) in (0..).zip(&order) {
        if let Some(code) = new_codes.get_mut(old) {
            *code = new;
        }
    }
    let new_code = |&code: &u32| new_codes.get(code as usize).copied().unwrap_or(MISSING);
    Frequent {
        codes: frequent.codes.iter().map(new_code).collect(),
        kept: order.iter().filter_map(|&code| frequent.kept.get(code).copied()).collect(),
        pooled_values: frequent.pooled_values + pooled.len() as u64,
        pooled_rows: frequent.pooled_rows + pooled.iter().filter_map(|&code| rows.get(code)).sum::<u64>(),
    }
}

/// What is asked for, each with the codes of the columns that it may mean.
fn wanted(chosen: &Chosen, parts: &[Part]) -> Vec<(String, Vec<u32>)> {
    match chosen {
        Chosen::Values(texts) => texts.iter().map(|text| (text.clone(), meant(text, parts, 0))).collect(),
        Chosen::Above(_) => parts.iter().map(|part| (part.name(1), vec![1])).collect(),
    }
}

/// The codes of every intersection that a text says: values may have the word in them that stands between two. `before` is the code of
/// the parts before these.
fn meant(text: &str, parts: &[Part], before: u32) -> Vec<u32> {
    let code = |part: &Part, text: &str| part.find(text).map(|code| before * part.size() + code);
    match parts {
        [] => Vec::new(),
        [only] => code(only, text).into_iter().collect(),
        [first, others @ ..] => text
            .match_indices(AND)
            .filter_map(|(at, _)| Some((code(first, text.get(..at)?)?, text.get(at + AND.len()..)?)))
            .flat_map(|(code, rest)| meant(rest, others, code))
            .collect(),
    }
}
