use super::Baseline;
use base::{PersonId, Timestamp};
use db::sql::{all, get, run, unknown, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

const BASELINE: &str = "id, digest, content, imported_by, imported_at_us";

/// Where a page of baselines goes on: the last one's time and id.
pub(super) type After = (i64, String);

/// The table `baselines`.
pub(super) trait BaselineStore {
    async fn insert_baseline(&self, baseline: &Baseline) -> Result<()>;
    /// Returns up to `most` behind `after`, the newest first.
    async fn list_baselines(&self, after: Option<&After>, most: u32) -> Result<Vec<Baseline>>;
}

fn baseline_of(row: &QueryResult) -> Result<Baseline> {
    Ok(Baseline {
        id: get(row, "id")?,
        digest: word(row, "digest")?,
        lines: serde_json::from_str(&get::<String>(row, "content")?).map_err(unknown)?,
        imported_by: PersonId(get(row, "imported_by")?),
        imported_at: Timestamp(get(row, "imported_at_us")?),
    })
}

impl BaselineStore for Tx {
    async fn insert_baseline(&self, baseline: &Baseline) -> Result<()> {
        let sql = format!("INSERT INTO baselines ({BASELINE}) VALUES ($1, $2, $3, $4, $5)");
        let values = vec![
            baseline.id.as_str().into(),
            baseline.digest.to_string().into(),
            serde_json::to_string(&baseline.lines).map_err(unknown)?.into(),
            baseline.imported_by.as_str().into(),
            baseline.imported_at.0.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn list_baselines(&self, after: Option<&After>, most: u32) -> Result<Vec<Baseline>> {
        let (at, id) = after.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
        let sql = format!(
            "SELECT {BASELINE} FROM baselines WHERE imported_at_us < $1 OR (imported_at_us = $1 AND id < $2) \
             ORDER BY imported_at_us DESC, id DESC LIMIT $3"
        );
        all(self, &sql, vec![at.into(), id.into(), i64::from(most).into()]).await?.iter().map(baseline_of).collect()
    }
}
