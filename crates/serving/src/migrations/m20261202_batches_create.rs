use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Batch jobs.
#[derive(Debug)]
pub struct CreateBatches;

impl MigrationName for CreateBatches {
    fn name(&self) -> &'static str {
        "m20261202_batches_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateBatches {
    /// Why: an endpoint scores datasets into a new dataset, when asked or every day.
    /// Step: expand only, a new table.
    /// Cost: none; a row per batch job.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("batches")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "endpoint"))
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(text(schema, "team").null())
            .col(text(schema, "name"))
            .col(text(schema, "datasets"))
            .col(text(schema, "record_key"))
            .col(text(schema, "output"))
            .col(whole("daily_at").null())
            .col(micros("next_at_us").null())
            .col(state(schema, &["idle", "running", "removed"]))
            .col(text(schema, "run").null())
            .col(text(schema, "last").null())
            .col(text(schema, "made_by"))
            .col(micros("created_at_us"))
            .col(micros("changed_at_us"))
            .col(whole("revision"))
            .take();
        schema.create_table(table).await?;
        let one = Index::create()
            .name("batches_one_of_name")
            .table("batches")
            .col("endpoint")
            .col("name")
            .unique()
            .and_where(Expr::col("state").ne("removed"))
            .take();
        schema.create_index(one).await?;
        let one = Index::create()
            .name("batches_one_of_output")
            .table("batches")
            .col("output")
            .unique()
            .and_where(Expr::col("state").ne("removed"))
            .take();
        schema.create_index(one).await?;
        let due = Index::create().name("batches_due").table("batches").col("next_at_us").take();
        schema.create_index(due).await
    }
}
