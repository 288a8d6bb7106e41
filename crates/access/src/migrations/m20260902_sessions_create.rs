use db::schema::{micros, text, whole};
use sea_orm_migration::prelude::*;

/// Sessions, one-time links, wrong passwords.
#[derive(Debug)]
pub struct CreateSessions;

impl MigrationName for CreateSessions {
    fn name(&self) -> &'static str {
        "m20260902_sessions_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateSessions {
    /// Why: people come in with a browser.
    /// Step: expand only, new tables.
    /// Cost: none; old rows are dropped.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let sessions = Table::create()
            .table("sessions")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "secret_hash").unique_key())
            .col(text(schema, "person_id"))
            .col(micros("created_at_us"))
            .col(micros("expires_at_us"))
            .col(micros("seen_at_us"))
            .col(ColumnDef::new("ended_at_us").big_integer())
            .take();
        schema.create_table(sessions).await?;
        let links = Table::create()
            .table("links")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "secret_hash").unique_key())
            .col(text(schema, "person_id"))
            .col(text(schema, "created_by"))
            .col(micros("created_at_us"))
            .col(micros("expires_at_us"))
            .col(ColumnDef::new("used_at_us").big_integer())
            .take();
        schema.create_table(links).await?;
        for table in ["sessions", "links"] {
            let index = Index::create().name(format!("{table}_by_person")).table(table).col("person_id").take();
            schema.create_index(index).await?;
        }
        let failures = Table::create()
            .table("sign_in_failures")
            .col(text(schema, "name_hash").primary_key())
            .col(whole("failures"))
            .col(micros("last_at_us"))
            .col(ColumnDef::new("locked_until_us").big_integer())
            .take();
        schema.create_table(failures).await
    }
}
