//! Chores of the repository: `tidy` checks the rules of the house, `gen` rewrites what is generated.
//!
//! It owns no rule of the product and is never shipped.
mod generate;
mod tidy;

use anyhow::{Context, Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask tidy            check the rules of the house; each finding says the way out
cargo xtask tidy --accept   record new migrations as merged in xtask/migrations.lock
cargo xtask gen             rewrite openapi/v1.json, the clients, ui/src/api/states.ts and docs/reference
cargo xtask gen --check     fail if that would change a file

gen needs the built binary: LOCKGATE_BIN, else <target>/debug/lockgate";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let here = std::env::current_dir().context("finds the current folder")?;
    let root = here.ancestors().find(|folder| folder.join("xtask/floors.toml").is_file());
    let root = root.context("this is not a checkout of Lockgate")?;
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["tidy"] => tidy::run(root),
        ["tidy", "--accept"] => tidy::accept(root),
        ["gen"] => generate::run(root, generate::Mode::Write),
        ["gen", "--check"] => generate::run(root, generate::Mode::Check),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => bail!("`{}` is not a chore\n{HELP}", words.join(" ")),
    }
}
