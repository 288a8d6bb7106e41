//! This context's migrations; `api` merges them with the others' by name.
mod m20260902_people_create;
mod m20260902_roles_create;
mod m20260902_sessions_create;
mod m20260902_tokens_create;
mod m20260903_audit_create;
mod m20260903_idempotency_create;
mod m20261126_people_link_maker;
mod m20261126_sign_in_sources;
mod m20261127_tokens_reads;

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![
        Box::new(m20260902_people_create::CreatePeople),
        Box::new(m20260902_roles_create::CreateRoles),
        Box::new(m20260902_sessions_create::CreateSessions),
        Box::new(m20260902_tokens_create::CreateTokens),
        Box::new(m20260903_audit_create::CreateAudit),
        Box::new(m20260903_idempotency_create::CreateIdempotency),
        Box::new(m20261126_people_link_maker::AddLinkMaker),
        Box::new(m20261126_sign_in_sources::AddSignInSources),
        Box::new(m20261127_tokens_reads::AddTokenReads),
    ]
}
