//! The log: one JSON object a line, to standard error or a file.
use crate::config::Log;
use crate::failure::{Exit, Failure, Result};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// Starts the log. Called once.
pub fn start(log: &Log) -> Result<()> {
    let filter = EnvFilter::builder().parse(&log.level).map_err(|error| {
        let detail = format!("`[log] level`: `{}` is not a level: {error}", log.level);
        Failure::new(Exit::Usage, detail, "use `error`, `warn`, `info`, `debug` or `trace`")
    })?;
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter);
    let started = match &log.file {
        None => lines.with_writer(std::io::stderr).try_init(),
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
            let file = file
                .map_err(|error| Failure::io(format!("the log file `{}` cannot be opened", path.display()), &error))?;
            lines.with_writer(Mutex::new(file)).try_init()
        }
    };
    started
        .map_err(|error| Failure::new(Exit::Internal, format!("the log could not be started: {error}"), "report this"))
}
