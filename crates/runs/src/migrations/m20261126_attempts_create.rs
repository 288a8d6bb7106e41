use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// The table of attempts.
#[derive(Debug)]
pub(super) struct CreateAttempts;

impl MigrationName for CreateAttempts {
    fn name(&self) -> &'static str {
        "m20261126_attempts_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateAttempts {
    /// Why: truth about a try of a step is ours, whatever its engine says.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; we size it for 10⁷ rows, of which the open ones are in `attempts_open`.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let words =
            ["planned", "submitted", "claimed", "running", "succeeded", "failed", "lost", "cancelled", "superseded"];
        let table = Table::create()
            .table("attempts")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "run"))
            .col(text(schema, "step"))
            .col(text(schema, "environment"))
            .col(whole("number"))
            .col(state(schema, &words))
            .col(text(schema, "failure").null())
            .col(whole("fence"))
            .col(text(schema, "engine"))
            .col(text(schema, "engine_ref").null())
            .col(text(schema, "runner").null())
            .col(whole("cpus"))
            .col(whole("exit_code").null())
            .col(text(schema, "detail").null())
            .col(text(schema, "outputs"))
            .col(text(schema, "usage").null())
            .col(micros("created_at_us"))
            .col(micros("claimed_at_us").null())
            .col(micros("seen_at_us"))
            .col(micros("ended_at_us").null())
            .col(whole("revision"))
            .take();
        schema.create_table(table).await?;
        let success = Index::create()
            .name("attempts_one_success")
            .table("attempts")
            .col("run")
            .col("step")
            .unique()
            .and_where(Expr::col("state").eq("succeeded"))
            .take();
        schema.create_index(success).await?;
        let open = || Expr::col("state").is_in(["planned", "submitted", "claimed", "running"]);
        let one = Index::create()
            .name("attempts_one_open")
            .table("attempts")
            .col("run")
            .col("step")
            .unique()
            .and_where(open())
            .take();
        schema.create_index(one).await?;
        let all =
            Index::create().name("attempts_of_step").table("attempts").col("run").col("step").col("number").take();
        schema.create_index(all).await?;
        let seen = Index::create().name("attempts_open").table("attempts").col("seen_at_us").and_where(open()).take();
        schema.create_index(seen).await
    }
}
