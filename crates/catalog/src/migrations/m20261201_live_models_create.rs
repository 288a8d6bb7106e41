use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Models that are live in production.
#[derive(Debug)]
pub struct CreateLiveModels;

impl MigrationName for CreateLiveModels {
    fn name(&self) -> &'static str {
        "m20261201_live_models_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateLiveModels {
    /// Why: people of other teams find the models that are live, and ask to use them.
    /// Step: expand only, a new table.
    /// Cost: none; one row per endpoint of production.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("live_models")
            .col(text(schema, "endpoint").primary_key())
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(text(schema, "team"))
            .col(text(schema, "title"))
            .col(text(schema, "owner"))
            .col(whole("tier"))
            .col(text(schema, "intended_use"))
            .col(text(schema, "prohibited_use"))
            .col(text(schema, "model"))
            .col(whole("version"))
            .col(whole("candidate"))
            .col(text(schema, "digest"))
            .col(text(schema, "purposes"))
            .col(text(schema, "datasets"))
            .col(text(schema, "inputs"))
            .col(text(schema, "outputs"))
            .col(text(schema, "metrics"))
            .col(state(schema, &["live", "suspended"]))
            .col(micros("live_since_us"))
            .col(micros("changed_at_us"))
            .col(text(schema, "words"))
            .take();
        schema.create_table(table).await
    }
}
