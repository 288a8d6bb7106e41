//! What a table holds: computed, or put together from stored parts, and kept.
use super::arguments::ProfileArgs;
use super::input::{Input, failed_on, shown};
use super::{failed, show, with_progress};
use crate::failure::{Exit, Failure, Result};
use stats::StatsError;
use stats::profile::{Profile, profile};
use std::fs::{Metadata, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Profiles a table, or merges stored profiles; keeps the result if asked to.
pub fn profiled(args: &ProfileArgs) -> Result<(String, Option<Failure>)> {
    if let Some(out) = &args.out {
        check_out(out, &args.files)?;
    }
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
        keep(&whole, out).map_err(|error| failed_on(out, "written", &error))?;
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

/// Refuses a place that no profile may be kept at, before anything is computed: a folder, and what is profiled.
fn check_out(out: &Path, inputs: &[PathBuf]) -> Result<()> {
    let Ok(there) = std::fs::metadata(out) else { return Ok(()) };
    if there.is_dir() {
        return Err(Failure::new(Exit::Usage, format!("`{}` is a folder", shown(out)), "name a file in it"));
    }
    if inputs.iter().any(|input| std::fs::metadata(input).is_ok_and(|input| same(&input, &there))) {
        let detail = format!("`{}` is what is profiled, which the profile would replace", shown(out));
        return Err(Failure::new(Exit::Usage, detail, "give `--out` another name"));
    }
    Ok(())
}

/// Writes the profile beside its place, then moves it there, so that no half is ever found under its name; through what is no file, such as
/// a pipe, as it is.
fn keep(profile: &Profile, out: &Path) -> std::io::Result<()> {
    match std::fs::metadata(out) {
        Ok(there) if !there.is_file() => OpenOptions::new().write(true).open(out)?.write_all(&profile.to_bytes()),
        // Where the name is a link, the file stays where it is.
        Ok(_) => replace(profile, &out.canonicalize()?),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(profile, out),
        Err(error) => Err(error),
    }
}

fn same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn replace(profile: &Profile, out: &Path) -> std::io::Result<()> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As a file that anyone makes: who may read it is for the user's mask to say.
    let mut part =
        tempfile::Builder::new().prefix(".profile-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    part.write_all(&profile.to_bytes())?;
    part.persist(out).map(drop).map_err(|error| error.error)
}
