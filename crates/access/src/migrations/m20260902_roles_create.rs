use db::schema::{micros, text};
use sea_orm_migration::prelude::*;

/// Role assignments.
#[derive(Debug)]
pub struct CreateRoles;

impl MigrationName for CreateRoles {
    fn name(&self) -> &'static str {
        "m20260902_roles_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateRoles {
    /// Why: a role is held for a place, given by someone at some time.
    /// Step: expand only, new tables.
    /// Cost: none; sized for 10⁶ rows.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let assignments = Table::create()
            .table("role_assignments")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "holder"))
            .col(text(schema, "role"))
            .col(text(schema, "place"))
            .col(text(schema, "given_by"))
            .col(micros("given_at_us"))
            .col(ColumnDef::new("ended_by").text())
            .col(ColumnDef::new("ended_at_us").big_integer())
            .take();
        schema.create_table(assignments).await?;
        let one_current = Index::create()
            .name("role_assignments_one_current")
            .table("role_assignments")
            .col("holder")
            .col("role")
            .col("place")
            .unique()
            .and_where(Expr::col("ended_at_us").is_null())
            .take();
        schema.create_index(one_current).await?;
        let by_role = Index::create().name("role_assignments_by_role").table("role_assignments").col("role").take();
        schema.create_index(by_role).await
    }
}
