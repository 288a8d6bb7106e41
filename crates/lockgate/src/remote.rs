//! The verbs that ask a server over HTTP, and where its address and the token are kept.
use crate::cli::{Home, LoginArgs, Remote};
use crate::data::write_secret;
use crate::failure::{Exit, Failure, Result};
use reqwest::{Method, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead, IsTerminal, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long between two looks at what goes on.
pub const LOOK: Duration = Duration::from_millis(300);
/// How long a server may be away while what it does is looked at.
pub const RESTARTED_WITHIN: Duration = Duration::from_secs(60);

/// What `lockgate login` remembers.
#[derive(Serialize, Deserialize)]
struct Credentials {
    url: String,
    token: String,
}

/// A server, and who asks it.
pub struct Server {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Server {
    /// Finds the server by flag, environment, or what `lockgate login` remembers.
    pub fn find(remote: &Remote) -> Result<Self> {
        let kept = match (&remote.url, &remote.token) {
            (Some(_), Some(_)) => None,
            _ => kept(&remote.home)?,
        };
        let missing = |what: &str| {
            Failure::new(
                Exit::Usage,
                format!("no {what} is known"),
                "run `lockgate login URL`, or set `LOCKGATE_URL` and `LOCKGATE_TOKEN`",
            )
        };
        let url = remote
            .url
            .clone()
            .or_else(|| kept.as_ref().map(|kept| kept.url.clone()))
            .ok_or_else(|| missing("server"))?;
        // A token goes only to the server it was kept for.
        let same = kept.filter(|kept| kept.url == url.trim_end_matches('/'));
        let token = remote
            .token
            .clone()
            .or_else(|| same.map(|kept| kept.token))
            .ok_or_else(|| missing("token for this server"))?;
        Self::new(&url, &token)
    }

    fn new(url: &str, token: &str) -> Result<Self> {
        let bad = || {
            Failure::new(
                Exit::Usage,
                format!("`{url}` is not a server's address"),
                "write it as `http://127.0.0.1:8080`",
            )
        };
        let parsed = reqwest::Url::parse(url).map_err(|_| bad())?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host().is_none() {
            return Err(bad());
        }
        let client =
            reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_mins(1));
        let client = client.build().map_err(|error| Failure::new(Exit::Internal, error.to_string(), "report this"))?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), token: token.trim().to_owned() })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(&self.token)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            let detail = format!("`{}` does not answer: {cause}", self.url);
            Failure::new(Exit::Unavailable, detail, "check the address, and that the server runs")
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(|error| Self::broke_off(&error))?;
        Err(read(status, &bytes)
            .err()
            .unwrap_or_else(|| Failure::new(Exit::Internal, format!("answered {status}"), "report this")))
    }

    /// Opens an answer that is read piece by piece.
    pub async fn open(&self, path: &str) -> Result<Response> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Returns an answer whole.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let response = self.open(path).await?;
        response.json().await.map_err(|error| Self::broke_off(&error))
    }

    /// Looks again, after a moment, at what goes on; a server that is restarted meanwhile is waited for.
    pub async fn look_again(&self, path: &str) -> Result<Value> {
        let until = Instant::now() + RESTARTED_WITHIN;
        loop {
            tokio::time::sleep(LOOK).await;
            match self.get(path).await {
                Err(failure) if failure.exit == Exit::Unavailable && Instant::now() < until => {}
                answer => return answer,
            }
        }
    }

    /// Returns every row of a list, page by page.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let (mut rows, mut next) = (Vec::new(), String::new());
        let more = if path.contains('?') { '&' } else { '?' };
        loop {
            let mut page = self.get(&format!("{path}{more}limit=200{next}")).await?;
            rows.extend(page["items"].as_array_mut().map(std::mem::take).unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("&cursor={}", encoded(cursor)),
                None => return Ok(rows),
            }
        }
    }

    /// Sends a body and returns the answer. The key makes a repeat after a lost answer harmless.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let key = base::Ids::Random.next("cli");
        let request = self.request(Method::POST, path).header("idempotency-key", key).json(body);
        self.send(request).await?.json().await.map_err(|error| Self::broke_off(&error))
    }

    /// Sends what is to hold from now on, and returns what holds.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.request(Method::PUT, path).json(body);
        self.send(request).await?.json().await.map_err(|error| Self::broke_off(&error))
    }

    /// Sends a text and returns the answer.
    pub async fn post_text(&self, path: &str, media_type: &str, text: Vec<u8>) -> Result<Value> {
        let request = self.request(Method::POST, path).header("content-type", media_type).body(text);
        self.send(request).await?.json().await.map_err(|error| Self::broke_off(&error))
    }

    /// Runs a query and returns its rows as they come.
    pub async fn query(&self, body: &Value, media_type: &str) -> Result<Response> {
        self.send(self.request(Method::POST, "/query").header("accept", media_type).json(body)).await
    }

    /// Says that an answer ended before it was complete.
    pub fn broke_off(error: &reqwest::Error) -> Failure {
        Failure::new(
            Exit::Unavailable,
            format!("the answer broke off: {error}"),
            "repeat it; if it stays so, look into the server's log",
        )
    }
}

/// Returns `text` as a part of a path or a value in a query string.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |shown, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => shown + &char::from(byte).to_string(),
        _ => shown + &format!("%{byte:02X}"),
    })
}

/// Reads an answer's body: the value, or the problem as a failure in the server's own words.
pub fn read(status: u16, bytes: &[u8]) -> Result<Value> {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    if status < 300 {
        return Ok(body);
    }
    let exit = match status {
        401 | 403 => Exit::Refused,
        404 => Exit::NotFound,
        409 => Exit::Conflict,
        400..=499 => Exit::Usage,
        503 => Exit::Unavailable,
        507 => Exit::Full,
        _ => Exit::Internal,
    };
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let detail = text("detail").unwrap_or_else(|| format!("the server answered {status}"));
    let code = text("code").map(|code| format!(" ({code})")).unwrap_or_default();
    Err(Failure { exit, detail: format!("{detail}{code}"), hint: text("hint") })
}

/// Remembers a server and a token that it takes.
pub async fn login(args: LoginArgs) -> Result<()> {
    let token = if let Some(token) = args.token { token } else { typed_token(&args.url)? };
    let server = Server::new(&args.url, &token)?;
    let me = server.get("/me").await?;
    let path = credentials(&args.home)?;
    let folder = path.parent().map(ToOwned::to_owned).unwrap_or_default();
    let named = |error: &std::io::Error| Failure::io(format!("`{}` cannot be written", path.display()), error);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| named(&error))?;
    let kept =
        serde_json::to_vec(&Credentials { url: server.url.clone(), token: server.token.clone() }).unwrap_or_default();
    write_secret(&path, &kept).map_err(|error| named(&error))?;
    let name = me.pointer("/person/id").and_then(Value::as_str).unwrap_or("somebody");
    println!("signed in at {} as {name}; kept in {}", server.url, path.display());
    Ok(())
}

/// Reads a token from standard input: one line of a terminal, else all of it.
fn typed_token(url: &str) -> Result<String> {
    let (mut token, mut input) = (String::new(), std::io::stdin().lock());
    let read = if std::io::stdin().is_terminal() {
        eprintln!("Paste your token for {url}, then press Enter:");
        input.read_line(&mut token)
    } else {
        input.read_to_string(&mut token)
    };
    read.map_err(|error| Failure::io("standard input", &error))?;
    Ok(token)
}

fn credentials(home: &Home) -> Result<PathBuf> {
    let base = home.xdg_config_home.clone().filter(|path| path.is_absolute());
    let base = base.or_else(|| home.home.as_ref().map(|home| home.join(".config")));
    let base = base
        .ok_or_else(|| Failure::new(Exit::Usage, "neither `XDG_CONFIG_HOME` nor `HOME` is set", "set one of them"))?;
    Ok(base.join("lockgate/credentials.json"))
}

fn kept(home: &Home) -> Result<Option<Credentials>> {
    let path = credentials(home)?;
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| {
            Failure::new(
                Exit::Usage,
                format!("`{}` is damaged: {error}", path.display()),
                "run `lockgate login URL` again",
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io(format!("`{}` cannot be read", path.display()), &error)),
    }
}
