//! The runner's calls to the server, and what becomes of those that fail.
use super::address::{Address, Connection};
use crate::protocol::{Beat, Claim, Claimed, Heartbeat, Kept, Logs, Report, Reported, Stored};
use access::Secret;
use base::AttemptId;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::time::Duration;

/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long for an output, which it writes to its disk.
const PATIENCE_FOR_OUTPUTS: Duration = Duration::from_hours(1);
/// How large an answer may be.
const LARGEST_ANSWER: usize = 4 << 20;

/// What a request carries.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Why a call had no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failed {
    /// The attempt is another's, or has ended.
    #[error("the attempt is no longer this runner's")]
    Stale,
    /// The log was to start elsewhere.
    #[error("the server lacks lines of the log before these")]
    Gap,
    /// The server said no, and will again.
    #[error("the server refused ({0}): {1}")]
    Refused(u16, String),
    /// The server is not there, or not now.
    #[error("the server does not answer: {0}")]
    Away(String),
}

/// A connection that is made when it is needed, and again when it broke.
pub(super) struct Link {
    address: Address,
    token: Secret,
    attempt: AttemptId,
    sender: Option<SendRequest<Body>>,
}

impl Link {
    pub(super) fn new(address: Address, token: Secret, attempt: AttemptId) -> Self {
        Self { address, token, attempt, sender: None }
    }

    /// Returns another one, for calls beside those of this one.
    pub(super) fn beside(&self) -> Self {
        Self::new(self.address.clone(), self.token.clone(), self.attempt.clone())
    }

    pub(super) async fn claim(&mut self, claim: &Claim) -> Result<Claimed, Failed> {
        self.post("claim", claim).await
    }

    pub(super) async fn heartbeat(&mut self, fence: i64) -> Result<Beat, Failed> {
        self.post("heartbeat", &Heartbeat { fence }).await
    }

    pub(super) async fn logs(&mut self, logs: &Logs) -> Result<Kept, Failed> {
        self.post("logs", logs).await
    }

    pub(super) async fn report(&mut self, report: &Report) -> Result<Reported, Failed> {
        self.post("report", report).await
    }

    /// Sends an output; `name` is a plain name.
    pub(super) async fn output(&mut self, name: &str, fence: i64, body: Body) -> Result<Stored, Failed> {
        let path = format!("outputs/{name}?fence={fence}");
        self.call(Method::PUT, &path, "application/octet-stream", body, PATIENCE_FOR_OUTPUTS).await
    }

    async fn post<T: DeserializeOwned>(&mut self, verb: &str, body: &impl Serialize) -> Result<T, Failed> {
        let bytes = serde_json::to_vec(body).map_err(|error| Failed::Refused(0, error.to_string()))?;
        let body = Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync();
        self.call(Method::POST, verb, "application/json", body, PATIENCE).await
    }

    async fn call<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: Body,
        patience: Duration,
    ) -> Result<T, Failed> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/attempts/{}/{path}", self.attempt))
            .header("host", self.address.host())
            .header("authorization", format!("Bearer {}", self.token.reveal()))
            .header("content-type", kind)
            .body(body)
            .map_err(|error| Failed::Refused(0, error.to_string()))?;
        let answer = tokio::time::timeout(patience, self.exchange(request)).await;
        let (status, bytes) = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                self.sender = None;
                return Err(Failed::Away(error));
            }
            Err(_) => {
                self.sender = None;
                return Err(Failed::Away(format!("no answer within {} s", patience.as_secs())));
            }
        };
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| Failed::Refused(status.as_u16(), error.to_string()));
        }
        Err(why(status, &bytes))
    }

    async fn exchange(&mut self, request: Request<Body>) -> Result<(StatusCode, Bytes), String> {
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.connect().await?,
        };
        sender.ready().await.map_err(|error| error.to_string())?;
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let bytes = body.map_err(|error| error.to_string())?.to_bytes();
        self.sender = Some(sender);
        Ok((status, bytes))
    }

    async fn connect(&self) -> Result<SendRequest<Body>, String> {
        let stream: Box<dyn Connection> = self.address.connect().await.map_err(|error| error.to_string())?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        // It ends when its sender is dropped, and its failures are told to whoever sends.
        tokio::spawn(async {
            let _ = connection.await;
        });
        Ok(sender)
    }
}

/// Sorts a refusal: what may change by itself is worth another try.
fn why(status: StatusCode, bytes: &[u8]) -> Failed {
    let problem: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("no reason given").to_owned();
    match (status.as_u16(), problem["code"].as_str().unwrap_or_default()) {
        (409, "runs.stale_fence") => Failed::Stale,
        (409, "runs.log_gap") => Failed::Gap,
        (408 | 425 | 429 | 500..=599, _) => Failed::Away(format!("{status}: {detail}")),
        (409, "web.stale" | "db.stale") => Failed::Away(detail),
        // The attempt's token is dead, and so is the attempt.
        (401, _) => Failed::Stale,
        (status, _) => Failed::Refused(status, detail),
    }
}

/// Waits before the next try: 50 ms at first, five seconds at most.
#[derive(Debug, Default)]
pub(super) struct Pause(u32);

impl Pause {
    pub(super) async fn wait(&mut self) {
        let time = Duration::from_millis(50) * 2_u32.pow(self.0.min(7));
        self.0 += 1;
        tokio::time::sleep(time.min(Duration::from_secs(5))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_sorted() {
        let problem = |code: &str| serde_json::json!({"code": code, "detail": "d"}).to_string().into_bytes();
        assert_eq!(why(StatusCode::CONFLICT, &problem("runs.stale_fence")), Failed::Stale);
        assert_eq!(why(StatusCode::CONFLICT, &problem("runs.log_gap")), Failed::Gap);
        assert_eq!(why(StatusCode::CONFLICT, &problem("other")), Failed::Refused(409, "d".into()));
        assert_eq!(why(StatusCode::UNAUTHORIZED, b""), Failed::Stale);
        assert!(matches!(why(StatusCode::SERVICE_UNAVAILABLE, b"<html>"), Failed::Away(_)));
        assert!(matches!(why(StatusCode::FORBIDDEN, b""), Failed::Refused(403, _)));
    }
}
