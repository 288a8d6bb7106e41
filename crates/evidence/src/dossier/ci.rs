//! CI as a dossier shows it: the checks of the candidate's commit, and the runs that judged them.
use super::sections::DossierRun;
use super::work::run;
use base::Timestamp;
use db::{Result, Tx};
use delivery::candidates::Candidate;
use delivery::checks::{Check, CheckName, CheckState, ColumnVerdict, Finding, Standing, standing};
use serde::Serialize;
use utoipa::ToSchema;

/// A check of the commit, as it stands on record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierCheck {
    pub name: CheckName,
    pub state: CheckState,
    /// In whose name it ran: who pushed the commit.
    pub asked_by: String,
    /// The run that judged it, listed in `runs`; null for the contract, which the server judges.
    pub run: Option<String>,
    /// How many findings, failing tests or broken claims there are, those that are not listed included; null where it was not judged.
    pub count: Option<u64>,
    /// What was judged, in a sentence: of the unit tests how many there are; null where it was not judged.
    pub note: Option<String>,
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
}

/// What CI found at the commit: lint, unit tests and the data contract. A merge of the commit rested on this.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierCi {
    pub commit: String,
    /// Whether every check is there, and passed.
    pub passed: bool,
    /// Why they do not count as passed; where none is on record, this says so.
    pub not_passed: Option<String>,
    pub checks: Vec<DossierCheck>,
    /// The runs that judged them.
    pub runs: Vec<DossierRun>,
}

/// Reads the checks of a candidate's commit. Joins the transaction.
///
/// A commit has each check once. One that passed is never begun anew, and a merge needs all of them passed: of a commit that was merged,
/// these are the very ones that its merge rested on.
pub(super) async fn checks_of_commit(tx: &Tx, candidate: &Candidate) -> Result<DossierCi> {
    let commit = &candidate.content.commit;
    let found = delivery::checks::of(tx, &candidate.project, commit).await?;
    let mut runs: Vec<DossierRun> = Vec::new();
    for one in &found {
        let Some(id) = &one.run else { continue };
        if runs.iter().all(|known| known.id != id.0) {
            runs.push(run(tx, id).await?);
        }
    }
    let not_passed = match standing(&found) {
        Standing::Green => None,
        Standing::Unknown if found.is_empty() => {
            Some("no check of the commit is on record: none was asked for when it came to `main`".to_owned())
        }
        Standing::Unknown => Some("not every check of the commit is on record".to_owned()),
        Standing::Open => Some("not all of them are finished".to_owned()),
        Standing::Red(why) => Some(why.join("; ")),
    };
    Ok(DossierCi {
        commit: commit.clone(),
        passed: not_passed.is_none(),
        not_passed,
        checks: found.into_iter().map(check).collect(),
        runs,
    })
}

fn check(check: Check) -> DossierCheck {
    let (count, note, findings, columns) = match check.report {
        Some(report) => (Some(report.count), Some(report.note), report.findings, report.columns),
        None => (None, None, Vec::new(), Vec::new()),
    };
    DossierCheck {
        name: check.name,
        state: check.state,
        asked_by: check.asked_by.0,
        run: check.run.map(|run| run.0),
        count,
        note,
        findings,
        columns,
        reason: check.reason,
        created_at: check.created_at,
        started_at: check.started_at,
        ended_at: check.ended_at,
    }
}
