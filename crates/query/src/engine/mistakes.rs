//! Mistakes in a reader's SQL, in words that point at the token. They name visible tables and columns only, since the
//! planner knows no others.
use std::collections::BTreeSet;
use std::fmt;

use datafusion::common::{DataFusionError, SchemaError};
use datafusion::execution::SessionState;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::Error;

/// A place in a statement, counted from 1, and how many characters it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    line: u64,
    column: u64,
    width: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl Place {
    /// Returns the line of `sql` and carets below this place, on lines of their own.
    pub fn caret(self, sql: &str) -> String {
        const WIDEST: usize = 100;
        let number = usize::try_from(self.line).unwrap_or(1).saturating_sub(1);
        let Some(line) = sql.lines().nth(number) else { return String::new() };
        let before = usize::try_from(self.column).unwrap_or(1).saturating_sub(1);
        // A very long line is cut in front, so that the caret stays in sight.
        let cut = before.saturating_sub(WIDEST / 2);
        let shown: String = line.chars().skip(cut).take(WIDEST).collect();
        format!(
            "\n  {}\n  {}{}",
            shown.replace('\t', " "),
            " ".repeat(before - cut),
            "^".repeat(self.width.clamp(1, 60))
        )
    }
}

/// Returns where `word` first stands as a name in `sql`.
pub(super) fn find_word(sql: &str, word: &str) -> Option<Place> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().ok()?;
    for token in tokens {
        let Token::Word(found) = &token.token else { continue };
        let same =
            if found.quote_style.is_some() { found.value == word } else { found.value.eq_ignore_ascii_case(word) };
        if same {
            let quotes = if found.quote_style.is_some() { 2 } else { 0 };
            let (line, column) = (token.span.start.line, token.span.start.column);
            return Some(Place { line, column, width: found.value.chars().count() + quotes });
        }
    }
    None
}

/// Puts a parser's error into words.
pub(super) fn parse_mistake(sql: &str, error: &DataFusionError) -> Error {
    let text = match error.find_root() {
        DataFusionError::SQL(error, _) => error.to_string(),
        other => other.strip_backtrace(),
    };
    let text = text.trim_start_matches("sql parser error: ").trim_start_matches("SQL error: ");
    let (words, place) = match text.rfind(" at Line: ") {
        Some(at) => (&text[..at], read_place(sql, &text[at..])),
        None => (text, None),
    };
    let place = place.unwrap_or_else(|| end_of(sql));
    let mut words = words.replace("Expected: ", "expected ").replace(", found: ", ", found ");
    words = words.trim_end_matches('.').replace("found EOF", "found the end");
    Error::Mistake { detail: format!("{place}: {words}{}", place.caret(sql)), hint: None }
}

fn read_place(sql: &str, text: &str) -> Option<Place> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let (line, column) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().unwrap_or_default();
    let token = tokens.iter().find(|token| token.span.start.line == line && token.span.start.column == column);
    let width = token.map_or(1, |token| token.token.to_string().chars().count());
    Some(Place { line, column, width })
}

fn end_of(sql: &str) -> Place {
    let sql = sql.trim_end();
    let last = sql.lines().last().unwrap_or_default();
    Place { line: sql.lines().count().max(1) as u64, column: last.chars().count() as u64 + 1, width: 1 }
}

/// How DataFusion says that a function does not take these types.
const NO_MATCH: &str = "No function matches the given name and argument types '";

/// Puts a planner's error into words. `columns` are the visible ones of all tables that the query names.
pub(super) fn planning_mistake(
    sql: &str,
    error: &DataFusionError,
    columns: &BTreeSet<String>,
    functions: &SessionState,
) -> Error {
    if let Some((name, relation)) = missing_column(error) {
        let place = find_word(sql, &name);
        let of = relation.map_or_else(String::new, |relation| format!(" in `{relation}`"));
        let nearest = nearest(&name, columns.iter().map(String::as_str));
        let hint = match nearest {
            Some(column) => format!("did you mean {}?", quoted(column)),
            None if columns.is_empty() => "no column is visible to you here".into(),
            None => format!("visible to you: {}", some_of(columns)),
        };
        return Error::Mistake {
            detail: at(sql, place, &format!("there is no column `{name}`{of}")),
            hint: Some(hint),
        };
    }
    let words = error.find_root().strip_backtrace();
    let words = words.trim_start_matches("Error during planning: ").trim_start_matches("Schema error: ");
    if let Some(name) = words.strip_prefix("Invalid function '").and_then(|rest| rest.split('\'').next()) {
        let known = functions.scalar_functions().keys().chain(functions.aggregate_functions().keys());
        let known = known.chain(functions.window_functions().keys()).map(String::as_str);
        let hint = nearest(name, known).map(|function| format!("did you mean `{function}`?"));
        let detail = at(sql, find_word(sql, name), &format!("there is no function `{name}`"));
        return Error::Mistake { detail, hint };
    }
    if let Some(call) = words.split(NO_MATCH).nth(1).and_then(|rest| rest.split('\'').next()) {
        let place = call.split('(').next().and_then(|name| find_word(sql, name));
        let hint = "convert an argument with `CAST(… AS …)`, or use another function".to_owned();
        let detail = at(sql, place, &format!("there is no function for these types: `{call}`"));
        return Error::Mistake { detail, hint: Some(hint) };
    }
    let mut named = words.split(['\'', '"']).skip(1).step_by(2).chain(words.rsplit(' ').take(1));
    let place = named.find_map(|name| find_word(sql, name.rsplit('.').next().unwrap_or(name)));
    let first = words.split('\n').next().unwrap_or(words);
    let mut first = first.trim().trim_end_matches('.').to_owned();
    if let Some(start) = first.get(..1).filter(|start| start.chars().all(char::is_uppercase)) {
        first.replace_range(..1, &start.to_lowercase());
    }
    Error::Mistake { detail: at(sql, place, &first), hint: None }
}

fn at(sql: &str, place: Option<Place>, words: &str) -> String {
    match place {
        Some(place) => format!("{place}: {words}{}", place.caret(sql)),
        None => words.to_owned(),
    }
}

fn missing_column(error: &DataFusionError) -> Option<(String, Option<String>)> {
    let DataFusionError::SchemaError(inner, _) = error.find_root() else { return None };
    let SchemaError::FieldNotFound { field, .. } = inner.as_ref() else { return None };
    Some((field.name.clone(), field.relation.as_ref().map(ToString::to_string)))
}

/// Returns the one of `candidates` that is most like `name`, if any is like it.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.6;
    let name = name.to_lowercase();
    let scored = candidates
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase()), candidate));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(score, _)| *score >= ALIKE).map(|(_, candidate)| candidate)
}

/// Returns `name` as SQL reads it, in backticks.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if plain { format!("`{name}`") } else { format!("`\"{}\"`", name.replace('"', "\"\"")) }
}

fn some_of(columns: &BTreeSet<String>) -> String {
    const SOME: usize = 12;
    let shown: Vec<String> = columns.iter().take(SOME).map(|column| quoted(column)).collect();
    let more = if columns.len() > SOME { format!(" and {} more", columns.len() - SOME) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
