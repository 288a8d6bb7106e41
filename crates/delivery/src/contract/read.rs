//! From a contract's JSON to the claims that are judged; a mistake names its place.
use super::Error;
use super::yaml;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The logical types of the standard.
const TYPES: [&str; 9] = ["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"];
/// The most tables, and the most columns of one.
const MOST: usize = 2_000;

/// A contract that is well-formed.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    pub tables: Vec<Table>,
}

/// An object of the contract's schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub name: String,
    /// Rules about all of it.
    pub rules: Vec<Rule>,
    pub columns: Vec<Claim>,
}

/// What is claimed of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub column: String,
    /// The dataset that it is taken from, and its name there.
    pub source: Option<(String, String)>,
    pub part: Part,
    pub rules: Vec<Rule>,
}

/// What a column is for: `primaryKey`, and the tags `target` and `sensitive`, say so.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Part {
    /// The model may take it.
    #[default]
    Feature,
    /// It names a record.
    Key,
    /// It is what the model says; `customProperties` may name its positive value.
    Target { positive: Option<String> },
    /// Groups are formed by it, and no feature is; `customProperties` may bound them (`groupBounds`, each the last of its group).
    Sensitive { bounds: Vec<f64> },
}

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    Type(String),
    Required,
    Unique,
    Minimum(f64),
    Maximum(f64),
    /// No value but these.
    ValidValues(BTreeSet<String>),
    /// The number of rows, with the operator's word and its operands.
    RowCount(String, Vec<f64>),
    /// One of the standard that is not judged here, and its name.
    Other(String),
}

impl Contract {
    /// Reads the text of a contract.
    ///
    /// # Errors
    /// The first mistake, with its line or place.
    pub fn read(text: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(text).map_err(|_| Error::new("it is not UTF-8"))?;
        let value = yaml::read(text)?;
        let top = map(&value, "the contract")?;
        for key in ["id", "status", "version"] {
            if !matches!(top.get(key), Some(Value::String(_) | Value::Number(_))) {
                return Err(Error::new(format!("`{key}` is missing, or no text")));
            }
        }
        let version = text_of(top, "apiVersion", "the contract")?;
        if !version.starts_with("v3.") {
            return Err(Error::new(format!(
                "`apiVersion` is `{}`: what is read here is v3",
                crate::shown(&version, 20)
            )));
        }
        if text_of(top, "kind", "the contract")? != "DataContract" {
            return Err(Error::new("`kind` is not `DataContract`"));
        }
        let tables = list(top, "schema", "the contract")?;
        if tables.is_empty() || tables.len() > MOST {
            return Err(Error::new(format!("`schema` does not list 1 to {MOST} tables")));
        }
        Ok(Self { tables: tables.iter().map(table).collect::<Result<_, _>>()? })
    }

    /// Returns the datasets that it names.
    pub fn sources(&self) -> BTreeSet<String> {
        let claims = self.tables.iter().flat_map(|table| &table.columns);
        claims.filter_map(|claim| claim.source.as_ref()).map(|(dataset, _)| dataset.clone()).collect()
    }
}

impl Table {
    /// Returns the datasets that its columns are taken from.
    pub fn sources(&self) -> BTreeSet<&str> {
        self.columns.iter().filter_map(|claim| claim.source.as_ref()).map(|(dataset, _)| dataset.as_str()).collect()
    }
}

fn map<'v>(value: &'v Value, at: &str) -> Result<&'v Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| Error::new(format!("{at} is not a mapping")))
}

fn text_of(map: &Map<String, Value>, key: &str, at: &str) -> Result<String, Error> {
    match map.get(key) {
        Some(Value::String(text)) if !text.is_empty() && text.len() <= 256 => Ok(text.clone()),
        Some(_) => Err(Error::new(format!("`{key}` of {at} is no text of 1 to 256 characters"))),
        None => Err(Error::new(format!("{at} has no `{key}`"))),
    }
}

fn list<'v>(map: &'v Map<String, Value>, key: &str, at: &str) -> Result<&'v [Value], Error> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Error::new(format!("`{key}` of {at} is not a list"))),
    }
}

fn flag(map: &Map<String, Value>, key: &str, at: &str) -> Result<bool, Error> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Error::new(format!("`{key}` of {at} is neither `true` nor `false`"))),
    }
}

fn named(map: &Map<String, Value>, what: &str) -> Result<(String, String), Error> {
    let name = text_of(map, "name", what)?;
    let at = format!("{what} `{}`", crate::shown(&name, 60));
    Ok((name, at))
}

fn is_dataset(text: &str) -> bool {
    text.split('.').count() == 3 && !text.split('.').any(str::is_empty)
}

fn table(value: &Value) -> Result<Table, Error> {
    let (table, what) = (map(value, "a table of `schema`")?, "table");
    let (name, at) = named(table, what)?;
    let place = match table.get("physicalName") {
        Some(Value::String(text)) if is_dataset(text) => Some(text.clone()),
        _ => None,
    };
    let listed = list(table, "properties", &at)?;
    if listed.len() > MOST {
        return Err(Error::new(format!("{at} has more than {MOST} columns")));
    }
    let mut columns: Vec<Claim> = Vec::new();
    let mut seen = BTreeSet::new();
    for value in listed {
        let claim = claim(value, place.as_deref())?;
        if !seen.insert(claim.column.clone()) {
            return Err(Error::new(format!("{at} has two columns `{}`", crate::shown(&claim.column, 60))));
        }
        columns.push(claim);
    }
    Ok(Table { name, rules: quality(table, &at)?, columns })
}

fn claim(value: &Value, table: Option<&str>) -> Result<Claim, Error> {
    let property = map(value, "a column")?;
    let (column, at) = named(property, "column")?;
    let mut rules = Vec::new();
    if property.contains_key("logicalType") {
        let word = text_of(property, "logicalType", &at)?;
        if !TYPES.contains(&word.as_str()) {
            let near = base::nearest(&word, TYPES).map(|near| format!("; did you mean `{near}`?"));
            let word = crate::shown(&word, 60);
            return Err(Error::new(format!("`{word}` is no logical type ({at}){}", near.unwrap_or_default())));
        }
        rules.push(Rule::Type(word));
    }
    let is_key = flag(property, "primaryKey", &at)?;
    if flag(property, "required", &at)? || is_key {
        rules.push(Rule::Required);
    }
    if flag(property, "unique", &at)? || is_key {
        rules.push(Rule::Unique);
    }
    if let Some(options) = property.get("logicalTypeOptions") {
        for (key, value) in map(options, &format!("`logicalTypeOptions` of {at}"))? {
            rules.push(match (key.as_str(), value.as_f64()) {
                ("minimum", Some(least)) => Rule::Minimum(least),
                ("maximum", Some(most)) => Rule::Maximum(most),
                ("minimum" | "maximum", None) => {
                    return Err(Error::new(format!("`{key}` of {at} is not a number")));
                }
                _ => Rule::Other(format!("logicalTypeOptions.{}", crate::shown(key, 60))),
            });
        }
    }
    rules.extend(quality(property, &at)?);
    let part = if is_key { Part::Key } else { part(property, &at)? };
    Ok(Claim { source: source(property, &column, table, &at)?, part, column, rules })
}

fn part(property: &Map<String, Value>, at: &str) -> Result<Part, Error> {
    let tags = list(property, "tags", at)?;
    let tagged = |word: &str| tags.iter().any(|tag| tag.as_str() == Some(word));
    match (tagged("target"), tagged("sensitive")) {
        (true, true) => Err(Error::new(format!("{at} is both `target` and `sensitive`"))),
        (true, false) => {
            let positive = custom(property, "positive", at)?.map(|value| match value {
                Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(word_of(value)),
                _ => Err(Error::new(format!("`positive` of {at} is not one value"))),
            });
            Ok(Part::Target { positive: positive.transpose()? })
        }
        (false, true) => Ok(Part::Sensitive { bounds: bounds(property, at)? }),
        (false, false) => Ok(Part::Feature),
    }
}

fn bounds(property: &Map<String, Value>, at: &str) -> Result<Vec<f64>, Error> {
    let Some(value) = custom(property, "groupBounds", at)? else { return Ok(Vec::new()) };
    let numbers = value.as_array().and_then(|all| all.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>());
    let rising = |bounds: &Vec<f64>| !bounds.is_empty() && bounds.is_sorted_by(|one, next| one < next);
    numbers
        .filter(rising)
        .ok_or_else(|| Error::new(format!("`groupBounds` of {at} is not a list of numbers, each larger than the last")))
}

/// Returns the value of a custom property, which the standard writes as `{property, value}`.
fn custom<'v>(property: &'v Map<String, Value>, name: &str, at: &str) -> Result<Option<&'v Value>, Error> {
    let all = list(property, "customProperties", at)?;
    let named = |one: &&Value| one.get("property").and_then(Value::as_str) == Some(name);
    Ok(all.iter().find(named).and_then(|one| one.get("value")))
}

/// Returns where a column lies: `transformSourceObjects` names the dataset, else the table's `physicalName` does; the column's
/// own `physicalName` says what it is called there, where that differs.
fn source(
    property: &Map<String, Value>,
    column: &str,
    table: Option<&str>,
    at: &str,
) -> Result<Option<(String, String)>, Error> {
    let there = match property.get("physicalName") {
        Some(Value::String(name)) if !name.is_empty() => name.clone(),
        _ => column.to_owned(),
    };
    let named = list(property, "transformSourceObjects", at)?;
    let dataset = match named {
        [] => table.map(str::to_owned),
        [Value::String(text)] if is_dataset(text) => Some(text.clone()),
        [Value::String(text)] => {
            let text = crate::shown(text, 100);
            return Err(Error::new(format!("`{text}` is no dataset `lake.schema.table` ({at})")));
        }
        _ => return Err(Error::new(format!("`transformSourceObjects` of {at} does not name one dataset"))),
    };
    Ok(dataset.map(|dataset| (dataset, there)))
}

fn quality(of: &Map<String, Value>, at: &str) -> Result<Vec<Rule>, Error> {
    let mut rules = Vec::new();
    for value in list(of, "quality", at)? {
        let rule = map(value, &format!("a quality rule of {at}"))?;
        let name = rule.get("metric").or_else(|| rule.get("rule")).and_then(Value::as_str).unwrap_or("custom");
        let limits: BTreeMap<&str, &Value> =
            rule.iter().filter(|(key, _)| key.starts_with("must")).map(|(key, value)| (key.as_str(), value)).collect();
        rules.push(match name {
            "rowCount" => row_count(&limits, at)?,
            "invalidValues" => invalid_values(rule, &limits, at)?,
            other => Rule::Other(crate::shown(other, 60)),
        });
    }
    Ok(rules)
}

fn row_count(limits: &BTreeMap<&str, &Value>, at: &str) -> Result<Rule, Error> {
    let unfit = || Error::new(format!("`rowCount` of {at} takes one limit, such as `mustBeGreaterOrEqualTo: 100`"));
    let mut limits = limits.iter();
    let (Some((word, value)), None) = (limits.next(), limits.next()) else { return Err(unfit()) };
    let operands: Option<Vec<f64>> = match value {
        Value::Array(list) => list.iter().map(Value::as_f64).collect(),
        one => one.as_f64().map(|one| vec![one]),
    };
    let wanted = match *word {
        "mustBe"
        | "mustNotBe"
        | "mustBeGreaterThan"
        | "mustBeGreaterOrEqualTo"
        | "mustBeLessThan"
        | "mustBeLessOrEqualTo" => 1,
        "mustBeBetween" | "mustNotBeBetween" => 2,
        _ => return Err(unfit()),
    };
    match operands {
        Some(operands) if operands.len() == wanted => Ok(Rule::RowCount((*word).to_owned(), operands)),
        _ => Err(unfit()),
    }
}

fn invalid_values(rule: &Map<String, Value>, limits: &BTreeMap<&str, &Value>, at: &str) -> Result<Rule, Error> {
    let none = limits.len() == 1 && limits.get("mustBe").is_some_and(|limit| limit.as_f64() == Some(0.0));
    let valid = rule.get("arguments").and_then(|arguments| arguments.get("validValues"));
    match valid {
        Some(Value::Array(valid)) if none => Ok(Rule::ValidValues(valid.iter().map(word_of).collect())),
        Some(Value::Array(_)) | None => Ok(Rule::Other("invalidValues with other limits than `mustBe: 0`".into())),
        Some(_) => Err(Error::new(format!("`validValues` of {at} is not a list"))),
    }
}

/// Returns a value as a profile spells it.
fn word_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
