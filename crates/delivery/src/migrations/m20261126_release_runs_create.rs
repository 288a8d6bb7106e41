use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// Which run trained which commit of `main`.
#[derive(Debug)]
pub(super) struct CreateReleaseRuns;

impl MigrationName for CreateReleaseRuns {
    fn name(&self) -> &'static str {
        "m20261126_release_runs_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateReleaseRuns {
    /// Why: a commit of `main` is trained as *preprod* once, however often the job behind it runs.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; we size it for 10⁶ commits.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let runs = Table::create()
            .table("release_runs")
            .col(text(schema, "project"))
            .col(text(schema, "commit_id"))
            // None where nothing could be run, and why.
            .col(text(schema, "run").null())
            .col(text(schema, "refused").null())
            .col(micros("started_at_us"))
            .primary_key(Index::create().col("project").col("commit_id"))
            .take();
        schema.create_table(runs).await?;
        let newest = Index::create()
            .name("release_runs_newest")
            .table("release_runs")
            .col("project")
            .col("started_at_us")
            .col("commit_id")
            .take();
        schema.create_index(newest).await?;
        let of_run = Index::create().name("release_runs_run").table("release_runs").col("run").unique().take();
        schema.create_index(of_run).await
    }
}
