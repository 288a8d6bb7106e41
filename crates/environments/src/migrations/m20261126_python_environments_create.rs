use db::schema::{micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// Python environments, one for each lock.
#[derive(Debug)]
pub struct CreatePythonEnvironments;

impl MigrationName for CreatePythonEnvironments {
    fn name(&self) -> &'static str {
        "m20261126_python_environments_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreatePythonEnvironments {
    /// Why: steps run on what their lock names; each is built once, and everyone who asks meanwhile waits for that build.
    /// Step: expand only, a new table that the previous release does not know.
    /// Cost: a lock and the end of a log each, up to 100 kB; a row for each change of a project's lock.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let environments = Table::create()
            .table("python_environments")
            .col(text(schema, "key").primary_key())
            .col(state(schema, &["building", "ready", "failed"]))
            .col(text(schema, "lock"))
            .col(text(schema, "interpreter"))
            .col(text(schema, "platform"))
            .col(text(schema, "reason").null())
            .col(text(schema, "packages"))
            .col(whole("size_bytes"))
            .col(text(schema, "log"))
            .col(micros("asked_at_us"))
            .col(ColumnDef::new("ended_at_us").big_integer())
            .col(whole("revision"))
            .take();
        schema.create_table(environments).await
    }
}
