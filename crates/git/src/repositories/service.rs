use super::{Commit, NewFile, Signature};
use crate::{Context, Error, Result};
use base::{PersonId, ProjectId};
use std::path::Path;

/// Makes the repository of `project` with these files as first commit of `main`, or finds it made.
pub async fn create(
    _cx: &Context,
    project: &ProjectId,
    _files: &[NewFile],
    _author: &Signature,
    _message: &str,
) -> Result<Commit> {
    Err(Error::NotFound(project.clone()))
}

/// Returns the commit that a branch, a tag or a commit id names.
pub async fn resolve(_cx: &Context, project: &ProjectId, _rev: &str) -> Result<Commit> {
    Err(Error::NotFound(project.clone()))
}

/// Returns a file of a commit, of up to `limit` bytes; `None` if it is not there.
pub async fn read_file(
    _cx: &Context,
    project: &ProjectId,
    _commit: &str,
    _path: &str,
    _limit: usize,
) -> Result<Option<Vec<u8>>> {
    Err(Error::NotFound(project.clone()))
}

/// Lays a tree out in the empty folder `into`.
pub async fn export(_cx: &Context, project: &ProjectId, _tree: &str, _into: &Path) -> Result<()> {
    Err(Error::NotFound(project.clone()))
}

/// Moves `branch` from `from` forward to `to`, as a merge by `by`.
pub async fn fast_forward(
    _cx: &Context,
    project: &ProjectId,
    _branch: &str,
    _from: &str,
    _to: &str,
    _by: &PersonId,
) -> Result<()> {
    Err(Error::NotFound(project.clone()))
}
