use db::schema::{counter, micros, text};
use sea_orm_migration::prelude::*;

/// The audit log, its checkpoints, and the lease of its sealer.
#[derive(Debug)]
pub struct CreateAudit;

impl MigrationName for CreateAudit {
    fn name(&self) -> &'static str {
        "m20260903_audit_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateAudit {
    /// Why: what was done or refused is on record, chained and signed.
    /// Step: expand only, new tables.
    /// Cost: none; it grows by a row an action and is sized for 10⁸.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let mut entries = Table::create();
        entries.table("audit_entries").col(counter(schema, "id")).col(micros("at_us"));
        for column in ["actor", "action", "resource", "outcome", "policies"] {
            entries.col(text(schema, column));
        }
        let optional = ["on_behalf_of", "grant_id", "purpose_id", "reason", "before", "after", "request_id", "origin"];
        for column in optional.into_iter().chain(["prev_hash", "hash"]) {
            entries.col(text(schema, column).null());
        }
        entries.col(ColumnDef::new("seq").big_integer());
        schema.create_table(entries).await?;
        let one_place = Index::create()
            .name("audit_entries_one_place")
            .table("audit_entries")
            .col("seq")
            .unique()
            .and_where(Expr::col("seq").is_not_null())
            .take();
        schema.create_index(one_place).await?;
        let unsealed = Index::create()
            .name("audit_entries_unsealed")
            .table("audit_entries")
            .col("id")
            .and_where(Expr::col("seq").is_null())
            .take();
        schema.create_index(unsealed).await?;
        for column in ["actor", "resource"] {
            let name = format!("audit_entries_by_{column}");
            schema.create_index(Index::create().name(name).table("audit_entries").col(column).col("id").take()).await?;
        }
        let checkpoints = Table::create()
            .table("audit_checkpoints")
            .col(ColumnDef::new("seq").big_integer().not_null().primary_key())
            .col(text(schema, "hash"))
            .col(micros("at_us"))
            .col(text(schema, "key_name"))
            .col(text(schema, "signature"))
            .take();
        schema.create_table(checkpoints).await?;
        let lease = Table::create()
            .table("audit_lease")
            .col(ColumnDef::new("id").big_integer().not_null().primary_key())
            .col(text(schema, "holder"))
            .col(micros("until_us"))
            .take();
        schema.create_table(lease).await?;
        let mut insert = Query::insert();
        let columns = ["id", "holder", "until_us"];
        insert.into_table("audit_lease").columns(columns).values_panic([1.into(), "".into(), 0.into()]);
        schema.exec_stmt(insert).await
    }
}
