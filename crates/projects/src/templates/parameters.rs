//! What a template asks of who uses it: the part of JSON Schema that a form can show.
use super::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest text, unless the template says otherwise.
const LONGEST: u64 = 200;

/// A template's parameters, as an object of JSON Schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    #[serde(rename = "type", default = "object")]
    kind: String,
    #[serde(default)]
    properties: BTreeMap<String, Parameter>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(rename = "additionalProperties", default)]
    others: bool,
}

fn object() -> String {
    "object".to_owned()
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Parameter {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    words: Vec<Value>,
    /// `identifier`: a name that code may carry as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_length: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minimum: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    String,
    Integer,
    Number,
    Boolean,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Identifier,
}

impl Parameters {
    /// Returns the values with the defaults of those that were left out.
    ///
    /// # Errors
    /// [`Error::Parameter`]: one that is not known, is missing, or does not fit.
    pub fn check(&self, given: &Map<String, Value>) -> Result<BTreeMap<String, Value>, Error> {
        let bad = |name: &str, why: String| {
            let name: String = name.chars().take(60).flat_map(char::escape_debug).collect();
            Error::Parameter { name, why }
        };
        for name in given.keys() {
            if !self.properties.contains_key(name) {
                let near = base::nearest(name, self.properties.keys().map(String::as_str));
                let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
                return Err(bad(name, format!("is not one of this template{near}")));
            }
        }
        let mut values = BTreeMap::new();
        for (name, parameter) in &self.properties {
            match given.get(name).or(parameter.default.as_ref()) {
                Some(value) => {
                    parameter.check(value).map_err(|why| bad(name, why))?;
                    values.insert(name.clone(), value.clone());
                }
                None if self.required.contains(name) => return Err(bad(name, "is missing".into())),
                None => {}
            }
        }
        Ok(values)
    }

    /// Returns whether the values of `name` can stand in code as they are.
    pub fn is_plain(&self, name: &str) -> bool {
        self.properties
            .get(name)
            .is_some_and(|parameter| parameter.kind != Kind::String || parameter.format == Some(Format::Identifier))
    }
}

impl Parameter {
    fn check(&self, value: &Value) -> Result<(), String> {
        let number = match (self.kind, value) {
            (Kind::String, Value::String(text)) => return self.check_text(text, value),
            (Kind::Boolean, Value::Bool(_)) => return Ok(()),
            (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => number,
            (Kind::Number, Value::Number(number)) => number,
            _ => return Err(format!("takes {}", self.sort())),
        };
        self.check_words(value)?;
        let number = number.as_f64().unwrap_or(f64::NAN);
        if !number.is_finite()
            || self.minimum.is_some_and(|least| number < least)
            || self.maximum.is_some_and(|most| number > most)
        {
            let bounds = [
                self.minimum.map(|least| format!("at least {least}")),
                self.maximum.map(|most| format!("at most {most}")),
            ];
            return Err(format!("must be {}", bounds.into_iter().flatten().collect::<Vec<_>>().join(" and ")));
        }
        Ok(())
    }

    fn check_text(&self, text: &str, value: &Value) -> Result<(), String> {
        self.check_words(value)?;
        let most = self.max_length.unwrap_or(LONGEST);
        if text.chars().count() as u64 > most {
            return Err(format!("is longer than {most} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err("holds control characters".into());
        }
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let identifier = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(letters);
        if self.format == Some(Format::Identifier) && !identifier {
            return Err("takes letters, digits and `_`, a letter first".into());
        }
        Ok(())
    }

    fn check_words(&self, value: &Value) -> Result<(), String> {
        if self.words.is_empty() || self.words.contains(value) {
            return Ok(());
        }
        let words: Vec<String> = self.words.iter().map(ToString::to_string).collect();
        Err(format!("is one of {}", words.join(", ")))
    }

    fn sort(&self) -> &'static str {
        match self.kind {
            Kind::String => "a text",
            Kind::Integer => "a whole number",
            Kind::Number => "a number",
            Kind::Boolean => "true or false",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parameters() -> Parameters {
        serde_json::from_value(
            json!({"type": "object", "required": ["target"], "additionalProperties": false, "properties": {
                "target": {"type": "string", "format": "identifier", "description": "the column to predict"},
                "seed": {"type": "integer", "default": 7, "minimum": 0, "maximum": 100},
                "share": {"type": "number", "default": 0.2, "minimum": 0.05, "maximum": 0.5},
                "metric": {"type": "string", "enum": ["auc", "f1"], "default": "auc"},
                "note": {"type": "string", "maxLength": 5},
                "bias": {"type": "boolean", "default": true},
            }}),
        )
        .unwrap()
    }

    #[track_caller]
    fn check(given: &Value, expected: &str) {
        let shown = match parameters().check(given.as_object().unwrap()) {
            Ok(values) => serde_json::to_string(&values).unwrap(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn values_are_checked_and_defaults_filled_in() {
        check(&json!({"target": "y"}), r#"{"bias":true,"metric":"auc","seed":7,"share":0.2,"target":"y"}"#);
        check(&json!({}), "parameter `target`: is missing");
        check(&json!({"target": "y", "sed": 1}), "parameter `sed`: is not one of this template: did you mean `seed`?");
        check(&json!({"target": "y; import os"}), "parameter `target`: takes letters, digits and `_`, a letter first");
        check(&json!({"target": 7}), "parameter `target`: takes a text");
        check(&json!({"target": "y", "seed": 1.5}), "parameter `seed`: takes a whole number");
        check(&json!({"target": "y", "seed": 101}), "parameter `seed`: must be at least 0 and at most 100");
        check(&json!({"target": "y", "metric": "mse"}), r#"parameter `metric`: is one of "auc", "f1""#);
        check(&json!({"target": "y", "note": "longer"}), "parameter `note`: is longer than 5 characters");
        check(&json!({"target": "y", "note": "a\nb"}), "parameter `note`: holds control characters");
        check(&json!({"target": "y", "bias": "no"}), "parameter `bias`: takes true or false");
    }

    #[test]
    fn only_what_was_restricted_stands_in_code_as_it_is() {
        let plain = ["target", "seed", "share", "metric", "note", "bias"].map(|name| parameters().is_plain(name));
        assert_eq!(plain, [true, true, true, false, false, true]);
    }
}
