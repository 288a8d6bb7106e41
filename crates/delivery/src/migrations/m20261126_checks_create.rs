use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Checks of commits.
#[derive(Debug)]
pub(super) struct CreateChecks;

impl MigrationName for CreateChecks {
    fn name(&self) -> &'static str {
        "m20261126_checks_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateChecks {
    /// Why: a commit is merged only when its checks are passed. They belong to the commit, so its key holds no branch.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; we size it for 10⁶ commits, a report of a megabyte at most each.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let words = ["queued", "running", "passed", "failed", "error"];
        let checks = Table::create()
            .table("checks")
            .col(text(schema, "project"))
            .col(text(schema, "commit_id"))
            .col(text(schema, "name"))
            .col(text(schema, "asked_by"))
            .col(state(schema, &words))
            .col(text(schema, "run").null())
            .col(text(schema, "report").null())
            .col(text(schema, "reason").null())
            .col(micros("created_at_us"))
            .col(micros("started_at_us").null())
            .col(micros("ended_at_us").null())
            .col(whole("revision"))
            .primary_key(Index::create().col("project").col("commit_id").col("name"))
            .take();
        schema.create_table(checks).await?;
        schema.create_index(Index::create().name("checks_run").table("checks").col("run").take()).await?;
        let open = Expr::col("state").is_in(["queued", "running"]);
        schema
            .create_index(Index::create().name("checks_open").table("checks").col("state").and_where(open).take())
            .await
    }
}
