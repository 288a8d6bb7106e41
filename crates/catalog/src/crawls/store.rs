use super::{Broken, Crawl};
use base::{CrawlId, DatasetId, Digest, JobId, LakeId, TeamId, Timestamp};
use db::sql::{all, count, get, one, run, unknown, whole, word};
use db::{Result, Tx};
use sea_orm::QueryResult;
use std::collections::BTreeMap;

const CRAWL: &str = "c.id, c.lake, l.team, c.state, c.job, c.asked_by, c.asked_at_us, c.started_at_us, c.ended_at_us, \
    c.reason, c.tables_total, c.tables_done, c.tables_changed, c.files_read, c.files_skipped, c.files_broken";

/// What is known of a file from an earlier crawl.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub stamp: crate::lakes::Stamp,
    pub rows: i64,
    pub digest: Option<Digest>,
    pub delimiter: Option<u8>,
    /// The schema in the form of `datasets::encode_schema`; empty for a broken file.
    pub schema: String,
    pub broken: Option<Broken>,
}

/// The tables `crawls`, `crawl_broken` and `lake_files`.
pub(crate) trait CrawlStore {
    /// [`db::Error::Taken`] if the lake has an open one.
    async fn insert_crawl(&self, crawl: &Crawl) -> Result<()>;
    async fn find_crawl(&self, id: &CrawlId) -> Result<Option<Crawl>>;
    async fn find_open_crawl(&self, lake: &LakeId) -> Result<Option<Crawl>>;
    async fn save_crawl(&self, crawl: &Crawl) -> Result<()>;
    /// Returns up to `limit` crawls of a lake before the one asked at `before`, the newest first.
    async fn list_crawls(&self, lake: &LakeId, before: Option<(i64, String)>, limit: u32) -> Result<Vec<Crawl>>;
    async fn put_broken(&self, crawl: &CrawlId, broken: &[Broken]) -> Result<()>;
    async fn clear_broken(&self, crawl: &CrawlId) -> Result<()>;
    async fn list_broken(&self, crawl: &CrawlId, limit: u32) -> Result<Vec<Broken>>;
    /// Returns what is known of a dataset's files, by path.
    async fn list_known(&self, lake: &LakeId, dataset: &DatasetId) -> Result<BTreeMap<String, Known>>;
    async fn put_known(
        &self,
        lake: &LakeId,
        dataset: &DatasetId,
        path: &str,
        known: &Known,
        sketches: &[u8],
    ) -> Result<()>;
    async fn find_sketches(&self, lake: &LakeId, path: &str) -> Result<Option<Vec<u8>>>;
    async fn forget_file(&self, lake: &LakeId, path: &str) -> Result<()>;
    async fn count_listed_datasets(&self, lake: &LakeId) -> Result<u64>;
}

fn crawl_of(row: &QueryResult) -> Result<Crawl> {
    let at = |column: &str| Ok::<_, db::Error>(get::<Option<i64>>(row, column)?.map(Timestamp));
    Ok(Crawl {
        id: CrawlId(get(row, "id")?),
        lake: LakeId(get(row, "lake")?),
        team: TeamId(get(row, "team")?),
        state: word(row, "state")?,
        job: get::<Option<String>>(row, "job")?.map(JobId),
        asked_by: get(row, "asked_by")?,
        asked_at: Timestamp(get(row, "asked_at_us")?),
        started_at: at("started_at_us")?,
        ended_at: at("ended_at_us")?,
        reason: get(row, "reason")?,
        tables_total: count(row, "tables_total")?,
        tables_done: count(row, "tables_done")?,
        tables_changed: count(row, "tables_changed")?,
        files_read: count(row, "files_read")?,
        files_skipped: count(row, "files_skipped")?,
        files_broken: count(row, "files_broken")?,
    })
}

fn line_of(row: &QueryResult, column: &str) -> Result<Option<u64>> {
    get::<Option<i64>>(row, column)?.map(|line| u64::try_from(line).map_err(unknown)).transpose()
}

impl CrawlStore for Tx {
    async fn insert_crawl(&self, crawl: &Crawl) -> Result<()> {
        let sql = "INSERT INTO crawls (id, lake, state, job, asked_by, asked_at_us, tables_total, tables_done, \
            tables_changed, files_read, files_skipped, files_broken) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0)";
        let values = vec![
            crawl.id.as_str().into(),
            crawl.lake.as_str().into(),
            crawl.state.as_str().into(),
            crawl.job.as_ref().map(|job| job.0.clone()).into(),
            crawl.asked_by.as_str().into(),
            crawl.asked_at.0.into(),
        ];
        run(self, sql, values).await?;
        Ok(())
    }

    async fn find_crawl(&self, id: &CrawlId) -> Result<Option<Crawl>> {
        let sql = format!("SELECT {CRAWL} FROM crawls c JOIN lakes l ON l.id = c.lake WHERE c.id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(crawl_of).transpose()
    }

    async fn find_open_crawl(&self, lake: &LakeId) -> Result<Option<Crawl>> {
        let sql = format!(
            "SELECT {CRAWL} FROM crawls c JOIN lakes l ON l.id = c.lake \
             WHERE c.lake = $1 AND c.state IN ('queued', 'running')"
        );
        one(self, &sql, vec![lake.as_str().into()]).await?.as_ref().map(crawl_of).transpose()
    }

    async fn save_crawl(&self, crawl: &Crawl) -> Result<()> {
        // An ended crawl stays as it is: a late worker changes nothing.
        let sql = "UPDATE crawls SET state = $1, started_at_us = $2, ended_at_us = $3, reason = $4, tables_total = $5, \
            tables_done = $6, tables_changed = $7, files_read = $8, files_skipped = $9, files_broken = $10 \
            WHERE id = $11 AND state IN ('queued', 'running')";
        let values = vec![
            crawl.state.as_str().into(),
            crawl.started_at.map(|at| at.0).into(),
            crawl.ended_at.map(|at| at.0).into(),
            crawl.reason.clone().into(),
            whole(crawl.tables_total).into(),
            whole(crawl.tables_done).into(),
            whole(crawl.tables_changed).into(),
            whole(crawl.files_read).into(),
            whole(crawl.files_skipped).into(),
            whole(crawl.files_broken).into(),
            crawl.id.as_str().into(),
        ];
        db::sql::run_one(self, sql, values).await
    }

    async fn list_crawls(&self, lake: &LakeId, before: Option<(i64, String)>, limit: u32) -> Result<Vec<Crawl>> {
        let sql = format!(
            "SELECT {CRAWL} FROM crawls c JOIN lakes l ON l.id = c.lake WHERE c.lake = $1 \
             AND (c.asked_at_us < $2 OR (c.asked_at_us = $2 AND c.id < $3)) \
             ORDER BY c.asked_at_us DESC, c.id DESC LIMIT $4"
        );
        let (at, id) = before.unwrap_or((i64::MAX, String::new()));
        let values = vec![lake.as_str().into(), at.into(), id.into(), i64::from(limit).into()];
        all(self, &sql, values).await?.iter().map(crawl_of).collect()
    }

    async fn put_broken(&self, crawl: &CrawlId, broken: &[Broken]) -> Result<()> {
        let sql = "INSERT INTO crawl_broken (crawl, path, reason, line) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (crawl, path) DO UPDATE SET reason = excluded.reason, line = excluded.line";
        for one in broken {
            let line = one.line.map(whole);
            let values = vec![crawl.as_str().into(), one.path.as_str().into(), one.reason.as_str().into(), line.into()];
            run(self, sql, values).await?;
        }
        Ok(())
    }

    async fn clear_broken(&self, crawl: &CrawlId) -> Result<()> {
        run(self, "DELETE FROM crawl_broken WHERE crawl = $1", vec![crawl.as_str().into()]).await?;
        Ok(())
    }

    async fn list_broken(&self, crawl: &CrawlId, limit: u32) -> Result<Vec<Broken>> {
        let sql = "SELECT path, reason, line FROM crawl_broken WHERE crawl = $1 ORDER BY path LIMIT $2";
        let rows = all(self, sql, vec![crawl.as_str().into(), i64::from(limit).into()]).await?;
        let broken = |row: &QueryResult| {
            Ok(Broken { path: get(row, "path")?, reason: get(row, "reason")?, line: line_of(row, "line")? })
        };
        rows.iter().map(broken).collect()
    }

    async fn list_known(&self, lake: &LakeId, dataset: &DatasetId) -> Result<BTreeMap<String, Known>> {
        let sql = "SELECT path, size_bytes, modified_at_us, rows, digest, delimiter, schema, broken, broken_line \
            FROM lake_files WHERE lake = $1 AND dataset = $2";
        let mut known = BTreeMap::new();
        for row in all(self, sql, vec![lake.as_str().into(), dataset.as_str().into()]).await? {
            let path: String = get(&row, "path")?;
            let stamp = crate::lakes::Stamp {
                size_bytes: get(&row, "size_bytes")?,
                modified_at: Timestamp(get(&row, "modified_at_us")?),
            };
            let broken = match get::<Option<String>>(&row, "broken")? {
                Some(reason) => Some(Broken { path: path.clone(), reason, line: line_of(&row, "broken_line")? }),
                None => None,
            };
            let digest =
                get::<Option<String>>(&row, "digest")?.map(|text| text.parse().map_err(unknown)).transpose()?;
            let delimiter = get::<Option<i64>>(&row, "delimiter")?.and_then(|byte| u8::try_from(byte).ok());
            let schema = get::<Option<String>>(&row, "schema")?.unwrap_or_default();
            known.insert(path, Known { stamp, rows: get(&row, "rows")?, digest, delimiter, schema, broken });
        }
        Ok(known)
    }

    async fn put_known(
        &self,
        lake: &LakeId,
        dataset: &DatasetId,
        path: &str,
        known: &Known,
        sketches: &[u8],
    ) -> Result<()> {
        let sql = "INSERT INTO lake_files (lake, path, dataset, size_bytes, modified_at_us, rows, digest, delimiter, \
            schema, sketches, broken, broken_line) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
            ON CONFLICT (lake, path) DO UPDATE SET dataset = excluded.dataset, size_bytes = excluded.size_bytes, \
            modified_at_us = excluded.modified_at_us, rows = excluded.rows, digest = excluded.digest, \
            delimiter = excluded.delimiter, schema = excluded.schema, sketches = excluded.sketches, \
            broken = excluded.broken, broken_line = excluded.broken_line";
        let broken = known.broken.as_ref();
        let values = vec![
            lake.as_str().into(),
            path.into(),
            dataset.as_str().into(),
            known.stamp.size_bytes.into(),
            known.stamp.modified_at.0.into(),
            known.rows.into(),
            known.digest.map(|digest| digest.to_string()).into(),
            known.delimiter.map(i64::from).into(),
            known.schema.as_str().into(),
            sketches.to_vec().into(),
            broken.map(|broken| broken.reason.clone()).into(),
            broken.and_then(|broken| broken.line).map(whole).into(),
        ];
        run(self, sql, values).await?;
        Ok(())
    }

    async fn find_sketches(&self, lake: &LakeId, path: &str) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT sketches FROM lake_files WHERE lake = $1 AND path = $2";
        let row = one(self, sql, vec![lake.as_str().into(), path.into()]).await?;
        row.map(|row| get(&row, "sketches")).transpose()
    }

    async fn forget_file(&self, lake: &LakeId, path: &str) -> Result<()> {
        let sql = "DELETE FROM lake_files WHERE lake = $1 AND path = $2";
        run(self, sql, vec![lake.as_str().into(), path.into()]).await?;
        Ok(())
    }

    async fn count_listed_datasets(&self, lake: &LakeId) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM datasets WHERE lake = $1 AND visibility = 'listed' AND state <> 'retired'";
        let row = one(self, sql, vec![lake.as_str().into()]).await?.ok_or(db::Error::Stale)?;
        count(&row, "n")
    }
}
