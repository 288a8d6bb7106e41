use super::{Code, Reason, Run, RunState};
use base::{EnvironmentId, PersonId, ProjectId, RunId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const COLUMNS: &str = "id, project, environment, pipeline, parameters, revision_asked, commit_id, tree, started_by, why, state, \
     reason, cancelled_by, steps, open_steps, failed_steps, created_at_us, started_at_us, cancelled_at_us, ended_at_us, revision";

/// Which runs a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) project: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) pipeline: Option<String>,
    pub(crate) state: Option<RunState>,
}

/// Where a page of runs goes on: the last one's creation and id.
pub(crate) type After = (i64, String);

/// Where a row keeps what `access` decides on.
pub(crate) fn columns() -> access::Columns {
    access::Columns::scope(Expr::col("scope")).asker(Expr::col("asker"))
}

/// The table `runs`.
pub(crate) trait RunStore {
    async fn find_run(&self, id: &RunId) -> Result<Option<Run>>;
    /// Like `find_run`, and nobody else locks the row until this transaction ends.
    async fn lock_run(&self, id: &RunId) -> Result<Option<Run>>;
    async fn insert_run(&self, run: &Run, definition: &str) -> Result<()>;
    async fn save_run(&self, run: Run) -> Result<Run>;
    /// Returns the pipeline's JSON as it was when the run started.
    async fn find_definition(&self, id: &RunId) -> Result<Option<String>>;
    /// Returns up to `limit` runs after `after`, newest first.
    async fn list_runs(
        &self,
        visible: Condition,
        filter: &Filter,
        after: Option<After>,
        limit: u64,
    ) -> Result<Vec<Run>>;
    /// Returns up to `most` of a project, the oldest first.
    async fn list_runs_of(&self, project: &ProjectId, most: u64) -> Result<Vec<Run>>;
    /// Returns the runs that have not ended, oldest first.
    async fn list_open_runs(&self) -> Result<Vec<RunId>>;
}

fn optional_time(row: &QueryResult, column: &str) -> Result<Option<Timestamp>> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp))
}

fn run_of(row: &QueryResult) -> Result<Run> {
    let code = match (get(row, "revision_asked")?, get(row, "commit_id")?, get(row, "tree")?) {
        (Some(revision), Some(commit), Some(tree)) => Some(Code { revision, commit, tree }),
        _ => None,
    };
    Ok(Run {
        id: RunId(get(row, "id")?),
        project: ProjectId(get(row, "project")?),
        environment: EnvironmentId(get(row, "environment")?),
        pipeline: get(row, "pipeline")?,
        parameters: serde_json::from_str(&get::<String>(row, "parameters")?).map_err(unknown)?,
        code,
        started_by: PersonId(get(row, "started_by")?),
        why: word::<Reason>(row, "why")?,
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        cancelled_by: get::<Option<String>>(row, "cancelled_by")?.map(PersonId),
        steps: get(row, "steps")?,
        open_steps: get(row, "open_steps")?,
        failed_steps: get(row, "failed_steps")?,
        created_at: Timestamp(get(row, "created_at_us")?),
        started_at: optional_time(row, "started_at_us")?,
        cancelled_at: optional_time(row, "cancelled_at_us")?,
        ended_at: optional_time(row, "ended_at_us")?,
        revision: get(row, "revision")?,
    })
}

impl RunStore for Tx {
    async fn find_run(&self, id: &RunId) -> Result<Option<Run>> {
        let sql = format!("SELECT {COLUMNS} FROM runs WHERE id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(run_of).transpose()
    }

    async fn lock_run(&self, id: &RunId) -> Result<Option<Run>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {COLUMNS} FROM runs WHERE id = $1{hold}");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(run_of).transpose()
    }

    async fn insert_run(&self, new: &Run, definition: &str) -> Result<()> {
        let sql = format!(
            "INSERT INTO runs ({COLUMNS}, scope, asker, definition) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
             $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)"
        );
        let code = new.code.as_ref();
        let values: Vec<Value> = vec![
            new.id.as_str().into(),
            new.project.as_str().into(),
            new.environment.as_str().into(),
            new.pipeline.as_str().into(),
            serde_json::to_string(&new.parameters).map_err(unknown)?.into(),
            code.map(|code| code.revision.clone()).into(),
            code.map(|code| code.commit.clone()).into(),
            code.map(|code| code.tree.clone()).into(),
            new.started_by.as_str().into(),
            new.why.as_str().into(),
            new.state.as_str().into(),
            new.reason.clone().into(),
            new.cancelled_by.as_ref().map(|by| by.0.clone()).into(),
            new.steps.into(),
            new.open_steps.into(),
            new.failed_steps.into(),
            new.created_at.0.into(),
            new.started_at.map(|at| at.0).into(),
            new.cancelled_at.map(|at| at.0).into(),
            new.ended_at.map(|at| at.0).into(),
            new.revision.into(),
            format!("project/{}", new.environment).into(),
            format!("environment:{}", new.environment).into(),
            definition.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_run(&self, saved: Run) -> Result<Run> {
        let sql = "UPDATE runs SET state = $3, reason = $4, cancelled_by = $5, open_steps = $6, failed_steps = $7, \
             started_at_us = $8, cancelled_at_us = $9, ended_at_us = $10, revision = revision + 1 \
             WHERE id = $1 AND revision = $2";
        let values: Vec<Value> = vec![
            saved.id.as_str().into(),
            saved.revision.into(),
            saved.state.as_str().into(),
            saved.reason.clone().into(),
            saved.cancelled_by.as_ref().map(|by| by.0.clone()).into(),
            saved.open_steps.into(),
            saved.failed_steps.into(),
            saved.started_at.map(|at| at.0).into(),
            saved.cancelled_at.map(|at| at.0).into(),
            saved.ended_at.map(|at| at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Run { revision: saved.revision + 1, ..saved })
    }

    async fn find_definition(&self, id: &RunId) -> Result<Option<String>> {
        let row = one(self, "SELECT definition FROM runs WHERE id = $1", vec![id.as_str().into()]).await?;
        row.as_ref().map(|row| get(row, "definition")).transpose()
    }

    async fn list_runs(
        &self,
        visible: Condition,
        filter: &Filter,
        after: Option<After>,
        limit: u64,
    ) -> Result<Vec<Run>> {
        let is = |column: &'static str, word: &Option<String>| word.clone().map(|word| Expr::col(column).eq(word));
        let earlier = after.map(|(at, id)| {
            let same = Condition::all().add(Expr::col("created_at_us").eq(at)).add(Expr::col("id").lt(id));
            Condition::any().add(Expr::col("created_at_us").lt(at)).add(same)
        });
        let asked = Condition::all()
            .add(visible)
            .add_option(is("project", &filter.project))
            .add_option(is("environment", &filter.environment))
            .add_option(is("pipeline", &filter.pipeline))
            .add_option(filter.state.map(|state| Expr::col("state").eq(state.as_str())))
            .add_option(earlier);
        let mut select = Query::select();
        for column in COLUMNS.split(", ") {
            select.column(sea_orm::sea_query::Alias::new(column.trim()));
        }
        select
            .from("runs")
            .cond_where(asked)
            .order_by("created_at_us", Order::Desc)
            .order_by("id", Order::Desc)
            .limit(limit);
        self.conn().query_all(&select).await?.iter().map(run_of).collect()
    }

    async fn list_runs_of(&self, project: &ProjectId, most: u64) -> Result<Vec<Run>> {
        let sql = format!("SELECT {COLUMNS} FROM runs WHERE project = $1 ORDER BY created_at_us, id LIMIT $2");
        let values = vec![project.as_str().into(), db::sql::whole(most).into()];
        all(self, &sql, values).await?.iter().map(run_of).collect()
    }

    async fn list_open_runs(&self) -> Result<Vec<RunId>> {
        let sql = "SELECT id FROM runs WHERE state IN ('queued', 'running', 'cancelling') ORDER BY created_at_us, id";
        all(self, sql, vec![]).await?.iter().map(|row| Ok(RunId(get(row, "id")?))).collect()
    }
}
