use super::{Step, StepKind, StepState};
use crate::cache::{Key, Part};
use base::{EnvironmentId, RunId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::{QueryResult, Value};

const COLUMNS: &str = "run, name, position, state, waiting_for, tries, kind, why, cached_from, key_parts, governed, outputs, \
     run_at_us, started_at_us, ended_at_us, revision";
/// How many rows or names go into one statement.
const AT_ONCE: usize = 400;

/// The table `run_steps`.
pub(crate) trait StepStore {
    /// Inserts the steps of a new run.
    async fn insert_steps(&self, steps: &[Step]) -> Result<()>;
    async fn find_step(&self, run: &RunId, name: &str) -> Result<Option<Step>>;
    /// Returns the steps of these names, in no order.
    async fn find_steps(&self, run: &RunId, names: &[&str]) -> Result<Vec<Step>>;
    async fn save_step(&self, step: Step) -> Result<Step>;
    /// Returns the steps of a run in their order.
    async fn list_steps(&self, run: &RunId) -> Result<Vec<Step>>;
    /// Returns up to `limit` steps of a run in this state, in their order.
    async fn list_steps_in(&self, run: &RunId, state: StepState, limit: u64) -> Result<Vec<Step>>;
    /// Returns the earliest time at which a ready step may start, of those after `now`.
    async fn next_step_at(&self, run: &RunId, now: Timestamp) -> Result<Option<Timestamp>>;
    /// Returns the runs with a ready step that waits for this key.
    async fn list_waiting_for_key(&self, environment: &EnvironmentId, key: &str) -> Result<Vec<RunId>>;
    /// Returns the parts of the key of the same step in the run before `run` that has one.
    async fn find_key_before(&self, run: &crate::runs::Run, step: &str) -> Result<Option<(RunId, Vec<Part>)>>;
}

fn step_of(row: &QueryResult) -> Result<Step> {
    let json = |column: &str| get::<String>(row, column);
    let time = |column: &str| Ok::<_, db::Error>(get::<Option<i64>>(row, column)?.map(Timestamp));
    let parts: Option<Vec<Part>> = get::<Option<String>>(row, "key_parts")?
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(unknown)?;
    let kind = get::<Option<String>>(row, "kind")?.map(|word| serde_json::from_value(word.into()));
    Ok(Step {
        run: RunId(get(row, "run")?),
        name: get(row, "name")?,
        position: get(row, "position")?,
        state: word(row, "state")?,
        waiting_for: get(row, "waiting_for")?,
        tries: get(row, "tries")?,
        kind: kind.transpose().map_err(unknown)?,
        why: get(row, "why")?,
        cached_from: get::<Option<String>>(row, "cached_from")?.map(RunId),
        key: parts.map(|parts| Key { parts }),
        governed: serde_json::from_str(&json("governed")?).map_err(unknown)?,
        outputs: serde_json::from_str(&json("outputs")?).map_err(unknown)?,
        run_at: Timestamp(get(row, "run_at_us")?),
        started_at: time("started_at_us")?,
        ended_at: time("ended_at_us")?,
        revision: get(row, "revision")?,
    })
}

fn kind_word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Executed => "executed",
        StepKind::CachedFrom => "cached_from",
        StepKind::Skipped => "skipped",
    }
}

fn values_of(step: &Step) -> Result<Vec<Value>> {
    let parts = step.key.as_ref().map(|key| serde_json::to_string(&key.parts)).transpose().map_err(unknown)?;
    Ok(vec![
        step.run.as_str().into(),
        step.name.as_str().into(),
        step.position.into(),
        step.state.as_str().into(),
        step.waiting_for.into(),
        step.tries.into(),
        step.kind.map(kind_word).into(),
        step.why.clone().into(),
        step.cached_from.as_ref().map(|run| run.0.clone()).into(),
        parts.into(),
        serde_json::to_string(&step.governed).map_err(unknown)?.into(),
        serde_json::to_string(&step.outputs).map_err(unknown)?.into(),
        step.run_at.0.into(),
        step.started_at.map(|at| at.0).into(),
        step.ended_at.map(|at| at.0).into(),
        step.revision.into(),
    ])
}

/// Returns `$from, $from+1, …`, `count` of them.
fn places(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

impl StepStore for Tx {
    async fn insert_steps(&self, steps: &[Step]) -> Result<()> {
        for some in steps.chunks(AT_ONCE) {
            let mut values = Vec::new();
            let mut rows = Vec::new();
            for step in some {
                rows.push(format!("({})", places(values.len() + 1, 16)));
                values.extend(values_of(step)?);
            }
            run(self, &format!("INSERT INTO run_steps ({COLUMNS}) VALUES {}", rows.join(", ")), values).await?;
        }
        Ok(())
    }

    async fn find_step(&self, run: &RunId, name: &str) -> Result<Option<Step>> {
        let sql = format!("SELECT {COLUMNS} FROM run_steps WHERE run = $1 AND name = $2");
        one(self, &sql, vec![run.as_str().into(), name.into()]).await?.as_ref().map(step_of).transpose()
    }

    async fn find_steps(&self, run: &RunId, names: &[&str]) -> Result<Vec<Step>> {
        let mut found = Vec::new();
        for some in names.chunks(AT_ONCE) {
            let sql = format!("SELECT {COLUMNS} FROM run_steps WHERE run = $1 AND name IN ({})", places(2, some.len()));
            let values = std::iter::once(run.as_str().into()).chain(some.iter().map(|name| (*name).into()));
            for row in all(self, &sql, values.collect()).await? {
                found.push(step_of(&row)?);
            }
        }
        Ok(found)
    }

    async fn save_step(&self, step: Step) -> Result<Step> {
        let sql = "UPDATE run_steps SET state = $4, waiting_for = $5, tries = $6, kind = $7, why = $8, cached_from = $9, \
             key_parts = $10, governed = $11, outputs = $12, run_at_us = $13, started_at_us = $14, ended_at_us = $15, \
             revision = revision + 1, position = $3, cache_key = $17 WHERE run = $1 AND name = $2 AND revision = $16";
        let mut values = values_of(&step)?;
        values.push(step.key.as_ref().map(|key| key.digest().to_string()).into());
        run_one(self, sql, values).await?;
        Ok(Step { revision: step.revision + 1, ..step })
    }

    async fn list_steps(&self, run: &RunId) -> Result<Vec<Step>> {
        let sql = format!("SELECT {COLUMNS} FROM run_steps WHERE run = $1 ORDER BY position");
        all(self, &sql, vec![run.as_str().into()]).await?.iter().map(step_of).collect()
    }

    async fn list_steps_in(&self, run: &RunId, state: StepState, limit: u64) -> Result<Vec<Step>> {
        let sql = format!("SELECT {COLUMNS} FROM run_steps WHERE run = $1 AND state = $2 ORDER BY position LIMIT $3");
        let values = vec![run.as_str().into(), state.as_str().into(), db::sql::whole(limit).into()];
        all(self, &sql, values).await?.iter().map(step_of).collect()
    }

    async fn next_step_at(&self, run: &RunId, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT min(run_at_us) AS at_us FROM run_steps WHERE run = $1 AND state = 'ready' AND run_at_us > $2";
        let row = one(self, sql, vec![run.as_str().into(), now.0.into()]).await?;
        let at = row.as_ref().map(|row| get::<Option<i64>>(row, "at_us")).transpose()?;
        Ok(at.flatten().map(Timestamp))
    }

    async fn list_waiting_for_key(&self, environment: &EnvironmentId, key: &str) -> Result<Vec<RunId>> {
        let sql = "SELECT DISTINCT s.run AS run FROM run_steps s JOIN runs r ON r.id = s.run \
             WHERE s.cache_key = $1 AND s.state = 'ready' AND r.environment = $2";
        let rows = all(self, sql, vec![key.into(), environment.as_str().into()]).await?;
        rows.iter().map(|row| Ok(RunId(get(row, "run")?))).collect()
    }

    async fn find_key_before(&self, before: &crate::runs::Run, step: &str) -> Result<Option<(RunId, Vec<Part>)>> {
        let sql = "SELECT s.run AS run, s.key_parts AS key_parts FROM runs r JOIN run_steps s ON s.run = r.id AND s.name = $3 \
             WHERE r.environment = $1 AND r.pipeline = $2 AND s.key_parts IS NOT NULL \
                AND (r.created_at_us < $4 OR (r.created_at_us = $4 AND r.id < $5)) \
             ORDER BY r.created_at_us DESC, r.id DESC LIMIT 1";
        let values = vec![
            before.environment.as_str().into(),
            before.pipeline.as_str().into(),
            step.into(),
            before.created_at.0.into(),
            before.id.as_str().into(),
        ];
        let Some(row) = one(self, sql, values).await? else { return Ok(None) };
        let parts = serde_json::from_str(&get::<String>(&row, "key_parts")?).map_err(unknown)?;
        Ok(Some((RunId(get(&row, "run")?), parts)))
    }
}
