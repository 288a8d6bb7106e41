use super::model::Built;
use base::Timestamp;
use db::sql::{count, get, one, run, run_one, unknown, whole, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

const BUILT: &str =
    "key, state, lock, interpreter, platform, reason, packages, size_bytes, log, asked_at_us, ended_at_us, revision";

/// The table `python_environments`.
pub(crate) trait PythonStore {
    async fn find_built(&self, key: &str) -> Result<Option<Built>>;
    /// Like `find_built`, and nobody else locks the row until this transaction ends.
    async fn lock_built(&self, key: &str) -> Result<Option<Built>>;
    /// Inserts a new one; [`db::Error::Stale`] if someone else did meanwhile.
    async fn insert_built(&self, built: &Built) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_built(&self, built: Built) -> Result<Built>;
}

fn built_of(row: &QueryResult) -> Result<Built> {
    Ok(Built {
        key: get(row, "key")?,
        state: word(row, "state")?,
        lock: get(row, "lock")?,
        interpreter: get(row, "interpreter")?,
        platform: get(row, "platform")?,
        reason: get(row, "reason")?,
        packages: serde_json::from_str(&get::<String>(row, "packages")?).map_err(unknown)?,
        size_bytes: count(row, "size_bytes")?,
        log: get(row, "log")?,
        asked_at: Timestamp(get(row, "asked_at_us")?),
        ended_at: get::<Option<i64>>(row, "ended_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

impl PythonStore for Tx {
    async fn find_built(&self, key: &str) -> Result<Option<Built>> {
        let sql = format!("SELECT {BUILT} FROM python_environments WHERE key = $1");
        one(self, &sql, vec![key.into()]).await?.as_ref().map(built_of).transpose()
    }

    async fn lock_built(&self, key: &str) -> Result<Option<Built>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {BUILT} FROM python_environments WHERE key = $1{hold}");
        one(self, &sql, vec![key.into()]).await?.as_ref().map(built_of).transpose()
    }

    async fn insert_built(&self, built: &Built) -> Result<()> {
        let sql = format!(
            "INSERT INTO python_environments ({BUILT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (key) DO NOTHING"
        );
        let values = vec![
            built.key.as_str().into(),
            built.state.as_str().into(),
            built.lock.as_str().into(),
            built.interpreter.as_str().into(),
            built.platform.as_str().into(),
            built.reason.clone().into(),
            serde_json::to_string(&built.packages).map_err(unknown)?.into(),
            whole(built.size_bytes).into(),
            built.log.as_str().into(),
            built.asked_at.0.into(),
            built.ended_at.map(|at| at.0).into(),
            built.revision.into(),
        ];
        if run(self, &sql, values).await? == 1 { Ok(()) } else { Err(db::Error::Stale) }
    }

    async fn save_built(&self, built: Built) -> Result<Built> {
        let sql = "UPDATE python_environments SET state = $3, reason = $4, packages = $5, size_bytes = $6, log = $7, \
            asked_at_us = $8, ended_at_us = $9, revision = revision + 1 WHERE key = $1 AND revision = $2";
        let values = vec![
            built.key.as_str().into(),
            built.revision.into(),
            built.state.as_str().into(),
            built.reason.clone().into(),
            serde_json::to_string(&built.packages).map_err(unknown)?.into(),
            whole(built.size_bytes).into(),
            built.log.as_str().into(),
            built.asked_at.0.into(),
            built.ended_at.map(|at| at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Built { revision: built.revision + 1, ..built })
    }
}
