use super::{Experiment, Lifecycle};
use crate::rows::{hold, insert, list};
use crate::search::{Attribute, Clause, Dialect, Holds, Kind, Ordering, Side, Sql, listed_texts, listed_wholes};
use crate::spaces::Space;
use crate::wire::Tag;
use base::{PersonId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::QueryResult;
use std::collections::HashMap;

const COLUMNS: &str = "e.number, e.id, e.space, e.name, e.is_default, e.state, e.created_by, e.created_at_us, \
    e.changed_at_us, e.revision";

/// What experiments can be searched by.
pub(crate) const DIALECT: Dialect = Dialect {
    prefixes: &["attribute", "attributes", "attr"],
    attributes: &[
        Attribute { names: &["name"], sql: "e.name", kind: Kind::Text, nullable: false },
        Attribute {
            names: &["experiment_id"],
            sql: "(CASE WHEN e.is_default THEN '0' ELSE e.id END)",
            kind: Kind::Text,
            nullable: false,
        },
        Attribute { names: &["creation_time"], sql: "e.created_at_us", kind: Kind::Whole(1_000), nullable: false },
        Attribute { names: &["last_update_time"], sql: "e.changed_at_us", kind: Kind::Whole(1_000), nullable: false },
    ],
    sides: &[Side {
        prefixes: &["tag", "tags"],
        holds: Holds::Texts,
        table: "experiment_tags",
        joins: ("experiment", "e.number"),
    }],
};

/// Which experiments a list shows.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub spaces: &'a [String],
    /// `None` for those of either.
    pub state: Option<Lifecycle>,
    pub clauses: &'a [Clause],
    pub after: Option<&'a str>,
    pub limit: u32,
}

/// The statements on experiments.
pub(crate) trait ExperimentStore {
    async fn find_experiment(&self, id: &str) -> Result<Option<Experiment>>;
    async fn find_experiment_numbered(&self, number: i64) -> Result<Option<Experiment>>;
    async fn find_default_experiment(&self, space: &Space) -> Result<Option<Experiment>>;
    /// Returns the active one.
    async fn find_experiment_named(&self, space: &Space, name: &str) -> Result<Option<Experiment>>;
    /// Like `find_experiment`, and nobody else locks the row until this transaction ends.
    async fn lock_experiment(&self, id: &str) -> Result<Option<Experiment>>;
    /// Returns its number. [`db::Error::Taken`] if the name is, or the space has its default.
    async fn insert_experiment(&self, experiment: &Experiment) -> Result<i64>;
    async fn save_experiment(&self, experiment: Experiment) -> Result<Experiment>;
    /// Returns a page and, where there is more, the token of the next.
    async fn list_experiments(
        &self,
        wanted: &Wanted<'_>,
        order: &Ordering,
        sql: Sql,
    ) -> Result<(Vec<Experiment>, Option<String>)>;
    /// Returns the spaces that hold experiments.
    async fn list_experiment_spaces(&self) -> Result<Vec<Space>>;
    async fn list_experiments_of(&self, ids: &[String]) -> Result<Vec<Experiment>>;
    async fn set_experiment_tags(&self, number: i64, tags: &[Tag]) -> Result<()>;
    async fn delete_experiment_tag(&self, number: i64, key: &str) -> Result<bool>;
    async fn list_experiment_tags(&self, numbers: &[i64]) -> Result<HashMap<i64, Vec<Tag>>>;
}

fn experiment(row: &QueryResult) -> Result<Experiment> {
    Ok(Experiment {
        number: get(row, "number")?,
        id: get(row, "id")?,
        space: word(row, "space")?,
        name: get(row, "name")?,
        is_default: get(row, "is_default")?,
        state: word(row, "state")?,
        created_by: PersonId(get(row, "created_by")?),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        revision: get(row, "revision")?,
    })
}

async fn find(tx: &Tx, fits: &str, values: Vec<sea_orm::Value>) -> Result<Option<Experiment>> {
    let sql = format!("SELECT {COLUMNS} FROM experiments e WHERE {fits}");
    one(tx, &sql, values).await?.as_ref().map(experiment).transpose()
}

impl ExperimentStore for Tx {
    async fn find_experiment(&self, id: &str) -> Result<Option<Experiment>> {
        find(self, "e.id = $1", vec![id.into()]).await
    }

    async fn find_experiment_numbered(&self, number: i64) -> Result<Option<Experiment>> {
        find(self, "e.number = $1", vec![number.into()]).await
    }

    async fn find_default_experiment(&self, space: &Space) -> Result<Option<Experiment>> {
        find(self, "e.space = $1 AND e.is_default", vec![space.to_string().into()]).await
    }

    async fn find_experiment_named(&self, space: &Space, name: &str) -> Result<Option<Experiment>> {
        let fits = "e.space = $1 AND e.name = $2 AND e.state = 'active'";
        find(self, fits, vec![space.to_string().into(), name.into()]).await
    }

    async fn lock_experiment(&self, id: &str) -> Result<Option<Experiment>> {
        find(self, &format!("e.id = $1{}", hold(self)), vec![id.into()]).await
    }

    async fn insert_experiment(&self, experiment: &Experiment) -> Result<i64> {
        let sql = "INSERT INTO experiments (id, space, name, is_default, state, created_by, created_at_us, changed_at_us, \
            revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number";
        let values = vec![
            experiment.id.as_str().into(),
            experiment.space.to_string().into(),
            experiment.name.as_str().into(),
            experiment.is_default.into(),
            experiment.state.as_str().into(),
            experiment.created_by.as_str().into(),
            experiment.created_at.0.into(),
            experiment.changed_at.0.into(),
            experiment.revision.into(),
        ];
        let row = one(self, sql, values).await?.ok_or_else(|| unknown("no number of a new experiment"))?;
        get(&row, "number")
    }

    async fn save_experiment(&self, experiment: Experiment) -> Result<Experiment> {
        let sql = "UPDATE experiments SET name = $1, state = $2, changed_at_us = $3, revision = revision + 1 \
            WHERE number = $4 AND revision = $5";
        let values = vec![
            experiment.name.as_str().into(),
            experiment.state.as_str().into(),
            experiment.changed_at.0.into(),
            experiment.number.into(),
            experiment.revision.into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Experiment { revision: experiment.revision + 1, ..experiment })
    }

    async fn list_experiments(
        &self,
        wanted: &Wanted<'_>,
        order: &Ordering,
        mut sql: Sql,
    ) -> Result<(Vec<Experiment>, Option<String>)> {
        let spaces = sql.bind(list(wanted.spaces));
        let mut fits = format!("e.space IN {}", listed_texts(self.engine(), &spaces));
        if let Some(state) = wanted.state {
            fits += &format!(" AND e.state = {}", sql.bind(state.as_str()));
        }
        fits += &sql.all_of(wanted.clauses);
        fits += wanted.after.unwrap_or_default();
        let limit = sql.bind(i64::from(wanted.limit) + 1);
        let text = format!(
            "SELECT {COLUMNS}{} FROM experiments e{} WHERE {fits} ORDER BY {} LIMIT {limit}",
            order.columns(),
            order.joins,
            order.order_by()
        );
        let rows = all(self, &text, sql.values).await?;
        crate::search::page(&rows, wanted.limit, order, experiment)
    }

    async fn list_experiment_spaces(&self) -> Result<Vec<Space>> {
        let rows = all(self, "SELECT DISTINCT space FROM experiments ORDER BY space", vec![]).await?;
        rows.iter().map(|row| word(row, "space")).collect()
    }

    async fn list_experiments_of(&self, ids: &[String]) -> Result<Vec<Experiment>> {
        let fits = listed_texts(self.engine(), "$1");
        let sql = format!("SELECT {COLUMNS} FROM experiments e WHERE e.id IN {fits} ORDER BY e.number");
        all(self, &sql, vec![list(ids)]).await?.iter().map(experiment).collect()
    }

    async fn set_experiment_tags(&self, number: i64, tags: &[Tag]) -> Result<()> {
        let rows = tags.iter().map(|tag| vec![number.into(), tag.key.as_str().into(), tag.value.as_str().into()]);
        let head = "INSERT INTO experiment_tags (experiment, key, value)";
        let tail = "ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value";
        insert(self, head, tail, rows.collect()).await.map(|_| ())
    }

    async fn delete_experiment_tag(&self, number: i64, key: &str) -> Result<bool> {
        let sql = "DELETE FROM experiment_tags WHERE experiment = $1 AND key = $2";
        Ok(run(self, sql, vec![number.into(), key.into()]).await? > 0)
    }

    async fn list_experiment_tags(&self, numbers: &[i64]) -> Result<HashMap<i64, Vec<Tag>>> {
        let fits = listed_wholes(self.engine(), "$1");
        let sql = format!(
            "SELECT experiment AS owner, key, value FROM experiment_tags WHERE experiment IN {fits} ORDER BY experiment, key"
        );
        crate::rows::tags_by(self, &sql, vec![list(numbers)]).await
    }
}
