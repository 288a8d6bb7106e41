//! `lockgate-runner`: what `lockgate runner` does, without the server.
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    // It starts itself, and engines start it, as the subcommand.
    if arguments.first().is_some_and(|word| word == "runner") {
        arguments.remove(0);
    }
    runs::runner::main(&arguments).unwrap_or_else(|| {
        eprintln!("usage: lockgate-runner --launch FILE");
        ExitCode::from(2)
    })
}
