use super::{Environment, InstanceState};
use access::{Columns, Visible};
use base::{EnvironmentId, ProjectId, RunId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ConnectionTrait, ExprTrait, QueryResult};

const ENVIRONMENT: &str = "id, project, name, state, team, engine, isolation, smoke_run, reason, created_at_us, changed_at_us, \
    revision";

/// The table `environments`.
pub(crate) trait EnvironmentStore {
    async fn find_environment(&self, id: &EnvironmentId) -> Result<Option<Environment>>;
    /// Like `find_environment`, and nobody else locks the row until this transaction ends.
    async fn lock_environment(&self, id: &EnvironmentId) -> Result<Option<Environment>>;
    /// Inserts a new one; one that is there stays as it is.
    async fn insert_environment(&self, environment: &Environment) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_environment(&self, environment: Environment) -> Result<Environment>;
    /// Returns those of a project, by name.
    async fn list_environments_of(&self, project: &ProjectId) -> Result<Vec<Environment>>;
    /// Returns up to `most` visible ones behind `after`, by id.
    async fn list_environments(
        &self,
        visible: &Visible,
        project: Option<&ProjectId>,
        after: Option<&str>,
        most: u32,
    ) -> Result<Vec<Environment>>;
}

fn environment_of(row: &QueryResult) -> Result<Environment> {
    let optional = |column| get::<Option<String>>(row, column);
    Ok(Environment {
        id: EnvironmentId(get(row, "id")?),
        project: ProjectId(get(row, "project")?),
        name: get(row, "name")?,
        state: word::<InstanceState>(row, "state")?,
        team: optional("team")?.map(TeamId),
        engine: get(row, "engine")?,
        isolation: get(row, "isolation")?,
        smoke_run: optional("smoke_run")?.map(RunId),
        reason: optional("reason")?,
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        revision: get(row, "revision")?,
    })
}

impl EnvironmentStore for Tx {
    async fn find_environment(&self, id: &EnvironmentId) -> Result<Option<Environment>> {
        let sql = format!("SELECT {ENVIRONMENT} FROM environments WHERE id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(environment_of).transpose()
    }

    async fn lock_environment(&self, id: &EnvironmentId) -> Result<Option<Environment>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {ENVIRONMENT} FROM environments WHERE id = $1{hold}");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(environment_of).transpose()
    }

    async fn insert_environment(&self, environment: &Environment) -> Result<()> {
        let sql = format!(
            "INSERT INTO environments ({ENVIRONMENT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (id) DO NOTHING"
        );
        let values = vec![
            environment.id.as_str().into(),
            environment.project.as_str().into(),
            environment.name.as_str().into(),
            environment.state.as_str().into(),
            environment.team.as_ref().map(|team| team.0.clone()).into(),
            environment.engine.as_str().into(),
            environment.isolation.as_str().into(),
            environment.smoke_run.as_ref().map(|run| run.0.clone()).into(),
            environment.reason.clone().into(),
            environment.created_at.0.into(),
            environment.changed_at.0.into(),
            environment.revision.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_environment(&self, environment: Environment) -> Result<Environment> {
        let sql = "UPDATE environments SET state = $3, smoke_run = $4, reason = $5, changed_at_us = $6, revision = revision + 1 \
            WHERE id = $1 AND revision = $2";
        let values = vec![
            environment.id.as_str().into(),
            environment.revision.into(),
            environment.state.as_str().into(),
            environment.smoke_run.as_ref().map(|run| run.0.clone()).into(),
            environment.reason.clone().into(),
            environment.changed_at.0.into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Environment { revision: environment.revision + 1, ..environment })
    }

    async fn list_environments_of(&self, project: &ProjectId) -> Result<Vec<Environment>> {
        let sql = format!("SELECT {ENVIRONMENT} FROM environments WHERE project = $1 ORDER BY id");
        all(self, &sql, vec![project.as_str().into()]).await?.iter().map(environment_of).collect()
    }

    async fn list_environments(
        &self,
        visible: &Visible,
        project: Option<&ProjectId>,
        after: Option<&str>,
        most: u32,
    ) -> Result<Vec<Environment>> {
        let columns = Columns::scope(Expr::cust("'project/' || id"))
            .team(Expr::col("team"))
            .asker(Expr::cust("'environment:' || id"));
        let mut select: SelectStatement = Query::select();
        select.columns(ENVIRONMENT.split(", ")).from("environments").cond_where(visible.condition(&columns));
        if let Some(project) = project {
            select.and_where(Expr::col("project").eq(project.as_str()));
        }
        if let Some(after) = after {
            select.and_where(Expr::col("id").gt(after));
        }
        select.order_by("id", sea_orm::Order::Asc).limit(u64::from(most));
        self.conn().query_all(&select).await?.iter().map(environment_of).collect()
    }
}
