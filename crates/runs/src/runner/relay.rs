//! The step's way to the server: what arrives on the attempt's own socket goes to the server's address, unread.
use super::address::{Address, Connection};
use super::limits::CONNECTIONS;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How long a connection waits for a server that is away. It is started again within seconds, and no step should fail for that.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Forwards every connection, until dropped.
pub(super) async fn run(listener: UnixListener, address: Address) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let mut step = match listener.accept().await {
            Ok((step, _)) => step,
            Err(error) => {
                say!("warning: the attempt's socket cannot accept: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let address = address.clone();
        open.spawn(async move {
            if let Some(mut server) = connected(&address).await {
                let _ = tokio::io::copy_bidirectional(&mut step, &mut server).await;
            }
            drop(place);
        });
    }
}

/// Connects to the server; with one that stays away the step's connection closes, and its client sees that.
async fn connected(address: &Address) -> Option<Box<dyn Connection>> {
    let trying = async {
        loop {
            match address.connect().await {
                Ok(server) => return server,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, trying).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    #[tokio::test]
    async fn a_step_waits_for_a_server_that_is_away() {
        let folder = tempfile::tempdir().unwrap();
        let (own, server) = (folder.path().join("step.sock"), folder.path().join("server.sock"));
        let relay = tokio::spawn(run(UnixListener::bind(&own).unwrap(), Address::Unix(server.clone())));
        let mut step = UnixStream::connect(&own).await.unwrap();
        step.write_all(b"asked").await.unwrap();
        tokio::time::sleep(PAUSE * 2).await;
        let back = UnixListener::bind(&server).unwrap();
        let (mut accepted, _) = back.accept().await.unwrap();
        let mut heard = [0; 5];
        accepted.read_exact(&mut heard).await.unwrap();
        accepted.write_all(&heard).await.unwrap();
        step.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"asked");
        relay.abort();
    }
}
