use sea_orm_migration::prelude::*;

/// The levels that each approval was shown.
#[derive(Debug)]
pub struct AddApprovalLevels;

impl MigrationName for AddApprovalLevels {
    fn name(&self) -> &'static str {
        "m20261126_approvals_levels"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddApprovalLevels {
    /// Why: of several approvals an earlier one must not stand for a level that rose since.
    /// Step: expand only, a column that the previous release does not know; what earlier approvals were shown is not known.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let levels = ColumnDef::new("levels").text().take();
        schema.alter_table(Table::alter().table("request_approvals").add_column(levels).take()).await
    }
}
