use super::Lake;
use base::{LakeId, PersonId, TeamId, Timestamp};
use db::sql::{all, get, one, run};
use db::{Result, Tx};
use sea_orm::QueryResult;

const LAKE: &str = "id, root, folder, team, description, connected_by, connected_at_us";

/// The table `lakes`.
pub(crate) trait LakeStore {
    async fn find_lake(&self, id: &LakeId) -> Result<Option<Lake>>;
    /// Like `find_lake`, and nobody else locks the row until this transaction ends.
    async fn lock_lake(&self, id: &LakeId) -> Result<Option<Lake>>;
    /// Keeps others from connecting lakes until the transaction ends.
    async fn hold_lakes(&self) -> Result<()>;
    /// [`db::Error::Taken`] if the name is.
    async fn insert_lake(&self, lake: &Lake) -> Result<()>;
    /// Returns up to `limit` lakes behind `after`, by name, each with its number of datasets that are not retired.
    async fn list_lakes(&self, after: Option<&str>, limit: u32) -> Result<Vec<(Lake, u64)>>;
    async fn count_lakes(&self) -> Result<u64>;
}

fn lake_of(row: &QueryResult) -> Result<Lake> {
    Ok(Lake {
        id: LakeId(get(row, "id")?),
        root: get(row, "root")?,
        folder: get(row, "folder")?,
        team: TeamId(get(row, "team")?),
        description: get(row, "description")?,
        connected_by: PersonId(get(row, "connected_by")?),
        connected_at: Timestamp(get(row, "connected_at_us")?),
    })
}

impl LakeStore for Tx {
    async fn find_lake(&self, id: &LakeId) -> Result<Option<Lake>> {
        let sql = format!("SELECT {LAKE} FROM lakes WHERE id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(lake_of).transpose()
    }

    async fn lock_lake(&self, id: &LakeId) -> Result<Option<Lake>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {LAKE} FROM lakes WHERE id = $1{hold}");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(lake_of).transpose()
    }

    async fn hold_lakes(&self) -> Result<()> {
        // SQLite has one writer at a time.
        if self.engine() == sea_orm::DbBackend::Postgres {
            run(self, "LOCK TABLE lakes IN SHARE ROW EXCLUSIVE MODE", vec![]).await?;
        }
        Ok(())
    }

    async fn insert_lake(&self, lake: &Lake) -> Result<()> {
        let sql = format!("INSERT INTO lakes ({LAKE}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let values = vec![
            lake.id.as_str().into(),
            lake.root.as_str().into(),
            lake.folder.as_str().into(),
            lake.team.as_str().into(),
            lake.description.as_str().into(),
            lake.connected_by.as_str().into(),
            lake.connected_at.0.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn list_lakes(&self, after: Option<&str>, limit: u32) -> Result<Vec<(Lake, u64)>> {
        let sql = format!(
            "SELECT {LAKE}, (SELECT count(*) FROM datasets WHERE lake = lakes.id AND visibility = 'listed' \
             AND state <> 'retired') AS datasets FROM lakes WHERE id > $1 ORDER BY id LIMIT $2"
        );
        let rows = all(self, &sql, vec![after.unwrap_or_default().into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| Ok((lake_of(row)?, db::sql::count(row, "datasets")?))).collect()
    }

    async fn count_lakes(&self) -> Result<u64> {
        let row = one(self, "SELECT count(*) AS n FROM lakes", vec![]).await?.ok_or(db::Error::Stale)?;
        db::sql::count(&row, "n")
    }
}
