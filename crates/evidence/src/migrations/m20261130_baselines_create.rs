use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// Baselines that the clock is compared with.
#[derive(Debug)]
pub(super) struct CreateBaselines;

impl MigrationName for CreateBaselines {
    fn name(&self) -> &'static str {
        "m20261130_baselines_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateBaselines {
    /// Why: a clock says little without what it was before; a baseline is imported whole, and the last one counts.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; a row per import.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let baselines = Table::create()
            .table("baselines")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "digest"))
            .col(text(schema, "content"))
            .col(text(schema, "imported_by"))
            .col(micros("imported_at_us"))
            .take();
        schema.create_table(baselines).await?;
        let newest = Index::create().name("baselines_newest").table("baselines").col("imported_at_us").col("id").take();
        schema.create_index(newest).await
    }
}
