use super::{Rollout, RolloutId};
use base::{Digest, PersonId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

const ROLLOUT: &str = "id, endpoint, candidate, model, version, onnx, signature, datasets, state, reason, back_to, started_by, \
    created_at_us, changed_at_us, served_at_us, revision";

/// The table `rollouts`.
pub(crate) trait RolloutStore {
    async fn find_rollout(&self, id: &RolloutId) -> Result<Option<Rollout>>;
    /// Like `find_rollout`, and nobody else locks the row until this transaction ends.
    async fn lock_rollout(&self, id: &RolloutId) -> Result<Option<Rollout>>;
    /// [`db::Error::Taken`] where another of its endpoint is on its way.
    async fn insert_rollout(&self, rollout: &Rollout) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_rollout(&self, rollout: Rollout) -> Result<Rollout>;
    /// Returns those that are neither retired nor failed, the oldest first.
    async fn list_open_rollouts(&self, most: u32) -> Result<Vec<Rollout>>;
    /// Returns those of an endpoint, the newest first.
    /// Returns up to `most` of a candidate, the oldest first.
    async fn list_rollouts_for(&self, candidate: &Digest, most: u32) -> Result<Vec<Rollout>>;
    async fn list_rollouts_of(&self, endpoint: &str, most: u32) -> Result<Vec<Rollout>>;
}

fn rollout_of(row: &QueryResult) -> Result<Rollout> {
    Ok(Rollout {
        id: RolloutId(get(row, "id")?),
        endpoint: get(row, "endpoint")?,
        candidate: word(row, "candidate")?,
        model: get(row, "model")?,
        version: get(row, "version")?,
        onnx: word(row, "onnx")?,
        signature: serde_json::from_str(&get::<String>(row, "signature")?).map_err(unknown)?,
        datasets: serde_json::from_str(&get::<String>(row, "datasets")?).map_err(unknown)?,
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        back_to: get::<Option<String>>(row, "back_to")?.map(RolloutId),
        started_by: PersonId(get(row, "started_by")?),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        served_at: get::<Option<i64>>(row, "served_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

impl RolloutStore for Tx {
    async fn find_rollout(&self, id: &RolloutId) -> Result<Option<Rollout>> {
        let sql = format!("SELECT {ROLLOUT} FROM rollouts WHERE id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(rollout_of).transpose()
    }

    async fn lock_rollout(&self, id: &RolloutId) -> Result<Option<Rollout>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {ROLLOUT} FROM rollouts WHERE id = $1{hold}");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(rollout_of).transpose()
    }

    async fn insert_rollout(&self, rollout: &Rollout) -> Result<()> {
        let sql = format!(
            "INSERT INTO rollouts ({ROLLOUT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        );
        let values = vec![
            rollout.id.as_str().into(),
            rollout.endpoint.as_str().into(),
            rollout.candidate.to_string().into(),
            rollout.model.as_str().into(),
            rollout.version.into(),
            rollout.onnx.to_string().into(),
            serde_json::to_string(&rollout.signature).map_err(unknown)?.into(),
            serde_json::to_string(&rollout.datasets).map_err(unknown)?.into(),
            rollout.state.as_str().into(),
            rollout.reason.clone().into(),
            rollout.back_to.as_ref().map(|id| id.0.clone()).into(),
            rollout.started_by.as_str().into(),
            rollout.created_at.0.into(),
            rollout.changed_at.0.into(),
            rollout.served_at.map(|at| at.0).into(),
            rollout.revision.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn save_rollout(&self, rollout: Rollout) -> Result<Rollout> {
        let sql = "UPDATE rollouts SET state = $3, reason = $4, changed_at_us = $5, served_at_us = $6, \
            revision = revision + 1 WHERE id = $1 AND revision = $2";
        let values = vec![
            rollout.id.as_str().into(),
            rollout.revision.into(),
            rollout.state.as_str().into(),
            rollout.reason.clone().into(),
            rollout.changed_at.0.into(),
            rollout.served_at.map(|at| at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Rollout { revision: rollout.revision + 1, ..rollout })
    }

    async fn list_open_rollouts(&self, most: u32) -> Result<Vec<Rollout>> {
        let sql = format!(
            "SELECT {ROLLOUT} FROM rollouts WHERE state NOT IN ('retired', 'failed') ORDER BY created_at_us, id LIMIT $1"
        );
        all(self, &sql, vec![i64::from(most).into()]).await?.iter().map(rollout_of).collect()
    }

    async fn list_rollouts_for(&self, candidate: &Digest, most: u32) -> Result<Vec<Rollout>> {
        let sql = format!("SELECT {ROLLOUT} FROM rollouts WHERE candidate = $1 ORDER BY created_at_us, id LIMIT $2");
        let values = vec![candidate.to_string().into(), i64::from(most).into()];
        all(self, &sql, values).await?.iter().map(rollout_of).collect()
    }

    async fn list_rollouts_of(&self, endpoint: &str, most: u32) -> Result<Vec<Rollout>> {
        let sql =
            format!("SELECT {ROLLOUT} FROM rollouts WHERE endpoint = $1 ORDER BY created_at_us DESC, id DESC LIMIT $2");
        all(self, &sql, vec![endpoint.into(), i64::from(most).into()]).await?.iter().map(rollout_of).collect()
    }
}
