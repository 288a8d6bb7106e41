//! The sealer: chains committed entries in batches and signs checkpoints. One per deployment, by a lease row.
use super::store::AuditStore;
use super::{AuditKey, Checkpoint, GENESIS, Sealed};
use crate::Context;
use base::{Digest, Timestamp};
use db::Tx;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many entries one transaction chains.
const BATCH: u64 = 500;
/// How long a sealer that died keeps others out.
const LEASE_SECONDS: i64 = 10;

/// How the sealer works.
#[derive(Clone, Debug)]
pub struct SealerSettings {
    /// How long it rests between batches.
    pub rest: Duration,
    /// A checkpoint is signed after this many entries …
    pub checkpoint_entries: u64,
    /// … or this long after the last one, whichever comes first.
    pub checkpoint_seconds: i64,
    /// Names this server across its restarts, so that one that was killed takes up its own lease again at once; a new
    /// name each time unless said.
    pub holder: Option<String>,
}

impl Default for SealerSettings {
    fn default() -> Self {
        Self { rest: Duration::from_millis(500), checkpoint_entries: 1_000, checkpoint_seconds: 60, holder: None }
    }
}

/// Chains entries and signs checkpoints.
#[derive(Debug)]
pub struct Sealer {
    cx: Context,
    key: AuditKey,
    /// Where checkpoints go besides the database: appended, one canonical JSON a line.
    file: PathBuf,
    holder: String,
    settings: SealerSettings,
}

impl Sealer {
    /// Returns a sealer that signs with `key` and copies checkpoints to `file`.
    pub fn new(cx: Context, key: AuditKey, file: impl Into<PathBuf>, settings: SealerSettings) -> Self {
        let holder = settings.holder.clone().unwrap_or_else(|| cx.ids.next("sealer"));
        Self { cx, key, file: file.into(), holder, settings }
    }

    /// Seals until `stop` is ready, then seals what is left and signs a last checkpoint.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        if let Err(error) = self.copy_last().await {
            tracing::error!(%error, "the last checkpoint could not be copied outside the database");
        }
        loop {
            let sealed = self.seal(false).await.unwrap_or_else(|error| {
                tracing::error!(%error, "audit entries could not be sealed; they stay unsealed until it works again");
                0
            });
            let rest = if sealed == BATCH { Duration::ZERO } else { self.settings.rest };
            let rested = async { tokio::time::sleep(rest).await };
            tokio::select! {
                () = &mut stop => break,
                () = rested => {}
            }
        }
        if let Err(error) = self.seal(true).await {
            tracing::error!(%error, "the last audit entries could not be sealed; the next start seals them");
        }
    }

    /// Chains up to one batch and returns how many; nothing while another sealer holds the lease. `last` asks for a
    /// checkpoint whatever the settings say.
    ///
    /// # Errors
    /// The store's, or that of the checkpoint file.
    pub async fn seal(&self, last: bool) -> Result<u64, SealError> {
        let (sealed, checkpoint) = self.cx.db.write(|tx| async move { self.chain(&tx, last).await }).await?;
        if let Some(checkpoint) = checkpoint {
            self.copy(&checkpoint).await?;
        }
        Ok(sealed)
    }

    async fn chain(&self, tx: &Tx, last: bool) -> Result<(u64, Option<Checkpoint>), SealError> {
        let now = self.cx.clock.now();
        if !tx.take_audit_lease(&self.holder, now, now.plus_seconds(LEASE_SECONDS)).await? {
            return Ok((0, None));
        }
        let head = tx.find_head().await?;
        let (mut seq, mut hash) = head.map_or_else(|| (0, genesis()), |sealed| (sealed.seq, sealed.hash));
        let waiting = tx.list_unsealed(0, BATCH).await?;
        for recorded in &waiting {
            let sealed = Sealed::next(seq + 1, hash, &recorded.entry)?;
            tx.seal_entry(recorded.id, &sealed).await?;
            (seq, hash) = (sealed.seq, sealed.hash);
        }
        let known = tx.find_checkpoint().await?;
        let due = self.is_due(known.as_ref(), seq, now) || (last && known.is_none_or(|known| known.seq < seq));
        let checkpoint = (due && seq > 0).then(|| self.key.sign(seq, hash, now));
        if let Some(checkpoint) = &checkpoint {
            tx.insert_checkpoint(checkpoint).await?;
        }
        Ok((waiting.len() as u64, checkpoint))
    }

    fn is_due(&self, known: Option<&Checkpoint>, seq: u64, now: Timestamp) -> bool {
        let (at, signed) = known.map_or((0, Timestamp(i64::MIN)), |known| (known.seq, known.at));
        let old = signed.plus_seconds(self.settings.checkpoint_seconds) <= now;
        seq > at && (old || seq - at >= self.settings.checkpoint_entries)
    }

    /// Copies the newest checkpoint if a crash came between its commit and its copy.
    async fn copy_last(&self) -> Result<(), SealError> {
        let known = self.cx.db.read(|tx| async move { tx.find_checkpoint().await }).await?;
        match known {
            Some(checkpoint) if last_known(&self.file)?.is_none_or(|copied| copied.seq < checkpoint.seq) => {
                self.copy(&checkpoint).await
            }
            _ => Ok(()),
        }
    }

    async fn copy(&self, checkpoint: &Checkpoint) -> Result<(), SealError> {
        let mut line = base::canonical_json(checkpoint)?;
        line.push(b'\n');
        let path = self.file.clone();
        let append = move || {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(&line)?;
            file.sync_all()
        };
        tokio::task::spawn_blocking(append).await.map_err(|_| SealError::Stopped)??;
        Ok(())
    }
}

/// Returns the last checkpoint that was copied to `file`; none if there is no file.
///
/// # Errors
/// A file that cannot be read. A line cut off by a crash is passed over.
pub fn last_known(file: &Path) -> std::io::Result<Option<Checkpoint>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text.lines().rev().find_map(|line| serde_json::from_str(line).ok())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn genesis() -> Digest {
    GENESIS.parse().expect("64 hex digits")
}

/// Why a batch was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the metadata store failed: {0}")]
    Store(#[from] db::Error),
    #[error("an entry could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the checkpoint could not be copied outside the database: {0}")]
    File(#[from] std::io::Error),
    #[error("the server stops")]
    Stopped,
}

impl base::Fault for SealError {
    fn fault(&self) -> (base::Kind, &'static str) {
        match self {
            Self::Store(inner) => inner.fault(),
            Self::Json(_) | Self::File(_) | Self::Stopped => (base::Kind::Internal, "store.failed"),
        }
    }
}
