//! This context's migrations; `api` merges them with the others' by name.

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![]
}
