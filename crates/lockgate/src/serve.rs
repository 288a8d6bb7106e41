//! `lockgate serve`: the process that answers for models. It gets a folder and a public key; everything else it is told by a manifest.
use crate::config::Log;
use crate::failure::{Exit, Failure, Result};
use crate::serve_process::Process;
use crate::serve_supervisor::PROCESS;
use crate::{logs, serve_walls};
use serving::process::{OUT, Settings};
use std::io::Write;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long the server may take to write down that it started this process.
const RECORDED_WITHIN: Duration = Duration::from_secs(10);

/// What it is told.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// The folder with the manifest, which the server writes; this process writes to `out` in it alone.
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
    /// The public key of whoever signs manifests, 64 hexadecimal digits.
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// Where to listen; without it standard input is the listening socket.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// The ONNX runtime's shared library.
    #[arg(long, value_name = "FILE")]
    pub onnxruntime: Option<PathBuf>,
    /// The least severe messages that are logged.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: String,
}

/// Begins the log, and shuts this process in.
pub fn begin(args: &ServeArgs) -> Result<()> {
    logs::start(&Log { level: args.log_level.clone(), file: None })?;
    let out = args.folder.join(OUT);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&out);
    made.map_err(|error| Failure::io(format!("`{}`", out.display()), &error))?;
    let bytes = serve_walls::bound_memory().map_err(|error| Failure::io("the bound of memory", &error))?;
    tracing::info!(mib = bytes / (1024 * 1024), "memory is bounded");
    match serve_walls::shut_in(&args.folder, args.onnxruntime.as_deref()) {
        Ok(true) => tracing::info!("nothing but its folder and the system's libraries can be reached"),
        Ok(false) => tracing::warn!("this kernel does not enforce all walls around the serving process"),
        Err(error) => {
            let detail = format!("the walls around the serving process: {error}");
            return Err(Failure::new(Exit::Internal, detail, "report this"));
        }
    }
    Ok(())
}

/// Serves until SIGTERM or SIGINT; [`begin`] was called before.
pub async fn run(args: ServeArgs) -> Result<()> {
    let key = serving::manifest::public_of(&args.key).ok_or_else(|| {
        Failure::new(Exit::Usage, "`--key` is no public key", "the server writes it to `keys/serving.pub`")
    })?;
    let listener = match &args.listen {
        Some(address) => TcpListener::bind(address).map_err(|error| Failure::listen("--listen", address, &error))?,
        None => {
            on_record(&args.folder).await?;
            inherited()?
        }
    };
    let named = |error: std::io::Error| Failure::io("the listener", &error);
    let address = listener.local_addr().map_err(named)?;
    let stop = CancellationToken::new();
    let mut signals = (
        signal(SignalKind::terminate()).map_err(|error| Failure::io("signals", &error))?,
        signal(SignalKind::interrupt()).map_err(|error| Failure::io("signals", &error))?,
    );
    let told = stop.clone();
    let waiting = tokio::spawn(async move {
        tokio::select! {
            _ = signals.0.recv() => {}
            _ = signals.1.recv() => {}
            () = told.cancelled() => {}
        }
        told.cancel();
    });
    if args.listen.is_some() {
        let line = serde_json::json!({ "event": "ready", "serving": format!("http://{address}") });
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| Failure::io("standard output", &error))?;
    }
    tracing::info!(%address, "serving");
    let settings = Settings { folder: args.folder, key, library: args.onnxruntime, listener };
    let served = serving::process::serve(settings, stop.clone()).await;
    stop.cancel();
    let _ = waiting.await;
    served.map_err(named)
}

/// Waits until the server has written down that this is the process that serves. One that it was killed before it could write down would
/// keep the port from every later server.
async fn on_record(folder: &Path) -> Result<()> {
    let (path, until) = (folder.join(PROCESS), Instant::now() + RECORDED_WITHIN);
    while Process::recorded(&path) != Some(std::process::id()) {
        if Instant::now() > until {
            let detail = "no server has written down that this process serves";
            return Err(Failure::new(Exit::Usage, detail, "leave starting it to `lockgate server`"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Takes the listening socket that whoever started this process put in place of standard input.
fn inherited() -> Result<TcpListener> {
    let no_socket = |_| {
        let detail = "standard input is no listening socket";
        Failure::new(Exit::Usage, detail, "give `--listen ADDRESS`, or leave starting it to `lockgate server`")
    };
    let socket = std::io::stdin().as_fd().try_clone_to_owned().map_err(no_socket)?;
    let listener = TcpListener::from(socket);
    listener.local_addr().map_err(no_socket)?;
    Ok(listener)
}
