use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use tokio::sync::mpsc::Sender;

use super::encode::{Encoder, Encoding};
use super::{BROKE_OFF, Error, Prepared, Rows, Session};

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Encoded rows.
    Rows { bytes: Bytes, rows: u64 },
    /// The end: whether there were more rows than asked for.
    End { truncated: bool },
    /// It broke off.
    Failed(Error),
}

/// Runs `prepared` and sends the answer piece by piece, [`Piece::End`] or [`Piece::Failed`] last. It stops when nobody
/// receives any more.
pub async fn pump(session: Arc<Session>, prepared: Prepared, encoding: Encoding, out: Sender<Piece>) {
    let sent = AssertUnwindSafe(send_rows(&session, prepared, encoding, &out)).catch_unwind().await;
    let last = match sent.unwrap_or(Err(Stopped::Failed(Error::Failed(BROKE_OFF)))) {
        Ok(truncated) => {
            // Looked at on the blocking pool: it touches the disk.
            let unchanged = tokio::task::spawn_blocking(move || session.check_unchanged()).await;
            match unchanged {
                Ok(Ok(())) => Piece::End { truncated },
                Ok(Err(error)) => Piece::Failed(error),
                Err(_) => Piece::Failed(Error::Failed("the query failed")),
            }
        }
        Err(Stopped::Failed(error)) => Piece::Failed(error),
        Err(Stopped::Alone) => return,
    };
    // Nobody to tell: then nobody needs it.
    let _ = out.send(last).await;
}

enum Stopped {
    Failed(Error),
    Alone,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

async fn send_rows(
    session: &Session,
    prepared: Prepared,
    encoding: Encoding,
    out: &Sender<Piece>,
) -> Result<bool, Stopped> {
    let mut left = prepared.rows();
    let Rows { schema, mut batches } = session.run(prepared).await?;
    let mut encoder = Encoder::new(encoding, &schema)?;
    let mut truncated = false;
    while let Some(batch) = batches.next().await {
        let mut batch = batch?;
        if batch.num_rows() > left {
            truncated = true;
            batch = batch.slice(0, left);
        }
        left -= batch.num_rows();
        if batch.num_rows() > 0 {
            let piece = Piece::Rows { bytes: encoder.write(&batch)?, rows: batch.num_rows() as u64 };
            out.send(piece).await.map_err(|_| Stopped::Alone)?;
        }
        if truncated {
            break;
        }
    }
    let piece = Piece::Rows { bytes: encoder.finish()?, rows: 0 };
    out.send(piece).await.map_err(|_| Stopped::Alone)?;
    Ok(truncated)
}
