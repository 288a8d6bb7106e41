use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Text files that are committed or about to be, by path from the root.
#[derive(Debug, Default)]
pub struct Tree {
    /// Path to text.
    pub files: BTreeMap<String, String>,
    /// Every path, also of files that are not text.
    pub paths: Vec<String>,
}

impl Tree {
    /// Reads what git tracks or would add below `root`; files that are not UTF-8 have a path and no text.
    pub fn read(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git lists the files")?;
        anyhow::ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
        let mut tree = Self::default();
        for path in String::from_utf8(listed.stdout).context("a file name is not UTF-8")?.split_terminator('\0') {
            let full = root.join(path);
            if !full.is_file() {
                continue; // deleted, not yet committed
            }
            tree.paths.push(path.to_owned());
            if let Ok(text) = String::from_utf8(std::fs::read(&full).with_context(|| path.to_owned())?) {
                tree.files.insert(path.to_owned(), text);
            }
        }
        tree.paths.sort();
        tree.paths.dedup();
        Ok(tree)
    }

    /// Returns a tree of samples.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files: BTreeMap<_, _> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { paths: files.keys().cloned().collect(), files }
    }

    /// Returns the text of `path`, empty if there is none.
    pub fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// Returns files whose path starts and ends so.
    pub fn matching<'a>(&'a self, start: &'a str, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let fits = move |path: &&String| path.starts_with(start) && path.ends_with(end);
        self.files.iter().filter(move |(path, _)| fits(path)).map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// Returns whether `path` holds nothing but tests.
pub fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.starts_with("tests/")
        || path.ends_with("/tests.rs")
        || path.starts_with("crates/testkit/")
}

/// Returns the number of the line that byte `at` lies in, counted from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_lists_itself() {
        let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
        assert!(tree.text("xtask/src/tidy/tree.rs").contains("the_repository_lists_itself"));
        assert!(!tree.paths.iter().any(|path| path.starts_with("target/")));
    }

    #[test]
    fn tests_are_known_by_their_path() {
        let answers =
            ["crates/api/tests/it/app.rs", "crates/a/src/requests/tests.rs", "crates/a/src/requests/model.rs"]
                .map(is_test);
        assert_eq!(answers, [true, true, false]);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
