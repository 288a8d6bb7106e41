use super::{Batch, BatchState};
use access::{Columns, Visible};
use base::{DatasetId, EnvironmentId, PersonId, ProjectId, RunId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const BATCH: &str = "id, endpoint, project, environment, team, name, datasets, record_key, output, daily_at, next_at_us, state, run, \
    last, made_by, created_at_us, changed_at_us, revision";

/// The table `batches`.
pub(crate) trait BatchStore {
    async fn find_batch(&self, id: &str) -> Result<Option<Batch>>;
    /// Like `find_batch`, and nobody else locks the row until this transaction ends.
    async fn lock_batch(&self, id: &str) -> Result<Option<Batch>>;
    /// Returns one that has the name or the output of a new one.
    async fn batch_in_the_way(&self, batch: &Batch) -> Result<Option<Batch>>;
    /// [`db::Error::Taken`] if there is one that has its name or its output.
    async fn insert_batch(&self, batch: &Batch) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_batch(&self, batch: Batch) -> Result<Batch>;
    /// Returns up to `most` visible ones of a project or of all, behind `after`, by id.
    async fn list_batches(
        &self,
        visible: &Visible,
        project: Option<&ProjectId>,
        after: Option<&str>,
        most: u32,
    ) -> Result<Vec<Batch>>;
    /// Returns the ids of those whose time has come.
    async fn list_due_batches(&self, now: Timestamp, most: u32) -> Result<Vec<String>>;
    /// Returns the ids of those that score.
    async fn list_running_batches(&self, most: u32) -> Result<Vec<String>>;
    /// Returns the id of the one that a run scores for.
    async fn batch_of_run(&self, run: &RunId) -> Result<Option<String>>;
}

fn batch_of(row: &QueryResult) -> Result<Batch> {
    let text = |name| get::<String>(row, name);
    let maybe = |name| get::<Option<String>>(row, name);
    Ok(Batch {
        id: text("id")?,
        endpoint: text("endpoint")?,
        project: ProjectId(text("project")?),
        environment: EnvironmentId(text("environment")?),
        team: maybe("team")?.map(TeamId),
        name: text("name")?,
        datasets: serde_json::from_str(&text("datasets")?).map_err(unknown)?,
        key: text("record_key")?,
        output: DatasetId(text("output")?),
        daily_at: get(row, "daily_at")?,
        next_at: get::<Option<i64>>(row, "next_at_us")?.map(Timestamp),
        state: word(row, "state")?,
        run: maybe("run")?.map(RunId),
        last: maybe("last")?.as_deref().map(serde_json::from_str).transpose().map_err(unknown)?,
        made_by: PersonId(text("made_by")?),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        revision: get(row, "revision")?,
    })
}

/// Returns the values of the columns that change, in the order of the statements.
fn changing(batch: &Batch) -> Result<Vec<Value>> {
    Ok(vec![
        batch.next_at.map(|at| at.0).into(),
        batch.state.as_str().into(),
        batch.run.as_ref().map(|run| run.0.clone()).into(),
        batch.last.as_ref().map(serde_json::to_string).transpose().map_err(unknown)?.into(),
        batch.changed_at.0.into(),
    ])
}

impl BatchStore for Tx {
    async fn find_batch(&self, id: &str) -> Result<Option<Batch>> {
        let sql = format!("SELECT {BATCH} FROM batches WHERE id = $1");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(batch_of).transpose()
    }

    async fn lock_batch(&self, id: &str) -> Result<Option<Batch>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {BATCH} FROM batches WHERE id = $1{hold}");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(batch_of).transpose()
    }

    async fn batch_in_the_way(&self, batch: &Batch) -> Result<Option<Batch>> {
        let sql = format!(
            "SELECT {BATCH} FROM batches WHERE state <> 'removed' AND (endpoint = $1 AND name = $2 OR lower(output) = lower($3)) \
             ORDER BY id LIMIT 1"
        );
        let values = vec![batch.endpoint.as_str().into(), batch.name.as_str().into(), batch.output.as_str().into()];
        one(self, &sql, values).await?.as_ref().map(batch_of).transpose()
    }

    async fn insert_batch(&self, batch: &Batch) -> Result<()> {
        let sql = "INSERT INTO batches (id, endpoint, project, environment, team, name, datasets, record_key, output, daily_at, \
            made_by, created_at_us, revision, next_at_us, state, run, last, changed_at_us) VALUES \
            ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
        let mut values: Vec<Value> = vec![
            batch.id.as_str().into(),
            batch.endpoint.as_str().into(),
            batch.project.as_str().into(),
            batch.environment.as_str().into(),
            batch.team.as_ref().map(|team| team.0.clone()).into(),
            batch.name.as_str().into(),
            serde_json::to_string(&batch.datasets).map_err(unknown)?.into(),
            batch.key.as_str().into(),
            batch.output.as_str().into(),
            batch.daily_at.into(),
            batch.made_by.as_str().into(),
            batch.created_at.0.into(),
            batch.revision.into(),
        ];
        values.extend(changing(batch)?);
        run(self, sql, values).await.map(|_| ())
    }

    async fn save_batch(&self, batch: Batch) -> Result<Batch> {
        let sql = "UPDATE batches SET next_at_us = $3, state = $4, run = $5, last = $6, changed_at_us = $7, \
            revision = revision + 1 WHERE id = $1 AND revision = $2";
        let mut values: Vec<Value> = vec![batch.id.as_str().into(), batch.revision.into()];
        values.extend(changing(&batch)?);
        run_one(self, sql, values).await?;
        Ok(Batch { revision: batch.revision + 1, ..batch })
    }

    async fn list_batches(
        &self,
        visible: &Visible,
        project: Option<&ProjectId>,
        after: Option<&str>,
        most: u32,
    ) -> Result<Vec<Batch>> {
        let columns = Columns::scope(Expr::cust("'project/' || environment"))
            .team(Expr::col("team"))
            .asker(Expr::cust("'environment:' || environment"));
        let mut select = Query::select();
        select.columns(BATCH.split(", ").map(str::trim)).from("batches").cond_where(visible.condition(&columns));
        select.and_where(Expr::col("state").ne(BatchState::Removed.as_str()));
        if let Some(project) = project {
            select.and_where(Expr::col("project").eq(project.as_str()));
        }
        select.and_where(Expr::col("id").gt(after.unwrap_or_default())).order_by("id", Order::Asc).limit(most.into());
        self.conn().query_all(&select).await?.iter().map(batch_of).collect()
    }

    async fn list_due_batches(&self, now: Timestamp, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT id FROM batches WHERE state = 'idle' AND next_at_us <= $1 ORDER BY next_at_us LIMIT $2";
        all(self, sql, vec![now.0.into(), i64::from(most).into()]).await?.iter().map(|row| get(row, "id")).collect()
    }

    async fn list_running_batches(&self, most: u32) -> Result<Vec<String>> {
        let sql = "SELECT id FROM batches WHERE state = 'running' ORDER BY id LIMIT $1";
        all(self, sql, vec![i64::from(most).into()]).await?.iter().map(|row| get(row, "id")).collect()
    }

    async fn batch_of_run(&self, run: &RunId) -> Result<Option<String>> {
        let row = one(self, "SELECT id FROM batches WHERE run = $1", vec![run.as_str().into()]).await?;
        row.as_ref().map(|row| get(row, "id")).transpose()
    }
}
