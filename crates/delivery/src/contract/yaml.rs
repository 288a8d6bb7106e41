//! From YAML to JSON, bounded: no aliases, no tags, no more depth and no more nodes than a contract needs.
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

/// The deepest that lists and mappings may nest.
const DEEPEST: usize = 24;
/// The most scalars, lists and mappings.
const MOST_NODES: usize = 50_000;

/// Returns the most bytes that a contract may have.
pub const fn most_bytes() -> usize {
    1 << 20
}

/// Why a text is no contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Error {
    /// The line, from 1, where one can be named.
    pub line: Option<u64>,
    pub why: String,
}

impl Error {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { line: None, why: why.into() }
    }
}

fn at(span: Span, why: impl Into<String>) -> Error {
    Error { line: u64::try_from(span.start.line()).ok(), why: why.into() }
}

/// A list or mapping that is not closed yet.
enum Open {
    List(Vec<Value>),
    /// With the key that waits for its value.
    Mapping(Map<String, Value>, Option<String>),
}

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Value, Error> {
    let (mut open, mut whole, mut nodes): (Vec<Open>, Option<Value>, usize) = (Vec::new(), None, 0);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Error {
            line: u64::try_from(error.marker().line()).ok(),
            why: format!("it is not YAML: {}", crate::shown(error.info(), 200)),
        })?;
        nodes += 1;
        if nodes > MOST_NODES {
            return Err(at(span, format!("it has more than {MOST_NODES} values")));
        }
        let done = match event {
            Event::Alias(_) => return Err(at(span, "aliases (`*name`) are not read here: write the value out")),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEEPEST => {
                return Err(at(span, format!("it nests deeper than {DEEPEST} levels")));
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Mapping(map, _)) => Value::Object(map),
                None => continue,
            },
            Event::Scalar(text, style, _, tag) => {
                if tag.is_some() {
                    return Err(at(span, "tags (`!name`) are not read here: leave it out"));
                }
                scalar(&text, style)
            }
            _ => continue,
        };
        if whole.is_some() {
            return Err(at(span, "it holds more than one document"));
        }
        match open.last_mut() {
            None => whole = Some(done),
            Some(Open::List(list)) => list.push(done),
            Some(Open::Mapping(map, key)) => match key.take() {
                None => *key = Some(key_of(done, span)?),
                Some(name) if map.contains_key(&name) => {
                    return Err(at(span, format!("`{}` stands there twice", crate::shown(&name, 60))));
                }
                Some(name) => drop(map.insert(name, done)),
            },
        }
    }
    whole.ok_or_else(|| Error::new("it is empty"))
}

fn key_of(value: Value, span: Span) -> Result<String, Error> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(_) | Value::Number(_) | Value::Null => Ok(value.to_string()),
        _ => Err(at(span, "a list or a mapping cannot be a key")),
    }
}

/// Returns a scalar as YAML's core schema has it.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None; // `nan`, `inf` and `infinity` are words here
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}
