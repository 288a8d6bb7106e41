//! This context's migrations; `api` merges them with the others' by name.
mod m20261126_attempts_create;
mod m20261126_runs_create;
mod m20261127_attempts_memory;

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![
        Box::new(m20261126_runs_create::CreateRuns),
        Box::new(m20261126_attempts_create::CreateAttempts),
        Box::new(m20261127_attempts_memory::AddMemory),
    ]
}
