use super::Error;
use crate::protocol::Action;
use base::{DatasetId, EnvironmentId, PurposeId};
use catalog::grants::Use;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A pipeline: steps of user code that wait for each other's outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    pub name: String,
    /// What a run may be told, by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// In the order of the file.
    pub steps: Vec<Step>,
}

/// A parameter that a run may be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub kind: ParameterKind,
    /// Without one, every run must say it.
    pub default: Option<Value>,
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    Integer,
    Number,
    String,
    Boolean,
}

/// The values of a run's parameters, by name.
pub type Parameters = BTreeMap<String, Value>;

/// One node of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub name: String,
    pub action: Action,
    pub inputs: BTreeMap<String, Input>,
    /// The names of the parameters that it gets.
    pub parameters: Vec<String>,
    /// The names of what it writes.
    pub outputs: Vec<String>,
    /// Steps that it waits for without taking anything from them.
    pub after: Vec<String>,
    /// Whether an equal step's result may take its place; `false` says that it has effects outside its outputs.
    pub cache: bool,
    pub timeout_s: u64,
    /// How often a failure of its own code, or a timeout, is tried again.
    pub retries: u32,
    pub cpus: u32,
    pub memory_mib: u64,
    pub env: BTreeMap<String, String>,
}

/// What a step reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A file or folder of the repository.
    File(String),
    /// What another step wrote.
    Step { step: String, output: String },
    /// A dataset, read under the environment's grant.
    Dataset(DatasetInput),
    /// A value that stands in the pipeline.
    Value(Value),
}

/// A dataset as an input of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetInput {
    pub dataset: DatasetId,
    pub for_use: Use,
    pub purpose: Option<PurposeId>,
    /// The columns that the step takes; empty = all that the grant shows.
    pub columns: Vec<String>,
    /// A file of the repository that stands in for the dataset in *dev*, where nothing but its rows is read.
    pub fixture: Option<String>,
}

impl ParameterKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Integer, Self::Number, Self::String, Self::Boolean];

    /// Returns the word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Boolean => "boolean",
        }
    }

    /// Returns whether `value` is one of this kind.
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.as_f64().is_some_and(f64::is_finite),
            Self::String => value.is_string(),
            Self::Boolean => value.is_boolean(),
        }
    }
}

impl Step {
    /// Returns whether it runs our pinned code, not the repository's.
    pub fn is_platform(&self) -> bool {
        matches!(self.action, Action::Platform(_))
    }

    /// Returns the names of the steps that it waits for, each once.
    pub fn waits_for(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.after.iter().map(String::as_str).collect();
        for input in self.inputs.values() {
            if let Input::Step { step, .. } = input {
                names.push(step);
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    fn to_json(&self) -> Value {
        let inputs = self.inputs.iter().map(|(name, input)| (name.clone(), input.to_json()));
        let run = match &self.action {
            Action::Python(function) => json!({ "python": function }),
            Action::Command(words) => json!({ "command": words }),
            Action::Platform(check) => json!({ "platform": check }),
        };
        json!({
            "name": self.name, "run": run, "inputs": inputs.collect::<Map<_, _>>(), "parameters": self.parameters,
            "outputs": self.outputs, "after": self.after, "cache": self.cache, "timeout_s": self.timeout_s,
            "retries": self.retries, "cpus": self.cpus, "memory_mib": self.memory_mib, "env": self.env,
        })
    }
}

impl Input {
    /// Returns it as the file has it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::File(path) => json!({ "file": path }),
            Self::Step { step, output } => json!({ "step": step, "output": output }),
            Self::Dataset(input) => {
                let mut shown = json!({ "dataset": input.dataset, "use": input.for_use });
                if let Some(purpose) = &input.purpose {
                    shown["purpose"] = json!(purpose);
                }
                if !input.columns.is_empty() {
                    shown["columns"] = json!(input.columns);
                }
                if let Some(fixture) = &input.fixture {
                    shown["fixture"] = json!(fixture);
                }
                shown
            }
            Self::Value(value) => json!({ "value": value }),
        }
    }
}

impl DatasetInput {
    /// Returns the file whose rows the step gets in its place in `environment`: in *dev* the fixture, where it names one.
    pub fn stand_in(&self, environment: &EnvironmentId) -> Option<&str> {
        let in_dev = environment.as_str().ends_with("/dev");
        self.fixture.as_deref().filter(|_| in_dev)
    }
}

impl Pipeline {
    /// Returns it as the file has it, with every default written out.
    pub fn to_json(&self) -> Value {
        let parameters = self.parameters.iter().map(|(name, parameter)| {
            let mut shown = json!({ "type": parameter.kind.as_str() });
            if let Some(default) = &parameter.default {
                shown["default"] = default.clone();
            }
            (name.clone(), shown)
        });
        let steps: Vec<Value> = self.steps.iter().map(Step::to_json).collect();
        json!({ "version": 1, "name": self.name, "parameters": parameters.collect::<Map<_, _>>(), "steps": steps })
    }

    /// Returns the value of every parameter for a run that is told `given`.
    ///
    /// # Errors
    /// A name that the pipeline does not have, a value of another kind, or one that is missing.
    pub fn resolve(&self, given: &Parameters) -> Result<Parameters, Error> {
        if let Some(name) = given.keys().find(|name| !self.parameters.contains_key(*name)) {
            let known = self.parameters.keys().cloned().collect();
            return Err(Error::UnknownParameter { pipeline: self.name.clone(), name: name.clone(), known });
        }
        let mut values = Parameters::new();
        for (name, parameter) in &self.parameters {
            let value = given.get(name).or(parameter.default.as_ref()).ok_or_else(|| Error::BadParameter {
                name: name.clone(),
                why: "has no default and was not given".into(),
            })?;
            if !parameter.kind.takes(value) {
                let why = format!("takes a value of type `{}`, not `{}`", parameter.kind.as_str(), short(value));
                return Err(Error::BadParameter { name: name.clone(), why });
            }
            values.insert(name.clone(), value.clone());
        }
        Ok(values)
    }
}

/// Returns a value fit for a message.
pub(super) fn short(value: &Value) -> String {
    plain(&value.to_string())
}

/// Returns text of somebody's file fit for a message: short, and with nothing that a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    let shown = text.chars().take(60);
    shown
        .map(|letter| if letter.is_control() { letter.escape_debug().to_string() } else { letter.to_string() })
        .collect()
}
