use db::schema::{flag, micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Pushes.
#[derive(Debug)]
pub(super) struct CreatePushes;

impl MigrationName for CreatePushes {
    fn name(&self) -> &'static str {
        "m20261126_pushes_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreatePushes {
    /// Why: who moved which branch is recorded before git moves it, since the two have no common commit.
    /// Step: expand only, a new table.
    /// Cost: none; we size it for 10⁶ rows.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("pushes")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "project"))
            .col(text(schema, "reference"))
            .col(text(schema, "old").null())
            .col(text(schema, "new").null())
            .col(text(schema, "pusher").null()) // nobody knows who made an unexplained move
            .col(state(schema, &["recorded", "applied", "dropped", "unexplained"]))
            .col(flag("rewritten"))
            .col(micros("recorded_at_us"))
            .col(micros("settled_at_us").null())
            .col(whole("revision"))
            .take();
        schema.create_table(table).await?;
        let by_time =
            Index::create().name("pushes_by_time").table("pushes").col("project").col("recorded_at_us").take();
        schema.create_index(by_time).await?;
        let open = Index::create()
            .name("pushes_open")
            .table("pushes")
            .col("project")
            .and_where(Expr::col("state").is_in(["recorded", "dropped"]))
            .take();
        schema.create_index(open).await
    }
}
