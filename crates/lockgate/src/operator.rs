//! What the local operator does: through the admin socket of a running server, else on the database itself.
use crate::cli::Place;
use crate::config::{Config, Flags};
use crate::data::{ADMIN_LINK, DataFolder};
use crate::failure::{Exit, Failure, Result};
use crate::{socket, wiring};
use base::{Clock, Ids};
use serde_json::{Value, json};
use std::io::ErrorKind;

/// Returns a new token, alone or with what belongs to it.
pub async fn create_token(place: &Place, user: String, group: Vec<String>, ttl: i64, whole: bool) -> Result<String> {
    let order = json!({ "user": user, "groups": group, "ttl_seconds": ttl });
    let made = token_of(place, &order).await.map_err(in_options)?;
    show(&made, "token", whole)
}

/// Says the way out in the words of the command line, where a field of the order is an option.
fn in_options(failure: Failure) -> Failure {
    Failure { hint: failure.hint.map(|hint| hint.replace("`ttl_seconds`", "`--ttl`")), ..failure }
}

async fn token_of(place: &Place, order: &Value) -> Result<Value> {
    match ask(place, "/admin/tokens", order).await? {
        Found::Answer(made) => Ok(made),
        Found::Folder(folder) => {
            let gate = open(place, &folder).await?;
            let cx = gate.context();
            let order = serde_json::from_value(order.clone())
                .map_err(|error| Failure::new(Exit::Usage, error.to_string(), "correct it"))?;
            let (token, secret) = access::operator::create_token(&cx, &order).await?;
            let mut made = serde_json::to_value(&token).unwrap_or_default();
            made["token"] = secret.reveal().into();
            close(cx.db).await?;
            Ok(made)
        }
    }
}

/// Returns a one-time link for an administrator.
pub async fn admin_link(place: &Place, user: Option<String>, whole: bool) -> Result<String> {
    let config = Config::load(place.config.as_deref(), &Flags::default())?;
    let order = json!({ "user": user });
    let mut made = match ask(place, "/admin/links", &order).await? {
        Found::Answer(made) => made,
        Found::Folder(folder) => {
            let gate = open(place, &folder).await?;
            let cx = gate.context();
            let order = serde_json::from_value(order)
                .map_err(|error| Failure::new(Exit::Usage, error.to_string(), "correct it"))?;
            let link = access::operator::admin_link(&cx, &order).await?;
            close(cx.db).await?;
            json!({ "path": link.path(), "person": link.person, "expires_at": link.expires_at })
        }
    };
    if made["person"] == "admin" {
        // What an earlier start wrote there was the same person's, and works no longer; the new link is shown whatever becomes of it.
        match std::fs::remove_file(place.data.join(ADMIN_LINK)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                eprintln!("warning: `{ADMIN_LINK}` in the data folder cannot be removed, and leads nowhere any more");
            }
            _ => {}
        }
    }
    let path = made["path"].as_str().unwrap_or_default().to_owned();
    made["link"] = address(place, &config, &path).into();
    show(&made, "link", whole)
}

/// Returns the whole address of a page: of the running server as it last said, else as configured.
fn address(place: &Place, config: &Config, path: &str) -> String {
    let running = std::fs::read_to_string(place.data.join("address")).ok();
    let base =
        config.server.public_url.clone().or(running).unwrap_or_else(|| format!("http://{}", config.server.listen));
    format!("{}{path}", base.trim_end().trim_end_matches('/'))
}

enum Found {
    Answer(Value),
    Folder(DataFolder),
}

async fn ask(place: &Place, operation: &str, order: &Value) -> Result<Found> {
    let socket = place.data.join("admin.sock");
    if let Some(answer) = socket::ask(&socket, operation, order).await? {
        return Ok(Found::Answer(answer));
    }
    match DataFolder::take(&place.data) {
        Ok(folder) => Ok(Found::Folder(folder)),
        // A server is just starting or stopping: it has the folder and no socket.
        Err(in_use) if in_use.exit == Exit::InUse => {
            let answer = socket::ask(&socket, operation, order).await?;
            answer.map(Found::Answer).ok_or(in_use)
        }
        Err(other) => Err(other),
    }
}

async fn open(place: &Place, folder: &DataFolder) -> Result<access::Gate> {
    let config = Config::load(place.config.as_deref(), &Flags::default())?;
    let (clock, ids) = (Clock::System, Ids::Random);
    if let Some(identity) = folder.identity()?
        && identity.database != "sqlite"
        && config.database.url.is_none()
    {
        let detail =
            format!("`{}` belongs to a server whose database is {}", folder.path().display(), identity.database);
        return Err(Failure::new(Exit::Usage, detail, "give its `--config`, or set `LOCKGATE__DATABASE__URL`"));
    }
    let db = wiring::open_database(&wiring::database_url(&config, folder.path()), &clock).await?;
    wiring::gate(&config, &db, &clock, &ids)
}

async fn close(db: db::Db) -> Result<()> {
    Ok(db.close().await?)
}

fn show(made: &Value, field: &str, whole: bool) -> Result<String> {
    if whole {
        return Ok(made.to_string());
    }
    let text = made[field].as_str();
    text.map(str::to_owned)
        .ok_or_else(|| Failure::new(Exit::Internal, format!("the answer has no `{field}`"), "report this"))
}
