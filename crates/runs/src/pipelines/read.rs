//! From text to a [`Pipeline`], each mistake with its place.
use super::graph::order;
use super::model::{plain, short};
use super::{DatasetInput, Error, Input, Parameter, ParameterKind, Pipeline, Step};
use crate::protocol::Action;
use base::{DatasetId, PurposeId, nearest};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The most steps.
const MOST_STEPS: usize = 5_000;
/// The most bytes of text.
const MOST_BYTES: usize = 4 << 20;

const PIPELINE: &[&str] = &["version", "name", "parameters", "steps"];
const STEP: &[&str] = &[
    "name",
    "run",
    "inputs",
    "parameters",
    "outputs",
    "after",
    "cache",
    "timeout_s",
    "retries",
    "cpus",
    "memory_mib",
    "env",
];
const INPUT: &[&str] = &["file", "step", "output", "dataset", "use", "purpose", "columns", "fixture", "value"];
/// Variables that the runner sets itself.
const RESERVED: &[&str] = &["PATH", "HOME", "LD_PRELOAD", "LD_LIBRARY_PATH"];
const RESERVED_PREFIXES: &[&str] = &["LOCKGATE", "MLFLOW_TRACKING", "PYTHON"];

/// The one of them that the platform's own pipelines set: which endpoint a step is to call.
const ENDPOINT: &str = "LOCKGATE_ENDPOINT";

/// Who wrote a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Author {
    Repository,
    /// Platform steps may stand in it.
    Platform,
}

/// An object of the file and where it stands.
struct Object<'a> {
    at: String,
    map: &'a Map<String, Value>,
}

fn unfit<T>(at: impl Into<String>, why: impl Into<String>) -> Result<T, Error> {
    Err(Error::Unfit { at: at.into(), why: why.into(), hint: None })
}

impl<'a> Object<'a> {
    fn of(at: impl Into<String>, value: &'a Value, known: &[&str]) -> Result<Self, Error> {
        let at = at.into();
        let Some(map) = value.as_object() else { return unfit(at, format!("`{}` is not an object", short(value))) };
        let unknown = map.keys().find(|key| !known.contains(&key.as_str()));
        match unknown {
            None => Ok(Self { at, map }),
            Some(key) => Err(unknown_word(at, key, "key", known)),
        }
    }

    fn place(&self, key: &str) -> String {
        if self.at == "top" { format!("`{key}`") } else { format!("{} `{key}`", self.at) }
    }

    fn text(&self, key: &str) -> Result<String, Error> {
        match self.map.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => unfit(self.place(key), format!("`{}` is not a text", short(other))),
            None => unfit(self.place(key), "is missing"),
        }
    }

    fn texts(&self, key: &str) -> Result<Vec<String>, Error> {
        let Some(value) = self.map.get(key) else { return Ok(Vec::new()) };
        let texts = value
            .as_array()
            .and_then(|all| all.iter().map(|one| one.as_str().map(ToOwned::to_owned)).collect::<Option<Vec<String>>>());
        texts.map_or_else(|| unfit(self.place(key), format!("`{}` is not a list of texts", short(value))), Ok)
    }

    /// Returns a list of words, each once.
    fn words(&self, key: &str) -> Result<Vec<String>, Error> {
        let words = self.texts(key)?;
        for (n, word) in words.iter().enumerate() {
            if words[..n].contains(word) {
                return unfit(self.place(key), format!("`{word}` stands there twice"));
            }
        }
        Ok(words)
    }

    fn number(&self, key: &str, default: u64, from: u64, to: u64) -> Result<u64, Error> {
        let Some(value) = self.map.get(key) else { return Ok(default) };
        match value.as_u64() {
            Some(number) if (from..=to).contains(&number) => Ok(number),
            _ => unfit(self.place(key), format!("`{}` is not a whole number from {from} to {to}", short(value))),
        }
    }

    fn small(&self, key: &str, default: u32, from: u32, to: u32) -> Result<u32, Error> {
        let number = self.number(key, default.into(), from.into(), to.into())?;
        Ok(u32::try_from(number).unwrap_or(to))
    }

    fn flag(&self, key: &str, default: bool) -> Result<bool, Error> {
        match self.map.get(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => unfit(self.place(key), format!("`{}` is neither `true` nor `false`", short(other))),
        }
    }

    fn object(&self, key: &str) -> Result<Map<String, Value>, Error> {
        match self.map.get(key) {
            None => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map.clone()),
            Some(other) => unfit(self.place(key), format!("`{}` is not an object", short(other))),
        }
    }
}

fn unknown_word(at: String, word: &str, what: &str, known: &[&str]) -> Error {
    let shown = plain(word);
    let hint = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("there is no {what} to name"),
        None => format!("known here: {}", known.join(", ")),
    };
    let at = if at == "top" { "top level".to_owned() } else { at };
    Error::Unfit { at, why: format!("`{shown}` is no {what}"), hint: Some(hint) }
}

/// Returns whether `text` can name a step, an input or an output: it becomes part of paths and of Python code.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn named(at: &str, text: &str) -> Result<(), Error> {
    let shown = plain(text);
    if is_name(text) {
        Ok(())
    } else {
        unfit(at, format!("`{shown}` is not a name: 1 to 63 letters, digits, `_` and `-`, a letter first"))
    }
}

impl Pipeline {
    /// Reads the text of a pipeline, as a repository holds it: no step in it is a platform step.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn read(text: &[u8]) -> Result<Self, Error> {
        if text.len() > MOST_BYTES {
            return unfit("text", format!("is longer than {MOST_BYTES} bytes"));
        }
        let value: Value = serde_json::from_slice(text).map_err(|error| Error::Syntax(error.to_string()))?;
        Self::from_json(&value)
    }

    /// Reads a pipeline from its JSON, with the same bounds as [`Pipeline::read`].
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        Self::written_by(Author::Repository, value)
    }

    /// Reads a pipeline that the platform itself wrote, or keeps as the plan of a run: platform steps may stand in it. Never
    /// hand it what came from a repository or a client.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn of_the_platform(value: &Value) -> Result<Self, Error> {
        Self::written_by(Author::Platform, value)
    }

    fn written_by(author: Author, value: &Value) -> Result<Self, Error> {
        let top = Object::of("top", value, PIPELINE)?;
        match top.map.get("version") {
            Some(version) if version.as_u64() == Some(1) => {}
            Some(other) => {
                return unfit("`version`", format!("`{}` is not one that this server reads: 1", short(other)));
            }
            None => return unfit("`version`", "is missing"),
        }
        let name = top.text("name")?;
        named("`name`", &name)?;
        let mut parameters = BTreeMap::new();
        for (name, value) in &top.object("parameters")? {
            named("`parameters`", name)?;
            parameters.insert(name.clone(), parameter(name, value)?);
        }
        let listed = match top.map.get("steps") {
            Some(Value::Array(steps)) if (1..=MOST_STEPS).contains(&steps.len()) => steps,
            Some(_) => return unfit("`steps`", format!("is not a list of 1 to {MOST_STEPS} steps")),
            None => return unfit("`steps`", "is missing"),
        };
        let steps: Vec<Step> =
            listed.iter().enumerate().map(|(n, value)| step(author, n, value)).collect::<Result<_, _>>()?;
        let pipeline = Self { name, parameters, steps };
        pipeline.check()?;
        Ok(pipeline)
    }

    /// Checks that what steps name is there, and that no step waits for itself.
    fn check(&self) -> Result<(), Error> {
        let mut by_name: BTreeMap<&str, &Step> = BTreeMap::new();
        for step in &self.steps {
            if by_name.insert(&step.name, step).is_some() {
                return unfit("`steps`", format!("two steps are named `{}`", step.name));
            }
        }
        let names: Vec<&str> = by_name.keys().copied().collect();
        let parameters: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
        for step in &self.steps {
            let at = |what: &str| format!("step `{}` {what}", step.name);
            for name in &step.parameters {
                if !self.parameters.contains_key(name) {
                    return Err(unknown_word(at("`parameters`"), name, "parameter of the pipeline", &parameters));
                }
            }
            for name in &step.after {
                if !by_name.contains_key(name.as_str()) {
                    return Err(unknown_word(at("`after`"), name, "step", &names));
                }
            }
            for (input, from) in &step.inputs {
                let Input::Step { step: from, output } = from else { continue };
                let at = at(&format!("input `{input}`"));
                let Some(found) = by_name.get(from.as_str()) else {
                    return Err(unknown_word(at, from, "step", &names));
                };
                if !found.outputs.contains(output) {
                    let known: Vec<&str> = found.outputs.iter().map(String::as_str).collect();
                    return Err(unknown_word(at, output, &format!("output of step `{from}`"), &known));
                }
            }
        }
        order(&self.steps).map(|_| ())
    }
}

fn parameter(name: &str, value: &Value) -> Result<Parameter, Error> {
    let at = format!("parameter `{name}`");
    let object = Object::of(&at, value, &["type", "default"])?;
    let word = object.text("type")?;
    let kinds = ParameterKind::ALL.map(ParameterKind::as_str);
    let kind = ParameterKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    let kind = kind.ok_or_else(|| unknown_word(object.place("type"), &word, "type", &kinds))?;
    let default = object.map.get("default").cloned();
    if let Some(default) = default.as_ref().filter(|default| !kind.takes(default)) {
        return unfit(object.place("default"), format!("`{}` is not a value of type `{word}`", short(default)));
    }
    Ok(Parameter { kind, default })
}

fn step(author: Author, n: usize, value: &Value) -> Result<Step, Error> {
    let name = value.get("name").and_then(Value::as_str);
    let at = name.map_or_else(|| format!("step {}", n + 1), |name| format!("step `{}`", plain(name)));
    let object = Object::of(&at, value, STEP)?;
    let name = object.text("name")?;
    named(&object.place("name"), &name)?;
    let mut inputs = BTreeMap::new();
    for (name, value) in &object.object("inputs")? {
        named(&object.place("inputs"), name)?;
        inputs.insert(name.clone(), input(&format!("{at} input `{name}`"), value)?);
    }
    let outputs = object.words("outputs")?;
    for output in &outputs {
        named(&object.place("outputs"), output)?;
    }
    Ok(Step {
        action: action(author, &object)?,
        inputs,
        parameters: object.words("parameters")?,
        outputs,
        after: object.words("after")?,
        cache: object.flag("cache", true)?,
        timeout_s: object.number("timeout_s", 3_600, 1, 7 * 86_400)?,
        retries: object.small("retries", 0, 0, 10)?,
        cpus: object.small("cpus", 1, 1, 256)?,
        memory_mib: object.number("memory_mib", 1_024, 16, 1 << 20)?,
        env: env(author, &object)?,
        name,
    })
}

fn action(author: Author, object: &Object<'_>) -> Result<Action, Error> {
    let at = object.place("run");
    let Some(value) = object.map.get("run") else { return unfit(at, "is missing") };
    let known: &[&str] = match author {
        Author::Repository => &["python", "command"],
        Author::Platform => &["python", "command", "platform"],
    };
    let run = Object::of(&at, value, known)?;
    if run.map.contains_key("platform") {
        let check = run.text("platform")?;
        let word = !check.is_empty() && check.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        return match run.map.len() {
            1 if word => Ok(Action::Platform(check)),
            _ => unfit(at, format!("`{}` is not one of our checks, alone", plain(&check))),
        };
    }
    match (run.map.get("python"), run.map.get("command")) {
        (Some(_), None) => {
            let function = run.text("python")?;
            let word =
                |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
            match function.split_once(':') {
                Some((module, name)) if word(module) && word(name) => Ok(Action::Python(function)),
                _ => unfit(at, format!("`{}` is not `module:function`", plain(&function))),
            }
        }
        (None, Some(_)) => {
            let words = run.texts("command")?;
            if words.first().is_none_or(String::is_empty) || words.iter().any(|word| word.contains('\0')) {
                return unfit(at, "`command` names no program");
            }
            Ok(Action::Command(words))
        }
        _ => unfit(at, "takes either `python` or `command`"),
    }
}

fn input(at: &str, value: &Value) -> Result<Input, Error> {
    let object = Object::of(at, value, INPUT)?;
    let only = |allowed: &[&str]| match object.map.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => unfit(at, format!("`{key}` does not go with `{}`", allowed[0])),
        None => Ok(()),
    };
    if object.map.contains_key("file") {
        only(&["file"])?;
        return Ok(Input::File(path_of(at, &object, "file")?));
    }
    if object.map.contains_key("step") {
        only(&["step", "output"])?;
        return Ok(Input::Step { step: object.text("step")?, output: object.text("output")? });
    }
    if object.map.contains_key("dataset") {
        only(&["dataset", "use", "purpose", "columns", "fixture"])?;
        let word = object.text("use")?;
        let known = ["explore", "train", "score", "monitor"];
        let for_use =
            serde_json::from_value(Value::String(word.clone())).ok().filter(|_| known.contains(&word.as_str()));
        let for_use = for_use.ok_or_else(|| unknown_word(object.place("use"), &word, "use", &known))?;
        let purpose = object.map.get("purpose").map(|_| object.text("purpose").map(PurposeId)).transpose()?;
        let dataset = object.text("dataset")?;
        if dataset.split('.').count() != 3 || dataset.split('.').any(str::is_empty) {
            return unfit(at, format!("`{}` is not `lake.schema.table`", plain(&dataset)));
        }
        let fixture = object.map.get("fixture").map(|_| path_of(at, &object, "fixture")).transpose()?;
        let (dataset, columns) = (DatasetId(dataset), object.words("columns")?);
        return Ok(Input::Dataset(DatasetInput { dataset, for_use, purpose, columns, fixture }));
    }
    match object.map.get("value") {
        Some(value) => {
            only(&["value"])?;
            Ok(Input::Value(value.clone()))
        }
        None => unfit(at, "takes one of `file`, `step`, `dataset` and `value`"),
    }
}

fn path_of(at: &str, object: &Object<'_>, key: &str) -> Result<String, Error> {
    let path = object.text(key)?;
    let relative = !path.starts_with('/') && !path.contains(['\0', '\\']);
    if path.is_empty() || !relative || path.split('/').any(|part| matches!(part, "" | "." | ".." | ".git")) {
        return unfit(at, format!("`{}` is not a path inside the repository", plain(&path)));
    }
    Ok(path)
}

fn env(author: Author, object: &Object<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut env = BTreeMap::new();
    for (name, value) in object.object("env")? {
        let at = object.place("env");
        let word = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
        if !word || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return unfit(at, format!("`{}` is not a variable's name", plain(&name)));
        }
        let ours = author == Author::Platform && name == ENDPOINT;
        let reserved =
            RESERVED.contains(&name.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if reserved && !ours {
            return unfit(at, format!("`{name}` is set by the runner"));
        }
        match value {
            Value::String(text) if !text.contains('\0') => env.insert(name, text),
            other => return unfit(at, format!("`{}` of `{name}` is not a text", short(&other))),
        };
    }
    Ok(env)
}
