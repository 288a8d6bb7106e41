//! The way of a step to the serving process. A step reaches nothing but its attempt's own socket; what it asks below `/v2` there is
//! handed on to the serving process, which decides by the token that comes along, as for every other caller.
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use base::Digest;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How large a body may be, either way; the serving process takes no larger one.
const BODY: usize = 16 * 1024 * 1024;
/// How long a body may take to come, and then an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many calls are with the serving process at once.
const CALLS: usize = 64;
/// How many calls of one attempt are on their way at once, those included whose body is still to come.
const CALLS_OF_ONE: usize = 8;
/// How long a call waits for a place.
const WAIT: Duration = Duration::from_secs(5);
/// Where the protocol's binary extension says how long the JSON is.
const JSON_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");
/// What goes on to the serving process.
const ASKED: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    JSON_LENGTH,
];
/// What comes back.
const ANSWERED: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("server-timing"),
    JSON_LENGTH,
];

#[derive(Clone)]
struct Way {
    address: SocketAddr,
    /// The places with the serving process.
    room: Arc<Semaphore>,
    /// The places of each attempt that calls now, by the digest of its token.
    own: Arc<Mutex<HashMap<Digest, Arc<Semaphore>>>>,
}

impl Way {
    /// Takes a place of an attempt's own. Nobody else waits for one of these, however long a body takes.
    async fn own_place(&self, attempt: Digest) -> Option<OwnedSemaphorePermit> {
        let room = {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever holds a place or waits for one holds its room, too.
            own.retain(|_, room| Arc::strong_count(room) > 1);
            own.entry(attempt).or_insert_with(|| Arc::new(Semaphore::new(CALLS_OF_ONE))).clone()
        };
        tokio::time::timeout(WAIT, room.acquire_owned()).await.ok()?.ok()
    }
}

/// Returns `router`, with what is asked below `/v2` answered by the serving process at `address`.
pub fn with_serving(router: Router, address: SocketAddr) -> Router {
    let way = Way { address, room: Arc::new(Semaphore::new(CALLS)), own: Arc::default() };
    router.layer(from_fn_with_state(way, hand_on))
}

async fn hand_on(State(way): State<Way>, request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path();
    if path != "/v2" && !path.starts_with("/v2/") {
        return next.run(request).await;
    }
    let attempt = Digest::of(request.headers().get(header::AUTHORIZATION).map_or(&[][..], HeaderValue::as_bytes));
    let Some(_own) = way.own_place(attempt).await else {
        return failed(StatusCode::SERVICE_UNAVAILABLE, "this attempt has too many calls on their way");
    };
    match ask(&way, request).await {
        Ok(answer) => answer,
        Err((status, why)) => failed(status, why),
    }
}

/// Returns a failure as the Open Inference Protocol words it.
fn failed(status: StatusCode, why: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(serde_json::json!({ "error": why }).to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn only(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let known = names.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone())));
    known.collect()
}

const AWAY: (StatusCode, &str) = (StatusCode::SERVICE_UNAVAILABLE, "the serving process does not answer");

/// Asks the serving process whether it knows the token.
async fn is_known(way: &Way, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
    let mut request = hyper::Request::new(Full::new(Bytes::new()));
    // Whatever name: of a token that is known it says that there is no such model.
    *request.uri_mut() = hyper::Uri::from_static("/v2/models/x");
    *request.headers_mut() = only(headers, &[header::AUTHORIZATION]);
    request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
    let answered = tokio::time::timeout(PATIENCE, exchange(way.address, request)).await;
    match answered.map_err(|_| AWAY)?.map_err(|_| AWAY)?.0.status {
        StatusCode::UNAUTHORIZED => Err((StatusCode::UNAUTHORIZED, serving::process::NO_CALLER)),
        _ => Ok(()),
    }
}

async fn ask(way: &Way, request: Request) -> Result<Response<Body>, (StatusCode, &'static str)> {
    let (head, body) = request.into_parts();
    // Before anything of the body is kept: with made-up tokens, one step could take the places of many.
    is_known(way, &head.headers).await?;
    let reading = tokio::time::timeout(PATIENCE, Limited::new(body, BODY).collect()).await;
    let read = reading.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body did not come in time"))?;
    let bytes = read.map_err(|error| {
        if error.is::<LengthLimitError>() {
            (StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 16 MiB: send fewer rows at a time")
        } else {
            (StatusCode::BAD_REQUEST, "the body broke off")
        }
    })?;
    let path = head.uri.path_and_query().map_or("/v2", |path| path.as_str());
    let mut onward = hyper::Request::new(Full::new(bytes.to_bytes()));
    *onward.method_mut() = head.method;
    *onward.uri_mut() = path.parse().map_err(|_| (StatusCode::BAD_REQUEST, "this path cannot be asked for"))?;
    *onward.headers_mut() = only(&head.headers, &ASKED);
    let host = HeaderValue::from_str(&way.address.to_string());
    onward.headers_mut().insert(header::HOST, host.unwrap_or(HeaderValue::from_static("localhost")));
    // A body that does not come keeps nobody from the serving process: the place is taken behind it.
    let place = tokio::time::timeout(WAIT, way.room.acquire()).await;
    let Ok(Ok(_place)) = place else {
        return Err((StatusCode::SERVICE_UNAVAILABLE, "too many calls are on their way"));
    };
    let answered = tokio::time::timeout(PATIENCE, exchange(way.address, onward)).await.map_err(|_| AWAY)?;
    let (head, bytes) = answered.map_err(|error| {
        tracing::debug!(%error, "a step's call did not get through to the serving process");
        AWAY
    })?;
    let mut answer = Response::new(Body::from(bytes));
    *answer.status_mut() = head.status;
    *answer.headers_mut() = only(&head.headers, &ANSWERED);
    Ok(answer)
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(
    address: SocketAddr,
    request: hyper::Request<Full<Bytes>>,
) -> Result<(hyper::http::response::Parts, Bytes), Broken> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let bytes = Limited::new(body, BODY).collect().await?.to_bytes();
        Ok::<_, Broken>((head, bytes))
    };
    // The connection is driven here, beside the request, and ends with it.
    tokio::select! {
        answer = answer => answer,
        Err(error) = connection => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper_util::service::TowerToHyperService;
    use tokio::net::TcpListener;

    /// Serves `router` until the test ends, and returns where.
    async fn served(router: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (io, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(router.clone());
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(io), service));
            }
        });
        address
    }

    async fn sent(address: SocketAddr, path: &str, body: Vec<u8>) -> (u16, HeaderMap, String) {
        let request = hyper::Request::post(path).header("host", "x").header("authorization", "Bearer lg_step");
        let request = request.header("x-secret", "1").body(Full::new(Bytes::from(body))).unwrap();
        let (head, bytes) = exchange(address, request).await.unwrap();
        (head.status.as_u16(), head.headers, String::from_utf8_lossy(&bytes).into_owned())
    }

    #[expect(clippy::disallowed_methods, reason = "the far side of a test asks nobody for a permit")]
    fn answering<T: 'static>(handler: impl axum::handler::Handler<T, ()>) -> Router {
        Router::new().fallback(handler)
    }

    /// Says what came, in place of the serving process.
    async fn echo(request: Request) -> Response<Body> {
        let (head, body) = request.into_parts();
        let length = body.collect().await.unwrap().to_bytes().len();
        let names: Vec<&str> = head.headers.keys().map(HeaderName::as_str).filter(|name| *name != "host").collect();
        let said = format!("{} {} {length} {}", head.method, head.uri, names.join(","));
        Response::builder()
            .status(418)
            .header("server-timing", "predict;dur=1")
            .header("x-own", "1")
            .body(said.into())
            .unwrap()
    }

    #[tokio::test]
    async fn a_steps_call_goes_to_the_serving_process_and_nothing_else_does() {
        let serving = served(answering(echo)).await;
        let api = answering(async || "the api".to_owned());
        let runners = served(with_serving(api, serving)).await;
        let (status, headers, said) = sent(runners, "/v2/models/preprod.credit/infer?x=1", vec![0; 3]).await;
        assert_eq!(status, 418);
        assert!(
            said.starts_with("POST /v2/models/preprod.credit/infer?x=1 3 ") && !said.contains("x-secret"),
            "{said}"
        );
        assert!(said.contains("authorization"), "the token decides, so it goes along: {said}");
        assert!(headers.contains_key("server-timing") && !headers.contains_key("x-own"));
        for path in ["/api/v1/runs", "/v20", "/x/v2/models"] {
            assert_eq!(sent(runners, path, Vec::new()).await.2, "the api", "{path}");
        }
    }

    #[tokio::test]
    async fn too_large_a_body_and_a_serving_process_that_is_away_are_said() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = gone.local_addr().unwrap();
        drop(gone);
        let runners = served(with_serving(Router::new(), address)).await;
        let (status, _, said) = sent(runners, "/v2/models/x/infer", Vec::new()).await;
        assert_eq!((status, said.as_str()), (503, r#"{"error":"the serving process does not answer"}"#));
        let runners = served(with_serving(Router::new(), served(answering(echo)).await)).await;
        let (status, _, said) = sent(runners, "/v2/models/x/infer", vec![0; BODY + 1]).await;
        assert_eq!(status, 413, "{said}");
    }

    /// Sends the head of a call and never its body.
    async fn stuck(address: SocketAddr, token: &str) -> TcpStream {
        use tokio::io::AsyncWriteExt;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /v2/models/x/infer HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-length: 9\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    #[tokio::test]
    async fn bodies_that_do_not_come_are_in_the_way_of_their_own_attempt_alone() {
        let serving = served(answering(echo)).await;
        let runners = served(with_serving(Router::new(), serving)).await;
        let mut open = Vec::new();
        for _ in 0..CALLS + CALLS_OF_ONE {
            open.push(stuck(runners, "Bearer lg_slow").await);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let others =
            tokio::time::timeout(Duration::from_secs(2), sent(runners, "/v2/models/x/infer", Vec::new())).await;
        assert_eq!(others.expect("another attempt's call waits for nobody").0, 418);
        let request = hyper::Request::post("/v2/models/x/infer").header("host", "x");
        let request = request.header("authorization", "Bearer lg_slow").body(Full::new(Bytes::new())).unwrap();
        let (head, bytes) = exchange(runners, request).await.unwrap();
        assert_eq!(head.status, 503, "{}", String::from_utf8_lossy(&bytes));
    }

    #[tokio::test]
    async fn of_a_token_that_nobody_knows_no_body_is_read() {
        let serving = served(answering(async || StatusCode::UNAUTHORIZED)).await;
        let runners = served(with_serving(Router::new(), serving)).await;
        let mut open = stuck(runners, "Bearer made-up").await;
        let mut answer = [0; 12];
        use tokio::io::AsyncReadExt;
        let read = tokio::time::timeout(Duration::from_secs(5), open.read_exact(&mut answer)).await;
        read.expect("it waits for the body").unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401");
    }

    #[test]
    fn the_verbs_of_steps_are_those_that_are_decided() {
        assert_eq!(runs::READ_HELD_OUT, query::READ_HELD_OUT);
        assert!(serving::INNER_ACTIONS.contains(&runs::CALL_ENDPOINT));
    }
}
