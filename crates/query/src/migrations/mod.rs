//! The tables of this context.
mod m20261125_queries_create;
mod m20261203_first_reads_create;

use sea_orm_migration::MigrationTrait;

/// Returns this context's migrations, oldest first.
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m20261125_queries_create::CreateQueries), Box::new(m20261203_first_reads_create::CreateFirstReads)]
}
