use super::{in_its_key, real};
use db::schema::{flag, micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Models that runs logged, before anyone registers them.
#[derive(Debug)]
pub struct CreateLoggedModels;

impl MigrationName for CreateLoggedModels {
    fn name(&self) -> &'static str {
        "m20261126_logged_models_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateLoggedModels {
    /// Why: clients of MLflow 3 keep a model apart from the run that made it.
    /// Step: expand only, new tables.
    /// Cost: none; sized for 10⁶ models.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let models = Table::create()
            .table("logged_models")
            .col(text(schema, "id").primary_key())
            .col(whole("experiment"))
            .col(text(schema, "name"))
            .col(text(schema, "model_type"))
            .col(text(schema, "source_run"))
            .col(state(schema, &["pending", "ready", "failed"]))
            .col(text(schema, "status_message"))
            .col(text(schema, "created_by"))
            .col(micros("created_at_us"))
            .col(micros("changed_at_us"))
            .col(micros("deleted_at_us").null())
            .take();
        schema.create_table(models).await?;
        let by_experiment = Index::create()
            .name("logged_models_by_experiment")
            .table("logged_models")
            .col("experiment")
            .col("created_at_us")
            .take();
        schema.create_index(by_experiment).await?;
        for table in ["logged_model_params", "logged_model_tags"] {
            let mut table = Table::create()
                .table(table)
                .col(text(schema, "model"))
                .col(text(schema, "key"))
                .col(text(schema, "value"))
                .primary_key(Index::create().col("model").col("key"))
                .take();
            schema.create_table(in_its_key(schema, &mut table)).await?;
        }
        let mut metrics = Table::create()
            .table("logged_model_metrics")
            .col(text(schema, "model"))
            .col(text(schema, "key"))
            .col(text(schema, "dataset_name"))
            .col(text(schema, "dataset_digest"))
            .col(text(schema, "run"))
            .col(real("value"))
            .col(flag("is_nan"))
            .col(whole("step"))
            .col(whole("at_ms"))
            .primary_key(Index::create().col("model").col("key").col("dataset_name").col("dataset_digest"))
            .take();
        schema.create_table(in_its_key(schema, &mut metrics)).await
    }
}
