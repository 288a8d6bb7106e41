use super::{Check, CheckName};
use base::{PersonId, ProjectId, RunId, Timestamp};
use db::sql::{all, get, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

const CHECK: &str = "project, commit_id, name, asked_by, state, run, report, reason, created_at_us, started_at_us, \
    ended_at_us, revision";

/// The table `checks`.
pub(crate) trait CheckStore {
    /// Returns the checks of a commit, in their order.
    async fn list_checks(&self, project: &ProjectId, commit: &str) -> Result<Vec<Check>>;
    /// Like `list_checks`, and nobody else locks the rows until this transaction ends.
    async fn lock_checks(&self, project: &ProjectId, commit: &str) -> Result<Vec<Check>>;
    /// Returns the checks that a run judges.
    async fn list_checks_of(&self, run: &RunId) -> Result<Vec<Check>>;
    /// Inserts a new one; [`db::Error::Taken`] if the commit has it.
    async fn insert_check(&self, check: &Check) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_check(&self, check: Check) -> Result<Check>;
    /// Returns up to `most` commits with checks that nobody has begun since `then`.
    async fn list_queued(&self, then: Timestamp, most: u32) -> Result<Vec<(ProjectId, String)>>;
    /// Returns up to `most` runs whose checks are not judged, that began before `then`.
    async fn list_judging(&self, then: Timestamp, most: u32) -> Result<Vec<RunId>>;
}

fn check_of(row: &QueryResult) -> Result<Check> {
    let report: Option<String> = get(row, "report")?;
    Ok(Check {
        project: ProjectId(get(row, "project")?),
        commit: get(row, "commit_id")?,
        name: word::<CheckName>(row, "name")?,
        asked_by: PersonId(get(row, "asked_by")?),
        state: word(row, "state")?,
        run: get::<Option<String>>(row, "run")?.map(RunId),
        report: report.map(|text| serde_json::from_str(&text)).transpose().map_err(unknown)?,
        reason: get(row, "reason")?,
        created_at: Timestamp(get(row, "created_at_us")?),
        started_at: get::<Option<i64>>(row, "started_at_us")?.map(Timestamp),
        ended_at: get::<Option<i64>>(row, "ended_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

fn report_of(check: &Check) -> Result<Option<String>> {
    check.report.as_ref().map(serde_json::to_string).transpose().map_err(unknown)
}

async fn select(tx: &Tx, project: &ProjectId, commit: &str, hold: &str) -> Result<Vec<Check>> {
    let sql = format!("SELECT {CHECK} FROM checks WHERE project = $1 AND commit_id = $2 ORDER BY name{hold}");
    let rows = all(tx, &sql, vec![project.as_str().into(), commit.into()]).await?;
    let mut checks: Vec<Check> = rows.iter().map(check_of).collect::<Result<_>>()?;
    checks.sort_by_key(|check| check.name);
    Ok(checks)
}

impl CheckStore for Tx {
    async fn list_checks(&self, project: &ProjectId, commit: &str) -> Result<Vec<Check>> {
        select(self, project, commit, "").await
    }

    async fn lock_checks(&self, project: &ProjectId, commit: &str) -> Result<Vec<Check>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        select(self, project, commit, hold).await
    }

    async fn list_checks_of(&self, run: &RunId) -> Result<Vec<Check>> {
        let sql = format!("SELECT {CHECK} FROM checks WHERE run = $1 ORDER BY name");
        all(self, &sql, vec![run.as_str().into()]).await?.iter().map(check_of).collect()
    }

    async fn insert_check(&self, check: &Check) -> Result<()> {
        let sql = format!("INSERT INTO checks ({CHECK}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
        let values = vec![
            check.project.as_str().into(),
            check.commit.as_str().into(),
            check.name.as_str().into(),
            check.asked_by.as_str().into(),
            check.state.as_str().into(),
            check.run.as_ref().map(|run| run.0.clone()).into(),
            report_of(check)?.into(),
            check.reason.clone().into(),
            check.created_at.0.into(),
            check.started_at.map(|at| at.0).into(),
            check.ended_at.map(|at| at.0).into(),
            check.revision.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_check(&self, check: Check) -> Result<Check> {
        let sql = "UPDATE checks SET asked_by = $5, state = $6, run = $7, report = $8, reason = $9, started_at_us = $10, \
            ended_at_us = $11, revision = revision + 1 \
            WHERE project = $1 AND commit_id = $2 AND name = $3 AND revision = $4";
        let values = vec![
            check.project.as_str().into(),
            check.commit.as_str().into(),
            check.name.as_str().into(),
            check.revision.into(),
            check.asked_by.as_str().into(),
            check.state.as_str().into(),
            check.run.as_ref().map(|run| run.0.clone()).into(),
            report_of(&check)?.into(),
            check.reason.clone().into(),
            check.started_at.map(|at| at.0).into(),
            check.ended_at.map(|at| at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Check { revision: check.revision + 1, ..check })
    }

    async fn list_queued(&self, then: Timestamp, most: u32) -> Result<Vec<(ProjectId, String)>> {
        let sql = "SELECT DISTINCT project, commit_id FROM checks WHERE state = 'queued' AND created_at_us <= $1 \
            ORDER BY project, commit_id LIMIT $2";
        let rows = all(self, sql, vec![then.0.into(), i64::from(most).into()]).await?;
        rows.iter().map(|row| Ok((ProjectId(get(row, "project")?), get(row, "commit_id")?))).collect()
    }

    async fn list_judging(&self, then: Timestamp, most: u32) -> Result<Vec<RunId>> {
        let sql = "SELECT DISTINCT run FROM checks WHERE state = 'running' AND run IS NOT NULL AND started_at_us <= $1 \
            ORDER BY run LIMIT $2";
        let rows = all(self, sql, vec![then.0.into(), i64::from(most).into()]).await?;
        rows.iter().map(|row| Ok(RunId(get(row, "run")?))).collect()
    }
}
