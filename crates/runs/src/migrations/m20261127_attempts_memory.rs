use sea_orm_migration::prelude::*;

/// How much memory each attempt takes.
#[derive(Debug)]
pub(super) struct AddMemory;

impl MigrationName for AddMemory {
    fn name(&self) -> &'static str {
        "m20261127_attempts_memory"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddMemory {
    /// Why: the scheduler starts no more than an engine has memory for, as it does with CPUs.
    /// Step: expand only, a column that the previous release does not know. What is open then counts as nothing until it ends.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let memory = ColumnDef::new("memory_mib").big_integer().not_null().default(0).take();
        schema.alter_table(Table::alter().table("attempts").add_column(memory).take()).await
    }
}
