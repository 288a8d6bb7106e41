use super::{GatePolicy, GatePolicyState};
use base::{PersonId, ProjectId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::{QueryResult, Value};

const POLICY: &str = "project, environment, version, state, terms, made_by, made_at_us";

/// The table `gate_policies`.
pub(crate) trait PolicyStore {
    /// Returns the version in force, where somebody made one.
    async fn find_policy(&self, project: &ProjectId, environment: &str) -> Result<Option<GatePolicy>>;
    /// Like `find_policy`, and nobody else locks the row until this transaction ends.
    async fn lock_policy(&self, project: &ProjectId, environment: &str) -> Result<Option<GatePolicy>>;
    /// [`db::Error::Taken`] where the version is, or where one is in force.
    async fn insert_policy(&self, policy: &GatePolicy) -> Result<()>;
    /// Says that a version is replaced; [`db::Error::Stale`] unless it was in force.
    async fn replace_policy(&self, policy: &GatePolicy) -> Result<()>;
    /// Returns every version that somebody made, the oldest first.
    async fn list_policies(&self, project: &ProjectId, environment: &str) -> Result<Vec<GatePolicy>>;
    /// Returns the people who made the version in force and those since `then`, each once.
    async fn list_policy_makers(
        &self,
        project: &ProjectId,
        environment: &str,
        then: Timestamp,
    ) -> Result<Vec<PersonId>>;
}

fn policy_of(row: &QueryResult) -> Result<GatePolicy> {
    Ok(GatePolicy {
        project: ProjectId(get(row, "project")?),
        environment: get(row, "environment")?,
        team: None,
        version: get(row, "version")?,
        state: word::<GatePolicyState>(row, "state")?,
        terms: serde_json::from_str(&get::<String>(row, "terms")?).map_err(unknown)?,
        by: PersonId(get(row, "made_by")?),
        at: Timestamp(get(row, "made_at_us")?),
    })
}

async fn find(tx: &Tx, project: &ProjectId, environment: &str, hold: &str) -> Result<Option<GatePolicy>> {
    let sql = format!(
        "SELECT {POLICY} FROM gate_policies WHERE project = $1 AND environment = $2 AND state = 'in_force'{hold}"
    );
    one(tx, &sql, vec![project.as_str().into(), environment.into()]).await?.as_ref().map(policy_of).transpose()
}

impl PolicyStore for Tx {
    async fn find_policy(&self, project: &ProjectId, environment: &str) -> Result<Option<GatePolicy>> {
        find(self, project, environment, "").await
    }

    async fn lock_policy(&self, project: &ProjectId, environment: &str) -> Result<Option<GatePolicy>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        find(self, project, environment, hold).await
    }

    async fn insert_policy(&self, policy: &GatePolicy) -> Result<()> {
        let sql = format!("INSERT INTO gate_policies ({POLICY}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let values: Vec<Value> = vec![
            policy.project.as_str().into(),
            policy.environment.as_str().into(),
            policy.version.into(),
            policy.state.as_str().into(),
            serde_json::to_string(&policy.terms).map_err(unknown)?.into(),
            policy.by.as_str().into(),
            policy.at.0.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn replace_policy(&self, policy: &GatePolicy) -> Result<()> {
        let sql = "UPDATE gate_policies SET state = 'replaced' WHERE project = $1 AND environment = $2 AND version = $3 \
            AND state = 'in_force'";
        let values = vec![policy.project.as_str().into(), policy.environment.as_str().into(), policy.version.into()];
        run_one(self, sql, values).await
    }

    async fn list_policies(&self, project: &ProjectId, environment: &str) -> Result<Vec<GatePolicy>> {
        let sql = format!(
            "SELECT {POLICY} FROM gate_policies WHERE project = $1 AND environment = $2 ORDER BY version LIMIT 1000"
        );
        all(self, &sql, vec![project.as_str().into(), environment.into()]).await?.iter().map(policy_of).collect()
    }

    async fn list_policy_makers(
        &self,
        project: &ProjectId,
        environment: &str,
        then: Timestamp,
    ) -> Result<Vec<PersonId>> {
        let sql = "SELECT DISTINCT made_by FROM gate_policies WHERE project = $1 AND environment = $2 \
            AND (made_at_us >= $3 OR state = 'in_force') ORDER BY made_by";
        let rows = all(self, sql, vec![project.as_str().into(), environment.into(), then.0.into()]).await?;
        rows.iter().map(|row| Ok(PersonId(get(row, "made_by")?))).collect()
    }
}
