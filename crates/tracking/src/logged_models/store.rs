use super::model::{FoundModel, ModelData, ModelMetric};
use super::{LoggedModel, LoggedModelState};
use crate::experiments::store::ExperimentStore;
use crate::rows::{insert, list, tags_by};
use crate::runs::Point;
use crate::search::{Attribute, Clause, Dialect, Holds, Kind, Ordering, Side, Sql, listed_texts, listed_wholes, page};
use crate::spaces::Space;
use crate::wire::Tag;
use base::{PersonId, Timestamp};
use db::sql::{all, get, one, run, run_one, unknown, word};
use db::{Result, Tx};
use sea_orm::QueryResult;
use std::collections::{BTreeMap, HashMap, HashSet};

const COLUMNS: &str = "l.id, l.experiment, l.name, l.model_type, l.source_run, l.state, l.status_message, l.created_by, \
    l.created_at_us, l.changed_at_us";

/// What logged models can be searched by.
pub(crate) const DIALECT: Dialect = Dialect {
    prefixes: &["attribute", "attributes", "attr"],
    attributes: &[
        Attribute { names: &["name"], sql: "l.name", kind: Kind::Text, nullable: false },
        Attribute { names: &["model_id"], sql: "l.id", kind: Kind::Text, nullable: false },
        Attribute { names: &["model_type"], sql: "l.model_type", kind: Kind::Text, nullable: false },
        Attribute { names: &["source_run_id"], sql: "l.source_run", kind: Kind::Text, nullable: false },
        Attribute {
            names: &["status"],
            sql: "(CASE l.state WHEN 'failed' THEN 'UPLOAD_FAILED' ELSE upper(l.state) END)",
            kind: Kind::Text,
            nullable: false,
        },
        Attribute {
            names: &["creation_timestamp", "creation_time", "creation_timestamp_ms"],
            sql: "l.created_at_us",
            kind: Kind::Whole(1_000),
            nullable: false,
        },
        Attribute {
            names: &["last_updated_timestamp", "last_updated_time", "last_updated_timestamp_ms"],
            sql: "l.changed_at_us",
            kind: Kind::Whole(1_000),
            nullable: false,
        },
    ],
    sides: &[
        Side {
            prefixes: &["metrics", "metric"],
            holds: Holds::Numbers,
            table: "logged_model_metrics",
            joins: ("model", "l.id"),
        },
        Side {
            prefixes: &["params", "param", "parameter", "parameters"],
            holds: Holds::Texts,
            table: "logged_model_params",
            joins: ("model", "l.id"),
        },
        Side { prefixes: &["tags", "tag"], holds: Holds::Texts, table: "logged_model_tags", joins: ("model", "l.id") },
    ],
};

/// The statements on logged models.
pub(crate) trait LoggedModelStore {
    async fn find_logged_model(&self, id: &str) -> Result<Option<FoundModel>>;
    async fn insert_logged_model(&self, model: &LoggedModel) -> Result<()>;
    async fn save_logged_model(&self, model: &LoggedModel) -> Result<()>;
    async fn delete_logged_model(&self, id: &str, now: Timestamp) -> Result<()>;
    /// Returns those of `ids` that are models of this space.
    async fn list_logged_model_ids(&self, space: &Space, ids: &[String]) -> Result<HashSet<String>>;
    /// Returns a page and, where there is more, the token of the next.
    async fn list_logged_models(
        &self,
        experiments: &[i64],
        clauses: &[Clause],
        page: (Option<&str>, u32),
        order: &Ordering,
        sql: Sql,
    ) -> Result<(Vec<LoggedModel>, Option<String>)>;
    /// Inserts those parameters that are not there.
    async fn insert_model_params(&self, id: &str, params: &[Tag]) -> Result<()>;
    async fn set_model_tags(&self, id: &str, tags: &[Tag]) -> Result<()>;
    async fn delete_model_tag(&self, id: &str, key: &str) -> Result<bool>;
    /// Keeps each point of `run` with its model, unless a newer one on the same data is there.
    async fn raise_model_metrics(&self, run: &str, points: &[&Point]) -> Result<()>;
    async fn list_model_data(&self, ids: &[String]) -> Result<HashMap<String, ModelData>>;
}

fn model(row: &QueryResult) -> Result<LoggedModel> {
    Ok(LoggedModel {
        id: get(row, "id")?,
        experiment: get(row, "experiment")?,
        name: get(row, "name")?,
        model_type: get(row, "model_type")?,
        source_run: get(row, "source_run")?,
        state: word::<LoggedModelState>(row, "state")?,
        status_message: get(row, "status_message")?,
        created_by: PersonId(get(row, "created_by")?),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
    })
}

impl LoggedModelStore for Tx {
    async fn find_logged_model(&self, id: &str) -> Result<Option<FoundModel>> {
        let sql = format!("SELECT {COLUMNS} FROM logged_models l WHERE l.id = $1 AND l.deleted_at_us IS NULL");
        let Some(row) = one(self, &sql, vec![id.into()]).await? else { return Ok(None) };
        let model = model(&row)?;
        let experiment = self.find_experiment_numbered(model.experiment).await?;
        let experiment = experiment.ok_or_else(|| unknown("a model without its experiment"))?;
        Ok(Some(FoundModel { model, experiment }))
    }

    async fn insert_logged_model(&self, model: &LoggedModel) -> Result<()> {
        let sql = "INSERT INTO logged_models (id, experiment, name, model_type, source_run, state, status_message, \
            created_by, created_at_us, changed_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let values = vec![
            model.id.as_str().into(),
            model.experiment.into(),
            model.name.as_str().into(),
            model.model_type.as_str().into(),
            model.source_run.as_str().into(),
            model.state.as_str().into(),
            model.status_message.as_str().into(),
            model.created_by.as_str().into(),
            model.created_at.0.into(),
            model.changed_at.0.into(),
        ];
        run(self, sql, values).await.map(|_| ())
    }

    async fn save_logged_model(&self, model: &LoggedModel) -> Result<()> {
        let sql = "UPDATE logged_models SET state = $1, status_message = $2, changed_at_us = $3 WHERE id = $4";
        let (state, message) = (model.state.as_str(), model.status_message.as_str());
        run_one(self, sql, vec![state.into(), message.into(), model.changed_at.0.into(), model.id.as_str().into()])
            .await
    }

    async fn delete_logged_model(&self, id: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE logged_models SET deleted_at_us = $1, changed_at_us = $1 WHERE id = $2";
        run_one(self, sql, vec![now.0.into(), id.into()]).await
    }

    async fn list_logged_model_ids(&self, space: &Space, ids: &[String]) -> Result<HashSet<String>> {
        let fits = listed_texts(self.engine(), "$1");
        let sql = format!(
            "SELECT l.id FROM logged_models l JOIN experiments e ON e.number = l.experiment \
             WHERE l.id IN {fits} AND e.space = $2 AND l.deleted_at_us IS NULL"
        );
        let rows = all(self, &sql, vec![list(ids), space.to_string().into()]).await?;
        rows.iter().map(|row| get(row, "id")).collect()
    }

    async fn list_logged_models(
        &self,
        experiments: &[i64],
        clauses: &[Clause],
        (after, limit): (Option<&str>, u32),
        order: &Ordering,
        mut sql: Sql,
    ) -> Result<(Vec<LoggedModel>, Option<String>)> {
        let experiments = sql.bind(list(experiments));
        let mut fits = format!("l.experiment IN {}", listed_wholes(self.engine(), &experiments));
        fits += " AND l.deleted_at_us IS NULL";
        fits += &sql.all_of(clauses);
        fits += after.unwrap_or_default();
        let most = sql.bind(i64::from(limit) + 1);
        let text = format!(
            "SELECT {COLUMNS}{} FROM logged_models l{} WHERE {fits} ORDER BY {} LIMIT {most}",
            order.columns(),
            order.joins,
            order.order_by()
        );
        page(&all(self, &text, sql.values).await?, limit, order, model)
    }

    async fn insert_model_params(&self, id: &str, params: &[Tag]) -> Result<()> {
        let rows = params.iter().map(|tag| vec![id.into(), tag.key.as_str().into(), tag.value.as_str().into()]);
        let head = "INSERT INTO logged_model_params (model, key, value)";
        insert(self, head, "ON CONFLICT DO NOTHING", rows.collect()).await.map(|_| ())
    }

    async fn set_model_tags(&self, id: &str, tags: &[Tag]) -> Result<()> {
        let rows = tags.iter().map(|tag| vec![id.into(), tag.key.as_str().into(), tag.value.as_str().into()]);
        let tail = "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value";
        insert(self, "INSERT INTO logged_model_tags (model, key, value)", tail, rows.collect()).await.map(|_| ())
    }

    async fn delete_model_tag(&self, id: &str, key: &str) -> Result<bool> {
        let sql = "DELETE FROM logged_model_tags WHERE model = $1 AND key = $2";
        Ok(run(self, sql, vec![id.into(), key.into()]).await? > 0)
    }

    async fn raise_model_metrics(&self, run: &str, points: &[&Point]) -> Result<()> {
        let mut newest: BTreeMap<(&str, &str, String, String), &Point> = BTreeMap::new();
        for point in points {
            let (name, digest) = point.dataset.clone().unwrap_or_default();
            let key = (point.model.as_deref().unwrap_or_default(), point.key.as_str(), name, digest);
            let kept = newest.entry(key).or_insert(point);
            if (point.step, point.at_ms) >= (kept.step, kept.at_ms) {
                *kept = point;
            }
        }
        let rows = newest.into_iter().map(|((model, key, name, digest), point)| {
            vec![
                model.into(),
                key.into(),
                name.into(),
                digest.into(),
                run.into(),
                point.value.into(),
                point.is_nan.into(),
                point.step.into(),
                point.at_ms.into(),
            ]
        });
        let head = "INSERT INTO logged_model_metrics (model, key, dataset_name, dataset_digest, run, value, is_nan, step, at_ms)";
        let tail = "ON CONFLICT (model, key, dataset_name, dataset_digest) DO UPDATE SET run = excluded.run, \
            value = excluded.value, is_nan = excluded.is_nan, step = excluded.step, at_ms = excluded.at_ms \
            WHERE (excluded.step, excluded.at_ms) >= (logged_model_metrics.step, logged_model_metrics.at_ms)";
        insert(self, head, tail, rows.collect()).await.map(|_| ())
    }

    async fn list_model_data(&self, ids: &[String]) -> Result<HashMap<String, ModelData>> {
        let fits = listed_texts(self.engine(), "$1");
        let texts = |table: &str| {
            format!("SELECT model AS owner, key, value FROM {table} WHERE model IN {fits} ORDER BY model, key")
        };
        let mut by: HashMap<String, ModelData> = HashMap::new();
        for (id, params) in tags_by::<String>(self, &texts("logged_model_params"), vec![list(ids)]).await? {
            by.entry(id).or_default().params = params;
        }
        for (id, tags) in tags_by::<String>(self, &texts("logged_model_tags"), vec![list(ids)]).await? {
            by.entry(id).or_default().tags = tags;
        }
        let sql = format!(
            "SELECT model, key, value, is_nan, step, at_ms, run, dataset_name, dataset_digest FROM logged_model_metrics \
             WHERE model IN {fits} ORDER BY model, key, dataset_name, dataset_digest"
        );
        for row in all(self, &sql, vec![list(ids)]).await? {
            let metric = ModelMetric {
                key: get(&row, "key")?,
                value: get(&row, "value")?,
                is_nan: get(&row, "is_nan")?,
                step: get(&row, "step")?,
                at_ms: get(&row, "at_ms")?,
                run: get(&row, "run")?,
                dataset_name: get(&row, "dataset_name")?,
                dataset_digest: get(&row, "dataset_digest")?,
            };
            by.entry(get(&row, "model")?).or_default().metrics.push(metric);
        }
        let sql = format!(
            "SELECT v.logged_model, m.name, v.version FROM model_versions v JOIN registered_models m ON m.id = v.model \
             WHERE v.logged_model IN {fits} AND v.deleted_at_us IS NULL ORDER BY m.name, v.version"
        );
        for row in all(self, &sql, vec![list(ids)]).await? {
            let registration = (get(&row, "name")?, get(&row, "version")?);
            by.entry(get(&row, "logged_model")?).or_default().registrations.push(registration);
        }
        Ok(by)
    }
}
