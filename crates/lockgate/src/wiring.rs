//! Puts the contexts together: what each gets, and what is generated from them.
use crate::config::{self, Config};
use crate::data::Keys;
use crate::failure::{Exit, Failure, Result};
use access::audit::AuditKey;
use base::{Clock, Ids, StateInfo};
use db::Db;
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Returns the URL of the metadata database.
pub fn database_url(config: &Config, folder: &Path) -> String {
    match &config.database.url {
        Some(url) => url.reveal().to_owned(),
        None => format!("sqlite://{}", folder.join("lockgate.db").display()),
    }
}

/// Opens the metadata database and brings its schema up to date.
pub async fn open_database(url: &str, clock: &Clock) -> Result<Db> {
    let named = |error: db::Error| {
        let failure = Failure::from(error);
        let hint = failure.hint.clone().unwrap_or_default();
        let way_out = if url.starts_with("sqlite:") {
            hint
        } else {
            format!("check `[database] url` and that the database runs; {hint}")
        };
        let detail = hidden(&format!("database `{}`: {}", without_password(url), failure.detail), url);
        Failure { exit: failure.exit, detail, hint: Some(way_out) }
    };
    let db = Db::open(url).await.map_err(named)?;
    db.migrate(&api::migrations(), clock.now()).await.map_err(named)?;
    Ok(db)
}

/// Returns `url` as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "***".into() };
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}:***@{host}", user.split(':').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

/// Takes the password out of a driver's words, should they repeat it.
fn hidden(text: &str, url: &str) -> String {
    let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user);
    match user.and_then(|user| user.split_once(':')) {
        Some((_, password)) if !password.is_empty() => text.replace(password, "***"),
        _ => text.to_owned(),
    }
}

/// Returns the gate with the product's policies and the company's.
pub fn gate(config: &Config, db: &Db, clock: &Clock, ids: &Ids) -> Result<access::Gate> {
    let company = match &config.access.policies {
        Some(folder) => company_policies(folder)?,
        None => Vec::new(),
    };
    let policies = access::Policies::parse(&api::policies(), &company)?;
    let gate = access::Gate::new(db.clone(), clock.clone(), ids.clone(), policies);
    let https = config.server.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    Ok(if https { gate.over_https() } else { gate })
}

fn company_policies(folder: &Path) -> Result<Vec<(String, String)>> {
    let named = |error: &std::io::Error| {
        Failure::io(format!("`[access] policies`: `{}` cannot be read", folder.display()), error)
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| named(&error))? {
        let path = entry.map_err(|error| named(&error))?.path();
        if path.extension().is_some_and(|extension| extension == "cedar") {
            let text = std::fs::read_to_string(&path).map_err(|error| named(&error))?;
            found.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text));
        }
    }
    found.sort();
    Ok(found)
}

/// Returns what the services are made of; what they keep on the disk lies in the data folder `folder`.
pub fn parts(
    config: &Config,
    keys: &Keys,
    folder: &Path,
    gate: access::Gate,
    metrics: PrometheusHandle,
) -> Result<api::Parts> {
    let access::Context { db, clock, ids, .. } = gate.context();
    let roots = catalog::lakes::Roots(config.lakes.roots.clone());
    let index = catalog::search::Index::open(&folder.join("search"))?;
    let (its_clock, its_ids) = (clock.clone(), ids.clone());
    let mut catalog = catalog::Context { db: db.clone(), clock: its_clock, ids: its_ids, roots, index, effects: None };
    let engine = query::Engine::start(query::Limits::default());
    let engine = engine.map_err(|error| Failure::new(Exit::Internal, format!("queries: {error}"), "report this"))?;
    let query = query::Context {
        db: db.clone(),
        clock,
        ids,
        engine: Arc::new(engine),
        catalog: catalog.clone(),
        key: query::Key::new(&keys.masks),
        tasks: tokio_util::task::TaskTracker::new(),
        stop: tokio_util::sync::CancellationToken::new(),
    };
    catalog.effects = Some(Arc::new(query::DataEffects(query.clone())));
    let library = std::env::current_exe().ok().and_then(|program| runs::engine::sdk::library_beside(&program));
    let build = api::Build::open(&gate, folder, python(config), self::engine(config, folder)?, library);
    let mut build =
        build.map_err(|error| Failure::new(Exit::Internal, format!("objects: {error}"), "look at the disk"))?;
    build.projects.public_url.clone_from(&config.server.public_url);
    build.tracking.limits.artifact_bytes = config.tracking.artifact_bytes;
    let release = api::Release::open(&gate, &build, folder, keys.serving)
        .map_err(|error| Failure::new(Exit::Internal, format!("objects: {error}"), "look at the disk"))?;
    let access::Context { clock, ids, .. } = gate.context();
    let evidence = evidence::Context { db: db.clone(), clock, ids, key: audit_key(keys) };
    Ok(api::Parts { db, gate, catalog, query, build, release, evidence, metrics })
}

/// Opens the engine that steps run on: this machine.
fn engine(config: &Config, folder: &Path) -> Result<Arc<dyn runs::engine::Engine>> {
    let attempts = folder.join("attempts");
    let mut settings = runs::engine::Settings::of_this_machine(attempts.join("work"), attempts.join("shared"));
    settings.isolation = config.runs.isolation;
    settings.cpus = config.runs.cpus.unwrap_or(settings.cpus).max(1);
    settings.memory_mib = config.runs.memory_mib.unwrap_or(settings.memory_mib);
    let engine = runs::engine::LocalEngine::open(settings);
    Ok(Arc::new(engine.map_err(|error| Failure::io("the folder of attempts", &error))?))
}

/// Looks for the interpreter that steps run on.
fn python(config: &Config) -> environments::Python {
    let config::Environments { python, uv } = config.environments.clone();
    #[expect(clippy::disallowed_methods, reason = "what interpreter and installer are given is read here, once")]
    let variables = std::env::vars().filter(|(name, _)| environments::is_passed(name)).collect();
    let isolation = Some(config.runs.isolation.as_str().to_owned());
    environments::Python::find(environments::Settings { python, uv, isolation, variables })
}

/// Returns every context's job handlers.
pub fn registry(parts: &api::Parts) -> jobs::Registry {
    let mut registry = jobs::Registry::new();
    catalog::register(&mut registry, &parts.catalog);
    query::register(&mut registry, &parts.query);
    git::register(&mut registry, &parts.build.git);
    environments::register(&mut registry, &parts.build.environments);
    tracking::register(&mut registry, &parts.build.tracking);
    runs::register(&mut registry, &parts.build.runs);
    projects::register(&mut registry, &parts.build.projects);
    serving::register(&mut registry, &parts.release.serving);
    monitoring::register(&mut registry, &parts.release.monitoring);
    delivery::register(&mut registry, &parts.release.delivery);
    registry
}

/// Returns the audit log's signing key.
pub fn audit_key(keys: &Keys) -> AuditKey {
    AuditKey::from_seed(keys.audit)
}

/// Returns the public key of who signs the serving process's manifests.
pub fn serving_key(parts: &api::Parts) -> String {
    serving::manifest::public_hex(&parts.release.serving.key)
}

/// Returns the OpenAPI document.
pub fn document() -> Result<String> {
    let document = api::openapi().to_pretty_json();
    document.map_err(|error| Failure::new(Exit::Internal, format!("the document: {error}"), "report this"))
}

/// Returns every state of every lifecycle with its look.
pub fn states() -> Result<String> {
    let all: [(&str, Vec<StateInfo>); 39] = [
        ("job", jobs::JobState::table()),
        ("crawl", catalog::crawls::CrawlState::table()),
        ("dataset", catalog::datasets::DatasetState::table()),
        ("visibility", catalog::datasets::Visibility::table()),
        ("origin", catalog::datasets::Origin::table()),
        ("change", catalog::datasets::Change::table()),
        ("level_source", catalog::sensitivity::Source::table()),
        ("access_request", catalog::requests::RequestState::table()),
        // What people see of a grant: its end, too, which comes from the clock.
        ("grant", catalog::grants::GrantStanding::table()),
        ("person", access::people::PersonState::table()),
        ("token", access::tokens::TokenState::table()),
        ("instance", environments::InstanceState::table()),
        ("python_environment", environments::BuildState::table()),
        ("push", git::pushes::PushState::table()),
        ("check", delivery::checks::CheckState::table()),
        ("merge", delivery::merges::MergeState::table()),
        ("release", delivery::candidates::ReleaseState::table()),
        ("promotion", delivery::promotions::PromotionState::table()),
        ("gate", delivery::promotions::GateState::table()),
        ("gate_policy", delivery::gates::GatePolicyState::table()),
        ("verdict", delivery::gates::GateVerdict::table()),
        ("hold", delivery::holds::HoldState::table()),
        ("released_version", delivery::versions::ReleasedState::table()),
        ("run", runs::RunState::table()),
        ("step", runs::steps::StepState::table()),
        ("attempt", runs::attempts::AttemptState::table()),
        ("experiment", tracking::experiments::Lifecycle::table()),
        ("experiment_run", tracking::runs::RunStatus::table()),
        ("logged_model", tracking::logged_models::LoggedModelState::table()),
        ("batch", serving::BatchState::table()),
        ("live_model", catalog::live_models::LiveModelState::table()),
        ("endpoint", serving::EndpointState::table()),
        ("rollout", serving::RolloutState::table()),
        ("monitor", monitoring::MonitorState::table()),
        ("evaluation", monitoring::EvaluationState::table()),
        ("metric_verdict", monitoring::MetricVerdict::table()),
        ("breach", monitoring::BreachState::table()),
        ("severity", monitoring::Severity::table()),
        ("model_version", tracking::registry::VersionState::table()),
    ];
    let mut kinds = BTreeMap::new();
    for (kind, states) in all {
        let looks = states.into_iter().map(|state| {
            let look = serde_json::json!({
                "tone": state.tone, "icon": state.icon, "word": state.label, "verbs": state.verbs,
            });
            (state.word.to_owned(), look)
        });
        kinds.insert(kind, looks.collect::<serde_json::Map<_, _>>());
    }
    serde_json::to_string_pretty(&kinds).map_err(|error| Failure::new(Exit::Internal, error.to_string(), "report this"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let url = "postgres://lockgate:hunter2@db.example/lockgate";
        assert_eq!(without_password(url), "postgres://lockgate:***@db.example/lockgate");
        assert_eq!(hidden("password hunter2 refused", url), "password *** refused");
        assert_eq!(without_password("hunter2"), "***");
    }
}
