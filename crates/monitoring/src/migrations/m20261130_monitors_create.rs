use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Monitors, what they found, and what they raised.
#[derive(Debug)]
pub(super) struct CreateMonitors;

impl MigrationName for CreateMonitors {
    fn name(&self) -> &'static str {
        "m20261130_monitors_create"
    }
}

const MONITOR: &[&str] = &["active", "paused"];
const EVALUATION: &[&str] = &["running", "within", "breached", "not_computable", "failed"];
const BREACH: &[&str] = &["open", "acknowledged", "resolved"];

#[async_trait::async_trait]
impl MigrationTrait for CreateMonitors {
    /// Why: what serves in production is compared with what was promised. An endpoint has one monitor, of whose evaluations one runs; of
    /// each metric and column one breach is open, the empty column being all rows.
    /// Step: expand only, new tables that the previous release does not know.
    /// Cost: none; a row per endpoint, per evaluation (hourly) and per breach.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let monitors = Table::create()
            .table("monitors")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(text(schema, "endpoint"))
            .col(text(schema, "team").null())
            .col(state(schema, MONITOR))
            .col(text(schema, "released"))
            .col(text(schema, "truth").null())
            .col(whole("every_s"))
            .col(whole("window_h"))
            .col(text(schema, "capture").null())
            .col(text(schema, "switched").null())
            .col(micros("due_at_us"))
            .col(micros("created_at_us"))
            .col(micros("changed_at_us"))
            .col(whole("revision"))
            .take();
        schema.create_table(monitors).await?;
        let one = Index::create().name("monitors_one_of_endpoint").table("monitors").col("endpoint").unique().take();
        schema.create_index(one).await?;
        let due = Index::create().name("monitors_due").table("monitors").col("state").col("due_at_us").take();
        schema.create_index(due).await?;
        self.evaluations(schema).await?;
        self.breaches(schema).await
    }
}

impl CreateMonitors {
    async fn evaluations(&self, schema: &SchemaManager<'_>) -> Result<(), DbErr> {
        // What could not be computed says why.
        let why = Expr::col("state").is_not_in(["not_computable", "failed"]).or(Expr::col("reason").is_not_null());
        let evaluations = Table::create()
            .table("evaluations")
            .col(text(schema, "id").primary_key())
            .col(whole("candidate"))
            .col(text(schema, "monitor"))
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(text(schema, "endpoint"))
            .col(text(schema, "team").null())
            .col(state(schema, EVALUATION))
            .col(text(schema, "reason").null())
            .col(text(schema, "asked_by").null())
            .col(text(schema, "run").null())
            .col(text(schema, "content"))
            .col(micros("started_at_us"))
            .col(micros("ended_at_us").null())
            .col(whole("revision"))
            .check(why)
            .take();
        schema.create_table(evaluations).await?;
        let of = Index::create()
            .name("evaluations_of_monitor")
            .table("evaluations")
            .col("monitor")
            .col("started_at_us")
            .take();
        schema.create_index(of).await?;
        let by_run = Index::create().name("evaluations_by_run").table("evaluations").col("run").take();
        schema.create_index(by_run).await?;
        let one_running = Index::create()
            .name("evaluations_one_running")
            .table("evaluations")
            .col("monitor")
            .unique()
            .and_where(Expr::col("state").eq("running"))
            .take();
        schema.create_index(one_running).await
    }

    async fn breaches(&self, schema: &SchemaManager<'_>) -> Result<(), DbErr> {
        let breaches = Table::create()
            .table("breaches")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "monitor"))
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(text(schema, "endpoint"))
            .col(text(schema, "team").null())
            .col(text(schema, "metric"))
            .col(text(schema, "of_column"))
            .col(state(schema, BREACH))
            .col(text(schema, "severity"))
            .col(text(schema, "content"))
            .col(micros("first_seen_at_us"))
            .col(micros("last_seen_at_us"))
            .col(whole("revision"))
            .take();
        schema.create_table(breaches).await?;
        let of =
            Index::create().name("breaches_of_project").table("breaches").col("project").col("first_seen_at_us").take();
        schema.create_index(of).await?;
        let one_open = Index::create()
            .name("breaches_one_open")
            .table("breaches")
            .col("monitor")
            .col("metric")
            .col("of_column")
            .unique()
            .and_where(Expr::col("state").is_in(["open", "acknowledged"]))
            .take();
        schema.create_index(one_open).await
    }
}
