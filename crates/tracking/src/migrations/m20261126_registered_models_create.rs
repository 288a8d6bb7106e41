use super::in_its_key;
use db::schema::{counter, micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Registered models, their versions, and what points at those.
#[derive(Debug)]
pub struct CreateRegisteredModels;

impl MigrationName for CreateRegisteredModels {
    fn name(&self) -> &'static str {
        "m20261126_registered_models_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateRegisteredModels {
    /// Why: a version is what goes live; who pointed what at it stays on record.
    /// Step: expand only, new tables. `approved`, `suspended` and `withdrawn` come with promotions; a `CHECK` of SQLite
    /// cannot be widened without copying the table.
    /// Cost: none; sized for 10⁵ versions.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        models(schema).await?;
        versions(schema).await?;
        pointers(schema).await
    }
}

async fn models(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let models = Table::create()
        .table("registered_models")
        .col(text(schema, "id").primary_key())
        .col(text(schema, "space"))
        .col(text(schema, "name"))
        .col(text(schema, "description"))
        .col(whole("last_version"))
        .col(text(schema, "created_by"))
        .col(micros("created_at_us"))
        .col(micros("changed_at_us"))
        .col(micros("deleted_at_us").null())
        .col(whole("revision"))
        .take();
    schema.create_table(models).await?;
    let one_name = Index::create()
        .name("registered_models_one_name")
        .table("registered_models")
        .col("space")
        .col("name")
        .unique()
        .and_where(Expr::col("deleted_at_us").is_null())
        .take();
    schema.create_index(one_name).await?;
    let mut tags = Table::create()
        .table("registered_model_tags")
        .col(text(schema, "model"))
        .col(text(schema, "key"))
        .col(text(schema, "value"))
        .primary_key(Index::create().col("model").col("key"))
        .take();
    schema.create_table(in_its_key(schema, &mut tags)).await
}

async fn versions(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let versions = Table::create()
        .table("model_versions")
        .col(text(schema, "id").primary_key())
        .col(text(schema, "model"))
        .col(whole("version"))
        .col(state(schema, &["registered", "approved", "suspended", "withdrawn"]))
        .col(text(schema, "description"))
        .col(text(schema, "source"))
        .col(text(schema, "run"))
        .col(text(schema, "run_link"))
        .col(text(schema, "logged_model"))
        .col(text(schema, "digest"))
        .col(whole("files"))
        .col(whole("size_bytes"))
        .col(text(schema, "created_by"))
        .col(text(schema, "attempt").null())
        .col(micros("created_at_us"))
        .col(micros("changed_at_us"))
        .col(micros("deleted_at_us").null())
        .col(whole("revision"))
        .take();
    schema.create_table(versions).await?;
    let one_number = Index::create()
        .name("model_versions_one_number")
        .table("model_versions")
        .col("model")
        .col("version")
        .unique()
        .take();
    schema.create_index(one_number).await?;
    let mut tags = Table::create()
        .table("model_version_tags")
        .col(text(schema, "version"))
        .col(text(schema, "key"))
        .col(text(schema, "value"))
        .primary_key(Index::create().col("version").col("key"))
        .take();
    schema.create_table(in_its_key(schema, &mut tags)).await
}

async fn pointers(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let pointers = Table::create()
        .table("model_pointers")
        .col(counter(schema, "number"))
        .col(text(schema, "model"))
        .col(text(schema, "kind").check(Expr::col("kind").is_in(["alias", "stage"])))
        .col(text(schema, "name"))
        .col(whole("version"))
        .col(text(schema, "set_by"))
        .col(micros("set_at_us"))
        .col(text(schema, "ended_by").null())
        .col(micros("ended_at_us").null())
        .take();
    schema.create_table(pointers).await?;
    let holds = |kind: &str| Expr::col("kind").eq(kind).and(Expr::col("ended_at_us").is_null());
    let one_alias = Index::create()
        .name("model_pointers_one_alias")
        .table("model_pointers")
        .col("model")
        .col("name")
        .unique()
        .and_where(holds("alias"))
        .take();
    schema.create_index(one_alias).await?;
    let one_stage = Index::create()
        .name("model_pointers_one_stage")
        .table("model_pointers")
        .col("model")
        .col("version")
        .unique()
        .and_where(holds("stage"))
        .take();
    schema.create_index(one_stage).await?;
    let by_model = Index::create().name("model_pointers_by_model").table("model_pointers").col("model").take();
    schema.create_index(by_model).await
}
