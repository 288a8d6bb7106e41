use super::Finding;
use super::floors::line_of_key;
use super::tree::Tree;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Where `anyhow` may be: elsewhere every failure has a name.
const ANYHOW: [&str; 3] = ["crates/lockgate/", "crates/testkit/", "xtask/"];

/// Checks that versions and features stand in the root, that what a manifest lists is used, and that what the root lists is listed.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut listed = BTreeSet::new();
    for (path, text) in tree.matching("", "/Cargo.toml") {
        let manifest: toml::Table = toml::from_str(text).with_context(|| path.to_owned())?;
        let folder = path.trim_end_matches("Cargo.toml");
        let sources: String = tree.matching(folder, ".rs").map(|(_, text)| text).collect();
        for (key, value) in dependencies(&manifest) {
            let mut add = |rule, why: String| findings.push(Finding::new(path, line_of_key(text, key), rule, why));
            if value != &inherited() {
                add(
                    "workspace-versions",
                    format!("`{key}.workspace = true`; version and features stand in the root Cargo.toml"),
                );
            }
            if !names(&sources, key) && !excused(text, key) {
                add(
                    "unused-crate",
                    format!("no file here names `{key}`: delete the line (or say why after it: `# not named: …`)"),
                );
            }
            if key == "anyhow" && !ANYHOW.contains(&folder) {
                add(
                    "no-anyhow",
                    "`anyhow` is for the binary, xtask and tests: one `Error` per resource here".to_owned(),
                );
            }
            listed.insert(key.clone());
        }
    }
    let root: toml::Table = toml::from_str(tree.text("Cargo.toml")).context("Cargo.toml")?;
    let shared =
        root.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(toml::Value::as_table);
    let others = shared.into_iter().flatten().filter(|(_, value)| value.get("path").is_none());
    for (key, _) in others.filter(|(key, _)| !listed.contains(*key)) {
        let text = format!("no crate uses `{key}`: delete the line");
        findings.push(Finding::new("Cargo.toml", line_of_key(tree.text("Cargo.toml"), key), "unused-crate", text));
    }
    Ok(findings)
}

fn dependencies(manifest: &toml::Table) -> BTreeMap<&String, &toml::Value> {
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    sections.iter().filter_map(|section| manifest.get(*section)?.as_table()).flatten().collect()
}

fn inherited() -> toml::Value {
    toml::Value::Table([("workspace".to_owned(), toml::Value::Boolean(true))].into_iter().collect())
}

fn names(sources: &str, key: &str) -> bool {
    let name = key.replace('-', "_");
    let word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    sources.match_indices(&name).any(|(at, _)| {
        let after = &sources[at + name.len()..];
        let starts = !word(sources[..at].chars().next_back());
        starts
            && (after.starts_with("::")
                || after.starts_with('!')
                || after.starts_with(';')
                || after.starts_with(" as "))
    })
}

fn excused(text: &str, key: &str) -> bool {
    text.lines().nth(line_of_key(text, key) - 1).is_some_and(|line| line.contains("# not named: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_sample(root: &str, manifest: &str, code: &str, expected: &[&str]) {
        let root = format!("[workspace.dependencies]\n{root}");
        let tree = Tree::of(&[("Cargo.toml", &root), ("crates/a/Cargo.toml", manifest), ("crates/a/src/lib.rs", code)]);
        let found: Vec<_> = check(&tree).unwrap().iter().map(|finding| finding.rule).collect();
        assert_eq!(found, expected, "{manifest}");
    }

    #[test]
    fn what_is_listed_is_used() {
        let manifest = "[dependencies]\nserde-json.workspace = true";
        check_sample("serde-json = \"1\"", manifest, "use serde_json::Value;", &[]);
        check_sample("serde-json = \"1\"", manifest, "use my_serde_json::Value;", &["unused-crate"]);
        check_sample("serde-json = \"1\"", &format!("{manifest} # not named: turns a feature on"), "", &[]);
        check_sample("hex = \"1\"", "", "", &["unused-crate"]);
    }

    #[test]
    fn versions_stand_in_the_root_and_errors_have_names() {
        check_sample("hex = \"1\"", "[dependencies]\nhex = \"1\"", "hex::encode()", &["workspace-versions"]);
        let features = "[dependencies]\nhex = { workspace = true, features = [\"std\"] }";
        check_sample("hex = \"1\"", features, "hex::encode()", &["workspace-versions"]);
        check_sample("anyhow = \"1\"", "[dependencies]\nanyhow.workspace = true", "anyhow::bail!()", &["no-anyhow"]);
    }
}
