use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// Answers kept for `Idempotency-Key`.
#[derive(Debug)]
pub struct CreateIdempotency;

impl MigrationName for CreateIdempotency {
    fn name(&self) -> &'static str {
        "m20260903_idempotency_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateIdempotency {
    /// Why: a creating call that is repeated makes nothing twice.
    /// Step: expand only, new tables.
    /// Cost: none; rows are dropped after two days.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::create()
            .table("idempotency_keys")
            .col(text(schema, "caller"))
            .col(text(schema, "operation"))
            .col(text(schema, "key"))
            .col(text(schema, "body"))
            .col(text(schema, "answer"))
            .col(micros("at_us"))
            .primary_key(Index::create().col("caller").col("operation").col("key"))
            .take();
        schema.create_table(keys).await?;
        let index = Index::create().name("idempotency_keys_by_time").table("idempotency_keys").col("at_us").take();
        schema.create_index(index).await
    }
}
