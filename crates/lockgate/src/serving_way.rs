//! The way of a step to the serving process. A step reaches nothing but its attempt's own socket; what it asks below `/v2` there is
//! handed on to the serving process, which decides by the token that comes along, as for every other caller.
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// How large a body may be, either way; the serving process takes no larger one.
const BODY: usize = 16 * 1024 * 1024;
/// How long a body may take to come, and then an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many calls are on their way at once; more wait.
const CALLS: usize = 64;
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
    room: Arc<Semaphore>,
}

/// Returns `router`, with what is asked below `/v2` answered by the serving process at `address`.
pub fn with_serving(router: Router, address: SocketAddr) -> Router {
    let way = Way { address, room: Arc::new(Semaphore::new(CALLS)) };
    router.layer(from_fn_with_state(way, hand_on))
}

async fn hand_on(State(way): State<Way>, request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path();
    if path != "/v2" && !path.starts_with("/v2/") {
        return next.run(request).await;
    }
    let Ok(_place) = way.room.acquire().await else {
        return failed(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping");
    };
    match ask(way.address, request).await {
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

async fn ask(address: SocketAddr, request: Request) -> Result<Response<Body>, (StatusCode, &'static str)> {
    let (head, body) = request.into_parts();
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
    let host = HeaderValue::from_str(&address.to_string());
    onward.headers_mut().insert(header::HOST, host.unwrap_or(HeaderValue::from_static("localhost")));
    let away = (StatusCode::SERVICE_UNAVAILABLE, "the serving process does not answer");
    let answered = tokio::time::timeout(PATIENCE, exchange(address, onward)).await.map_err(|_| away)?;
    let (head, bytes) = answered.map_err(|error| {
        tracing::debug!(%error, "a step's call did not get through to the serving process");
        away
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
        let serving = served(Router::new().fallback(echo)).await;
        let api = Router::new().fallback(async || "the api".to_owned());
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
        let (status, _, said) = sent(runners, "/v2/models/x/infer", vec![0; BODY + 1]).await;
        assert_eq!(status, 413, "{said}");
    }

    #[test]
    fn the_verbs_of_steps_are_those_that_are_decided() {
        assert_eq!(runs::READ_HELD_OUT, query::READ_HELD_OUT);
        assert!(serving::INNER_ACTIONS.contains(&runs::CALL_ENDPOINT));
    }
}
