//! Looks for a newer manifest, loads what it names, drops what it names no longer, and reports.
use super::report::{Outcome, Report, Told};
use super::table::{Shared, is_fresh};
use super::{MANIFEST, MODELS, OUT, REPORT};
use crate::manifest::{self, Manifest, Release};
use crate::onnx::{self, Library, Model};
use base::{Clock, Digest, Timestamp};
use ed25519_dalek::VerifyingKey;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often the manifest is looked at.
const EVERY: Duration = Duration::from_millis(250);
/// How long a process stays that hears of no server any more; it has long stopped to answer by then.
const FORGOTTEN: Duration = Duration::from_hours(1);
/// Names the rollout that is being loaded, in the folder, and the how manieth try it is: a process that ended over it does not try it
/// again, unless it is what answers.
const LOADING: &str = "out/loading";
/// How long a model may load. Then the process ends, since nothing else ends that; the next one knows what it was.
const LOAD_WITHIN: Duration = Duration::from_secs(60);
/// When a model that answers and could not be loaded is tried again, and how late at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// How often counts are reported where nothing else changes.
const REPORT_EVERY: u32 = 8;

/// What the poller works with.
#[derive(Debug)]
pub(super) struct Polling {
    pub folder: PathBuf,
    pub key: VerifyingKey,
    pub library: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Known {
    manifest: Option<Manifest>,
    /// Which file was read last: when it was written, and its number on the disk.
    seen: Option<(i64, i64, u64)>,
    models: BTreeMap<String, Arc<Model>>,
    told: BTreeMap<String, Told>,
    /// The model that is being loaded: one at a time, beside this, so that a stop never waits for it.
    loading: JoinSet<(String, Result<Model, String>)>,
    /// Since when it is.
    since: Option<Instant>,
    /// When what could not be loaded is tried again, and how long it was waited for.
    again: BTreeMap<String, (Instant, Duration)>,
    /// What an earlier process was loading when it ended, and how often it was.
    suspect: Option<(String, u32)>,
}

impl Known {
    /// Takes note that a rollout cannot be loaded now.
    fn failed(&mut self, rollout: String, reason: String, now: Instant) {
        let wait = self.again.get(&rollout).map_or(AGAIN.0, |(_, waited)| (*waited * 2).min(AGAIN.1));
        self.again.insert(rollout.clone(), (now + wait, wait));
        self.told.insert(rollout, Told { outcome: Outcome::Failed, reason: Some(reason) });
    }

    /// Returns whether a rollout is to be loaded: for the first time, or again where it answers and its time has come.
    fn is_due(&self, rollout: &str, serves: bool, now: Instant) -> bool {
        match self.told.get(rollout) {
            None => true,
            Some(told) if told.outcome == Outcome::Failed && serves => {
                self.again.get(rollout).is_none_or(|(at, _)| *at <= now)
            }
            Some(_) => false,
        }
    }

    /// Returns whether the model that is being loaded takes too long.
    fn is_stuck(&self, now: Instant) -> bool {
        !self.loading.is_empty() && self.since.is_some_and(|since| now - since > LOAD_WITHIN)
    }
}

/// Reads what an earlier process was loading.
fn suspect(folder: &Path) -> Option<(String, u32)> {
    let bytes = read(&folder.join(LOADING), 1_024).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (rollout, times) = text.split_once(' ').unwrap_or((&text, "1"));
    Some((rollout.to_owned(), times.parse().unwrap_or(1)))
}

/// Polls until `stop`; ends it itself where the folder is gone.
///
/// # Errors
/// A model that keeps loading.
pub(super) async fn poll(with: Polling, shared: Arc<Shared>, stop: CancellationToken) -> std::io::Result<()> {
    let (with, mut known, mut reported, mut turn) = (Arc::new(with), Known::default(), None, 0_u32);
    let out = with.folder.join(OUT);
    if !out.is_dir() {
        std::fs::create_dir(out)?;
    }
    known.suspect = suspect(&with.folder);
    let mut heard = Instant::now();
    loop {
        if !with.folder.is_dir() || heard.elapsed() > FORGOTTEN {
            tracing::info!("the folder is gone, or the server has been away for an hour: nothing is left to serve");
            stop.cancel();
            return Ok(());
        }
        if known.is_stuck(Instant::now()) {
            tracing::error!("a model keeps loading: this process ends over it");
            return Err(std::io::Error::new(ErrorKind::TimedOut, "a model keeps loading"));
        }
        if let Some(manifest) = newer(&with, &mut known) {
            heard = Instant::now();
            take(&shared, &mut known, manifest);
        }
        bring_on(&with, &shared, &mut known);
        turn = turn.wrapping_add(1);
        let report = Report {
            pid: std::process::id(),
            sequence: known.manifest.as_ref().map_or(0, |manifest| manifest.sequence),
            rollouts: known.told.clone(),
            answers: shared.table().answers(),
            captured: if turn % REPORT_EVERY == 1 { shared.captured() } else { captured(reported.as_ref()) },
        };
        if reported.as_ref() != Some(&report) {
            match write(&with.folder.join(REPORT), &report) {
                Ok(()) => reported = Some(report),
                Err(error) => tracing::warn!(%error, "the report cannot be written"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

fn captured(reported: Option<&Report>) -> BTreeMap<String, super::Captured> {
    reported.map(|report| report.captured.clone()).unwrap_or_default()
}

/// Returns a manifest that is newer than the one that is served.
fn newer(with: &Polling, known: &mut Known) -> Option<Manifest> {
    let path = with.folder.join(MANIFEST);
    let found = std::fs::metadata(&path).ok()?;
    let written = (found.mtime(), found.mtime_nsec(), found.ino());
    if known.seen == Some(written) {
        return None;
    }
    let refused = |why: &dyn std::fmt::Display| tracing::error!(%why, "a manifest is not taken");
    let bytes = match read(&path, manifest::LARGEST) {
        Ok(bytes) => bytes,
        Err(error) => {
            refused(&error);
            return None;
        }
    };
    known.seen = Some(written);
    match manifest::open(&bytes, &with.key) {
        Ok(found) if known.manifest.as_ref().is_some_and(|had| found.sequence <= had.sequence) => {
            refused(&"it is older than the one that is served");
            None
        }
        Ok(found) if !is_fresh(found.made_at, Clock::System.now()) => {
            refused(&"it is too old");
            None
        }
        Ok(found) => Some(found),
        Err(error) => {
            refused(&error);
            None
        }
    }
}

/// Serves a manifest, with the models that are in memory; what it names no longer is dropped.
fn take(shared: &Shared, known: &mut Known, manifest: Manifest) {
    let releases = || manifest.endpoints.iter().flat_map(|endpoint| endpoint.releases.iter());
    known.models.retain(|rollout, _| releases().any(|release| release.rollout == *rollout));
    known.told.retain(|rollout, _| releases().any(|release| release.rollout == *rollout));
    known.again.retain(|rollout, _| releases().any(|release| release.rollout == *rollout));
    shared.put(&manifest, &known.models);
    known.manifest = Some(manifest);
}

/// Takes note of what was loaded, and begins with the next.
fn bring_on(with: &Arc<Polling>, shared: &Shared, known: &mut Known) {
    let now = Instant::now();
    while let Some(done) = known.loading.try_join_next() {
        // What a newer manifest names no longer is dropped with this.
        let Ok((rollout, done)) = done else { continue };
        match done {
            Ok(model) => {
                tracing::info!(rollout, "a model is in memory");
                known.models.insert(rollout.clone(), Arc::new(model));
                if let Some(manifest) = &known.manifest {
                    shared.put(manifest, &known.models);
                }
                known.again.remove(&rollout);
                known.told.insert(rollout, Told { outcome: Outcome::Ready, reason: None });
            }
            Err(reason) => {
                tracing::warn!(rollout, reason, "a model cannot be loaded");
                known.failed(rollout, reason, now);
            }
        }
    }
    if !known.loading.is_empty() {
        return;
    }
    known.since = None;
    let Some((next, serves)) = next(known, now) else { return };
    let times = known.suspect.as_ref().filter(|(rollout, _)| *rollout == next.rollout).map_or(0, |(_, times)| *times);
    // What answers gets a second try: the process may have ended for another reason. Later ones come rarely.
    if times >= if serves { 2 } else { 1 } {
        known.suspect = None;
        known.again.insert(next.rollout.clone(), (now, AGAIN.1));
        return known.failed(next.rollout, "the serving process ended while it loaded it".to_owned(), now);
    }
    known.since = Some(now);
    let with = with.clone();
    known.loading.spawn_blocking(move || {
        let mark = with.folder.join(LOADING);
        if let Err(error) = std::fs::write(&mark, format!("{} {}", next.rollout, times + 1)) {
            tracing::warn!(%error, "what is being loaded could not be written down");
        }
        let done = load(&with, &next);
        // One that took too long is what this process ends over.
        if now.elapsed() <= LOAD_WITHIN {
            let _ = std::fs::remove_file(mark);
        }
        (next.rollout, done)
    });
}

/// Returns what is to be loaded next, and whether it answers: first what answers, then what is to come, then what failed before; last
/// what an earlier process may have died of.
fn next(known: &Known, now: Instant) -> Option<(Release, bool)> {
    let endpoints = &known.manifest.as_ref()?.endpoints;
    let serves =
        |release: &Release| endpoints.iter().any(|endpoint| endpoint.serving.as_ref() == Some(&release.rollout));
    let suspected = |rollout: &str| known.suspect.as_ref().is_some_and(|(suspect, _)| suspect == rollout);
    let releases = endpoints.iter().flat_map(|endpoint| endpoint.releases.iter());
    let due = releases.filter(|release| known.is_due(&release.rollout, serves(release), now));
    let first = due.min_by_key(|release| {
        let failed = known.told.contains_key(&release.rollout);
        (suspected(&release.rollout), failed, !serves(release))
    })?;
    Some((first.clone(), serves(first)))
}

/// Loads a model's file, if it is the one that the manifest names.
fn load(with: &Polling, release: &Release) -> Result<Model, String> {
    let library = Library::load(with.library.as_deref()).map_err(|error| error.to_string())?;
    let path = with.folder.join(MODELS).join(release.onnx.hex());
    let bytes = read(&path, onnx::LARGEST as u64).map_err(|error| match error.kind() {
        ErrorKind::NotFound => "the model's file is not there".to_owned(),
        _ => "the model's file cannot be read".to_owned(),
    })?;
    if Digest::of(&bytes) != release.onnx {
        return Err("the model's file is not the one that was approved".to_owned());
    }
    Model::load(&library, &bytes, &release.signature)
}

fn read(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, "the file is too large"));
    }
    Ok(bytes)
}

/// Writes the report, whole or not at all.
fn write(path: &Path, report: &Report) -> std::io::Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, serde_json::to_vec(report)?)?;
    std::fs::rename(new, path)
}

/// Returns the time now, of a process that has no database to compare with.
pub(super) fn now() -> Timestamp {
    Clock::System.now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    #[test]
    fn only_a_fresh_newer_manifest_of_the_server_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let with = Polling { folder: folder.path().to_owned(), key: key.verifying_key(), library: None };
        let mut known = Known::default();
        let made = |sequence, made_at| Manifest { sequence, made_at, endpoints: Vec::new(), callers: Vec::new() };
        let mut look = |sequence: i64, age: i64, key: &SigningKey| {
            let manifest = made(sequence, now().plus_seconds(-age));
            let path = folder.path().join(MANIFEST);
            std::fs::write(path.with_extension("new"), manifest::seal(&manifest, key).unwrap()).unwrap();
            std::fs::rename(path.with_extension("new"), path).unwrap();
            known.seen = None; // a test is faster than a disk's clock
            let found = newer(&with, &mut known).map(|found| found.sequence);
            known.manifest = found.map(|sequence| made(sequence, now())).or(known.manifest.take());
            found
        };
        assert_eq!(look(5, 0, &other), None, "signed by another");
        assert_eq!(look(5, 16 * 60, &key), None, "too old");
        assert_eq!(look(5, 14 * 60, &key), Some(5));
        assert_eq!(look(4, 0, &key), None, "older than the one that is served");
        assert_eq!(look(5, 0, &key), None, "the same");
        assert_eq!(look(6, 0, &other), None);
        assert_eq!(look(6, 0, &key), Some(6));
        assert_eq!(newer(&with, &mut known), None, "nothing changed");
    }

    #[tokio::test]
    async fn what_an_earlier_process_died_of_is_not_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(OUT)).unwrap();
        std::fs::write(folder.path().join(LOADING), "ro-2 1").unwrap();
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let with = Arc::new(Polling { folder: folder.path().to_owned(), key, library: None });
        let capture = super::super::capture::Capture::start(folder.path().join("capture"));
        let shared = Shared::new(capture.handle());
        let release = |rollout: &str| manifest::Release {
            rollout: rollout.into(),
            candidate: Digest::of("c"),
            version: 1,
            onnx: Digest::of("o"),
            signature: crate::signature::Signature { inputs: Vec::new(), outputs: Vec::new(), columns: Vec::new() },
        };
        let endpoint = manifest::Endpoint {
            name: "prod.credit".into(),
            serving: Some("ro-1".into()),
            stopped: None,
            releases: vec![release("ro-2"), release("ro-1")],
        };
        let manifest = Manifest { sequence: 1, made_at: now(), endpoints: vec![endpoint], callers: Vec::new() };
        let mut known = Known { suspect: suspect(folder.path()), ..Known::default() };
        take(&shared, &mut known, manifest);
        bring_on(&with, &shared, &mut known);
        assert!(known.told.is_empty(), "what answers is loaded first");
        let loaded = known.loading.join_next().await.unwrap().unwrap();
        assert_eq!(loaded.0, "ro-1");
        known.told.insert(loaded.0, Told { outcome: Outcome::Ready, reason: None });
        bring_on(&with, &shared, &mut known);
        let reason = known.told["ro-2"].reason.as_deref();
        assert_eq!(reason, Some("the serving process ended while it loaded it"));
        bring_on(&with, &shared, &mut known);
        assert!(known.loading.is_empty(), "it does not answer: never again");
        capture.finish().await;
    }

    #[tokio::test]
    async fn what_answers_is_tried_again_ever_more_rarely_and_after_two_ends_not_at_once() {
        let (mut known, now) = (Known::default(), Instant::now());
        let tries = |known: &Known, after: Duration| known.is_due("ro-1", true, now + after);
        assert!(tries(&known, Duration::ZERO));
        known.failed("ro-1".into(), "the model's file is not there".into(), now);
        assert!(!tries(&known, Duration::ZERO) && tries(&known, Duration::from_secs(1)));
        assert!(!known.is_due("ro-1", false, now + AGAIN.1), "what does not answer is not");
        known.failed("ro-1".into(), "the model's file is not there".into(), now);
        assert!(!tries(&known, Duration::from_secs(1)) && tries(&known, Duration::from_secs(2)));
        for _ in 0..20 {
            known.failed("ro-1".into(), "the model's file is not there".into(), now);
        }
        assert!(!tries(&known, AGAIN.1.checked_sub(Duration::from_secs(1)).unwrap()) && tries(&known, AGAIN.1));

        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(OUT)).unwrap();
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let with = Arc::new(Polling { folder: folder.path().to_owned(), key, library: None });
        let capture = super::super::capture::Capture::start(folder.path().join("capture"));
        let shared = Shared::new(capture.handle());
        let signature = crate::signature::Signature { inputs: Vec::new(), outputs: Vec::new(), columns: Vec::new() };
        let (candidate, onnx) = (Digest::of("c"), Digest::of("o"));
        let release = Release { rollout: "ro-1".into(), candidate, version: 1, onnx, signature };
        let (name, serving) = ("prod.credit".into(), Some("ro-1".into()));
        let endpoint = manifest::Endpoint { name, serving, stopped: None, releases: vec![release] };
        let manifest =
            Manifest { sequence: 1, made_at: Clock::System.now(), endpoints: vec![endpoint], callers: Vec::new() };
        let mut known = Known { suspect: Some(("ro-1".into(), 1)), ..Known::default() };
        take(&shared, &mut known, manifest.clone());
        bring_on(&with, &shared, &mut known);
        assert!(known.loading.join_next().await.is_some(), "after one end it is tried");
        let mut known = Known { suspect: Some(("ro-1".into(), 2)), ..Known::default() };
        take(&shared, &mut known, manifest);
        bring_on(&with, &shared, &mut known);
        assert!(known.loading.is_empty() && known.told["ro-1"].outcome == Outcome::Failed);
        assert!(
            !known.is_due("ro-1", true, Instant::now() + AGAIN.1 / 2)
                && known.is_due("ro-1", true, Instant::now() + AGAIN.1)
        );
        capture.finish().await;
    }

    #[tokio::test]
    async fn a_model_that_keeps_loading_is_what_the_process_ends_over() {
        let (ends, waits) = std::sync::mpsc::sync_channel::<()>(1);
        let mut known = Known { since: Some(Instant::now()), ..Known::default() };
        known.loading.spawn_blocking(move || {
            let _ = waits.recv();
            ("ro-1".to_owned(), Err("late".to_owned()))
        });
        assert!(!known.is_stuck(Instant::now() + LOAD_WITHIN / 2));
        assert!(known.is_stuck(Instant::now() + LOAD_WITHIN + Duration::from_secs(1)));
        drop(ends);
        assert!(known.loading.join_next().await.is_some());
        assert!(!known.is_stuck(Instant::now() + LOAD_WITHIN * 2), "nothing loads");
    }
}
