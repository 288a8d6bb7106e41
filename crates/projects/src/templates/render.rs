//! Puts a project's facts in place of a template's placeholders.
//!
//! A placeholder is `{{ name }}` or `{{ name | json }}`. What people wrote freely (titles, uses, texts) stands as it is in Markdown
//! only; everywhere else it needs `| json`, which makes it a literal of JSON, and so of Python, TOML and YAML: text stays text.
use super::{Error, Template};
use git::NewFile;
use serde_json::Value;
use std::collections::BTreeMap;

/// What placeholders stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    values: BTreeMap<String, (Value, bool)>,
}

impl Facts {
    /// Adds a fact that can stand in code as it is: a plain name, a number.
    #[must_use]
    pub fn plain(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), (value.into(), true));
        self
    }

    /// Adds a fact that somebody wrote freely.
    #[must_use]
    pub fn free(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), (value.into(), false));
        self
    }
}

/// Returns the files of a template with `facts` in their places, in their paths too.
///
/// # Errors
/// [`Error::Broken`]: a placeholder that is not known, or a free text where it could become code.
pub(crate) fn render(template: &Template, facts: &Facts) -> Result<Vec<NewFile>, Error> {
    let broken =
        |path: &str, why: String| Error::Broken { template: template.name.clone(), why: format!("`{path}`: {why}") };
    let mut files = Vec::new();
    for (path, bytes) in &template.files {
        let named = fill(path, facts, false).map_err(|why| broken(path, why))?;
        let markdown = path.ends_with(".md");
        let bytes = match std::str::from_utf8(bytes) {
            Ok(text) => fill(text, facts, markdown).map_err(|why| broken(path, why))?.into_bytes(),
            Err(_) => bytes.to_vec(),
        };
        let executable = bytes.starts_with(b"#!");
        files.push(NewFile { path: named, bytes, executable });
    }
    Ok(files)
}

fn fill(text: &str, facts: &Facts, markdown: bool) -> Result<String, String> {
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(open) = rest.find("{{") {
        let after = &rest[open + 2..];
        let inner = after.find("}}").map(|close| after[..close].trim());
        let Some((name, json)) = inner.and_then(placeholder) else {
            filled.push_str(&rest[..open + 2]);
            rest = after;
            continue;
        };
        filled.push_str(&rest[..open]);
        let (value, plain) = facts.values.get(name).ok_or_else(|| format!("`{name}` is no fact of a project"))?;
        match value {
            value if json => filled.push_str(&value.to_string()),
            _ if !plain && !markdown => return Err(format!("`{name}` needs `| json` here")),
            Value::String(text) => filled.push_str(text),
            value => filled.push_str(&value.to_string()),
        }
        rest = &after[after.find("}}").map_or(after.len(), |close| close + 2)..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Returns the name in a placeholder, and whether its value is to be written as JSON; `None` for other braces.
fn placeholder(inner: &str) -> Option<(&str, bool)> {
    let (name, json) = match inner.split_once('|') {
        Some((name, filter)) if filter.trim() == "json" => (name.trim(), true),
        Some(_) => return None,
        None => (inner, false),
    };
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(letters)).then_some((name, json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::borrow::Cow;

    fn template(files: &[(&str, &[u8])]) -> Template {
        let own = |(path, bytes): &(&str, &[u8])| ((*path).to_owned(), Cow::Owned(bytes.to_vec()));
        Template { files: files.iter().map(own).collect(), ..Template::for_tests("t") }
    }

    fn facts(title: &str) -> Facts {
        Facts::default().plain("project", "credit-risk").plain("package", "credit_risk").free("title", title)
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &str) {
        let shown = match render(&template(&[(path, text.as_bytes())]), &facts("A \"fine\" model")) {
            Ok(files) => format!("{}: {}", files[0].path, String::from_utf8_lossy(&files[0].bytes)),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn placeholders_take_facts() {
        check("src/{{ package }}/a.py", "NAME = '{{ project }}'", "src/credit_risk/a.py: NAME = 'credit-risk'");
        check("README.md", "# {{title}}", "README.md: # A \"fine\" model");
        check("a.py", "T = {{ title | json }}", "a.py: T = \"A \\\"fine\\\" model\"");
        check("a.py", "T = '{{ title }}'", "template `t` is broken: `a.py`: `title` needs `| json` here");
        check("{{ title }}.md", "", "template `t` is broken: `{{ title }}.md`: `title` needs `| json` here");
        check("a.py", "{{ nobody }}", "template `t` is broken: `a.py`: `nobody` is no fact of a project");
        check("a.py", "f'{{{x}}}' {{}} ${{ A.b }} {{", "a.py: f'{{{x}}}' {{}} ${{ A.b }} {{");
    }

    #[test]
    fn other_files_stay_as_they_are_and_scripts_can_be_run() {
        let files = render(&template(&[("a.bin", &[0xff, b'{', b'{']), ("run", b"#!/bin/sh\n")]), &facts("x")).unwrap();
        let told: Vec<(&[u8], bool)> = files.iter().map(|file| (&file.bytes[..], file.executable)).collect();
        assert_eq!(told, [(&[0xff, b'{', b'{'][..], false), (b"#!/bin/sh\n", true)]);
    }

    proptest! {
        /// Whatever somebody writes as a title, in a file of data it is read back as that title, and nothing else changes.
        #[test]
        fn a_text_stays_text(title in "\\PC{0,40}") {
            let files = render(&template(&[("a.json", b"{\"title\": {{ title | json }}, \"x\": 1}")]), &facts(&title)).unwrap();
            let read: Value = serde_json::from_slice(&files[0].bytes).expect("is JSON");
            prop_assert_eq!(read, serde_json::json!({"title": title, "x": 1}));
        }
    }
}
