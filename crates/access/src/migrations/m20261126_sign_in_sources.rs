use sea_orm_migration::prelude::*;

/// Wrong passwords for a name, by where they came from.
#[derive(Debug)]
pub struct AddSignInSources;

impl MigrationName for AddSignInSources {
    fn name(&self) -> &'static str {
        "m20261126_sign_in_sources"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddSignInSources {
    /// Why: a stranger elsewhere must not lock a person out.
    /// Step: expand only, a column that the previous release does not know: the hash of the name, where a row counts for
    /// a name and a source. Rows without it count for the name from everywhere, as they did.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let of_name = ColumnDef::new("of_name_hash").text().take();
        schema.alter_table(Table::alter().table("sign_in_failures").add_column(of_name).take()).await
    }
}
