//! The signed deployment manifest: all that the serving process knows. The server writes it; the process believes nothing else.
//!
//! A file of two lines: the signature in hexadecimal digits, and the JSON that it signs. A process takes no older one than it has, and
//! uses the last one for [`FRESH_FOR`] at most.
use crate::signature::Signature;
use base::{Digest, Timestamp};
use ed25519_dalek::{Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a manifest is used for when no newer one comes.
pub const FRESH_FOR: Duration = Duration::from_mins(15);
/// The largest file that is read.
pub const LARGEST: u64 = 64 * 1024 * 1024;
/// What is signed begins with this, so that a signature is good for nothing else.
const PURPOSE: &[u8] = b"lockgate serving manifest 1\n";

/// What the serving process serves, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Grows with each one.
    pub sequence: i64,
    pub made_at: Timestamp,
    pub endpoints: Vec<Endpoint>,
    pub callers: Vec<Caller>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// `prod.credit`.
    pub name: String,
    /// The rollout that answers; none before the first is ready.
    pub serving: Option<String>,
    /// Why it is stopped, if it is.
    pub stopped: Option<String>,
    /// What is kept in memory: the one that answers, one that is to come, one that was before.
    pub releases: Vec<Release>,
}

/// A version of a model that is kept in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub rollout: String,
    /// The candidate that it is part of.
    pub candidate: Digest,
    pub version: i64,
    /// The model's file.
    pub onnx: Digest,
    pub signature: Signature,
}

/// A token that may call endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// The SHA-256 of its secret, in hexadecimal digits.
    pub token: String,
    pub until: Timestamp,
    /// The numbers of the endpoints, as they stand in the manifest.
    pub endpoints: Vec<u32>,
    /// Those of them whose project it does not belong to: it may call them by a grant.
    pub outside: Vec<u32>,
    /// Whether its calls are captured: those of attempts (verification, batch) are not.
    pub captured: bool,
}

/// Why a manifest is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadManifest {
    #[error("it is cut off")]
    Cut,
    #[error("its signature is not the server's")]
    Signature,
    #[error("it cannot be read: {0}")]
    Malformed(String),
}

/// Writes a manifest with its signature.
///
/// # Errors
/// None that a manifest of ours can have.
pub fn seal(manifest: &Manifest, key: &SigningKey) -> serde_json::Result<Vec<u8>> {
    let json = serde_json::to_vec(manifest)?;
    let signature = key.sign(&[PURPOSE, &json].concat());
    let mut file = hex(&signature.to_bytes()).into_bytes();
    file.push(b'\n');
    file.extend(json);
    file.push(b'\n');
    Ok(file)
}

/// Reads a manifest that the holder of `key` signed.
///
/// # Errors
/// A file that is cut off, signed by another, or none of ours.
pub fn open(file: &[u8], key: &VerifyingKey) -> Result<Manifest, BadManifest> {
    let file = file.strip_suffix(b"\n").ok_or(BadManifest::Cut)?;
    let end = file.iter().position(|byte| *byte == b'\n').ok_or(BadManifest::Cut)?;
    let (signature, json) = (&file[..end], &file[end + 1..]);
    let signature = unhex::<64>(signature).ok_or(BadManifest::Signature)?;
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    key.verify(&[PURPOSE, json].concat(), &signature).map_err(|_| BadManifest::Signature)?;
    serde_json::from_slice(json).map_err(|error| BadManifest::Malformed(error.to_string()))
}

/// Returns the key as the serving process is told it.
pub fn public_hex(key: &SigningKey) -> String {
    hex(key.verifying_key().as_bytes())
}

/// Reads a public key.
pub fn public_of(text: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&unhex::<32>(text.trim().as_bytes())?).ok()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads hexadecimal digits, in lower case.
pub(crate) fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
        *byte = digit(pair[0])? * 16 + digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_server_signed_is_taken() {
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let manifest = Manifest { sequence: 7, made_at: Timestamp(5), endpoints: Vec::new(), callers: Vec::new() };
        let file = seal(&manifest, &key).unwrap();
        let public = public_of(&public_hex(&key)).unwrap();
        assert_eq!(open(&file, &public), Ok(manifest.clone()));
        assert_eq!(open(&seal(&manifest, &other).unwrap(), &public), Err(BadManifest::Signature));
        let changed = String::from_utf8(file.clone()).unwrap().replace("\"sequence\":7", "\"sequence\":8");
        assert_eq!(open(changed.as_bytes(), &public), Err(BadManifest::Signature));
        for end in 0..file.len() {
            assert!(open(&file[..end], &public).is_err(), "cut at {end}");
        }
    }
}
