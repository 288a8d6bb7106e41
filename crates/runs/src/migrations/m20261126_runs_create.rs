use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// The tables of runs, of their steps, and of results to take again.
#[derive(Debug)]
pub(super) struct CreateRuns;

impl MigrationName for CreateRuns {
    fn name(&self) -> &'static str {
        "m20261126_runs_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateRuns {
    /// Why: runs of pipelines must survive a kill, and an equal step must not run twice.
    /// Step: expand only, new tables that the previous release does not know.
    /// Cost: none; we size them for 10⁵ runs and 10⁷ steps.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        runs(schema).await?;
        steps(schema).await?;
        cache(schema).await
    }
}

async fn runs(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let words = ["queued", "running", "cancelling", "succeeded", "failed", "cancelled"];
    let table = Table::create()
        .table("runs")
        .col(text(schema, "id").primary_key())
        .col(text(schema, "project"))
        .col(text(schema, "environment"))
        // What `access` decides on: `project/credit-risk/dev` and `environment:credit-risk/dev`.
        .col(text(schema, "scope"))
        .col(text(schema, "asker"))
        .col(text(schema, "pipeline"))
        .col(text(schema, "definition"))
        .col(text(schema, "parameters"))
        .col(text(schema, "revision_asked").null())
        .col(text(schema, "commit_id").null())
        .col(text(schema, "tree").null())
        .col(text(schema, "started_by"))
        .col(text(schema, "why"))
        .col(state(schema, &words))
        .col(text(schema, "reason").null())
        .col(text(schema, "cancelled_by").null())
        .col(whole("steps"))
        .col(whole("open_steps"))
        .col(whole("failed_steps"))
        .col(micros("created_at_us"))
        .col(micros("started_at_us").null())
        .col(micros("cancelled_at_us").null())
        .col(micros("ended_at_us").null())
        .col(whole("revision"))
        .take();
    schema.create_table(table).await?;
    let newest = Index::create().name("runs_newest").table("runs").col("created_at_us").col("id").take();
    schema.create_index(newest).await?;
    let of_pipeline = Index::create()
        .name("runs_of_pipeline")
        .table("runs")
        .col("environment")
        .col("pipeline")
        .col("created_at_us")
        .take();
    schema.create_index(of_pipeline).await?;
    let open = Expr::col("state").is_in(["queued", "running", "cancelling"]);
    schema.create_index(Index::create().name("runs_open").table("runs").col("id").and_where(open).take()).await
}

async fn steps(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let words = ["waiting", "ready", "running", "succeeded", "failed", "skipped", "cancelled"];
    let table = Table::create()
        .table("run_steps")
        .col(text(schema, "run"))
        .col(text(schema, "name"))
        .col(whole("position"))
        .col(state(schema, &words))
        // How many of the steps that it waits for have not succeeded yet.
        .col(whole("waiting_for"))
        .col(whole("tries"))
        .col(text(schema, "kind").null())
        .col(text(schema, "why").null())
        .col(text(schema, "cached_from").null())
        .col(text(schema, "cache_key").null())
        .col(text(schema, "key_parts").null())
        .col(text(schema, "governed"))
        .col(text(schema, "outputs"))
        .col(micros("run_at_us"))
        .col(micros("started_at_us").null())
        .col(micros("ended_at_us").null())
        .col(whole("revision"))
        .primary_key(Index::create().col("run").col("name"))
        .take();
    schema.create_table(table).await?;
    let state = Index::create().name("run_steps_by_state").table("run_steps").col("run").col("state").take();
    schema.create_index(state).await?;
    let same = Index::create()
        .name("run_steps_ready_by_key")
        .table("run_steps")
        .col("cache_key")
        .and_where(Expr::col("state").eq("ready").and(Expr::col("cache_key").is_not_null()))
        .take();
    schema.create_index(same).await
}

async fn cache(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("cache_entries")
        .col(text(schema, "environment"))
        .col(text(schema, "cache_key"))
        .col(state(schema, &["computing", "ready"]))
        .col(text(schema, "run"))
        .col(text(schema, "step"))
        .col(text(schema, "outputs"))
        .col(text(schema, "governed"))
        .col(micros("at_us"))
        .primary_key(Index::create().col("environment").col("cache_key"))
        .take();
    schema.create_table(table).await?;
    let by_step = Index::create().name("cache_entries_by_step").table("cache_entries").col("run").col("step").take();
    schema.create_index(by_step).await
}
