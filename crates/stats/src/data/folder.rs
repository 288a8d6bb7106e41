//! Files of a folder, and the columns that its `name=value` folders are.
use super::format::Format;
use crate::StatsError;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of a table.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// As the caller called it.
    pub(super) shown: String,
    pub(super) format: Format,
    /// What the folders above it say, `None` for a null.
    pub(super) labels: BTreeMap<String, Option<String>>,
}

/// What a folder is called that holds the rows without a value.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Returns the file, or the files of the folder by their names.
pub(super) fn find_files(path: &Path) -> Result<Vec<Found>, StatsError> {
    let shown = path.display().to_string();
    let named = fs::metadata(path).map_err(|error| cannot(&shown, error))?;
    if !named.is_dir() {
        check_is_file(&shown, &named)?;
        let Some(format) = Format::of(path) else { return Err(wrong_ending(&shown)) };
        return Ok(vec![Found { path: path.to_owned(), shown, format, labels: BTreeMap::new() }]);
    }
    let root = fs::canonicalize(path).map_err(|error| cannot(&shown, error))?;
    let mut found = Vec::new();
    let walk = Walk { root: &root, above: Vec::new(), labels: BTreeMap::new() };
    walk.visit(path, &mut found)?;
    let Some(first) = found.first() else {
        return Err(cannot(&shown, format!("the folder has no files that end with {}", Format::ENDINGS)));
    };
    if let Some(other) = found.iter().find(|file| file.format != first.format) {
        return Err(cannot(&other.shown, format!("it has another format than `{}`, and a table has one", first.shown)));
    }
    Ok(found)
}

struct Walk<'a> {
    root: &'a Path,
    /// Where the folders above really are, so that a link to one of them is not followed for ever.
    above: Vec<PathBuf>,
    labels: BTreeMap<String, Option<String>>,
}

impl Walk<'_> {
    fn visit(&self, folder: &Path, found: &mut Vec<Found>) -> Result<(), StatsError> {
        let shown = folder.display().to_string();
        let entries = fs::read_dir(folder).map_err(|error| cannot(&shown, error))?;
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(|error| cannot(&shown, error))?;
        paths.sort();
        for path in paths {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !name.starts_with(['.', '_']) {
                self.take(&path, &name, found)?;
            }
        }
        Ok(())
    }

    fn take(&self, path: &Path, name: &str, found: &mut Vec<Found>) -> Result<(), StatsError> {
        let shown = path.display().to_string();
        let real = fs::canonicalize(path).map_err(|error| cannot(&shown, error))?;
        if !real.starts_with(self.root) {
            return Err(cannot(&shown, "it is a symbolic link that leaves the folder"));
        }
        if real.is_dir() {
            if self.above.contains(&real) || real == self.root {
                return Err(cannot(&shown, "it is a symbolic link to a folder above it"));
            }
            let mut below = Walk { root: self.root, above: self.above.clone(), labels: self.labels.clone() };
            below.above.push(real);
            if let Some((name, value)) = name.split_once('=') {
                below.labels.insert(decode(name), (value != NULL).then(|| decode(value)));
            }
            return below.visit(path, found);
        }
        check_is_file(&shown, &fs::metadata(&real).map_err(|error| cannot(&shown, error))?)?;
        let Some(format) = Format::of(path) else { return Err(wrong_ending(&shown)) };
        found.push(Found { path: path.to_owned(), shown, format, labels: self.labels.clone() });
        Ok(())
    }
}

/// Pipes and devices have no end, or none that is read twice.
fn check_is_file(shown: &str, found: &fs::Metadata) -> Result<(), StatsError> {
    if found.is_file() { Ok(()) } else { Err(cannot(shown, "it is neither a file nor a folder")) }
}

fn wrong_ending(shown: &str) -> StatsError {
    cannot(shown, format!("its name does not end with {}", Format::ENDINGS))
}

pub(super) fn cannot(shown: &str, why: impl ToString) -> StatsError {
    StatsError::File { file: shown.to_owned(), why: why.to_string() }
}

/// Replaces `%2F` and the like, which stand for what a folder's name cannot have.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|code| byte == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
