//! What projects, their code, their runs and their models are made of.
use access::Gate;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The contexts of the build step, in the order in which they use each other.
#[derive(Clone, Debug)]
pub struct Build {
    pub git: git::Context,
    pub environments: environments::Context,
    pub tracking: tracking::Context,
    pub runs: runs::Context,
    pub projects: projects::Context,
}

impl Build {
    /// Opens what they keep in the data folder; steps run on `python`, started by `engine`, with the SDK's `library` if there is one.
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn open(
        gate: &Gate,
        folder: &Path,
        python: environments::Python,
        engine: Arc<dyn runs::engine::Engine>,
        library: Option<PathBuf>,
    ) -> objects::Result<Self> {
        let access = gate.context();
        let access::Context { db, clock, ids, .. } = access.clone();
        let blobs = objects::Blobs::open(folder.join("objects"))?;
        let git = git::Context::open(db.clone(), clock.clone(), ids.clone(), folder.join("git"));
        let environments = environments::Context {
            db: db.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            folder: folder.join("python"),
            python,
        };
        let tracking = tracking::Context {
            db: db.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            blobs: blobs.clone(),
            limits: tracking::Limits::default(),
            last_before: std::sync::Arc::default(),
        };
        let runs = runs::Context::open(runs::Parts {
            access: access.clone(),
            blobs,
            git: git.clone(),
            environments: environments.clone(),
            engine,
            library,
            folder: folder.join("attempts"),
        })?;
        let projects = projects::Context {
            db,
            clock,
            ids,
            access,
            git: git.clone(),
            environments: environments.clone(),
            runs: runs.clone(),
            public_url: None,
        };
        Ok(Self { git, environments, tracking, runs, projects })
    }
}
