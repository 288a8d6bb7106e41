//! This context's migrations; `api` merges them with the others' by name.
mod m20261126_experiments_create;
mod m20261126_logged_artifacts_create;
mod m20261126_logged_models_create;
mod m20261126_registered_models_create;

use sea_orm::DbBackend;
use sea_orm_migration::prelude::{ColumnDef, SchemaManager, TableCreateStatement};

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![
        Box::new(m20261126_experiments_create::CreateExperiments),
        Box::new(m20261126_logged_models_create::CreateLoggedModels),
        Box::new(m20261126_logged_artifacts_create::CreateLoggedArtifacts),
        Box::new(m20261126_registered_models_create::CreateRegisteredModels),
    ]
}

/// Keeps a table's rows in its primary key, where the engine would keep them beside it: one search a row instead of two.
fn in_its_key(schema: &SchemaManager, table: &mut TableCreateStatement) -> TableCreateStatement {
    if schema.get_database_backend() == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table.take()
}

fn real(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).double().not_null().take()
}
