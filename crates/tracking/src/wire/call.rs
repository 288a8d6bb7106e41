use super::Fields;
use crate::error::Error;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{Method, StatusCode, header};
use serde_json::Value;
use web::Problem;

/// The fields of a call: those of the body, or of the query string where there is no body.
#[derive(Debug)]
pub(crate) struct Call {
    pub fields: Fields,
    /// How long the body is, in bytes.
    pub size: usize,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        if request.method() == Method::GET {
            return Ok(Self { fields: Fields::of_pairs(pairs(&query))?, size: 0 });
        }
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"));
        if !is_json && *request.method() == Method::POST {
            let text = "Bad Request. Content-Type must be application/json.";
            return Err(Error::invalid(text).into());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let detail = "the body is larger than this operation takes";
                return Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "web.too_large",
                    detail,
                    Some("send less, or in parts"),
                );
            }
            web::bad_input("the body broke off")
        })?;
        let size = bytes.len();
        if size == 0 {
            return Ok(Self { fields: Fields::of_pairs(pairs(&query))?, size });
        }
        // A body that is not JSON counts as empty; very old clients wrap theirs into a text.
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let value = match value {
            Value::String(inner) => serde_json::from_str(&inner).unwrap_or_default(),
            value => value,
        };
        Ok(Self { fields: Fields::of(value)?, size })
    }
}

/// Takes a query string apart.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Undoes percent-encoding once; what is not UTF-8 afterwards is replaced, so that it is refused later.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digits = [ahead.next().unwrap_or(b'x'), ahead.next().unwrap_or(b'x')];
                let mut decoded = [0];
                if hex::decode_to_slice(digits, &mut decoded).is_ok() {
                    bytes.push(decoded[0]);
                    rest = ahead;
                } else {
                    bytes.push(byte);
                }
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_is_decoded_once() {
        assert_eq!(
            pairs("a=x%20y+z&b&c=%252e"),
            [("a".to_owned(), "x y z".to_owned()), ("b".to_owned(), String::new()), ("c".to_owned(), "%2e".to_owned())]
        );
        assert_eq!(pairs("a=%&b=%4")[0].1, "%");
    }
}
