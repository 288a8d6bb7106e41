use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// A key with its value, in tags and parameters alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
pub(crate) struct Tag {
    pub key: String,
    pub value: String,
}

/// The fields of a message, read as protocol buffers read JSON: unknown ones are no matter, numbers may be texts, a name
/// may be written in camel case, but not in both ways at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

const SEE: &str = "See the API docs for more information about request parameters.";

/// Returns whether a text in it holds U+0000, which PostgreSQL keeps in none.
fn holds_null(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(holds_null),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_null(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

impl Fields {
    /// Reads an object; anything else has no fields.
    pub(crate) fn of(value: Value) -> Result<Self> {
        let Value::Object(given) = value else { return Ok(Self::default()) };
        if let Some((name, _)) = given.iter().find(|(name, value)| name.contains('\0') || holds_null(value)) {
            let name = name.escape_debug();
            return Err(Error::invalid(format!("the field '{name}' holds the character U+0000, which cannot be kept")));
        }
        let plain = given.keys().all(|key| !key.bytes().any(|byte| byte.is_ascii_uppercase()));
        if plain {
            return Ok(Self(given));
        }
        let mut fields = Map::with_capacity(given.len());
        for (key, value) in given {
            let name = snake(&key);
            if fields.insert(name.clone(), value).is_some() {
                return Err(Error::invalid(format!("the body spells the field '{name}' in two ways. {SEE}")));
            }
        }
        Ok(Self(fields))
    }

    /// Reads a query string's pairs; a name that comes again is a list.
    pub(crate) fn of_pairs(pairs: Vec<(String, String)>) -> Result<Self> {
        let mut fields: Map<String, Value> = Map::new();
        for (key, text) in pairs {
            match fields.get_mut(&key) {
                Some(Value::Array(list)) => list.push(Value::String(text)),
                Some(one) => *one = Value::Array(vec![one.take(), Value::String(text)]),
                None => {
                    fields.insert(key, Value::String(text));
                }
            }
        }
        Self::of(Value::Object(fields))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Returns whether a field is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns a text that must be there and not empty.
    pub(crate) fn text(&self, name: &str) -> Result<String> {
        match self.find_text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(missing(name)),
        }
    }

    /// Returns a text, or `None` if it is absent.
    pub(crate) fn find_text(&self, name: &str) -> Result<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(bad(name, other)),
        }
    }

    /// Returns a text that must be there; a number stands for its digits.
    pub(crate) fn number_text(&self, name: &str) -> Result<String> {
        match self.get(name) {
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => self.text(name),
        }
    }

    /// Returns a text as it was sent, or an empty one.
    pub(crate) fn text_or_empty(&self, name: &str) -> Result<String> {
        Ok(self.find_text(name)?.unwrap_or_default())
    }

    /// Returns a whole number, or `None` if it is absent.
    pub(crate) fn find_whole(&self, name: &str) -> Result<Option<i64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let whole = match value {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(exactly)),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        whole.map(Some).ok_or_else(|| bad(name, value))
    }

    /// Returns a whole number that must be there.
    pub(crate) fn whole(&self, name: &str) -> Result<i64> {
        self.find_whole(name)?.ok_or_else(|| missing(name))
    }

    /// Returns a number that must be there; `"NaN"` and the infinities are numbers.
    pub(crate) fn number(&self, name: &str) -> Result<f64> {
        let value = self.get(name).ok_or_else(|| missing(name))?;
        as_number(value).ok_or_else(|| bad(name, value))
    }

    /// Returns yes or no; absent is no.
    pub(crate) fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if matches!(text.to_ascii_lowercase().as_str(), "true" | "1") => Ok(true),
            Some(Value::String(text)) if matches!(text.to_ascii_lowercase().as_str(), "false" | "0" | "") => Ok(false),
            Some(other) => Err(bad(name, other)),
        }
    }

    /// Returns the messages of a list; absent is empty.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Self>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => {
                let one =
                    |value: &Value| if value.is_object() { Self::of(value.clone()) } else { Err(bad(name, value)) };
                list.iter().map(one).collect()
            }
            Some(other) => Err(bad(name, other)),
        }
    }

    /// Returns the message in a field, or `None` if it is absent.
    pub(crate) fn message(&self, name: &str) -> Result<Option<Self>> {
        match self.get(name) {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Self::of(value.clone()).map(Some),
            Some(other) => Err(bad(name, other)),
        }
    }

    /// Returns the texts of a list; one text alone is a list of one.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(value @ Value::Array(list)) => {
                let texts = list.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().ok_or_else(|| bad(name, value))
            }
            Some(other) => Err(bad(name, other)),
        }
    }

    /// Returns the keys and values of a list; a value may be absent.
    pub(crate) fn tags(&self, name: &str) -> Result<Vec<Tag>> {
        let one = |fields: &Self| Ok(Tag { key: fields.text("key")?, value: fields.text_or_empty("value")? });
        self.list(name)?.iter().map(one).collect()
    }

    /// Returns how many to answer: within `1..=most`, `usual` where nothing is said.
    pub(crate) fn max_results(&self, usual: u32, most: u32) -> Result<u32> {
        let Some(asked) = self.find_whole("max_results")? else { return Ok(usual) };
        match u32::try_from(asked) {
            Ok(asked) if (1..=most).contains(&asked) => Ok(asked),
            _ if asked > i64::from(most) => Err(Error::invalid(format!(
                "Invalid value for request parameter max_results. It must be at most {most}, but got value {asked}"
            ))),
            _ => Err(Error::invalid(format!(
                "Invalid value {asked} for parameter 'max_results' supplied. It must be a positive integer."
            ))),
        }
    }
}

/// Says that a parameter is missing.
fn missing(name: &str) -> Error {
    Error::invalid(format!("Missing value for required parameter '{name}'. {SEE}"))
}

fn bad(name: &str, value: &Value) -> Error {
    let kind = match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    let shown: String = value.to_string().chars().take(200).collect();
    Error::invalid(format!(
        "Invalid value {shown} for parameter '{name}' supplied:  Hint: Value was of type '{kind}'. {SEE}"
    ))
}

/// Returns a JSON value as a number; `"NaN"`, `"Infinity"` and numbers in quotes are numbers.
pub(crate) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok().filter(|number: &f64| number.is_finite()),
        },
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
fn exactly(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Returns a text unless it is empty: MLflow leaves empty fields out.
pub(crate) fn not_empty(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        Fields::of(value).unwrap()
    }

    #[test]
    fn numbers_may_be_texts_and_nan_is_one() {
        let given =
            fields(json!({"step": "3", "whole": 3.0, "half": 2.5, "nan": "NaN", "inf": "-Infinity", "word": "foo"}));
        assert_eq!((given.whole("step").unwrap(), given.whole("whole").unwrap()), (3, 3));
        assert!(given.number("nan").unwrap().is_nan() && given.number("inf").unwrap().is_infinite());
        assert!(given.whole("half").is_err());
        assert_eq!(
            given.whole("word").unwrap_err().to_string(),
            "Invalid value \"foo\" for parameter 'word' supplied:  Hint: Value was of type 'str'. See the API docs for \
             more information about request parameters."
        );
        assert_eq!(
            given.text("name").unwrap_err().to_string(),
            "Missing value for required parameter 'name'. See the API docs for more information about request parameters."
        );
    }

    #[test]
    fn camel_case_is_read_and_two_spellings_are_refused() {
        assert_eq!(fields(json!({"runId": "r"})).text("run_id").unwrap(), "r");
        assert!(Fields::of(json!({"runId": "r", "run_id": "s"})).is_err());
        assert!(fields(json!([1])).text("run_id").is_err());
    }

    #[test]
    fn a_query_repeats_a_name_for_a_list() {
        let pairs = vec![("a".into(), "1".into()), ("b".into(), "x".into()), ("a".into(), "2".into())];
        let given = Fields::of_pairs(pairs).unwrap();
        assert_eq!(
            (given.texts("a").unwrap(), given.texts("b").unwrap()),
            (vec!["1".into(), "2".into()], vec!["x".into()])
        );
        assert!(given.max_results(100, 1_000).unwrap() == 100);
        assert!(fields(json!({"max_results": 0})).max_results(1, 10).is_err());
        assert!(fields(json!({"max_results": "11"})).max_results(1, 10).is_err());
    }

    #[test]
    fn a_float_keeps_its_bits() {
        // Nearest doubles whose shortest spelling needs a correct reader.
        for text in ["0.1", "2.2250738585072014e-308", "123456789.12345679", "9007199254740993.0", "5e-324"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(as_number(&value).unwrap().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }
}
