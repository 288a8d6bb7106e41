//! Projects made from templates: repository, three environments, owner and intended use.
//!
//! Invariants: a project is `available` only once its repository and all its environments are; what a template gets in place of its
//! placeholders was checked, and is written so that it stays text; setting up goes on where a killed server left it, and does
//! nothing twice. This crate deliberately keeps no code and runs none: `git` and `runs` do.
pub mod migrations;
mod projects;
mod templates;

pub use projects::{CreateProject, Error, NewProject, Project, ProjectView, ReadProject, RetryProject, find, visible};
pub use templates::{ReadTemplate, TemplateView};

use base::{Clock, Ids};
use db::Db;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// What this crate uses from outside.
#[derive(Clone, Debug)]
pub struct Context {
    /// The metadata database.
    pub db: Db,
    /// The process's clock.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// Who is who; roles are given through it.
    pub access: access::Context,
    /// The projects' repositories.
    pub git: git::Context,
    /// Their environments.
    pub environments: environments::Context,
    /// What runs in them.
    pub runs: runs::Context,
    /// The address that people reach the server at; without one it is the one that they asked.
    pub public_url: Option<String>,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    templates::routes(projects::routes(web::Routes::new()))
}

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    projects::register(registry, cx);
}
