use super::in_its_key;
use db::schema::{micros, text, whole};
use sea_orm_migration::prelude::*;

/// The files of runs, logged models and versions.
#[derive(Debug)]
pub struct CreateLoggedArtifacts;

impl MigrationName for CreateLoggedArtifacts {
    fn name(&self) -> &'static str {
        "m20261126_logged_artifacts_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateLoggedArtifacts {
    /// Why: a file is a path of its owner and the digest of an object; equal files are kept once.
    /// Step: expand only, a new table.
    /// Cost: none; sized for 10⁷ files.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let mut files = Table::create()
            .table("logged_artifacts")
            .col(text(schema, "owner"))
            .col(text(schema, "path"))
            .col(text(schema, "digest"))
            .col(whole("size_bytes"))
            .col(micros("stored_at_us"))
            .primary_key(Index::create().col("owner").col("path"))
            .take();
        schema.create_table(in_its_key(schema, &mut files)).await
    }
}
