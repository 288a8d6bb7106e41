//! The verbs of runs: each asks the server and shows its answer.
use crate::failure::{Exit, Failure, Result};
use crate::remote::{LOOK, RESTARTED_WITHIN, Server, encoded};
use crate::runs_cli::{RunVerb, StartArgs};
use crate::table::{Column, card, table};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::time::Instant;

const RUN: &[Column] = &[
    ("Run", "/id"),
    ("State", "/state"),
    ("Pipeline", "/pipeline"),
    ("Environment", "/environment"),
    ("Commit", "/commit"),
    ("Started by", "/started_by"),
    ("Steps are kept apart by", "/engine/isolation"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];
const RUNS: &[Column] = &[
    ("RUN", "/id"),
    ("STATE", "/state"),
    ("PIPELINE", "/pipeline"),
    ("ENVIRONMENT", "/environment"),
    ("STEPS", "/steps_total"),
    ("DONE", "/steps_done"),
    ("STARTED BY", "/started_by"),
    ("STARTED", "/created_at"),
];
const STEP: &[Column] = &[
    ("STEP", "/name"),
    ("STATE", "/state"),
    ("HOW", "/kind"),
    ("FROM", "/cached_from"),
    ("STARTED", "/started_at"),
    ("ENDED", "/ended_at"),
    ("WHY", "/why"),
];

/// Runs a verb on runs.
pub async fn run(verb: RunVerb) -> Result<()> {
    match verb {
        RunVerb::Start(args) => start(args).await,
        RunVerb::List { project, environment, state, remote } => {
            let mut path = "/runs?".to_owned();
            for (name, value) in [("project", project), ("environment", environment), ("state", state)] {
                path += &value.map(|value| format!("{name}={}&", encoded(&value))).unwrap_or_default();
            }
            let runs = Server::find(&remote)?.list(path.trim_end_matches(['?', '&'])).await?;
            match remote.json {
                true => crate::print(&Value::from(runs).to_string()),
                false => crate::print(&table(&runs, RUNS, "no runs yet: start one with `lockgate run start`")),
            }
        }
        RunVerb::Show { id, remote } => {
            let run = Server::find(&remote)?.get(&format!("/runs/{}", encoded(&id))).await?;
            crate::print(&shown(&run, remote.json))
        }
        RunVerb::Logs { id, step, attempt, follow, remote } => {
            let server = Server::find(&remote)?;
            let mut path = format!("/runs/{}/steps/{}/logs", encoded(&id), encoded(&step));
            let attempt = attempt.map(|number| format!("&attempt={number}")).unwrap_or_default();
            if follow {
                path += "/stream";
            }
            logs(&server, &path, &attempt, remote.json).await
        }
        RunVerb::Cancel { id, remote } => {
            let run = Server::find(&remote)?.post(&format!("/runs/{}/cancel", encoded(&id)), &json!({})).await?;
            crate::print(&shown(&run, remote.json))
        }
    }
}

async fn start(args: StartArgs) -> Result<()> {
    let server = Server::find(&args.remote)?;
    let parameters: Map<String, Value> = args.parameters.into_iter().collect();
    let order = json!({
        "project": args.project, "environment": "dev", "revision": args.revision, "pipeline": args.pipeline,
        "parameters": parameters,
    });
    let mut run = server.post("/runs", &order).await?;
    let id = run["id"].as_str().unwrap_or_default().to_owned();
    while args.wait && run["ended_at"].is_null() {
        run = server.look_again(&format!("/runs/{}", encoded(&id))).await?;
    }
    crate::print(&shown(&run, args.remote.json))?;
    if args.wait && run["state"] != "succeeded" {
        let detail = format!("run `{id}` is `{}`", run["state"].as_str().unwrap_or_default());
        let hint = format!("`lockgate run logs {id} STEP` shows what a step said");
        return Err(Failure::new(Exit::Conflict, detail, hint));
    }
    Ok(())
}

fn shown(run: &Value, as_json: bool) -> String {
    if as_json {
        return run.to_string();
    }
    let steps = run["steps"].as_array().cloned().unwrap_or_default();
    card(run, RUN) + "\n" + &table(&steps, STEP, "no steps")
}

/// Prints lines until there are no more; a stream that breaks off is taken up where it ended.
async fn logs(server: &Server, path: &str, attempt: &str, as_json: bool) -> Result<()> {
    let (mut from, mut answered) = (0, Instant::now());
    loop {
        let place = format!("{path}?from={from}{attempt}");
        if path.ends_with("/stream") {
            match follow(server, &place, &mut from, as_json).await {
                Ok(true) => return Ok(()),
                Ok(false) => answered = Instant::now(),
                Err(failure) if failure.exit == Exit::Unavailable && answered.elapsed() < RESTARTED_WITHIN => {}
                Err(failure) => return Err(failure),
            }
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let page = server.get(&place).await?;
        let lines = page["lines"].as_array().cloned().unwrap_or_default();
        if lines.is_empty() {
            return Ok(());
        }
        for line in &lines {
            print_line(line, as_json)?;
        }
        from = page["from"].as_u64().unwrap_or(from);
    }
}

/// Reads a stream; answers whether it came to its proper end.
async fn follow(server: &Server, place: &str, from: &mut u64, as_json: bool) -> Result<bool> {
    let mut response = server.open(place).await?;
    let mut text = Vec::new();
    loop {
        let Ok(Some(piece)) = response.chunk().await else { return Ok(false) };
        text.extend_from_slice(&piece);
        while let Some(end) = text.windows(2).position(|two| two == b"\n\n") {
            let event = String::from_utf8_lossy(&text[..end]).into_owned();
            text.drain(..end + 2);
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if field("event:") == Some("end") {
                return Ok(true);
            }
            let Some(line) = field("data:").and_then(|data| serde_json::from_str::<Value>(data).ok()) else { continue };
            print_line(&line, as_json)?;
            *from = line["n"].as_u64().map_or(*from, |n| n + 1);
        }
    }
}

fn print_line(line: &Value, as_json: bool) -> Result<()> {
    let text = if as_json {
        line.to_string()
    } else {
        // User code wrote it: nothing in it may move the terminal's cursor.
        let text = line["text"].as_str().unwrap_or_default();
        text.chars().map(|letter| if letter.is_control() && letter != '\t' { ' ' } else { letter }).collect()
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").map_err(|error| Failure::io("standard output", &error))
}
