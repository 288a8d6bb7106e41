//! The runner: what `lockgate runner` does, in two stages. The outer one talks to the server and outlives it; the inner one is the
//! first process of the sandbox. Neither opens the database, and neither is part of the server's process.
//!
//! Secrets come in a file that only the server's user reads, and go to the step in its environment; none is ever an argument.

/// Writes a line to standard error, or not where that cannot be written: a full disk ends no attempt, as `eprintln!` would.
macro_rules! say {
    ($($text:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{}\n", format_args!($($text)*)));
    }};
}

mod address;
mod child;
mod files;
mod inner;
pub(crate) mod limits;
mod link;
mod logs;
mod outer;
mod outputs;
mod plan;
mod prepare;
pub(crate) mod process;
mod relay;
pub(crate) mod sandbox;
mod seccomp;
mod words;

use crate::engine::{LocalLaunch, RUNNER};
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

/// Runs the stage that the arguments after `runner` name: `--launch FILE`, or `inner --socket FILE`; `None` if they name neither.
/// A caller does nothing before it that takes time: a step starts the program twice.
pub fn main(arguments: &[OsString]) -> Option<ExitCode> {
    match arguments {
        [word, file] if word == "--launch" => Some(attempt(Path::new(file))),
        [inner, word, socket] if inner == "inner" && word == "--socket" => Some(stage(Path::new(socket))),
        _ => None,
    }
}

fn stage(socket: &Path) -> ExitCode {
    match files::keep_for_ourselves().and_then(|()| inner::run(socket)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say!("the inner stage broke off: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the attempt of a launch file to its end. The exit code says whether the server heard of it.
pub fn attempt(file: &Path) -> ExitCode {
    // A session of its own: what ends the server's terminal or its process group does not end the runner.
    let _ = rustix::process::setsid();
    match prepared(file) {
        Ok(None) => ExitCode::from(3),
        Ok(Some((local, runtime))) => match runtime.block_on(outer::run(local)) {
            outer::Came::Reported => ExitCode::SUCCESS,
            outer::Came::Unheard => ExitCode::FAILURE,
            outer::Came::Stale => ExitCode::from(3),
        },
        Err(error) => {
            say!("error: the launch `{}`: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

/// Reads the launch and writes down which process this is; `None` if the attempt has a runner here already.
fn prepared(file: &Path) -> std::io::Result<Option<(LocalLaunch, tokio::runtime::Runtime)>> {
    files::keep_for_ourselves()?;
    let local: LocalLaunch = serde_json::from_slice(&std::fs::read(file)?)?;
    std::env::set_current_dir(&local.launch.folder)?;
    let Some(me) = process::this_one() else { return Err(std::io::Error::other("`/proc` is not readable")) };
    match File::options().write(true).create_new(true).mode(0o600).open(RUNNER) {
        Ok(mut known) => known.write_all(&serde_json::to_vec(&me)?)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(error),
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(Some((local, runtime)))
}
