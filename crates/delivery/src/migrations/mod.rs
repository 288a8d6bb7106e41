//! This context's migrations; `api` merges them with the others' by name.
mod m20261126_checks_create;
mod m20261126_merges_create;
mod m20261126_release_runs_create;
mod m20261128_candidates_create;
mod m20261128_promotions_create;
mod m20261129_promotions_answered;
mod m20261130_holds_breach;

/// Returns them all.
pub fn all() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    vec![
        Box::new(m20261126_checks_create::CreateChecks),
        Box::new(m20261126_merges_create::CreateMerges),
        Box::new(m20261126_release_runs_create::CreateReleaseRuns),
        Box::new(m20261128_candidates_create::CreateCandidates),
        Box::new(m20261128_promotions_create::CreatePromotions),
        Box::new(m20261129_promotions_answered::AddAnsweredBefore),
        Box::new(m20261130_holds_breach::AddBreach),
    ]
}
