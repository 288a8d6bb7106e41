use super::{in_its_key, real};
use db::schema::{counter, flag, micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Experiments, their runs, and what runs log.
#[derive(Debug)]
pub struct CreateExperiments;

impl MigrationName for CreateExperiments {
    fn name(&self) -> &'static str {
        "m20261126_experiments_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateExperiments {
    /// Why: stock MLflow clients log here. Rows are named by small numbers inside, since a run has many.
    /// Step: expand only, new tables.
    /// Cost: none; sized for 10⁶ runs and 10⁹ points.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        experiments(schema).await?;
        runs(schema).await?;
        for (table, owner) in [("experiment_tags", "experiment"), ("run_params", "run"), ("run_tags", "run")] {
            let mut table = Table::create()
                .table(table)
                .col(whole(owner))
                .col(text(schema, "key"))
                .col(text(schema, "value"))
                .primary_key(Index::create().col(owner).col("key"))
                .take();
            schema.create_table(in_its_key(schema, &mut table)).await?;
        }
        metrics(schema).await?;
        inputs(schema).await
    }
}

async fn experiments(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let experiments = Table::create()
        .table("experiments")
        .col(counter(schema, "number"))
        .col(text(schema, "id").unique_key())
        .col(text(schema, "space"))
        .col(text(schema, "name"))
        .col(flag("is_default"))
        .col(state(schema, &["active", "deleted"]))
        .col(text(schema, "created_by"))
        .col(micros("created_at_us"))
        .col(micros("changed_at_us"))
        .col(whole("revision"))
        .take();
    schema.create_table(experiments).await?;
    // A deleted experiment leaves its name to others.
    let one_name = Index::create()
        .name("experiments_one_name")
        .table("experiments")
        .col("space")
        .col("name")
        .unique()
        .and_where(Expr::col("state").eq("active"))
        .take();
    schema.create_index(one_name).await?;
    let one_default = Index::create()
        .name("experiments_one_default")
        .table("experiments")
        .col("space")
        .unique()
        .and_where(Expr::col("is_default"))
        .take();
    schema.create_index(one_default).await
}

async fn runs(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let status = Expr::col("status").is_in(["running", "scheduled", "finished", "failed", "killed"]);
    let runs = Table::create()
        .table("experiment_runs")
        .col(counter(schema, "number"))
        .col(text(schema, "id").unique_key())
        .col(whole("experiment"))
        .col(text(schema, "name"))
        .col(text(schema, "status").check(status))
        .col(state(schema, &["active", "deleted"]))
        .col(flag("with_experiment"))
        .col(text(schema, "user_name"))
        .col(text(schema, "created_by"))
        .col(text(schema, "attempt").null())
        .col(micros("started_at_us"))
        .col(micros("ended_at_us").null())
        .take();
    schema.create_table(runs).await?;
    let by_experiment = Index::create()
        .name("experiment_runs_by_experiment")
        .table("experiment_runs")
        .col("experiment")
        .col("started_at_us")
        .take();
    schema.create_index(by_experiment).await
}

async fn metrics(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    // The whole row but its links is the key, in the order that a history is read.
    let mut points = Table::create()
        .table("run_metrics")
        .col(whole("run"))
        .col(text(schema, "key"))
        .col(whole("at_ms"))
        .col(whole("step"))
        .col(real("value"))
        .col(flag("is_nan"))
        .col(text(schema, "model").null())
        .col(text(schema, "dataset_name").null())
        .col(text(schema, "dataset_digest").null())
        .primary_key(Index::create().col("run").col("key").col("at_ms").col("step").col("value").col("is_nan"))
        .take();
    schema.create_table(in_its_key(schema, &mut points)).await?;
    let mut latest = Table::create()
        .table("run_latest_metrics")
        .col(whole("run"))
        .col(text(schema, "key"))
        .col(real("value"))
        .col(flag("is_nan"))
        .col(whole("step"))
        .col(whole("at_ms"))
        .primary_key(Index::create().col("run").col("key"))
        .take();
    schema.create_table(in_its_key(schema, &mut latest)).await
}

async fn inputs(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let datasets = Table::create()
        .table("logged_datasets")
        .col(counter(schema, "number"))
        .col(whole("experiment"))
        .col(text(schema, "name"))
        .col(text(schema, "digest"))
        .col(text(schema, "source_type"))
        .col(text(schema, "source"))
        .col(text(schema, "schema"))
        .col(text(schema, "profile"))
        .take();
    schema.create_table(datasets).await?;
    let one_digest = Index::create()
        .name("logged_datasets_one_digest")
        .table("logged_datasets")
        .col("experiment")
        .col("name")
        .col("digest")
        .unique()
        .take();
    schema.create_index(one_digest).await?;
    let mut of_runs = Table::create()
        .table("run_datasets")
        .col(whole("run"))
        .col(whole("dataset"))
        .col(text(schema, "name"))
        .col(text(schema, "digest"))
        .col(text(schema, "context"))
        .col(text(schema, "tags"))
        .primary_key(Index::create().col("run").col("dataset"))
        .take();
    schema.create_table(in_its_key(schema, &mut of_runs)).await?;
    let mut models = Table::create()
        .table("run_models")
        .col(whole("run"))
        .col(text(schema, "direction").check(Expr::col("direction").is_in(["in", "out"])))
        .col(text(schema, "model"))
        .col(whole("step"))
        .primary_key(Index::create().col("run").col("direction").col("model"))
        .take();
    schema.create_table(in_its_key(schema, &mut models)).await
}
