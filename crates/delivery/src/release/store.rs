use base::{ProjectId, RunId, Timestamp};
use db::sql::{all, get, one, run};
use db::{Result, Tx};
use sea_orm::QueryResult;

const RELEASE: &str = "project, commit_id, run, refused, started_at_us";

/// A commit that `main` moved to, and what followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) project: ProjectId,
    pub(crate) commit: String,
    /// None where nothing could be run.
    pub(crate) run: Option<RunId>,
    /// Why nothing could be run.
    pub(crate) refused: Option<String>,
    pub(crate) started_at: Timestamp,
}

/// Where a page of releases goes on: the last one's time and commit.
pub(crate) type After = (i64, String);

/// The table `release_runs`.
pub(crate) trait ReleaseStore {
    /// Returns what followed a commit of `main`.
    async fn find_release_of(&self, project: &ProjectId, commit: &str) -> Result<Option<Release>>;
    /// Returns the release that `run` trains.
    async fn find_release(&self, run: &RunId) -> Result<Option<Release>>;
    /// [`db::Error::Taken`] if the commit has one.
    async fn insert_release(&self, release: &Release) -> Result<()>;
    /// Returns up to `most` behind `after`, the newest first.
    async fn list_releases(&self, project: &ProjectId, after: Option<&After>, most: u32) -> Result<Vec<Release>>;
}

fn release_of(row: &QueryResult) -> Result<Release> {
    Ok(Release {
        project: ProjectId(get(row, "project")?),
        commit: get(row, "commit_id")?,
        run: get::<Option<String>>(row, "run")?.map(RunId),
        refused: get(row, "refused")?,
        started_at: Timestamp(get(row, "started_at_us")?),
    })
}

impl ReleaseStore for Tx {
    async fn find_release_of(&self, project: &ProjectId, commit: &str) -> Result<Option<Release>> {
        let sql = format!("SELECT {RELEASE} FROM release_runs WHERE project = $1 AND commit_id = $2");
        let row = one(self, &sql, vec![project.as_str().into(), commit.into()]).await?;
        row.as_ref().map(release_of).transpose()
    }

    async fn find_release(&self, run: &RunId) -> Result<Option<Release>> {
        let sql = format!("SELECT {RELEASE} FROM release_runs WHERE run = $1");
        one(self, &sql, vec![run.as_str().into()]).await?.as_ref().map(release_of).transpose()
    }

    async fn insert_release(&self, release: &Release) -> Result<()> {
        let sql = format!("INSERT INTO release_runs ({RELEASE}) VALUES ($1, $2, $3, $4, $5)");
        let values = vec![
            release.project.as_str().into(),
            release.commit.as_str().into(),
            release.run.as_ref().map(|run| run.0.clone()).into(),
            release.refused.clone().into(),
            release.started_at.0.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn list_releases(&self, project: &ProjectId, after: Option<&After>, most: u32) -> Result<Vec<Release>> {
        let (at, commit) = after.map_or((i64::MAX, ""), |(at, commit)| (*at, commit.as_str()));
        let sql = format!(
            "SELECT {RELEASE} FROM release_runs \
             WHERE project = $1 AND (started_at_us < $2 OR (started_at_us = $2 AND commit_id < $3)) \
             ORDER BY started_at_us DESC, commit_id DESC LIMIT $4"
        );
        let values = vec![project.as_str().into(), at.into(), commit.into(), i64::from(most).into()];
        all(self, &sql, values).await?.iter().map(release_of).collect()
    }
}
