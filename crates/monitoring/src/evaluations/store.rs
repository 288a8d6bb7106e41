use super::Evaluation;
use crate::monitors::store::{columns, from_json, hold, json};
use access::Visible;
use base::{EnvironmentId, PersonId, ProjectId, RunId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::sea_query::{Cond, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult, Value};

const EVALUATION: &str = "id, monitor, project, environment, endpoint, team, state, reason, asked_by, run, content, started_at_us, \
    ended_at_us, revision";

/// Where a page of evaluations goes on: the last one's time and id.
pub(crate) type After = (i64, String);

/// The table `evaluations`.
pub(crate) trait EvaluationStore {
    async fn find_evaluation(&self, id: &str) -> Result<Option<Evaluation>>;
    /// Like `find_evaluation`, and nobody else locks the row until this transaction ends.
    async fn lock_evaluation(&self, id: &str) -> Result<Option<Evaluation>>;
    /// Returns the id of the one that a run computes.
    async fn find_evaluation_by_run(&self, run: &RunId) -> Result<Option<String>>;
    /// Returns the one that runs.
    async fn find_running(&self, monitor: &str) -> Result<Option<Evaluation>>;
    /// Returns the newest.
    async fn find_last_evaluation(&self, monitor: &str) -> Result<Option<Evaluation>>;
    /// [`db::Error::Taken`] if one runs.
    async fn insert_evaluation(&self, evaluation: &Evaluation) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_evaluation(&self, evaluation: Evaluation) -> Result<Evaluation>;
    /// Returns up to `most` visible ones of a monitor behind `after`, the newest first.
    async fn list_evaluations(
        &self,
        visible: &Visible,
        monitor: &str,
        after: Option<&After>,
        most: u32,
    ) -> Result<Vec<Evaluation>>;
    /// Returns up to `most` of a candidate in an environment, the newest first.
    async fn list_evaluations_of(
        &self,
        environment: &EnvironmentId,
        candidate: i64,
        most: u32,
    ) -> Result<Vec<Evaluation>>;
    /// Counts those of a candidate in an environment.
    async fn count_evaluations_of(&self, environment: &EnvironmentId, candidate: i64) -> Result<i64>;
    /// Returns the runs of up to `most` that began before `then` and did not end.
    async fn list_running(&self, then: Timestamp, most: u32) -> Result<Vec<RunId>>;
}

fn evaluation_of(row: &QueryResult) -> Result<Evaluation> {
    Ok(Evaluation {
        id: get(row, "id")?,
        monitor: get(row, "monitor")?,
        project: ProjectId(get(row, "project")?),
        environment: EnvironmentId(get(row, "environment")?),
        endpoint: get(row, "endpoint")?,
        team: get::<Option<String>>(row, "team")?.map(TeamId),
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        asked_by: get::<Option<String>>(row, "asked_by")?.map(PersonId),
        run: get::<Option<String>>(row, "run")?.map(RunId),
        looked: from_json(&get::<String>(row, "content")?)?,
        started_at: Timestamp(get(row, "started_at_us")?),
        ended_at: get::<Option<i64>>(row, "ended_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

async fn find(tx: &Tx, rest: &str, value: &str) -> Result<Option<Evaluation>> {
    let sql = format!("SELECT {EVALUATION} FROM evaluations WHERE {rest}");
    one(tx, &sql, vec![value.into()]).await?.as_ref().map(evaluation_of).transpose()
}

impl EvaluationStore for Tx {
    async fn find_evaluation(&self, id: &str) -> Result<Option<Evaluation>> {
        find(self, "id = $1", id).await
    }

    async fn lock_evaluation(&self, id: &str) -> Result<Option<Evaluation>> {
        find(self, &format!("id = $1{}", hold(self)), id).await
    }

    async fn find_evaluation_by_run(&self, run: &RunId) -> Result<Option<String>> {
        Ok(find(self, "run = $1", run.as_str()).await?.map(|found| found.id))
    }

    async fn find_running(&self, monitor: &str) -> Result<Option<Evaluation>> {
        find(self, "monitor = $1 AND state = 'running'", monitor).await
    }

    async fn find_last_evaluation(&self, monitor: &str) -> Result<Option<Evaluation>> {
        find(self, "monitor = $1 ORDER BY started_at_us DESC, id DESC LIMIT 1", monitor).await
    }

    async fn insert_evaluation(&self, evaluation: &Evaluation) -> Result<()> {
        let sql = format!(
            "INSERT INTO evaluations ({EVALUATION}, candidate) VALUES \
             ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        );
        let values: Vec<Value> = vec![
            evaluation.id.as_str().into(),
            evaluation.monitor.as_str().into(),
            evaluation.project.as_str().into(),
            evaluation.environment.as_str().into(),
            evaluation.endpoint.as_str().into(),
            evaluation.team.as_ref().map(|team| team.0.clone()).into(),
            evaluation.state.as_str().into(),
            evaluation.reason.clone().into(),
            evaluation.asked_by.as_ref().map(|by| by.0.clone()).into(),
            evaluation.run.as_ref().map(|run| run.0.clone()).into(),
            json(&evaluation.looked)?.into(),
            evaluation.started_at.0.into(),
            evaluation.ended_at.map(|at| at.0).into(),
            evaluation.revision.into(),
            evaluation.looked.candidate.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn save_evaluation(&self, evaluation: Evaluation) -> Result<Evaluation> {
        let sql = "UPDATE evaluations SET state = $3, reason = $4, content = $5, ended_at_us = $6, \
            revision = revision + 1 WHERE id = $1 AND revision = $2";
        let values: Vec<Value> = vec![
            evaluation.id.as_str().into(),
            evaluation.revision.into(),
            evaluation.state.as_str().into(),
            evaluation.reason.clone().into(),
            json(&evaluation.looked)?.into(),
            evaluation.ended_at.map(|at| at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Evaluation { revision: evaluation.revision + 1, ..evaluation })
    }

    async fn list_evaluations(
        &self,
        visible: &Visible,
        monitor: &str,
        after: Option<&After>,
        most: u32,
    ) -> Result<Vec<Evaluation>> {
        let mut select = Query::select();
        select.columns(EVALUATION.split(", ")).from("evaluations").cond_where(visible.condition(&columns()));
        select.and_where(Expr::col("monitor").eq(monitor));
        if let Some((at, id)) = after {
            let same = Cond::all().add(Expr::col("started_at_us").eq(*at)).add(Expr::col("id").lt(id.as_str()));
            select.cond_where(Cond::any().add(Expr::col("started_at_us").lt(*at)).add(same));
        }
        select.order_by("started_at_us", Order::Desc).order_by("id", Order::Desc).limit(most.into());
        self.conn().query_all(&select).await?.iter().map(evaluation_of).collect()
    }

    async fn list_evaluations_of(
        &self,
        environment: &EnvironmentId,
        candidate: i64,
        most: u32,
    ) -> Result<Vec<Evaluation>> {
        let sql = format!(
            "SELECT {EVALUATION} FROM evaluations WHERE environment = $1 AND candidate = $2 \
             ORDER BY started_at_us DESC, id DESC LIMIT $3"
        );
        let values = vec![environment.as_str().into(), candidate.into(), i64::from(most).into()];
        all(self, &sql, values).await?.iter().map(evaluation_of).collect()
    }

    async fn count_evaluations_of(&self, environment: &EnvironmentId, candidate: i64) -> Result<i64> {
        let sql = "SELECT count(*) AS n FROM evaluations WHERE environment = $1 AND candidate = $2";
        let row = one(self, sql, vec![environment.as_str().into(), candidate.into()]).await?;
        Ok(row.as_ref().map(|row| get(row, "n")).transpose()?.unwrap_or_default())
    }

    async fn list_running(&self, then: Timestamp, most: u32) -> Result<Vec<RunId>> {
        let sql = "SELECT run FROM evaluations WHERE state = 'running' AND run IS NOT NULL AND started_at_us < $1 \
            ORDER BY started_at_us LIMIT $2";
        let rows = all(self, sql, vec![then.0.into(), i64::from(most).into()]).await?;
        rows.iter().map(|row| Ok(RunId(get(row, "run")?))).collect()
    }
}
