//! The verbs of the catalog and of queries: each asks the server and shows its answer.
use crate::catalog_cli::{DatasetVerb, GrantVerb, LakeVerb, PurposeVerb, QueryArgs, QueryFormat, RequestVerb};
use crate::cli::Remote;
use crate::failure::{Exit, Failure, Result};
use crate::remote::{Server, encoded};
use crate::table::{Column, card, table};
use serde_json::{Map, Value, json};
use std::io::{IsTerminal, Write};

const LAKE: &[Column] = &[
    ("LAKE", "/id"),
    ("TEAM", "/team"),
    ("ROOT", "/root"),
    ("FOLDER", "/folder"),
    ("DATASETS", "/datasets"),
    ("NEXT", "/next/text"),
];
const CRAWL: &[Column] = &[
    ("Crawl", "/id"),
    ("State", "/state"),
    ("Tables found", "/tables_found"),
    ("Tables changed", "/tables_changed"),
    ("Files read", "/files_read"),
    ("Files skipped", "/files_skipped"),
];
const BROKEN: &[Column] = &[("BROKEN FILE", "/path"), ("REASON", "/reason")];
const HIT: &[Column] = &[
    ("DATASET", "/id"),
    ("TEAM", "/team"),
    ("LEVEL", "/level"),
    ("COLUMNS", "/columns"),
    ("ROWS", "/rows"),
    ("ACCESS", "/access/state"),
    ("DESCRIPTION", "/description"),
];
const DATASET: &[Column] = &[
    ("Dataset", "/id"),
    ("Team", "/team"),
    ("State", "/state"),
    ("Level", "/level"),
    ("Rows", "/rows"),
    ("Version", "/version"),
    ("Description", "/description"),
    ("Next", "/next/text"),
];
const COLUMN: &[Column] = &[
    ("COLUMN", "/name"),
    ("TYPE", "/type"),
    ("LEVEL", "/level"),
    ("FOR YOU", "/for_you"),
    ("DESCRIPTION", "/description"),
];
const PURPOSE: &[Column] = &[
    ("PURPOSE", "/id"),
    ("NAME", "/name"),
    ("LAWFUL BASIS", "/lawful_basis"),
    ("USES", "/allowed_uses"),
    ("OWNER", "/owner"),
];
const REQUEST: &[Column] = &[
    ("REQUEST", "/id"),
    ("STATE", "/state"),
    ("KIND", "/kind"),
    ("OBJECT", "/object"),
    ("FOR", "/principal"),
    ("ASKED BY", "/asked_by"),
    ("SUBMITTED", "/submitted_at"),
];
const ASKED: &[Column] = &[("COLUMN", "/name"), ("AS", "/as"), ("LEVEL", "/level"), ("SAID BY", "/level_source")];
const ONE_REQUEST: &[Column] = &[
    ("Request", "/id"),
    ("State", "/state"),
    ("Object", "/object"),
    ("For", "/principal"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];
const GRANT: &[Column] = &[
    ("GRANT", "/id"),
    ("STATE", "/state"),
    ("KIND", "/kind"),
    ("OBJECT", "/object"),
    ("FOR", "/principal"),
    ("PURPOSE", "/purpose"),
    ("ROWS", "/rows"),
    ("UNTIL", "/expires_at"),
];

/// Runs a verb on lakes.
pub async fn lake(verb: LakeVerb) -> Result<String> {
    match verb {
        LakeVerb::List { remote } => {
            let lakes = Server::find(&remote)?.list("/lakes").await?;
            Ok(rows(&lakes, LAKE, "no lakes yet: connect one with `lockgate lake connect`", remote.json))
        }
        LakeVerb::Connect { name, root, folder, team, description, remote } => {
            let body =
                json!({ "name": name, "root": root, "folder": folder, "team": team, "description": description });
            let lake = Server::find(&remote)?.post("/lakes", &body).await?;
            Ok(rows(&[lake], LAKE, "", remote.json))
        }
        LakeVerb::Crawl { name, wait, remote } => {
            let server = Server::find(&remote)?;
            let mut crawl = server.post(&format!("/lakes/{}/crawl", encoded(&name)), &json!({})).await?;
            while wait && crawl["ended_at"].is_null() {
                crawl = server.look_again(&format!("/crawls/{}", encoded(id_of(&crawl)?))).await?;
            }
            if remote.json {
                return Ok(crawl.to_string());
            }
            let broken = crawl["broken"].as_array().cloned().unwrap_or_default();
            Ok(card(&crawl, CRAWL) + &table(&broken, BROKEN, ""))
        }
    }
}

/// Runs a verb on datasets.
pub async fn dataset(verb: DatasetVerb) -> Result<String> {
    match verb {
        DatasetVerb::List { words, lake, team, remote } => {
            let mut path = format!("/datasets?q={}", encoded(&words.join(" ")));
            for (name, value) in [("lake", lake), ("team", team)] {
                path += &value.map(|value| format!("&{name}={}", encoded(&value))).unwrap_or_default();
            }
            let found = Server::find(&remote)?.list(&path).await?;
            Ok(rows(&found, HIT, "nothing found: try other words, or crawl the lake again", remote.json))
        }
        DatasetVerb::Show { id, remote } => {
            let server = Server::find(&remote)?;
            let place = format!("/datasets/{}", encoded(&id));
            let (mut dataset, columns) = (server.get(&place).await?, server.get(&format!("{place}/columns")).await?);
            let columns = columns["items"].as_array().cloned().unwrap_or_default();
            if remote.json {
                dataset["columns"] = columns.into();
                return Ok(dataset.to_string());
            }
            Ok(card(&dataset, DATASET) + "\n" + &table(&columns, COLUMN, "no columns"))
        }
    }
}

/// Carries out a verb on purposes.
pub async fn purpose(PurposeVerb::List { remote }: PurposeVerb) -> Result<String> {
    let found = Server::find(&remote)?.list("/purposes").await?;
    Ok(rows(&found, PURPOSE, "no purposes: whoever looks after data records one on the page Purposes", remote.json))
}

/// Runs a verb on access requests.
pub async fn request(verb: RequestVerb) -> Result<String> {
    match verb {
        RequestVerb::List { view, remote } => {
            let path = view.map_or_else(|| "/requests".to_owned(), |view| format!("/requests?view={}", encoded(&view)));
            let found = Server::find(&remote)?.list(&path).await?;
            Ok(rows(&found, REQUEST, "no requests", remote.json))
        }
        RequestVerb::Create(ask) => {
            let columns = (!ask.columns.is_empty() || !ask.masks.is_empty()).then(|| {
                let clear = ask.columns.iter().map(|name| (name.clone(), "clear".to_owned()));
                clear.chain(ask.masks).map(|(name, term)| (name, term.into())).collect::<Map<_, Value>>()
            });
            let body = json!({
                "kind": ask.kind, "object": ask.object, "principal": ask.principal, "purpose": ask.purpose, "text": ask.text,
                "uses": ask.uses, "columns": columns, "expires_at": ask.until, "submit": !ask.draft,
            });
            let made = Server::find(&ask.remote)?.post("/requests", &body).await?;
            Ok(one(&made, ONE_REQUEST, ask.remote.json))
        }
        RequestVerb::Submit { id, remote } => moved(&id, "submit", &remote).await,
        RequestVerb::Withdraw { id, remote } => moved(&id, "withdraw", &remote).await,
        RequestVerb::Approve { id, levels, without, masks, until, remote } => {
            let server = Server::find(&remote)?;
            let place = format!("/requests/{}", encoded(&id));
            let levels = if levels.is_empty() {
                confirmed_levels(&server.get(&place).await?)?
            } else {
                levels.into_iter().map(|(column, level)| (column, level.into())).collect()
            };
            let without = without.into_iter().map(|name| (name, "left_out".to_owned()));
            let columns: Map<String, Value> = without.chain(masks).map(|(name, term)| (name, term.into())).collect();
            let terms = json!({ "columns": columns, "until": until });
            let body = json!({ "decision": "approve", "terms": terms, "levels": levels });
            let decided = server.post(&format!("{place}/decide"), &body).await?;
            Ok(one(&decided, ONE_REQUEST, remote.json))
        }
        RequestVerb::Reject { id, reason, remote } => {
            let body = json!({ "decision": "reject", "reason": reason });
            let decided = Server::find(&remote)?.post(&format!("/requests/{}/decide", encoded(&id)), &body).await?;
            Ok(one(&decided, ONE_REQUEST, remote.json))
        }
    }
}

/// Submits or withdraws a request of the caller's side.
async fn moved(id: &str, verb: &str, remote: &Remote) -> Result<String> {
    let done = Server::find(remote)?.post(&format!("/requests/{}/{verb}", encoded(id)), &json!({})).await?;
    Ok(one(&done, ONE_REQUEST, remote.json))
}

/// Shows the levels of the columns that `request` asks for, and returns them once whoever decides says that they are right.
fn confirmed_levels(request: &Value) -> Result<Map<String, Value>> {
    let mut asked = request["columns"].as_array().cloned().unwrap_or_default();
    asked.retain(|column| column["as"] != "left_out");
    if asked.is_empty() {
        return Ok(Map::new()); // a request to write has no columns
    }
    eprint!("{}", table(&asked, ASKED, ""));
    let unsure = "say which levels you have seen: `--level COLUMN=LEVEL` for each column";
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Usage, "approving confirms the levels of these columns", unsure));
    }
    eprint!("Approving confirms these levels. Approve? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.map_err(|error| Failure::io("reading the answer", &error))?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        return Err(Failure::new(
            Exit::Usage,
            "nothing was approved",
            "have the levels corrected, or reject the request",
        ));
    }
    let level = |column: &Value| Some((column["name"].as_str()?.to_owned(), column["level"].clone()));
    Ok(asked.iter().filter_map(level).collect())
}

/// Runs a verb on grants.
pub async fn grant(verb: GrantVerb) -> Result<String> {
    match verb {
        GrantVerb::List { mine, remote } => {
            let path = if mine { "/grants?mine=true" } else { "/grants" };
            let found = Server::find(&remote)?.list(path).await?;
            Ok(rows(&found, GRANT, "no grants: ask for access with `lockgate request create`", remote.json))
        }
        GrantVerb::Revoke { id, reason, remote } => {
            let path = format!("/grants/{}/revoke", encoded(&id));
            let grant = Server::find(&remote)?.post(&path, &json!({ "reason": reason })).await?;
            Ok(rows(&[grant], GRANT, "", remote.json))
        }
    }
}

/// Runs a query and writes its rows to standard output as they come.
pub async fn query(args: QueryArgs) -> Result<()> {
    let server = Server::find(&args.remote)?;
    let format = if args.remote.json { QueryFormat::Json } else { args.format };
    let body = json!({
        "sql": args.sql, "purpose": args.purpose, "use": args.stated_use, "grants": args.grants, "limit": args.limit,
    });
    let media_type = match format {
        QueryFormat::Csv => "text/csv",
        QueryFormat::Table | QueryFormat::Json => "application/x-ndjson",
    };
    let mut answer = server.query(&body, media_type).await?;
    let mut out = std::io::stdout().lock();
    let named = |error: std::io::Error| Failure::io("standard output", &error);
    let mut lines = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| Server::broke_off(&error))? {
        match format {
            QueryFormat::Table => lines.extend_from_slice(&piece),
            QueryFormat::Csv | QueryFormat::Json => out.write_all(&piece).map_err(named)?,
        }
    }
    if let QueryFormat::Table = format {
        out.write_all(as_table(&lines)?.as_bytes()).map_err(named)?;
    }
    out.flush().map_err(named)
}

/// Turns JSON Lines into a table; its columns are those of the first row.
fn as_table(lines: &[u8]) -> Result<String> {
    let read = |line: &[u8]| {
        let row: std::result::Result<Map<String, Value>, _> = serde_json::from_slice(line);
        row.map_err(|error| {
            Failure::new(Exit::Internal, format!("a row cannot be read: {error}"), "use `--format csv`")
        })
    };
    let rows =
        lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(read).collect::<Result<Vec<_>>>()?;
    let Some(first) = rows.first() else { return Ok("no rows\n".to_owned()) };
    let mut titles: Vec<&String> = first.keys().collect();
    for key in rows.iter().flat_map(Map::keys) {
        if !titles.contains(&key) {
            titles.push(key);
        }
    }
    let cells = |row: &Map<String, Value>| {
        Value::from(titles.iter().map(|title| row.get(*title).cloned().unwrap_or_default()).collect::<Vec<_>>())
    };
    let head = Value::from(titles.iter().map(|title| Value::from(title.as_str())).collect::<Vec<_>>());
    Ok(crate::table::plain(&head, &rows.iter().map(cells).collect::<Vec<_>>()))
}

fn id_of(thing: &Value) -> Result<&str> {
    thing["id"]
        .as_str()
        .ok_or_else(|| Failure::new(Exit::Internal, "the answer has no `id`", "is the server of this version?"))
}

fn rows(found: &[Value], columns: &[Column], empty: &str, whole: bool) -> String {
    if whole { Value::from(found).to_string() } else { table(found, columns, empty) }
}

fn one(object: &Value, columns: &[Column], whole: bool) -> String {
    if whole { object.to_string() } else { card(object, columns) }
}
