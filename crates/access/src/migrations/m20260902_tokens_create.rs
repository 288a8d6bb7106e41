use db::schema::{micros, text, whole};
use sea_orm_migration::prelude::*;

/// Tokens, and the revision that makes every server forget those that ended.
#[derive(Debug)]
pub struct CreateTokens;

impl MigrationName for CreateTokens {
    fn name(&self) -> &'static str {
        "m20260902_tokens_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateTokens {
    /// Why: programs act for people, attempts for environments.
    /// Step: expand only, new tables.
    /// Cost: none; sized for 10⁶ rows.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let tokens = Table::create()
            .table("tokens")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "secret_hash").unique_key())
            .col(text(schema, "kind").check(Expr::col("kind").is_in(["personal", "attempt"])))
            .col(text(schema, "name"))
            .col(ColumnDef::new("person_id").text())
            .col(ColumnDef::new("environment").text())
            .col(ColumnDef::new("attempt").text())
            .col(ColumnDef::new("verbs").text())
            .col(text(schema, "created_by"))
            .col(micros("created_at_us"))
            .col(micros("expires_at_us"))
            .col(ColumnDef::new("ended_by").text())
            .col(ColumnDef::new("ended_at_us").big_integer())
            .take();
        schema.create_table(tokens).await?;
        for column in ["person_id", "attempt"] {
            let index = Index::create().name(format!("tokens_by_{column}")).table("tokens").col(column).take();
            schema.create_index(index).await?;
        }
        let revision = Table::create()
            .table("access_revision")
            .col(ColumnDef::new("id").big_integer().not_null().primary_key())
            .col(whole("revision"))
            .take();
        schema.create_table(revision).await?;
        let mut insert = Query::insert();
        insert.into_table("access_revision").columns(["id", "revision"]).values_panic([1.into(), 0.into()]);
        schema.exec_stmt(insert).await
    }
}
