use super::gather::gather;
use super::sections::Sections;
use super::verify::{Header, SectionDigest};
use super::{ReadDossier, ReadEvidenceKey};
use crate::{Context, Error, Result, shown};
use access::Permit;
use access::audit::AuditKey;
use base::{Digest, ProjectId, Resource, Securable, Timestamp, canonical_json};
use delivery::candidates::Candidate;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a dossier calls itself, so that no other signed thing passes for one.
pub const KIND: &str = "lockgate dossier";
/// The version of what stands in it.
pub const VERSION: u32 = 1;

/// A dossier as the audit log names it.
struct Exported<'a>(&'a projects::Project, i64);

impl Securable for Exported<'_> {
    fn resource(&self) -> Resource {
        let id = format!("{}/{}", self.0.id, self.1);
        Resource { kind: "dossier", id, ..self.0.resource() }
    }
}

/// Returns the dossier of a candidate, signed; that it was taken is on record before it leaves.
pub(super) async fn export(
    cx: &Context,
    permit: &Permit<ReadDossier>,
    project: &ProjectId,
    number: i64,
) -> Result<Vec<u8>> {
    let now = cx.clock.now();
    // Read in one piece, and without keeping the writer busy.
    let read = cx.db.read(|tx| async move {
        let found = permit.on(&tx, projects::find(&tx, project).await?).await?;
        let (project, _) = found.ok_or_else(|| Error::ProjectNotFound(shown(project.as_str(), 63)))?;
        let candidate = delivery::candidates::find(&tx, &project.id, number).await?;
        let candidate = candidate.ok_or_else(|| Error::CandidateNotFound { project: project.id.0.clone(), number })?;
        let sections = gather(&tx, &project, &candidate, now).await?;
        Ok::<_, Error>((project, candidate, sections))
    });
    let (project, candidate, sections) = read.await?;
    let made_by = permit.caller().name();
    let document = sign(&sections, &candidate, (made_by.as_str(), now), &cx.key)?;
    let what = serde_json::json!({ "sha256": Digest::of(&document).hex(), "bytes": document.len() });
    let (project, what) = (&project, &what);
    cx.db
        .write(|tx| async move {
            Ok::<_, Error>(permit.entry(&Exported(project, number), now).after(what).insert(&tx).await?)
        })
        .await?;
    Ok(document)
}

/// Returns the public key that dossiers are checked with.
pub(super) async fn key(cx: &Context, permit: &Permit<ReadEvidenceKey>) -> Result<String> {
    let (id, scope) = ("audit".to_owned(), access::DEPLOYMENT.to_owned());
    let key = &Resource { kind: "evidence_key", id, scope, team: None, asker: None, listed: false };
    cx.db.read(|tx| async move { Ok::<_, Error>(permit.check(&tx, key).await?) }).await?;
    Ok(cx.key.public().to_string())
}

/// Puts sections together as one canonical JSON document with a signed header.
///
/// # Errors
/// None that can happen: every part of it is plain.
pub fn sign(
    sections: &Sections,
    candidate: &Candidate,
    (made_by, now): (&str, Timestamp),
    key: &AuditKey,
) -> Result<Vec<u8>> {
    // Through values: a number that is none in JSON becomes null, as everywhere.
    let Value::Object(parts) = serde_json::to_value(sections)? else { return Ok(Vec::new()) };
    let (mut digests, mut texts) = (BTreeMap::new(), BTreeMap::new());
    for (name, part) in parts {
        let text = canonical_json(&part)?;
        digests.insert(name.clone(), SectionDigest { bytes: text.len(), sha256: Digest::of(&text).hex() });
        texts.insert(name, text);
    }
    let header = Header {
        kind: KIND.to_owned(),
        version: VERSION,
        project: candidate.project.0.clone(),
        candidate: candidate.number,
        digest: candidate.digest.to_string(),
        made_at: now,
        made_by: made_by.to_owned(),
        key: key.public().to_string(),
        sections: digests,
    };
    let header = canonical_json(&header)?;
    let signature = key.sign_document(KIND, &header);
    let mut document = [b"{\"header\":", header.as_slice(), b",\"sections\":{"].concat();
    for (at, (name, text)) in texts.iter().enumerate() {
        if at > 0 {
            document.push(b',');
        }
        document.extend_from_slice(&canonical_json(name)?);
        document.push(b':');
        document.extend_from_slice(text);
    }
    document.extend_from_slice(b"},\"signature\":\"");
    document.extend_from_slice(signature.as_bytes());
    document.extend_from_slice(b"\"}");
    Ok(document)
}
