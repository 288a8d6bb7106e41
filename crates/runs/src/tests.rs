//! What the tests of this crate begin with.
use crate::attempts::{Attempt, AttemptState};
use crate::runs::{Reason, Run, RunState};
use crate::steps::{Outputs, Step, StepState};
use base::Timestamp;
use sea_orm_migration::MigrationTrait;

/// Returns the migrations of this crate and of those whose tables it uses.
pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut all: Vec<Box<dyn MigrationTrait>> = vec![Box::new(db::schema::CreateOutbox), Box::new(jobs::CreateJobs)];
    all.extend(access::migrations::all());
    all.extend(catalog::migrations::all());
    all.extend(environments::migrations::all());
    all.extend(crate::migrations::all());
    all.sort_by(|a, b| a.name().cmp(b.name()));
    all
}

pub(crate) fn run(state: RunState) -> Run {
    Run {
        id: "r-1".into(),
        project: "credit-risk".into(),
        environment: "credit-risk/dev".into(),
        pipeline: "train".into(),
        parameters: Default::default(),
        code: None,
        started_by: "ana".into(),
        why: Reason::Asked,
        state,
        reason: None,
        cancelled_by: None,
        steps: 2,
        open_steps: 0,
        failed_steps: 0,
        created_at: Timestamp(0),
        started_at: None,
        cancelled_at: None,
        ended_at: None,
        revision: 1,
    }
}

pub(crate) fn step(name: &str, state: StepState) -> Step {
    Step {
        run: "r-1".into(),
        name: name.into(),
        position: 0,
        state,
        waiting_for: 1,
        tries: 0,
        kind: None,
        why: None,
        cached_from: None,
        key: None,
        governed: vec![],
        outputs: Outputs::new(),
        run_at: Timestamp(0),
        started_at: None,
        ended_at: None,
        revision: 1,
    }
}

pub(crate) fn attempt(id: &str, state: AttemptState) -> Attempt {
    Attempt {
        id: id.into(),
        run: "r-1".into(),
        step: "fit".into(),
        environment: "credit-risk/dev".into(),
        number: 1,
        state,
        failure: None,
        fence: 1,
        engine: "local".into(),
        engine_ref: None,
        runner: None,
        cpus: 1,
        exit_code: None,
        detail: None,
        outputs: Outputs::new(),
        usage: None,
        created_at: Timestamp(0),
        claimed_at: None,
        seen_at: Timestamp(0),
        ended_at: None,
        revision: 1,
    }
}
