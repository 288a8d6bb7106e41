//! This context's migrations; `api` merges them with the others' by name.
mod m20261126_endpoints_create;
mod m20261201_captures_create;
mod m20261202_batches_create;

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![
        Box::new(m20261126_endpoints_create::CreateEndpoints),
        Box::new(m20261201_captures_create::CreateCaptures),
        Box::new(m20261202_batches_create::CreateBatches),
    ]
}
