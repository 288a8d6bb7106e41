//! `cargo xtask tidy`: the rules of the house that a program can check without compiling, in seconds.
//!
//! Each rule is a function from the [`Tree`] to [`Finding`]s, in the file named after it, with a good and a bad sample in its tests.
mod crates;
mod docs;
mod errors;
mod floors;
mod licences;
mod migrations;
mod routes;
mod rust;
mod text;
mod tree;

use anyhow::{Result, bail};
use std::path::Path;
use std::time::Instant;
pub use tree::Tree;

/// A place that breaks a rule, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    file: String,
    line: usize,
    rule: &'static str,
    text: String,
}

impl Finding {
    fn new(file: &str, line: usize, rule: &'static str, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, rule, text: text.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, rule, text } = self;
        write!(f, "{file}:{line}: {rule}: {text}")
    }
}

/// Checks every rule on the repository at `root` and prints what it finds.
pub fn run(root: &Path) -> Result<()> {
    let started = Instant::now();
    let tree = Tree::read(root)?;
    let parsed = rust::parse_all(&tree);
    let mut findings = rust::check(&parsed);
    findings.extend(text::check(&tree));
    findings.extend(docs::check(&tree));
    findings.extend(errors::check(&tree, &parsed));
    findings.extend(routes::check(&tree, &parsed)?);
    findings.extend(floors::check(&tree)?);
    findings.extend(crates::check(&tree)?);
    findings.extend(migrations::check(&tree));
    findings.extend(licences::check(root, &tree)?);
    findings.sort();
    findings.dedup();
    for finding in &findings {
        println!("{finding}");
    }
    let took = started.elapsed().as_secs_f64();
    if findings.is_empty() {
        println!("tidy: {} files, no findings, {took:.1} s", tree.files.len());
        return Ok(());
    }
    bail!("tidy: {} findings in {took:.1} s", findings.len())
}

/// Records migrations that are new in the lock file.
pub fn accept(root: &Path) -> Result<()> {
    migrations::accept(root, &Tree::read(root)?)
}
