use super::Finding;
use super::tree::Tree;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const LOCK: &str = "xtask/migrations.lock";

/// Checks that migrations in the lock file are as they were, and that every one is in it.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let locked = locked(tree);
    let present = present(tree);
    let mut findings = Vec::new();
    for (line, (path, digest)) in &locked {
        match present.get(path) {
            None => {
                let text = format!("`{path}` was merged and is gone: bring it back, and undo it with a new migration");
                findings.push(Finding::new(LOCK, *line, "migration-fixed", text));
            }
            Some(found) if found != digest => {
                let text = "a merged migration never changes: restore it, and write a new one. (Was it never merged? Delete its \
                            line in xtask/migrations.lock and accept again)";
                findings.push(Finding::new(path, 1, "migration-fixed", text));
            }
            Some(_) => {}
        }
    }
    for path in present.keys().filter(|path| !locked.values().any(|(known, _)| known == *path)) {
        let text = "a new migration: `cargo xtask tidy --accept` records it; from then on it does not change";
        findings.push(Finding::new(path, 1, "migration-fixed", text));
    }
    findings
}

/// Appends new migrations to the lock file.
pub fn accept(root: &Path, tree: &Tree) -> Result<()> {
    let locked = locked(tree);
    let mut text = tree.text(LOCK).to_owned();
    if text.is_empty() {
        text = "# Digests of merged migrations: these files never change. Appended by `cargo xtask tidy --accept`.\n"
            .to_owned();
    }
    let mut added = 0;
    for (path, digest) in present(tree) {
        if !locked.values().any(|(known, _)| *known == path) {
            writeln!(text, "{digest}  {path}").context("writes to a string")?;
            added += 1;
        }
    }
    std::fs::write(root.join(LOCK), text).with_context(|| format!("writes {LOCK}"))?;
    println!("{added} migrations recorded in {LOCK}");
    Ok(())
}

/// Returns line, path and digest of the lock file.
fn locked(tree: &Tree) -> BTreeMap<usize, (String, String)> {
    let lines = tree.text(LOCK).lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let parsed = lines.filter_map(|(at, line)| {
        let (digest, path) = line.split_once("  ")?;
        Some((at + 1, (path.to_owned(), digest.to_owned())))
    });
    parsed.collect()
}

fn present(tree: &Tree) -> BTreeMap<String, String> {
    let files = tree.matching("crates/", ".rs").filter(|(path, _)| is_migration(path));
    files.map(|(path, text)| (path.to_owned(), hex::encode(Sha256::digest(text)))).collect()
}

fn is_migration(path: &str) -> bool {
    let Some((_, file)) = path.split_once("/src/migrations/") else { return false };
    let mut letters = file.chars();
    letters.next() == Some('m') && letters.next().is_some_and(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "crates/a/src/migrations/m20260907_grants_create.rs";

    #[track_caller]
    fn check_sample(files: &[(&str, &str)], expected: &[&str]) {
        let found: Vec<_> = check(&Tree::of(files)).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        assert!(found.iter().zip(expected).all(|(found, expected)| found.contains(expected)), "{found:#?}");
    }

    #[test]
    fn a_merged_migration_never_changes() {
        let line = format!("# x\n{}  {PATH}\n", hex::encode(Sha256::digest("up")));
        check_sample(&[(PATH, "up"), (LOCK, &line), ("crates/a/src/migrations/mod.rs", "x")], &[]);
        check_sample(&[(PATH, "up!"), (LOCK, &line)], &["never changes"]);
        check_sample(&[(LOCK, &line)], &["is gone"]);
        check_sample(&[(PATH, "up")], &["a new migration"]);
    }
}
