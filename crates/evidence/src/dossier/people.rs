//! Whose hands were in a candidate, and who let it read what.
use super::sections::{
    DossierAuthor, DossierCommit, DossierEnd, DossierGrant, DossierMerge, DossierPush, DossierRequest, DossierSignature,
};
use base::{Digest, GrantId, Timestamp};
use catalog::requests::Request;
use db::{Result, Tx};
use delivery::authors::Author;
use delivery::candidates::Candidate;
use git::pushes::Push;

/// Returns one who counts as an author.
pub(super) fn author(author: &Author) -> DossierAuthor {
    DossierAuthor { person: author.person.0.clone(), name: author.name.clone(), why: author.why.clone() }
}

/// Reads the commit of a candidate. Joins the transaction.
pub(super) async fn commit(tx: &Tx, candidate: &Candidate) -> Result<DossierCommit> {
    let (project, id) = (&candidate.project, &candidate.content.commit);
    let merge = delivery::merges::of_commit(tx, project, id).await?;
    let pushes = git::pushes::all(tx, project).await?;
    let push = |push: Push| DossierPush {
        id: push.id,
        reference: push.reference,
        pusher: push.pusher.map(|person| person.0),
        state: push.state,
        at: push.recorded_at,
    };
    let lock = candidate.content.lock.map(|digest| digest.to_string());
    Ok(DossierCommit {
        id: id.clone(),
        subject: candidate.subject.clone(),
        authors: candidate.authors.known.iter().map(author).collect(),
        unmapped: candidate.authors.unmapped.clone(),
        counted_since: candidate.authors.since.clone(),
        pushes: pushes.into_iter().filter(|push| push.new.as_deref() == Some(id)).map(push).collect(),
        no_merge: merge.is_none().then(|| "no merge brought it to `main`: it is the project's first commit".to_owned()),
        merge: merge.map(|merge| DossierMerge {
            id: merge.id,
            branch: merge.branch,
            from: merge.from,
            merged_by: merge.merged_by.0,
            state: merge.state,
            asked_at: merge.asked_at,
            ended_at: merge.ended_at,
        }),
        no_lock: lock.is_none().then(|| "the repository has no lock".to_owned()),
        lock,
    })
}

/// Reads a grant and the request that it came from. Joins the transaction.
pub(super) async fn grant(tx: &Tx, id: &GrantId, now: Timestamp) -> Result<DossierGrant> {
    let empty = DossierGrant {
        id: id.0.clone(),
        absent: None,
        request: None,
        no_request: None,
        object: String::new(),
        principal: String::new(),
        purpose: String::new(),
        uses: Vec::new(),
        columns: std::collections::BTreeMap::new(),
        row_rules: 0,
        row_rules_digest: None,
        starts_at: None,
        expires_at: None,
        state: None,
        ended: None,
    };
    let Some(found) = catalog::grants::find(tx, id).await? else {
        return Ok(DossierGrant { absent: Some("the catalog has no such grant".to_owned()), ..empty });
    };
    let request = match &found.request {
        Some(id) => catalog::requests::find(tx, id).await?,
        None => None,
    };
    let rules = found.row_filter.rules();
    let digest = base::digest_of(&found.row_filter).map_err(db::sql::unknown)?;
    let row_rules_digest = (!rules.is_empty()).then(|| Digest::to_string(&digest));
    Ok(DossierGrant {
        no_request: request.is_none().then(|| "it was imported: no request was made here".to_owned()),
        request: request.map(request_view),
        object: found.object.clone(),
        principal: found.principal.to_string(),
        purpose: found.purpose.0.clone(),
        uses: found.uses.iter().map(|one| one.as_str().to_owned()).collect(),
        columns: found.columns.iter().map(|(name, term)| (name.clone(), term.as_str().to_owned())).collect(),
        row_rules: rules.len(),
        row_rules_digest,
        starts_at: Some(found.period.starts_at()),
        expires_at: Some(found.period.expires_at()),
        state: Some(found.standing(now)),
        ended: found.ended.map(|ended| DossierEnd { by: ended.by.0, at: ended.at, reason: ended.reason }),
        ..empty
    })
}

fn request_view(request: Request) -> DossierRequest {
    let approvals = request.approvals.into_iter();
    DossierRequest {
        id: request.id.0,
        asked_by: request.asked_by.0,
        state: request.state,
        text: request.ask.text,
        submitted_at: request.submission.map(|submission| submission.at),
        approvals: approvals.map(|one| DossierSignature { by: one.by.0, at: one.at }).collect(),
        decided: request.decided.map(|one| DossierSignature { by: one.by.0, at: one.at }),
    }
}
