use db::schema::text;
use sea_orm_migration::prelude::*;

/// The breach that a monitor placed a hold for.
#[derive(Debug)]
pub(super) struct AddBreach;

impl MigrationName for AddBreach {
    fn name(&self) -> &'static str {
        "m20261130_holds_breach"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddBreach {
    /// Why: a red breach holds its environment, once, however often it is told of.
    /// Step: expand only, one column that the previous release does not know. What people placed has none.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let mut breach = text(schema, "breach");
        schema.alter_table(Table::alter().table("holds").add_column(breach.null()).take()).await?;
        let one = Index::create()
            .name("holds_one_for_breach")
            .table("holds")
            .col("breach")
            .unique()
            .and_where(Expr::col("breach").is_not_null())
            .take();
        schema.create_index(one).await
    }
}
