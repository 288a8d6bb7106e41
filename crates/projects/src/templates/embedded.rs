//! The templates inside the binary: the folders of `templates/` that have a `template.json`.
use super::{Error, Parameters};
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

#[derive(RustEmbed)]
#[folder = "../../templates"]
#[allow_missing = true]
struct Embedded;

/// What says of a folder that it is a template, and what it takes. It does not become a file of the project.
const MANIFEST: &str = "template.json";
/// What tools leave beside the files of a template.
const LEFT_OVERS: [&str; 7] =
    ["__pycache__", ".venv", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".coverage", "mlruns"];

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    pub name: String,
    pub title: String,
    pub description: String,
    pub version: String,
    pub(crate) parameters: Parameters,
    /// Path → content, placeholders and all.
    pub(crate) files: Vec<(String, Cow<'static, [u8]>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    title: String,
    description: String,
    version: String,
    #[serde(default)]
    parameters: Parameters,
}

#[cfg(test)]
impl Template {
    pub(crate) fn for_tests(name: &str) -> Self {
        let (title, description, version) = (String::new(), String::new(), "1".to_owned());
        Self {
            name: name.to_owned(),
            title,
            description,
            version,
            parameters: Parameters::default(),
            files: Vec::new(),
        }
    }
}

/// Returns the names of all templates, in order.
pub(crate) fn names() -> Vec<String> {
    let manifest = |path: &str| path.strip_suffix(MANIFEST)?.strip_suffix('/').map(ToOwned::to_owned);
    let names: BTreeSet<String> = Embedded::iter().filter_map(|path| manifest(&path)).collect();
    names.into_iter().filter(|name| !name.contains('/')).collect()
}

/// Says that there is no template of this name.
pub(super) fn not_found(name: &str) -> Error {
    let name = name.chars().take(63).flat_map(char::escape_debug).collect();
    Error::NotFound { name, known: names() }
}

/// Returns template `name`.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) fn find(name: &str) -> Result<Template, Error> {
    let broken = |why: String| Error::Broken { template: name.to_owned(), why };
    if !names().iter().any(|known| known == name) {
        return Err(not_found(name));
    }
    let manifest = Embedded::get(&format!("{name}/{MANIFEST}")).map(|file| file.data).unwrap_or_default();
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|error| broken(format!("`{MANIFEST}`: {error}")))?;
    let mut files = Vec::new();
    for path in Embedded::iter() {
        let Some(below) = path.strip_prefix(name).and_then(|rest| rest.strip_prefix('/')) else { continue };
        let left_over = below.split('/').any(|part| LEFT_OVERS.contains(&part)) || below.ends_with(".pyc");
        if below != MANIFEST && !left_over {
            let file = Embedded::get(&path).ok_or_else(|| broken(format!("`{below}` is gone")))?;
            files.push((below.to_owned(), file.data));
        }
    }
    files.sort();
    let Manifest { title, description, version, parameters } = manifest;
    Ok(Template { name: name.to_owned(), title, description, version, parameters, files })
}
