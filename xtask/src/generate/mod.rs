//! `cargo xtask gen`: everything that is committed and yet follows from something else.
//!
//! The handlers make the OpenAPI document, the document makes the clients, `states!` makes the looks, pages make the reference.
mod reference;
mod states;

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const OPENAPI: &str = "openapi/v1.json";
const CLIENT: &str = "ui/src/api";

/// Whether to write, or to fail where writing would change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Write,
    Check,
}

/// Rewrites (or checks) every generated file below `root`.
pub fn run(root: &Path, mode: Mode) -> Result<()> {
    let binary = binary();
    let openapi = ask(&binary, &["openapi"])?;
    let document: serde_json::Value = serde_json::from_str(&openapi).context("`lockgate openapi` is not JSON")?;
    let looks: serde_json::Value =
        serde_json::from_str(&ask(&binary, &["states"])?).context("`lockgate states` is not JSON")?;
    let mut files = BTreeMap::from([
        (OPENAPI.to_owned(), with_newline(openapi)),
        (format!("{CLIENT}/states.ts"), states::render(&looks)?),
        ("docs/reference/states.md".to_owned(), reference::states(&looks)?),
        ("docs/reference/api.md".to_owned(), reference::api(&document)?),
        ("docs/reference/errors.md".to_owned(), reference::errors(root)?),
    ]);
    for page in ["cli", "configuration", "permissions"] {
        files.insert(format!("docs/reference/{page}.md"), with_newline(ask(&binary, &["reference", page])?));
    }
    let mut changed = Vec::new();
    for (path, text) in &files {
        if std::fs::read_to_string(root.join(path)).ok().as_ref() != Some(text) {
            changed.push(path.clone());
            if mode == Mode::Write {
                write(&root.join(path), text)?;
            }
        }
    }
    if mode == Mode::Write || changed.is_empty() {
        changed.extend(client(root, mode)?);
    }
    report(mode, &changed)
}

fn report(mode: Mode, changed: &[String]) -> Result<()> {
    match mode {
        _ if changed.is_empty() => println!("gen: everything generated is up to date"),
        Mode::Write => println!("gen: rewrote {}", changed.join(", ")),
        Mode::Check => {
            bail!("generated files are stale: {}; run `make gen` and commit what it changes", changed.join(", "))
        }
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask is a tool of its own: its only configuration is where cargo builds"
)]
fn binary() -> PathBuf {
    if let Some(binary) = std::env::var_os("LOCKGATE_BIN") {
        return PathBuf::from(binary);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    target.join("debug/lockgate")
}

fn ask(binary: &Path, verb: &[&str]) -> Result<String> {
    let what = format!("{} {}", binary.display(), verb.join(" "));
    let out = Command::new(binary)
        .args(verb)
        .output()
        .with_context(|| format!("{what}: build the binary first (`make build`)"))?;
    anyhow::ensure!(out.status.success(), "{what}: {}", String::from_utf8_lossy(&out.stderr).trim());
    String::from_utf8(out.stdout).with_context(|| format!("{what} printed something that is not UTF-8"))
}

fn with_newline(text: String) -> String {
    if text.ends_with('\n') { text } else { text + "\n" }
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().context("has a folder")?)?;
    std::fs::write(path, text).with_context(|| format!("writes {}", path.display()))
}

/// Rewrites the TypeScript client from the document; when checking, puts the old one back.
fn client(root: &Path, mode: Mode) -> Result<Vec<String>> {
    let folder = root.join(CLIENT);
    let before = snapshot(&folder)?;
    let done = Command::new("npm").args(["run", "--silent", "gen"]).current_dir(root.join("ui")).output();
    let done = done.context("`npm run gen` in ui")?;
    anyhow::ensure!(done.status.success(), "npm run gen: {}", String::from_utf8_lossy(&done.stderr).trim());
    let after = snapshot(&folder)?;
    let names = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
    let changed: Vec<&String> = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).collect();
    if mode == Mode::Check {
        for name in &changed {
            match before.get(*name) {
                Some(bytes) => std::fs::write(folder.join(name), bytes)?,
                None => std::fs::remove_file(folder.join(name))?,
            }
        }
    }
    Ok(changed.into_iter().map(|name| format!("{CLIENT}/{name}")).collect())
}

fn snapshot(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reads {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path())?);
        }
    }
    Ok(files)
}
