use super::Finding;
use super::tree::{Tree, line_of};
use anyhow::{Context, Result};
use std::collections::BTreeMap;

const FLOORS: &str = "xtask/floors.toml";
/// The one crate that is only ever a dev-dependency.
const TESTKIT: &str = "testkit";

#[derive(Debug)]
struct Floors {
    of: BTreeMap<String, i64>,
    /// Neighbours that one crate may use all the same, each for the reason that stands beside it.
    beside: BTreeMap<String, Vec<String>>,
}

/// Checks that a crate imports only lower floors, and that `testkit` is imported by tests only.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let floors = read(tree)?;
    let mut findings = Vec::new();
    for (path, text) in tree.matching("crates/", "/Cargo.toml") {
        let name = path.trim_start_matches("crates/").trim_end_matches("/Cargo.toml");
        let Some(&floor) = floors.of.get(name) else {
            findings.push(Finding::new(path, 1, "floor", format!("give `{name}` its floor in {FLOORS}")));
            continue;
        };
        let manifest: toml::Table = toml::from_str(text).with_context(|| path.to_owned())?;
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for used in manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys) {
                let Some(&below) = floors.of.get(used) else { continue };
                if floors.beside.get(name).is_some_and(|beside| beside.contains(used)) {
                    continue;
                }
                if let Some(text) = judge((name, floor), (used, below), section) {
                    findings.push(Finding::new(path, line_of_key(tree.text(path), used), "floor", text));
                }
            }
        }
    }
    for name in floors.of.keys().filter(|name| !tree.files.contains_key(&format!("crates/{name}/Cargo.toml"))) {
        findings.push(Finding::new(FLOORS, 1, "floor", format!("there is no crates/{name}: delete its line")));
    }
    Ok(findings)
}

fn judge((name, floor): (&str, i64), (used, below): (&str, i64), section: &str) -> Option<String> {
    if used == TESTKIT {
        return (section != "dev-dependencies").then(|| "`testkit` is for tests: [dev-dependencies]".to_owned());
    }
    if below < floor {
        return None;
    }
    let what = if below == floor {
        "two contexts on one floor do not know each other"
    } else {
        "a crate imports only lower floors"
    };
    Some(format!("{name} (floor {floor}) uses {used} (floor {below}): {what}; call down, or publish an event"))
}

fn read(tree: &Tree) -> Result<Floors> {
    let table: toml::Table = toml::from_str(tree.text(FLOORS)).with_context(|| FLOORS.to_owned())?;
    let section = |name: &str| table.get(name).and_then(toml::Value::as_table);
    let floors = section("floors").with_context(|| format!("{FLOORS} has no [floors]"))?;
    let of = floors.iter().filter_map(|(name, floor)| Some((name.clone(), floor.as_integer()?))).collect();
    let words = |list: &toml::Value| {
        Some(list.as_array()?.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect())
    };
    let beside = section("beside").into_iter().flatten().filter_map(|(name, list)| Some((name.clone(), words(list)?)));
    Ok(Floors { of, beside: beside.collect() })
}

/// Returns the line on which `key` stands in a manifest.
pub fn line_of_key(text: &str, key: &str) -> usize {
    let starts = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    match text.lines().position(starts) {
        Some(at) => at + 1,
        None => line_of(text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_sample(manifest: &str, expected: &[&str]) {
        let floors = "[floors]\nbase = 0\nevents = 0\naccess = 2\njobs = 2\ncatalog = 3\ntestkit = 2\n[beside]\nevents = [\"base\"]\n";
        let tree = Tree::of(&[
            (FLOORS, floors),
            ("crates/access/Cargo.toml", manifest),
            ("crates/base/Cargo.toml", ""),
            ("crates/events/Cargo.toml", "[dependencies]\nbase.workspace = true"),
            ("crates/jobs/Cargo.toml", ""),
            ("crates/catalog/Cargo.toml", ""),
            ("crates/testkit/Cargo.toml", ""),
        ]);
        let found: Vec<_> = check(&tree).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        assert!(found.iter().zip(expected).all(|(found, expected)| found.contains(expected)), "{found:#?}");
    }

    #[test]
    fn a_crate_imports_only_lower_floors() {
        check_sample("[dependencies]\nbase.workspace = true\nserde.workspace = true", &[]);
        check_sample(
            "[dependencies]\njobs.workspace = true",
            &["Cargo.toml:2: floor: access (floor 2) uses jobs (floor 2)"],
        );
        check_sample("[dependencies]\ncatalog.workspace = true", &["only lower floors"]);
        check_sample("[dev-dependencies]\ncatalog.workspace = true", &["only lower floors"]);
        check_sample("[dev-dependencies]\ntestkit.workspace = true", &[]);
        check_sample("[dependencies]\ntestkit.workspace = true", &["is for tests"]);
    }

    #[test]
    fn every_crate_has_its_floor() {
        let tree = Tree::of(&[(FLOORS, "[floors]\nold = 1\n"), ("crates/new/Cargo.toml", "")]);
        let found: Vec<_> = check(&tree).unwrap().iter().map(ToString::to_string).collect();
        assert!(found[0].contains("give `new` its floor") && found[1].contains("there is no crates/old"), "{found:#?}");
    }
}
