use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Merges to `main`.
#[derive(Debug)]
pub(super) struct CreateMerges;

impl MigrationName for CreateMerges {
    fn name(&self) -> &'static str {
        "m20261126_merges_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateMerges {
    /// Why: who merged what counts for four eyes, and a merge that a kill cut off has to go on. The index lets a commit be merged
    /// once, whoever asks how often.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: none; we size it for 10⁶ merges.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let merges = Table::create()
            .table("merges")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "project"))
            .col(text(schema, "branch"))
            .col(text(schema, "from_commit"))
            .col(text(schema, "commit_id"))
            .col(text(schema, "merged_by"))
            .col(state(schema, &["asked", "merged", "refused"]))
            .col(text(schema, "reason").null())
            .col(micros("asked_at_us"))
            .col(micros("ended_at_us").null())
            .col(whole("revision"))
            .take();
        schema.create_table(merges).await?;
        let newest =
            Index::create().name("merges_newest").table("merges").col("project").col("asked_at_us").col("id").take();
        schema.create_index(newest).await?;
        let once = Index::create()
            .name("merges_one_per_commit")
            .table("merges")
            .col("project")
            .col("commit_id")
            .unique()
            .and_where(Expr::col("state").is_in(["asked", "merged"]))
            .take();
        schema.create_index(once).await
    }
}
