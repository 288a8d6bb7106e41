use super::Endpoint;
use super::model::{LastRollout, Stopped};
use crate::rollouts::RolloutId;
use access::{Columns, Visible};
use base::{EnvironmentId, PersonId, ProjectId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one};
use db::{Result, Tx};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const ENDPOINT: &str = "id, name, project, environment, team, requested, serving, last_rollout, last_outcome, last_reason, \
    last_at_us, stopped_reason, stopped_by, stopped_at_us, first_outside_at_us, created_at_us, changed_at_us, revision";

/// The table `endpoints`.
pub(crate) trait EndpointStore {
    async fn find_endpoint(&self, id: &str) -> Result<Option<Endpoint>>;
    /// Like `find_endpoint`, and nobody else locks the row until this transaction ends.
    async fn lock_endpoint(&self, id: &str) -> Result<Option<Endpoint>>;
    /// [`db::Error::Taken`] if its name is.
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_endpoint(&self, endpoint: Endpoint) -> Result<Endpoint>;
    /// Returns up to `most` visible ones behind `after`, by name.
    async fn list_endpoints(&self, visible: &Visible, after: Option<&str>, most: u32) -> Result<Vec<Endpoint>>;
    /// Sets when somebody outside the project was answered first, unless that is known.
    async fn set_first_outside(&self, id: &str, at: Timestamp) -> Result<()>;
    /// Returns when somebody outside a project was answered first by an endpoint of its environment.
    async fn first_outside(&self, environment: &EnvironmentId) -> Result<Option<Timestamp>>;
    /// Returns those that serve something or are to, by name.
    async fn list_all_endpoints(&self, most: u32) -> Result<Vec<Endpoint>>;
}

fn endpoint_of(row: &QueryResult) -> Result<Endpoint> {
    let last = match (get::<Option<String>>(row, "last_rollout")?, get::<Option<String>>(row, "last_outcome")?) {
        (Some(rollout), Some(outcome)) => {
            let at = Timestamp(get::<Option<i64>>(row, "last_at_us")?.unwrap_or_default());
            Some(LastRollout { rollout: RolloutId(rollout), outcome, reason: get(row, "last_reason")?, at })
        }
        _ => None,
    };
    let stopped = match (get::<Option<String>>(row, "stopped_reason")?, get::<Option<String>>(row, "stopped_by")?) {
        (Some(reason), Some(by)) => {
            let at = Timestamp(get::<Option<i64>>(row, "stopped_at_us")?.unwrap_or_default());
            Some(Stopped { reason, by: PersonId(by), at })
        }
        _ => None,
    };
    Ok(Endpoint {
        id: get(row, "id")?,
        name: get(row, "name")?,
        project: ProjectId(get(row, "project")?),
        environment: EnvironmentId(get(row, "environment")?),
        team: get::<Option<String>>(row, "team")?.map(TeamId),
        requested: get::<Option<String>>(row, "requested")?.map(RolloutId),
        serving: get::<Option<String>>(row, "serving")?.map(RolloutId),
        last_rollout: last,
        stopped,
        first_outside_at: get::<Option<i64>>(row, "first_outside_at_us")?.map(Timestamp),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        revision: get(row, "revision")?,
    })
}

/// Returns the values of the columns that change, in the order of the statements.
fn changing(endpoint: &Endpoint) -> Vec<Value> {
    let (last, stopped) = (endpoint.last_rollout.as_ref(), endpoint.stopped.as_ref());
    vec![
        endpoint.requested.as_ref().map(|id| id.0.clone()).into(),
        endpoint.serving.as_ref().map(|id| id.0.clone()).into(),
        last.map(|last| last.rollout.0.clone()).into(),
        last.map(|last| last.outcome.clone()).into(),
        last.and_then(|last| last.reason.clone()).into(),
        last.map(|last| last.at.0).into(),
        stopped.map(|stopped| stopped.reason.clone()).into(),
        stopped.map(|stopped| stopped.by.0.clone()).into(),
        stopped.map(|stopped| stopped.at.0).into(),
        endpoint.first_outside_at.map(|at| at.0).into(),
    ]
}

impl EndpointStore for Tx {
    async fn find_endpoint(&self, id: &str) -> Result<Option<Endpoint>> {
        let sql = format!("SELECT {ENDPOINT} FROM endpoints WHERE id = $1");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(endpoint_of).transpose()
    }

    async fn lock_endpoint(&self, id: &str) -> Result<Option<Endpoint>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {ENDPOINT} FROM endpoints WHERE id = $1{hold}");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(endpoint_of).transpose()
    }

    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<()> {
        let sql = format!(
            "INSERT INTO endpoints ({ENDPOINT}) VALUES \
             ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
        );
        let mut values: Vec<Value> = vec![
            endpoint.id.as_str().into(),
            endpoint.name.as_str().into(),
            endpoint.project.as_str().into(),
            endpoint.environment.as_str().into(),
            endpoint.team.as_ref().map(|team| team.0.clone()).into(),
        ];
        values.extend(changing(endpoint));
        values.extend([Value::from(endpoint.created_at.0), endpoint.changed_at.0.into(), endpoint.revision.into()]);
        run(self, &sql, values).await.map(|_| ())
    }

    async fn save_endpoint(&self, endpoint: Endpoint) -> Result<Endpoint> {
        let sql = "UPDATE endpoints SET requested = $3, serving = $4, last_rollout = $5, last_outcome = $6, last_reason = $7, \
            last_at_us = $8, stopped_reason = $9, stopped_by = $10, stopped_at_us = $11, first_outside_at_us = $12, changed_at_us = $13, \
            revision = revision + 1 WHERE id = $1 AND revision = $2";
        let mut values: Vec<Value> = vec![endpoint.id.as_str().into(), endpoint.revision.into()];
        values.extend(changing(&endpoint));
        values.push(endpoint.changed_at.0.into());
        run_one(self, sql, values).await?;
        Ok(Endpoint { revision: endpoint.revision + 1, ..endpoint })
    }

    async fn list_endpoints(&self, visible: &Visible, after: Option<&str>, most: u32) -> Result<Vec<Endpoint>> {
        let columns = Columns::scope(Expr::cust("'project/' || environment"))
            .team(Expr::col("team"))
            .asker(Expr::cust("'environment:' || environment"));
        let mut select = Query::select();
        select.columns(ENDPOINT.split(", ")).from("endpoints").cond_where(visible.condition(&columns));
        select.and_where(Expr::col("id").gt(after.unwrap_or_default())).order_by("id", Order::Asc).limit(most.into());
        self.conn().query_all(&select).await?.iter().map(endpoint_of).collect()
    }

    async fn set_first_outside(&self, id: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE endpoints SET first_outside_at_us = $2 WHERE id = $1 AND first_outside_at_us IS NULL";
        run(self, sql, vec![id.into(), at.0.into()]).await.map(|_| ())
    }

    async fn first_outside(&self, environment: &EnvironmentId) -> Result<Option<Timestamp>> {
        let sql = "SELECT MIN(first_outside_at_us) AS at_us FROM endpoints WHERE environment = $1";
        let row = one(self, sql, vec![environment.as_str().into()]).await?;
        let at = row.as_ref().map(|row| get::<Option<i64>>(row, "at_us")).transpose()?.flatten();
        Ok(at.map(Timestamp))
    }

    async fn list_all_endpoints(&self, most: u32) -> Result<Vec<Endpoint>> {
        let sql = format!(
            "SELECT {ENDPOINT} FROM endpoints WHERE requested IS NOT NULL OR serving IS NOT NULL ORDER BY id LIMIT $1"
        );
        all(self, &sql, vec![i64::from(most).into()]).await?.iter().map(endpoint_of).collect()
    }
}
