use crate::model::{Job, JobState, MOST_ATTEMPTS, NewJob, Progress, Schedule};
use base::{JobId, Timestamp};
use db::{Error, Result, Tx};
use row::{Column, Entity, Model as JobRow};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    Value,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "jobs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: String,
        pub state: String,
        pub scope: String,
        pub asker: Option<String>,
        pub payload: String,
        pub run_at_us: i64,
        pub attempts: i64,
        pub fence: i64,
        pub progress_done: i64,
        pub progress_total: i64,
        pub progress_text: String,
        pub reason: Option<String>,
        pub created_at_us: i64,
        pub ended_at_us: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl TryFrom<JobRow> for Job {
    type Error = Error;
    fn try_from(row: JobRow) -> Result<Self> {
        let unknown = |error: &dyn std::fmt::Display| Error::Unknown(error.to_string());
        let progress = Progress {
            done: row.progress_done.unsigned_abs(),
            total: row.progress_total.unsigned_abs(),
            text: row.progress_text,
        };
        Ok(Self {
            id: JobId(row.id),
            kind: row.kind,
            state: row.state.parse::<JobState>().map_err(|e| unknown(&e))?,
            scope: row.scope,
            asker: row.asker.map(|text| text.parse()).transpose().map_err(|e| unknown(&e))?,
            payload: row.payload,
            run_at: Timestamp(row.run_at_us),
            attempts: row.attempts,
            fence: row.fence,
            progress,
            reason: row.reason,
            created_at: Timestamp(row.created_at_us),
            ended_at: row.ended_at_us.map(Timestamp),
        })
    }
}

/// Which jobs a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<JobState>,
    pub kind: Option<String>,
    pub scope: Option<String>,
}

fn statement(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(tx.engine(), sql, values)
}

async fn changes(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<bool> {
    Ok(tx.conn().execute_raw(statement(tx, sql, values)).await?.rows_affected() > 0)
}

/// Puts a job on the queue and returns its id: that of the open job with the same key, if there is one, which then takes
/// this input. While that one runs, it runs once more afterwards, so nothing asked for is missed.
pub async fn enqueue(tx: &Tx, job: NewJob) -> Result<JobId> {
    let sql = "INSERT INTO jobs (id, kind, key, state, scope, asker, payload, run_at_us, created_at_us, attempts, fence, \
            again, progress_done, progress_total, progress_text) \
        VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7, $8, 0, 0, FALSE, 0, 0, '') \
        ON CONFLICT (kind, key) WHERE key IS NOT NULL AND state IN ('queued', 'leased') DO UPDATE SET \
            payload = excluded.payload, again = (jobs.state = 'leased'), \
            attempts = CASE WHEN jobs.state = 'leased' THEN jobs.attempts ELSE 0 END, \
            run_at_us = CASE WHEN jobs.state = 'leased' OR excluded.run_at_us < jobs.run_at_us \
                THEN excluded.run_at_us ELSE jobs.run_at_us END \
        RETURNING id";
    let values = [
        job.id.0.into(),
        job.kind.into(),
        job.key.into(),
        job.scope.into(),
        job.asker.map(|asker| asker.to_string()).into(),
        job.payload.to_string().into(),
        job.run_at.0.into(),
        job.created_at.0.into(),
    ];
    let row = tx.conn().query_one_raw(statement(tx, sql, values)).await?.ok_or(Error::Stale)?;
    Ok(JobId(row.try_get("", "id")?))
}

/// Returns `None` if there is no such job.
pub async fn find_job(tx: &Tx, id: &JobId) -> Result<Option<Job>> {
    Entity::find_by_id(id.0.as_str()).one(tx.conn()).await?.map(Job::try_from).transpose()
}

/// Returns whether a job of `kind` with this key waits or runs.
pub async fn is_open(tx: &Tx, kind: &str, key: &str) -> Result<bool> {
    let sql = "SELECT id FROM jobs WHERE kind = $1 AND key = $2 AND state IN ('queued', 'leased')";
    Ok(tx.conn().query_one_raw(statement(tx, sql, [kind.into(), key.into()])).await?.is_some())
}

/// Returns up to `limit` jobs older than `before`, the newest first. `seen` says which the viewer may see, over the
/// columns `scope` and `asker`.
pub async fn list_jobs(
    tx: &Tx,
    seen: Condition,
    filter: &Filter,
    before: Option<&JobId>,
    limit: u64,
) -> Result<Vec<Job>> {
    let asked = Condition::all()
        .add(seen)
        .add_option(filter.state.map(|state| Column::State.eq(state.as_str())))
        .add_option(filter.kind.as_ref().map(|kind| Column::Kind.eq(kind.as_str())))
        .add_option(filter.scope.as_ref().map(|scope| Column::Scope.eq(scope.as_str())))
        .add_option(before.map(|id| Column::Id.lt(id.0.as_str())));
    let rows = Entity::find().filter(asked).order_by_desc(Column::Id).limit(limit).all(tx.conn()).await?;
    rows.into_iter().map(Job::try_from).collect()
}

/// Adds or changes a schedule.
pub async fn schedule(tx: &Tx, schedule: Schedule) -> Result<()> {
    let sql = "INSERT INTO job_schedules (name, kind, scope, payload, every_seconds, next_at_us) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, scope = excluded.scope, \
            payload = excluded.payload, every_seconds = excluded.every_seconds";
    let Schedule { name, kind, scope, payload, every_seconds, first_at } = schedule;
    let payload = payload.to_string();
    let values =
        [name.into(), kind.into(), scope.into(), payload.into(), every_seconds.max(1).into(), first_at.0.into()];
    changes(tx, sql, values).await?;
    Ok(())
}

/// Ends a schedule; its open job, if any, still runs.
pub async fn unschedule(tx: &Tx, name: &str) -> Result<()> {
    changes(tx, "DELETE FROM job_schedules WHERE name = $1", [name.into()]).await?;
    Ok(())
}

/// The workers' statements on `jobs` and `job_schedules`; those that take a fence answer `false` when it is stale.
pub(crate) trait QueueStore {
    /// Says whether anything is due, for a reader to ask before the writer is taken.
    async fn anything_due(&self, now: Timestamp) -> Result<bool>;
    /// Gives every due schedule its next time and returns them.
    async fn take_due_schedules(&self, now: Timestamp) -> Result<Vec<(String, String, String, String)>>;
    /// Leases the job that has waited longest, with a higher fence; one whose lease ran out too.
    async fn claim(&self, by: &str, kinds: &[&'static str], now: Timestamp, until: Timestamp) -> Result<Option<Job>>;
    /// Queues again what `by`, a server that is dead for certain, had leased.
    async fn take_back(&self, by: &str) -> Result<()>;
    async fn renew(&self, job: &Job, until: Timestamp) -> Result<bool>;
    async fn save_progress(&self, job: &Job, progress: &Progress) -> Result<bool>;
    /// Holds the job's row until this transaction ends, so that its lease cannot pass to another worker.
    async fn hold(&self, job: &Job) -> Result<bool>;
    /// Ends the job, or queues it again if it was asked for meanwhile.
    async fn end(&self, job: &Job, state: JobState, reason: Option<&str>, now: Timestamp) -> Result<bool>;
    async fn retry(&self, job: &Job, reason: &str, at: Timestamp) -> Result<bool>;
    /// Gives back a lease that was not used to its end; the attempt does not count.
    async fn release(&self, job: &Job) -> Result<bool>;
    /// Removes ended jobs, but for dead ones younger than `then`.
    async fn prune(&self, done: Timestamp, dead: Timestamp) -> Result<()>;
}

const MINE: &str = "id = $1 AND fence = $2 AND state = 'leased'";

impl QueueStore for Tx {
    async fn anything_due(&self, now: Timestamp) -> Result<bool> {
        let sql = "SELECT 1 AS due WHERE EXISTS (SELECT 1 FROM jobs WHERE state IN ('queued', 'leased') AND run_at_us <= $1 \
                AND (state = 'queued' OR leased_until_us <= $1)) \
            OR EXISTS (SELECT 1 FROM job_schedules WHERE next_at_us <= $1)";
        Ok(self.conn().query_one_raw(statement(self, sql, [now.0.into()])).await?.is_some())
    }

    async fn take_due_schedules(&self, now: Timestamp) -> Result<Vec<(String, String, String, String)>> {
        // The next time is the next multiple after now, so that a server that was down makes one job, not hundreds.
        let sql = "UPDATE job_schedules SET next_at_us = next_at_us + every_seconds * 1000000 * \
                (($1 - next_at_us) / (every_seconds * 1000000) + 1) \
            WHERE next_at_us <= $1 RETURNING name, kind, scope, payload";
        let rows = self.conn().query_all_raw(statement(self, sql, [now.0.into()])).await?;
        let text = |row: &sea_orm::QueryResult, name: &str| row.try_get::<String>("", name);
        let read = |row| Ok((text(row, "name")?, text(row, "kind")?, text(row, "scope")?, text(row, "payload")?));
        rows.iter().map(read).collect()
    }

    async fn claim(&self, by: &str, kinds: &[&'static str], now: Timestamp, until: Timestamp) -> Result<Option<Job>> {
        let lock = if self.engine() == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
        let places: Vec<String> = (0..kinds.len()).map(|n| format!("${}", n + 4)).collect();
        let sql = format!(
            "UPDATE jobs SET state = 'leased', fence = fence + 1, attempts = attempts + 1, leased_until_us = $2, worker = $3 \
             WHERE id = (SELECT id FROM jobs WHERE state IN ('queued', 'leased') AND run_at_us <= $1 \
                AND (state = 'queued' OR leased_until_us <= $1) AND kind IN ({}) ORDER BY run_at_us, id LIMIT 1 {lock}) \
             RETURNING *",
            places.join(", ")
        );
        let head = [now.0.into(), until.0.into(), by.into()];
        let values = head.into_iter().chain(kinds.iter().map(|kind| (*kind).into()));
        let claimed = Entity::find().from_raw_sql(statement(self, &sql, values)).one(self.conn()).await?;
        let Some(job) = claimed.map(Job::try_from).transpose()? else { return Ok(None) };
        if job.attempts <= MOST_ATTEMPTS {
            return Ok(Some(job));
        }
        // Failures are counted by `retry`; what comes here took its worker down each time.
        self.end(&job, JobState::Dead, Some("its worker stopped in the middle each time"), now).await?;
        Ok(None)
    }

    async fn take_back(&self, by: &str) -> Result<()> {
        let sql = "UPDATE jobs SET state = 'queued', again = FALSE, leased_until_us = NULL \
            WHERE state = 'leased' AND worker = $1";
        changes(self, sql, [by.into()]).await?;
        Ok(())
    }

    async fn renew(&self, job: &Job, until: Timestamp) -> Result<bool> {
        let sql = format!("UPDATE jobs SET leased_until_us = $3 WHERE {MINE}");
        changes(self, &sql, [job.id.0.as_str().into(), job.fence.into(), until.0.into()]).await
    }

    async fn save_progress(&self, job: &Job, progress: &Progress) -> Result<bool> {
        let sql = format!("UPDATE jobs SET progress_done = $3, progress_total = $4, progress_text = $5 WHERE {MINE}");
        let number = |n: u64| Value::from(i64::try_from(n).unwrap_or(i64::MAX));
        let (done, total) = (number(progress.done), number(progress.total));
        let id = job.id.0.as_str().into();
        changes(self, &sql, [id, job.fence.into(), done, total, progress.text.as_str().into()]).await
    }

    async fn hold(&self, job: &Job) -> Result<bool> {
        let mine = Entity::find_by_id(job.id.0.as_str()).filter(Column::Fence.eq(job.fence));
        Ok(mine.filter(Column::State.eq("leased")).lock_exclusive().one(self.conn()).await?.is_some())
    }

    async fn end(&self, job: &Job, state: JobState, reason: Option<&str>, now: Timestamp) -> Result<bool> {
        let sql = format!(
            "UPDATE jobs SET state = CASE WHEN again THEN 'queued' ELSE $3 END, reason = $4, \
                attempts = CASE WHEN again THEN 0 ELSE attempts END, \
                ended_at_us = CASE WHEN again THEN NULL ELSE $5 END, again = FALSE, leased_until_us = NULL WHERE {MINE}"
        );
        let id = job.id.0.as_str().into();
        let reason = reason.map(ToOwned::to_owned).into();
        changes(self, &sql, [id, job.fence.into(), state.as_str().into(), reason, now.0.into()]).await
    }

    async fn retry(&self, job: &Job, reason: &str, at: Timestamp) -> Result<bool> {
        let sql = format!(
            "UPDATE jobs SET state = 'queued', reason = $3, run_at_us = CASE WHEN again THEN run_at_us ELSE $4 END, \
                attempts = CASE WHEN again THEN 0 ELSE attempts END, again = FALSE, leased_until_us = NULL WHERE {MINE}"
        );
        changes(self, &sql, [job.id.0.as_str().into(), job.fence.into(), reason.into(), at.0.into()]).await
    }

    async fn release(&self, job: &Job) -> Result<bool> {
        let sql = format!(
            "UPDATE jobs SET state = 'queued', attempts = attempts - 1, again = FALSE, leased_until_us = NULL WHERE {MINE}"
        );
        changes(self, &sql, [job.id.0.as_str().into(), job.fence.into()]).await
    }

    async fn prune(&self, done: Timestamp, dead: Timestamp) -> Result<()> {
        let sql =
            "DELETE FROM jobs WHERE (state = 'done' AND ended_at_us < $1) OR (state = 'dead' AND ended_at_us < $2)";
        changes(self, sql, [done.0.into(), dead.0.into()]).await?;
        Ok(())
    }
}
