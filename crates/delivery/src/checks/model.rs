use super::{Report, Verdict};
use base::{Next, PersonId, ProjectId, RunId, Timestamp, Tone};
use serde::{Deserialize, Serialize};

base::states! {
    /// Where a check of a commit stands. The verbs are the server's own; nobody calls them.
    CheckState {
        Queued "queued" => Idle "circle-dashed" "Queued" [start give_up],
        Running "running" => Working "loader-2" "Running" [judge give_up],
        Passed "passed" => Good "circle-check" "Passed" [],
        // Tests may fail by chance, and the catalog moves on: whoever pushes the commit again has it looked at again.
        Failed "failed" => Bad "circle-x" "Failed" [begin_anew],
        // It says nothing about the commit: whoever pushes that again has it looked at again.
        Error "error" => Warn "alert-triangle" "Could not be judged" [begin_anew],
    }
}

/// The checks that every commit has to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// PEP 8, complete.
    Lint,
    /// The repository's own tests.
    Unit,
    /// The data contract, against what the catalog knows.
    Contract,
}

impl CheckName {
    /// Every check, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Lint, Self::Unit, Self::Contract];
    /// Those that a run judges: its steps have their names.
    pub const OF_A_RUN: [Self; 2] = [Self::Lint, Self::Unit];

    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Unit => "unit",
            Self::Contract => "contract",
        }
    }

    /// Returns what its findings are, one or many.
    fn counted(self, count: u64) -> String {
        let (one, many) = match self {
            Self::Lint => ("finding", "findings"),
            Self::Unit => ("failing test", "failing tests"),
            Self::Contract => ("broken claim", "broken claims"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    }
}

impl std::str::FromStr for CheckName {
    type Err = base::UnknownState;
    fn from_str(word: &str) -> Result<Self, base::UnknownState> {
        let found = Self::ALL.into_iter().find(|name| name.as_str() == word);
        found.ok_or_else(|| base::UnknownState(word.to_owned(), "CheckName"))
    }
}

/// A check of a commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub project: ProjectId,
    pub commit: String,
    pub name: CheckName,
    /// Who pushed the commit first; in their name it runs.
    pub asked_by: PersonId,
    pub state: CheckState,
    /// The run that judges it, where one does.
    pub run: Option<RunId>,
    pub report: Option<Report>,
    /// Why it could not be judged.
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub revision: i64,
}

/// A verb that does not fit the state found. It never reaches a caller: jobs ask only for what fits.
#[derive(Debug, thiserror::Error)]
#[error("check `{name}` of `{commit}` is `{found}`: `{verb}` is not possible")]
pub struct Misfit {
    name: &'static str,
    commit: String,
    found: CheckState,
    verb: &'static str,
}

impl Check {
    /// A commit was pushed that has not been checked.
    pub fn queue(project: &ProjectId, commit: &str, name: CheckName, by: &PersonId, now: Timestamp) -> Self {
        Self {
            project: project.clone(),
            commit: commit.to_owned(),
            name,
            asked_by: by.clone(),
            state: CheckState::Queued,
            run: None,
            report: None,
            reason: None,
            created_at: now,
            started_at: None,
            ended_at: None,
            revision: 1,
        }
    }

    fn misfit<T>(&self, verb: &'static str) -> Result<T, Misfit> {
        Err(Misfit { name: self.name.as_str(), commit: crate::short(&self.commit), found: self.state, verb })
    }

    /// It is looked at from now on, by `run` where one judges it.
    pub fn start(&self, run: Option<RunId>, now: Timestamp) -> Result<Self, Misfit> {
        match self.state {
            CheckState::Queued => {
                Ok(Self { state: CheckState::Running, run, started_at: Some(now), reason: None, ..self.clone() })
            }
            _ => self.misfit("start"),
        }
    }

    /// It was judged.
    pub fn judge(&self, report: Report, now: Timestamp) -> Result<Self, Misfit> {
        let state = match (self.state, report.verdict) {
            (CheckState::Running, Verdict::Failed) => CheckState::Failed,
            (CheckState::Running, Verdict::Passed) => CheckState::Passed,
            (CheckState::Running, Verdict::NotComputable) => {
                return self.give_up("nothing in it could be judged".into(), now);
            }
            _ => return self.misfit("judge"),
        };
        Ok(Self { state, report: Some(report), ended_at: Some(now), ..self.clone() })
    }

    /// It cannot be judged, and that is not the commit's fault.
    pub fn give_up(&self, reason: String, now: Timestamp) -> Result<Self, Misfit> {
        match self.state {
            CheckState::Queued | CheckState::Running => {
                Ok(Self { state: CheckState::Error, reason: Some(reason), ended_at: Some(now), ..self.clone() })
            }
            _ => self.misfit("give_up"),
        }
    }

    /// The commit was pushed again after it could not be judged, or failed.
    pub fn begin_anew(&self, by: &PersonId) -> Result<Self, Misfit> {
        if !self.may_end_otherwise() {
            return self.misfit("begin_anew");
        }
        Ok(Self {
            state: CheckState::Queued,
            asked_by: by.clone(),
            run: None,
            report: None,
            reason: None,
            started_at: None,
            ended_at: None,
            ..self.clone()
        })
    }

    /// Says whether the same commit may be judged otherwise the next time: tests may fail by chance, and the catalog moves on.
    pub(super) fn may_end_otherwise(&self) -> bool {
        self.state == CheckState::Error || (self.state == CheckState::Failed && self.name != CheckName::Lint)
    }

    /// Returns what stands in the way of a merge, in a few words; nothing if it passed.
    pub fn in_the_way(&self) -> Option<String> {
        let name = self.name.as_str();
        Some(match (self.state, &self.report) {
            (CheckState::Passed, _) => return None,
            (CheckState::Failed, Some(report)) => format!("{name}: {}", self.name.counted(report.count)),
            (CheckState::Failed, None) => format!("{name}: it failed"),
            (CheckState::Error, _) => {
                format!("{name}: it could not be judged ({})", self.reason.as_deref().unwrap_or("no reason is known"))
            }
            (CheckState::Queued | CheckState::Running, _) => format!("{name}: it is not finished"),
        })
    }

    /// Returns what its viewer should know.
    pub fn next(&self) -> Next {
        let (tone, _, label) = self.state.look();
        let note = self.report.as_ref().map(|report| report.note.clone()).unwrap_or_default();
        let first = self.report.as_ref().and_then(|report| report.findings.first());
        let (text, reason) = match self.state {
            CheckState::Queued => (format!("{label}."), "It starts within seconds".to_owned()),
            CheckState::Running => (format!("{label}."), "The run shows how far it is".to_owned()),
            CheckState::Passed => (format!("{label}."), note),
            CheckState::Failed => {
                let count = self.report.as_ref().map_or(0, |report| report.count);
                let place = first.map(|first| match first.line {
                    Some(line) => format!("first in `{}`, line {line}: {}", first.path, first.text),
                    None => first.text.clone(),
                });
                let broken = |one: &&super::ColumnVerdict| one.verdict == Verdict::Failed;
                let column = self.report.as_ref().and_then(|report| report.columns.iter().find(broken));
                let column =
                    column.map(|one| format!("`{}`: {}", one.column.as_deref().unwrap_or(&one.table), one.reason));
                (format!("{}.", self.name.counted(count)), place.or(column).unwrap_or(note))
            }
            CheckState::Error => {
                let why = self.reason.clone().unwrap_or_default();
                (format!("{label}."), format!("{why}; push the commit again under another branch to have it looked at"))
            }
        };
        Next { tone, text, reason, action: None }
    }
}

/// How the checks of a commit stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None was asked for: nobody pushed a branch to it.
    Unknown,
    /// Some are not finished.
    Open,
    /// What stands in the way.
    Red(Vec<String>),
    Green,
}

/// Returns how the checks of a commit stand together: every one of them has to be there, and passed.
pub fn standing(checks: &[Check]) -> Standing {
    let missing = CheckName::ALL.into_iter().any(|name| !checks.iter().any(|check| check.name == name));
    if missing {
        return Standing::Unknown;
    }
    let red: Vec<String> = checks
        .iter()
        .filter(|check| matches!(check.state, CheckState::Failed | CheckState::Error))
        .filter_map(Check::in_the_way)
        .collect();
    if !red.is_empty() {
        return Standing::Red(red);
    }
    if checks.iter().all(|check| check.state == CheckState::Passed) { Standing::Green } else { Standing::Open }
}

impl Standing {
    /// Returns what a viewer of a commit should know; `may_merge`: they may bring it to `main`, which is not there yet.
    pub fn next(&self, may_merge: bool) -> Next {
        let (tone, text, reason, action) = match self {
            Self::Unknown => {
                (Tone::Idle, "Not checked.", "Checks begin when a branch is pushed to the commit".to_owned(), None)
            }
            Self::Open => (Tone::Working, "Checks are not finished.", String::new(), None),
            Self::Red(why) => (Tone::Bad, "Some checks failed.", why.join("; "), None),
            Self::Green => {
                let (said, action) = if may_merge { ("It can be merged", Some("merge_branch")) } else { ("", None) };
                (Tone::Good, "All checks passed.", said.to_owned(), action)
            }
        };
        Next { tone, text: text.into(), reason, action }
    }
}
