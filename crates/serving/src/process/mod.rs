//! The serving process: `lockgate serve`. It knows a folder and a public key, and nothing of the database, of lakes or of secrets.
//!
//! It serves nothing but what a signed manifest names, checks each model's file against the manifest's digest, and says in a report
//! what became of each. It never blocks on capture, and lives on when the server is gone, for as long as its manifest is fresh.
mod capture;
mod compute;
mod http;
mod poll;
mod report;
mod table;

pub use report::{Captured, Outcome, Report, Told};

use capture::Capture;
use ed25519_dalek::VerifyingKey;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use table::Shared;
use tokio_util::sync::CancellationToken;

/// The manifest, in the folder.
pub const MANIFEST: &str = "manifest";
/// What the process may write to, in the folder: all else there it only reads.
pub const OUT: &str = "out";
/// What the process says of itself and of its models.
pub const REPORT: &str = "out/report.json";
/// What a process that is gone said last, in the folder: nothing is believed of it but what it has already done.
pub const LAST_REPORT: &str = "out/report.last.json";
/// Where models lie, each named by the digits of its digest.
pub const MODELS: &str = "models";
/// Where what was asked and answered is kept until it is published.
pub const CAPTURE: &str = "out/capture";

/// What a caller is told whose token opens nothing.
pub const NO_CALLER: &str = "this token may call no endpoint: it is not known, has ended, or nothing allows it";

/// What the process is told.
#[derive(Debug)]
pub struct Settings {
    /// The folder that it shares with the server.
    pub folder: PathBuf,
    /// Whose manifests it takes.
    pub key: VerifyingKey,
    /// Where the ONNX runtime lies; it is loaded with the first model.
    pub library: Option<PathBuf>,
    /// Where callers come in.
    pub listener: TcpListener,
}

/// Serves until `stop`, or until its folder is gone.
///
/// # Errors
/// A listener that cannot be used, or a model that keeps loading: this process has to end then, since nothing else ends that.
pub async fn serve(settings: Settings, stop: CancellationToken) -> std::io::Result<()> {
    let Settings { folder, key, library, listener } = settings;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let capture = Capture::start(folder.join(CAPTURE));
    let shared = Arc::new(Shared::new(capture.handle()));
    let polling = begin_to_poll(poll::Polling { folder, key, library }, shared.clone(), stop.clone())?;
    http::listen(listener, shared, stop.clone()).await;
    stop.cancel();
    let polled = tokio::task::spawn_blocking(move || polling.join()).await;
    capture.finish().await;
    polled.ok().and_then(Result::ok).unwrap_or_else(|| Err(std::io::Error::other("the poller ended before its time")))
}

/// Polls on a thread and a runtime of its own: whatever calls do, a stop is seen.
fn begin_to_poll(
    with: poll::Polling,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> std::io::Result<std::thread::JoinHandle<std::io::Result<()>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    std::thread::Builder::new().name("poll".into()).spawn(move || {
        // However it ends, nobody is left to wait for.
        let _ends = stop.clone().drop_guard();
        let polled = runtime.block_on(poll::poll(with, shared, stop));
        // Without waiting for what is being loaded.
        runtime.shutdown_background();
        polled
    })
}

#[cfg(test)]
mod tests;
