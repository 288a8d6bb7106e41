use super::table::Content;
use super::{Change, Column, Dataset, Lineage, Version};
use crate::from_text;
use crate::profile::ColumnProfile;
use crate::sensitivity::Sensitivity;
use crate::to_text;
use base::{CrawlId, DatasetId, LakeId, Timestamp};
use db::sql::{all, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

/// The columns of a dataset, which [`dataset_of`] reads.
pub(crate) const DATASET: &str = "id, lake, team, state, visibility, origin, description, version, rows, size_bytes, files, columns, \
    level, record_key, found_at_us, changed_at_us, revision";
const VERSION: &str =
    "dataset, number, crawl, published_by, lineage, cut_at_us, change, summary, digest, rows, size_bytes, files";

/// The tables `datasets`, `dataset_columns` and `dataset_versions`.
pub(crate) trait DatasetStore {
    async fn find_dataset(&self, id: &DatasetId) -> Result<Option<Dataset>>;
    /// Like `find_dataset`, and nobody else changes the row until this transaction ends.
    async fn lock_dataset(&self, id: &DatasetId) -> Result<Option<Dataset>>;
    async fn list_datasets_of(&self, lake: &LakeId) -> Result<Vec<Dataset>>;
    async fn insert_dataset(&self, dataset: &Dataset) -> Result<()>;
    /// Writes it and returns it as saved; [`db::Error::Stale`] if its row changed since it was read.
    async fn save_dataset(&self, dataset: Dataset) -> Result<Dataset>;
    /// Returns the columns in their order, those included that are no longer present.
    async fn list_columns(&self, dataset: &DatasetId) -> Result<Vec<Column>>;
    /// Inserts the column, or writes over the one of that name.
    async fn put_column(&self, dataset: &DatasetId, column: &Column) -> Result<()>;
    async fn insert_version(&self, version: &Version, content: &Content, profile: &[ColumnProfile]) -> Result<()>;
    async fn find_content(&self, dataset: &DatasetId, number: i64) -> Result<Option<(Version, Content)>>;
    async fn find_profile(&self, dataset: &DatasetId, number: i64) -> Result<Option<Vec<ColumnProfile>>>;
    /// Sets the profile of a version that was cut without one.
    async fn set_profile(&self, dataset: &DatasetId, number: i64, profile: &[ColumnProfile]) -> Result<()>;
    /// Returns up to `limit` versions below `before`, the newest first.
    async fn list_versions(&self, dataset: &DatasetId, before: Option<i64>, limit: u32) -> Result<Vec<Version>>;
}

pub(crate) fn dataset_of(row: &QueryResult) -> Result<Dataset> {
    Ok(Dataset {
        id: DatasetId(get(row, "id")?),
        lake: LakeId(get(row, "lake")?),
        team: base::TeamId(get(row, "team")?),
        state: word(row, "state")?,
        visibility: word(row, "visibility")?,
        origin: word(row, "origin")?,
        description: get(row, "description")?,
        version: get(row, "version")?,
        rows: get(row, "rows")?,
        size_bytes: get(row, "size_bytes")?,
        files: get(row, "files")?,
        columns: get(row, "columns")?,
        level: word(row, "level")?,
        record_key: from_text(&get::<String>(row, "record_key")?)?,
        found_at: Timestamp(get(row, "found_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        revision: get(row, "revision")?,
    })
}

fn version_of(row: &QueryResult) -> Result<Version> {
    Ok(Version {
        dataset: DatasetId(get(row, "dataset")?),
        number: get(row, "number")?,
        crawl: get::<Option<String>>(row, "crawl")?.map(CrawlId),
        published_by: get(row, "published_by")?,
        lineage: get::<Option<String>>(row, "lineage")?.as_deref().map(from_text).transpose()?.unwrap_or_default(),
        cut_at: Timestamp(get(row, "cut_at_us")?),
        change: word::<Change>(row, "change")?,
        summary: get(row, "summary")?,
        digest: get(row, "digest")?,
        rows: get(row, "rows")?,
        size_bytes: get(row, "size_bytes")?,
        files: get(row, "files")?,
    })
}

fn column_of(row: &QueryResult) -> Result<Column> {
    let sensitivity = Sensitivity {
        level: word(row, "level")?,
        source: word(row, "source")?,
        rule: get(row, "rule")?,
        confidence: get(row, "confidence")?,
    };
    Ok(Column {
        name: get(row, "name")?,
        position: get(row, "position")?,
        data_type: get(row, "data_type")?,
        nullable: get(row, "nullable")?,
        partition: get(row, "partition")?,
        present: get(row, "present")?,
        description: get(row, "description")?,
        sensitivity,
    })
}

impl DatasetStore for Tx {
    async fn find_dataset(&self, id: &DatasetId) -> Result<Option<Dataset>> {
        let sql = format!("SELECT {DATASET} FROM datasets WHERE id = $1");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(dataset_of).transpose()
    }

    async fn lock_dataset(&self, id: &DatasetId) -> Result<Option<Dataset>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {DATASET} FROM datasets WHERE id = $1{hold}");
        one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(dataset_of).transpose()
    }

    async fn list_datasets_of(&self, lake: &LakeId) -> Result<Vec<Dataset>> {
        let sql = format!("SELECT {DATASET} FROM datasets WHERE lake = $1 ORDER BY id");
        all(self, &sql, vec![lake.as_str().into()]).await?.iter().map(dataset_of).collect()
    }

    async fn insert_dataset(&self, d: &Dataset) -> Result<()> {
        let sql = format!(
            "INSERT INTO datasets ({DATASET}, scope) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
             $15, $16, $17, $18)"
        );
        let values = vec![
            d.id.as_str().into(),
            d.lake.as_str().into(),
            d.team.as_str().into(),
            d.state.as_str().into(),
            d.visibility.as_str().into(),
            d.origin.as_str().into(),
            d.description.as_str().into(),
            d.version.into(),
            d.rows.into(),
            d.size_bytes.into(),
            d.files.into(),
            d.columns.into(),
            d.level.as_str().into(),
            to_text(&d.record_key).into(),
            d.found_at.0.into(),
            d.changed_at.0.into(),
            d.revision.into(),
            super::model::scope_of(&d.id).into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_dataset(&self, d: Dataset) -> Result<Dataset> {
        let sql = "UPDATE datasets SET state = $1, visibility = $2, origin = $3, description = $4, version = $5, rows = $6, \
            size_bytes = $7, files = $8, columns = $9, level = $10, record_key = $11, changed_at_us = $12, \
            revision = revision + 1 WHERE id = $13 AND revision = $14";
        let values = vec![
            d.state.as_str().into(),
            d.visibility.as_str().into(),
            d.origin.as_str().into(),
            d.description.as_str().into(),
            d.version.into(),
            d.rows.into(),
            d.size_bytes.into(),
            d.files.into(),
            d.columns.into(),
            d.level.as_str().into(),
            to_text(&d.record_key).into(),
            d.changed_at.0.into(),
            d.id.as_str().into(),
            d.revision.into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Dataset { revision: d.revision + 1, ..d })
    }

    async fn list_columns(&self, dataset: &DatasetId) -> Result<Vec<Column>> {
        let sql = "SELECT name, position, data_type, nullable, \"partition\", present, description, level, source, rule, \
            confidence FROM dataset_columns WHERE dataset = $1 ORDER BY present DESC, position, name";
        all(self, sql, vec![dataset.as_str().into()]).await?.iter().map(column_of).collect()
    }

    async fn put_column(&self, dataset: &DatasetId, column: &Column) -> Result<()> {
        let sql = "INSERT INTO dataset_columns (dataset, name, position, data_type, nullable, \"partition\", present, \
            description, level, source, rule, confidence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
            ON CONFLICT (dataset, name) DO UPDATE SET position = excluded.position, data_type = excluded.data_type, \
            nullable = excluded.nullable, \"partition\" = excluded.\"partition\", present = excluded.present, \
            description = excluded.description, level = excluded.level, source = excluded.source, rule = excluded.rule, \
            confidence = excluded.confidence";
        let values = vec![
            dataset.as_str().into(),
            column.name.as_str().into(),
            column.position.into(),
            column.data_type.as_str().into(),
            column.nullable.into(),
            column.partition.into(),
            column.present.into(),
            column.description.as_str().into(),
            column.sensitivity.level.as_str().into(),
            column.sensitivity.source.as_str().into(),
            column.sensitivity.rule.clone().into(),
            column.sensitivity.confidence.into(),
        ];
        run(self, sql, values).await?;
        Ok(())
    }

    async fn insert_version(&self, v: &Version, content: &Content, profile: &[ColumnProfile]) -> Result<()> {
        let sql = format!(
            "INSERT INTO dataset_versions ({VERSION}, content, profile) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        );
        let values = vec![
            v.dataset.as_str().into(),
            v.number.into(),
            v.crawl.as_ref().map(|id| id.0.clone()).into(),
            v.published_by.clone().into(),
            Some(&v.lineage).filter(|lineage| **lineage != Lineage::default()).map(to_text).into(),
            v.cut_at.0.into(),
            v.change.as_str().into(),
            v.summary.as_str().into(),
            v.digest.as_str().into(),
            v.rows.into(),
            v.size_bytes.into(),
            v.files.into(),
            to_text(content).into(),
            to_text(&profile).into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn find_content(&self, dataset: &DatasetId, number: i64) -> Result<Option<(Version, Content)>> {
        let sql = format!("SELECT {VERSION}, content FROM dataset_versions WHERE dataset = $1 AND number = $2");
        let row = one(self, &sql, vec![dataset.as_str().into(), number.into()]).await?;
        row.map(|row| Ok((version_of(&row)?, from_text(&get::<String>(&row, "content")?)?))).transpose()
    }

    async fn find_profile(&self, dataset: &DatasetId, number: i64) -> Result<Option<Vec<ColumnProfile>>> {
        let sql = "SELECT profile FROM dataset_versions WHERE dataset = $1 AND number = $2";
        let row = one(self, sql, vec![dataset.as_str().into(), number.into()]).await?;
        row.map(|row| from_text(&get::<String>(&row, "profile")?)).transpose()
    }

    async fn set_profile(&self, dataset: &DatasetId, number: i64, profile: &[ColumnProfile]) -> Result<()> {
        let sql = "UPDATE dataset_versions SET profile = $1 WHERE dataset = $2 AND number = $3 AND profile = '[]'";
        run(self, sql, vec![to_text(&profile).into(), dataset.as_str().into(), number.into()]).await?;
        Ok(())
    }

    async fn list_versions(&self, dataset: &DatasetId, before: Option<i64>, limit: u32) -> Result<Vec<Version>> {
        let sql = format!(
            "SELECT {VERSION} FROM dataset_versions WHERE dataset = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
        );
        let values = vec![dataset.as_str().into(), before.unwrap_or(i64::MAX).into(), i64::from(limit).into()];
        all(self, &sql, values).await?.iter().map(version_of).collect()
    }
}
