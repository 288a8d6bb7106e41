use sea_orm_migration::prelude::*;

/// What an attempt may read.
#[derive(Debug)]
pub struct AddTokenReads;

impl MigrationName for AddTokenReads {
    fn name(&self) -> &'static str {
        "m20261127_tokens_reads"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddTokenReads {
    /// Why: an attempt reads the datasets that its step declares, in the versions behind its cache key, and nothing else.
    /// Step: expand only, a column that the previous release does not know; tokens of before read nothing.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let reads = ColumnDef::new("reads").text().not_null().default("[]").take();
        schema.alter_table(Table::alter().table("tokens").add_column(reads).take()).await
    }
}
