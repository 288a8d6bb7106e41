//! The verbs of projects and their environments: each asks the server and shows its answer.
use crate::failure::{Exit, Failure, Result};
use crate::project_cli::{CreateArgs, EnvironmentVerb, ProjectVerb};
use crate::remote::{Server, encoded};
use crate::table::{Column, card, table};
use serde_json::{Map, Value, json};

const PROJECT: &[Column] = &[
    ("PROJECT", "/id"),
    ("TITLE", "/title"),
    ("TEAM", "/team"),
    ("OWNER", "/owner"),
    ("TIER", "/tier"),
    ("STATE", "/state"),
    ("NEXT", "/next/text"),
];
const ONE_PROJECT: &[Column] = &[
    ("Project", "/id"),
    ("Title", "/title"),
    ("Team", "/team"),
    ("Owner", "/owner"),
    ("Tier", "/tier"),
    ("Intended use", "/intended_use"),
    ("Prohibited use", "/prohibited_use"),
    ("Template", "/template"),
    ("State", "/state"),
    ("Clone", "/clone_url"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];
const ENVIRONMENT: &[Column] = &[
    ("ENVIRONMENT", "/id"),
    ("STATE", "/state"),
    ("ENGINE", "/engine"),
    ("ISOLATION", "/isolation"),
    ("NEXT", "/next/text"),
    ("WHY", "/next/reason"),
];

const CHECK: &[Column] = &[("CHECK", "/name"), ("STATE", "/state"), ("FOUND", "/sentence"), ("RUN", "/run")];
const FINDING: &[Column] =
    &[("PATH", "/path"), ("LINE", "/line"), ("COLUMN", "/column"), ("CODE", "/code"), ("TEXT", "/text")];
const VERDICT: &[Column] = &[("TABLE", "/table"), ("COLUMN", "/column"), ("VERDICT", "/verdict"), ("WHY", "/reason")];
const MERGE: &[Column] = &[
    ("Merge", "/id"),
    ("Branch", "/branch"),
    ("From", "/from"),
    ("To", "/commit"),
    ("By", "/merged_by"),
    ("State", "/state"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];

/// Runs a verb on projects.
pub async fn project(verb: ProjectVerb) -> Result<String> {
    match verb {
        ProjectVerb::List { remote } => {
            let found = Server::find(&remote)?.list("/projects").await?;
            let empty = "no projects: make one with `lockgate project create`";
            Ok(if remote.json { Value::from(found).to_string() } else { table(&found, PROJECT, empty) })
        }
        ProjectVerb::Show { name, remote } => {
            let found = Server::find(&remote)?.get(&format!("/projects/{}", encoded(&name))).await?;
            Ok(shown(&found, remote.json))
        }
        ProjectVerb::Create(order) => create(order).await,
        ProjectVerb::Checks { name, branch, commit, remote } => {
            let asked = [("branch", branch), ("commit", commit)]
                .into_iter()
                .find_map(|(key, value)| value.map(|value| format!("?{key}={}", encoded(&value))));
            let path = format!("/projects/{}/checks{}", encoded(&name), asked.unwrap_or_default());
            let found = Server::find(&remote)?.get(&path).await?;
            Ok(if remote.json { found.to_string() } else { checks(&found) })
        }
        ProjectVerb::Merge { name, branch, commit, remote } => {
            let body = json!({ "branch": branch, "commit": commit });
            let made = Server::find(&remote)?.post(&format!("/projects/{}/merges", encoded(&name)), &body).await?;
            Ok(if remote.json { made.to_string() } else { card(&made, MERGE) })
        }
    }
}

async fn create(order: CreateArgs) -> Result<String> {
    let server = Server::find(&order.remote)?;
    let body = json!({
        "name": order.name, "title": order.title.as_ref().unwrap_or(&order.name), "team": order.team, "owner": order.owner,
        "tier": order.tier, "intended_use": order.intended_use, "prohibited_use": order.prohibited_use,
        "template": order.template, "parameters": order.parameters.into_iter().collect::<Map<_, _>>(),
    });
    let mut made = server.post("/projects", &body).await?;
    while order.wait && made["state"] == "provisioning" {
        made = server.look_again(&format!("/projects/{}", encoded(&order.name))).await?;
    }
    if order.wait && made["state"] == "error" {
        let why = made["reason"].as_str().unwrap_or_default();
        let detail = format!("project `{}` could not be set up: {why}", order.name);
        return Err(Failure::new(
            Exit::Internal,
            detail,
            "mend it, then `POST /projects/{id}/retry` goes on from there",
        ));
    }
    Ok(shown(&made, order.remote.json))
}

/// Returns checks with what they found, line by line and column by column.
fn checks(found: &Value) -> String {
    let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    let all = list(found, "checks");
    let mut page =
        format!("{}\n", card(found, &[("Commit", "/commit"), ("Next", "/next/text"), ("Why", "/next/reason")]));
    page += &table(&all, CHECK, "no checks: push a branch to the commit");
    for (name, columns) in [("findings", FINDING), ("columns", VERDICT)] {
        let wrong = |one: &Value| name == "findings" || one["verdict"] != "passed";
        let lines: Vec<Value> = all.iter().flat_map(|check| list(check, name)).filter(wrong).collect();
        if !lines.is_empty() {
            page += &format!("\n{}", table(&lines, columns, ""));
        }
    }
    page
}

fn shown(project: &Value, whole: bool) -> String {
    if whole {
        return project.to_string();
    }
    let environments = project["environments"].as_array().cloned().unwrap_or_default();
    card(project, ONE_PROJECT) + "\n" + &table(&environments, ENVIRONMENT, "no environments")
}

/// Runs a verb on environments.
pub async fn environment(verb: EnvironmentVerb) -> Result<String> {
    let EnvironmentVerb::List { project, remote } = verb;
    let path = project
        .map_or_else(|| "/environments".to_owned(), |project| format!("/environments?project={}", encoded(&project)));
    let found = Server::find(&remote)?.list(&path).await?;
    let empty = "no environments: a project brings its own";
    Ok(if remote.json { Value::from(found).to_string() } else { table(&found, ENVIRONMENT, empty) })
}
