//! The run that sees whether what an endpoint serves works: the repository's own tests call it, as the environment that it is in.
use super::error::{Error, Result};
use crate::Context;
use base::{EnvironmentId, PersonId, ProjectId};
use runs::pipelines::Parameters;
use runs::{Code, NewRun, Pipeline, Reason};
use serde_json::{Value, json};

/// Runs the tests of one folder in the repository's own environment.
const TESTS: &str = include_str!("../../../../python/lockgate/src/lockgate/checks/pytest_verify.py");
/// The steps, and the folder of each.
const STEPS: [(&str, &str); 2] = [("integration", "tests/integration"), ("e2e", "tests/e2e")];
/// How long the tests of one folder may take, in seconds.
const SECONDS: u64 = 900;

/// Returns the pipeline: integration tests, then end-to-end tests. What they find depends on what is served now, so nothing of it is
/// ever taken from the cache.
pub(super) fn pipeline(endpoint: &str) -> Result<Pipeline> {
    let mut after: Vec<&str> = Vec::new();
    let mut steps: Vec<Value> = Vec::new();
    for (name, folder) in STEPS {
        steps.push(json!({
            "name": name, "run": { "command": ["python", "-c", TESTS, folder] }, "after": after, "cache": false,
            "timeout_s": SECONDS, "memory_mib": 2_048, "env": { "LOCKGATE_ENDPOINT": endpoint },
        }));
        after = vec![name];
    }
    let pipeline = json!({ "version": 1, "name": "verify", "steps": steps });
    Ok(Pipeline::of_the_platform(&pipeline).map_err(runs::Error::from)?)
}

/// Returns the run that verifies `endpoint`, such as `preprod.credit-risk`, by the tests at `commit`, as `environment` and in the name
/// of `by`. Start it with [`runs::start`]; it succeeds if every test passes, and there are some. Asks git, so call it outside of a
/// transaction.
///
/// # Errors
/// [`Error::NoTests`] if one of the two folders is not there: what nothing calls is not verified.
pub async fn verify_run(
    cx: &Context,
    environment: &EnvironmentId,
    commit: &str,
    endpoint: &str,
    by: &PersonId,
) -> Result<NewRun> {
    let project = environment.as_str().split_once('/').map_or(environment.as_str(), |(project, _)| project);
    let project = ProjectId::from(project);
    let found = git::resolve(&cx.git, &project, commit).await?;
    for (_, folder) in STEPS {
        if !git::has_folder(&cx.git, &project, &found.id, folder).await? {
            return Err(Error::NoTests { folder, commit: crate::short(&found.id) });
        }
    }
    let code = Some(Code { revision: found.id.clone(), commit: found.id, tree: found.tree });
    let (environment, parameters) = (environment.clone(), Parameters::new());
    Ok(NewRun { environment, code, pipeline: pipeline(endpoint)?, parameters, by: by.clone(), why: Reason::Verify })
}
