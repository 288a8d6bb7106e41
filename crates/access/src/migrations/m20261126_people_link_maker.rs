use sea_orm_migration::prelude::*;

/// Who made the last one-time link that a person redeemed.
#[derive(Debug)]
pub struct AddLinkMaker;

impl MigrationName for AddLinkMaker {
    fn name(&self) -> &'static str {
        "m20261126_people_link_maker"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddLinkMaker {
    /// Why: whoever makes a link could redeem it themselves, so four eyes ask who made it.
    /// Step: expand only, two columns that the previous release does not know. Who redeemed a link before is not known.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let made_by = ColumnDef::new("link_made_by").text().take();
        schema.alter_table(Table::alter().table("people").add_column(made_by).take()).await?;
        let redeemed_at = ColumnDef::new("link_redeemed_at_us").big_integer().take();
        schema.alter_table(Table::alter().table("people").add_column(redeemed_at).take()).await
    }
}
