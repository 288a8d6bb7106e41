//! Limits on the numbers of a report: `roc_auc>=0.7`, `abs(DPL[female])<=0.1`, `psi[age]<=0.2`.
//!
//! Owns how a limit is written, where its number stands in a report's dictionary, and what the report then comes to. Invariants: a
//! limit on what was not computed is not computable, never kept; given limits alone decide what is too much, and a report that says nothing
//! keeps none. It deliberately has no limits of its own.
mod find;

use crate::{Align, Outcome, Report, StatsError, Table, number_or_dash};
use find::{Found, find};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// How a number is held against its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `<=`
    AtMost,
    /// `<`
    Below,
}

impl Comparison {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::AtLeast => value >= bound,
            Self::Above => value > bound,
            Self::AtMost => value <= bound,
            Self::Below => value < bound,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::AtMost => "<=",
            Self::Below => "<",
        }
    }
}

/// A limit on a number of a report.
///
/// Written `METRIC>=NUMBER`, with `>=`, `>`, `<=` or `<`. `METRIC[NAME]` is the metric of one column, facet value or slice; without
/// a name it is that of all rows and, where a metric has one number for each column or facet value, a limit on each of them. Columns
/// of a type that cannot have the number, such as a mean of texts, are then left out, and a note says so; columns that could have it
/// and do not are not computable.
/// `abs(METRIC)` is its size without its sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    metric: String,
    of: Option<String>,
    size: bool,
    comparison: Comparison,
    bound: f64,
}

impl FromStr for Limit {
    type Err = StatsError;

    /// Reads a limit. The comparison is the last one in the text, since names may hold such signs: `DPL[< 0 DM]<=0.1`.
    fn from_str(text: &str) -> Result<Self, StatsError> {
        let wrong = || StatsError::Argument {
            name: "limit".to_owned(),
            found: format!("`{text}`"),
            expected: "a limit such as `roc_auc>=0.7`, `abs(DPL)<=0.1` or `psi[age]<=0.2`".to_owned(),
        };
        let at = text.rfind(['<', '>']).ok_or_else(wrong)?;
        let (left, right) = text.split_at(at);
        let (comparison, bound) = match (right.strip_prefix(">="), right.strip_prefix("<=")) {
            (Some(bound), _) => (Comparison::AtLeast, bound),
            (_, Some(bound)) => (Comparison::AtMost, bound),
            _ if right.starts_with('>') => (Comparison::Above, &right[1..]),
            _ => (Comparison::Below, &right[1..]),
        };
        let bound: f64 = bound.trim().parse().ok().filter(|bound: &f64| bound.is_finite()).ok_or_else(wrong)?;
        let left = left.trim();
        let inner = left.strip_prefix("abs(").and_then(|rest| rest.strip_suffix(')'));
        let named = inner.unwrap_or(left).trim();
        let (metric, of) = match named.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            Some((metric, of)) => (metric.trim(), Some(of.to_owned())),
            None => (named, None),
        };
        let is_name = |letter: char| letter.is_alphanumeric() || "_@.-".contains(letter);
        if metric.is_empty() || !metric.chars().all(is_name) {
            return Err(wrong());
        }
        Ok(Self { metric: metric.to_owned(), of, size: inner.is_some(), comparison, bound })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.of.as_ref().map_or_else(String::new, |of| format!("[{of}]"));
        let (open, close) = if self.size { ("abs(", ")") } else { ("", "") };
        write!(f, "{open}{}{of}{close}{}{}", self.metric, self.comparison.as_str(), self.bound)
    }
}

/// What was found for a limit, or for one column, facet value or slice of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The limit, as it is written.
    pub limit: String,
    /// The column, facet value or slice; none if the number is that of all rows.
    pub of: Option<String>,
    /// The number as the report has it; infinite under Clarify's conventions alone.
    pub value: Option<f64>,
    /// Whether it is as it should be.
    pub verdict: Outcome,
    /// Why there is no number.
    pub reason: Option<String>,
}

impl Finding {
    /// Returns the finding as it stands in the dictionary, under `limits`: `limit`, `of`, `value`, `verdict`, `reason`.
    fn to_json(&self) -> Value {
        let verdict = match self.verdict {
            Outcome::Within => "within",
            Outcome::Breached => "breached",
            Outcome::NotComputable => "not_computable",
        };
        let value = match self.value {
            Some(value) if value.is_infinite() => json!(if value > 0.0 { "Infinity" } else { "-Infinity" }),
            value => json!(value),
        };
        json!({"limit": self.limit, "of": self.of, "value": value, "verdict": verdict, "reason": self.reason})
    }
}

/// A report that was held against limits: these alone say what is too much. Where the report itself is not computable, none is kept: a number
/// of what is not there, such as a difference of 0 where nothing is positive, would pass.
pub struct Limited<'a> {
    report: &'a dyn Report,
    findings: Vec<Finding>,
    /// Which columns limits are not about.
    notes: Vec<String>,
}

impl<'a> Limited<'a> {
    /// Holds a report against these limits, in their order; several findings of one limit are in the order of the dictionary.
    pub fn new(report: &'a dyn Report, limits: &[Limit]) -> Self {
        let dictionary = report.to_json();
        let (mut findings, mut notes) = (Vec::new(), Vec::new());
        for limit in limits {
            let mut found = find(&dictionary, &report.possible(), &limit.metric, limit.of.as_deref());
            // If no column can have it, that is said of each.
            if limit.of.is_none() && found.iter().any(|found| !found.is_apart) {
                let apart: Vec<Found> = found.extract_if(.., |found| found.is_apart).collect();
                notes.extend((!apart.is_empty()).then(|| left_out(limit, &apart)));
            }
            findings.extend(judge(limit, found));
        }
        Self { report, findings, notes }
    }

    /// Returns what was found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn count(&self, verdict: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }
}

/// Says which columns a limit is not about, the first ones by name.
fn left_out(limit: &Limit, apart: &[Found]) -> String {
    const MOST: usize = 10;
    let names: Vec<String> =
        apart.iter().take(MOST).filter_map(|found| Some(format!("`{}`", found.of.as_deref()?))).collect();
    let more = apart.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("The limit `{limit}` is not about columns whose type has no such number: {}{more}.", names.join(", "))
}

fn judge(limit: &Limit, found: Vec<Found>) -> Vec<Finding> {
    let one = |found: Found| {
        let (value, verdict, reason) = match found.value {
            Ok(value) => {
                let held = limit.comparison.holds(if limit.size { value.abs() } else { value }, limit.bound);
                (Some(value), if held { Outcome::Within } else { Outcome::Breached }, None)
            }
            Err(reason) => (None, Outcome::NotComputable, Some(reason)),
        };
        Finding { limit: limit.to_string(), of: found.of, value, verdict, reason }
    };
    found.into_iter().map(one).collect()
}

impl Report for Limited<'_> {
    /// How many limits are kept, then what the report says.
    fn headline(&self) -> String {
        if self.findings.is_empty() {
            return self.report.headline();
        }
        let (within, breached) = (self.count(Outcome::Within), self.count(Outcome::Breached));
        let open = self.count(Outcome::NotComputable);
        let open = if open == 0 { String::new() } else { format!(", {open} could not be computed") };
        let none = self.report.outcome() == Outcome::NotComputable && breached == 0;
        let none = if none { " The report as a whole is not computable, so no limit is kept." } else { "" };
        format!("Of what has a limit, {within} within and {breached} beyond it{open}.{none} {}", self.report.headline())
    }

    /// That of the limits, good or bad; without limits the report's own.
    fn verdict(&self) -> Option<Outcome> {
        if self.findings.is_empty() { self.report.verdict() } else { Some(self.outcome()) }
    }

    /// Breached if any limit is; else not computable if any is, or the report; without limits what the report says itself.
    fn outcome(&self) -> Outcome {
        if self.findings.is_empty() {
            self.report.outcome()
        } else if self.count(Outcome::Breached) > 0 {
            Outcome::Breached
        } else if self.count(Outcome::NotComputable) > 0 || self.report.outcome() == Outcome::NotComputable {
            Outcome::NotComputable
        } else {
            Outcome::Within
        }
    }

    fn tables(&self) -> Vec<Table> {
        let row = |finding: &Finding| {
            let verdict = match finding.verdict {
                Outcome::Within => "within",
                Outcome::Breached => "breached",
                Outcome::NotComputable => "not computable",
            };
            let reason = finding.reason.clone().unwrap_or_default();
            let of = finding.of.clone().unwrap_or_default();
            vec![verdict.to_owned(), finding.limit.clone(), of, number_or_dash(finding.value), reason]
        };
        let heading = |text: &str, align| (text.to_owned(), align);
        let headings = vec![
            heading("verdict", Align::Left),
            heading("limit", Align::Left),
            heading("of", Align::Left),
            heading("found", Align::Right),
            heading("why not", Align::Left),
        ];
        let limits = Table { title: "Limits".to_owned(), headings, rows: self.findings.iter().map(row).collect() };
        let limits = Some(limits).filter(|limits| !limits.rows.is_empty());
        limits.into_iter().chain(self.report.tables()).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.iter().cloned().chain(self.report.notes()).collect()
    }

    /// The report's own dictionary; with limits, they stand under `limits`: a list of `{limit, of, value, verdict, reason}`, `verdict`
    /// being `within`, `breached` or `not_computable`.
    fn to_json(&self) -> Value {
        let mut dictionary = self.report.to_json();
        if let Some(entries) = dictionary.as_object_mut().filter(|_| !self.findings.is_empty()) {
            entries.insert("limits".to_owned(), self.findings.iter().map(Finding::to_json).collect());
        }
        dictionary
    }
}

#[cfg(test)]
mod tests;
