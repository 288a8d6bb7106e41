//! Environments of projects and what their steps run on: the interpreter of this machine, and a Python environment per lock.
//!
//! Invariants: an environment is `available` only with the smoke run that showed it; a Python environment counts as ready only
//! once it is whole and in its place, so a killed build leaves nothing that is used; what is installed is what the lock names, by
//! hash, from wheels. This crate deliberately runs nothing in an environment: `runs` does.
mod environments;
pub mod migrations;
mod python;

pub use environments::{
    Environment, EnvironmentView, Error, InstanceState, NAMES, ReadEnvironment, find, list_of, provision, retry,
    set_available, set_error,
};
pub use python::{
    BuildState, Error as PythonError, Interpreter, Python, PythonEnv, PythonEnvironmentView, ReadPythonEnvironment,
    Settings, interpreter, is_passed, lock_key, python_env,
};

use base::{Clock, Ids};
use db::Db;
use std::path::PathBuf;

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
    /// The folder that Python environments are built in.
    pub folder: PathBuf,
    /// The interpreter and the installer of this machine.
    pub python: Python,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    python::routes(environments::routes(web::Routes::new()))
}

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    python::register(registry, cx);
}

/// Returns the migrations that tests of this context need: with the outbox, the audit log and the jobs.
#[cfg(test)]
pub(crate) fn migrations_for_tests() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    let mut all: Vec<Box<dyn sea_orm_migration::MigrationTrait>> =
        vec![Box::new(db::schema::CreateOutbox), Box::new(jobs::CreateJobs)];
    all.extend(access::migrations::all());
    all.extend(migrations::all());
    all.sort_by(|a, b| a.name().cmp(b.name()));
    all
}
