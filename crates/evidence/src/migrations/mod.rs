//! This context's migrations; `api` merges them with the others' by name.
mod m20261130_baselines_create;

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![Box::new(m20261130_baselines_create::CreateBaselines)]
}
