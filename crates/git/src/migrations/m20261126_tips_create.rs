use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// Tips.
#[derive(Debug)]
pub(super) struct CreateTips;

impl MigrationName for CreateTips {
    fn name(&self) -> &'static str {
        "m20261126_tips_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateTips {
    /// Why: where each branch and tag stands as far as the records tell; what differs on the disk has moved.
    /// Step: expand only, a new table.
    /// Cost: none; a row for each branch and tag.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("tips")
            .col(text(schema, "project"))
            .col(text(schema, "reference"))
            .col(text(schema, "tip"))
            .col(text(schema, "push"))
            .col(text(schema, "pusher").null())
            .col(micros("moved_at_us"))
            .primary_key(Index::create().col("project").col("reference"))
            .take();
        schema.create_table(table).await
    }
}
