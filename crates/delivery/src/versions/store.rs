use super::ReleasedVersion;
use base::{PersonId, ProjectId, Timestamp};
use db::sql::{get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

const VERSION: &str = "project, model, version, state, reason, changed_by, changed_at_us, revision";

/// The table `released_versions`.
pub(crate) trait ReleasedStore {
    async fn find_released(&self, project: &ProjectId, model: &str, version: i64) -> Result<Option<ReleasedVersion>>;
    /// Like `find_released`, and nobody else locks the row until this transaction ends.
    async fn lock_released(&self, project: &ProjectId, model: &str, version: i64) -> Result<Option<ReleasedVersion>>;
    async fn insert_released(&self, version: &ReleasedVersion) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_released(&self, version: ReleasedVersion) -> Result<ReleasedVersion>;
}

fn version_of(row: &QueryResult) -> Result<ReleasedVersion> {
    Ok(ReleasedVersion {
        project: ProjectId(get(row, "project")?),
        model: get(row, "model")?,
        version: get(row, "version")?,
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        changed_by: PersonId(get(row, "changed_by")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        revision: get(row, "revision")?,
    })
}

async fn find(
    tx: &Tx,
    (project, model, version): (&ProjectId, &str, i64),
    hold: &str,
) -> Result<Option<ReleasedVersion>> {
    let sql =
        format!("SELECT {VERSION} FROM released_versions WHERE project = $1 AND model = $2 AND version = $3{hold}");
    let values = vec![project.as_str().into(), model.into(), version.into()];
    one(tx, &sql, values).await?.as_ref().map(version_of).transpose()
}

impl ReleasedStore for Tx {
    async fn find_released(&self, project: &ProjectId, model: &str, version: i64) -> Result<Option<ReleasedVersion>> {
        find(self, (project, model, version), "").await
    }

    async fn lock_released(&self, project: &ProjectId, model: &str, version: i64) -> Result<Option<ReleasedVersion>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        find(self, (project, model, version), hold).await
    }

    async fn insert_released(&self, version: &ReleasedVersion) -> Result<()> {
        let sql = format!("INSERT INTO released_versions ({VERSION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        let values = vec![
            version.project.as_str().into(),
            version.model.as_str().into(),
            version.version.into(),
            version.state.as_str().into(),
            version.reason.clone().into(),
            version.changed_by.as_str().into(),
            version.changed_at.0.into(),
            version.revision.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn save_released(&self, version: ReleasedVersion) -> Result<ReleasedVersion> {
        let sql = "UPDATE released_versions SET state = $5, reason = $6, changed_by = $7, changed_at_us = $8, \
            revision = revision + 1 WHERE project = $1 AND model = $2 AND version = $3 AND revision = $4";
        let values = vec![
            version.project.as_str().into(),
            version.model.as_str().into(),
            version.version.into(),
            version.revision.into(),
            version.state.as_str().into(),
            version.reason.clone().into(),
            version.changed_by.as_str().into(),
            version.changed_at.0.into(),
        ];
        run_one(self, sql, values).await?;
        Ok(ReleasedVersion { revision: version.revision + 1, ..version })
    }
}
