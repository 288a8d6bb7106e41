use super::batch::Point;
use super::model::Found;
use super::service::find_run;
use super::store::RunStore;
use super::values_store::{After, ValueStore};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::ReadExperiment;
use crate::spaces::see;
use access::http::Permit;
use web::Cursor;

/// The most runs whose histories are answered at once.
const RUNS: usize = 100;
/// The most points in one answer, all histories together, about: the more runs, the thinner each history.
const MOST_POINTS: usize = 100_000;

/// A token: time, step, the bits of the value, NaN or not.
type Token = (i64, i64, u64, bool);

/// Returns a page of a metric's history by time, and the token of the next.
pub(super) async fn history(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    run: &str,
    key: &str,
    token: Option<&str>,
    limit: u32,
) -> Result<(Vec<Point>, Option<String>)> {
    let token: Option<Token> =
        token.map(Cursor::decode).transpose().map_err(|_| Error::invalid("Invalid page token"))?;
    let after: Option<After> = token.map(|(at_ms, step, bits, is_nan)| (at_ms, step, f64::from_bits(bits), is_nan));
    let read = cx.db.read(|tx| async move {
        let found = find_run(&tx, permit, run).await?;
        let mut points = tx.list_points(found.run.number, key, after, limit + 1).await?;
        let more = points.len() > limit as usize;
        points.truncate(limit as usize);
        let last = points.last().filter(|_| more);
        let next = last.map(|last| Cursor::encode(&(last.at_ms, last.step, last.value.to_bits(), last.is_nan)));
        Ok((points, next))
    });
    read.await
}

/// Returns the histories of a metric in several runs between two steps, each thinned to about `limit` points.
pub(super) async fn histories(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    runs: &[String],
    key: &str,
    steps: (i64, i64),
    limit: u32,
) -> Result<Vec<(String, Vec<Point>)>> {
    if runs.len() > RUNS {
        return Err(Error::invalid(format!(
            "GetMetricHistoryBulkInterval request must specify at most {RUNS} run_ids."
        )));
    }
    let limit = limit.min(u32::try_from(MOST_POINTS / runs.len().max(1)).unwrap_or(u32::MAX));
    let read = cx.db.read(|tx| async move {
        let mut histories = Vec::with_capacity(runs.len());
        for run in runs {
            let found: Option<Found> = tx.find_run(run).await?;
            let Some(found) = see(&tx, permit, found).await? else { continue };
            histories.push((found.run.id, tx.list_points_thinned(found.run.number, key, steps, limit).await?));
        }
        Ok(histories)
    });
    read.await
}

/// Returns a metric's history by step, thinned to about `limit` points.
pub(super) async fn thinned(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    run: &str,
    key: &str,
    limit: u32,
) -> Result<Vec<Point>> {
    let read = cx.db.read(|tx| async move {
        let found = find_run(&tx, permit, run).await?;
        Ok(tx.list_points_thinned(found.run.number, key, (i64::MIN, i64::MAX), limit).await?)
    });
    read.await
}
