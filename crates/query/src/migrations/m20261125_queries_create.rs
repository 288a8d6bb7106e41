use db::schema::{flag, micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// The table of queries.
#[derive(Debug)]
pub(super) struct CreateQueries;

impl MigrationName for CreateQueries {
    fn name(&self) -> &'static str {
        "m20261125_queries_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateQueries {
    /// Why: whoever runs a query finds out how it ended, and can stop it from another place.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; we size it for 10⁶ rows.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("queries")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "asker"))
            .col(text(schema, "sql"))
            .col(text(schema, "purpose").null())
            .col(text(schema, "stated_use"))
            .col(text(schema, "encoding"))
            .col(text(schema, "reads"))
            .col(state(schema, &["running", "succeeded", "failed", "cancelled"]))
            .col(whole("rows"))
            .col(whole("bytes"))
            .col(flag("truncated"))
            .col(micros("started_at_us"))
            .col(micros("ended_at_us").null())
            .col(text(schema, "why").null())
            .col(micros("seen_at_us"))
            .col(whole("revision"))
            .take();
        schema.create_table(table).await?;
        let by_asker =
            Index::create().name("queries_by_asker").table("queries").col("asker").col("started_at_us").take();
        schema.create_index(by_asker).await?;
        let running = Index::create()
            .name("queries_running")
            .table("queries")
            .col("seen_at_us")
            .and_where(Expr::col("state").eq("running"))
            .take();
        schema.create_index(running).await
    }
}
