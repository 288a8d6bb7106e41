//! Puts claims beside facts. Pure: the same contract and the same facts always get the same answer.
use super::{Claim, ColumnFacts, Contract, DatasetFacts, Facts, Rule, Table};
use crate::checks::{ColumnVerdict, Verdict};
use catalog::profile::{ColumnProfile, Datum, Same, Sort};
use std::collections::BTreeSet;

/// How far below the number of values an estimate of the distinct ones has to lie before it shows that they repeat: five
/// times its standard error of 1.6 %, so that chance alone breaks no contract.
const SURELY_REPEATED: f64 = 0.92;

/// What came of one rule.
enum Outcome {
    Holds,
    Broken(String),
    Unknown(String),
}

use Outcome::{Broken, Holds, Unknown};

/// Judges every column and table of a contract, in its order.
pub fn judge(contract: &Contract, facts: &Facts) -> Vec<ColumnVerdict> {
    let mut verdicts = Vec::new();
    for table in &contract.tables {
        if !table.rules.is_empty() && !table.sources().is_empty() {
            verdicts.push(verdict(table.name.clone(), None, rows(table, facts)));
        }
        for claim in &table.columns {
            let Some((dataset, name)) = &claim.source else { continue };
            let outcomes = match facts.get(dataset) {
                Some(known) => column(claim, name, dataset, known),
                None => vec![Broken(format!("the catalog shows this project no dataset `{dataset}`"))],
            };
            verdicts.push(verdict(table.name.clone(), Some(claim.column.clone()), outcomes));
        }
    }
    verdicts
}

fn verdict(table: String, column: Option<String>, outcomes: Vec<Outcome>) -> ColumnVerdict {
    let (mut broken, mut unknown) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Broken(why) => broken.push(why),
            Unknown(why) if !unknown.contains(&why) => unknown.push(why),
            Holds | Unknown(_) => {}
        }
    }
    let (verdict, reasons) = match (broken.is_empty(), unknown.is_empty()) {
        (false, _) => (Verdict::Failed, broken),
        (true, false) => (Verdict::NotComputable, unknown),
        (true, true) => (Verdict::Passed, Vec::new()),
    };
    ColumnVerdict { table, column, verdict, reason: crate::shown(&reasons.join("; "), 1_000) }
}

fn rows(table: &Table, facts: &Facts) -> Vec<Outcome> {
    let sources = table.sources();
    let one = match sources.iter().collect::<Vec<_>>()[..] {
        [one] => Ok(facts.get(*one)),
        _ => Err("its columns come from several datasets, whose rows are joined in the pipeline".to_owned()),
    };
    let outcome = |rule: &Rule| match (rule, &one) {
        (Rule::RowCount(word, operands), Ok(Some(known))) => count(known.rows, word, operands),
        (Rule::RowCount(..), Ok(None)) => Holds, // its columns say that there is no such dataset
        (Rule::RowCount(..), Err(why)) => Unknown(why.clone()),
        (Rule::Other(name), _) => Unknown(format!("`{name}` is not judged here")),
        _ => Unknown("this rule goes with a column".into()),
    };
    table.rules.iter().map(outcome).collect()
}

fn count(rows: i64, word: &str, operands: &[f64]) -> Outcome {
    let (n, first) = (rows as f64, operands.first().copied().unwrap_or_default());
    let last = operands.last().copied().unwrap_or_default();
    let holds = match word {
        "mustBe" => n == first,
        "mustNotBe" => n != first,
        "mustBeGreaterThan" => n > first,
        "mustBeGreaterOrEqualTo" => n >= first,
        "mustBeLessThan" => n < first,
        "mustBeLessOrEqualTo" => n <= first,
        "mustBeBetween" => (first..=last).contains(&n),
        _ => !(first..=last).contains(&n),
    };
    let said = operands.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    if holds { Holds } else { Broken(format!("it has {rows} rows; `rowCount` {word} {said}")) }
}

fn column(claim: &Claim, name: &str, dataset: &str, known: &DatasetFacts) -> Vec<Outcome> {
    let Some(facts) = known.columns.get(name) else {
        let near = base::nearest(name, known.columns.keys().map(String::as_str));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let name = crate::shown(name, 100);
        return vec![Broken(format!("`{dataset}` has no column `{name}`{near}"))];
    };
    claim.rules.iter().map(|rule| holds(rule, facts)).collect()
}

fn holds(rule: &Rule, facts: &ColumnFacts) -> Outcome {
    let profile = match rule {
        Rule::Type(word) => return has_type(word, &facts.data_type),
        Rule::Other(name) => return Unknown(format!("`{name}` is not judged here")),
        Rule::RowCount(..) => return Unknown("`rowCount` goes with a table".into()),
        _ => match &facts.profile {
            None => return Unknown("no crawl has read its values yet".into()),
            Some(profile) => profile,
        },
    };
    if let Rule::Required = rule {
        return match profile.nulls {
            0 => Holds,
            nulls => Broken(format!("{nulls} of {} values are missing", profile.rows)),
        };
    }
    if !profile.shown {
        let why = profile.why_not.clone().unwrap_or_else(|| "its values are not shown".into());
        return Unknown(why);
    }
    let sort = Sort::of(&facts.data_type).counted(profile.distinct_exact == Some(true));
    match rule {
        Rule::Unique => unique(sort, profile),
        Rule::Minimum(least) => limit(sort, profile, End::Minimum, *least),
        Rule::Maximum(most) => limit(sort, profile, End::Maximum, *most),
        Rule::ValidValues(valid) => values(sort, profile, valid),
        _ => Holds,
    }
}

fn has_type(word: &str, data_type: &str) -> Outcome {
    let sort = Sort::of(data_type);
    let starts = |words: &[&str]| words.iter().any(|word| data_type.starts_with(word));
    let fits = match word {
        "integer" => sort == Sort::Whole,
        "number" => sort.is_of_numbers(),
        "string" => sort == Sort::Text,
        "boolean" => sort == Sort::Flag,
        "date" => sort == Sort::Day,
        "timestamp" => matches!(sort, Sort::Time { .. }),
        "time" => sort == Sort::Clock,
        "object" => starts(&["Struct", "Map"]),
        _ => starts(&["List", "LargeList", "FixedSizeList"]),
    };
    if fits { Holds } else { Broken(format!("it is `{data_type}`; the contract says `{word}`")) }
}

fn unique(sort: Sort, profile: &ColumnProfile) -> Outcome {
    let nans = profile.nans.unwrap_or(0);
    let values = present(profile);
    let twice = profile.top.first().filter(|top| top.count > 1 && profile.distinct_exact != Some(true));
    if let Some(top) = twice.filter(|_| !sort.is_rounded()) {
        // A count may be too low, never too high.
        return Broken(format!("`{}` is there {} times at least", crate::shown(&top.value, 60), top.count));
    }
    match (profile.distinct, profile.distinct_exact) {
        (Some(distinct), _) if distinct < values && sort.is_rounded() => {
            Unknown("values that differ by less than a profile keeps of them count as repeats".into())
        }
        (Some(distinct), Some(true)) if distinct < values => {
            Broken(format!("{} of {values} values are repeats", values - distinct))
        }
        (Some(_), Some(true)) if nans > 1 => Unknown(format!("{nans} of its values are not a number (NaN)")),
        (Some(_), Some(true)) => Holds,
        (Some(distinct), _) if (distinct as f64) < values as f64 * SURELY_REPEATED => {
            Broken(format!("about {distinct} of {values} values differ"))
        }
        (Some(_), _) => Unknown("how many values differ is only estimated for so many".into()),
        (None, _) => Unknown("how many values differ is not known for this type".into()),
    }
}

/// Returns how many values there are that are neither null nor NaN.
fn present(profile: &ColumnProfile) -> u64 {
    profile.rows.saturating_sub(profile.nulls).saturating_sub(profile.nans.unwrap_or(0))
}

/// An end of a column's numbers.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Minimum,
    Maximum,
}

impl End {
    fn word(self) -> &'static str {
        if self == Self::Minimum { "minimum" } else { "maximum" }
    }

    /// Returns the number at this end, or why it is not known.
    fn of(self, profile: &ColumnProfile) -> Result<f64, String> {
        let number = |end: &Option<Datum>| match end {
            Some(Datum::Integer(value)) => Some(*value as f64),
            Some(Datum::Number(value)) => Some(*value),
            Some(Datum::Text(_)) | None => None,
        };
        let (mine, other, beyond) = match self {
            Self::Minimum => (number(&profile.min), number(&profile.max), f64::NEG_INFINITY),
            Self::Maximum => (number(&profile.max), number(&profile.min), f64::INFINITY),
        };
        if let Some(mine) = mine {
            return Ok(mine);
        }
        if present(profile) == 0 {
            return Err(format!("it has no {}: no number is in it", self.word()));
        }
        // JSON has no infinite numbers, so a profile leaves an end out that is one.
        if other.is_some() {
            return Ok(beyond);
        }
        let all: Vec<f64> = profile.top.iter().filter_map(|top| top.value.parse().ok()).collect();
        match all.iter().copied().reduce(if self == Self::Minimum { f64::min } else { f64::max }) {
            Some(end) if is_whole(profile) && all.len() == profile.top.len() => Ok(end),
            _ => Err(format!("its {} is not known: it may be infinite", self.word())),
        }
    }
}

fn limit(sort: Sort, profile: &ColumnProfile, end: End, wanted: f64) -> Outcome {
    let what = end.word();
    if !sort.is_of_numbers() {
        return Unknown(format!("`{what}` is judged for numbers only"));
    }
    let value = match end.of(profile) {
        Ok(value) => value,
        Err(why) => return Unknown(why),
    };
    let held = sort.held(wanted);
    let fits = if end == End::Minimum { value >= held } else { value <= held };
    match (fits, profile.nans) {
        // The nearest float to both is one, so either may be the larger.
        _ if value == held && !sort.is_told_apart(value) => {
            Unknown(format!("its {what} is about {value}, as the contract says; more than 15 digits are not compared"))
        }
        (false, _) => Broken(format!("its {what} is {value}; the contract says {wanted}")),
        (true, Some(nans @ 1..)) => {
            Unknown(format!("{nans} of its values are not a number (NaN), which no limit bounds"))
        }
        (true, _) => Holds,
    }
}

/// Whether the profile has every value of the column.
fn is_whole(profile: &ColumnProfile) -> bool {
    profile.distinct_exact == Some(true)
        && profile.distinct.is_some_and(|distinct| distinct == profile.top.len() as u64)
}

fn values(sort: Sort, profile: &ColumnProfile, valid: &BTreeSet<String>) -> Outcome {
    let same = |found: &str| -> Same {
        let mut same = Same::No;
        for written in valid {
            match sort.same(found, written) {
                Same::Yes => return Same::Yes,
                Same::Unclear(why) => same = Same::Unclear(why),
                Same::No => {}
            }
        }
        same
    };
    let (mut wrong, mut unclear) = (Vec::new(), None);
    let ends = [&profile.min, &profile.max].into_iter().flatten().filter_map(|end| spelled(sort, end));
    let found: BTreeSet<String> = profile.top.iter().map(|top| top.value.clone()).chain(ends).collect();
    for value in found.into_iter().chain(profile.nans.is_some_and(|nans| nans > 0).then(|| "NaN".to_owned())) {
        match same(&value) {
            Same::Yes => {}
            Same::No => wrong.push(value),
            Same::Unclear(why) => unclear = Some(why),
        }
    }
    if let Some(first) = wrong.first() {
        let more = if wrong.len() > 1 { format!(" and {} more", wrong.len() - 1) } else { String::new() };
        return Broken(format!("`{}`{more} is not among the valid values", crate::shown(first, 60)));
    }
    match (profile.distinct, profile.distinct_exact) {
        (Some(distinct), Some(true)) if distinct > valid.len() as u64 => {
            Broken(format!("it has {distinct} values, and {} are valid", valid.len()))
        }
        (None, _) => Unknown("its values are not known for this type".into()),
        _ => match unclear {
            Some(why) => Unknown(why.to_owned()),
            None if is_whole(profile) => Holds,
            None => Unknown("it has more values than the profile keeps".into()),
        },
    }
}

/// Returns an end of the values as the profile spells others; nothing where it was rounded to a float.
fn spelled(sort: Sort, end: &Datum) -> Option<String> {
    match end {
        Datum::Text(text) => Some(text.clone()),
        Datum::Integer(whole) => Some(whole.to_string()),
        Datum::Number(number) => (matches!(sort, Sort::Real { .. })).then(|| number.to_string()),
    }
}
