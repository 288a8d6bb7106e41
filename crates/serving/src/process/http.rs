//! The Open Inference Protocol over HTTP. There is no router here: few paths, each call one decision.
use super::NO_CALLER;
use super::capture::Record;
use super::compute::{self, Call, Done};
use super::poll::now;
use super::table::{Called, Endpoint, Known, Release, Shared, Table};
use crate::signature::Tensor;
use crate::wire::{self, HEADER_LENGTH, Refused};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How large a body may be, compressed or not.
const BODY: usize = 16 * 1024 * 1024;
/// How long a request's head, and then its body, may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many connections may be open.
const CONNECTIONS: usize = 4_096;
/// How long open calls have when the process is told to stop.
const GRACE: Duration = Duration::from_secs(4);
/// A shorter answer is not worth compressing.
const WORTH_COMPRESSING: usize = 1_024;

type Answer = Response<Full<Bytes>>;

/// Serves callers until `stop`, and lets open calls end.
pub(super) async fn listen(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let (open, room) = (TaskTracker::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = stop.cancelled() => break,
        };
        let Some((io, place)) = accepted else { continue };
        let (shared, stop) = (shared.clone(), stop.clone());
        open.spawn(async move {
            let _place = place;
            let service = service_fn(move |request| {
                let shared = shared.clone();
                async move { Ok::<_, Infallible>(answer(&shared, request).await) }
            });
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(io), service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    open.close();
    if tokio::time::timeout(GRACE, open.wait()).await.is_err() {
        tracing::warn!("open calls were cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((io, _)) => {
            let _ = io.set_nodelay(true);
            Some((io, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// A call that is not answered with what was asked: status and text.
#[derive(Debug)]
pub(super) struct Failed(pub StatusCode, pub String);

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self(StatusCode::BAD_REQUEST, refused.0)
    }
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Answer {
    match route(shared, request).await {
        Ok(answer) => answer,
        Err(Failed(status, text)) => {
            let mut answer = body(status, wire::error_body(&text));
            if status == StatusCode::UNAUTHORIZED {
                let basic = HeaderValue::from_static("Bearer, Basic realm=\"lockgate\"");
                answer.headers_mut().insert(WWW_AUTHENTICATE, basic);
            }
            answer
        }
    }
}

/// Returns an answer in JSON. The type has no charset: with one, a client drops the text of a failure.
fn body(status: StatusCode, bytes: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(bytes)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn ok(value: &Value) -> Answer {
    body(StatusCode::OK, value.to_string().into_bytes())
}

/// What is asked of a model.
enum Asked {
    About,
    Ready,
    Infer,
}

async fn route(shared: &Shared, request: Request<Incoming>) -> Result<Answer, Failed> {
    let table = shared.table();
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let get = request.method() == Method::GET;
    match parts.as_slice() {
        ["v2"] if get => Ok(ok(&json!({
            "name": "lockgate", "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data"],
        }))),
        ["v2", "health", "live"] if get => Ok(ok(&json!({ "live": true, "ready": table.is_ready(now()) }))),
        ["v2", "health", "ready"] if get => {
            let ready = table.is_ready(now());
            let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            Ok(body(status, json!({ "live": true, "ready": ready }).to_string().into_bytes()))
        }
        ["v2", "models", model] => of_model(shared, &table, request, model, None, Asked::About).await,
        ["v2", "models", model, "ready"] => of_model(shared, &table, request, model, None, Asked::Ready).await,
        ["v2", "models", model, "infer"] => of_model(shared, &table, request, model, None, Asked::Infer).await,
        ["v2", "models", model, "versions", version] => {
            of_model(shared, &table, request, model, Some(version), Asked::About).await
        }
        ["v2", "models", model, "versions", version, "ready"] => {
            of_model(shared, &table, request, model, Some(version), Asked::Ready).await
        }
        ["v2", "models", model, "versions", version, "infer"] => {
            of_model(shared, &table, request, model, Some(version), Asked::Infer).await
        }
        ["v2"] | ["v2", "health", "live" | "ready"] => Err(method()),
        _ => Err(Failed(StatusCode::NOT_FOUND, "there is nothing at this path".into())),
    }
}

fn method() -> Failed {
    Failed(StatusCode::METHOD_NOT_ALLOWED, "this path is not asked in this way".into())
}

async fn of_model(
    shared: &Shared,
    table: &Table,
    request: Request<Incoming>,
    model: &str,
    version: Option<&str>,
    asked: Asked,
) -> Result<Answer, Failed> {
    let secret = secret_of(request.headers())?;
    if !table.is_fresh(now()) {
        let text = "the server has not confirmed for a while who may call what".to_owned();
        return Err(Failed(StatusCode::SERVICE_UNAVAILABLE, text));
    }
    let newer;
    let table = if table.knows(&secret, now()) == Known::No {
        newer = shared.table_that_knows(&secret, now()).await;
        &*newer
    } else {
        table
    };
    if table.knows(&secret, now()) != Known::Yes {
        return Err(Failed(StatusCode::UNAUTHORIZED, NO_CALLER.into()));
    }
    // Absent and not allowed are one answer.
    let absent = || {
        let name: String = model.chars().take(100).flat_map(char::escape_debug).collect();
        Failed(StatusCode::NOT_FOUND, format!("model `{name}` does not exist"))
    };
    let called = table.endpoint(&secret, model).ok_or_else(absent)?;
    let endpoint = called.endpoint.clone();
    let method_fits = if matches!(asked, Asked::Infer) { Method::POST } else { Method::GET };
    if request.method() != method_fits {
        return Err(method());
    }
    let unavailable = |text: String| Failed(StatusCode::SERVICE_UNAVAILABLE, text);
    if let (Some(_), false) = (&endpoint.stopped, matches!(asked, Asked::About)) {
        return Err(unavailable("model suspended".into()));
    }
    let serving = endpoint.serving.as_ref().ok_or_else(|| unavailable(format!("model `{model}` is not loaded yet")))?;
    if version.is_some_and(|version| version != serving.version) {
        let version: String = version.unwrap_or_default().chars().take(40).flat_map(char::escape_debug).collect();
        let text = format!("model `{model}` serves version `{}`, not `{version}`", serving.version);
        return Err(Failed(StatusCode::NOT_FOUND, text));
    }
    match asked {
        Asked::About => Ok(ok(&about(&endpoint, serving))),
        Asked::Ready => Ok(ok(&json!({ "name": endpoint.name, "ready": true }))),
        Asked::Infer => {
            let done = infer(shared, &called, serving, request).await;
            if called.from_outside && done.is_ok() {
                endpoint.counts.answered_outside(now());
            }
            let count = if done.is_ok() { &endpoint.counts.answered } else { &endpoint.counts.refused };
            count.fetch_add(1, Ordering::Relaxed);
            done
        }
    }
}

fn about(endpoint: &Endpoint, serving: &Release) -> Value {
    let signature = serving.model.signature();
    let shown = |tensors: &[Tensor]| {
        let each = tensors
            .iter()
            .map(|tensor| json!({ "name": tensor.name, "datatype": tensor.datatype, "shape": tensor.shape }));
        each.collect::<Vec<_>>()
    };
    json!({
        "name": endpoint.name,
        "versions": [serving.version],
        "platform": "onnx_onnxv1",
        "inputs": shown(&signature.shown_inputs()),
        "outputs": shown(&signature.outputs),
        "parameters": { "columns": signature.columns, "rollout": serving.rollout },
    })
}

/// Returns the token in `Authorization: Bearer …`, or the password of `Basic …`.
fn secret_of(headers: &HeaderMap) -> Result<String, Failed> {
    let refused = |text: &str| Failed(StatusCode::UNAUTHORIZED, text.to_owned());
    let value = headers.get(AUTHORIZATION).ok_or_else(|| refused("a valid token is needed"))?;
    let value = value.to_str().unwrap_or_default();
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((_, password)) = pair.as_deref().and_then(|pair| pair.split_once(':')) {
            return Ok(password.to_owned());
        }
    }
    Err(refused("the header `Authorization` is not understood: send `Bearer TOKEN`"))
}

async fn infer(
    shared: &Shared,
    Called { endpoint, captured, .. }: &Called,
    serving: &Release,
    request: Request<Incoming>,
) -> Result<Answer, Failed> {
    let (head, incoming) = request.into_parts();
    let body_bytes = read_body(&head.headers, incoming).await?;
    let call = Call {
        model: serving.model.clone(),
        name: endpoint.name.clone(),
        version: serving.version.clone(),
        body: body_bytes,
        json_length: json_length(&head.headers)?,
    };
    let Done { written, timing, rows, records, inputs, outputs } = compute::answer(shared, call).await?;
    let mut answer = body(StatusCode::OK, written.body);
    if let Some(length) = written.json_length {
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(HEADER_LENGTH, length.into());
    }
    if let Ok(timing) = timing.parse() {
        answer.headers_mut().insert("server-timing", timing);
    }
    if *captured {
        let (endpoint, rollout, version) = (endpoint.clone(), serving.rollout.clone(), serving.version.clone());
        shared.capture.offer(Record { endpoint, rollout, version, at: now(), rows, records, inputs, outputs });
    }
    compressed(&head.headers, answer).await
}

fn json_length(headers: &HeaderMap) -> Result<Option<usize>, Failed> {
    let Some(value) = headers.get(HEADER_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    length.map(Some).ok_or_else(|| {
        Failed(StatusCode::BAD_REQUEST, "the header `Inference-Header-Content-Length` holds no length".into())
    })
}

fn too_large() -> Failed {
    Failed(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {BODY} bytes: send fewer rows at a time"))
}

/// Reads a body within its bounds, and what it says once decompressed within the same.
async fn read_body(headers: &HeaderMap, incoming: Incoming) -> Result<Bytes, Failed> {
    let reading = tokio::time::timeout(PATIENCE, Limited::new(incoming, BODY).collect()).await;
    let slow = |_| Failed(StatusCode::REQUEST_TIMEOUT, "the body did not come in time".into());
    let read = reading.map_err(slow)?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            too_large()
        } else {
            Failed(StatusCode::BAD_REQUEST, "the body broke off".into())
        }
    })?;
    let bytes = read.to_bytes();
    let encoding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some("" | "identity") => Ok(bytes),
        Some("gzip") => unpacked(move || GzDecoder::new(std::io::Cursor::new(bytes))).await,
        Some("deflate") => unpacked(move || ZlibDecoder::new(std::io::Cursor::new(bytes))).await,
        Some(_) => {
            let text = "`Content-Encoding` is neither gzip nor deflate".to_owned();
            Err(Failed(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
        }
    }
}

async fn unpacked<R: Read>(reader: impl FnOnce() -> R + Send + 'static) -> Result<Bytes, Failed> {
    let done = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        reader().take(BODY as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    let broken = || Failed(StatusCode::BAD_REQUEST, "the compressed body is damaged".into());
    let bytes = done.await.map_err(|_| broken())?.map_err(|_| broken())?;
    if bytes.len() > BODY { Err(too_large()) } else { Ok(bytes.into()) }
}

/// Compresses an answer where the caller takes that and it is worth it.
async fn compressed(headers: &HeaderMap, answer: Answer) -> Result<Answer, Failed> {
    let takes = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = takes.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    let Some(how) = named.into_iter().find(|one| matches!(*one, "gzip" | "deflate")) else { return Ok(answer) };
    let gzip = how == "gzip";
    let (mut head, full) = answer.into_parts();
    let bytes = match full.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(never) => match never {},
    };
    if bytes.len() < WORTH_COMPRESSING {
        return Ok(Response::from_parts(head, Full::new(bytes)));
    }
    let done = tokio::task::spawn_blocking(move || {
        let level = flate2::Compression::fast();
        if gzip {
            let mut to = GzEncoder::new(Vec::new(), level);
            to.write_all(&bytes).and_then(|()| to.finish())
        } else {
            let mut to = ZlibEncoder::new(Vec::new(), level);
            to.write_all(&bytes).and_then(|()| to.finish())
        }
    });
    let internal = || Failed(StatusCode::INTERNAL_SERVER_ERROR, "internal error".into());
    let packed = done.await.map_err(|_| internal())?.map_err(|_| internal())?;
    let how = if gzip { "gzip" } else { "deflate" };
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(how));
    Ok(Response::from_parts(head, Full::new(packed.into())))
}
