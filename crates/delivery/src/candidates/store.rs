use super::{Candidate, ReleaseOutcome};
use base::{PersonId, ProjectId, RunId, Timestamp};
use db::sql::{all, count, get, one, run, unknown, word};
use db::{Result, Tx};
use sea_orm::QueryResult;
use serde::Serialize;
use serde::de::DeserializeOwned;

const CANDIDATE: &str = "project, number, digest, commit_id, subject, run, content, checks, authors, grants, made_by, \
    created_at_us";
const OUTCOME: &str = "project, commit_id, run, state, subject, reason, candidate, checks, ended_at_us";

/// The tables `candidates` and `release_outcomes`.
pub(crate) trait CandidateStore {
    async fn find_candidate(&self, project: &ProjectId, number: i64) -> Result<Option<Candidate>>;
    /// [`db::Error::Taken`] if the number is, or the run has made one.
    async fn insert_candidate(&self, candidate: &Candidate) -> Result<()>;
    /// Returns the highest number of a project's candidates; 0 where it has none.
    async fn last_candidate(&self, project: &ProjectId) -> Result<i64>;
    /// Returns up to `most` below the number `after`, the newest first.
    async fn list_candidates(&self, project: &ProjectId, after: Option<i64>, most: u32) -> Result<Vec<Candidate>>;
    async fn count_candidates(&self, project: &ProjectId) -> Result<u64>;
    async fn find_outcome(&self, project: &ProjectId, commit: &str) -> Result<Option<ReleaseOutcome>>;
    /// [`db::Error::Taken`] if the commit has one.
    async fn insert_outcome(&self, outcome: &ReleaseOutcome) -> Result<()>;
    /// Returns up to `most` release runs that began before `then` and of which nothing came yet.
    async fn list_without_outcome(&self, then: Timestamp, most: u32) -> Result<Vec<RunId>>;
}

pub(crate) fn json_of<T: DeserializeOwned>(row: &QueryResult, column: &str) -> Result<T> {
    serde_json::from_str(&get::<String>(row, column)?).map_err(unknown)
}

pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(unknown)
}

fn candidate_of(row: &QueryResult) -> Result<Candidate> {
    Ok(Candidate {
        project: ProjectId(get(row, "project")?),
        number: get(row, "number")?,
        digest: word(row, "digest")?,
        content: json_of(row, "content")?,
        subject: get(row, "subject")?,
        run: RunId(get(row, "run")?),
        checks: json_of(row, "checks")?,
        authors: json_of(row, "authors")?,
        grants: json_of(row, "grants")?,
        made_by: PersonId(get(row, "made_by")?),
        created_at: Timestamp(get(row, "created_at_us")?),
    })
}

fn outcome_of(row: &QueryResult) -> Result<ReleaseOutcome> {
    Ok(ReleaseOutcome {
        project: ProjectId(get(row, "project")?),
        commit: get(row, "commit_id")?,
        run: RunId(get(row, "run")?),
        state: word(row, "state")?,
        subject: get(row, "subject")?,
        reason: get(row, "reason")?,
        candidate: get(row, "candidate")?,
        checks: json_of(row, "checks")?,
        ended_at: Timestamp(get(row, "ended_at_us")?),
    })
}

impl CandidateStore for Tx {
    async fn find_candidate(&self, project: &ProjectId, number: i64) -> Result<Option<Candidate>> {
        let sql = format!("SELECT {CANDIDATE} FROM candidates WHERE project = $1 AND number = $2");
        one(self, &sql, vec![project.as_str().into(), number.into()]).await?.as_ref().map(candidate_of).transpose()
    }

    async fn insert_candidate(&self, candidate: &Candidate) -> Result<()> {
        let sql =
            format!("INSERT INTO candidates ({CANDIDATE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
        let values = vec![
            candidate.project.as_str().into(),
            candidate.number.into(),
            candidate.digest.to_string().into(),
            candidate.content.commit.as_str().into(),
            candidate.subject.as_str().into(),
            candidate.run.as_str().into(),
            json(&candidate.content)?.into(),
            json(&candidate.checks)?.into(),
            json(&candidate.authors)?.into(),
            json(&candidate.grants)?.into(),
            candidate.made_by.as_str().into(),
            candidate.created_at.0.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn last_candidate(&self, project: &ProjectId) -> Result<i64> {
        let sql = "SELECT COALESCE(max(number), 0) AS n FROM candidates WHERE project = $1";
        let row = one(self, sql, vec![project.as_str().into()]).await?.ok_or(db::Error::Stale)?;
        get(&row, "n")
    }

    async fn list_candidates(&self, project: &ProjectId, after: Option<i64>, most: u32) -> Result<Vec<Candidate>> {
        let sql = format!(
            "SELECT {CANDIDATE} FROM candidates WHERE project = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
        );
        let values = vec![project.as_str().into(), after.unwrap_or(i64::MAX).into(), i64::from(most).into()];
        all(self, &sql, values).await?.iter().map(candidate_of).collect()
    }

    async fn count_candidates(&self, project: &ProjectId) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM candidates WHERE project = $1";
        let row = one(self, sql, vec![project.as_str().into()]).await?.ok_or(db::Error::Stale)?;
        count(&row, "n")
    }

    async fn find_outcome(&self, project: &ProjectId, commit: &str) -> Result<Option<ReleaseOutcome>> {
        let sql = format!("SELECT {OUTCOME} FROM release_outcomes WHERE project = $1 AND commit_id = $2");
        one(self, &sql, vec![project.as_str().into(), commit.into()]).await?.as_ref().map(outcome_of).transpose()
    }

    async fn insert_outcome(&self, outcome: &ReleaseOutcome) -> Result<()> {
        let sql = format!("INSERT INTO release_outcomes ({OUTCOME}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let values = vec![
            outcome.project.as_str().into(),
            outcome.commit.as_str().into(),
            outcome.run.as_str().into(),
            outcome.state.as_str().into(),
            outcome.subject.as_str().into(),
            outcome.reason.clone().into(),
            outcome.candidate.into(),
            json(&outcome.checks)?.into(),
            outcome.ended_at.0.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn list_without_outcome(&self, then: Timestamp, most: u32) -> Result<Vec<RunId>> {
        let sql = "SELECT r.run FROM release_runs r LEFT JOIN release_outcomes o ON o.project = r.project \
            AND o.commit_id = r.commit_id WHERE o.run IS NULL AND r.run IS NOT NULL \
            AND r.started_at_us <= $1 ORDER BY r.started_at_us LIMIT $2";
        let rows = all(self, sql, vec![then.0.into(), i64::from(most).into()]).await?;
        rows.iter().map(|row| Ok(RunId(get(row, "run")?))).collect()
    }
}
