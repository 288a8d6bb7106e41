use base::{DatasetId, Timestamp};
use db::sql::{get, one, run};
use db::{Result, Tx};

/// What became of an endpoint's captured calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// `prod.credit`.
    pub endpoint: String,
    /// Where they are; nothing before the first were published.
    pub dataset: Option<DatasetId>,
    pub version: Option<i64>,
    /// How many rows were published in all.
    pub rows: i64,
    /// Why those that wait could not be published the last time.
    pub reason: Option<String>,
    pub changed_at: Timestamp,
}

/// The tables `captures` and `captured_segments`.
pub(crate) trait CaptureStore {
    async fn find_capture(&self, endpoint: &str) -> Result<Option<Capture>>;
    /// Inserts it, or replaces the one of its endpoint.
    async fn put_capture(&self, capture: &Capture) -> Result<()>;
    /// Says that the rows of a segment are in the lake; [`db::Error::Taken`] if they were before.
    async fn insert_segment(&self, endpoint: &str, segment: &str, now: Timestamp) -> Result<()>;
    /// Tells whether the rows of a segment are in the lake.
    async fn has_segment(&self, endpoint: &str, segment: &str) -> Result<bool>;
    /// Forgets the segments of before `before`, whose files are long gone.
    async fn forget_segments(&self, before: Timestamp) -> Result<()>;
}

impl CaptureStore for Tx {
    async fn find_capture(&self, endpoint: &str) -> Result<Option<Capture>> {
        let sql = "SELECT endpoint, dataset, version, rows, reason, changed_at_us FROM captures WHERE endpoint = $1";
        let Some(row) = one(self, sql, vec![endpoint.into()]).await? else { return Ok(None) };
        Ok(Some(Capture {
            endpoint: get(&row, "endpoint")?,
            dataset: get::<Option<String>>(&row, "dataset")?.map(DatasetId),
            version: get(&row, "version")?,
            rows: get(&row, "rows")?,
            reason: get(&row, "reason")?,
            changed_at: Timestamp(get(&row, "changed_at_us")?),
        }))
    }

    async fn put_capture(&self, capture: &Capture) -> Result<()> {
        let sql = "INSERT INTO captures (endpoint, dataset, version, rows, reason, changed_at_us) VALUES ($1, $2, $3, $4, $5, $6) \
            ON CONFLICT (endpoint) DO UPDATE SET dataset = excluded.dataset, version = excluded.version, \
            rows = excluded.rows, reason = excluded.reason, changed_at_us = excluded.changed_at_us";
        let values = vec![
            capture.endpoint.as_str().into(),
            capture.dataset.as_ref().map(|dataset| dataset.0.clone()).into(),
            capture.version.into(),
            capture.rows.into(),
            capture.reason.clone().into(),
            capture.changed_at.0.into(),
        ];
        run(self, sql, values).await.map(|_| ())
    }

    async fn insert_segment(&self, endpoint: &str, segment: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO captured_segments (endpoint, segment, at_us) VALUES ($1, $2, $3)";
        run(self, sql, vec![endpoint.into(), segment.into(), now.0.into()]).await.map(|_| ())
    }

    async fn has_segment(&self, endpoint: &str, segment: &str) -> Result<bool> {
        let sql = "SELECT endpoint FROM captured_segments WHERE endpoint = $1 AND segment = $2";
        Ok(one(self, sql, vec![endpoint.into(), segment.into()]).await?.is_some())
    }

    async fn forget_segments(&self, before: Timestamp) -> Result<()> {
        run(self, "DELETE FROM captured_segments WHERE at_us < $1", vec![before.0.into()]).await.map(|_| ())
    }
}
