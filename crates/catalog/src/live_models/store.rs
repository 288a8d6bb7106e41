use super::{LiveModel, LiveModelState};
use crate::{from_text, to_text};
use base::{Digest, EnvironmentId, PersonId, ProjectId, TeamId, Timestamp};
use db::Tx;
use db::sql::{self, get, word};
use sea_orm::QueryResult;

const COLUMNS: &str = "endpoint, project, environment, team, title, owner, tier, intended_use, prohibited_use, model, version, \
    candidate, digest, purposes, datasets, inputs, outputs, metrics, state, live_since_us, changed_at_us";

/// The `live_models` table.
pub(crate) trait LiveModelStore {
    /// Returns `None` if there is no such row.
    async fn find_live_model(&self, endpoint: &str) -> db::Result<Option<LiveModel>>;
    /// Returns up to `most` of them by endpoint, after `after`, whose words contain `search`.
    async fn list_live_models(&self, search: &str, after: Option<&str>, most: u32) -> db::Result<Vec<LiveModel>>;
    /// Inserts it, or replaces the one of its endpoint.
    async fn put_live_model(&self, model: &LiveModel) -> db::Result<()>;
    /// Sets the state of one, if it is there.
    async fn set_live_model_state(&self, endpoint: &str, state: LiveModelState, now: Timestamp) -> db::Result<()>;
}

fn live_model(row: &QueryResult) -> db::Result<LiveModel> {
    let text = |name| get::<String>(row, name);
    Ok(LiveModel {
        endpoint: text("endpoint")?,
        project: ProjectId(text("project")?),
        environment: EnvironmentId(text("environment")?),
        team: TeamId(text("team")?),
        title: text("title")?,
        owner: PersonId(text("owner")?),
        tier: get(row, "tier")?,
        intended_use: text("intended_use")?,
        prohibited_use: text("prohibited_use")?,
        model: text("model")?,
        version: get(row, "version")?,
        candidate: get(row, "candidate")?,
        digest: word::<Digest>(row, "digest")?,
        purposes: from_text(&text("purposes")?)?,
        datasets: from_text(&text("datasets")?)?,
        inputs: from_text(&text("inputs")?)?,
        outputs: from_text(&text("outputs")?)?,
        metrics: from_text(&text("metrics")?)?,
        state: word(row, "state")?,
        live_since: Timestamp(get(row, "live_since_us")?),
        changed_at: Timestamp(get(row, "changed_at_us")?),
    })
}

impl LiveModelStore for Tx {
    async fn find_live_model(&self, endpoint: &str) -> db::Result<Option<LiveModel>> {
        let sql = format!("SELECT {COLUMNS} FROM live_models WHERE endpoint = $1");
        sql::one(self, &sql, vec![endpoint.into()]).await?.as_ref().map(live_model).transpose()
    }

    async fn list_live_models(&self, search: &str, after: Option<&str>, most: u32) -> db::Result<Vec<LiveModel>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM live_models WHERE endpoint > $1 AND words LIKE $2 ESCAPE '!' ORDER BY endpoint LIMIT $3"
        );
        let plain: String = search.to_lowercase().chars().flat_map(escaped).collect();
        let values = vec![after.unwrap_or_default().into(), format!("%{plain}%").into(), i64::from(most).into()];
        sql::all(self, &sql, values).await?.iter().map(live_model).collect()
    }

    async fn put_live_model(&self, model: &LiveModel) -> db::Result<()> {
        let sql = format!(
            "INSERT INTO live_models ({COLUMNS}, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                $16, $17, $18, $19, $20, $21, $22) ON CONFLICT (endpoint) DO UPDATE SET project = excluded.project, \
                environment = excluded.environment, team = excluded.team, title = excluded.title, owner = excluded.owner, \
                tier = excluded.tier, intended_use = excluded.intended_use, prohibited_use = excluded.prohibited_use, \
                model = excluded.model, version = excluded.version, candidate = excluded.candidate, \
                digest = excluded.digest, purposes = excluded.purposes, datasets = excluded.datasets, \
                inputs = excluded.inputs, outputs = excluded.outputs, metrics = excluded.metrics, \
                state = excluded.state, live_since_us = excluded.live_since_us, \
                changed_at_us = excluded.changed_at_us, words = excluded.words"
        );
        let words = [
            &model.endpoint,
            &model.title,
            &model.model,
            &model.project.0,
            &model.team.0,
            &model.owner.0,
            &model.intended_use,
        ];
        let words = words.map(|word| word.to_lowercase()).join(" ");
        let values = vec![
            model.endpoint.as_str().into(),
            model.project.0.as_str().into(),
            model.environment.0.as_str().into(),
            model.team.0.as_str().into(),
            model.title.as_str().into(),
            model.owner.0.as_str().into(),
            model.tier.into(),
            model.intended_use.as_str().into(),
            model.prohibited_use.as_str().into(),
            model.model.as_str().into(),
            model.version.into(),
            model.candidate.into(),
            model.digest.to_string().into(),
            to_text(&model.purposes).into(),
            to_text(&model.datasets).into(),
            to_text(&model.inputs).into(),
            to_text(&model.outputs).into(),
            to_text(&model.metrics).into(),
            model.state.as_str().into(),
            model.live_since.0.into(),
            model.changed_at.0.into(),
            words.into(),
        ];
        sql::run(self, &sql, values).await?;
        Ok(())
    }

    async fn set_live_model_state(&self, endpoint: &str, state: LiveModelState, now: Timestamp) -> db::Result<()> {
        let sql = "UPDATE live_models SET state = $1, changed_at_us = $2 WHERE endpoint = $3 AND state <> $1";
        sql::run(self, sql, vec![state.as_str().into(), now.0.into(), endpoint.into()]).await?;
        Ok(())
    }
}

/// Takes their meaning from the signs that stand for others in a pattern.
fn escaped(sign: char) -> impl Iterator<Item = char> {
    matches!(sign, '%' | '_' | '!').then_some('!').into_iter().chain([sign])
}
