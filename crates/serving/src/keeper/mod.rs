//! What the server does beside the serving process: brings rollouts on, and writes the signed manifest whenever something changes, and
//! every two seconds at least. It is the only one that writes either.
mod compile;
mod files;
mod report;
mod steps;

use crate::Context;
use crate::endpoints;
use crate::endpoints::store::EndpointStore;
use crate::manifest::{self, Manifest};
use crate::process::{LAST_REPORT, MANIFEST, MODELS, OUT, REPORT, Report};
use crate::rollouts::store::RolloutStore;
use crate::rollouts::{Rollout, RolloutId};
use access::Gate;
use base::Timestamp;
use compile::compile;
pub(crate) use files::read;
use files::{place, remove_models, write};
use report::{believed, read_report};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::time::Duration;
use steps::{Step, bring_on, next_step};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether something changed; with the process's own look, what is stopped or revoked ends within a second.
const EVERY: Duration = Duration::from_millis(300);
/// How long a manifest stays as it is, in microseconds, where nothing changed.
const RENEW: i64 = 2 * Timestamp::SECOND;
/// How long a turn waits for a model's file to be in its place; it goes on in the next one.
const PLACED_WITHIN: Duration = Duration::from_millis(200);
/// How often the file of a model that serves and cannot be loaded is put in its place again, in seconds.
const PLACE_AGAIN: i64 = 5;
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
    /// Since when turns are taken.
    awake: Timestamp,
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
        let (awake, placing, turns) = (cx.clock.now(), None, 0);
        let mut keeper = Self { cx, gate, written: None, said, answering, placing, placed, outside, awake, turns };
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
                self.cx.live.said(None); // what it said before is not known to hold
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
        let report = self.report(REPORT).await;
        self.cx.live.said(report.clone().map(|report| believed(report, &self.answering)));
        self.note_outside(report.as_ref()).await?;
        if let Some(last) = self.report(LAST_REPORT).await {
            self.note_outside(Some(&last)).await?;
            fs::remove_file(self.cx.folder.join(LAST_REPORT))?;
        }
        let open = self.cx.db.read(|tx| async move { tx.list_open_rollouts(MOST).await }).await?;
        let now = self.cx.clock.now();
        let (mut is_on_its_way, placed_until) = (false, Instant::now() + PLACED_WITHIN);
        for rollout in &open {
            let Some(step) = next_step(rollout, report.as_ref(), &self.said, self.awake, now) else { continue };
            // However many files there are, a stop does not wait for them: they go on in the next turn.
            if matches!(step, Step::Load | Step::PlaceAgain) && Instant::now() >= placed_until {
                continue;
            }
            self.take_step(rollout, step).await?;
            is_on_its_way = true;
        }
        self.placed.retain(|id, _| open.iter().any(|rollout| rollout.id == *id));
        if is_on_its_way {
            self.write_manifest().await?;
        }
        self.turns = self.turns.wrapping_add(1);
        if self.turns % 1_000 == 1 && self.placing.is_none() {
            remove_models(&self.cx.folder.join(MODELS), &open)?;
        }
        Ok(())
    }

    /// Returns what the process says in a file.
    async fn report(&self, name: &str) -> Option<Report> {
        let path = self.cx.folder.join(name);
        tokio::task::spawn_blocking(move || read_report(&path)).await.ok().flatten()
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
