use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// When somebody first looked at a dataset.
#[derive(Debug)]
pub struct CreateDatasetLooks;

impl MigrationName for CreateDatasetLooks {
    fn name(&self) -> &'static str {
        "m20261130_dataset_looks_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateDatasetLooks {
    /// Why: the route to live begins with the first look at a dataset, which nothing else keeps.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; a row per person and dataset of the last 90 days.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let looks = Table::create()
            .table("dataset_looks")
            .col(text(schema, "person"))
            .col(text(schema, "dataset"))
            .col(micros("first_at_us"))
            .primary_key(Index::create().col("person").col("dataset"))
            .take();
        schema.create_table(looks).await?;
        let oldest = Index::create().name("dataset_looks_oldest").table("dataset_looks").col("first_at_us").take();
        schema.create_index(oldest).await
    }
}
