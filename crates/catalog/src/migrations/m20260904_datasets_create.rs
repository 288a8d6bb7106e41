use db::schema::{micros, state, text};
use sea_orm_migration::prelude::*;

/// Datasets, their columns and their versions.
#[derive(Debug)]
pub struct CreateDatasets;

impl MigrationName for CreateDatasets {
    fn name(&self) -> &'static str {
        "m20260904_datasets_create"
    }
}

fn whole(name: &str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).big_integer().not_null().take()
}

fn word(schema: &SchemaManager, name: &'static str, words: &[&str]) -> ColumnDef {
    text(schema, name).check(Expr::col(name).is_in(words.iter().copied())).take()
}

#[async_trait::async_trait]
impl MigrationTrait for CreateDatasets {
    /// Why: crawls find tables; people describe and classify them; reads pin a version.
    /// Step: expand only, new tables.
    /// Cost: none; sized for 10⁶ datasets.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let datasets = Table::create()
            .table("datasets")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "lake"))
            .col(text(schema, "team"))
            .col(text(schema, "scope"))
            .col(state(schema, &["active", "missing", "retired"]))
            .col(word(schema, "visibility", &["listed", "hidden"]))
            .col(word(schema, "origin", &["crawled", "published"]))
            .col(text(schema, "description"))
            .col(whole("version"))
            .col(whole("rows"))
            .col(whole("size_bytes"))
            .col(whole("files"))
            .col(whole("columns"))
            .col(text(schema, "level"))
            .col(micros("found_at_us"))
            .col(micros("changed_at_us"))
            .col(whole("revision"))
            .take();
        schema.create_table(datasets).await?;
        let by_lake = Index::create().name("datasets_lake").table("datasets").col("lake").take();
        schema.create_index(by_lake).await?;
        let columns = Table::create()
            .table("dataset_columns")
            .col(text(schema, "dataset"))
            .col(text(schema, "name"))
            .col(whole("position"))
            .col(text(schema, "data_type"))
            .col(ColumnDef::new("nullable").boolean().not_null())
            .col(ColumnDef::new("partition").boolean().not_null())
            .col(ColumnDef::new("present").boolean().not_null())
            .col(text(schema, "description"))
            .col(word(schema, "level", &["public", "internal", "confidential", "restricted"]))
            .col(word(schema, "source", &["unclassified", "proposed", "confirmed", "corrected"]))
            .col(text(schema, "rule").null())
            .col(ColumnDef::new("confidence").double())
            .primary_key(Index::create().col("dataset").col("name"))
            .take();
        schema.create_table(columns).await?;
        let versions = Table::create()
            .table("dataset_versions")
            .col(text(schema, "dataset"))
            .col(whole("number"))
            .col(text(schema, "crawl").null())
            .col(text(schema, "published_by").null())
            .col(micros("cut_at_us"))
            .col(word(schema, "change", &["first", "compatible", "breaking"]))
            .col(text(schema, "summary"))
            .col(text(schema, "content"))
            .col(text(schema, "digest"))
            .col(text(schema, "profile"))
            .col(whole("rows"))
            .col(whole("size_bytes"))
            .col(whole("files"))
            .primary_key(Index::create().col("dataset").col("number"))
            .take();
        schema.create_table(versions).await
    }
}
