//! What auditors ask for, over HTTP: dossiers, what was live when, the clock and its baseline.
mod clock;
mod history;

use crate::delivery::given::Served;
use crate::delivery::releasing::serve;

/// Returns a project whose steps and serving process the tests play.
async fn started() -> (Served, tokio::task::JoinSet<()>) {
    let served = Served::start().await;
    // Rights are older than what is asked for now.
    served.app.turn_clock(60);
    let serving = serve(&served);
    served.clone().await;
    (served, serving)
}
