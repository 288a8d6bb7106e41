use super::input::Input;
use super::relay::{Call, Pushing, run};
use super::render;
use crate::hooks::{OPERATION, Operation, PROGRAM, SOCKET};
use crate::repositories::{FetchRepository, PushRepository, Repository};
use crate::{Context, Error, Result};
use access::Action;
use access::http::Permit;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base::{ProjectId, Securable};
use bytes::Bytes;
use serde::Deserialize;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;
use web::{Path, Problem, Query, Raw, Routes, State};

/// How long until an answer begins: git says nothing before it has taken in all of a push.
const UNTIL_ANSWER: Duration = Duration::from_mins(31);

/// How long git may wait for a client in the midst of a fetch, in seconds.
const IDLE: &str = "--timeout=120";

/// What a client asks for first.
#[derive(Debug, Deserialize)]
struct Asked {
    service: Option<String>,
}

/// The routes of git's protocol, below `/git`.
pub fn routes() -> Routes<Context> {
    let fetching = PhantomData::<Permit<FetchRepository>>;
    let pushing = PhantomData::<Permit<PushRepository>>;
    Routes::new()
        .render_with(render::text)
        .with(Raw("GET", "/{repository}/info/refs").route(fetching, advertise).basic())
        .with(
            Raw("POST", "/{repository}/git-upload-pack").route(fetching, upload_pack).basic().time_limit(UNTIL_ANSWER),
        )
        .with(
            Raw("POST", "/{repository}/git-receive-pack").route(pushing, receive_pack).basic().time_limit(UNTIL_ANSWER),
        )
}

/// Git writes `credit-risk.git`, people may leave the end out.
fn project(repository: &str) -> ProjectId {
    repository.strip_suffix(".git").unwrap_or(repository).into()
}

/// Returns the folder of the repository, if the caller may do what the permit says.
async fn open<A: Action>(cx: &Context, permit: &Permit<A>, project: &ProjectId) -> Result<PathBuf> {
    cx.db.read(|tx| async move { Repository::seen(&tx, permit, project).await }).await?;
    cx.repository(project)
}

/// Git shows the text of a refusal only here: so whoever may not push hears it before anything is sent.
async fn may_push(cx: &Context, permit: &Permit<FetchRepository>, project: &ProjectId) -> Result<()> {
    let refused = || access::Refused::Forbidden(PushRepository::NAME, "repository", project.0.clone());
    permit.caller().person()?;
    let verbs = permit.caller().verbs.as_ref();
    if verbs.is_some_and(|verbs| !verbs.iter().any(|verb| verb == PushRepository::NAME)) {
        return Err(refused().into());
    }
    let resource = &Repository(project.clone()).resource();
    let right = cx.db.read(|tx| async move { permit.can::<PushRepository>(&tx, resource).await }).await?;
    if right.is_some() { Ok(()) } else { Err(refused().into()) }
}

/// Tells a client which branches and tags there are.
async fn advertise(
    permit: Permit<FetchRepository>,
    State(cx): State<Context>,
    Path(repository): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> std::result::Result<Response, Problem> {
    let project = project(&repository);
    let folder = open(&cx, &permit, &project).await?;
    let place = cx.live.place_to_fetch().await?;
    let (command, service) = match asked.service.as_deref() {
        Some("git-upload-pack") => (upload(&cx, &folder, &headers, true), "git-upload-pack"),
        Some("git-receive-pack") => {
            may_push(&cx, &permit, &project).await?;
            (receive(&cx, &folder, true), "git-receive-pack")
        }
        _ => return Err(Error::Protocol("only git's smart protocol is spoken here").into()),
    };
    let line = format!("# service={service}\n");
    let prefix = Bytes::from(format!("{:04x}{line}0000", line.len() + 4));
    let body = run(&cx, Call { command, input: None, prefix, pushing: None, place }).await?;
    Ok(answer(body, &format!("application/x-{service}-advertisement")))
}

/// Sends a client what it does not have.
async fn upload_pack(
    permit: Permit<FetchRepository>,
    State(cx): State<Context>,
    Path(repository): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> std::result::Result<Response, Problem> {
    let folder = open(&cx, &permit, &project(&repository)).await?;
    let limits = &cx.live.limits;
    let input = Some(Input::new(&headers, body, limits.fetch_request_bytes, limits.silence)?);
    let place = cx.live.place_to_fetch().await?;
    let command = upload(&cx, &folder, &headers, false);
    let body = run(&cx, Call { command, input, prefix: Bytes::new(), pushing: None, place }).await?;
    Ok(answer(body, "application/x-git-upload-pack-result"))
}

/// Takes in what a client pushes. Whether its refs may move is decided when git's hook asks.
async fn receive_pack(
    permit: Permit<PushRepository>,
    State(cx): State<Context>,
    Path(repository): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> std::result::Result<Response, Problem> {
    let project = project(&repository);
    let folder = open(&cx, &permit, &project).await?;
    permit.caller().person().map_err(Error::from)?;
    let limits = &cx.live.limits;
    // A little more than the pack itself, whose size git looks at: what git refuses, it can explain.
    let mut input = Input::new(&headers, body, limits.push_bytes.saturating_add(8 << 20), limits.silence)?;
    let place = cx.live.place_to_push().await?;
    let content_type = "application/x-git-receive-pack-result";
    if input.look_at_list(limits.push_refs).await? == 0 {
        return Ok(answer(Body::empty(), content_type)); // it only tried whether it may
    }
    let secret = access::Secret::random("push_").map_err(|error| Error::Git(error.to_string()))?;
    let mut command = receive(&cx, &folder, false);
    let program = &cx.hook_program;
    let socket = crate::hooks::socket_of(&cx.folder);
    command.env(OPERATION, secret.reveal()).env(SOCKET, socket).env(PROGRAM, program);
    let operation = Arc::new(Operation::new(project, permit));
    let pushing = Some(Pushing { operation, secret });
    let body = run(&cx, Call { command, input: Some(input), prefix: Bytes::new(), pushing, place }).await?;
    Ok(answer(body, content_type))
}

fn upload(cx: &Context, folder: &std::path::Path, headers: &HeaderMap, advertise: bool) -> Command {
    let mut command = cx.git(folder);
    // Nothing but these three words goes on: they end in the environment of a child.
    let version = headers.get("git-protocol").and_then(|value| value.to_str().ok());
    if let Some(version @ ("version=0" | "version=1" | "version=2")) = version {
        command.env("GIT_PROTOCOL", version);
    }
    for setting in
        ["uploadpack.allowFilter=true", "uploadpackfilter.allow=false", "uploadpackfilter.blob:none.allow=true"]
    {
        command.args(["-c", setting]);
    }
    command.args(["upload-pack", "--strict", "--stateless-rpc", IDLE]);
    if advertise {
        command.arg("--http-backend-info-refs");
    }
    command.arg("--").arg(folder);
    command
}

fn receive(cx: &Context, folder: &std::path::Path, advertise: bool) -> Command {
    let mut command = cx.git(folder);
    let largest = format!("receive.maxInputSize={}", cx.live.limits.push_bytes);
    let settings = ["receive.fsckObjects=true", "receive.autogc=false", "receive.updateServerInfo=false", &largest];
    for setting in settings {
        command.args(["-c", setting]);
    }
    command.args(["receive-pack", "--stateless-rpc"]);
    if advertise {
        command.arg("--http-backend-info-refs");
    }
    command.arg("--").arg(folder);
    command
}

fn answer(body: Body, content_type: &str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, max-age=0, must-revalidate"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
