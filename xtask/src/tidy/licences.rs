use super::Finding;
use super::tree::Tree;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const LIST: &str = "xtask/licences.toml";
const PACKAGE_LOCK: &str = "ui/package-lock.json";

#[derive(Debug)]
struct Licences {
    allowed: Vec<String>,
    excused: BTreeMap<String, String>,
}

/// Checks the licence of every crate and npm package that the lock files name.
pub fn check(root: &Path, tree: &Tree) -> Result<Vec<Finding>> {
    let licences = read(tree)?;
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--quiet"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    anyhow::ensure!(metadata.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&metadata.stderr).trim());
    let mut findings = judge(&licences, "Cargo.lock", of_crates(&metadata.stdout)?);
    if tree.files.contains_key(PACKAGE_LOCK) {
        findings.extend(judge(&licences, PACKAGE_LOCK, of_npm(tree.text(PACKAGE_LOCK))?));
    }
    Ok(findings)
}

fn read(tree: &Tree) -> Result<Licences> {
    let table: toml::Table = toml::from_str(tree.text(LIST)).with_context(|| LIST.to_owned())?;
    let words = |value: &toml::Value| value.as_str().map(str::to_owned);
    let allowed = table.get("allowed").and_then(toml::Value::as_array).context("no `allowed`")?;
    let excused = table.get("excused").and_then(toml::Value::as_table).context("no [excused]")?;
    let excused = excused.iter().filter_map(|(name, reason)| Some((name.clone(), words(reason)?))).collect();
    Ok(Licences { allowed: allowed.iter().filter_map(words).collect(), excused })
}

/// Returns name and licence of each crate that cargo names.
fn of_crates(metadata: &[u8]) -> Result<Vec<(String, String)>> {
    let metadata: serde_json::Value = serde_json::from_slice(metadata).context("cargo metadata")?;
    let used = metadata["resolve"]["nodes"].as_array().context("cargo metadata has no nodes")?;
    let used: Vec<&str> = used.iter().filter_map(|node| node["id"].as_str()).collect();
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let found = packages.iter().filter(|package| package["id"].as_str().is_some_and(|id| used.contains(&id)));
    Ok(found.map(|package| (text(&package["name"]), text(&package["license"]))).collect())
}

fn of_npm(lock: &str) -> Result<Vec<(String, String)>> {
    let lock: serde_json::Value = serde_json::from_str(lock).context(PACKAGE_LOCK)?;
    let packages = lock["packages"].as_object().with_context(|| format!("{PACKAGE_LOCK} has no packages"))?;
    let named = packages.iter().filter(|(path, _)| !path.is_empty());
    let name = |path: &str| path.rsplit_once("node_modules/").map_or(path, |(_, name)| name).to_owned();
    Ok(named.map(|(path, package)| (name(path), text(&package["license"]))).collect())
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn judge(licences: &Licences, file: &str, found: Vec<(String, String)>) -> Vec<Finding> {
    let refused = found
        .into_iter()
        .filter(|(name, licence)| !is_excused(licences, name) && !is_allowed(&licences.allowed, licence));
    let finding = |(name, licence): (String, String)| {
        let text = format!("`{name}` has licence `{licence}`: do without it, or excuse it in {LIST} with a reason");
        Finding::new(file, 1, "licence", text)
    };
    refused.map(finding).collect()
}

/// A name in the list, or one that begins like `lightningcss*`.
fn is_excused(licences: &Licences, name: &str) -> bool {
    licences.excused.keys().any(|key| key.strip_suffix('*').map_or(name == key, |start| name.starts_with(start)))
}

/// Judges an SPDX expression: one branch of each `OR`, every part of each `AND`; an unreadable one is refused.
fn is_allowed(allowed: &[String], licence: &str) -> bool {
    let spaced = licence.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    either(allowed, &mut words) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(allowed: &[String], words: &mut Words<'_>) -> bool {
    let mut fits = every(allowed, words);
    while words.next_if_eq(&"OR").is_some() {
        fits |= every(allowed, words);
    }
    fits
}

fn every(allowed: &[String], words: &mut Words<'_>) -> bool {
    let mut fits = one(allowed, words);
    while words.next_if_eq(&"AND").is_some() {
        fits &= one(allowed, words);
    }
    fits
}

fn one(allowed: &[String], words: &mut Words<'_>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        return either(allowed, words) & words.next_if_eq(&")").is_some();
    }
    let Some(mut licence) = words.next().map(str::to_owned) else { return false };
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().unwrap_or_default());
    }
    allowed.contains(&licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_sample(licence: &str, expected: bool) {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned);
        assert_eq!(is_allowed(&allowed, licence), expected, "{licence}");
    }

    #[test]
    fn only_permissive_licences_pass() {
        check_sample("MIT", true);
        check_sample("MIT/Apache-2.0", true);
        check_sample("MIT OR GPL-3.0", true);
        check_sample("(MIT OR Apache-2.0) AND Unicode-3.0", true);
        check_sample("MIT AND GPL-3.0", false);
        check_sample("(MIT OR Apache-2.0) AND GPL-3.0", false);
        check_sample("(MIT", false);
        check_sample("Apache-2.0 WITH LLVM-exception", false);
        check_sample("AGPL-3.0-only", false);
        check_sample("", false);
    }

    #[test]
    fn crates_and_npm_packages_are_read() {
        let lock = r#"{"packages": {"": {"license": "x"}, "node_modules/a/node_modules/@b/c": {"license": "MIT"}}}"#;
        assert_eq!(of_npm(lock).unwrap(), [("@b/c".to_owned(), "MIT".to_owned())]);
        let metadata = br#"{"resolve": {"nodes": [{"id": "1"}]}, "packages": [
            {"id": "1", "name": "a", "license": "AGPL-3.0"}, {"id": "2", "name": "unused", "license": null}]}"#;
        let found = of_crates(metadata).unwrap();
        assert_eq!(found, [("a".to_owned(), "AGPL-3.0".to_owned())]);
        let licences = Licences { allowed: vec!["MIT".to_owned()], excused: BTreeMap::new() };
        assert_eq!(judge(&licences, "Cargo.lock", found.clone()).len(), 1);
        let excused = [("a".to_owned(), "we only run its tests".to_owned())].into_iter().collect();
        assert!(judge(&Licences { excused, ..licences }, "Cargo.lock", found.clone()).is_empty());
        let excused = [("a*".to_owned(), "only for tests".to_owned())].into_iter().collect();
        let licences = Licences { allowed: Vec::new(), excused };
        assert!(judge(&licences, "Cargo.lock", found).is_empty());
        assert_eq!(judge(&licences, "Cargo.lock", vec![("b".to_owned(), "MIT".to_owned())]).len(), 1);
    }
}
