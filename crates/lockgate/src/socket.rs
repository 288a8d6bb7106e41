//! The admin socket: `DIR/admin.sock`, for whoever runs as the server's user on this machine.
use crate::failure::{Exit, Failure, Result};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::net::{UnixListener, UnixStream};

/// The longest path a Unix socket can have, less the closing zero.
const LONGEST_PATH: usize = 107;

/// Listens on the socket and lets in only peers with the server's own user id.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    user: u32,
}

impl AdminSocket {
    /// Binds the socket anew. The caller holds the data folder, so a socket that is there was left by a dead server.
    pub fn bind(path: &Path) -> Result<Self> {
        if path.as_os_str().len() > LONGEST_PATH {
            let detail =
                format!("`{}` is longer than the {LONGEST_PATH} bytes that a socket's path may have", path.display());
            return Err(Failure::new(Exit::Usage, detail, "give the data folder a shorter path"));
        }
        let named = |error: &std::io::Error| {
            Failure::io(format!("the admin socket `{}` cannot be made", path.display()), error)
        };
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(named(&error)),
            _ => {}
        }
        // Nobody else can come between: the folder is closed to all but its owner.
        let listener = UnixListener::bind(path).map_err(|error| named(&error))?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(|error| named(&error))?;
        Ok(Self { listener, user: rustix::process::geteuid().as_raw() })
    }
}

impl axum::serve::Listener for AdminSocket {
    type Io = UnixStream;
    type Addr = tokio::net::unix::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => match stream.peer_cred() {
                    Ok(peer) if peer.uid() == self.user => return (stream, address),
                    peer => tracing::warn!(
                        uid = peer.ok().map(|peer| peer.uid()),
                        "another user was turned away at the admin socket"
                    ),
                },
                Err(error) => {
                    tracing::warn!(%error, "the admin socket could not accept");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// Asks the server that runs on this data folder; `None` if none does.
pub async fn ask(path: &Path, operation: &str, body: &Value) -> Result<Option<Value>> {
    let stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(error) => return Err(Failure::io(format!("the admin socket `{}`", path.display()), &error)),
    };
    let gone = |error: &dyn std::fmt::Display| {
        let detail = format!("the server at `{}` did not answer: {error}", path.display());
        Failure::new(Exit::Unavailable, detail, "look into its log, then repeat")
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| gone(&e))?;
    let request = hyper::Request::post(operation)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .map_err(|e| gone(&e))?;
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
    };
    // The connection is driven here, beside the request, and ends with it.
    let answer = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        tokio::select! {
            answer = answer => answer,
            Err(error) = connection => Err(error),
        }
    });
    let (status, bytes) = answer.await.map_err(|e| gone(&e))?.map_err(|e| gone(&e))?;
    crate::remote::read(status, &bytes).map(Some)
}
