//! The verbs of releases: each asks the server and shows its answer.
use crate::cli::Remote;
use crate::failure::{Exit, Failure, Result};
use crate::release_cli::{Ended, Of, ReleaseVerb, Stopping};
use crate::remote::{Server, encoded};
use crate::table::{Column, card, table};
use serde_json::{Value, json};

/// States in which a promotion goes on by itself.
const MOVING: [&str; 4] = ["offered", "checking", "deploying", "verifying"];
/// States that are an end as asked, or wait for people.
const AS_ASKED: [&str; 3] = ["awaiting_approval", "live", "superseded"];

const RELEASE: &[Column] = &[
    ("COMMIT", "/subject"),
    ("STATE", "/state"),
    ("CANDIDATE", "/candidate"),
    ("WHY", "/reason"),
    ("RUN", "/run"),
    ("STARTED", "/started_at"),
];
const CANDIDATE: &[Column] = &[
    ("CANDIDATE", "/number"),
    ("COMMIT", "/subject"),
    ("MODEL", "/model"),
    ("VERSION", "/version"),
    ("CUT", "/created_at"),
    ("NEXT", "/next/text"),
];
const ONE_CANDIDATE: &[Column] = &[
    ("Candidate", "/number"),
    ("Commit", "/subject"),
    ("Model", "/model"),
    ("Version", "/version"),
    ("Run", "/run"),
    ("Purposes", "/purposes"),
    ("Cut", "/created_at"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
    ("Digest", "/digest"),
];
const JUDGED: &[Column] = &[("CHECK", "/name"), ("VERDICT", "/verdict"), ("NOTE", "/note")];
const METRIC: &[Column] = &[
    ("METRIC", "/name"),
    ("GROUP", "/group"),
    ("VALUE", "/value"),
    ("LOW", "/low"),
    ("HIGH", "/high"),
    ("AMBER", "/amber"),
    ("RED", "/red"),
    ("VERDICT", "/verdict"),
];
const PROMOTION: &[Column] = &[
    ("PROMOTION", "/id"),
    ("CANDIDATE", "/candidate"),
    ("TO", "/environment"),
    ("KIND", "/kind"),
    ("STATE", "/state"),
    ("NEXT", "/next/text"),
    ("WHY", "/reason"),
];
const ONE_PROMOTION: &[Column] = &[
    ("Promotion", "/id"),
    ("Candidate", "/candidate"),
    ("To", "/environment"),
    ("Kind", "/kind"),
    ("State", "/state"),
    ("Reason", "/reason"),
    ("Next", "/next/text"),
    ("Why", "/next/reason"),
];
const GATE: &[Column] = &[("GATE", "/name"), ("STATE", "/state"), ("NOTE", "/note")];
const CHANGE: &[Column] = &[("WHAT", "/what"), ("BEFORE", "/before"), ("AFTER", "/after")];
const LIVE: &[Column] = &[
    ("ENVIRONMENT", "/environment"),
    ("ENDPOINT", "/endpoint"),
    ("CANDIDATE", "/live"),
    ("SUSPENDED", "/suspended/reason"),
    ("NEXT", "/next/text"),
];
const HOLD: &[Column] = &[
    ("HOLD", "/id"),
    ("ENVIRONMENT", "/environment"),
    ("REASON", "/reason"),
    ("BY", "/by"),
    ("AT", "/at"),
    ("LIFTED", "/lifted/reason"),
];
const POLICY: &[Column] = &[
    ("ENVIRONMENT", "/environment"),
    ("VERSION", "/version"),
    ("STATE", "/state"),
    ("REQUIRED", "/required"),
    ("BAKING S", "/baking_s"),
];
const APPROVALS: &[Column] = &[("ENVIRONMENT", "/environment"), ("ROLE", "/role"), ("COUNT", "/count")];
const TOLERANCE: &[Column] = &[
    ("ENVIRONMENT", "/environment"),
    ("METRIC", "/metric"),
    ("BETTER", "/better"),
    ("AMBER", "/amber"),
    ("RED", "/red"),
    ("RATIONALE", "/rationale"),
];

/// Runs a verb on releases.
pub async fn release(verb: ReleaseVerb) -> Result<String> {
    match verb {
        ReleaseVerb::List(of) => {
            let empty = "nothing was trained as preprod yet: `lockgate project merge PROJECT BRANCH`";
            listed(&of, "releases", RELEASE, empty).await
        }
        ReleaseVerb::Candidates { project, number: None, remote } => {
            let empty = "no candidates yet: `lockgate release list PROJECT` says why";
            listed(&Of { project, remote }, "candidates", CANDIDATE, empty).await
        }
        ReleaseVerb::Candidates { project, number: Some(number), remote } => {
            let path = format!("/projects/{}/candidates/{number}", encoded(&project));
            let found = Server::find(&remote)?.get(&path).await?;
            Ok(if remote.json { found.to_string() } else { card(&found, ONE_CANDIDATE) + &checks(&found) })
        }
        ReleaseVerb::Review { project, number, into, remote } => {
            let project = encoded(&project);
            let path = format!("/projects/{project}/candidates/{number}/review?environment={}", encoded(&into));
            let found = Server::find(&remote)?.get(&path).await?;
            Ok(if remote.json { found.to_string() } else { review(&found) })
        }
        ReleaseVerb::Promote { project, number, into, wait, remote } => {
            let server = Server::find(&remote)?;
            let body = json!({ "candidate": number, "environment": into });
            let made = server.post(&format!("/projects/{}/promotions", encoded(&project)), &body).await?;
            shown(&if wait { ended(&server, made).await? } else { made }, &remote)
        }
        ReleaseVerb::Promotions(of) => {
            let empty = "no promotions yet: `lockgate release promote PROJECT NUMBER --into preprod`";
            listed(&of, "promotions", PROMOTION, empty).await
        }
        ReleaseVerb::Decisions { remote } => {
            let found = Server::find(&remote)?.list("/decisions/promotions").await?;
            let empty = "no promotion waits for your approval";
            Ok(if remote.json { Value::from(found).to_string() } else { table(&found, PROMOTION, empty) })
        }
        ReleaseVerb::Approve { promotion, comment, remote } => {
            let body = comment.map_or_else(|| json!({}), |comment| json!({ "comment": comment }));
            decided(&promotion, "approve", &body, &remote).await
        }
        ReleaseVerb::Reject(Ended { promotion, reason, remote }) => {
            decided(&promotion, "reject", &json!({ "reason": reason }), &remote).await
        }
        ReleaseVerb::Abandon(Ended { promotion, reason, remote }) => {
            decided(&promotion, "abandon", &json!({ "reason": reason }), &remote).await
        }
        ReleaseVerb::Rollback(order) => shown(&stop(&order, "rollback").await?, &order.remote),
        ReleaseVerb::Suspend(order) => listed_one(&stop(&order, "suspend").await?, LIVE, &order.remote),
        ReleaseVerb::Hold(order) => listed_one(&stop(&order, "holds").await?, HOLD, &order.remote),
        ReleaseVerb::Resume { project, environment, candidate, remote } => {
            let path = format!("/projects/{}/resume", encoded(&project));
            let order = json!({ "environment": environment, "candidate": candidate });
            let made = Server::find(&remote)?.post(&path, &order).await?;
            shown(&made, &remote)
        }
        ReleaseVerb::Live(of) => listed(&of, "production", LIVE, "the project has no environments").await,
        ReleaseVerb::Holds(of) => listed(&of, "holds", HOLD, "no holds").await,
        ReleaseVerb::Lift { hold, reason, remote } => {
            let path = format!("/holds/{}/lift", encoded(&hold));
            let lifted = Server::find(&remote)?.post(&path, &json!({ "reason": reason })).await?;
            listed_one(&lifted, HOLD, &remote)
        }
        ReleaseVerb::Gates(of) => gates(&of).await,
    }
}

async fn listed(of: &Of, what: &str, columns: &[Column], empty: &str) -> Result<String> {
    let found = rows(of, what).await?;
    Ok(if of.remote.json { Value::from(found).to_string() } else { table(&found, columns, empty) })
}

/// Returns the rows of a list; those that a project has few of come whole, not page by page.
async fn rows(of: &Of, what: &str) -> Result<Vec<Value>> {
    let (server, path) = (Server::find(&of.remote)?, format!("/projects/{}/{what}", encoded(&of.project)));
    match what {
        "gates" | "holds" | "production" => Ok(server.get(&path).await?.as_array().cloned().unwrap_or_default()),
        _ => server.list(&path).await,
    }
}

fn listed_one(found: &Value, columns: &[Column], remote: &Remote) -> Result<String> {
    Ok(if remote.json { found.to_string() } else { table(std::slice::from_ref(found), columns, "") })
}

async fn decided(promotion: &str, verb: &str, body: &Value, remote: &Remote) -> Result<String> {
    let path = format!("/promotions/{}/{verb}", encoded(promotion));
    shown(&Server::find(remote)?.post(&path, body).await?, remote)
}

async fn stop(order: &Stopping, verb: &str) -> Result<Value> {
    let body = json!({ "environment": order.environment, "reason": order.reason });
    Server::find(&order.remote)?.post(&format!("/projects/{}/{verb}", encoded(&order.project)), &body).await
}

/// Waits until a promotion no longer moves by itself; an end that was not asked for is a failure.
async fn ended(server: &Server, mut promotion: Value) -> Result<Value> {
    let id = promotion["id"].as_str().unwrap_or_default().to_owned();
    while MOVING.iter().any(|state| promotion["state"] == **state) {
        promotion = server.look_again(&format!("/promotions/{}", encoded(&id))).await?;
    }
    if AS_ASKED.iter().any(|state| promotion["state"] == **state) {
        return Ok(promotion);
    }
    let text = |key: &str| promotion[key].as_str().unwrap_or_default().to_owned();
    let detail = format!("promotion `{id}` is {}: {}", text("state"), text("reason"));
    Err(Failure::new(Exit::Conflict, detail, "`lockgate release promotions PROJECT` shows them all"))
}

fn shown(promotion: &Value, remote: &Remote) -> Result<String> {
    if remote.json {
        return Ok(promotion.to_string());
    }
    Ok(card(promotion, ONE_PROMOTION) + "\n" + &table(&list(promotion, "gates"), GATE, "no gates"))
}

fn list(of: &Value, name: &str) -> Vec<Value> {
    of[name].as_array().cloned().unwrap_or_default()
}

/// Returns how a candidate was judged, with each number beside its limits.
fn checks(of: &Value) -> String {
    let all = list(of, "checks");
    let metrics: Vec<Value> = all.iter().flat_map(|check| list(check, "metrics")).collect();
    let text = "\n".to_owned() + &table(&all, JUDGED, "no checks");
    if metrics.is_empty() { text } else { text + "\n" + &table(&metrics, METRIC, "") }
}

fn review(found: &Value) -> String {
    let head: &[Column] = &[
        ("Candidate", "/candidate/number"),
        ("To", "/environment"),
        ("Live there", "/live"),
        ("Affected", "/affected"),
        ("Otherwise", "/if_nothing"),
        ("Next", "/next/text"),
        ("Why", "/next/reason"),
    ];
    let changes = table(&list(found, "changes"), CHANGE, "nothing is live there to compare it with");
    let gates = table(&list(found, "gates"), GATE, "no gates");
    format!("{}\n{changes}{}\n{gates}", card(found, head), checks(&found["candidate"]))
}

async fn gates(of: &Of) -> Result<String> {
    let found = rows(of, "gates").await?;
    if of.remote.json {
        return Ok(Value::from(found).to_string());
    }
    let below = |name: &str| -> Vec<Value> {
        let with = |policy: &Value| {
            let environment = policy["environment"].clone();
            list(policy, name).into_iter().map(move |mut one| {
                one["environment"] = environment.clone();
                one
            })
        };
        found.iter().flat_map(with).collect()
    };
    let approvals = table(&below("approvals"), APPROVALS, "no approvals are asked for");
    let tolerances = table(&below("tolerances"), TOLERANCE, "no tolerances");
    Ok(table(&found, POLICY, "no gates") + "\n" + &approvals + "\n" + &tolerances)
}
