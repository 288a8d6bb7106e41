//! Drives the built binary as its users do.
mod access;
mod life;
mod start;
mod stats;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

/// A data folder of its own below a temporary one.
pub struct Folder(tempfile::TempDir);

impl Default for Folder {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Folder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs a verb that must fail, and returns its exit code and what it says.
pub fn fails(arguments: &[&str]) -> (i32, String) {
    told(testkit::run(arguments))
}

pub fn told(output: Output) -> (i32, String) {
    assert!(!output.status.success(), "should fail: {}", String::from_utf8_lossy(&output.stdout));
    (output.status.code().expect("ends by itself"), String::from_utf8(output.stderr).unwrap())
}

/// Sends a request with a token and returns status and body.
pub async fn ask(method: &str, url: &str, token: &str, body: Option<Value>) -> (u16, Value) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let mut request = client.request(method.parse().unwrap(), url).bearer_auth(token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}
