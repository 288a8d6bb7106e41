//! This context's migrations; `api` merges them with the others' by name.
mod m20261126_pushes_create;
mod m20261126_repositories_create;
mod m20261126_tips_create;

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![
        Box::new(m20261126_pushes_create::CreatePushes),
        Box::new(m20261126_repositories_create::CreateRepositories),
        Box::new(m20261126_tips_create::CreateTips),
    ]
}
