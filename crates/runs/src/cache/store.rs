use crate::steps::{Governed, Outputs};
use base::{EnvironmentId, RunId, Timestamp};
use db::sql::{get, one, run, unknown};
use db::{Result, Tx};

/// A result under its key: ready to be taken again, or being computed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) run: RunId,
    pub(crate) step: String,
    pub(crate) is_ready: bool,
    pub(crate) outputs: Outputs,
    pub(crate) governed: Vec<Governed>,
}

/// The table `cache_entries`: at most one row, and so one computation, per environment and key.
pub(crate) trait CacheStore {
    async fn find_entry(&self, environment: &EnvironmentId, key: &str) -> Result<Option<Entry>>;
    /// Says that this step computes the key; `false` if another one does, or has.
    async fn begin_entry(
        &self,
        environment: &EnvironmentId,
        key: &str,
        run: &RunId,
        step: &str,
        now: Timestamp,
    ) -> Result<bool>;
    /// Makes the result of a step that computes a key ready to be taken.
    async fn finish_entry(
        &self,
        run: &RunId,
        step: &str,
        outputs: &Outputs,
        governed: &[Governed],
        now: Timestamp,
    ) -> Result<()>;
    /// Gives up what a step computes.
    async fn drop_computing(&self, run: &RunId, step: &str) -> Result<()>;
    /// Removes a result that can no longer be taken.
    async fn drop_entry(&self, environment: &EnvironmentId, key: &str) -> Result<()>;
}

impl CacheStore for Tx {
    async fn find_entry(&self, environment: &EnvironmentId, key: &str) -> Result<Option<Entry>> {
        let sql =
            "SELECT state, run, step, outputs, governed FROM cache_entries WHERE environment = $1 AND cache_key = $2";
        let Some(row) = one(self, sql, vec![environment.as_str().into(), key.into()]).await? else { return Ok(None) };
        Ok(Some(Entry {
            run: RunId(get(&row, "run")?),
            step: get(&row, "step")?,
            is_ready: get::<String>(&row, "state")? == "ready",
            outputs: serde_json::from_str(&get::<String>(&row, "outputs")?).map_err(unknown)?,
            governed: serde_json::from_str(&get::<String>(&row, "governed")?).map_err(unknown)?,
        }))
    }

    async fn begin_entry(
        &self,
        environment: &EnvironmentId,
        key: &str,
        by: &RunId,
        step: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let sql = "INSERT INTO cache_entries (environment, cache_key, state, run, step, outputs, governed, at_us) \
             VALUES ($1, $2, 'computing', $3, $4, '{}', '[]', $5) ON CONFLICT (environment, cache_key) DO NOTHING";
        let values = vec![environment.as_str().into(), key.into(), by.as_str().into(), step.into(), now.0.into()];
        Ok(run(self, sql, values).await? == 1)
    }

    async fn finish_entry(
        &self,
        by: &RunId,
        step: &str,
        outputs: &Outputs,
        governed: &[Governed],
        now: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE cache_entries SET state = 'ready', outputs = $3, governed = $4, at_us = $5 \
             WHERE run = $1 AND step = $2 AND state = 'computing'";
        let (outputs, governed) =
            (serde_json::to_string(outputs).map_err(unknown)?, serde_json::to_string(governed).map_err(unknown)?);
        run(self, sql, vec![by.as_str().into(), step.into(), outputs.into(), governed.into(), now.0.into()]).await?;
        Ok(())
    }

    async fn drop_computing(&self, by: &RunId, step: &str) -> Result<()> {
        let sql = "DELETE FROM cache_entries WHERE run = $1 AND step = $2 AND state = 'computing'";
        run(self, sql, vec![by.as_str().into(), step.into()]).await?;
        Ok(())
    }

    async fn drop_entry(&self, environment: &EnvironmentId, key: &str) -> Result<()> {
        let sql = "DELETE FROM cache_entries WHERE environment = $1 AND cache_key = $2 AND state = 'ready'";
        run(self, sql, vec![environment.as_str().into(), key.into()]).await?;
        Ok(())
    }
}
