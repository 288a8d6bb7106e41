use super::batch::Point;
use super::model::Latest;
use crate::rows::{insert, list, tags_by};
use crate::search::{listed_texts, listed_wholes};
use crate::wire::Tag;
use db::sql::{all, get, run};
use db::{Result, Tx};
use sea_orm::QueryResult;
use std::collections::HashMap;

/// Where in a history to go on: time, step, value, and whether it is NaN.
pub(crate) type After = (i64, i64, f64, bool);

/// The statements on what runs log. A run goes by its number.
pub(crate) trait ValueStore {
    /// Inserts those points that are not there.
    async fn insert_points(&self, run: i64, points: &[&Point]) -> Result<()>;
    /// Keeps each unless a newer one is there.
    async fn raise_latest(&self, run: i64, latest: &[Latest]) -> Result<()>;
    /// Inserts those parameters that are not there.
    async fn insert_params(&self, run: i64, params: &[Tag]) -> Result<()>;
    async fn list_params_of(&self, run: i64, keys: &[&str]) -> Result<Vec<Tag>>;
    async fn set_run_tags(&self, run: i64, tags: &[Tag]) -> Result<()>;
    async fn delete_run_tag(&self, run: i64, key: &str) -> Result<bool>;
    async fn list_params(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<Tag>>>;
    async fn list_run_tags(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<Tag>>>;
    async fn list_latest(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<Latest>>>;
    /// Returns up to `limit` points behind `after`, by time, step and value.
    async fn list_points(&self, run: i64, key: &str, after: Option<After>, limit: u32) -> Result<Vec<Point>>;
    /// Returns points between two steps, evenly thinned to about `limit`, the first and the last among them.
    async fn list_points_thinned(&self, run: i64, key: &str, steps: (i64, i64), limit: u32) -> Result<Vec<Point>>;
}

fn point(row: &QueryResult, key: &str) -> Result<Point> {
    let dataset = get::<Option<String>>(row, "dataset_name")?;
    let digest: Option<String> = get(row, "dataset_digest")?;
    Ok(Point {
        key: key.to_owned(),
        value: get(row, "value")?,
        is_nan: get(row, "is_nan")?,
        at_ms: get(row, "at_ms")?,
        step: get(row, "step")?,
        model: get(row, "model")?,
        dataset: dataset.map(|name| (name, digest.unwrap_or_default())),
    })
}

const POINT: &str = "value, is_nan, at_ms, step, model, dataset_name, dataset_digest";

impl ValueStore for Tx {
    async fn insert_points(&self, run: i64, points: &[&Point]) -> Result<()> {
        let row = |point: &&Point| {
            let (name, digest) = point.dataset.clone().unzip();
            vec![
                run.into(),
                point.key.as_str().into(),
                point.at_ms.into(),
                point.step.into(),
                point.value.into(),
                point.is_nan.into(),
                point.model.clone().into(),
                name.into(),
                digest.into(),
            ]
        };
        let head =
            "INSERT INTO run_metrics (run, key, at_ms, step, value, is_nan, model, dataset_name, dataset_digest)";
        insert(self, head, "ON CONFLICT DO NOTHING", points.iter().map(row).collect()).await.map(|_| ())
    }

    async fn raise_latest(&self, run: i64, latest: &[Latest]) -> Result<()> {
        let row = |one: &Latest| {
            let Latest { key, value, is_nan, step, at_ms } = one;
            vec![run.into(), key.as_str().into(), (*value).into(), (*is_nan).into(), (*step).into(), (*at_ms).into()]
        };
        // By key, in one statement each: two batches at once wait for each other in one order, and cannot deadlock.
        let tail = "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan, \
            step = excluded.step, at_ms = excluded.at_ms WHERE (excluded.step, excluded.at_ms, excluded.value) > \
            (run_latest_metrics.step, run_latest_metrics.at_ms, run_latest_metrics.value)";
        let head = "INSERT INTO run_latest_metrics (run, key, value, is_nan, step, at_ms)";
        insert(self, head, tail, latest.iter().map(row).collect()).await.map(|_| ())
    }

    async fn insert_params(&self, run: i64, params: &[Tag]) -> Result<()> {
        let rows = params.iter().map(|tag| vec![run.into(), tag.key.as_str().into(), tag.value.as_str().into()]);
        let head = "INSERT INTO run_params (run, key, value)";
        insert(self, head, "ON CONFLICT DO NOTHING", rows.collect()).await.map(|_| ())
    }

    async fn list_params_of(&self, run: i64, keys: &[&str]) -> Result<Vec<Tag>> {
        let fits = listed_texts(self.engine(), "$2");
        let sql = format!("SELECT key, value FROM run_params WHERE run = $1 AND key IN {fits}");
        let rows = all(self, &sql, vec![run.into(), list(keys)]).await?;
        rows.iter().map(|row| Ok(Tag { key: get(row, "key")?, value: get(row, "value")? })).collect()
    }

    async fn set_run_tags(&self, run: i64, tags: &[Tag]) -> Result<()> {
        let rows = tags.iter().map(|tag| vec![run.into(), tag.key.as_str().into(), tag.value.as_str().into()]);
        let tail = "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value";
        insert(self, "INSERT INTO run_tags (run, key, value)", tail, rows.collect()).await.map(|_| ())
    }

    async fn delete_run_tag(&self, number: i64, key: &str) -> Result<bool> {
        let sql = "DELETE FROM run_tags WHERE run = $1 AND key = $2";
        Ok(run(self, sql, vec![number.into(), key.into()]).await? > 0)
    }

    async fn list_params(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<Tag>>> {
        let fits = listed_wholes(self.engine(), "$1");
        let sql = format!("SELECT run AS owner, key, value FROM run_params WHERE run IN {fits} ORDER BY run, key");
        tags_by(self, &sql, vec![list(runs)]).await
    }

    async fn list_run_tags(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<Tag>>> {
        let fits = listed_wholes(self.engine(), "$1");
        let sql = format!("SELECT run AS owner, key, value FROM run_tags WHERE run IN {fits} ORDER BY run, key");
        tags_by(self, &sql, vec![list(runs)]).await
    }

    async fn list_latest(&self, runs: &[i64]) -> Result<HashMap<i64, Vec<Latest>>> {
        let fits = listed_wholes(self.engine(), "$1");
        let sql = format!(
            "SELECT run, key, value, is_nan, step, at_ms FROM run_latest_metrics WHERE run IN {fits} ORDER BY run, key"
        );
        let mut by: HashMap<i64, Vec<Latest>> = HashMap::new();
        for row in all(self, &sql, vec![list(runs)]).await? {
            let latest = Latest {
                key: get(&row, "key")?,
                value: get(&row, "value")?,
                is_nan: get(&row, "is_nan")?,
                step: get(&row, "step")?,
                at_ms: get(&row, "at_ms")?,
            };
            by.entry(get(&row, "run")?).or_default().push(latest);
        }
        Ok(by)
    }

    async fn list_points(&self, run: i64, key: &str, after: Option<After>, limit: u32) -> Result<Vec<Point>> {
        let mut values = vec![run.into(), key.into(), i64::from(limit).into()];
        let mut later = "";
        if let Some((at_ms, step, value, is_nan)) = after {
            later = " AND (at_ms, step, value, is_nan) > ($4, $5, $6, $7)";
            values.extend([at_ms.into(), step.into(), value.into(), is_nan.into()]);
        }
        let sql = format!(
            "SELECT {POINT} FROM run_metrics WHERE run = $1 AND key = $2{later} ORDER BY at_ms, step, value, is_nan LIMIT $3"
        );
        all(self, &sql, values).await?.iter().map(|row| point(row, key)).collect()
    }

    async fn list_points_thinned(&self, run: i64, key: &str, steps: (i64, i64), limit: u32) -> Result<Vec<Point>> {
        let sql = format!(
            "SELECT {POINT} FROM (SELECT {POINT}, row_number() OVER (ORDER BY step, at_ms, value) - 1 AS n, \
             count(*) OVER () AS points FROM run_metrics WHERE run = $1 AND key = $2 AND step >= $3 AND step <= $4) p \
             WHERE n % ((points + $5 - 1) / $5) = 0 OR n = points - 1 ORDER BY step, at_ms, value"
        );
        let limit = i64::from(limit.max(2) - 1);
        let values = vec![run.into(), key.into(), steps.0.into(), steps.1.into(), limit.into()];
        all(self, &sql, values).await?.iter().map(|row| point(row, key)).collect()
    }
}
