//! What a table holds: computed, or put together from stored parts, and kept.
use super::arguments::ProfileArgs;
use super::input::{Input, failed_on, shown};
use super::{failed, show, with_progress};
use crate::failure::{Exit, Failure, Result};
use stats::StatsError;
use stats::profile::{Profile, profile};
use std::path::Path;

/// Profiles a table, or merges stored profiles; keeps the result if asked to.
pub fn profiled(args: &ProfileArgs) -> Result<(String, Option<Failure>)> {
    let inputs = args.files.iter().map(|file| Input::open(file)).collect::<Result<Vec<_>>>()?;
    let is_one = inputs.len() == 1;
    let mut whole: Option<Profile> = None;
    for (input, file) in inputs.into_iter().zip(&args.files) {
        let part = match input {
            Input::Table(data) if is_one => {
                let seed = args.seed.unwrap_or_default();
                let found = with_progress(args.shown.threads, |run| profile(&data, seed, args.partitions.clone(), run));
                found.map_err(failed)?
            }
            Input::Table(_) => {
                let detail = format!("`{}` is a table beside other files", shown(file));
                return Err(Failure::new(
                    Exit::Usage,
                    detail,
                    "several files of one table are a folder: give its name",
                ));
            }
            Input::Profile(stored) => {
                check_untouched(args)?;
                *stored
            }
        };
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => whole.merge(part).map_err(|error| no_parts(file, &error))?,
        }
    }
    let whole = whole.ok_or_else(|| Failure::new(Exit::Usage, "no file was given", "name a file or a folder"))?;
    if let Some(out) = &args.out {
        keep(&whole, out)?;
    }
    let names: Vec<String> = args.files.iter().map(|file| file.display().to_string()).collect();
    Ok(show(&whole, &format!("Profile: {}", names.join(", ")), &args.shown))
}

/// Refuses options that a stored profile would ignore.
fn check_untouched(args: &ProfileArgs) -> Result<()> {
    let given = [("--seed", args.seed.is_some()), ("--partitions", args.partitions.is_some())];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => {
            let detail = format!("`{option}` is given with a stored profile, which was computed without");
            Err(Failure::new(Exit::Usage, detail, "give the table itself, or leave the option away"))
        }
        None => Ok(()),
    }
}

fn no_parts(file: &Path, error: &StatsError) -> Failure {
    let why = match error {
        StatsError::Argument { found, .. } => found.clone(),
        other => other.to_string(),
    };
    let detail = format!("`{}` is no other part of the same table: {why}", shown(file));
    Failure::new(
        Exit::Usage,
        detail,
        "make the parts of one table with `--partitions FROM..TO`, ranges that do not overlap",
    )
}

/// Writes the profile beside its place, then moves it there, so that no half is ever found under its name.
fn keep(profile: &Profile, out: &Path) -> Result<()> {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = out.with_file_name(name);
    let written = std::fs::write(&part, profile.to_bytes()).and_then(|()| std::fs::rename(&part, out));
    written.map_err(|error| {
        // What could not be written whole is of no use; that it cannot be deleted either adds nothing.
        std::fs::remove_file(&part).unwrap_or_default();
        failed_on(out, "written", &error)
    })
}
