use super::{Monitor, Settings};
use access::{Columns, Visible};
use base::{DatasetId, EnvironmentId, ProjectId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const MONITOR: &str = "id, project, environment, endpoint, team, state, released, truth, every_s, window_h, capture, switched, \
    due_at_us, created_at_us, changed_at_us, revision";

/// The table `monitors`.
pub(crate) trait MonitorStore {
    async fn find_monitor(&self, id: &str) -> Result<Option<Monitor>>;
    /// Like `find_monitor`, and nobody else locks the row until this transaction ends.
    async fn lock_monitor(&self, id: &str) -> Result<Option<Monitor>>;
    /// Returns that of an endpoint, locked.
    async fn lock_monitor_of(&self, endpoint: &str) -> Result<Option<Monitor>>;
    /// [`db::Error::Taken`] if the endpoint has one.
    async fn insert_monitor(&self, monitor: &Monitor) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_monitor(&self, monitor: Monitor) -> Result<Monitor>;
    /// Returns up to `most` visible ones behind `after`, by endpoint.
    async fn list_monitors(
        &self,
        visible: &Visible,
        project: Option<&ProjectId>,
        after: Option<&str>,
        most: u32,
    ) -> Result<Vec<Monitor>>;
    /// Returns those of an environment, by endpoint.
    async fn list_monitors_in(&self, environment: &EnvironmentId) -> Result<Vec<Monitor>>;
    /// Returns the ids of up to `most` that are due, the longest first.
    async fn list_due(&self, now: Timestamp, most: u32) -> Result<Vec<String>>;
}

/// Writes a value as the text of a column.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(unknown)
}

/// Reads a value from the text of a column.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(unknown)
}

/// Returns the value in a column that may be empty.
pub(crate) fn maybe<T: serde::de::DeserializeOwned>(row: &QueryResult, column: &str) -> Result<Option<T>> {
    get::<Option<String>>(row, column)?.as_deref().map(from_json).transpose()
}

/// Returns where the tables of this context keep what `access` decides on.
pub(crate) fn columns() -> Columns {
    Columns::scope(Expr::cust("'project/' || environment")).team(Expr::col("team"))
}

fn monitor_of(row: &QueryResult) -> Result<Monitor> {
    Ok(Monitor {
        id: get(row, "id")?,
        project: ProjectId(get(row, "project")?),
        environment: EnvironmentId(get(row, "environment")?),
        endpoint: get(row, "endpoint")?,
        team: get::<Option<String>>(row, "team")?.map(TeamId),
        state: word(row, "state")?,
        released: from_json(&get::<String>(row, "released")?)?,
        settings: Settings {
            truth: maybe(row, "truth")?,
            every_s: get(row, "every_s")?,
            window_h: get(row, "window_h")?,
        },
        capture: get::<Option<String>>(row, "capture")?.map(DatasetId),
        switched: maybe(row, "switched")?,
        due_at: Timestamp(get(row, "due_at_us")?),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        revision: get(row, "revision")?,
    })
}

/// Returns the values of the columns that change, in the order of the statements.
fn changing(monitor: &Monitor) -> Result<Vec<Value>> {
    let settings = &monitor.settings;
    Ok(vec![
        monitor.team.as_ref().map(|team| team.0.clone()).into(),
        monitor.state.as_str().into(),
        json(&monitor.released)?.into(),
        settings.truth.as_ref().map(json).transpose()?.into(),
        settings.every_s.into(),
        settings.window_h.into(),
        monitor.capture.as_ref().map(|dataset| dataset.0.clone()).into(),
        monitor.switched.as_ref().map(json).transpose()?.into(),
        monitor.due_at.0.into(),
        monitor.changed_at.0.into(),
    ])
}

async fn find(tx: &Tx, column: &str, value: &str, hold: &str) -> Result<Option<Monitor>> {
    let sql = format!("SELECT {MONITOR} FROM monitors WHERE {column} = $1{hold}");
    one(tx, &sql, vec![value.into()]).await?.as_ref().map(monitor_of).transpose()
}

/// Returns how a row is locked.
pub(crate) fn hold(tx: &Tx) -> &'static str {
    if tx.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" }
}

impl MonitorStore for Tx {
    async fn find_monitor(&self, id: &str) -> Result<Option<Monitor>> {
        find(self, "id", id, "").await
    }

    async fn lock_monitor(&self, id: &str) -> Result<Option<Monitor>> {
        find(self, "id", id, hold(self)).await
    }

    async fn lock_monitor_of(&self, endpoint: &str) -> Result<Option<Monitor>> {
        find(self, "endpoint", endpoint, hold(self)).await
    }

    async fn insert_monitor(&self, monitor: &Monitor) -> Result<()> {
        let sql = "INSERT INTO monitors (id, project, environment, endpoint, created_at_us, revision, team, state, released, \
            truth, every_s, window_h, capture, switched, due_at_us, changed_at_us) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let mut values: Vec<Value> = vec![
            monitor.id.as_str().into(),
            monitor.project.as_str().into(),
            monitor.environment.as_str().into(),
            monitor.endpoint.as_str().into(),
            monitor.created_at.0.into(),
            monitor.revision.into(),
        ];
        values.extend(changing(monitor)?);
        run(self, sql, values).await.map(|_| ())
    }

    async fn save_monitor(&self, monitor: Monitor) -> Result<Monitor> {
        let sql = "UPDATE monitors SET team = $3, state = $4, released = $5, truth = $6, every_s = $7, window_h = $8, \
            capture = $9, switched = $10, due_at_us = $11, changed_at_us = $12, revision = revision + 1 \
            WHERE id = $1 AND revision = $2";
        let mut values: Vec<Value> = vec![monitor.id.as_str().into(), monitor.revision.into()];
        values.extend(changing(&monitor)?);
        run_one(self, sql, values).await?;
        Ok(Monitor { revision: monitor.revision + 1, ..monitor })
    }

    async fn list_monitors(
        &self,
        visible: &Visible,
        project: Option<&ProjectId>,
        after: Option<&str>,
        most: u32,
    ) -> Result<Vec<Monitor>> {
        let mut select = Query::select();
        select.columns(MONITOR.split(", ")).from("monitors").cond_where(visible.condition(&columns()));
        if let Some(project) = project {
            select.and_where(Expr::col("project").eq(project.as_str()));
        }
        select.and_where(Expr::col("endpoint").gt(after.unwrap_or_default()));
        select.order_by("endpoint", Order::Asc).limit(most.into());
        self.conn().query_all(&select).await?.iter().map(monitor_of).collect()
    }

    async fn list_monitors_in(&self, environment: &EnvironmentId) -> Result<Vec<Monitor>> {
        let sql = format!("SELECT {MONITOR} FROM monitors WHERE environment = $1 ORDER BY endpoint LIMIT 1000");
        all(self, &sql, vec![environment.as_str().into()]).await?.iter().map(monitor_of).collect()
    }

    async fn list_due(&self, now: Timestamp, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT id FROM monitors WHERE state = 'active' AND due_at_us <= $1 ORDER BY due_at_us, id LIMIT $2";
        let rows = all(self, sql, vec![now.0.into(), i64::from(most).into()]).await?;
        rows.iter().map(|row| get(row, "id")).collect()
    }
}
