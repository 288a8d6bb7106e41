//! What a profile says to people.
use super::json::{BINS, inferred, kind};
use super::{Profile, json};
use crate::output::counted;
use crate::{Align, NO_NUMBER, Outcome, Report, Table, bars, count, harmless, number_or_dash, share};
use kernels::profile::{ColumnProfile, Counts, Inferred, Summary, Value};

/// How much of a value is shown.
const SHOWN: usize = 32;

impl Report for Profile {
    fn headline(&self) -> String {
        let columns = self.kernel.columns();
        let of = self.name.as_deref().map(|name| format!("{}: ", harmless(name))).unwrap_or_default();
        let rows = self.kernel.rows();
        if rows == 0 {
            return format!("{of}no rows in {}.", counted(columns.len() as u64, "column"));
        }
        let missing = columns.iter().filter(|(_, column)| column.counts().values() < rows).count();
        let holes = match missing {
            0 => "no value is missing".to_owned(),
            1 => "values are missing in 1 of them".to_owned(),
            _ => format!("values are missing in {} of them", count(missing as u64)),
        };
        let (rows, columns) = (counted(rows, "row"), counted(columns.len() as u64, "column"));
        format!("{of}{rows} in {columns}; {holes}.")
    }

    fn outcome(&self) -> Outcome {
        Outcome::Within
    }

    fn tables(&self) -> Vec<Table> {
        let columns = self.kernel.columns();
        let summaries: Vec<(&str, Summary<'_>)> =
            columns.iter().map(|(name, column)| (*name, column.summary())).collect();
        let mut tables = vec![overview(&summaries)];
        tables.extend(numbers(&summaries));
        tables.extend(values(&summaries));
        tables
    }

    fn notes(&self) -> Vec<String> {
        let columns = self.kernel.columns();
        columns.into_iter().flat_map(|(name, column)| notes_of(name, column)).collect()
    }

    /// Returns `{"name", "rows", "columns"}`: `name` of the table or null; `columns` by name, each with
    ///
    /// - `position` (from 0), `type` (as what the values came: `number`, `flag`, `time`, `text`, `other`, `mixed`, `unknown`),
    ///   `inferred` (what fits all of them, texts that say numbers included: `integral`, `fractional`, `boolean`, `datetime`, `text`,
    ///   `other`, `unknown`), `types` (the share of each among the values);
    /// - `counts` (`rows`, `values`, `nulls`, `absent`, `nan`, `negative_infinite`, `positive_infinite`, `integral`, `fractional`,
    ///   `boolean`, `datetime`, `text`, `other`, and `times` by kind), `nulls`, `completeness` (values per row);
    /// - `distinct`, `distinct_exact`, `distinctness`, `uniqueness`, `unique_value_ratio`, `entropy` (nats);
    /// - `mean`, `std` (by `n − 1`), `std_population` (by `n`), `min`, `max`, `quantiles` (`"0.01"` to `"0.99"`), `rank_error`,
    ///   `histogram` (`edges`, `counts`, `share_error`);
    /// - `top` (`value`, `count`, `share` each), `top_error`; `shapes` (by name, shares of the texts), `lengths` (`min`, `max`, `mean`,
    ///   characters);
    /// - `reasons`: for each key that is null, why.
    ///
    /// Numbers are in the unit of the column, times of day and durations in seconds. Times are texts of RFC 3339; `std` and
    /// `std_population` of them are seconds, and `std_unit` is there and says so. A mean of dates, or an edge, between two days has
    /// its time of day. `min` and `max` of texts are the first and the last as texts, whatever they say. Infinite numbers are
    /// `"Infinity"` and `"-Infinity"`; decimals of more than 15 digits are texts.
    fn to_json(&self) -> serde_json::Value {
        json::of(self)
    }
}

fn shown(value: &Value) -> String {
    let text = harmless(&value.to_string());
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn end(value: Option<Value>) -> String {
    value.as_ref().map_or_else(|| NO_NUMBER.to_owned(), shown)
}

fn headings(words: &[(&str, Align)]) -> Vec<(String, Align)> {
    words.iter().map(|(word, align)| ((*word).to_owned(), *align)).collect()
}

fn overview(summaries: &[(&str, Summary<'_>)]) -> Table {
    use Align::{Left, Right};
    let row = |(name, summary): &(&str, Summary<'_>)| {
        let counts = summary.counts();
        let about = if summary.is_distinct_exact() { "" } else { "≈ " };
        let distinct =
            summary.distinct().map_or(NO_NUMBER.to_owned(), |distinct| format!("{about}{}", count(distinct)));
        let histogram = summary.histogram(BINS).ok().and_then(Result::ok);
        let histogram = histogram.map(|histogram| histogram.counts.iter().map(|&bin| bin as f64).collect::<Vec<f64>>());
        vec![
            harmless(name),
            words(summary),
            summary.completeness().map_or(NO_NUMBER.to_owned(), |full| missing(counts, 1.0 - full)),
            distinct,
            end(summary.min()),
            end(summary.max()),
            histogram.map_or(String::new(), |histogram| bars(&histogram)),
        ]
    };
    Table {
        title: "Columns".to_owned(),
        headings: headings(&[
            ("Column", Left),
            ("Type", Left),
            ("Missing", Right),
            ("Distinct", Right),
            ("Min", Right),
            ("Max", Right),
            ("Distribution", Left),
        ]),
        rows: summaries.iter().map(row).collect(),
    }
}

/// Exactly nothing where nothing is missing.
fn missing(counts: &Counts, of_all: f64) -> String {
    share(if counts.values() == counts.rows { 0.0 } else { of_all })
}

fn words(summary: &Summary<'_>) -> String {
    let (came, fits) = (kind(summary), inferred(summary));
    match (came, summary.inferred()) {
        ("number", Inferred::Integral) => "whole number".to_owned(),
        ("text", Inferred::Text) | (_, Inferred::Unknown | Inferred::Other) => came.to_owned(),
        ("text", _) => format!("text ({fits})"),
        _ => came.to_owned(),
    }
}

fn numbers(summaries: &[(&str, Summary<'_>)]) -> Option<Table> {
    use Align::{Left, Right};
    let is_number = |summary: &Summary<'_>| kind(summary) == "number" && summary.mean().is_ok();
    let row = |(name, summary): &(&str, Summary<'_>)| {
        let quantile = |q: f64| summary.quantile(q).ok().and_then(Result::ok);
        let mut row = vec![harmless(name)];
        row.extend([summary.mean().ok(), summary.variance().ok().map(f64::sqrt)].map(number_or_dash));
        row.extend([0.05, 0.25, 0.5, 0.75, 0.95].map(|q| number_or_dash(quantile(q))));
        row
    };
    let rows: Vec<Vec<String>> = summaries.iter().filter(|(_, summary)| is_number(summary)).map(row).collect();
    let words = ["Mean", "Std", "5 %", "25 %", "Median", "75 %", "95 %"];
    let mut all = vec![("Column", Left)];
    all.extend(words.map(|word| (word, Right)));
    (!rows.is_empty()).then(|| Table { title: "Numbers".to_owned(), headings: headings(&all), rows })
}

fn values(summaries: &[(&str, Summary<'_>)]) -> Option<Table> {
    const MOST: usize = 3;
    let row = |(name, summary): &(&str, Summary<'_>)| {
        let all = summary.counts().values();
        let top = summary.top(MOST);
        let is_telling = top.first().is_some_and(|(_, count)| *count > 1) && kind(summary) != "time";
        let one = |(value, count): (&Value, u64)| format!("{} ({})", shown(value), share(count as f64 / all as f64));
        is_telling.then(|| vec![harmless(name), top.into_iter().map(one).collect::<Vec<_>>().join(", ")])
    };
    let rows: Vec<Vec<String>> = summaries.iter().filter_map(row).collect();
    let headings = headings(&[("Column", Align::Left), ("Most frequent", Align::Left)]);
    (!rows.is_empty()).then(|| Table { title: "Most frequent values".to_owned(), headings, rows })
}

fn notes_of(name: &str, column: &ColumnProfile) -> Vec<String> {
    let (summary, name) = (column.summary(), harmless(name));
    let counts = summary.counts();
    let mut notes = Vec::new();
    if counts.rows > 0 && counts.values() == 0 {
        notes.push(format!("`{name}` has no values."));
    } else if counts.values() > 1 && summary.distinct() == Ok(1) {
        notes.push(format!("`{name}` is the same everywhere."));
    }
    if counts.absent > 0 {
        notes.push(format!(
            "`{name}` is not in every part of the data: {} do not have it.",
            counted(counts.absent, "row")
        ));
    }
    let infinite = counts.negative_infinite + counts.positive_infinite;
    if infinite > 0 {
        notes.push(format!(
            "`{name}` has {}: mean and spread are those of the others.",
            counted(infinite, "infinite value")
        ));
    }
    if counts.times.iter().filter(|count| **count > 0).count() > 1 {
        notes.push(format!(
            "`{name}` mixes dates, local times and times of a zone: they are compared as if all were in UTC."
        ));
    }
    if summary.has_times_as_texts() {
        notes.push(format!(
            "`{name}` has times that are texts: min and max are the first and the last as texts. To have them compared as times, \
             store them as such, or in CSV write all in ISO 8601, all with an offset or none."
        ));
    }
    if summary.is_rounded() {
        notes.push(format!(
            "`{name}` has values of more digits than 64-bit floats hold: mean, standard deviation, quantiles and histogram are of \
             the rounded ones."
        ));
    }
    if counts.other > 0 {
        notes.push(format!(
            "`{name}` holds lists, structures, bytes or times beyond 64 bits: they are counted, not looked into."
        ));
    }
    notes
}
