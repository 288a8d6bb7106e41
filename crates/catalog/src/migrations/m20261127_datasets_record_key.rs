use sea_orm_migration::prelude::*;

/// Which columns name a record.
#[derive(Debug)]
pub struct AddRecordKey;

impl MigrationName for AddRecordKey {
    fn name(&self) -> &'static str {
        "m20261127_datasets_record_key"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddRecordKey {
    /// Why: a project's held-out fifth is drawn by the record's key, which a steward names.
    /// Step: expand only, a column that the previous release does not know; empty says that no key is named.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let key = ColumnDef::new("record_key").text().not_null().default("[]").take();
        schema.alter_table(Table::alter().table("datasets").add_column(key).take()).await
    }
}
