use db::schema::{micros, state, text};
use sea_orm_migration::prelude::*;

/// Crawls, what they could not read, and what they know of files.
#[derive(Debug)]
pub struct CreateCrawls;

impl MigrationName for CreateCrawls {
    fn name(&self) -> &'static str {
        "m20260905_crawls_create"
    }
}

fn whole(name: &str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).big_integer().not_null().take()
}

#[async_trait::async_trait]
impl MigrationTrait for CreateCrawls {
    /// Why: a crawl shows how far it is and what is broken, and reads a file again only when it changed.
    /// Step: expand only, new tables.
    /// Cost: `lake_files` holds a sketch per column and file, about 20 kB each at most.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let crawls = Table::create()
            .table("crawls")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "lake"))
            .col(state(schema, &["queued", "running", "done", "failed"]))
            .col(text(schema, "job").null())
            .col(text(schema, "asked_by"))
            .col(micros("asked_at_us"))
            .col(ColumnDef::new("started_at_us").big_integer())
            .col(ColumnDef::new("ended_at_us").big_integer())
            .col(text(schema, "reason").null())
            .col(whole("tables_total"))
            .col(whole("tables_done"))
            .col(whole("tables_changed"))
            .col(whole("files_read"))
            .col(whole("files_skipped"))
            .col(whole("files_broken"))
            .take();
        schema.create_table(crawls).await?;
        let one_open = Index::create()
            .name("crawls_one_open")
            .table("crawls")
            .col("lake")
            .unique()
            .and_where(Expr::col("state").is_in(["queued", "running"]))
            .take();
        schema.create_index(one_open).await?;
        let broken = Table::create()
            .table("crawl_broken")
            .col(text(schema, "crawl"))
            .col(text(schema, "path"))
            .col(text(schema, "reason"))
            .col(ColumnDef::new("line").big_integer())
            .primary_key(Index::create().col("crawl").col("path"))
            .take();
        schema.create_table(broken).await?;
        let files = Table::create()
            .table("lake_files")
            .col(text(schema, "lake"))
            .col(text(schema, "path"))
            .col(text(schema, "dataset"))
            .col(whole("size_bytes"))
            .col(micros("modified_at_us"))
            .col(whole("rows"))
            .col(text(schema, "digest").null())
            .col(ColumnDef::new("delimiter").big_integer())
            .col(ColumnDef::new("schema").text())
            .col(ColumnDef::new("sketches").blob())
            .col(text(schema, "broken").null())
            .col(ColumnDef::new("broken_line").big_integer())
            .primary_key(Index::create().col("lake").col("path"))
            .take();
        schema.create_table(files).await?;
        let by_dataset = Index::create().name("lake_files_dataset").table("lake_files").col("dataset").take();
        schema.create_index(by_dataset).await
    }
}
