use super::model::{Dataset, ModelLink};
use crate::rows::{insert, list};
use crate::search::listed_wholes;
use crate::wire::Tag;
use db::sql::{all, count, get, one, run as execute, unknown};
use db::{Result, Tx};
use std::collections::HashMap;

/// What a dataset was for: the tag that clients set.
pub(crate) const CONTEXT: &str = "mlflow.data.context";

/// A dataset of an experiment's runs, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub experiment: i64,
    pub name: String,
    pub digest: String,
    pub context: String,
}

/// Whether datasets come with their profiles, of up to 16 MiB each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profiles {
    With,
    Without,
}

/// The statements on what runs read and made. A run and an experiment go by their numbers.
pub(crate) trait InputStore {
    /// Keeps the dataset once for its experiment, and the link; again changes the tags.
    async fn put_dataset(&self, experiment: i64, run: i64, dataset: &Dataset) -> Result<()>;
    async fn put_models(&self, run: i64, links: &[ModelLink]) -> Result<()>;
    async fn list_datasets(&self, runs: &[i64], profiles: Profiles) -> Result<HashMap<i64, Vec<Dataset>>>;
    /// Returns how many bytes an answer that lists them has of what these runs logged, about, without profiles.
    async fn list_sizes(&self, runs: &[i64]) -> Result<HashMap<i64, u64>>;
    async fn list_models(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<ModelLink>>>;
    async fn list_summaries(&self, experiments: &[i64], limit: u32) -> Result<Vec<Summary>>;
}

impl InputStore for Tx {
    async fn put_dataset(&self, experiment: i64, run: i64, dataset: &Dataset) -> Result<()> {
        let sql = "INSERT INTO logged_datasets (experiment, name, digest, source_type, source, schema, profile) \
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let (name, digest) = (dataset.name.as_str(), dataset.digest.as_str());
        let values = vec![
            experiment.into(),
            name.into(),
            digest.into(),
            dataset.source_type.as_str().into(),
            dataset.source.as_str().into(),
            dataset.schema.as_str().into(),
            dataset.profile.as_str().into(),
        ];
        execute(self, sql, values).await?;
        let sql = "SELECT number FROM logged_datasets WHERE experiment = $1 AND name = $2 AND digest = $3";
        let row = one(self, sql, vec![experiment.into(), name.into(), digest.into()]).await?;
        let number: i64 = get(&row.ok_or_else(|| unknown("a dataset that was just kept"))?, "number")?;
        let context = dataset.tags.iter().find(|tag| tag.key == CONTEXT).map_or("", |tag| &tag.value);
        let tags = serde_json::to_string(&dataset.tags).map_err(unknown)?;
        let sql = "INSERT INTO run_datasets (run, dataset, name, digest, context, tags) VALUES ($1, $2, $3, $4, $5, $6) \
            ON CONFLICT (run, dataset) DO UPDATE SET context = excluded.context, tags = excluded.tags";
        let values = vec![run.into(), number.into(), name.into(), digest.into(), context.into(), tags.into()];
        execute(self, sql, values).await.map(|_| ())
    }

    async fn put_models(&self, run: i64, links: &[ModelLink]) -> Result<()> {
        let rows = links.iter().map(|link| {
            let direction = if link.made { "out" } else { "in" };
            vec![run.into(), direction.into(), link.model.as_str().into(), link.step.into()]
        });
        let tail = "ON CONFLICT (run, direction, model) DO UPDATE SET step = excluded.step";
        insert(self, "INSERT INTO run_models (run, direction, model, step)", tail, rows.collect()).await.map(|_| ())
    }

    async fn list_sizes(&self, runs: &[i64]) -> Result<HashMap<i64, u64>> {
        let fits = listed_wholes(self.engine(), "$1");
        let sql = format!(
            "SELECT run, CAST(sum(bytes) AS bigint) AS bytes FROM ( \
                SELECT run, length(key) + length(value) + 30 AS bytes FROM run_params WHERE run IN {fits} \
                UNION ALL SELECT run, length(key) + length(value) + 30 FROM run_tags WHERE run IN {fits} \
                UNION ALL SELECT run, length(key) + 100 FROM run_latest_metrics WHERE run IN {fits} \
                UNION ALL SELECT run, 100 FROM run_models WHERE run IN {fits} \
                UNION ALL SELECT u.run, length(d.schema) + length(d.source) + length(u.tags) + 200 FROM run_datasets u \
                    JOIN logged_datasets d ON d.number = u.dataset WHERE u.run IN {fits}) logged GROUP BY run"
        );
        let rows = all(self, &sql, vec![list(runs)]).await?;
        rows.iter().map(|row| Ok((get(row, "run")?, count(row, "bytes")?))).collect()
    }

    async fn list_datasets(&self, runs: &[i64], profiles: Profiles) -> Result<HashMap<i64, Vec<Dataset>>> {
        let fits = listed_wholes(self.engine(), "$1");
        let profile = if profiles == Profiles::With { "d.profile" } else { "'' AS profile" };
        let sql = format!(
            "SELECT u.run, d.name, d.digest, d.source_type, d.source, d.schema, {profile}, u.tags FROM run_datasets u \
             JOIN logged_datasets d ON d.number = u.dataset WHERE u.run IN {fits} ORDER BY u.run, u.dataset"
        );
        let mut by: HashMap<i64, Vec<Dataset>> = HashMap::new();
        for row in all(self, &sql, vec![list(runs)]).await? {
            let tags: Vec<Tag> = serde_json::from_str(&get::<String>(&row, "tags")?).map_err(unknown)?;
            let dataset = Dataset {
                name: get(&row, "name")?,
                digest: get(&row, "digest")?,
                source_type: get(&row, "source_type")?,
                source: get(&row, "source")?,
                schema: get(&row, "schema")?,
                profile: get(&row, "profile")?,
                tags,
            };
            by.entry(get(&row, "run")?).or_default().push(dataset);
        }
        Ok(by)
    }

    async fn list_models(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<ModelLink>>> {
        let fits = listed_wholes(self.engine(), "$1");
        let sql = format!(
            "SELECT run, direction, model, step FROM run_models WHERE run IN {fits} ORDER BY run, direction, step, model"
        );
        let mut by: HashMap<i64, Vec<ModelLink>> = HashMap::new();
        for row in all(self, &sql, vec![list(runs)]).await? {
            let made = get::<String>(&row, "direction")? == "out";
            let link = ModelLink { model: get(&row, "model")?, step: get(&row, "step")?, made };
            by.entry(get(&row, "run")?).or_default().push(link);
        }
        Ok(by)
    }

    async fn list_summaries(&self, experiments: &[i64], limit: u32) -> Result<Vec<Summary>> {
        let fits = listed_wholes(self.engine(), "$1");
        let sql = format!(
            "SELECT DISTINCT d.experiment, d.name, d.digest, u.context FROM logged_datasets d \
             JOIN run_datasets u ON u.dataset = d.number WHERE d.experiment IN {fits} \
             ORDER BY d.experiment, d.name, d.digest, u.context LIMIT $2"
        );
        let rows = all(self, &sql, vec![list(experiments), i64::from(limit).into()]).await?;
        let read = |row: &sea_orm::QueryResult| {
            let (experiment, name) = (get(row, "experiment")?, get(row, "name")?);
            Ok(Summary { experiment, name, digest: get(row, "digest")?, context: get(row, "context")? })
        };
        rows.iter().map(read).collect()
    }
}
