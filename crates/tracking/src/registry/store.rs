use super::RegisteredModel;
use super::model::{Alias, PointerView};
use crate::rows::{hold, insert, list, tags_by};
use crate::search::{
    Attribute, Clause, Dialect, Field, Holds, Kind, Op, Operand, Ordering, Side, Sql, listed_texts, page,
};
use crate::spaces::Space;
use crate::wire::Tag;
use base::{PersonId, Timestamp};
use db::sql::{all, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::QueryResult;
use std::collections::HashMap;

const COLUMNS: &str = "m.id, m.space, m.name, m.description, m.last_version, m.created_by, m.created_at_us, m.changed_at_us, \
    m.deleted_at_us, m.revision";

/// The tag that makes a registered model a prompt.
pub(super) const PROMPT: &str = "mlflow.prompt.is_prompt";

/// What registered models can be searched by.
pub(crate) const DIALECT: Dialect = Dialect {
    prefixes: &["attribute", "attributes", "attr"],
    attributes: &[
        Attribute { names: &["name"], sql: "m.name", kind: Kind::Text, nullable: false },
        Attribute { names: &["creation_timestamp"], sql: "m.created_at_us", kind: Kind::Whole(1_000), nullable: false },
        Attribute {
            names: &["last_updated_timestamp", "timestamp"],
            sql: "m.changed_at_us",
            kind: Kind::Whole(1_000),
            nullable: false,
        },
    ],
    sides: &[Side {
        prefixes: &["tag", "tags"],
        holds: Holds::Texts,
        table: "registered_model_tags",
        joins: ("model", "m.id"),
    }],
};

/// Takes conditions on whether a model is a prompt out of a filter, since they also fit rows without the tag, and returns
/// what they ask: prompts only, or none. Without any, `usual`.
pub(super) fn prompts(clauses: &mut Vec<Clause>, usual: Option<bool>) -> Option<bool> {
    let mut wanted = usual;
    clauses.retain(|clause| {
        let asks = match (&clause.field, &clause.value) {
            (Field::Beside(_, key), Operand::Text(value)) if key == PROMPT => match (clause.op, value.as_str()) {
                (Op::Equal, "true") => Some(true),
                (Op::Unequal, "true") | (Op::Equal, "false") => Some(false),
                _ => None,
            },
            _ => None,
        };
        wanted = asks.or(wanted);
        asks.is_none()
    });
    wanted
}

/// Returns the condition that a row is a prompt, or none.
pub(super) fn prompt_condition(table: &str, owner: &str, ours: &str, wanted: Option<bool>) -> String {
    let tagged = format!(
        "EXISTS (SELECT 1 FROM {table} x WHERE x.{owner} = {ours} AND x.key = '{PROMPT}' AND lower(x.value) = 'true')"
    );
    match wanted {
        Some(true) => format!(" AND {tagged}"),
        Some(false) => format!(" AND NOT {tagged}"),
        None => String::new(),
    }
}

/// The statements on registered models and what points at their versions.
pub(crate) trait RegistryStore {
    async fn find_model_named(&self, space: &Space, name: &str) -> Result<Option<RegisteredModel>>;
    async fn find_registered_model(&self, id: &str) -> Result<Option<RegisteredModel>>;
    /// Like `find_registered_model`, and nobody else locks the row until this transaction ends.
    async fn lock_registered_model(&self, id: &str) -> Result<Option<RegisteredModel>>;
    /// [`db::Error::Taken`] if the name is.
    async fn insert_registered_model(&self, model: &RegisteredModel) -> Result<()>;
    async fn save_registered_model(&self, model: RegisteredModel) -> Result<RegisteredModel>;
    /// Returns a page and, where there is more, the token of the next.
    async fn list_registered_models(
        &self,
        spaces: &[String],
        clauses: Vec<Clause>,
        page: (Option<&str>, u32),
        order: &Ordering,
        sql: Sql,
    ) -> Result<(Vec<RegisteredModel>, Option<String>)>;
    async fn list_model_spaces(&self) -> Result<Vec<Space>>;
    async fn set_registered_model_tags(&self, id: &str, tags: &[Tag]) -> Result<()>;
    async fn delete_registered_model_tag(&self, id: &str, key: &str) -> Result<bool>;
    async fn list_registered_model_tags(&self, ids: &[String]) -> Result<HashMap<String, Vec<Tag>>>;
    async fn list_aliases(&self, ids: &[String]) -> Result<HashMap<String, Vec<Alias>>>;
    /// Ends the pointers of `kind` that are called `name`, or those at `version`, or all of the model.
    async fn end_pointers(&self, model: &str, which: Which<'_>, by: &PersonId, now: Timestamp) -> Result<u64>;
    async fn insert_pointer(
        &self,
        model: &str,
        kind: &str,
        name: &str,
        version: i64,
        by: &PersonId,
        now: Timestamp,
    ) -> Result<()>;
    /// Returns every pointer of a model, the newest first.
    async fn list_pointers(&self, model: &str, limit: u32) -> Result<Vec<PointerView>>;
}

/// Which pointers of a model end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    Alias(&'a str),
    /// The stage of one version.
    StageOf(i64),
    /// All at one version.
    At(i64),
    All,
}

fn model(row: &QueryResult) -> Result<RegisteredModel> {
    Ok(RegisteredModel {
        id: get(row, "id")?,
        space: word(row, "space")?,
        name: get(row, "name")?,
        description: get(row, "description")?,
        last_version: get(row, "last_version")?,
        created_by: PersonId(get(row, "created_by")?),
        created_at: Timestamp(get(row, "created_at_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
        deleted_at: get::<Option<i64>>(row, "deleted_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

async fn find(tx: &Tx, fits: &str, values: Vec<sea_orm::Value>) -> Result<Option<RegisteredModel>> {
    let sql = format!("SELECT {COLUMNS} FROM registered_models m WHERE m.deleted_at_us IS NULL AND {fits}");
    one(tx, &sql, values).await?.as_ref().map(model).transpose()
}

impl RegistryStore for Tx {
    async fn find_model_named(&self, space: &Space, name: &str) -> Result<Option<RegisteredModel>> {
        find(self, "m.space = $1 AND m.name = $2", vec![space.to_string().into(), name.into()]).await
    }

    async fn find_registered_model(&self, id: &str) -> Result<Option<RegisteredModel>> {
        find(self, "m.id = $1", vec![id.into()]).await
    }

    async fn lock_registered_model(&self, id: &str) -> Result<Option<RegisteredModel>> {
        find(self, &format!("m.id = $1{}", hold(self)), vec![id.into()]).await
    }

    async fn insert_registered_model(&self, model: &RegisteredModel) -> Result<()> {
        let sql = "INSERT INTO registered_models (id, space, name, description, last_version, created_by, created_at_us, \
            changed_at_us, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = vec![
            model.id.as_str().into(),
            model.space.to_string().into(),
            model.name.as_str().into(),
            model.description.as_str().into(),
            model.last_version.into(),
            model.created_by.as_str().into(),
            model.created_at.0.into(),
            model.changed_at.0.into(),
            model.revision.into(),
        ];
        run(self, sql, values).await.map(|_| ())
    }

    async fn save_registered_model(&self, model: RegisteredModel) -> Result<RegisteredModel> {
        let sql = "UPDATE registered_models SET name = $1, description = $2, last_version = $3, changed_at_us = $4, \
            deleted_at_us = $5, revision = revision + 1 WHERE id = $6 AND revision = $7";
        let values = vec![
            model.name.as_str().into(),
            model.description.as_str().into(),
            model.last_version.into(),
            model.changed_at.0.into(),
            model.deleted_at.map(|at| at.0).into(),
            model.id.as_str().into(),
            model.revision.into(),
        ];
        run_one(self, sql, values).await?;
        Ok(RegisteredModel { revision: model.revision + 1, ..model })
    }

    async fn list_registered_models(
        &self,
        spaces: &[String],
        mut clauses: Vec<Clause>,
        (after, limit): (Option<&str>, u32),
        order: &Ordering,
        mut sql: Sql,
    ) -> Result<(Vec<RegisteredModel>, Option<String>)> {
        let wanted = prompts(&mut clauses, Some(false));
        let spaces = sql.bind(list(spaces));
        let mut fits = format!("m.deleted_at_us IS NULL AND m.space IN {}", listed_texts(self.engine(), &spaces));
        fits += &prompt_condition("registered_model_tags", "model", "m.id", wanted);
        fits += &sql.all_of(&clauses);
        fits += after.unwrap_or_default();
        let most = sql.bind(i64::from(limit) + 1);
        let text = format!(
            "SELECT {COLUMNS}{} FROM registered_models m{} WHERE {fits} ORDER BY {} LIMIT {most}",
            order.columns(),
            order.joins,
            order.order_by()
        );
        page(&all(self, &text, sql.values).await?, limit, order, model)
    }

    async fn list_model_spaces(&self) -> Result<Vec<Space>> {
        let sql = "SELECT DISTINCT space FROM registered_models WHERE deleted_at_us IS NULL ORDER BY space";
        all(self, sql, vec![]).await?.iter().map(|row| word(row, "space")).collect()
    }

    async fn set_registered_model_tags(&self, id: &str, tags: &[Tag]) -> Result<()> {
        let rows = tags.iter().map(|tag| vec![id.into(), tag.key.as_str().into(), tag.value.as_str().into()]);
        let tail = "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value";
        insert(self, "INSERT INTO registered_model_tags (model, key, value)", tail, rows.collect()).await.map(|_| ())
    }

    async fn delete_registered_model_tag(&self, id: &str, key: &str) -> Result<bool> {
        let sql = "DELETE FROM registered_model_tags WHERE model = $1 AND key = $2";
        Ok(run(self, sql, vec![id.into(), key.into()]).await? > 0)
    }

    async fn list_registered_model_tags(&self, ids: &[String]) -> Result<HashMap<String, Vec<Tag>>> {
        let fits = listed_texts(self.engine(), "$1");
        let sql = format!(
            "SELECT model AS owner, key, value FROM registered_model_tags WHERE model IN {fits} ORDER BY model, key"
        );
        tags_by(self, &sql, vec![list(ids)]).await
    }

    async fn list_aliases(&self, ids: &[String]) -> Result<HashMap<String, Vec<Alias>>> {
        let fits = listed_texts(self.engine(), "$1");
        let sql = format!(
            "SELECT model, name, version FROM model_pointers WHERE model IN {fits} AND kind = 'alias' \
             AND ended_at_us IS NULL ORDER BY model, name"
        );
        let mut by: HashMap<String, Vec<Alias>> = HashMap::new();
        for row in all(self, &sql, vec![list(ids)]).await? {
            let alias = Alias { name: get(&row, "name")?, version: get(&row, "version")? };
            by.entry(get(&row, "model")?).or_default().push(alias);
        }
        Ok(by)
    }

    async fn end_pointers(&self, model: &str, which: Which<'_>, by: &PersonId, now: Timestamp) -> Result<u64> {
        let mut values = vec![by.as_str().into(), now.0.into(), model.into()];
        let fits = match which {
            Which::Alias(name) => {
                values.push(name.into());
                "kind = 'alias' AND name = $4"
            }
            Which::StageOf(version) => {
                values.push(version.into());
                "kind = 'stage' AND version = $4"
            }
            Which::At(version) => {
                values.push(version.into());
                "version = $4"
            }
            Which::All => "1 = 1",
        };
        let sql = format!(
            "UPDATE model_pointers SET ended_by = $1, ended_at_us = $2 WHERE model = $3 AND ended_at_us IS NULL AND {fits}"
        );
        run(self, &sql, values).await
    }

    async fn insert_pointer(
        &self,
        model: &str,
        kind: &str,
        name: &str,
        version: i64,
        by: &PersonId,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO model_pointers (model, kind, name, version, set_by, set_at_us) VALUES ($1, $2, $3, $4, $5, $6)";
        let values = vec![model.into(), kind.into(), name.into(), version.into(), by.as_str().into(), now.0.into()];
        run(self, sql, values).await.map(|_| ())
    }

    async fn list_pointers(&self, model: &str, limit: u32) -> Result<Vec<PointerView>> {
        let sql = "SELECT kind, name, version, set_by, set_at_us, ended_by, ended_at_us FROM model_pointers \
            WHERE model = $1 ORDER BY number DESC LIMIT $2";
        let read = |row: &QueryResult| {
            Ok(PointerView {
                kind: get(row, "kind")?,
                name: get(row, "name")?,
                version: get(row, "version")?,
                set_by: get(row, "set_by")?,
                set_at: Timestamp(get(row, "set_at_us")?),
                ended_by: get(row, "ended_by")?,
                ended_at: get::<Option<i64>>(row, "ended_at_us")?.map(Timestamp),
            })
        };
        all(self, sql, vec![model.into(), i64::from(limit).into()]).await?.iter().map(read).collect()
    }
}
