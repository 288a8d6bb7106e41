use super::store::File;
use crate::Context;
use crate::error::{Error, Result};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, TryStreamExt};
use std::ops::Range;
use tokio_util::io::{ReaderStream, StreamReader};

/// How much of a file goes out at a time.
const PIECE: usize = 128 * 1024;

/// Returns a body as what is read to be kept; it breaks off where more than `most` bytes come.
pub(super) fn reader(body: Body, most: u64) -> impl tokio::io::AsyncRead + Unpin {
    let mut so_far: u64 = 0;
    let bytes = body.into_data_stream().map_err(std::io::Error::other).and_then(move |piece| {
        so_far += piece.len() as u64;
        let fits = so_far <= most;
        async move { if fits { Ok(piece) } else { Err(std::io::ErrorKind::FileTooLarge.into()) } }
    });
    StreamReader::new(Box::pin(bytes) as std::pin::Pin<Box<dyn Stream<Item = _> + Send>>)
}

/// Returns the part that `Range` asks for: `None` for the whole, an error for what does not lie inside.
fn part(headers: &HeaderMap, size: u64) -> std::result::Result<Option<Range<u64>>, ()> {
    let Some(asked) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    // Several ranges at once, and other units, may be answered by the whole.
    let Some((first, last)) = asked.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(most)) if first.is_empty() => size.saturating_sub(most)..size,
        _ => return Ok(None),
    };
    if range.start < size && range.start < range.end { Ok(Some(range)) } else { Err(()) }
}

/// Answers a file, or the part of it that was asked for.
pub(super) async fn answer(cx: &Context, file: &File, asked: &HeaderMap) -> Result<Response> {
    let etag = format!("\"{}\"", file.digest.hex());
    let mut headers = HeaderMap::new();
    let mut set = |name, text: &str| {
        headers.extend(HeaderValue::from_str(text).ok().map(|value| (name, value)));
    };
    set(header::ETAG, &etag);
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CONTENT_TYPE, media_type(&file.path));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CONTENT_DISPOSITION, &disposition(&file.path));
    let matches = |name| asked.get(name).and_then(|value| value.to_str().ok()) == Some(&etag);
    if matches(header::IF_NONE_MATCH) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let size = file.size_bytes;
    let wanted =
        if asked.contains_key(header::IF_RANGE) && !matches(header::IF_RANGE) { Ok(None) } else { part(asked, size) };
    let (status, range) = match wanted {
        Ok(None) => (StatusCode::OK, 0..size),
        Ok(Some(range)) => {
            set(header::CONTENT_RANGE, &format!("bytes {}-{}/{size}", range.start, range.end - 1));
            (StatusCode::PARTIAL_CONTENT, range)
        }
        Err(()) => {
            set(header::CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    set(header::CONTENT_LENGTH, &(range.end - range.start).to_string());
    let bytes = cx.blobs.range(&file.digest, range).await.map_err(Error::from)?;
    Ok((status, headers, Body::from_stream(ReaderStream::with_capacity(bytes, PIECE))).into_response())
}

/// Always a download: what others uploaded is never shown as a page of ours.
fn disposition(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain: String =
        name.chars().map(|letter| if letter.is_ascii_graphic() && letter != '"' { letter } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"")
}

fn media_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "json" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "txt" | "log" | "md" | "csv" | "yaml" | "yml" | "py" | "html" | "svg" => "text/plain; charset=utf-8",
        _ if name == "MLmodel" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &'static str, expected: std::result::Result<Option<Range<u64>>, ()>) {
        let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(range))]);
        assert_eq!(part(&headers, 10), expected, "{range}");
    }

    #[test]
    fn a_part_lies_inside() {
        check("bytes=0-3", Ok(Some(0..4)));
        check("bytes=8-", Ok(Some(8..10)));
        check("bytes=-4", Ok(Some(6..10)));
        check("bytes=5-99", Ok(Some(5..10)));
        check("bytes=10-", Err(()));
        check("bytes=-0", Err(()));
        check("bytes=3-1", Ok(None));
        check("bytes=0-1,4-5", Ok(None));
        check("lines=1-2", Ok(None));
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(disposition("a/b\"\u{e9} c.txt"), "attachment; filename=\"b__\u{5f}c.txt\"");
        assert_eq!(media_type("x/page.html"), "text/plain; charset=utf-8");
    }
}
