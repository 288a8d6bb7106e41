use super::model::{ShownModel, ShownVersion, Version};
use crate::wire::Tag;
use serde_json::{Map, Value, json};

fn put(map: &mut Map<String, Value>, field: &str, text: &str) {
    if !text.is_empty() {
        map.insert(field.to_owned(), text.into());
    }
}

/// Returns a version's own fields as clients read them.
fn plain(version: &Version, name: &str, tags: &[Tag]) -> Map<String, Value> {
    let mut map = Map::new();
    put(&mut map, "name", name);
    put(&mut map, "version", &version.version.to_string());
    map.insert("creation_timestamp".into(), json!(version.created_at.0 / 1_000));
    map.insert("last_updated_timestamp".into(), json!(version.changed_at.0 / 1_000));
    put(&mut map, "user_id", version.created_by.as_str());
    put(&mut map, "current_stage", &version.stage);
    put(&mut map, "description", &version.description);
    put(&mut map, "source", &version.source);
    put(&mut map, "run_id", &version.run);
    put(&mut map, "run_link", &version.run_link);
    put(&mut map, "model_id", &version.logged_model);
    put(&mut map, "status", "READY");
    if !tags.is_empty() {
        map.insert("tags".into(), json!(tags));
    }
    map
}

/// Returns a version as clients read it; its aliases stand in some answers only.
pub(super) fn version(shown: &ShownVersion, with_aliases: bool) -> Value {
    let mut map = plain(&shown.version, &shown.name, &shown.tags);
    if with_aliases && !shown.aliases.is_empty() {
        map.insert("aliases".into(), json!(shown.aliases));
    }
    if !shown.params.is_empty() {
        let params: Vec<Value> =
            shown.params.iter().map(|param| json!({"name": param.key, "value": param.value})).collect();
        map.insert("model_params".into(), params.into());
    }
    if !shown.metrics.is_empty() {
        map.insert("model_metrics".into(), json!(shown.metrics));
    }
    map.into()
}

/// Returns a model as clients read it.
pub(super) fn model(shown: &ShownModel) -> Value {
    let ShownModel { model, name, tags, aliases, latest } = shown;
    let mut map = Map::new();
    put(&mut map, "name", name);
    map.insert("creation_timestamp".into(), json!(model.created_at.0 / 1_000));
    map.insert("last_updated_timestamp".into(), json!(model.changed_at.0 / 1_000));
    put(&mut map, "user_id", model.created_by.as_str());
    put(&mut map, "description", &model.description);
    if !latest.is_empty() {
        let latest = latest.iter().map(|(version, tags)| Value::from(plain(version, name, tags)));
        map.insert("latest_versions".into(), latest.collect());
    }
    if !tags.is_empty() {
        map.insert("tags".into(), json!(tags));
    }
    if !aliases.is_empty() {
        let alias = |alias: &super::model::Alias| json!({"alias": alias.name, "version": alias.version.to_string()});
        map.insert("aliases".into(), aliases.iter().map(alias).collect());
    }
    map.into()
}
