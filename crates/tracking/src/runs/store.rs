use super::inputs_store::InputStore;
use super::model::{Found, Run};
use crate::experiments::Lifecycle;
use crate::experiments::store::ExperimentStore;
use crate::rows::hold;
use crate::search::{Attribute, Clause, Dialect, Holds, Kind, Ordering, Side, Sql, listed_wholes, page};
use base::{AttemptId, PersonId, Timestamp};
use db::sql::{all, get, one, run as execute, unknown, word};
use db::{Result, Tx};
use sea_orm::QueryResult;
use std::collections::HashMap;

const COLUMNS: &str = "r.number, r.id, r.experiment, r.name, r.status, r.state, r.with_experiment, r.user_name, \
    r.created_by, r.attempt, r.started_at_us, r.ended_at_us";

/// What runs can be searched by.
pub(crate) const DIALECT: Dialect = Dialect {
    prefixes: &["attribute", "attributes", "attr", "run"],
    attributes: &[
        Attribute { names: &["run_id"], sql: "r.id", kind: Kind::Text, nullable: false },
        Attribute { names: &["run_name", "run name"], sql: "r.name", kind: Kind::Text, nullable: false },
        Attribute { names: &["user_id"], sql: "r.user_name", kind: Kind::Text, nullable: false },
        Attribute { names: &["status"], sql: "upper(r.status)", kind: Kind::Text, nullable: false },
        Attribute {
            names: &["start_time", "created"],
            sql: "r.started_at_us",
            kind: Kind::Whole(1_000),
            nullable: false,
        },
        Attribute { names: &["end_time"], sql: "r.ended_at_us", kind: Kind::Whole(1_000), nullable: true },
        Attribute {
            names: &["artifact_uri"],
            sql: "('mlflow-artifacts:/' || (SELECT CASE WHEN x.is_default THEN '0' ELSE x.id END FROM experiments x \
                WHERE x.number = r.experiment) || '/' || r.id || '/artifacts')",
            kind: Kind::Text,
            nullable: false,
        },
    ],
    sides: &[
        Side {
            prefixes: &["metric", "metrics"],
            holds: Holds::Numbers,
            table: "run_latest_metrics",
            joins: ("run", "r.number"),
        },
        Side {
            prefixes: &["parameter", "parameters", "param", "params"],
            holds: Holds::Texts,
            table: "run_params",
            joins: ("run", "r.number"),
        },
        Side { prefixes: &["tag", "tags"], holds: Holds::Texts, table: "run_tags", joins: ("run", "r.number") },
        Side {
            prefixes: &["dataset", "datasets"],
            holds: Holds::Datasets,
            table: "run_datasets",
            joins: ("run", "r.number"),
        },
    ],
};

/// What a run's own fields take in an answer, about.
const RUN_BYTES: u64 = 500;

/// Which runs a list shows.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The numbers of their experiments.
    pub experiments: &'a [i64],
    /// `None` for those of either.
    pub state: Option<Lifecycle>,
    pub clauses: &'a [Clause],
    pub after: Option<&'a str>,
    pub limit: u32,
    /// How much all that they logged may be; one run is returned however much it logged.
    pub bytes: u64,
}

/// The statements on runs.
pub(crate) trait RunStore {
    async fn find_run(&self, id: &str) -> Result<Option<Found>>;
    /// Like `find_run`, and nobody else locks the row until this transaction ends.
    async fn lock_run(&self, id: &str) -> Result<Option<Found>>;
    /// Returns the run that was made from the same order as `new`, is numbered `last` at most, and that nothing was logged to.
    async fn find_unanswered(&self, new: &Run, last: i64) -> Result<Option<String>>;
    /// Returns the highest number of a run.
    async fn last_run(&self) -> Result<i64>;
    /// Returns its number.
    async fn insert_run(&self, run: &Run) -> Result<i64>;
    async fn save_run(&self, run: &Run) -> Result<()>;
    /// Returns a page and, where there is more, the token of the next.
    async fn list_runs(&self, wanted: &Wanted<'_>, order: &Ordering, sql: Sql) -> Result<(Vec<Run>, Option<String>)>;
    /// Deletes the active runs of an experiment, or brings back those that went with it.
    async fn move_runs_with_experiment(&self, experiment: i64, to: Lifecycle) -> Result<()>;
}

fn run(row: &QueryResult) -> Result<Run> {
    Ok(Run {
        number: get(row, "number")?,
        id: get(row, "id")?,
        experiment: get(row, "experiment")?,
        name: get(row, "name")?,
        status: word(row, "status")?,
        state: word(row, "state")?,
        with_experiment: get(row, "with_experiment")?,
        user: get(row, "user_name")?,
        created_by: PersonId(get(row, "created_by")?),
        attempt: get::<Option<String>>(row, "attempt")?.map(AttemptId),
        started_at: Timestamp(get(row, "started_at_us")?),
        ended_at: get::<Option<i64>>(row, "ended_at_us")?.map(Timestamp),
    })
}

async fn find(tx: &Tx, id: &str, hold: &str) -> Result<Option<Found>> {
    let sql = format!("SELECT {COLUMNS} FROM experiment_runs r WHERE r.id = $1{hold}");
    let Some(row) = one(tx, &sql, vec![id.into()]).await? else { return Ok(None) };
    let run = run(&row)?;
    let experiment = tx.find_experiment_numbered(run.experiment).await?;
    let experiment = experiment.ok_or_else(|| unknown("a run without its experiment"))?;
    Ok(Some(Found { run, experiment }))
}

/// Returns how many of the runs, from the first on, logged no more than `bytes` together; at least one.
fn fitting(runs: &[i64], sizes: &HashMap<i64, u64>, bytes: u64) -> u32 {
    let (mut most, mut sum) = (0, 0_u64);
    for run in runs {
        sum = sum.saturating_add(RUN_BYTES + sizes.get(run).copied().unwrap_or(0));
        if sum > bytes && most > 0 {
            break;
        }
        most += 1;
    }
    most
}

impl RunStore for Tx {
    async fn find_run(&self, id: &str) -> Result<Option<Found>> {
        find(self, id, "").await
    }

    async fn lock_run(&self, id: &str) -> Result<Option<Found>> {
        find(self, id, hold(self)).await
    }

    async fn last_run(&self) -> Result<i64> {
        let row = one(self, "SELECT coalesce(max(number), 0) AS last FROM experiment_runs", vec![]).await?;
        row.map_or(Ok(0), |row| get(&row, "last"))
    }

    async fn find_unanswered(&self, new: &Run, last: i64) -> Result<Option<String>> {
        let sql = "SELECT r.id FROM experiment_runs r WHERE r.experiment = $1 AND r.name = $2 AND r.user_name = $3 \
            AND r.created_by = $4 AND coalesce(r.attempt, '') = $5 AND r.started_at_us = $6 AND r.number <= $7 \
            AND r.status = $8 AND r.state = $9 \
            AND NOT EXISTS (SELECT 1 FROM run_latest_metrics m WHERE m.run = r.number) \
            AND NOT EXISTS (SELECT 1 FROM run_params p WHERE p.run = r.number) \
            AND NOT EXISTS (SELECT 1 FROM run_datasets d WHERE d.run = r.number) \
            AND NOT EXISTS (SELECT 1 FROM run_models o WHERE o.run = r.number) \
            AND NOT EXISTS (SELECT 1 FROM logged_artifacts a WHERE a.owner = r.id) \
            AND NOT EXISTS (SELECT 1 FROM logged_models l WHERE l.experiment = r.experiment AND l.source_run = r.id) \
            ORDER BY r.number LIMIT 1";
        let values = vec![
            new.experiment.into(),
            new.name.as_str().into(),
            new.user.as_str().into(),
            new.created_by.as_str().into(),
            new.attempt.as_ref().map_or_else(String::new, |attempt| attempt.0.clone()).into(),
            new.started_at.0.into(),
            last.into(),
            new.status.as_str().into(),
            new.state.as_str().into(),
        ];
        one(self, sql, values).await?.map(|row| get(&row, "id")).transpose()
    }

    async fn insert_run(&self, run: &Run) -> Result<i64> {
        let sql = "INSERT INTO experiment_runs (id, experiment, name, status, state, with_experiment, user_name, created_by, \
            attempt, started_at_us, ended_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING number";
        let values = vec![
            run.id.as_str().into(),
            run.experiment.into(),
            run.name.as_str().into(),
            run.status.as_str().into(),
            run.state.as_str().into(),
            run.with_experiment.into(),
            run.user.as_str().into(),
            run.created_by.as_str().into(),
            run.attempt.as_ref().map(|attempt| attempt.0.clone()).into(),
            run.started_at.0.into(),
            run.ended_at.map(|at| at.0).into(),
        ];
        let row = one(self, sql, values).await?.ok_or_else(|| unknown("no number of a new run"))?;
        get(&row, "number")
    }

    async fn save_run(&self, run: &Run) -> Result<()> {
        let sql = "UPDATE experiment_runs SET name = $1, status = $2, state = $3, with_experiment = $4, user_name = $5, \
            ended_at_us = $6 WHERE number = $7";
        let values = vec![
            run.name.as_str().into(),
            run.status.as_str().into(),
            run.state.as_str().into(),
            run.with_experiment.into(),
            run.user.as_str().into(),
            run.ended_at.map(|at| at.0).into(),
            run.number.into(),
        ];
        db::sql::run_one(self, sql, values).await
    }

    async fn list_runs(
        &self,
        wanted: &Wanted<'_>,
        order: &Ordering,
        mut sql: Sql,
    ) -> Result<(Vec<Run>, Option<String>)> {
        let mut fits = match wanted.experiments {
            // One experiment is what is asked for nearly always, and the engine plans for it best.
            [one] => format!("r.experiment = {}", sql.bind(*one)),
            many => format!("r.experiment IN {}", listed_wholes(self.engine(), &sql.bind(crate::rows::list(many)))),
        };
        if let Some(state) = wanted.state {
            fits += &format!(" AND r.state = {}", sql.bind(state.as_str()));
        }
        fits += &sql.all_of(wanted.clauses);
        fits += wanted.after.unwrap_or_default();
        let limit = sql.bind(i64::from(wanted.limit) + 1);
        let text = format!(
            "SELECT {COLUMNS}{} FROM experiment_runs r{} WHERE {fits} ORDER BY {} LIMIT {limit}",
            order.columns(),
            order.joins,
            order.order_by()
        );
        let rows = all(self, &text, sql.values).await?;
        let numbers = rows.iter().map(|row| get(row, "number")).collect::<Result<Vec<i64>>>()?;
        let most = fitting(&numbers, &self.list_sizes(&numbers).await?, wanted.bytes);
        page(&rows, most.min(wanted.limit), order, run)
    }

    async fn move_runs_with_experiment(&self, experiment: i64, to: Lifecycle) -> Result<()> {
        let sql = match to {
            Lifecycle::Deleted => {
                "UPDATE experiment_runs SET state = 'deleted', with_experiment = $2 WHERE experiment = $1 AND state = 'active'"
            }
            Lifecycle::Active => {
                "UPDATE experiment_runs SET state = 'active', with_experiment = $2 WHERE experiment = $1 AND with_experiment"
            }
        };
        execute(self, sql, vec![experiment.into(), (to == Lifecycle::Deleted).into()]).await.map(|_| ())
    }
}
