//! `lockgate server`: from the command line to the ready line, and back to nothing within ten seconds.
use crate::cli::ServerArgs;
use crate::config::{Config, Flags};
use crate::data::{ADMIN_LINK, DataFolder, Identity};
use crate::failure::{Exit, Failure, Result};
use crate::serve_supervisor::{Supervisor, Told, onnxruntime};
use crate::serving_way::with_serving;
use crate::socket::AdminSocket;
use crate::{listen, logs, wiring};
use access::audit::{Sealer, SealerSettings};
use base::{Clock, Ids, Timestamp};
use db::Db;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long open requests and running jobs have at shutdown.
const GRACE: Duration = Duration::from_secs(6);
/// How long the last audit entries have after that.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Serves until SIGTERM or SIGINT.
pub async fn run(args: ServerArgs) -> Result<()> {
    let flags = Flags { listen: args.listen, serving_listen: args.serving_listen };
    let config = Config::load(args.place.config.as_deref(), &flags)?;
    // In this order, so that what fails leaves nothing behind: the folder, the addresses, then keys and database.
    let folder = DataFolder::take(&args.place.data)?;
    let public = bind("server.listen", &config.server.listen).await?;
    let onnxruntime = onnxruntime(config.serving.onnxruntime.as_ref())?;
    let supervisor = Supervisor::open(&folder.file("serving"), &config.server.serving_listen).await?;
    logs::start(&config.log)?;
    let (clock, ids) = (Clock::System, Ids::Random);
    let url = wiring::database_url(&config, folder.path());
    let known = folder.identity()?;
    let keys = folder.keys(known.is_none())?;
    let db = wiring::open_database(&url, &clock).await?;
    let identity = identify(&folder, known, &url, &ids)?;
    let audit_key = wiring::audit_key(&keys);
    folder.write_secret("keys/audit.pub", audit_key.public().to_string().as_bytes())?;
    let metrics = PrometheusBuilder::new().install_recorder();
    let metrics = metrics.map_err(|error| Failure::new(Exit::Internal, format!("metrics: {error}"), "report this"))?;
    let gate = wiring::gate(&config, &db, &clock, &ids)?;
    let parts = wiring::parts(&config, &keys, folder.path(), gate.clone(), metrics.clone())?;
    let services = api::mount(&parts)?;
    // Before jobs run: one of them may start a runner. Not the public address: with the server away, another could listen there.
    let runners = AdminSocket::bind(&folder.file("runner.sock"))?;
    parts.build.runs.serve_at(&format!("unix:{}", folder.file("runner.sock").display()));
    let hooks = git::Hooks::bind(&parts.build.git).map_err(|error| repositories(&error))?;

    let cx = jobs::Context { db: db.clone(), clock: clock.clone(), ids };
    let workers =
        jobs::Workers::start(cx, wiring::registry(&parts), jobs::Options::new(identity.server.clone())).await?;
    let (draining, ended) = (CancellationToken::new(), CancellationToken::new());
    let mut listeners = JoinSet::new();
    let admin = AdminSocket::bind(&folder.file("admin.sock"))?;
    let addresses = (local(&public)?, format!("http://{}", supervisor.address));
    let of_runners = with_serving(services.runners, supervisor.address);
    listeners.spawn(listen::serve(runners, of_runners, draining.clone()));
    listeners.spawn(listen::serve(public, services.public, draining.clone()));
    listeners.spawn(listen::serve(admin, services.operator, draining.clone()));
    let mut keepers = JoinSet::new();
    let (keeper, told) = serving_of(&parts, &gate, &folder, onnxruntime, &addresses.1)?;
    listeners.spawn(keep_serving(supervisor, told, draining.clone()));
    keepers.spawn(keeper.keep(ended.clone()));
    let publisher = serving::Publisher::new(parts.release.serving.clone(), parts.query.clone());
    keepers.spawn(publisher.keep(Duration::from_secs(config.serving.capture_s.max(1)), ended.clone()));
    keepers.spawn(gate.clone().keep(ended.clone().cancelled_owned()));
    let settings = SealerSettings { holder: Some(identity.server.clone()), ..SealerSettings::default() };
    let sealer = Sealer::new(gate.context(), audit_key, folder.file("audit-checkpoints.jsonl"), settings);
    keepers.spawn(sealer.run(ended.clone().cancelled_owned()));
    keepers.spawn(watch(db.clone(), clock, metrics, ended.clone()));
    keepers.spawn(git::serve(parts.build.git.clone(), hooks));
    runs::resume(&parts.build.runs).await?;
    if parts.catalog.index.is_new() {
        // Apart from the server's life: the next start fills it anew. Who waits for it is a keeper, and stays until the end.
        let filling = tokio::spawn(fill_index(parts.catalog.clone(), ended.clone()));
        let over = ended.clone().cancelled_owned();
        keepers.spawn(async move {
            drop(filling.await);
            over.await;
        });
    }

    let base = config.server.public_url.clone().unwrap_or_else(|| addresses.0.clone());
    folder.write_secret("address", base.as_bytes())?;
    let link = let_in(&gate, &folder, &base).await?;
    // Listened for before anyone is told that the server is there: the first thing they send may be a signal.
    let stopped = signals()?;
    ready(&addresses, link.as_deref())?;
    let whole = until(stopped, &mut keepers, &mut listeners).await;
    tracing::info!("draining");
    tokio::join!(
        drain(draining, listeners, workers),
        query::drain(&parts.query),
        git::drain(&parts.build.git),
        runs::drain(&parts.build.runs)
    );
    ended.cancel();
    let last = tokio::time::timeout(LAST_WORDS, async { while keepers.join_next().await.is_some() {} });
    if last.await.is_err() {
        tracing::warn!("the last audit entries are not sealed; the next start seals them");
    }
    close(db).await;
    // The socket goes while the folder is still held, so that it is never another server's.
    std::fs::remove_file(folder.file("admin.sock")).map_err(|error| Failure::io("the admin socket", &error))?;
    whole
}

/// Waits until the server is to stop. Where a keeper or a listener ends before that, however it ends, the server stops by itself:
/// without who seals the log, or tells the serving process of what was revoked, it would go on as if all were well.
async fn until(
    stopped: impl Future<Output = ()>,
    keepers: &mut JoinSet<()>,
    listeners: &mut JoinSet<std::io::Result<()>>,
) -> Result<()> {
    let why = tokio::select! {
        () = stopped => return Ok(()),
        Some(ended) = keepers.join_next() => match ended {
            Ok(()) => "a keeper ended before its time".to_owned(),
            Err(error) => error.to_string(),
        },
        Some(ended) = listeners.join_next() => match ended {
            Ok(Ok(())) => "a listener ended before its time".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        },
    };
    tracing::error!(why, "a part of the server broke: it stops");
    let detail = format!("a part of the server broke ({why}), and nothing goes on without");
    Err(Failure::new(Exit::Internal, detail, "start it again; what it wrote before says more"))
}

/// Says why the repositories cannot be served; a person at the machine may see the path.
fn repositories(error: &git::Error) -> Failure {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Failure::new(Exit::Internal, format!("repositories: {error}{cause}"), "look at the folder `git` in the data folder")
}

/// Fills a search index that is new; should it not get to its end, the next start begins anew.
async fn fill_index(catalog: catalog::Context, ended: CancellationToken) {
    let filled = tokio::select! {
        filled = catalog::search::rebuild(&catalog) => filled,
        () = ended.cancelled() => return,
    };
    match filled {
        Ok(datasets) => tracing::info!(datasets, "the search index is filled"),
        Err(error) => tracing::error!(%error, "the search index could not be filled"),
    }
}

/// Returns who tells the serving process what to serve, and what it is started with.
fn serving_of(
    parts: &api::Parts,
    gate: &access::Gate,
    folder: &DataFolder,
    onnxruntime: Option<PathBuf>,
    address: &str,
) -> Result<(serving::keeper::Keeper, Told)> {
    parts.release.serving.live.listens_at(address);
    let own = folder.file("serving");
    let keeper = serving::keeper::Keeper::open(parts.release.serving.clone(), gate.clone());
    let keeper = keeper.map_err(|error| Failure::io(format!("`{}`", own.display()), &error))?;
    let key = wiring::serving_key(parts);
    folder.write_secret("keys/serving.pub", key.as_bytes())?;
    Ok((keeper, Told { folder: own, key, onnxruntime }))
}

/// Keeps the serving process; like a listener, it stops when the server drains.
async fn keep_serving(supervisor: Supervisor, told: Told, draining: CancellationToken) -> std::io::Result<()> {
    supervisor.keep(told, draining).await;
    Ok(())
}

async fn bind(key: &str, address: &str) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| Failure::listen(key, address, &error))
}

fn local(listener: &TcpListener) -> Result<String> {
    let address = listener.local_addr().map_err(|error| Failure::io("a listener", &error))?;
    Ok(format!("http://{address}"))
}

fn identify(folder: &DataFolder, known: Option<Identity>, url: &str, ids: &Ids) -> Result<Identity> {
    let database = if url.starts_with("sqlite:") { "sqlite" } else { "postgres" }.to_owned();
    match known {
        Some(identity) if identity.database == database => Ok(identity),
        other => {
            let server = other.map_or_else(|| ids.next("server"), |identity| identity.server);
            let identity = Identity { server, database };
            folder.set_identity(&identity)?;
            Ok(identity)
        }
    }
}

/// Makes the first administrator's link, if nobody can administer yet: into a file for the folder's owner and onto a
/// terminal, never into a log. Returns the file's path, also that of an earlier start's link that still works.
async fn let_in(gate: &access::Gate, folder: &DataFolder, base: &str) -> Result<Option<String>> {
    let cx = gate.context();
    if access::operator::has_administrator(&cx).await? {
        return keep_link(&cx, folder, base).await;
    }
    let link = access::operator::admin_link(&cx, &access::operator::LinkFor::default()).await?;
    let text = format!("{}{}", base.trim_end_matches('/'), link.path());
    folder.write_secret(ADMIN_LINK, text.as_bytes())?;
    if std::io::stderr().is_terminal() {
        eprintln!("First start. Within an hour, set the administrator's password at\n  {text}");
    }
    Ok(Some(folder.file(ADMIN_LINK).display().to_string()))
}

/// Keeps the file with the first administrator's link true: while the link works it leads to this start's address; a file that holds
/// anything else, such as a link that was used, has expired or was replaced, goes.
async fn keep_link(cx: &access::Context, folder: &DataFolder, base: &str) -> Result<Option<String>> {
    let path = folder.file(ADMIN_LINK);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io(format!("`{}` cannot be read", path.display()), &error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let secret = text.trim().split_once("/link#").map_or("", |(_, secret)| secret);
    let found = access::sessions::find_by_link(cx, secret).await?;
    if found.is_some_and(|person| person.as_str() == "admin") {
        let link = format!("{}/link#{secret}", base.trim_end_matches('/'));
        folder.write_secret(ADMIN_LINK, link.as_bytes())?;
        return Ok(Some(path.display().to_string()));
    }
    let gone = std::fs::remove_file(&path);
    gone.map_err(|error| Failure::io(format!("`{}` cannot be removed", path.display()), &error))?;
    Ok(None)
}

/// Prints the ready line that scripts wait for.
fn ready((listen, serving): &(String, String), link: Option<&str>) -> Result<()> {
    let mut line = serde_json::json!({ "event": "ready", "listen": listen, "serving": serving, "version": env!("CARGO_PKG_VERSION") });
    if let Some(path) = link {
        line["admin_link"] = path.into();
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| Failure::io("standard output", &error))?;
    tracing::info!(%listen, %serving, "ready");
    Ok(())
}

/// Begins to listen for SIGTERM and SIGINT, and returns what ends with the first of them.
fn signals() -> Result<impl Future<Output = ()>> {
    let named = |error: std::io::Error| Failure::io("signals", &error);
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate()).map_err(named)?, signal(SignalKind::interrupt()).map_err(named)?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Lets open requests and running jobs end, for as long as the grace lasts.
async fn drain(draining: CancellationToken, mut listeners: JoinSet<std::io::Result<()>>, workers: jobs::Workers) {
    draining.cancel();
    let requests = async {
        let all = tokio::time::timeout(GRACE, async { while listeners.join_next().await.is_some() {} });
        if all.await.is_err() {
            tracing::warn!("open requests were cut off");
        }
    };
    tokio::join!(requests, workers.stop(GRACE.saturating_sub(Duration::from_secs(2))));
}

async fn close(db: Db) {
    match tokio::time::timeout(Duration::from_secs(1), db.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the database was not closed cleanly"),
        Err(_) => tracing::warn!("the database was not closed in time"),
    }
}

/// Compares the clocks each minute and keeps the metrics small.
async fn watch(db: Db, clock: Clock, metrics: PrometheusHandle, ended: CancellationToken) {
    loop {
        let before = clock.now();
        match db.now_us().await {
            Ok(theirs) => {
                let ours = before.0.midpoint(clock.now().0);
                #[expect(clippy::cast_precision_loss, reason = "a skew is far below 2^52 microseconds")]
                let skew = (ours - theirs) as f64 / Timestamp::SECOND as f64;
                metrics::gauge!("lockgate_clock_skew_seconds").set(skew);
                if skew.abs() > 1.0 {
                    tracing::error!(
                        skew,
                        "this machine's clock and the database's differ by more than a second: set both by NTP"
                    );
                }
            }
            Err(error) => tracing::warn!(%error, "the database's clock could not be read"),
        }
        metrics.run_upkeep();
        tokio::select! {
            () = ended.cancelled() => return,
            () = tokio::time::sleep(Duration::from_mins(1)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::io::Error;

    /// Returns how a server ends that has these two beside others that go on; `None` if it waits, however often they had their turn.
    async fn end(
        stopped: impl Future<Output = ()>,
        keeper: impl Future<Output = ()> + Send + 'static,
        listener: impl Future<Output = std::io::Result<()>> + Send + 'static,
    ) -> Option<std::result::Result<(), String>> {
        let (mut keepers, mut listeners) = (JoinSet::new(), JoinSet::new());
        keepers.spawn(pending());
        keepers.spawn(keeper);
        listeners.spawn(pending());
        listeners.spawn(listener);
        let turns = async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        };
        let ended = tokio::select! {
            biased;
            ended = until(stopped, &mut keepers, &mut listeners) => ended,
            () = turns => return None,
        };
        Some(ended.map_err(|failure| {
            assert_eq!(failure.exit, Exit::Internal);
            failure.detail
        }))
    }

    #[track_caller]
    fn check(ended: Option<std::result::Result<(), String>>, why: &str) {
        assert!(matches!(&ended, Some(Err(detail)) if detail.contains(why)), "{why}: {ended:?}");
    }

    async fn broken_keeper() {
        panic!("the seal broke")
    }

    async fn broken_listener() -> std::io::Result<()> {
        panic!("the router broke")
    }

    #[tokio::test]
    async fn a_server_waits_until_it_is_to_stop() {
        assert_eq!(end(pending(), pending(), pending()).await, None);
        assert_eq!(end(async {}, pending(), pending()).await, Some(Ok(())));
        let late = async { tokio::task::yield_now().await };
        assert_eq!(end(late, pending(), pending()).await, Some(Ok(())), "asked while it waits");
    }

    #[tokio::test]
    async fn a_server_of_which_a_keeper_ends_stops_and_says_why() {
        check(end(pending(), broken_keeper(), pending()).await, "the seal broke");
        check(end(pending(), async {}, pending()).await, "a keeper ended before its time");
    }

    #[tokio::test]
    async fn a_server_of_which_a_listener_ends_stops_and_says_why() {
        check(end(pending(), pending(), broken_listener()).await, "the router broke");
        check(end(pending(), pending(), async { Ok(()) }).await, "a listener ended before its time");
        check(end(pending(), pending(), async { Err(Error::other("no file left")) }).await, "no file left");
    }
}
