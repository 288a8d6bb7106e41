//! Checks a dossier without a server. It works on the very bytes: a section is what lies between its braces, so nothing depends on how a
//! number is read and printed again, and a byte between the sections is noticed as well.
use super::service::{KIND, VERSION};
use access::audit::PublicKey;
use base::{Digest, Timestamp, canonical_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a section's bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DossierSectionDigest)]
pub struct SectionDigest {
    pub bytes: usize,
    /// Of its canonical JSON, in hex.
    pub sha256: String,
}

/// The signed part of a dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DossierHeader)]
pub struct Header {
    /// `lockgate dossier`.
    pub kind: String,
    pub version: u32,
    pub project: String,
    pub candidate: i64,
    /// The candidate's digest.
    pub digest: String,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    pub made_by: String,
    /// The public key that signed. It is no proof: a check needs the key that was pinned elsewhere.
    pub key: String,
    pub sections: BTreeMap<String, SectionDigest>,
}

/// What a dossier that holds says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub header: Header,
    /// Bytes that were checked, all there are.
    pub bytes: usize,
}

/// Where a dossier is not what was signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Altered {
    #[error("it is no dossier, or its outline was changed: {0}")]
    Outline(String),
    #[error("the header was changed, or it was not signed with the pinned key")]
    Signature,
    #[error("its header names key `{0}`, which is not the pinned one")]
    Key(String),
    #[error("it is version {0}; this program reads version {VERSION}")]
    Version(u32),
    #[error("section `{0}` was changed")]
    Section(String),
    #[error("section `{0}` is missing")]
    Missing(String),
    #[error("section `{0}` was added")]
    Added(String),
    #[error("the candidate's content in section `candidate` has not the digest that the header names")]
    Candidate,
}

/// Checks every byte of a dossier against the pinned `key`.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(document: &[u8], key: &PublicKey) -> Result<Verified, Altered> {
    let mut outline = Outline { text: document, at: 0 };
    outline.expect("{\"header\":")?;
    let header_text = outline.value()?;
    outline.expect(",\"sections\":{")?;
    let mut parts: Vec<(String, &[u8])> = Vec::new();
    while outline.peek() != Some(b'}') {
        if !parts.is_empty() {
            outline.expect(",")?;
        }
        let name = outline.value()?;
        let name: String = serde_json::from_slice(name).map_err(|error| Altered::Outline(error.to_string()))?;
        outline.expect(":")?;
        parts.push((name, outline.value()?));
    }
    outline.expect("},\"signature\":\"")?;
    let signature = outline.until(b'"')?;
    outline.expect("\"}")?;
    if outline.at != document.len() {
        return Err(Altered::Outline("something follows its end".to_owned()));
    }
    let header: Header = serde_json::from_slice(header_text).map_err(|_| Altered::Signature)?;
    if header.key != key.to_string() {
        return Err(Altered::Key(header.key.chars().take(80).flat_map(char::escape_debug).collect()));
    }
    if !key.has_signed_document(KIND, header_text, signature) {
        return Err(Altered::Signature);
    }
    if header.kind != KIND {
        return Err(Altered::Outline("it is another kind of document".to_owned()));
    }
    if header.version != VERSION {
        return Err(Altered::Version(header.version));
    }
    check(&header, &parts)?;
    Ok(Verified { header, bytes: document.len() })
}

/// Compares each section with what the signed header says of it.
fn check(header: &Header, parts: &[(String, &[u8])]) -> Result<(), Altered> {
    let mut last: Option<&str> = None;
    for (name, text) in parts {
        let Some(signed) = header.sections.get(name) else { return Err(Altered::Added(crate::shown(name, 60))) };
        if signed.bytes != text.len() || signed.sha256 != Digest::of(text).hex() {
            return Err(Altered::Section(name.clone()));
        }
        if last.is_some_and(|last| last >= name.as_str()) {
            return Err(Altered::Outline(format!("section `{name}` stands in another place")));
        }
        last = Some(name);
    }
    if let Some(missing) = header.sections.keys().find(|name| !parts.iter().any(|(there, _)| there == *name)) {
        return Err(Altered::Missing(missing.clone()));
    }
    // What was signed must be about the candidate that it names.
    let candidate = parts.iter().find(|(name, _)| name == "candidate").map(|(_, text)| *text).unwrap_or_default();
    let candidate: serde_json::Value = serde_json::from_slice(candidate).map_err(|_| Altered::Candidate)?;
    let content = canonical_json(&candidate["content"]).map_err(|_| Altered::Candidate)?;
    let fits = Digest::of(content).to_string() == header.digest && candidate["digest"] == header.digest.as_str();
    if fits { Ok(()) } else { Err(Altered::Candidate) }
}

/// Reads the outline of a JSON text without reading what is in it.
struct Outline<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Outline<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, what: &str) -> Result<(), Altered> {
        let end = self.at + what.len();
        if self.text.get(self.at..end) != Some(what.as_bytes()) {
            return Err(Altered::Outline(format!("`{what}` should stand at byte {}", self.at)));
        }
        self.at = end;
        Ok(())
    }

    fn until(&mut self, end: u8) -> Result<&'a str, Altered> {
        let rest = &self.text[self.at..];
        let broken = || Altered::Outline(format!("it is cut off at byte {}", self.at));
        let length = rest.iter().position(|byte| *byte == end).ok_or_else(broken)?;
        let text = std::str::from_utf8(&rest[..length]).map_err(|_| broken())?;
        self.at += length;
        Ok(text)
    }

    /// Returns the bytes of the value that begins here: a text, or what braces enclose.
    fn value(&mut self) -> Result<&'a [u8], Altered> {
        let (start, mut depth, mut in_text, mut escaped) = (self.at, 0_usize, false, false);
        for (offset, byte) in self.text[start..].iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                b'{' | b'[' if !in_text => depth += 1,
                b'}' | b']' if !in_text => {
                    depth = depth.checked_sub(1).ok_or_else(|| Altered::Outline(format!("byte {}", start + offset)))?;
                }
                _ => {}
            }
            if depth == 0 && !in_text && matches!(byte, b'"' | b'}' | b']') {
                self.at = start + offset + 1;
                return Ok(&self.text[start..self.at]);
            }
        }
        Err(Altered::Outline("it is cut off".to_owned()))
    }
}
