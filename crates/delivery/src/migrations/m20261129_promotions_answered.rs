use sea_orm_migration::prelude::*;

/// How many calls an endpoint had answered before the run that verifies it.
#[derive(Debug)]
pub(super) struct AddAnsweredBefore;

impl MigrationName for AddAnsweredBefore {
    fn name(&self) -> &'static str {
        "m20261129_promotions_answered"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddAnsweredBefore {
    /// Why: what nothing called is not verified, so it is looked at whether the count grew while the tests ran.
    /// Step: expand only, one column that the previous release does not know. What was verified before has none.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let answered = ColumnDef::new("answered_before").big_integer().take();
        schema.alter_table(Table::alter().table("promotions").add_column(answered).take()).await
    }
}
