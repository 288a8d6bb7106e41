use base::{ProjectId, RunId, Timestamp};
use db::sql::{get, one, run};
use db::{Result, Tx};

/// The table `release_runs`.
pub(crate) trait ReleaseStore {
    /// Returns the run that a commit of `main` was trained by.
    async fn find_release_run(&self, project: &ProjectId, commit: &str) -> Result<Option<RunId>>;
    /// [`db::Error::Taken`] if the commit has one.
    async fn insert_release_run(&self, project: &ProjectId, commit: &str, id: &RunId, now: Timestamp) -> Result<()>;
}

impl ReleaseStore for Tx {
    async fn find_release_run(&self, project: &ProjectId, commit: &str) -> Result<Option<RunId>> {
        let sql = "SELECT run FROM release_runs WHERE project = $1 AND commit_id = $2";
        let row = one(self, sql, vec![project.as_str().into(), commit.into()]).await?;
        row.map(|row| Ok(RunId(get(&row, "run")?))).transpose()
    }

    async fn insert_release_run(&self, project: &ProjectId, commit: &str, id: &RunId, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO release_runs (project, commit_id, run, started_at_us) VALUES ($1, $2, $3, $4)";
        run(self, sql, vec![project.as_str().into(), commit.into(), id.as_str().into(), now.0.into()]).await?;
        Ok(())
    }
}
