use super::capture_table;
use super::rows::Rows;
use super::spool::{self, Segment};
use super::store::{Capture, CaptureStore};
use crate::Context;
use crate::endpoints::Endpoint;
use crate::endpoints::store::EndpointStore;
use crate::process::CAPTURE;
use crate::rollouts::store::RolloutStore;
use base::{DatasetId, Fault};
use db::Tx;
use events::PredictionsWritten;
use query::publish::append::{self, Append};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many rollouts of an endpoint a captured call may be of.
const ROLLOUTS: u32 = 1_000;
/// How long it is remembered that a segment was published, in days; its file is gone within a minute, usually.
const REMEMBERED_DAYS: i64 = 30;
/// How long a reason may be.
const LONGEST_REASON: usize = 500;

/// Brings captured calls into the lake, every now and then; see [`Publisher::turn`].
#[derive(Debug)]
pub struct Publisher {
    cx: Context,
    query: query::Context,
}

/// Why captured calls could not be published now.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the spool cannot be read: {0}")]
    Disk(#[from] io::Error),
    #[error(transparent)]
    Publish(#[from] query::publish::Error),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Publisher {
    /// Returns one that publishes what the serving process of `cx` captures.
    pub fn new(cx: Context, query: query::Context) -> Self {
        Self { cx, query }
    }

    /// Takes a turn every `every`, until `ended`.
    pub async fn keep(self, every: Duration, ended: CancellationToken) {
        loop {
            tokio::select! {
                () = ended.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            self.turn().await;
        }
    }

    /// Publishes what lies in the spool, endpoint by endpoint. What cannot be published stays, and its endpoint says why.
    pub async fn turn(&self) {
        let folder = self.cx.folder.join(CAPTURE);
        let found = tokio::task::spawn_blocking(move || spool::endpoints(&folder)).await;
        let names = match found.map_err(io::Error::other).flatten() {
            Ok(names) => names,
            Err(error) => return tracing::warn!(%error, "captured calls cannot be looked for"),
        };
        for name in names {
            // One that fails does not hold up the others.
            if let Err(error) = self.of_endpoint(&name).await {
                tracing::warn!(%error, endpoint = name, "captured calls could not be published");
            }
        }
        let before = self.cx.clock.now().plus_days(-REMEMBERED_DAYS);
        let forgotten = self.cx.db.write(|tx| async move { tx.forget_segments(before).await }).await;
        if let Err(error) = forgotten {
            tracing::warn!(%error, "old segments are not forgotten");
        }
    }

    async fn of_endpoint(&self, id: &str) -> Result<(), Error> {
        let known = self.cx.db.read(|tx| async move { known(&tx, id).await }).await?;
        let Some((endpoint, rollouts)) = &known else { return Ok(()) };
        let (folder, id) = (self.cx.folder.join(CAPTURE), id.to_owned());
        let found = tokio::task::spawn_blocking(move || spool::segments(&folder, &id)).await;
        let (segments, done) = self.sorted(endpoint, found.map_err(io::Error::other)??).await?;
        remove(done).await?;
        if segments.is_empty() {
            return Ok(());
        }
        let (read, of) = (segments.clone(), rollouts.clone());
        let rows = tokio::task::spawn_blocking(move || {
            let mut rows = Rows::default();
            for segment in &read {
                match segment.read() {
                    Ok(lines) => rows.take(&lines, &of),
                    // One that cannot be read must not keep the others waiting.
                    Err(error) => {
                        tracing::error!(%error, segment = segment.name, "a captured segment cannot be read");
                        segment.put_aside()?;
                    }
                }
            }
            Ok::<_, io::Error>(rows)
        });
        let rows = rows.await.map_err(io::Error::other)??;
        if rows.left_out > 0 {
            tracing::warn!(
                endpoint = endpoint.id,
                lines = rows.left_out,
                "captured lines are no calls of this endpoint"
            );
        }
        let answered = rows.rollouts().into_iter().filter_map(|id| rollouts.get(id));
        let inputs: BTreeSet<&DatasetId> = answered.flat_map(|rollout| &rollout.datasets).collect();
        let inputs: Vec<DatasetId> = inputs.into_iter().cloned().collect();
        match self.publish(endpoint, rows, &inputs, &segments).await {
            Ok(()) => Ok(remove(segments).await?),
            Err(Error::Publish(why)) => Ok(self.say_why(endpoint, &why).await?),
            Err(error) => Err(error),
        }
    }

    /// Parts segments into those to be published and those whose rows are in the lake already.
    async fn sorted(&self, endpoint: &Endpoint, found: Vec<Segment>) -> Result<(Vec<Segment>, Vec<Segment>), Error> {
        let found = &found;
        let parted = self.cx.db.read(|tx| async move {
            let (mut new, mut done) = (Vec::new(), Vec::new());
            for segment in found {
                let there = tx.has_segment(&endpoint.id, &segment.name).await?;
                if there { done.push(segment.clone()) } else { new.push(segment.clone()) }
            }
            Ok::<_, db::Error>((new, done))
        });
        Ok(parted.await?)
    }

    async fn publish(
        &self,
        endpoint: &Endpoint,
        rows: Rows,
        inputs: &[DatasetId],
        segments: &[Segment],
    ) -> Result<(), Error> {
        let (table, now) = (capture_table(&endpoint.id), self.cx.clock.now());
        let Some(rows) = rows.table() else { return Ok(()) };
        let (environment, made_by) = (&endpoint.environment, &format!("endpoint/{}", endpoint.id));
        let what = Append { environment, table: &table, inputs, made_by, rows: &rows };
        let staged = append::stage(&self.query, &what).await?;
        let (query, staged_rows) = (&self.query, &staged);
        let done = self.cx.db.write(|tx| async move {
            let published = append::commit(query, &tx, staged_rows).await?;
            for segment in segments {
                tx.insert_segment(&endpoint.id, &segment.name, now).await?;
            }
            let rows = i64::try_from(staged_rows.rows()).unwrap_or(i64::MAX);
            let before = tx.find_capture(&endpoint.id).await?.map_or(0, |capture| capture.rows);
            tx.put_capture(&Capture {
                endpoint: endpoint.id.clone(),
                dataset: Some(published.dataset.clone()),
                version: Some(published.version),
                rows: before.saturating_add(rows),
                reason: None,
                changed_at: now,
            })
            .await?;
            tx.publish(PredictionsWritten {
                endpoint: endpoint.id.clone(),
                environment: endpoint.environment.clone(),
                dataset: published.dataset,
                version: published.version,
                kind: "capture".into(),
                rows,
                at: now,
            })
            .await?;
            Ok::<_, query::publish::Error>(())
        });
        let done = done.await;
        // A store that fails may have committed all the same; a file that no row names is in nobody's way.
        if matches!(done, Ok(()) | Err(query::publish::Error::Store(_))) {
            staged.keep();
        }
        Ok(done?)
    }

    async fn say_why(&self, endpoint: &Endpoint, why: &query::publish::Error) -> db::Result<()> {
        let hint = why.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        let reason: String = format!("{why}{hint}").chars().take(LONGEST_REASON).collect();
        let (reason, now) = (&reason, self.cx.clock.now());
        let wrote = self.cx.db.write(|tx| async move {
            let before = tx.find_capture(&endpoint.id).await?;
            if before.as_ref().is_some_and(|before| before.reason.as_ref() == Some(reason)) {
                return Ok(());
            }
            let (dataset, version, rows) =
                before.map_or((None, None, 0), |before| (before.dataset, before.version, before.rows));
            let (endpoint, reason) = (endpoint.id.clone(), Some(reason.clone()));
            tx.put_capture(&Capture { endpoint, dataset, version, rows, reason, changed_at: now }).await
        });
        wrote.await
    }
}

/// Returns the endpoint of this name and its rollouts, if there is one.
async fn known(tx: &Tx, id: &str) -> db::Result<Option<(Endpoint, BTreeMap<String, crate::Rollout>)>> {
    let Some(endpoint) = tx.find_endpoint(id).await? else { return Ok(None) };
    let rollouts = tx.list_rollouts_of(id, ROLLOUTS).await?;
    Ok(Some((endpoint, rollouts.into_iter().map(|rollout| (rollout.id.0.clone(), rollout)).collect())))
}

async fn remove(segments: Vec<Segment>) -> io::Result<()> {
    let removing = tokio::task::spawn_blocking(move || segments.iter().try_for_each(Segment::remove));
    removing.await.map_err(io::Error::other).flatten()
}
