use sea_orm_migration::prelude::*;

/// What a version was made from.
#[derive(Debug)]
pub struct AddLineage;

impl MigrationName for AddLineage {
    fn name(&self) -> &'static str {
        "m20261202_versions_lineage"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddLineage {
    /// Why: whoever finds a published dataset sees what it was made from, and by what.
    /// Step: expand only, a column that the previous release does not know; null says that nothing is known.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let lineage = ColumnDef::new("lineage").text().null().take();
        schema.alter_table(Table::alter().table("dataset_versions").add_column(lineage).take()).await
    }
}
