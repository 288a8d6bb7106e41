use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Endpoints, and what was rolled out to them.
#[derive(Debug)]
pub struct CreateEndpoints;

impl MigrationName for CreateEndpoints {
    fn name(&self) -> &'static str {
        "m20261126_endpoints_create"
    }
}

const STATES: &[&str] = &["created", "loading", "ready", "serving", "draining", "retired", "failed"];

#[async_trait::async_trait]
impl MigrationTrait for CreateEndpoints {
    /// Why: released models are served by endpoints, whose id is `<environment>.<name>`, so it is unique in the deployment. What was
    /// asked for, what serves and how the last rollout ended are three facts. Of the rollouts of an endpoint one moves, and one serves.
    /// Step: expand only, new tables that the previous release does not know.
    /// Cost: none; a row per release.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let endpoints = Table::create()
            .table("endpoints")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "name"))
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(text(schema, "team").null())
            .col(text(schema, "requested").null())
            .col(text(schema, "serving").null())
            .col(text(schema, "last_rollout").null())
            .col(text(schema, "last_outcome").null())
            .col(text(schema, "last_reason").null())
            .col(micros("last_at_us").null())
            .col(text(schema, "stopped_reason").null())
            .col(text(schema, "stopped_by").null())
            .col(micros("stopped_at_us").null())
            .col(micros("created_at_us"))
            .col(micros("changed_at_us"))
            .col(whole("revision"))
            .take();
        schema.create_table(endpoints).await?;
        // What failed says why.
        let why = Expr::col("state").ne("failed").or(Expr::col("reason").is_not_null());
        let rollouts = Table::create()
            .table("rollouts")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "endpoint"))
            .col(text(schema, "candidate"))
            .col(text(schema, "model"))
            .col(whole("version"))
            .col(text(schema, "onnx"))
            .col(text(schema, "signature"))
            .col(state(schema, STATES))
            .col(text(schema, "reason").null())
            .col(text(schema, "back_to").null())
            .col(text(schema, "started_by"))
            .col(micros("created_at_us"))
            .col(micros("changed_at_us"))
            .col(micros("served_at_us").null())
            .col(whole("revision"))
            .check(why)
            .take();
        schema.create_table(rollouts).await?;
        let of_endpoint =
            Index::create().name("rollouts_of_endpoint").table("rollouts").col("endpoint").col("created_at_us").take();
        schema.create_index(of_endpoint).await?;
        let one = |name: &str, states: &[&str]| {
            Index::create()
                .name(name)
                .table("rollouts")
                .col("endpoint")
                .unique()
                .and_where(Expr::col("state").is_in(states.iter().copied()))
                .take()
        };
        schema.create_index(one("rollouts_one_moving", &["created", "loading", "ready"])).await?;
        schema.create_index(one("rollouts_one_serving", &["serving"])).await
    }
}
