use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// What came of release runs: candidates, and the versions of models in them.
#[derive(Debug)]
pub(super) struct CreateCandidates;

impl MigrationName for CreateCandidates {
    fn name(&self) -> &'static str {
        "m20261128_candidates_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateCandidates {
    /// Why: what may be released has to be one thing with a digest that never changes, and a run that made none has to say why.
    /// Step: expand only, new tables that the previous release does not know.
    /// Cost: none; we size it for 10⁶ commits, a few kilobytes each.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let outcomes = Table::create()
            .table("release_outcomes")
            .col(text(schema, "project"))
            .col(text(schema, "commit_id"))
            .col(text(schema, "run"))
            .col(state(schema, &["running", "cut", "not_cut", "failed"]))
            .col(text(schema, "subject"))
            .col(text(schema, "reason").null())
            .col(whole("candidate").null())
            .col(text(schema, "checks"))
            .col(micros("ended_at_us"))
            .primary_key(Index::create().col("project").col("commit_id"))
            .take();
        schema.create_table(outcomes).await?;
        let candidates = Table::create()
            .table("candidates")
            .col(text(schema, "project"))
            .col(whole("number"))
            .col(text(schema, "digest"))
            .col(text(schema, "commit_id"))
            .col(text(schema, "subject"))
            .col(text(schema, "run"))
            .col(text(schema, "content"))
            .col(text(schema, "checks"))
            .col(text(schema, "authors"))
            .col(text(schema, "grants"))
            .col(text(schema, "made_by"))
            .col(micros("created_at_us"))
            .primary_key(Index::create().col("project").col("number"))
            .take();
        schema.create_table(candidates).await?;
        let once = Index::create().name("candidates_one_per_run").table("candidates").col("run").unique().take();
        schema.create_index(once).await?;
        let versions = Table::create()
            .table("released_versions")
            .col(text(schema, "project"))
            .col(text(schema, "model"))
            .col(whole("version"))
            .col(state(schema, &["registered", "approved", "suspended", "withdrawn"]))
            .col(text(schema, "reason").null())
            .col(text(schema, "changed_by"))
            .col(micros("changed_at_us"))
            .col(whole("revision"))
            .primary_key(Index::create().col("project").col("model").col("version"))
            .take();
        schema.create_table(versions).await?;
        let addresses = Table::create()
            .table("git_addresses")
            .col(text(schema, "address").primary_key())
            .col(text(schema, "person"))
            .col(text(schema, "mapped_by"))
            .col(micros("mapped_at_us"))
            .take();
        schema.create_table(addresses).await
    }
}
