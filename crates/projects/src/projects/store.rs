use super::Project;
use access::{Columns, Visible};
use base::{EnvironmentId, PersonId, ProjectId, RunId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult};

const PROJECT: &str = "id, title, team, owner, created_by, tier, intended_use, prohibited_use, template, template_version, \
    parameters, state, reason, commit_id, created_at_us, changed_at_us, available_at_us, revision";

/// The tables `projects` and `project_smoke_runs`.
pub(crate) trait ProjectStore {
    async fn find_project(&self, id: &ProjectId) -> Result<Option<Project>>;
    /// Like `find_project`, and nobody else locks the row until this transaction ends.
    async fn lock_project(&self, id: &ProjectId) -> Result<Option<Project>>;
    /// Inserts a new one; [`db::Error::Taken`] if its name is.
    async fn insert_project(&self, project: &Project) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_project(&self, project: Project) -> Result<Project>;
    /// Returns up to `most` visible ones behind `after`, by name.
    async fn list_projects(&self, visible: &Visible, after: Option<&str>, most: u32) -> Result<Vec<Project>>;
    /// Returns how many `list_projects` would return without an end.
    async fn count_projects(&self, visible: &Visible) -> Result<u64>;
    /// Returns up to `most` that are being set up and were not touched since `then`.
    async fn list_provisioning(&self, then: Timestamp, most: u32) -> Result<Vec<ProjectId>>;
    /// Returns the run that shows whether an environment works, where one was started.
    async fn find_smoke_run(&self, environment: &EnvironmentId) -> Result<Option<RunId>>;
    /// Returns the project whose smoke run this is.
    async fn find_project_of(&self, run: &RunId) -> Result<Option<ProjectId>>;
    /// Notes the run that shows whether an environment works, in place of one before.
    async fn put_smoke_run(&self, project: &ProjectId, environment: &EnvironmentId, run: &RunId) -> Result<()>;
    /// Forgets it, so that another is started.
    async fn delete_smoke_run(&self, environment: &EnvironmentId) -> Result<()>;
}

fn project_of(row: &QueryResult) -> Result<Project> {
    Ok(Project {
        id: ProjectId(get(row, "id")?),
        title: get(row, "title")?,
        team: TeamId(get(row, "team")?),
        owner: PersonId(get(row, "owner")?),
        created_by: PersonId(get(row, "created_by")?),
        tier: get(row, "tier")?,
        intended_use: get(row, "intended_use")?,
        prohibited_use: get(row, "prohibited_use")?,
        template: get(row, "template")?,
        template_version: get(row, "template_version")?,
        parameters: serde_json::from_str(&get::<String>(row, "parameters")?).map_err(unknown)?,
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        commit: get(row, "commit_id")?,
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        available_at: get::<Option<i64>>(row, "available_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

fn columns() -> Columns {
    Columns::scope(Expr::cust("'project/' || id")).team(Expr::col("team"))
}

impl ProjectStore for Tx {
    async fn find_project(&self, id: &ProjectId) -> Result<Option<Project>> {
        let sql = format!("SELECT {PROJECT} FROM projects WHERE id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(project_of).transpose()
    }

    async fn lock_project(&self, id: &ProjectId) -> Result<Option<Project>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {PROJECT} FROM projects WHERE id = $1{hold}");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(project_of).transpose()
    }

    async fn insert_project(&self, project: &Project) -> Result<()> {
        let sql = format!(
            "INSERT INTO projects ({PROJECT}) VALUES \
             ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
        );
        let values = vec![
            project.id.as_str().into(),
            project.title.as_str().into(),
            project.team.as_str().into(),
            project.owner.as_str().into(),
            project.created_by.as_str().into(),
            project.tier.into(),
            project.intended_use.as_str().into(),
            project.prohibited_use.as_str().into(),
            project.template.as_str().into(),
            project.template_version.as_str().into(),
            serde_json::to_string(&project.parameters).map_err(unknown)?.into(),
            project.state.as_str().into(),
            project.reason.clone().into(),
            project.commit.clone().into(),
            project.created_at.0.into(),
            project.changed_at.0.into(),
            project.available_at.map(|at| at.0).into(),
            project.revision.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_project(&self, project: Project) -> Result<Project> {
        let sql = "UPDATE projects SET state = $3, reason = $4, commit_id = $5, changed_at_us = $6, available_at_us = $7, \
            revision = revision + 1 WHERE id = $1 AND revision = $2";
        let values = vec![
            project.id.as_str().into(),
            project.revision.into(),
            project.state.as_str().into(),
            project.reason.clone().into(),
            project.commit.clone().into(),
            project.changed_at.0.into(),
            project.available_at.map(|at| at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Project { revision: project.revision + 1, ..project })
    }

    async fn list_projects(&self, visible: &Visible, after: Option<&str>, most: u32) -> Result<Vec<Project>> {
        let mut select = Query::select();
        select.columns(PROJECT.split(", ")).from("projects").cond_where(visible.condition(&columns()));
        select.and_where(Expr::col("id").gt(after.unwrap_or_default())).order_by("id", Order::Asc).limit(most.into());
        self.conn().query_all(&select).await?.iter().map(project_of).collect()
    }

    async fn count_projects(&self, visible: &Visible) -> Result<u64> {
        let count = Expr::cust("count(*)");
        let select =
            Query::select().expr_as(count, "n").from("projects").cond_where(visible.condition(&columns())).take();
        let row = self.conn().query_one(&select).await?.ok_or(db::Error::Stale)?;
        db::sql::count(&row, "n")
    }

    async fn list_provisioning(&self, then: Timestamp, most: u32) -> Result<Vec<ProjectId>> {
        let sql = "SELECT id FROM projects WHERE state = 'provisioning' AND changed_at_us <= $1 ORDER BY id LIMIT $2";
        let rows = all(self, sql, vec![then.0.into(), i64::from(most).into()]).await?;
        rows.iter().map(|row| Ok(ProjectId(get(row, "id")?))).collect()
    }

    async fn find_smoke_run(&self, environment: &EnvironmentId) -> Result<Option<RunId>> {
        let sql = "SELECT run FROM project_smoke_runs WHERE environment = $1";
        let row = one(self, sql, vec![environment.as_str().into()]).await?;
        row.map(|row| Ok(RunId(get(&row, "run")?))).transpose()
    }

    async fn find_project_of(&self, run: &RunId) -> Result<Option<ProjectId>> {
        let sql = "SELECT project FROM project_smoke_runs WHERE run = $1";
        let row = one(self, sql, vec![run.as_str().into()]).await?;
        row.map(|row| Ok(ProjectId(get(&row, "project")?))).transpose()
    }

    async fn put_smoke_run(&self, project: &ProjectId, environment: &EnvironmentId, smoke_run: &RunId) -> Result<()> {
        let sql = "INSERT INTO project_smoke_runs (environment, project, run) VALUES ($1, $2, $3) \
            ON CONFLICT (environment) DO UPDATE SET run = excluded.run";
        run(self, sql, vec![environment.as_str().into(), project.as_str().into(), smoke_run.as_str().into()]).await?;
        Ok(())
    }

    async fn delete_smoke_run(&self, environment: &EnvironmentId) -> Result<()> {
        run(self, "DELETE FROM project_smoke_runs WHERE environment = $1", vec![environment.as_str().into()]).await?;
        Ok(())
    }
}
