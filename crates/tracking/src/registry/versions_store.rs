use super::store::{prompt_condition, prompts};
use super::{Version, VersionState};
use crate::rows::{insert, list, tags_by};
use crate::search::{Attribute, Clause, Dialect, Holds, Kind, Ordering, Side, Sql, listed_texts, page};
use crate::wire::Tag;
use base::{AttemptId, PersonId, Timestamp};
use db::sql::{all, count, get, one, run, run_one, whole, word};
use db::{Result, Tx};
use sea_orm::QueryResult;
use std::collections::HashMap;

const COLUMNS: &str = "v.id, v.model, m.name, m.space, v.version, v.state, COALESCE(s.name, 'None') AS stage, v.description, \
    v.source, v.run, v.run_link, v.logged_model, v.digest, v.files, v.size_bytes, v.created_by, v.attempt, \
    v.created_at_us, v.changed_at_us, v.deleted_at_us, v.revision";

const FROM: &str = "model_versions v JOIN registered_models m ON m.id = v.model LEFT JOIN model_pointers s \
    ON s.model = v.model AND s.version = v.version AND s.kind = 'stage' AND s.ended_at_us IS NULL";

/// What versions can be searched by.
pub(crate) const DIALECT: Dialect = Dialect {
    prefixes: &["attribute", "attributes", "attr"],
    attributes: &[
        Attribute { names: &["name"], sql: "m.name", kind: Kind::Text, nullable: false },
        Attribute { names: &["version_number", "version"], sql: "v.version", kind: Kind::Whole(1), nullable: false },
        Attribute { names: &["run_id"], sql: "v.run", kind: Kind::Text, nullable: false },
        Attribute { names: &["source_path", "source"], sql: "v.source", kind: Kind::Text, nullable: false },
        Attribute { names: &["creation_timestamp"], sql: "v.created_at_us", kind: Kind::Whole(1_000), nullable: false },
        Attribute {
            names: &["last_updated_timestamp", "timestamp"],
            sql: "v.changed_at_us",
            kind: Kind::Whole(1_000),
            nullable: false,
        },
    ],
    sides: &[Side {
        prefixes: &["tag", "tags"],
        holds: Holds::Texts,
        table: "model_version_tags",
        joins: ("version", "v.id"),
    }],
};

/// The statements on versions.
pub(crate) trait VersionStore {
    async fn find_version(&self, model: &str, version: i64) -> Result<Option<Version>>;
    async fn find_version_with_id(&self, id: &str) -> Result<Option<Version>>;
    async fn insert_version(&self, version: &Version) -> Result<()>;
    async fn save_version(&self, version: Version) -> Result<Version>;
    /// Deletes every version of a model.
    async fn delete_versions_of(&self, model: &str, now: Timestamp) -> Result<()>;
    /// Returns the newest version of each stage of these models.
    async fn list_newest_versions(&self, models: &[String]) -> Result<Vec<Version>>;
    /// Returns a page and, where there is more, the token of the next.
    async fn list_versions(
        &self,
        spaces: &[String],
        clauses: Vec<Clause>,
        page: (Option<&str>, u32),
        order: &Ordering,
        sql: Sql,
    ) -> Result<(Vec<Version>, Option<String>)>;
    async fn list_versions_of(&self, model: &str) -> Result<Vec<Version>>;
    async fn set_version_tags(&self, id: &str, tags: &[Tag]) -> Result<()>;
    async fn delete_version_tag(&self, id: &str, key: &str) -> Result<bool>;
    async fn list_version_tags(&self, ids: &[String]) -> Result<HashMap<String, Vec<Tag>>>;
}

fn version(row: &QueryResult) -> Result<Version> {
    Ok(Version {
        id: get(row, "id")?,
        model: get(row, "model")?,
        name: get(row, "name")?,
        space: word(row, "space")?,
        version: get(row, "version")?,
        state: word::<VersionState>(row, "state")?,
        stage: get(row, "stage")?,
        description: get(row, "description")?,
        source: get(row, "source")?,
        run: get(row, "run")?,
        run_link: get(row, "run_link")?,
        logged_model: get(row, "logged_model")?,
        digest: get(row, "digest")?,
        files: count(row, "files")?,
        size_bytes: count(row, "size_bytes")?,
        created_by: PersonId(get(row, "created_by")?),
        attempt: get::<Option<String>>(row, "attempt")?.map(AttemptId),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        deleted_at: get::<Option<i64>>(row, "deleted_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

impl VersionStore for Tx {
    async fn find_version(&self, model: &str, number: i64) -> Result<Option<Version>> {
        let sql =
            format!("SELECT {COLUMNS} FROM {FROM} WHERE v.model = $1 AND v.version = $2 AND v.deleted_at_us IS NULL");
        one(self, &sql, vec![model.into(), number.into()]).await?.as_ref().map(version).transpose()
    }

    async fn find_version_with_id(&self, id: &str) -> Result<Option<Version>> {
        let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE v.id = $1 AND v.deleted_at_us IS NULL");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(version).transpose()
    }

    async fn insert_version(&self, version: &Version) -> Result<()> {
        let sql = "INSERT INTO model_versions (id, model, version, state, description, source, run, run_link, logged_model, \
            digest, files, size_bytes, created_by, attempt, created_at_us, changed_at_us, revision) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
        let values = vec![
            version.id.as_str().into(),
            version.model.as_str().into(),
            version.version.into(),
            version.state.as_str().into(),
            version.description.as_str().into(),
            version.source.as_str().into(),
            version.run.as_str().into(),
            version.run_link.as_str().into(),
            version.logged_model.as_str().into(),
            version.digest.as_str().into(),
            whole(version.files).into(),
            whole(version.size_bytes).into(),
            version.created_by.as_str().into(),
            version.attempt.as_ref().map(|attempt| attempt.0.clone()).into(),
            version.created_at.0.into(),
            version.changed_at.0.into(),
            version.revision.into(),
        ];
        run(self, sql, values).await.map(|_| ())
    }

    async fn save_version(&self, version: Version) -> Result<Version> {
        let sql = "UPDATE model_versions SET state = $1, description = $2, source = $3, run = $4, changed_at_us = $5, \
            deleted_at_us = $6, revision = revision + 1 WHERE id = $7 AND revision = $8";
        let values = vec![
            version.state.as_str().into(),
            version.description.as_str().into(),
            version.source.as_str().into(),
            version.run.as_str().into(),
            version.changed_at.0.into(),
            version.deleted_at.map(|at| at.0).into(),
            version.id.as_str().into(),
            version.revision.into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Version { revision: version.revision + 1, ..version })
    }

    async fn delete_versions_of(&self, model: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE model_versions SET source = '', run = '', deleted_at_us = $1, changed_at_us = $1, \
            revision = revision + 1 WHERE model = $2 AND deleted_at_us IS NULL";
        run(self, sql, vec![now.0.into(), model.into()]).await.map(|_| ())
    }

    async fn list_newest_versions(&self, models: &[String]) -> Result<Vec<Version>> {
        let fits = listed_texts(self.engine(), "$1");
        let sql = format!(
            "SELECT * FROM (SELECT {COLUMNS}, row_number() OVER (PARTITION BY v.model, COALESCE(s.name, 'None') \
             ORDER BY v.version DESC) AS age FROM {FROM} WHERE v.model IN {fits} AND v.deleted_at_us IS NULL) newest \
             WHERE age = 1 ORDER BY model, version"
        );
        all(self, &sql, vec![list(models)]).await?.iter().map(version).collect()
    }

    async fn list_versions(
        &self,
        spaces: &[String],
        mut clauses: Vec<Clause>,
        (after, limit): (Option<&str>, u32),
        order: &Ordering,
        mut sql: Sql,
    ) -> Result<(Vec<Version>, Option<String>)> {
        let wanted = prompts(&mut clauses, None);
        let spaces = sql.bind(list(spaces));
        let mut fits = format!("v.deleted_at_us IS NULL AND m.space IN {}", listed_texts(self.engine(), &spaces));
        fits += &prompt_condition("model_version_tags", "version", "v.id", wanted);
        fits += &sql.all_of(&clauses);
        fits += after.unwrap_or_default();
        let most = sql.bind(i64::from(limit) + 1);
        let text = format!(
            "SELECT {COLUMNS}{} FROM {FROM}{} WHERE {fits} ORDER BY {} LIMIT {most}",
            order.columns(),
            order.joins,
            order.order_by()
        );
        page(&all(self, &text, sql.values).await?, limit, order, version)
    }

    async fn list_versions_of(&self, model: &str) -> Result<Vec<Version>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {FROM} WHERE v.model = $1 AND v.deleted_at_us IS NULL ORDER BY v.version DESC LIMIT 1000"
        );
        all(self, &sql, vec![model.into()]).await?.iter().map(version).collect()
    }

    async fn set_version_tags(&self, id: &str, tags: &[Tag]) -> Result<()> {
        let rows = tags.iter().map(|tag| vec![id.into(), tag.key.as_str().into(), tag.value.as_str().into()]);
        let tail = "ON CONFLICT (version, key) DO UPDATE SET value = excluded.value";
        insert(self, "INSERT INTO model_version_tags (version, key, value)", tail, rows.collect()).await.map(|_| ())
    }

    async fn delete_version_tag(&self, id: &str, key: &str) -> Result<bool> {
        let sql = "DELETE FROM model_version_tags WHERE version = $1 AND key = $2";
        Ok(run(self, sql, vec![id.into(), key.into()]).await? > 0)
    }

    async fn list_version_tags(&self, ids: &[String]) -> Result<HashMap<String, Vec<Tag>>> {
        let fits = listed_texts(self.engine(), "$1");
        let sql = format!(
            "SELECT version AS owner, key, value FROM model_version_tags WHERE version IN {fits} ORDER BY version, key"
        );
        tags_by(self, &sql, vec![list(ids)]).await
    }
}
