use super::{Breach, BreachState, Open, Severity};
use crate::monitors::store::{columns, from_json, hold, json};
use access::Visible;
use base::{EnvironmentId, ProjectId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Cond, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const BREACH: &str = "id, monitor, project, environment, endpoint, team, metric, of_column, state, severity, content, \
    first_seen_at_us, last_seen_at_us, revision";

/// Where a page of breaches goes on: the last one's time and id.
pub(crate) type After = (i64, String);

/// Which breaches are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) project: Option<ProjectId>,
    pub(crate) monitor: Option<String>,
    pub(crate) state: Option<BreachState>,
}

/// The table `breaches`.
pub(crate) trait BreachStore {
    async fn find_breach(&self, id: &str) -> Result<Option<Breach>>;
    /// Like `find_breach`, and nobody else locks the row until this transaction ends.
    async fn lock_breach(&self, id: &str) -> Result<Option<Breach>>;
    /// [`db::Error::Taken`] if one of the metric and column is open.
    async fn insert_breach(&self, breach: &Breach) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_breach(&self, breach: Breach) -> Result<Breach>;
    /// Returns those of a monitor that are not over, locked.
    async fn lock_open_breaches(&self, monitor: &str) -> Result<Vec<Breach>>;
    /// Counts those of a monitor that are not over.
    async fn count_open(&self, monitor: &str) -> Result<Open>;
    /// Returns up to `most` visible ones behind `after`, the newest first.
    async fn list_breaches(
        &self,
        visible: &Visible,
        filter: &Filter,
        after: Option<&After>,
        most: u32,
    ) -> Result<Vec<Breach>>;
    /// Returns up to `most` of an environment, the newest first.
    async fn list_breaches_in(&self, environment: &EnvironmentId, most: u32) -> Result<Vec<Breach>>;
}

fn breach_of(row: &QueryResult) -> Result<Breach> {
    Ok(Breach {
        id: get(row, "id")?,
        monitor: get(row, "monitor")?,
        project: ProjectId(get(row, "project")?),
        environment: EnvironmentId(get(row, "environment")?),
        endpoint: get(row, "endpoint")?,
        team: get::<Option<String>>(row, "team")?.map(TeamId),
        metric: get(row, "metric")?,
        column: Some(get::<String>(row, "of_column")?).filter(|column| !column.is_empty()),
        state: word(row, "state")?,
        severity: word(row, "severity")?,
        content: from_json(&get::<String>(row, "content")?)?,
        first_seen_at: Timestamp(get(row, "first_seen_at_us")?),
        last_seen_at: Timestamp(get(row, "last_seen_at_us")?),
        revision: get(row, "revision")?,
    })
}

async fn find(tx: &Tx, id: &str, hold: &str) -> Result<Option<Breach>> {
    let sql = format!("SELECT {BREACH} FROM breaches WHERE id = $1{hold}");
    one(tx, &sql, vec![id.into()]).await?.as_ref().map(breach_of).transpose()
}

impl BreachStore for Tx {
    async fn find_breach(&self, id: &str) -> Result<Option<Breach>> {
        find(self, id, "").await
    }

    async fn lock_breach(&self, id: &str) -> Result<Option<Breach>> {
        find(self, id, hold(self)).await
    }

    async fn insert_breach(&self, breach: &Breach) -> Result<()> {
        let sql = format!(
            "INSERT INTO breaches ({BREACH}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        );
        let values: Vec<Value> = vec![
            breach.id.as_str().into(),
            breach.monitor.as_str().into(),
            breach.project.as_str().into(),
            breach.environment.as_str().into(),
            breach.endpoint.as_str().into(),
            breach.team.as_ref().map(|team| team.0.clone()).into(),
            breach.metric.as_str().into(),
            breach.column.clone().unwrap_or_default().into(),
            breach.state.as_str().into(),
            breach.severity.as_str().into(),
            json(&breach.content)?.into(),
            breach.first_seen_at.0.into(),
            breach.last_seen_at.0.into(),
            breach.revision.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn save_breach(&self, breach: Breach) -> Result<Breach> {
        let sql = "UPDATE breaches SET state = $3, severity = $4, content = $5, last_seen_at_us = $6, \
            revision = revision + 1 WHERE id = $1 AND revision = $2";
        let values: Vec<Value> = vec![
            breach.id.as_str().into(),
            breach.revision.into(),
            breach.state.as_str().into(),
            breach.severity.as_str().into(),
            json(&breach.content)?.into(),
            breach.last_seen_at.0.into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Breach { revision: breach.revision + 1, ..breach })
    }

    async fn lock_open_breaches(&self, monitor: &str) -> Result<Vec<Breach>> {
        let hold = hold(self);
        let sql = format!("SELECT {BREACH} FROM breaches WHERE monitor = $1 AND state <> 'resolved' ORDER BY id{hold}");
        all(self, &sql, vec![monitor.into()]).await?.iter().map(breach_of).collect()
    }

    async fn count_open(&self, monitor: &str) -> Result<Open> {
        let sql =
            "SELECT severity, count(*) AS n FROM breaches WHERE monitor = $1 AND state <> 'resolved' GROUP BY severity";
        let mut open = Open::default();
        for row in all(self, sql, vec![monitor.into()]).await? {
            match word::<Severity>(&row, "severity")? {
                Severity::Red => open.red = get(&row, "n")?,
                Severity::Amber => open.amber = get(&row, "n")?,
            }
        }
        Ok(open)
    }

    async fn list_breaches(
        &self,
        visible: &Visible,
        filter: &Filter,
        after: Option<&After>,
        most: u32,
    ) -> Result<Vec<Breach>> {
        let mut select = Query::select();
        select.columns(BREACH.split(", ")).from("breaches").cond_where(visible.condition(&columns()));
        if let Some(project) = &filter.project {
            select.and_where(Expr::col("project").eq(project.as_str()));
        }
        if let Some(monitor) = &filter.monitor {
            select.and_where(Expr::col("monitor").eq(monitor.as_str()));
        }
        if let Some(state) = filter.state {
            select.and_where(Expr::col("state").eq(state.as_str()));
        }
        if let Some((at, id)) = after {
            let same = Cond::all().add(Expr::col("first_seen_at_us").eq(*at)).add(Expr::col("id").lt(id.as_str()));
            select.cond_where(Cond::any().add(Expr::col("first_seen_at_us").lt(*at)).add(same));
        }
        select.order_by("first_seen_at_us", Order::Desc).order_by("id", Order::Desc).limit(most.into());
        self.conn().query_all(&select).await?.iter().map(breach_of).collect()
    }

    async fn list_breaches_in(&self, environment: &EnvironmentId, most: u32) -> Result<Vec<Breach>> {
        let sql = format!(
            "SELECT {BREACH} FROM breaches WHERE environment = $1 ORDER BY first_seen_at_us DESC, id DESC LIMIT $2"
        );
        let rows = all(self, &sql, vec![environment.as_str().into(), i64::from(most).into()]).await?;
        rows.iter().map(breach_of).collect()
    }
}
