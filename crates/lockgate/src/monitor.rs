//! The verbs of monitors and breaches: each asks the server and shows its answer.
use crate::cli::Remote;
use crate::failure::{Exit, Failure, Result};
use crate::monitor_cli::{Answering, BreachVerb, MonitorVerb, Watched};
use crate::remote::{Server, encoded};
use crate::table::{Column, card, table};
use serde_json::{Value, json};

const MONITOR: &[Column] = &[
    ("ENDPOINT", "/endpoint"),
    ("STATE", "/state"),
    ("CANDIDATE", "/candidate"),
    ("LAST", "/last/state"),
    ("RED", "/red"),
    ("AMBER", "/amber"),
    ("NEXT", "/next/text"),
];
const ONE_MONITOR: &[Column] = &[
    ("Monitor", "/id"),
    ("Endpoint", "/endpoint"),
    ("State", "/state"),
    ("Candidate", "/candidate"),
    ("Model", "/model"),
    ("Version", "/version"),
    ("Calls", "/capture"),
    ("Outcomes", "/truth/dataset"),
    ("Outcome", "/truth/column"),
    ("Every s", "/every_s"),
    ("Window h", "/window_h"),
    ("Due", "/due_at"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];
const EVALUATION: &[Column] = &[
    ("Evaluation", "/id"),
    ("State", "/state"),
    ("Reason", "/reason"),
    ("Since", "/since"),
    ("Until", "/until"),
    ("Run", "/run"),
    ("Note", "/note"),
];
const METRIC: &[Column] = &[
    ("METRIC", "/name"),
    ("COLUMN", "/column"),
    ("VALUE", "/value"),
    ("LOW", "/low"),
    ("HIGH", "/high"),
    ("ROWS", "/n"),
    ("AMBER", "/amber"),
    ("RED", "/red"),
    ("VERDICT", "/verdict"),
    ("REASON", "/reason"),
];
const BREACH: &[Column] = &[
    ("BREACH", "/id"),
    ("ENDPOINT", "/endpoint"),
    ("WHAT", "/what"),
    ("SEVERITY", "/severity"),
    ("VALUE", "/value"),
    ("LIMIT", "/limit"),
    ("STATE", "/state"),
    ("COUNT", "/count"),
    ("LAST SEEN", "/last_seen_at"),
    ("MUTED UNTIL", "/muted/until"),
];

/// Runs a verb on monitors; the failure, if any, is what an evaluation came to.
pub async fn monitor(verb: MonitorVerb) -> Result<(String, Option<Failure>)> {
    let text = match verb {
        MonitorVerb::Evaluate(watched) => return evaluate(&watched).await,
        MonitorVerb::List { project, remote } => {
            let of = project.map_or_else(String::new, |project| format!("?project={}", encoded(&project)));
            let found = Server::find(&remote)?.list(&format!("/monitors{of}")).await?;
            let empty = "no monitors yet: what goes live in prod gets one";
            if remote.json { Value::from(found).to_string() } else { table(&found, MONITOR, empty) }
        }
        MonitorVerb::Show(watched) => {
            let server = Server::find(&watched.remote)?;
            let found = find(&server, &watched.endpoint).await?;
            let last = match found.pointer("/last/id").and_then(Value::as_str) {
                Some(id) => Some(server.get(&format!("/evaluations/{}", encoded(id))).await?),
                None => None,
            };
            shown(&found, last.as_ref(), &watched.remote)
        }
        MonitorVerb::Pause { watched, reason } => {
            let server = Server::find(&watched.remote)?;
            let path = path(&find(&server, &watched.endpoint).await?, "/pause");
            shown(&server.post(&path, &json!({ "reason": reason })).await?, None, &watched.remote)
        }
        MonitorVerb::Resume(watched) => {
            let server = Server::find(&watched.remote)?;
            let path = path(&find(&server, &watched.endpoint).await?, "/resume");
            shown(&server.post(&path, &json!({})).await?, None, &watched.remote)
        }
        MonitorVerb::Set { watched, truth, truth_of_contract, every, window } => {
            let server = Server::find(&watched.remote)?;
            let found = find(&server, &watched.endpoint).await?;
            let truth = match truth {
                Some(text) => truth_of(&text)?,
                None if truth_of_contract || found["truth_is_set"] != true => Value::Null,
                None => found["truth"].clone(),
            };
            let or = |said: Option<i64>, held: &Value| said.map_or_else(|| held.clone(), Value::from);
            let body = json!({
                "truth": truth, "every_s": or(every, &found["every_s"]), "window_h": or(window, &found["window_h"]),
            });
            shown(&server.put(&path(&found, ""), &body).await?, None, &watched.remote)
        }
    };
    Ok((text, None))
}

fn truth_of(text: &str) -> Result<Value> {
    let (dataset, column) = text.split_once(':').ok_or_else(|| {
        let detail = format!("`{text}` does not say where outcomes stand");
        Failure::new(Exit::Usage, detail, "write it as `risk.core.outcomes:repaid`")
    })?;
    Ok(json!({ "dataset": dataset, "column": column }))
}

fn path(monitor: &Value, rest: &str) -> String {
    format!("/monitors/{}{rest}", encoded(monitor["id"].as_str().unwrap_or_default()))
}

/// Finds the monitor of an endpoint.
async fn find(server: &Server, endpoint: &str) -> Result<Value> {
    let all = server.list("/monitors").await?;
    let is_it = |one: &Value| one["endpoint"] == *endpoint || one["id"] == *endpoint;
    all.into_iter().find(is_it).ok_or_else(|| {
        let detail = format!("nothing that you may see watches endpoint `{endpoint}`");
        Failure::new(Exit::NotFound, detail, "`lockgate monitor list` shows them all")
    })
}

fn shown(monitor: &Value, last: Option<&Value>, remote: &Remote) -> String {
    if remote.json {
        return monitor.to_string();
    }
    let text = card(monitor, ONE_MONITOR);
    last.map_or_else(|| text.clone(), |last| format!("{text}\n{}", evaluation(last)))
}

fn evaluation(found: &Value) -> String {
    let metrics = found["metrics"].as_array().cloned().unwrap_or_default();
    card(found, EVALUATION) + "\n" + &table(&metrics, METRIC, "nothing was measured")
}

async fn evaluate(watched: &Watched) -> Result<(String, Option<Failure>)> {
    let server = Server::find(&watched.remote)?;
    let monitor = find(&server, &watched.endpoint).await?;
    let mut found = server.post(&path(&monitor, "/evaluate"), &json!({})).await?;
    let id = encoded(found["id"].as_str().unwrap_or_default());
    if found["state"] == "running" && !watched.remote.json {
        let run = found["run"].as_str().unwrap_or_default();
        eprintln!("evaluation {id} of {} runs as {run}", watched.endpoint);
    }
    while found["state"] == "running" {
        found = server.look_again(&format!("/evaluations/{id}")).await?;
    }
    let text = if watched.remote.json { found.to_string() } else { evaluation(&found) };
    let reason = found["reason"].as_str().unwrap_or_default().to_owned();
    let failure = |exit, what: &str, hint: &str| Some(Failure::new(exit, format!("{what}: {reason}"), hint));
    let failure = match found["state"].as_str().unwrap_or_default() {
        "within" => None,
        "breached" => failure(Exit::Internal, "beyond a limit", "`lockgate breach list` shows what is open"),
        "not_computable" => {
            failure(Exit::Refused, "not computable", "see to what the reason says, then evaluate again")
        }
        _ => failure(Exit::Unavailable, "the evaluation failed", "look at its run, then evaluate again"),
    };
    Ok((text, failure))
}

/// Runs a verb on breaches.
pub async fn breach(verb: BreachVerb) -> Result<String> {
    match verb {
        BreachVerb::List { project, state, remote } => {
            let asked = [("project", project), ("state", state)];
            let asked = asked.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(&value?))));
            let path = format!("/breaches?{}", asked.collect::<Vec<_>>().join("&"));
            let found = Server::find(&remote)?.list(path.trim_end_matches('?')).await?;
            Ok(if remote.json { Value::from(found).to_string() } else { table(&found, BREACH, "no breaches") })
        }
        BreachVerb::Acknowledge(answering) => answer(&answering, "acknowledge", None).await,
        BreachVerb::Resolve(answering) => answer(&answering, "resolve", None).await,
        BreachVerb::Mute { answering, until } => answer(&answering, "mute", Some(&until)).await,
    }
}

async fn answer(answering: &Answering, verb: &str, until: Option<&str>) -> Result<String> {
    let mut body = json!({ "reason": answering.reason });
    if let Some(until) = until {
        body["until"] = json!(until);
    }
    let path = format!("/breaches/{}/{verb}", encoded(&answering.breach));
    let found = Server::find(&answering.remote)?.post(&path, &body).await?;
    Ok(if answering.remote.json { found.to_string() } else { table(std::slice::from_ref(&found), BREACH, "") })
}
