use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// Lakes.
#[derive(Debug)]
pub struct CreateLakes;

impl MigrationName for CreateLakes {
    fn name(&self) -> &'static str {
        "m20260903_lakes_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateLakes {
    /// Why: a steward connects the folders where data lies. The name is the key, so it is unique.
    /// Step: expand only, a new table.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let lakes = Table::create()
            .table("lakes")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "root"))
            .col(text(schema, "folder"))
            .col(text(schema, "team"))
            .col(text(schema, "description"))
            .col(text(schema, "connected_by"))
            .col(micros("connected_at_us"))
            .take();
        schema.create_table(lakes).await
    }
}
