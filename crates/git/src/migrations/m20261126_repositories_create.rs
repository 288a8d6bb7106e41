use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// Repositories.
#[derive(Debug)]
pub(super) struct CreateRepositories;

impl MigrationName for CreateRepositories {
    fn name(&self) -> &'static str {
        "m20261126_repositories_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateRepositories {
    /// Why: each project keeps its code in one repository; the row is locked while its records are settled.
    /// Step: expand only, a new table.
    /// Cost: none.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("repositories")
            .col(text(schema, "project").primary_key())
            .col(micros("created_at_us"))
            .take();
        schema.create_table(table).await
    }
}
