//! Where the number of a limit stands in a report's dictionary.
use crate::names;
use kernels::drift::TestId;
use serde_json::{Map, Value};

/// A number that a limit is about.
pub(super) struct Found {
    /// The column, facet value or slice that it is of.
    pub of: Option<String>,
    /// The number, or why there is none.
    pub value: Result<f64, String>,
    /// Whether a column of this type cannot have the number, whatever its values are: a limit without a name is not about it.
    pub is_apart: bool,
}

/// What numbers are of, by name, and where they stand.
struct Part<'a> {
    name: String,
    /// What else it may be called.
    short: Option<String>,
    /// Whether a limit without a name is about it, too: columns and facet values, but not slices.
    is_whole: bool,
    /// As what a column is compared, or as what its values came.
    compared: Option<&'a str>,
    came: Option<&'a str>,
    numbers: Vec<&'a Map<String, Value>>,
}

/// Sections whose numbers are of all rows.
const WHOLE: [&str; 3] = ["metrics", "dataset", "groups"];

/// Returns the numbers of this metric: of what is named, else of all rows, else of each column and facet value. Never nothing: what
/// is not there is a reason, from `possible` if it could be.
pub(super) fn find(
    dictionary: &Value,
    possible: &[(&'static str, String)],
    metric: &str,
    of: Option<&str>,
) -> Vec<Found> {
    let parts = parts(dictionary);
    let missing =
        |of: Option<&str>, why: String| vec![Found { of: of.map(str::to_owned), value: Err(why), is_apart: false }];
    let Some(of) = of else {
        if let Some(value) = whole(dictionary, metric) {
            return vec![Found { of: None, value: read(value), is_apart: false }];
        }
        let found: Vec<Found> =
            parts.iter().filter(|part| part.is_whole).filter_map(|part| part.find(metric)).collect();
        return if found.is_empty() { missing(None, no_metric(dictionary, &parts, possible, metric)) } else { found };
    };
    let mut named: Vec<&Part<'_>> = parts.iter().filter(|part| part.name == of).collect();
    if named.is_empty() {
        named = parts.iter().filter(|part| part.short.as_deref() == Some(of)).collect();
    }
    if named.is_empty() {
        let hint = perhaps(of, parts.iter().map(|part| part.name.as_str()));
        return missing(Some(of), format!("the report has no column, facet value or slice `{of}`{hint}"));
    }
    let one = |part: &Part<'_>| {
        let why = || no_metric(dictionary, &parts, possible, metric);
        let why_not = || Found { of: Some(part.name.clone()), value: Err(why()), is_apart: false };
        part.find(metric).unwrap_or_else(why_not)
    };
    named.into_iter().map(one).collect()
}

/// A number of all rows: in a section of these, or one of the report's own, such as `rows`.
fn whole<'a>(dictionary: &'a Value, metric: &str) -> Option<&'a Value> {
    let in_section = WHOLE.iter().find_map(|key| dictionary.get(*key)?.get(metric));
    in_section.or_else(|| dictionary.get(metric).filter(|value| value.is_number()))
}

impl Part<'_> {
    /// The metric of this part; why there is none stands beside it, or where a profile keeps its reasons.
    fn find(&self, metric: &str) -> Option<Found> {
        let entry = self.numbers.iter().find_map(|numbers| numbers.get(metric))?;
        let reasons = self.numbers.iter().find_map(|numbers| numbers.get("reasons"));
        let kept = reasons.and_then(|reasons| reasons.get(metric)?.as_str()).filter(|_| entry.is_null());
        let value = kept.map_or_else(|| read(entry), |why| Err(why.to_owned()));
        let is_apart = value.is_err() && self.cannot_have(metric);
        Some(Found { of: Some(self.name.clone()), value, is_apart })
    }

    /// Whether it is the type of the column that there is no number, not what it holds.
    fn cannot_have(&self, metric: &str) -> bool {
        match (self.compared, self.came) {
            (Some(compared), _) => {
                compared == "categories" && TestId::ALL.iter().any(|id| id.needs_order() && id.as_str() == metric)
            }
            (None, Some(came)) => matches!(came, "text" | "flag" | "time" | "other"),
            (None, None) => false,
        }
    }
}

fn parts(dictionary: &Value) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for (name, column) in entries(dictionary.get("columns")) {
        let numbers = [column.get("tests"), Some(column)].into_iter().flatten().filter_map(Value::as_object).collect();
        let word = |key: &str| column.get(key).and_then(Value::as_str);
        let (compared, came) = (word("compared"), word("type"));
        parts.push(Part { name: name.clone(), short: None, is_whole: true, compared, came, numbers });
    }
    for (name, facet) in entries(dictionary.get("facets")) {
        let numbers = facet.get("metrics").and_then(Value::as_object).into_iter().collect();
        parts.push(Part { name: name.clone(), short: None, is_whole: true, compared: None, came: None, numbers });
    }
    for (column, slices) in entries(dictionary.get("slices")) {
        for (value, slice) in entries(Some(slices)) {
            let numbers = slice.get("metrics").and_then(Value::as_object).into_iter().collect();
            parts.push(Part {
                name: format!("{column}={value}"),
                short: Some(value.clone()),
                is_whole: false,
                compared: None,
                came: None,
                numbers,
            });
        }
    }
    parts
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// Reads a number, or an object with `value` and `reason`.
fn read(entry: &Value) -> Result<f64, String> {
    let value = entry.get("value").unwrap_or(entry);
    match value {
        Value::Number(number) => number.as_f64().ok_or_else(|| "the number is too large for a float".to_owned()),
        Value::String(text) if text == "Infinity" => Ok(f64::INFINITY),
        Value::String(text) if text == "-Infinity" => Ok(f64::NEG_INFINITY),
        // A whole number that JSON does not hold is the text of its digits.
        Value::String(text)
            if text.len() > 15 && text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            text.parse().map_err(|_| "it is no number".to_owned())
        }
        Value::Null => Err(reason(entry).unwrap_or_else(|| "it has no number".to_owned())),
        _ => Err("it is no number".to_owned()),
    }
}

fn reason(entry: &Value) -> Option<String> {
    entry.get("reason").and_then(Value::as_str).map(str::to_owned)
}

fn no_metric(dictionary: &Value, parts: &[Part<'_>], possible: &[(&str, String)], metric: &str) -> String {
    if dictionary.get("facets").and_then(Value::as_object).is_some_and(Map::is_empty) {
        return "no value of the facet has a number of its own: the notes say why".to_owned();
    }
    if let Some((_, what)) = possible.iter().find(|(id, _)| *id == metric) {
        return format!("`{metric}` was not computed: {what}");
    }
    let whole =
        ["metrics", "dataset"].iter().flat_map(|key| entries(dictionary.get(*key)).map(|(name, _)| name.as_str()));
    let named =
        parts.iter().flat_map(|part| part.numbers.iter().flat_map(|numbers| numbers.keys().map(String::as_str)));
    format!(
        "`{metric}` was not computed{}",
        perhaps(metric, whole.chain(named).chain(possible.iter().map(|(id, _)| *id)))
    )
}

/// The end of a sentence about a name that is not there.
fn perhaps<'a>(asked: &str, known: impl Iterator<Item = &'a str>) -> String {
    names::nearest(asked, known).map_or_else(String::new, |name| format!(": did you mean `{name}`?"))
}
