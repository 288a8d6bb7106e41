//! The verbs of live models and batch jobs: each asks the server and shows its answer.
use crate::cli::Remote;
use crate::failure::{Exit, Failure, Result};
use crate::live_cli::{BatchVerb, LiveModelVerb};
use crate::remote::{Server, encoded};
use crate::table::{Column, card, table};
use serde_json::{Value, json};

const LIVE: &[Column] = &[
    ("ENDPOINT", "/endpoint"),
    ("TITLE", "/title"),
    ("STATE", "/state"),
    ("OWNER", "/owner"),
    ("TEAM", "/team"),
    ("VERSION", "/version"),
    ("YOURS", "/granted"),
];
const CARD: &[Column] = &[
    ("Endpoint", "/endpoint"),
    ("Title", "/title"),
    ("State", "/state"),
    ("Owner", "/owner"),
    ("Team", "/team"),
    ("Tier", "/tier"),
    ("For", "/intended_use"),
    ("Not for", "/prohibited_use"),
    ("Model", "/model"),
    ("Version", "/version"),
    ("Live since", "/live_since"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];
const METRIC: &[Column] = &[("METRIC", "/name"), ("VALUE", "/value"), ("LOW", "/low"), ("HIGH", "/high")];
const TENSOR: &[Column] = &[("INPUT", "/name"), ("TYPE", "/datatype")];
const BATCH: &[Column] = &[
    ("BATCH", "/id"),
    ("NAME", "/name"),
    ("ENDPOINT", "/endpoint"),
    ("OUTPUT", "/output"),
    ("STATE", "/state"),
    ("DAILY", "/daily_at"),
    ("ROWS", "/last/rows"),
    ("NEXT", "/next/text"),
];
const ONE_BATCH: &[Column] = &[
    ("Batch job", "/id"),
    ("Name", "/name"),
    ("Endpoint", "/endpoint"),
    ("Key", "/key"),
    ("Output", "/output"),
    ("State", "/state"),
    ("Daily at", "/daily_at"),
    ("Next at", "/next_at"),
    ("Run", "/run"),
    ("Last run", "/last/run"),
    ("Rows", "/last/rows"),
    ("Version", "/last/version"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];

/// Runs a verb on live models.
pub async fn live_model(verb: LiveModelVerb) -> Result<String> {
    match verb {
        LiveModelVerb::List { search, remote } => {
            let words = search.map_or_else(String::new, |words| format!("?search={}", encoded(&words)));
            let found = Server::find(&remote)?.list(&format!("/live-models{words}")).await?;
            let empty = "no model is live yet: `lockgate release promote` brings one to prod";
            Ok(if remote.json { Value::from(found).to_string() } else { table(&found, LIVE, empty) })
        }
        LiveModelVerb::Show { endpoint, remote } => {
            let found = Server::find(&remote)?.get(&format!("/live-models/{}", encoded(&endpoint))).await?;
            if remote.json {
                return Ok(found.to_string());
            }
            let rows = |name: &str| found[name].as_array().cloned().unwrap_or_default();
            let metrics = table(&rows("metrics"), METRIC, "nothing was measured");
            Ok(format!("{}\n{metrics}\n{}", card(&found, CARD), table(&rows("inputs"), TENSOR, "no inputs")))
        }
    }
}

/// Runs a verb on batch jobs.
pub async fn batch(verb: BatchVerb) -> Result<String> {
    match verb {
        BatchVerb::List { project, remote } => {
            let of = project.map_or_else(String::new, |project| format!("?project={}", encoded(&project)));
            let found = Server::find(&remote)?.list(&format!("/batches{of}")).await?;
            let empty = "no batch jobs yet: `lockgate batch create` sets one up";
            Ok(if remote.json { Value::from(found).to_string() } else { table(&found, BATCH, empty) })
        }
        BatchVerb::Show { id, remote } => {
            Ok(shown(&Server::find(&remote)?.get(&format!("/batches/{}", encoded(&id))).await?, &remote))
        }
        BatchVerb::Create { endpoint, name, datasets, key, output, daily_at, remote } => {
            let body = json!({
                "endpoint": endpoint, "name": name, "datasets": datasets, "key": key, "output": output,
                "daily_at": daily_at,
            });
            Ok(shown(&Server::find(&remote)?.post("/batches", &body).await?, &remote))
        }
        BatchVerb::Start { id, remote } => start(&id, &remote).await,
        BatchVerb::Remove { id, remote } => {
            let found = Server::find(&remote)?.post(&format!("/batches/{}/remove", encoded(&id)), &json!({})).await?;
            Ok(shown(&found, &remote))
        }
    }
}

fn shown(batch: &Value, remote: &Remote) -> String {
    if remote.json { batch.to_string() } else { card(batch, ONE_BATCH) }
}

async fn start(id: &str, remote: &Remote) -> Result<String> {
    let (server, path) = (Server::find(remote)?, format!("/batches/{}", encoded(id)));
    let mut found = server.post(&format!("{path}/start"), &json!({})).await?;
    if !remote.json {
        eprintln!("it scores as run {}", found["run"].as_str().unwrap_or_default());
    }
    while found["state"] == "running" {
        found = server.look_again(&path).await?;
    }
    match found["last"]["reason"].as_str() {
        Some(why) => {
            let detail = format!("nothing was published: {why}");
            Err(Failure::new(Exit::Refused, detail, "see to what the reason says, then start it again"))
        }
        None => Ok(shown(&found, remote)),
    }
}
