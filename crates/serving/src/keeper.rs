//! What the server does beside the serving process: brings rollouts on, and writes the signed manifest whenever something changes, and
//! every two seconds at least. It is the only one that writes either.
use crate::endpoints::store::EndpointStore;
use crate::endpoints::{CallEndpoint, Endpoint};
use crate::manifest::{self, Caller, Manifest, Release};
use crate::process::{MANIFEST, MODELS, OUT, Outcome, REPORT, Report};
use crate::rollouts::store::RolloutStore;
use crate::rollouts::{Rollout, RolloutId, RolloutState};
use crate::{Context, SERVER};
use crate::{endpoints, onnx};
use access::Gate;
use access::tokens::{Bearer, bearers};
use base::{Digest, Securable, Timestamp};
use db::Tx;
use rustix::fs::OFlags;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether something changed; with the process's own look, what is stopped or revoked ends within a second.
const EVERY: Duration = Duration::from_millis(300);
/// How long a manifest stays as it is, in microseconds, where nothing changed.
const RENEW: i64 = 2 * Timestamp::SECOND;
/// How long the process may take to load a model, and then to take it over, in seconds.
const WITHIN: i64 = 60;
/// How long what served before is kept in memory, in seconds: to go back is then a matter of a moment.
const WARM: i64 = 15 * 60;
/// How long a turn waits for a model's file to be in its place; it goes on in the next one.
const PLACED_WITHIN: Duration = Duration::from_millis(200);
/// How often the file of a model that serves and cannot be loaded is put in its place again, in seconds.
const PLACE_AGAIN: i64 = 5;
/// The largest report that is read.
const LARGEST_REPORT: u64 = 32 * 1024 * 1024;
/// How many endpoints, rollouts and tokens there may be.
const MOST: u32 = 50_000;

/// Brings rollouts on and writes manifests; see [`Keeper::turn`].
#[derive(Debug)]
pub struct Keeper {
    cx: Context,
    gate: Gate,
    /// The manifest that lies in the folder.
    written: Option<Manifest>,
    /// The first manifest that said of a rollout that it answers.
    said: BTreeMap<String, i64>,
    /// By endpoint that is not stopped: what it answers with, and the first manifest that said so.
    answering: BTreeMap<String, (String, i64)>,
    /// The model's file that is being put in its place.
    placing: Option<(RolloutId, JoinHandle<Result<(), String>>)>,
    /// When the file of a rollout that serves was put in its place again.
    placed: BTreeMap<RolloutId, Timestamp>,
    /// The endpoints of which it is known when somebody outside the project was answered first.
    outside: BTreeSet<String>,
    turns: u32,
}

impl Keeper {
    /// Makes the folder that the process reads, and in it the one that it writes. Blocks; call it at start.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn open(cx: Context, gate: Gate) -> io::Result<Self> {
        for made in [MODELS, OUT] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(cx.folder.join(made))?;
        }
        let written = read(&cx.folder.join(MANIFEST), manifest::LARGEST).ok();
        // Its number only grows, over restarts too: a process that lives on takes no older one.
        let written = written.and_then(|file| manifest::open(&file, &cx.key.verifying_key()).ok());
        let (said, answering, placed, outside) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut keeper = Self { cx, gate, written: None, said, answering, placing: None, placed, outside, turns: 0 };
        if let Some(written) = written {
            keeper.wrote(written);
        }
        Ok(keeper)
    }

    /// Takes turns until `ended`.
    pub async fn keep(mut self, ended: CancellationToken) {
        loop {
            if let Err(error) = self.turn().await {
                tracing::warn!(%error, "the serving process could not be told what to serve");
            }
            tokio::select! {
                () = ended.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Looks at the rollouts and at what the process says, brings on what can be, and writes the manifest if something changed: first of
    /// all, so that a stop waits for nothing, and again once something was brought on.
    ///
    /// # Errors
    /// The store's, or a folder that cannot be written.
    pub async fn turn(&mut self) -> Result<(), KeeperError> {
        self.write_manifest().await?;
        let path = self.cx.folder.join(REPORT);
        let report = tokio::task::spawn_blocking(move || read_report(&path)).await.ok().flatten();
        self.cx.live.said(report.clone().map(|report| believed(report, &self.answering)));
        self.note_outside(report.as_ref()).await?;
        let open = self.cx.db.read(|tx| async move { tx.list_open_rollouts(MOST).await }).await?;
        let now = self.cx.clock.now();
        for rollout in &open {
            if let Some(step) = next_step(rollout, report.as_ref(), &self.said, now) {
                self.take_step(rollout, step).await?;
            }
        }
        self.placed.retain(|id, _| open.iter().any(|rollout| rollout.id == *id));
        self.write_manifest().await?;
        self.turns = self.turns.wrapping_add(1);
        if self.turns % 1_000 == 1 {
            remove_models(&self.cx.folder.join(MODELS), &open)?;
        }
        Ok(())
    }

    /// Writes down when somebody outside the project was first answered, of each endpoint whose process says so for the first time.
    async fn note_outside(&mut self, report: Option<&Report>) -> db::Result<()> {
        let captured = report.iter().flat_map(|report| &report.captured);
        let said = captured.filter_map(|(endpoint, captured)| Some((endpoint, captured.outside_at?)));
        let new: Vec<_> = said.filter(|(endpoint, _)| !self.outside.contains(*endpoint)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let (db, new) = (&self.cx.db, &new);
        db.write(|tx| async move {
            for (endpoint, at) in new {
                tx.set_first_outside(endpoint, *at).await?;
            }
            Ok::<_, db::Error>(())
        })
        .await?;
        self.outside.extend(new.iter().map(|(endpoint, _)| (*endpoint).clone()));
        Ok(())
    }

    async fn take_step(&mut self, rollout: &Rollout, step: Step) -> Result<(), KeeperError> {
        let step = match step {
            // Outside the transaction: it may take a while.
            Step::Load => match self.place(rollout, false).await {
                Some(Ok(())) => Step::Load,
                Some(Err(why)) => Step::Fail(why),
                None => return Ok(()),
            },
            Step::PlaceAgain => return self.place_again(rollout).await,
            other => other,
        };
        let (cx, id, step) = (&self.cx, &rollout.id, &step);
        cx.db.write(|tx| async move { bring_on(&tx, id, step, cx.clock.now()).await }).await?;
        Ok(())
    }

    /// Puts the file of a model that serves in its place again: the process cannot load it, and tries again by itself.
    async fn place_again(&mut self, rollout: &Rollout) -> Result<(), KeeperError> {
        let now = self.cx.clock.now();
        let lately = self.placed.get(&rollout.id).is_some_and(|at| now < at.plus_seconds(PLACE_AGAIN) && *at <= now);
        if lately {
            return Ok(());
        }
        if let Some(placed) = self.place(rollout, true).await {
            self.placed.insert(rollout.id.clone(), now);
            if let Err(why) = placed {
                tracing::error!(rollout = rollout.id.as_str(), why, "a model that serves cannot be put in its place");
            }
        }
        Ok(())
    }

    /// Puts a rollout's file in its place, one at a time; `None` where it, or another, is still on its way.
    async fn place(&mut self, rollout: &Rollout, again: bool) -> Option<Result<(), String>> {
        if self.placing.is_none() {
            let (cx, onnx) = (self.cx.clone(), rollout.onnx);
            let placing = tokio::spawn(async move { place(&cx, &onnx, again).await });
            self.placing = Some((rollout.id.clone(), placing));
        }
        let (id, placing) = self.placing.as_mut()?;
        let done = tokio::time::timeout(PLACED_WITHIN, placing).await.ok()?;
        let own = *id == rollout.id;
        self.placing = None;
        // Another's file is found in its place in the next turn.
        own.then(|| done.unwrap_or_else(|_| Err("the model's file could not be put in its place".into())))
    }

    async fn write_manifest(&mut self) -> Result<(), KeeperError> {
        let (now, gate) = (self.cx.clock.now(), &self.gate);
        let fresh = self.cx.db.read(|tx| async move { compile(&tx, gate, now).await }).await?;
        let last = self.written.as_ref();
        let same = last.is_some_and(|last| last.endpoints == fresh.endpoints && last.callers == fresh.callers);
        if same && last.is_some_and(|last| now.0 - last.made_at.0 < RENEW && now.0 >= last.made_at.0) {
            return Ok(());
        }
        let sequence = last.map_or(1, |last| last.sequence + 1).max(now.0);
        let fresh = Manifest { sequence, ..fresh };
        let file = manifest::seal(&fresh, &self.cx.key).map_err(db::sql::unknown)?;
        let path = self.cx.folder.join(MANIFEST);
        tokio::task::spawn_blocking(move || write(&path, &file)).await.map_err(io::Error::other).flatten()?;
        self.wrote(fresh);
        Ok(())
    }

    /// Notes what a manifest says for the first time.
    fn wrote(&mut self, manifest: Manifest) {
        let serving = || manifest.endpoints.iter().filter_map(|endpoint| Some((endpoint, endpoint.serving.as_ref()?)));
        self.said.retain(|rollout, _| serving().any(|(_, serving)| serving == rollout));
        for (_, rollout) in serving() {
            self.said.entry(rollout.clone()).or_insert(manifest.sequence);
        }
        let answering = serving().filter(|(endpoint, _)| endpoint.stopped.is_none()).map(|(endpoint, rollout)| {
            let before = self.answering.get(&endpoint.name).filter(|(before, _)| before == rollout);
            (endpoint.name.clone(), (rollout.clone(), before.map_or(manifest.sequence, |(_, since)| *since)))
        });
        self.answering = answering.collect();
        self.written = Some(manifest);
    }
}

/// Why a turn could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
    #[error("the serving folder cannot be used: {0}")]
    Disk(#[from] io::Error),
    #[error(transparent)]
    Endpoint(#[from] endpoints::Error),
}

/// What is to be done with a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Load,
    /// Its model's file has to be put in its place again.
    PlaceAgain,
    MakeReady,
    Serve,
    Retire,
    Fail(String),
}

/// Takes out of a report that an endpoint answers, where it was stopped or changed since: a process that went away before it heard of a
/// stop said last that it answers.
fn believed(mut report: Report, answering: &BTreeMap<String, (String, i64)>) -> Report {
    let sequence = report.sequence;
    let still = |endpoint: &String, rollout: &String| {
        answering.get(endpoint).is_some_and(|(now, since)| now == rollout && sequence >= *since)
    };
    report.answers.retain(|endpoint, rollout| still(endpoint, rollout));
    report
}

/// Returns what is to be done with a rollout now.
fn next_step(rollout: &Rollout, report: Option<&Report>, said: &BTreeMap<String, i64>, now: Timestamp) -> Option<Step> {
    let told = report.and_then(|report| report.rollouts.get(rollout.id.as_str()));
    let late = rollout.changed_at.plus_seconds(WITHIN) <= now;
    match rollout.state {
        RolloutState::Created => Some(Step::Load),
        // Once the process serves a manifest that says so: whoever is told that it serves may call it.
        RolloutState::Ready => match (said.get(rollout.id.as_str()), report) {
            (Some(sequence), Some(report)) if report.sequence >= *sequence => Some(Step::Serve),
            _ if late => Some(Step::Fail(format!("the serving process did not take it over within {WITHIN} s"))),
            _ => None,
        },
        RolloutState::Loading => match told {
            Some(told) if told.outcome == Outcome::Ready => Some(Step::MakeReady),
            Some(told) => Some(Step::Fail(told.reason.clone().unwrap_or_else(|| "it could not be loaded".into()))),
            None if late => Some(Step::Fail(format!("the serving process did not load it within {WITHIN} s"))),
            None => None,
        },
        RolloutState::Serving if told.is_some_and(|told| told.outcome == Outcome::Failed) => Some(Step::PlaceAgain),
        RolloutState::Draining => (rollout.changed_at.plus_seconds(WARM) <= now).then_some(Step::Retire),
        RolloutState::Serving | RolloutState::Retired | RolloutState::Failed => None,
    }
}

/// Takes a step, if it still fits: endpoint first, so that two never wait for each other.
async fn bring_on(tx: &Tx, id: &RolloutId, step: &Step, now: Timestamp) -> Result<(), endpoints::Error> {
    let Some(found) = tx.find_rollout(id).await? else { return Ok(()) };
    let Some(endpoint) = tx.lock_endpoint(&found.endpoint).await? else { return Ok(()) };
    let Some(rollout) = tx.lock_rollout(id).await? else { return Ok(()) };
    if rollout.state != found.state {
        return Err(db::Error::Stale.into());
    }
    match (step, rollout.state) {
        (Step::Load, RolloutState::Created) => {
            tx.save_rollout(rollout.load(now)?).await?;
        }
        (Step::MakeReady, RolloutState::Loading) => {
            tx.save_rollout(rollout.make_ready(now)?).await?;
        }
        (Step::Serve, RolloutState::Ready) => serve(tx, &endpoint, &rollout, now).await?,
        (Step::Retire, RolloutState::Draining) => {
            tx.save_rollout(rollout.retire(now)?).await?;
        }
        (Step::Fail(why), state) if state.is_moving() => {
            endpoints::end_failed(tx, &endpoint, &rollout, why, SERVER, now).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Lets a rollout take over.
async fn serve(tx: &Tx, endpoint: &Endpoint, rollout: &Rollout, now: Timestamp) -> Result<(), endpoints::Error> {
    if let Some(before) = &endpoint.serving
        && let Some(before) = tx.lock_rollout(before).await?
        && before.state == RolloutState::Serving
    {
        tx.save_rollout(before.drain(now)?).await?;
    }
    tx.save_rollout(rollout.serve(now)?).await?;
    let after = tx.save_endpoint(endpoint.served(&rollout.id, now)).await?;
    endpoints::record(tx, ("ServeRollout", SERVER), Some(endpoint), &after, None).await?;
    Ok(endpoints::publish(tx, &after, rollout, "serving", None, now).await?)
}

/// Returns what the process is to be told, but for its number.
async fn compile(tx: &Tx, gate: &Gate, now: Timestamp) -> db::Result<Manifest> {
    let found = tx.list_all_endpoints(MOST).await?;
    let (mut releases, mut ready) = (BTreeMap::<String, Vec<Release>>::new(), BTreeMap::new());
    if !found.is_empty() {
        for rollout in tx.list_open_rollouts(MOST).await? {
            if rollout.state == RolloutState::Ready {
                ready.insert(rollout.endpoint.clone(), rollout.id.0.clone());
            }
            if rollout.state.is_in_memory() {
                releases.entry(rollout.endpoint.clone()).or_default().push(Release {
                    rollout: rollout.id.0,
                    candidate: rollout.candidate,
                    version: rollout.version,
                    onnx: rollout.onnx,
                    signature: rollout.signature,
                });
            }
        }
    }
    let endpoints = found.iter().map(|endpoint| manifest::Endpoint {
        name: endpoint.id.clone(),
        serving: ready.remove(&endpoint.id).or_else(|| endpoint.serving.as_ref().map(|id| id.0.clone())),
        stopped: endpoint.stopped.as_ref().map(|stopped| stopped.reason.clone()),
        releases: releases.remove(&endpoint.id).unwrap_or_default(),
    });
    let endpoints = endpoints.collect();
    let callers = if found.is_empty() {
        Vec::new()
    } else {
        let things: Vec<_> = found.iter().map(Securable::resource).collect();
        let mut granted = vec![BTreeSet::new(); found.len()];
        for (object, principal) in catalog::grants::users(tx, now, MOST).await? {
            if let Some(number) = found.iter().position(|endpoint| endpoint.id == object) {
                granted[number].insert(principal);
            }
        }
        let bearers = bearers::<CallEndpoint>(gate, tx, &things, &granted, now, MOST).await?;
        let caller = |bearer: Bearer| Caller {
            token: bearer.hash,
            until: bearer.until,
            endpoints: bearer.things,
            outside: bearer.granted,
            captured: !bearer.of_attempt,
        };
        bearers.into_iter().map(caller).collect()
    };
    Ok(Manifest { sequence: 0, made_at: now, endpoints, callers })
}

/// Puts a model's file where the process finds it; `again` also where one lies that is not what it should be. The error says why it
/// cannot be.
async fn place(cx: &Context, onnx: &Digest, again: bool) -> Result<(), String> {
    let (target, wanted) = (cx.folder.join(MODELS).join(onnx.hex()), *onnx);
    let path = target.clone();
    let there = tokio::task::spawn_blocking(move || match again {
        true => read(&path, onnx::LARGEST as u64).is_ok_and(|bytes| Digest::of(&bytes) == wanted),
        false => path.is_file(),
    });
    if there.await.unwrap_or(false) {
        return Ok(());
    }
    let gone = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, %onnx, "a model's file cannot be read");
        "the exported model's file is not in the store".to_owned()
    };
    let mut reader = cx.blobs.get(onnx).await.map_err(|error| gone(&error))?;
    if reader.limit() > onnx::LARGEST as u64 {
        return Err(onnx::ModelError::TooLarge(usize::try_from(reader.limit()).unwrap_or(usize::MAX)).to_string());
    }
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.map_err(|error| gone(&error))?;
    if Digest::of(&bytes) != *onnx {
        return Err("the exported model's file is damaged in the store".into());
    }
    let done = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
    done.map_err(io::Error::other).flatten().map_err(|error| format!("the model's file cannot be written: {error}"))
}

/// Removes the files of models that no open rollout names.
fn remove_models(folder: &Path, open: &[Rollout]) -> io::Result<()> {
    let named: BTreeSet<String> = open.iter().map(|rollout| rollout.onnx.hex()).collect();
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !named.contains(name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Opens a file, and nothing that only looks like one: no link is followed, and nothing that makes its reader wait is opened.
fn options() -> fs::OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut options = fs::File::options();
    options.custom_flags(flags.bits().cast_signed());
    options
}

/// Reads a regular file of so many bytes at most.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = options().read(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Writes a file for the server's user alone, whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let new = path.with_extension("new");
    // What lies there is none that is being written: there is one writer. A link is removed, not followed.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options().create_new(true).write(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    fs::rename(new, path)
}

/// Reads what the process says. It runs other people's code: what it says is bounded, and only read.
fn read_report(path: &Path) -> Option<Report> {
    match read(path, LARGEST_REPORT) {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(%error, "the serving process's report cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Told;
    use crate::rollouts::tests::rollout;

    #[test]
    fn a_rollout_waits_for_the_process_and_not_for_ever() {
        let said = |outcome, reason: Option<&str>| {
            let told = Told { outcome, reason: reason.map(str::to_owned) };
            Report { rollouts: [("ro-1".to_owned(), told)].into(), ..Report::default() }
        };
        let at = |state, seconds: i64, report: Option<&Report>| {
            let said = [("ro-1".to_owned(), 7)].into();
            next_step(&rollout("ro-1", state), report, &said, testkit::NEW_YEAR.plus_seconds(seconds))
        };
        assert_eq!(at(RolloutState::Created, 0, None), Some(Step::Load));
        assert_eq!(at(RolloutState::Loading, 59, None), None);
        let late = at(RolloutState::Loading, 60, None).unwrap();
        assert_eq!(late, Step::Fail("the serving process did not load it within 60 s".into()));
        let ready = said(Outcome::Ready, None);
        assert_eq!(at(RolloutState::Loading, 99, Some(&ready)), Some(Step::MakeReady));
        assert_eq!(at(RolloutState::Ready, 0, Some(&ready)), None, "the process has not read it yet");
        let read = Report { sequence: 7, ..ready.clone() };
        assert_eq!(at(RolloutState::Ready, 0, Some(&read)), Some(Step::Serve));
        let late = at(RolloutState::Ready, 60, Some(&ready)).unwrap();
        assert_eq!(late, Step::Fail("the serving process did not take it over within 60 s".into()));
        let failed = said(Outcome::Failed, Some("it is damaged"));
        assert_eq!(at(RolloutState::Loading, 0, Some(&failed)), Some(Step::Fail("it is damaged".into())));
        assert_eq!(at(RolloutState::Serving, 9_999, Some(&failed)), Some(Step::PlaceAgain));
        assert_eq!(at(RolloutState::Serving, 9_999, Some(&ready)), None);
        assert_eq!(
            (at(RolloutState::Draining, 899, None), at(RolloutState::Draining, 900, None)),
            (None, Some(Step::Retire))
        );
    }

    #[test]
    fn what_was_said_before_a_stop_is_not_believed_after_it() {
        let answers = BTreeMap::from([("prod.a".to_owned(), "ro-1".to_owned())]);
        let said = |sequence| Report { sequence, answers: answers.clone(), ..Report::default() };
        let since = |rollout: &str, sequence| BTreeMap::from([("prod.a".to_owned(), (rollout.to_owned(), sequence))]);
        assert_eq!(believed(said(7), &since("ro-1", 7)).answers, answers);
        assert!(believed(said(7), &BTreeMap::new()).answers.is_empty(), "it is stopped");
        assert!(believed(said(7), &since("ro-1", 9)).answers.is_empty(), "it was stopped, and is to answer again");
        assert!(believed(said(9), &since("ro-2", 9)).answers.is_empty(), "another takes over");
    }

    #[test]
    fn links_and_pipes_are_neither_followed_nor_waited_for() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("lockgate.db"), "everything").unwrap();
        fs::write(at("report.json"), r#"{"pid": 1}"#).unwrap();
        // Where the next manifest is written first, and where the report is read.
        std::os::unix::fs::symlink("lockgate.db", at("manifest.new")).unwrap();
        write(&at(MANIFEST), b"signed").unwrap();
        assert_eq!(fs::read(at("lockgate.db")).unwrap(), b"everything");
        assert_eq!(fs::read(at(MANIFEST)).unwrap(), b"signed");
        assert!(at(MANIFEST).symlink_metadata().unwrap().is_file());
        std::os::unix::fs::symlink("lockgate.db", at("link")).unwrap();
        assert!(read(&at("link"), 99).is_err());
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(read(&at("pipe"), 99).is_err());
        assert!(read(folder.path(), 99).is_err());
        assert_eq!(read(&at("lockgate.db"), 10).unwrap(), b"everything");
        assert_eq!(read(&at("lockgate.db"), 9).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert!(read_report(&at("pipe")).is_none() && read_report(&at("link")).is_none());
    }
}
