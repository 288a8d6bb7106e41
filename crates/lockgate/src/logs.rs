//! The log: one JSON object a line, to standard error or a file.
use crate::config::Log;
use crate::failure::{Exit, Failure, Result};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// What may stand alone, or behind the `=` of a target.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Reads what is logged: a level, or one for each target, as in `info,db=debug`.
pub fn filter(level: &str) -> Result<EnvFilter> {
    // A comma too many says nothing.
    let words: Vec<&str> = level.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err(Failure::new(Exit::Usage, "`[log] level`: `` is not a level", hint("")));
    }
    let is_level = |word: &str| LEVELS.iter().any(|known| word.eq_ignore_ascii_case(known));
    // The parser would take any other word that stands alone for a target, and log nothing but that.
    if let Some(word) = words.iter().find(|word| !word.contains(['=', '[']) && !is_level(word)) {
        return Err(Failure::new(Exit::Usage, format!("`[log] level`: `{word}` is not a level"), hint(word)));
    }
    EnvFilter::builder().parse(words.join(",")).map_err(|error| {
        let word = level.rsplit_once('=').map_or(level, |(_, word)| word);
        Failure::new(Exit::Usage, format!("`[log] level`: `{level}` cannot be read: {error}"), hint(word))
    })
}

/// Names the level that was probably meant, else all of them.
fn hint(word: &str) -> String {
    let word = word.to_lowercase();
    let longer = LEVELS.into_iter().find(|known| word.starts_with(*known));
    match longer.or_else(|| base::nearest(&word, LEVELS)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => {
            "use `error`, `warn`, `info`, `debug`, `trace` or `off`; for one target more, as in `info,db=debug`".into()
        }
    }
}

/// Starts the log. Called once.
pub fn start(log: &Log) -> Result<()> {
    let filter = filter(&log.level)?;
    // A line that cannot be written is lost: told of on standard error, it would end the task that wrote it where that is full, too.
    let lines = tracing_subscriber::fmt().json().flatten_event(true).log_internal_errors(false).with_env_filter(filter);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(level: &str, expected: &str) {
        let said = filter(level).map_or_else(|failure| failure.to_string(), |filter| filter.to_string());
        assert!(said.contains(expected), "{level}: {said}");
    }

    #[test]
    fn a_word_that_is_no_level_is_not_taken_for_a_target() {
        check("warning", "`[log] level`: `warning` is not a level\n  hint: did you mean `warn`?");
        check("loud", "`loud` is not a level\n  hint: use `error`, `warn`");
        check("inof", "did you mean `info`?");
        check("info,lockgate", "`lockgate` is not a level");
        check("", "`` is not a level");
        check("lockgate=warning", "hint: did you mean `warn`?");
    }

    #[test]
    fn levels_may_differ_by_target() {
        for level in LEVELS {
            check(level, level);
        }
        check("WARN", "warn");
        check("lockgate=debug, info", "lockgate=debug");
        check("lockgate=debug, info", "info");
    }
}
