//! The step's way to the server: what arrives on the attempt's own socket goes to the server's address, unread.
use super::address::Address;
use super::limits::CONNECTIONS;
use std::sync::Arc;
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

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
                eprintln!("warning: the attempt's socket cannot accept: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let address = address.clone();
        open.spawn(async move {
            // With the server away the connection closes, and the step's client sees that.
            if let Ok(mut server) = address.connect().await {
                let _ = tokio::io::copy_bidirectional(&mut step, &mut server).await;
            }
            drop(place);
        });
    }
}
