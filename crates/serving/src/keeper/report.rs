//! What the serving process says, and how much of it is believed.
use super::files::read;
use crate::process::Report;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// The largest report that is read.
const LARGEST_REPORT: u64 = 32 * 1024 * 1024;

/// Reads what the process says. It runs other people's code: what it says is bounded, and only read.
pub(super) fn read_report(path: &Path) -> Option<Report> {
    match read(path, LARGEST_REPORT) {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(%error, "the serving process's report cannot be read");
            None
        }
    }
}

/// Takes out of a report that an endpoint answers, where it was stopped or changed since: a process that went away before it heard of a
/// stop said last that it answers.
pub(super) fn believed(mut report: Report, answering: &BTreeMap<String, (String, i64)>) -> Report {
    let sequence = report.sequence;
    let still = |endpoint: &String, rollout: &String| {
        answering.get(endpoint).is_some_and(|(now, since)| now == rollout && sequence >= *since)
    };
    report.answers.retain(|endpoint, rollout| still(endpoint, rollout));
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_before_a_stop_is_not_believed_after_it() {
        let answers = BTreeMap::from([("prod.a".to_owned(), "ro-1".to_owned())]);
        let said = |sequence| Report { sequence, answers: answers.clone(), ..Report::default() };
        let since = |rollout: &str, sequence| BTreeMap::from([("prod.a".to_owned(), (rollout.to_owned(), sequence))]);
        assert_eq!(believed(said(7), &since("ro-1", 7)).answers, answers);
        assert!(believed(said(7), &BTreeMap::new()).answers.is_empty(), "it is stopped");
        assert!(believed(said(7), &since("ro-1", 9)).answers.is_empty(), "it was stopped, and is to answer again");
        assert!(believed(said(9), &since("ro-2", 9)).answers.is_empty(), "another takes over");
    }
}
