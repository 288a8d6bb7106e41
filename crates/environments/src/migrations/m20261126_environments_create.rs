use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Environments of projects.
#[derive(Debug)]
pub struct CreateEnvironments;

impl MigrationName for CreateEnvironments {
    fn name(&self) -> &'static str {
        "m20261126_environments_create"
    }
}

const STATES: &[&str] = &["provisioning", "available", "under_change", "tainted", "error", "terminating", "terminated"];

#[async_trait::async_trait]
impl MigrationTrait for CreateEnvironments {
    /// Why: a project has isolated places to run in, each with its own state. The id is `<project>/<name>`, so it is unique.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; a handful of rows for each project.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        // What is available was shown to work.
        let shown = Expr::col("state").ne("available").or(Expr::col("smoke_run").is_not_null());
        let environments = Table::create()
            .table("environments")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "project"))
            .col(text(schema, "name"))
            .col(state(schema, STATES))
            .col(text(schema, "team").null())
            .col(text(schema, "engine"))
            .col(text(schema, "isolation"))
            .col(text(schema, "smoke_run").null())
            .col(text(schema, "reason").null())
            .col(micros("created_at_us"))
            .col(micros("changed_at_us"))
            .col(whole("revision"))
            .check(shown)
            .take();
        schema.create_table(environments).await?;
        let of_project = Index::create().name("environments_of_project").table("environments").col("project").take();
        schema.create_index(of_project).await
    }
}
