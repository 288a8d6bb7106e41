use super::service::Shown;
use super::{Check, CheckName, CheckState, ColumnVerdict, Finding, standing};
use base::{Next, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A check of a commit as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckView {
    pub name: CheckName,
    pub state: CheckState,
    /// What it came to, in a sentence.
    pub sentence: String,
    /// The run that judges it; null for the contract, which the server judges.
    pub run: Option<String>,
    /// How many findings there are, or claims that are broken; those that are not listed included.
    pub count: u64,
    /// What is wrong, and where; 1,000 at most.
    pub findings: Vec<Finding>,
    /// For the contract: how each column was judged.
    pub columns: Vec<ColumnVerdict>,
    /// Why it could not be judged.
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub next: Next,
}

/// The checks of a commit as their viewer sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChecksView {
    pub project: String,
    pub commit: String,
    /// The branch that was asked for; null where a commit was.
    pub branch: Option<String>,
    /// Whether all of them passed, so that the commit may be merged.
    pub passed: bool,
    /// Empty if no branch was pushed to the commit.
    pub checks: Vec<CheckView>,
    pub next: Next,
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        let next = check.next();
        let sentence = format!("{} {}", next.text, next.reason).trim().to_owned();
        let report = check.report;
        let (count, findings, columns) =
            report.map_or_else(Default::default, |report| (report.count, report.findings, report.columns));
        Self {
            name: check.name,
            state: check.state,
            sentence,
            run: check.run.map(|run| run.0),
            count,
            findings,
            columns,
            reason: check.reason,
            created_at: check.created_at,
            started_at: check.started_at,
            ended_at: check.ended_at,
            next,
        }
    }
}

impl ChecksView {
    pub(super) fn of(shown: Shown) -> Self {
        let standing = standing(&shown.checks);
        Self {
            project: shown.project.0,
            commit: shown.commit,
            branch: shown.branch,
            passed: standing == super::Standing::Green,
            next: standing.next(shown.may_merge),
            checks: shown.checks.into_iter().map(CheckView::from).collect(),
        }
    }
}
