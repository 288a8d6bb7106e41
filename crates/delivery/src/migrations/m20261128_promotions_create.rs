use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Gate policies, promotions, their approvals, and holds.
#[derive(Debug)]
pub(super) struct CreatePromotions;

impl MigrationName for CreatePromotions {
    fn name(&self) -> &'static str {
        "m20261128_promotions_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreatePromotions {
    /// Why: what enters an environment does so through gates, once at a time. The indexes hold what must be true across rows: of an
    /// endpoint one promotion moves and one is live; a candidate has one open promotion of a kind into an environment; a decider decides once
    /// under a policy; one version of a policy is in force.
    /// Step: expand only, new tables that the previous release does not know.
    /// Cost: none; we size it for 10⁶ promotions.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let policies = Table::create()
            .table("gate_policies")
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(whole("version"))
            .col(state(schema, &["draft", "in_force", "replaced"]))
            .col(text(schema, "terms"))
            .col(text(schema, "made_by"))
            .col(micros("made_at_us"))
            .primary_key(Index::create().col("project").col("environment").col("version"))
            .take();
        schema.create_table(policies).await?;
        let in_force = Index::create()
            .name("gate_policies_one_in_force")
            .table("gate_policies")
            .col("project")
            .col("environment")
            .unique()
            .and_where(Expr::col("state").eq("in_force"))
            .take();
        schema.create_index(in_force).await?;
        promotions(schema).await?;
        decisions(schema).await?;
        let holds = Table::create()
            .table("holds")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "project"))
            .col(text(schema, "environment"))
            .col(text(schema, "team").null())
            .col(state(schema, &["placed", "lifted"]))
            .col(text(schema, "reason"))
            .col(text(schema, "placed_by"))
            .col(micros("placed_at_us"))
            .col(text(schema, "lifted_reason").null())
            .col(text(schema, "lifted_by").null())
            .col(micros("lifted_at_us").null())
            .col(whole("revision"))
            .take();
        schema.create_table(holds).await?;
        let by_project =
            Index::create().name("holds_newest").table("holds").col("project").col("placed_at_us").col("id").take();
        schema.create_index(by_project).await
    }
}

async fn promotions(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let words = [
        "offered",
        "checking",
        "awaiting_approval",
        "deploying",
        "verifying",
        "live",
        "superseded",
        "rejected",
        "failed",
        "abandoned",
        "rolled_back",
    ];
    let table = Table::create()
        .table("promotions")
        .col(text(schema, "id").primary_key())
        .col(text(schema, "project"))
        .col(text(schema, "environment"))
        .col(text(schema, "team").null())
        .col(text(schema, "endpoint"))
        .col(whole("candidate"))
        .col(text(schema, "digest"))
        .col(text(schema, "kind"))
        .col(state(schema, &words))
        .col(text(schema, "reason").null())
        .col(whole("policy"))
        .col(text(schema, "asked_by"))
        .col(micros("asked_at_us").null())
        .col(text(schema, "authors").null())
        .col(text(schema, "rollout").null())
        .col(text(schema, "run").null())
        .col(micros("bakes_until_us").null())
        .col(micros("due_at_us").null())
        .col(micros("created_at_us"))
        .col(micros("changed_at_us"))
        .col(micros("live_at_us").null())
        .col(micros("ended_at_us").null())
        .col(whole("revision"))
        .take();
    schema.create_table(table).await?;
    let newest = Index::create()
        .name("promotions_newest")
        .table("promotions")
        .col("project")
        .col("created_at_us")
        .col("id")
        .take();
    schema.create_index(newest).await?;
    let moving = ["deploying", "verifying"];
    let open = ["offered", "checking", "awaiting_approval", "deploying", "verifying"];
    let one = |name: &str| Index::create().name(name).table("promotions").unique().take();
    let index = one("promotions_one_moving").col("endpoint").and_where(Expr::col("state").is_in(moving)).take();
    schema.create_index(index).await?;
    let index = one("promotions_one_live").col("endpoint").and_where(Expr::col("state").eq("live")).take();
    schema.create_index(index).await?;
    let index = one("promotions_one_open")
        .col("project")
        .col("environment")
        .col("candidate")
        .col("kind")
        .and_where(Expr::col("state").is_in(open))
        .take();
    schema.create_index(index).await?;
    for column in ["run", "rollout"] {
        let name = format!("promotions_{column}");
        schema.create_index(Index::create().name(name).table("promotions").col(column).take()).await?;
    }
    let unended = Index::create()
        .name("promotions_open")
        .table("promotions")
        .col("state")
        .and_where(Expr::col("state").is_in(open))
        .take();
    schema.create_index(unended).await
}

async fn decisions(schema: &SchemaManager<'_>) -> Result<(), DbErr> {
    let decisions = Table::create()
        .table("promotion_decisions")
        .col(text(schema, "promotion"))
        .col(text(schema, "decided_by"))
        .col(whole("policy"))
        .col(text(schema, "digest"))
        .col(text(schema, "decision"))
        .col(text(schema, "comment").null())
        .col(micros("decided_at_us"))
        .primary_key(Index::create().col("promotion").col("decided_by").col("policy"))
        .take();
    schema.create_table(decisions).await
}
