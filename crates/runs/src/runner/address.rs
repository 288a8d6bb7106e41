//! Where the server is, and how to get there.
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// The longest path of a Unix socket, less the closing zero.
const LONGEST_PATH: usize = 107;

/// A connection to the server.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// Where the API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Tcp(String),
    Unix(PathBuf),
}

impl Address {
    /// Reads `http://host:port` or `unix:/path`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Some(Self::Unix(path.into()));
        }
        let authority = text.strip_prefix("http://")?.trim_end_matches('/');
        (!authority.is_empty() && !authority.contains('/')).then(|| Self::Tcp(authority.to_owned()))
    }

    /// Returns what a request names as its host.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Tcp(authority) => authority,
            Self::Unix(_) => "localhost",
        }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match self {
            Self::Tcp(authority) => {
                let stream = TcpStream::connect(authority).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(path) => Ok(Box::new(connect_unix(path).await?)),
        }
    }
}

/// Connects to a socket whose path may be longer than the system takes: then by way of its folder, opened.
async fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    if path.as_os_str().len() <= LONGEST_PATH {
        return UnixStream::connect(path).await;
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = std::fs::File::open(folder)?;
    UnixStream::connect(Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        assert_eq!(Address::parse("http://127.0.0.1:8080/"), Some(Address::Tcp("127.0.0.1:8080".into())));
        assert_eq!(Address::parse("unix:/d/runner.sock"), Some(Address::Unix("/d/runner.sock".into())));
        for text in ["https://a", "http://", "http://a/b", "a:1"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn a_long_path_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(120));
        std::fs::create_dir(&long).unwrap();
        let listener = {
            let opened = std::fs::File::open(&long).unwrap();
            tokio::net::UnixListener::bind(format!("/proc/self/fd/{}/s", opened.as_raw_fd())).unwrap()
        };
        let socket = long.join("s");
        let (connected, accepted) = tokio::join!(connect_unix(&socket), listener.accept());
        assert!(connected.is_ok() && accepted.is_ok());
    }
}
