//! Puts claims beside facts. Pure: the same contract and the same facts always get the same answer.
use super::{Claim, ColumnFacts, Contract, DatasetFacts, Facts, Rule, Table};
use crate::checks::{ColumnVerdict, Verdict};
use catalog::profile::{ColumnProfile, Datum};

/// How far below the number of values an estimate of the distinct ones has to lie before it shows that they repeat: three
/// times its standard error of 1.6 %.
const SURELY_REPEATED: f64 = 0.95;

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
    match rule {
        Rule::Unique => unique(profile),
        Rule::Minimum(least) => limit(profile.min.as_ref(), *least, "minimum", |found, least| found >= least),
        Rule::Maximum(most) => limit(profile.max.as_ref(), *most, "maximum", |found, most| found <= most),
        Rule::ValidValues(valid) => values(profile, valid),
        _ => Holds,
    }
}

fn has_type(word: &str, data_type: &str) -> Outcome {
    let starts = |words: &[&str]| words.iter().any(|word| data_type.starts_with(word));
    let fits = match word {
        "integer" => starts(&["Int", "UInt"]),
        "number" => starts(&["Int", "UInt", "Float", "Decimal"]),
        "string" => data_type.contains("Utf8"),
        "boolean" => data_type == "Boolean",
        "date" => starts(&["Date"]),
        "timestamp" => starts(&["Timestamp"]),
        "time" => starts(&["Time32", "Time64"]),
        "object" => starts(&["Struct", "Map"]),
        _ => starts(&["List", "LargeList", "FixedSizeList"]),
    };
    if fits { Holds } else { Broken(format!("it is `{data_type}`; the contract says `{word}`")) }
}

fn unique(profile: &ColumnProfile) -> Outcome {
    let values = profile.rows.saturating_sub(profile.nulls);
    match (profile.distinct, profile.distinct_exact) {
        (Some(distinct), Some(true)) if distinct < values => {
            Broken(format!("{} of {values} values are repeats", values - distinct))
        }
        (Some(_), Some(true)) => Holds,
        (Some(distinct), _) if (distinct as f64) < values as f64 * SURELY_REPEATED => {
            Broken(format!("about {distinct} of {values} values differ"))
        }
        (Some(_), _) => Unknown("how many values differ is only estimated for so many".into()),
        (None, _) => Unknown("how many values differ is not known for this type".into()),
    }
}

fn limit(found: Option<&Datum>, wanted: f64, what: &str, fits: impl Fn(f64, f64) -> bool) -> Outcome {
    let value = match found {
        Some(Datum::Integer(value)) => *value as f64,
        Some(Datum::Number(value)) => *value,
        Some(Datum::Text(_)) => return Unknown(format!("`{what}` is judged for numbers only")),
        None => return Unknown(format!("it has no {what}: no number is in it")),
    };
    if fits(value, wanted) { Holds } else { Broken(format!("its {what} is {value}; the contract says {wanted}")) }
}

fn values(profile: &ColumnProfile, valid: &std::collections::BTreeSet<String>) -> Outcome {
    let wrong: Vec<&str> =
        profile.top.iter().map(|top| top.value.as_str()).filter(|value| !valid.contains(*value)).collect();
    if let Some(first) = wrong.first() {
        let more = if wrong.len() > 1 { format!(" and {} more", wrong.len() - 1) } else { String::new() };
        return Broken(format!("`{}`{more} is not among the valid values", crate::shown(first, 60)));
    }
    let all = profile.distinct_exact == Some(true)
        && profile.distinct.is_some_and(|distinct| distinct == profile.top.len() as u64);
    if all { Holds } else { Unknown("it has more values than the profile keeps".into()) }
}
