use db::schema::{counter, micros, state, text, whole};
use sea_orm_migration::prelude::*;

/// The built-in groups: id, title, role.
const BUILT_IN: [(&str, &str, &str); 8] = [
    ("platform-admins", "Platform administrators", "platform_administrator"),
    ("data-stewards", "Data stewards", "data_steward"),
    ("data-protection", "Data protection", "data_protection"),
    ("model-developers", "Model developers", "model_developer"),
    ("model-owners", "Model owners", "model_owner"),
    ("model-validators", "Model validators", "model_validator"),
    ("change-managers", "Change managers", "change_manager"),
    ("auditors", "Auditors", "auditor"),
];

/// People, groups, memberships.
#[derive(Debug)]
pub struct CreatePeople;

impl MigrationName for CreatePeople {
    fn name(&self) -> &'static str {
        "m20260902_people_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreatePeople {
    /// Why: who may come in, and the built-in groups that give their role for the whole deployment.
    /// Step: expand only, new tables.
    /// Cost: none; sized for 10⁵ people.
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let people = Table::create()
            .table("people")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "display_name"))
            .col(state(schema, &["active", "deactivated"]))
            .col(text(schema, "created_by"))
            .col(micros("created_at_us"))
            .col(ColumnDef::new("password_hash").text())
            .col(whole("revision"))
            .take();
        schema.create_table(people).await?;
        let groups = Table::create()
            .table("groups")
            .col(text(schema, "id").primary_key())
            .col(text(schema, "title"))
            .col(ColumnDef::new("role").text())
            .take();
        schema.create_table(groups).await?;
        let memberships = Table::create()
            .table("memberships")
            .col(counter(schema, "id"))
            .col(text(schema, "group_id"))
            .col(text(schema, "person_id"))
            .col(text(schema, "given_by"))
            .col(micros("given_at_us"))
            .col(ColumnDef::new("ended_by").text())
            .col(ColumnDef::new("ended_at_us").big_integer())
            .take();
        schema.create_table(memberships).await?;
        let one_current = Index::create()
            .name("memberships_one_current")
            .table("memberships")
            .col("person_id")
            .col("group_id")
            .unique()
            .and_where(Expr::col("ended_at_us").is_null())
            .take();
        schema.create_index(one_current).await?;
        let mut insert = Query::insert();
        insert.into_table("groups").columns(["id", "title", "role"]);
        for (id, title, role) in BUILT_IN {
            insert.values_panic([id.into(), title.into(), role.into()]);
        }
        schema.exec_stmt(insert).await
    }
}
