//! Serves a router on a listener: HTTP/1, with an end to the patience for a request that does not come.
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, Request};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a connection may take to send a request's head, and so how long one may be idle. Without it, whoever sends
/// half a head holds a connection, and a file handle, for ever.
const HEAD: Duration = Duration::from_secs(30);

/// What handlers learn of where a request comes from.
pub trait Peer: Send + 'static {
    /// Puts it where extractors look for it.
    fn tell(&self, extensions: &mut Extensions);
}

impl Peer for SocketAddr {
    fn tell(&self, extensions: &mut Extensions) {
        extensions.insert(ConnectInfo(*self));
    }
}

/// A peer on a Unix socket has no address worth knowing.
impl Peer for tokio::net::unix::SocketAddr {
    fn tell(&self, _: &mut Extensions) {}
}

/// Serves until `stop`; then no connection is accepted any more, and those that are open end after their answer.
pub async fn serve<L: Listener>(listener: L, router: Router, stop: CancellationToken) -> std::io::Result<()>
where
    L::Addr: Peer + Sync,
{
    serve_with(listener, router, stop, HEAD).await;
    Ok(())
}

async fn serve_with<L: Listener>(mut listener: L, router: Router, stop: CancellationToken, head: Duration)
where
    L::Addr: Peer + Sync,
{
    let open = TaskTracker::new();
    loop {
        let (io, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            peer.tell(request.extensions_mut());
            router.call(request.map(Body::new))
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(head);
        let connection = builder.serve_connection(TokioIo::new(io), service).with_upgrades();
        let stop = stop.clone();
        open.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection broke off");
            }
        });
    }
    drop(listener); // whoever comes now is refused at once, not kept waiting
    open.close();
    open.wait().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a router of the test's own")]
    async fn half_a_head_is_not_waited_for_and_a_peer_is_known() {
        let whom = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string();
        let router = Router::new().route("/", axum::routing::get(whom));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let until = stop.clone();
        let serving = tokio::spawn(async move { serve_with(listener, router, until, Duration::from_millis(50)).await });
        let send = async |bytes: &[u8]| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            let mut answer = Vec::new();
            let _reset_counts_as_an_end = stream.read_to_end(&mut answer).await;
            String::from_utf8(answer).unwrap()
        };
        let whole = send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with("127.0.0.1"), "{whole}");
        let half = send(b"GET / HTTP/1.1\r\nhost: ").await;
        assert!(!half.starts_with("HTTP/1.1 200"), "{half}");
        stop.cancel();
        serving.await.unwrap();
    }
}
