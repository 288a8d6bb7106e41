//! What a client sends: inflated as it comes, bounded, and looked into as far as the list of refs.
use crate::{Error, Result};
use async_compression::tokio::bufread::GzipDecoder;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use futures::TryStreamExt;
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio_util::io::StreamReader;

/// The longest list of refs that a push may begin with.
const LONGEST_LIST: usize = 512 << 10;

/// The body of a request, inflated.
pub(super) struct Input {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    /// What was read to look at it, and goes first.
    begun: Vec<u8>,
    /// How many bytes may still come.
    left: u64,
    silence: Duration,
}

/// Why there is no more of it.
#[derive(Debug)]
pub(super) enum Broken {
    /// More than allowed.
    TooLarge,
    /// The client was silent, went away, or sent what cannot be inflated.
    Gone,
}

impl Input {
    /// Returns the body of up to `most` bytes once inflated, from a client that is never silent for long.
    pub(super) fn new(headers: &HeaderMap, body: Body, most: u64, silence: Duration) -> Result<Self> {
        let stream = body.into_data_stream().map_err(io::Error::other);
        let plain = StreamReader::new(stream);
        let reader: Pin<Box<dyn AsyncRead + Send>> =
            match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
                None | Some(b"identity") => Box::pin(plain),
                Some(b"gzip" | b"x-gzip") => Box::pin(GzipDecoder::new(BufReader::new(plain))),
                Some(_) => return Err(Error::Protocol("bodies come plain or in gzip")),
            };
        Ok(Self { reader, begun: Vec::new(), left: most, silence })
    }

    /// Returns the next bytes; none at the end.
    pub(super) async fn next(&mut self) -> std::result::Result<Vec<u8>, Broken> {
        if !self.begun.is_empty() {
            return Ok(std::mem::take(&mut self.begun));
        }
        let mut bytes = vec![0; 64 << 10];
        let read = self.read(&mut bytes).await?;
        bytes.truncate(read);
        Ok(bytes)
    }

    async fn read(&mut self, into: &mut [u8]) -> std::result::Result<usize, Broken> {
        let read = tokio::time::timeout(self.silence, self.reader.read(into)).await;
        let read = read.map_err(|_| Broken::Gone)?.map_err(|error| {
            tracing::debug!(%error, "a request to a repository broke off");
            Broken::Gone
        })?;
        self.left = self.left.checked_sub(read as u64).ok_or(Broken::TooLarge)?;
        Ok(read)
    }

    /// Reads a push as far as the end of its list of refs, so that git is never handed an endless one. Returns how many
    /// there are: none for a client that only tries whether it may push.
    pub(super) async fn look_at_list(&mut self, most: usize) -> Result<usize> {
        let malformed = || Error::Protocol("this push cannot be read");
        let mut lines = 0;
        loop {
            let mut length = [0; 4];
            self.fill(&mut length).await?;
            let text = std::str::from_utf8(&length).map_err(|_| malformed())?;
            let size = usize::from_str_radix(text, 16).map_err(|_| malformed())?;
            self.begun.extend(length);
            match size {
                0 => return Ok(lines),
                1..4 => return Err(malformed()),
                _ => lines += 1,
            }
            if lines > most || self.begun.len() + size > LONGEST_LIST {
                let (path, limit) = ("the list of branches and tags".to_owned(), base::Bytes(LONGEST_LIST as u64));
                return Err(Error::TooLarge { path, limit });
            }
            let mut line = vec![0; size - 4];
            self.fill(&mut line).await?;
            self.begun.extend(line);
        }
    }

    async fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.read(&mut bytes[filled..]).await {
                Ok(0) | Err(Broken::Gone) => return Err(Error::Protocol("the push broke off")),
                Ok(read) => filled += read,
                Err(Broken::TooLarge) => {
                    let limit = base::Bytes(LONGEST_LIST as u64);
                    return Err(Error::TooLarge { path: "the push".into(), limit });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(bytes: &[u8]) -> Input {
        Input::new(&HeaderMap::new(), Body::from(bytes.to_vec()), 1 << 20, Duration::from_secs(5)).unwrap()
    }

    async fn whole(mut input: Input) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            match input.next().await.unwrap() {
                none if none.is_empty() => return all,
                some => all.extend(some),
            }
        }
    }

    #[tokio::test]
    async fn the_list_is_looked_at_and_nothing_is_lost() {
        let push = b"000aabcdef0008wxyz0000PACK...";
        let mut seen = input(push);
        assert_eq!(seen.look_at_list(2).await.unwrap(), 2);
        assert_eq!(whole(seen).await, push);
        assert_eq!(input(b"0000").look_at_list(2).await.unwrap(), 0);
        for (bad, kind) in [
            (&b""[..], "git.protocol"),
            (b"00", "git.protocol"),
            (b"zzzz", "git.protocol"),
            (b"0003", "git.protocol"),
            (b"000aab", "git.protocol"),
            (b"ffffabc", "git.protocol"),
            (b"0005a0005b0005c0000", "git.too_large"),
        ] {
            let error = input(bad).look_at_list(2).await.unwrap_err();
            assert_eq!(base::Fault::fault(&error).1, kind, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn more_than_allowed_is_noticed_once_inflated() {
        use tokio::io::AsyncWriteExt;
        let mut packer = async_compression::tokio::write::GzipEncoder::new(Vec::new());
        packer.write_all(&vec![0; 3 << 20]).await.unwrap();
        packer.shutdown().await.unwrap();
        let small = packer.into_inner();
        assert!(small.len() < 64 << 10, "{}", small.len());
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, "gzip".parse().unwrap())]);
        let body = Body::from(small);
        let mut bomb = Input::new(&headers, body, 1 << 20, Duration::from_secs(5)).unwrap();
        let end = loop {
            match bomb.next().await {
                Ok(some) => assert!(!some.is_empty(), "it ended"),
                Err(broken) => break broken,
            }
        };
        assert!(matches!(end, Broken::TooLarge));
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, "br".parse().unwrap())]);
        assert!(Input::new(&headers, Body::empty(), 1, Duration::from_secs(5)).is_err());
    }
}
