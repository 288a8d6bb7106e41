//! What leads from a candidate to an endpoint that serves, and what watches that.
use crate::Build;
use access::Gate;
use std::path::Path;

/// The contexts of the release step.
#[derive(Clone, Debug)]
pub struct Release {
    pub serving: serving::Context,
    pub monitoring: monitoring::Context,
    pub delivery: delivery::Context,
}

impl Release {
    /// Opens what they keep in the data folder; manifests of the serving process are signed with the key of this seed.
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn open(gate: &Gate, build: &Build, folder: &Path, serving_key: [u8; 32]) -> objects::Result<Self> {
        let access::Context { db, clock, ids, .. } = gate.context();
        let blobs = objects::Blobs::open(folder.join("objects"))?;
        let (folder, key) = (folder.join("serving"), serving::key(serving_key));
        let serving = serving::Context {
            db: db.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            blobs,
            folder,
            key,
            live: serving::Live::default(),
            runs: build.runs.clone(),
        };
        let monitoring =
            monitoring::Context { db: db.clone(), clock: clock.clone(), ids: ids.clone(), runs: build.runs.clone() };
        let delivery = delivery::Context {
            db,
            clock,
            ids,
            git: build.git.clone(),
            runs: build.runs.clone(),
            tracking: build.tracking.clone(),
            serving: serving.clone(),
            monitoring: monitoring.clone(),
        };
        Ok(Self { serving, monitoring, delivery })
    }
}
