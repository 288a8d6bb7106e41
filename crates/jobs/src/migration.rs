use db::schema::{flag, micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// The queue and the schedules.
#[derive(Debug)]
pub struct CreateJobs;

impl MigrationName for CreateJobs {
    fn name(&self) -> &'static str {
        "m20260903_jobs_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateJobs {
    /// Why: background work must survive a kill.
    /// Step: expand only, new tables that the previous release does not know.
    /// Cost: none; we size it for 10⁶ rows, of which the open ones are in `jobs_open`.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let jobs = Table::create()
            .table("jobs")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "kind"))
            .col(text(schema, "key").null())
            .col(state(schema, &["queued", "leased", "done", "dead"]))
            .col(text(schema, "scope"))
            .col(text(schema, "asker").null())
            .col(text(schema, "payload"))
            .col(micros("run_at_us"))
            .col(whole("attempts"))
            .col(whole("fence"))
            .col(flag("again"))
            .col(text(schema, "worker").null())
            .col(ColumnDef::new("leased_until_us").big_integer())
            .col(whole("progress_done"))
            .col(whole("progress_total"))
            .col(text(schema, "progress_text"))
            .col(text(schema, "reason").null())
            .col(micros("created_at_us"))
            .col(ColumnDef::new("ended_at_us").big_integer())
            .take();
        schema.create_table(jobs).await?;
        let open = || Expr::col("state").is_in(["queued", "leased"]);
        let one = Index::create().name("jobs_one_open").table("jobs").col("kind").col("key").unique().take();
        schema.create_index(one.clone().and_where(Expr::col("key").is_not_null().and(open())).take()).await?;
        let due = Index::create().name("jobs_open").table("jobs").col("run_at_us").and_where(open()).take();
        schema.create_index(due).await?;
        let schedules = Table::create()
            .table("job_schedules")
            .col(text(schema, "name").primary_key())
            .col(text(schema, "kind"))
            .col(text(schema, "scope"))
            .col(text(schema, "payload"))
            .col(whole("every_seconds"))
            .col(micros("next_at_us"))
            .take();
        schema.create_table(schedules).await
    }
}
