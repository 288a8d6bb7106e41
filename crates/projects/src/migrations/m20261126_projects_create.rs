use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Projects, and the runs that show that their environments work.
#[derive(Debug)]
pub struct CreateProjects;

impl MigrationName for CreateProjects {
    fn name(&self) -> &'static str {
        "m20261126_projects_create"
    }
}

const STATES: &[&str] = &["provisioning", "available", "under_change", "tainted", "error", "terminating", "terminated"];

#[async_trait::async_trait]
impl MigrationTrait for CreateProjects {
    /// Why: a team's code, environments and models belong to a project with an owner and an intended use. The name is the key, so it
    /// is unique. An environment has one smoke run that counts: a later one takes the place of the one before.
    /// Step: expand only, new tables that the previous release does not know.
    /// Cost: none; we size them for 10⁴ projects.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let projects = Table::create()
            .table("projects")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "title"))
            .col(text(schema, "team"))
            .col(text(schema, "owner"))
            .col(text(schema, "created_by"))
            .col(whole("tier"))
            .col(text(schema, "intended_use"))
            .col(text(schema, "prohibited_use"))
            .col(text(schema, "template"))
            .col(text(schema, "template_version"))
            .col(text(schema, "parameters"))
            .col(state(schema, STATES))
            .col(text(schema, "reason").null())
            .col(text(schema, "commit_id").null())
            .col(micros("created_at_us"))
            .col(micros("changed_at_us"))
            .col(micros("available_at_us").null())
            .col(whole("revision"))
            .take();
        schema.create_table(projects).await?;
        let open = Index::create()
            .name("projects_provisioning")
            .table("projects")
            .col("id")
            .and_where(Expr::col("state").eq("provisioning"))
            .take();
        schema.create_index(open).await?;
        let smoke_runs = Table::create()
            .table("project_smoke_runs")
            .col(text(schema, "environment").primary_key())
            .col(text(schema, "project"))
            .col(text(schema, "run"))
            .take();
        schema.create_table(smoke_runs).await?;
        let by_run =
            Index::create().name("project_smoke_runs_run").table("project_smoke_runs").col("run").unique().take();
        schema.create_index(by_run).await
    }
}
