use db::schema::{micros, text, whole};
use sea_orm_migration::prelude::*;

/// What endpoints said, on its way into the lake.
#[derive(Debug)]
pub struct CreateCaptures;

impl MigrationName for CreateCaptures {
    fn name(&self) -> &'static str {
        "m20261201_captures_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateCaptures {
    /// Why: captured calls become a dataset, each once; an endpoint knows who called it first from outside, and what a model read.
    /// Step: expand only, new tables, and columns with defaults that the previous release does not know.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let captures = Table::create()
            .table("captures")
            .col(text(schema, "endpoint").primary_key())
            .col(text(schema, "dataset").null())
            .col(whole("version").null())
            .col(whole("rows"))
            .col(text(schema, "reason").null())
            .col(micros("changed_at_us"))
            .take();
        schema.create_table(captures).await?;
        let segments = Table::create()
            .table("captured_segments")
            .col(text(schema, "endpoint"))
            .col(text(schema, "segment"))
            .col(micros("at_us"))
            .primary_key(Index::create().col("endpoint").col("segment"))
            .take();
        schema.create_table(segments).await?;
        let datasets = ColumnDef::new("datasets").text().not_null().default("[]").take();
        schema.alter_table(Table::alter().table("rollouts").add_column(datasets).take()).await?;
        let outside = micros("first_outside_at_us").null().take();
        schema.alter_table(Table::alter().table("endpoints").add_column(outside).take()).await
    }
}
