use super::{Attempt, AttemptState};
use crate::engine::EngineRef;
use base::{AttemptId, EnvironmentId, ProjectId, RunId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::{QueryResult, Value};

const COLUMNS: &str = "id, run, step, environment, number, state, failure, fence, engine, engine_ref, runner, cpus, exit_code, \
     detail, outputs, usage, created_at_us, claimed_at_us, seen_at_us, ended_at_us, revision";
const OPEN: &str = "state IN ('planned', 'submitted', 'claimed', 'running')";

/// What the open attempts on an engine take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InUse {
    pub(crate) cpus: i64,
    pub(crate) memory_mib: i64,
}

/// The table `attempts`.
pub(crate) trait AttemptStore {
    async fn find_attempt(&self, id: &AttemptId) -> Result<Option<Attempt>>;
    /// Like `find_attempt`, and nobody else locks the row until this transaction ends.
    async fn lock_attempt(&self, id: &AttemptId) -> Result<Option<Attempt>>;
    /// [`db::Error::Taken`] if the step has an open attempt. `memory_mib` is what it takes beside its CPUs.
    async fn insert_attempt(&self, attempt: &Attempt, memory_mib: i64) -> Result<()>;
    /// [`db::Error::Taken`] if the step has another attempt that succeeded.
    async fn save_attempt(&self, attempt: Attempt) -> Result<Attempt>;
    /// Says that a runner is there, if it has the attempt with this fence, and returns whether that is so.
    async fn touch_attempt(&self, id: &AttemptId, fence: i64, now: Timestamp) -> Result<bool>;
    /// Returns the attempts of a run, oldest first of each step.
    async fn list_attempts(&self, run: &RunId) -> Result<Vec<Attempt>>;
    /// Returns when up to `most` attempts of a project were planned and taken by a runner, the newest first.
    async fn list_starts(&self, project: &ProjectId, most: u64) -> Result<Vec<(Timestamp, Timestamp)>>;
    async fn list_attempts_of(&self, run: &RunId, step: &str) -> Result<Vec<Attempt>>;
    async fn list_open_attempts(&self, run: &RunId) -> Result<Vec<Attempt>>;
    /// Says that the scheduler goes on with an attempt that no engine has yet.
    async fn touch_planned(&self, id: &AttemptId, now: Timestamp) -> Result<()>;
    /// Returns whether an attempt of a run waits for its engine to take it.
    async fn has_planned(&self, run: &RunId) -> Result<bool>;
    /// Returns what the open attempts on an engine take.
    async fn in_use(&self, engine: &str) -> Result<InUse>;
}

fn attempt_of(row: &QueryResult) -> Result<Attempt> {
    let time = |column: &str| Ok::<_, db::Error>(get::<Option<i64>>(row, column)?.map(Timestamp));
    let json = |column: &str| get::<Option<String>>(row, column);
    let failure = get::<Option<String>>(row, "failure")?.map(|word| word.parse()).transpose().map_err(unknown)?;
    let exit_code = get::<Option<i64>>(row, "exit_code")?.map(i32::try_from).transpose().map_err(unknown)?;
    Ok(Attempt {
        id: AttemptId(get(row, "id")?),
        run: RunId(get(row, "run")?),
        step: get(row, "step")?,
        environment: EnvironmentId(get(row, "environment")?),
        number: get(row, "number")?,
        state: word::<AttemptState>(row, "state")?,
        failure,
        fence: get(row, "fence")?,
        engine: get(row, "engine")?,
        engine_ref: json("engine_ref")?.map(EngineRef),
        runner: json("runner")?.map(|text| serde_json::from_str(&text)).transpose().map_err(unknown)?,
        cpus: get(row, "cpus")?,
        exit_code,
        detail: get(row, "detail")?,
        outputs: serde_json::from_str(&get::<String>(row, "outputs")?).map_err(unknown)?,
        usage: json("usage")?.map(|text| serde_json::from_str(&text)).transpose().map_err(unknown)?,
        created_at: Timestamp(get(row, "created_at_us")?),
        claimed_at: time("claimed_at_us")?,
        seen_at: Timestamp(get(row, "seen_at_us")?),
        ended_at: time("ended_at_us")?,
        revision: get(row, "revision")?,
    })
}

fn values_of(attempt: &Attempt) -> Result<Vec<Value>> {
    let json = |value: Option<serde_json::Result<String>>| value.transpose().map_err(unknown);
    Ok(vec![
        attempt.id.as_str().into(),
        attempt.run.as_str().into(),
        attempt.step.as_str().into(),
        attempt.environment.as_str().into(),
        attempt.number.into(),
        attempt.state.as_str().into(),
        attempt.failure.map(super::FailureKind::as_str).into(),
        attempt.fence.into(),
        attempt.engine.as_str().into(),
        attempt.engine_ref.as_ref().map(|found| found.0.clone()).into(),
        json(attempt.runner.as_ref().map(serde_json::to_string))?.into(),
        attempt.cpus.into(),
        attempt.exit_code.map(i64::from).into(),
        attempt.detail.clone().into(),
        serde_json::to_string(&attempt.outputs).map_err(unknown)?.into(),
        json(attempt.usage.as_ref().map(serde_json::to_string))?.into(),
        attempt.created_at.0.into(),
        attempt.claimed_at.map(|at| at.0).into(),
        attempt.seen_at.0.into(),
        attempt.ended_at.map(|at| at.0).into(),
        attempt.revision.into(),
    ])
}

impl AttemptStore for Tx {
    async fn find_attempt(&self, id: &AttemptId) -> Result<Option<Attempt>> {
        let sql = format!("SELECT {COLUMNS} FROM attempts WHERE id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(attempt_of).transpose()
    }

    async fn lock_attempt(&self, id: &AttemptId) -> Result<Option<Attempt>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {COLUMNS} FROM attempts WHERE id = $1{hold}");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(attempt_of).transpose()
    }

    async fn insert_attempt(&self, attempt: &Attempt, memory_mib: i64) -> Result<()> {
        let places: Vec<String> = (1..=22).map(|n| format!("${n}")).collect();
        let sql = format!("INSERT INTO attempts ({COLUMNS}, memory_mib) VALUES ({})", places.join(", "));
        let mut values = values_of(attempt)?;
        values.push(memory_mib.into());
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_attempt(&self, attempt: Attempt) -> Result<Attempt> {
        let sql = "UPDATE attempts SET state = $3, failure = $4, fence = $5, engine_ref = $6, runner = $7, exit_code = $8, \
             detail = $9, outputs = $10, usage = $11, claimed_at_us = $12, seen_at_us = $13, ended_at_us = $14, \
             revision = revision + 1 WHERE id = $1 AND revision = $2";
        let mut all = values_of(&attempt)?.into_iter().map(Some).collect::<Vec<_>>();
        let mut take = |n: usize| all[n].take().unwrap_or(Value::Bool(None));
        let order = [0, 20, 5, 6, 7, 9, 10, 12, 13, 14, 15, 17, 18, 19];
        run_one(self, sql, order.into_iter().map(&mut take).collect()).await?;
        Ok(Attempt { revision: attempt.revision + 1, ..attempt })
    }

    async fn touch_attempt(&self, id: &AttemptId, fence: i64, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE attempts SET seen_at_us = $3, state = 'running', revision = revision + 1 \
             WHERE id = $1 AND fence = $2 AND state IN ('claimed', 'running')";
        Ok(run(self, sql, vec![id.as_str().into(), fence.into(), now.0.into()]).await? == 1)
    }

    async fn list_attempts(&self, run: &RunId) -> Result<Vec<Attempt>> {
        let sql = format!("SELECT {COLUMNS} FROM attempts WHERE run = $1 ORDER BY step, number");
        all(self, &sql, vec![run.as_str().into()]).await?.iter().map(attempt_of).collect()
    }

    async fn list_starts(&self, project: &ProjectId, most: u64) -> Result<Vec<(Timestamp, Timestamp)>> {
        let sql = "SELECT a.created_at_us AS planned, a.claimed_at_us AS claimed FROM attempts a \
            JOIN runs r ON r.id = a.run WHERE r.project = $1 AND a.claimed_at_us IS NOT NULL \
            ORDER BY a.created_at_us DESC, a.id DESC LIMIT $2";
        let rows = all(self, sql, vec![project.as_str().into(), db::sql::whole(most).into()]).await?;
        rows.iter().map(|row| Ok((Timestamp(get(row, "planned")?), Timestamp(get(row, "claimed")?)))).collect()
    }

    async fn list_attempts_of(&self, run: &RunId, step: &str) -> Result<Vec<Attempt>> {
        let sql = format!("SELECT {COLUMNS} FROM attempts WHERE run = $1 AND step = $2 ORDER BY number");
        all(self, &sql, vec![run.as_str().into(), step.into()]).await?.iter().map(attempt_of).collect()
    }

    async fn list_open_attempts(&self, run: &RunId) -> Result<Vec<Attempt>> {
        let sql = format!("SELECT {COLUMNS} FROM attempts WHERE run = $1 AND {OPEN} ORDER BY created_at_us, id");
        all(self, &sql, vec![run.as_str().into()]).await?.iter().map(attempt_of).collect()
    }

    async fn touch_planned(&self, id: &AttemptId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE attempts SET seen_at_us = $2, revision = revision + 1 WHERE id = $1 AND state = 'planned'";
        run(self, sql, vec![id.as_str().into(), now.0.into()]).await?;
        Ok(())
    }

    async fn has_planned(&self, of: &RunId) -> Result<bool> {
        let sql = "SELECT id FROM attempts WHERE run = $1 AND state = 'planned' LIMIT 1";
        Ok(one(self, sql, vec![of.as_str().into()]).await?.is_some())
    }

    async fn in_use(&self, engine: &str) -> Result<InUse> {
        // A sum is `numeric` on PostgreSQL, unless it is cast.
        let sql = format!(
            "SELECT CAST(coalesce(sum(cpus), 0) AS bigint) AS cpus, \
                CAST(coalesce(sum(memory_mib), 0) AS bigint) AS memory_mib FROM attempts WHERE engine = $1 AND {OPEN}"
        );
        let row = one(self, &sql, vec![engine.into()]).await?.ok_or(db::Error::Stale)?;
        Ok(InUse { cpus: get(&row, "cpus")?, memory_mib: get(&row, "memory_mib")? })
    }
}
