//! Reads everything that is on record about a candidate.
use super::ci::{DossierCi, checks_of_commit};
use super::people::{author, commit, grant};
use super::sections::{
    DossierAudit, DossierCandidate, DossierChange, DossierChecks, DossierDataset, DossierDecision, DossierDeployment,
    DossierEnd, DossierEntry, DossierFile, DossierHold, DossierMonitors, DossierPolicy, DossierPromotion, DossierStop,
    DossierStops, Sections,
};
use super::work::run;
use access::audit::{Outcome, Placed};
use base::{EnvironmentId, Securable, Timestamp};
use db::{Result, Tx};
use delivery::candidates::{Candidate, DatasetVersion};
use delivery::promotions::{Promotion, PromotionKind};
use projects::Project;
use std::collections::{BTreeMap, BTreeSet};

/// How many files of a dataset version are listed.
const MOST_FILES: usize = 1_000;
/// How many entries of the audit log are listed.
const MOST_ENTRIES: u32 = 1_000;
/// How many changes of one promotion, rollouts and holds are listed.
const MOST: u32 = 200;
/// The environments that candidates enter.
pub(crate) const ENVIRONMENTS: [&str; 2] = ["preprod", "prod"];

/// Reads every section. Joins the transaction.
pub(super) async fn gather(tx: &Tx, project: &Project, candidate: &Candidate, now: Timestamp) -> Result<Sections> {
    let mut datasets = Vec::new();
    for version in &candidate.content.datasets {
        datasets.push(dataset(tx, version).await?);
    }
    let mut grants = Vec::new();
    for id in &candidate.grants {
        grants.push(grant(tx, id, now).await?);
    }
    let mut found = delivery::promotions::of_candidate(tx, &project.id, candidate.number).await?;
    found.reverse();
    let mut promotions = Vec::new();
    for one in &found {
        promotions.push(promotion(tx, one).await?);
    }
    let ci = checks_of_commit(tx, candidate).await?;
    Ok(Sections {
        candidate: content(tx, project, candidate).await?,
        commit: commit(tx, candidate).await?,
        datasets,
        run: run(tx, &candidate.run).await?,
        checks: checks(tx, project, candidate, &found).await?,
        deployments: deployments(tx, candidate).await?,
        stops: stops(tx, project, &found).await?,
        monitors: monitors(tx, candidate).await?,
        audit: audit(tx, candidate, &ci, &found).await?,
        ci,
        grants,
        promotions,
    })
}

async fn monitors(tx: &Tx, candidate: &Candidate) -> Result<DossierMonitors> {
    let prod = EnvironmentId(format!("{}/{}", candidate.project, ENVIRONMENTS[1]));
    let seen = monitoring::record::of_candidate(tx, &prod, candidate.number, MOST).await?;
    let evaluations = seen.evaluations.iter().map(serde_json::to_value).collect::<std::result::Result<_, _>>();
    let breaches = seen.breaches.iter().map(serde_json::to_value).collect::<std::result::Result<_, _>>();
    let (evaluations, breaches) = (evaluations.map_err(db::sql::unknown)?, breaches.map_err(db::sql::unknown)?);
    Ok(DossierMonitors { evaluations, evaluations_left_out: seen.left_out, breaches })
}

async fn content(tx: &Tx, project: &Project, candidate: &Candidate) -> Result<DossierCandidate> {
    let model = candidate.model();
    let version = delivery::versions::find(tx, &project.id, &model.model, model.version).await?;
    Ok(DossierCandidate {
        project: project.id.0.clone(),
        title: project.title.clone(),
        owner: project.owner.0.clone(),
        intended_use: project.intended_use.clone(),
        prohibited_use: project.prohibited_use.clone(),
        number: candidate.number,
        digest: candidate.digest.to_string(),
        content: serde_json::to_value(&candidate.content).map_err(db::sql::unknown)?,
        subject: candidate.subject.clone(),
        made_by: candidate.made_by.0.clone(),
        created_at: candidate.created_at,
        model: model.model.clone(),
        version: model.version,
        version_state: version.as_ref().map(|version| version.state),
        version_reason: version.and_then(|version| version.reason),
    })
}

async fn dataset(tx: &Tx, of: &DatasetVersion) -> Result<DossierDataset> {
    let empty = DossierDataset {
        dataset: of.dataset.0.clone(),
        version: of.version,
        absent: None,
        cut_at: None,
        cut_by: None,
        digest: None,
        schema_digest: None,
        rows: None,
        size_bytes: None,
        files: Vec::new(),
        files_left_out: 0,
    };
    let Some(cut) = catalog::datasets::cut(tx, &of.dataset, of.version).await? else {
        return Ok(DossierDataset { absent: Some("the catalog has no such version".to_owned()), ..empty });
    };
    let file = |file: &catalog::datasets::TableFile| DossierFile {
        path: without_values(&file.path),
        size_bytes: file.size_bytes,
        modified_at: Timestamp(file.modified_us),
        rows: file.rows,
        digest: file.digest.map(|digest| digest.to_string()),
    };
    let version = cut.version;
    Ok(DossierDataset {
        cut_at: Some(version.cut_at),
        cut_by: version.crawl.map(|crawl| format!("crawl {crawl}")).or(version.published_by),
        digest: Some(version.digest),
        schema_digest: Some(cut.schema.to_string()),
        rows: Some(version.rows),
        size_bytes: Some(version.size_bytes),
        files: cut.files.iter().take(MOST_FILES).map(file).collect(),
        files_left_out: cut.files.len().saturating_sub(MOST_FILES),
        ..empty
    })
}

/// Returns a path without the values that its folders spell: `country=de/a.parquet` is `country=…/a.parquet`.
fn without_values(path: &str) -> String {
    let part = |part: &str| part.split_once('=').map_or(part.to_owned(), |(key, _)| format!("{key}=…"));
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn checks(tx: &Tx, project: &Project, candidate: &Candidate, all: &[Promotion]) -> Result<DossierChecks> {
    let mut policies = Vec::new();
    for environment in ENVIRONMENTS {
        let of_here = all.iter().filter(|promotion| promotion.environment == environment);
        let first = of_here
            .flat_map(|promotion| promotion.approvals.iter().map(|one| one.policy).chain([promotion.policy]))
            .min();
        let versions = delivery::gates::versions_of(tx, project, environment).await?;
        let last = versions.iter().map(|policy| policy.version).max();
        // All between, too: a limit may have been loosened by another than made the version that was judged by in the end.
        let asked = versions.into_iter().filter(|one| Some(one.version) >= first.or(last));
        policies.extend(asked.map(|policy| DossierPolicy {
            environment: policy.environment,
            version: policy.version,
            made_by: policy.by.0,
            made_at: policy.at,
            state: if Some(policy.version) == last { policy.state } else { delivery::gates::GatePolicyState::Replaced },
            required: policy.terms.required,
            may_be_not_computable: policy.terms.may_be_not_computable,
            approvals: policy.terms.approvals,
            baking_s: policy.terms.baking_s,
            tolerances: policy.terms.tolerances,
        }));
    }
    Ok(DossierChecks { judged: candidate.checks.clone(), policies })
}

async fn promotion(tx: &Tx, of: &Promotion) -> Result<DossierPromotion> {
    let mut decisions = Vec::new();
    let place = of.resource();
    for one in &of.approvals {
        decisions.push(DossierDecision {
            by: one.by.0.clone(),
            roles: access::held_at(tx, &one.by, &place, one.at).await?,
            decision: one.decision,
            comment: one.comment.clone(),
            at: one.at,
            digest: one.digest.to_string(),
            policy: one.policy,
            counts: of.valid_approvals().any(|valid| valid == one),
        });
    }
    let no_decision = decisions.is_empty().then(|| match of.kind {
        PromotionKind::Rollback => "a rollback brings back what was live: one person, a reason, no approval".to_owned(),
        _ => "nobody has decided on it".to_owned(),
    });
    let (mut history, _) = access::audit::entries_about(tx, &[format!("promotion/{}", of.id)], MOST).await?;
    history.reverse();
    let calls = ["approve", "reject", "abandon"].map(|verb| format!("/api/v1/promotions/{}/{verb}", of.id));
    let (mut refused, _) = access::audit::entries_about(tx, &calls, MOST).await?;
    refused.reverse();
    let verification = match &of.run {
        Some(id) => Some(run(tx, id).await?),
        None => None,
    };
    let no_verification = verification.is_none().then(|| match (of.kind, of.environment.as_str()) {
        (PromotionKind::Release, "prod") => "prod is verified by baking, not by tests".to_owned(),
        (PromotionKind::Release, _) => "it did not get as far as its tests".to_owned(),
        _ => "what was live before is not verified again".to_owned(),
    });
    Ok(DossierPromotion {
        id: of.id.clone(),
        environment: of.environment.clone(),
        endpoint: of.endpoint.clone(),
        kind: of.kind,
        state: of.state,
        reason: of.reason.clone(),
        policy: of.policy,
        asked_by: of.asked_by.0.clone(),
        asked_at: of.asked_at,
        created_at: of.created_at,
        bakes_until: of.bakes_until,
        live_at: of.live_at,
        ended_at: of.ended_at,
        rollout: of.rollout.clone(),
        authors: of.authors.iter().flat_map(|authors| authors.known.iter().map(author)).collect(),
        decisions,
        no_decision,
        history: history.into_iter().map(change).collect(),
        refusals: refused.into_iter().filter(|one| one.entry.outcome == Outcome::Refused).map(change).collect(),
        verification,
        no_verification,
    })
}

fn change(placed: Placed) -> DossierChange {
    let entry = placed.entry;
    let state = entry.after.as_ref().and_then(|after| after["state"].as_str()).map(str::to_owned);
    DossierChange {
        at: entry.at,
        actor: entry.actor,
        action: entry.action,
        outcome: entry.outcome,
        state,
        reason: entry.reason,
    }
}

async fn deployments(tx: &Tx, candidate: &Candidate) -> Result<Vec<DossierDeployment>> {
    let own = serving::rollouts_of_candidate(tx, &candidate.digest, MOST).await?;
    let mut by_endpoint: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for rollout in &own {
        if !by_endpoint.contains_key(&rollout.endpoint) {
            let all = serving::rollouts_of_endpoint(tx, &rollout.endpoint, MOST * 5).await?;
            by_endpoint.insert(rollout.endpoint.clone(), all.iter().filter_map(|one| one.served_at).collect());
        }
    }
    let view = |rollout: serving::Rollout| {
        // It answered until the next one did; else, where it does not any more, until it was taken away.
        let next = rollout.served_at.and_then(|from| {
            by_endpoint.get(&rollout.endpoint).and_then(|all| all.iter().filter(|at| **at > from).min().copied())
        });
        let gone = rollout.served_at.filter(|_| rollout.state != serving::RolloutState::Serving);
        DossierDeployment {
            served_until: next.or(gone.map(|_| rollout.changed_at)),
            rollout: rollout.id.0,
            endpoint: rollout.endpoint,
            state: rollout.state,
            started_by: rollout.started_by.0,
            created_at: rollout.created_at,
            served_from: rollout.served_at,
            reason: rollout.reason,
            back_to: rollout.back_to.map(|id| id.0),
        }
    };
    Ok(own.into_iter().map(view).collect())
}

async fn stops(tx: &Tx, project: &Project, all: &[Promotion]) -> Result<DossierStops> {
    let endpoints: BTreeSet<&str> = all.iter().map(|promotion| promotion.endpoint.as_str()).collect();
    let resources: Vec<String> = endpoints.iter().map(|id| format!("endpoint/{id}")).collect();
    let mut stops = Vec::new();
    if !resources.is_empty() {
        let (entries, _) = access::audit::entries_about(tx, &resources, MOST * 5).await?;
        for placed in entries.into_iter().rev() {
            let entry = placed.entry;
            let what = match entry.action.as_str() {
                "StopEndpoint" => "suspended",
                "StartEndpoint" => "resumed",
                _ => continue,
            };
            stops.push(DossierStop {
                endpoint: entry.resource.trim_start_matches("endpoint/").to_owned(),
                what: what.to_owned(),
                by: entry.actor.trim_start_matches("person:").to_owned(),
                at: entry.at,
                reason: entry.reason,
            });
        }
    }
    let holds = delivery::holds::of_project(tx, &project.id, MOST).await?;
    let hold = |hold: delivery::holds::Hold| DossierHold {
        id: hold.id,
        environment: hold.environment,
        state: hold.state,
        placed: DossierEnd { by: hold.by.0, at: hold.at, reason: hold.reason },
        lifted: hold.lifted.map(|lifted| DossierEnd { by: lifted.by.0, at: lifted.at, reason: lifted.reason }),
    };
    Ok(DossierStops { endpoints: stops, holds: holds.into_iter().map(hold).collect() })
}

async fn audit(tx: &Tx, candidate: &Candidate, ci: &DossierCi, all: &[Promotion]) -> Result<DossierAudit> {
    let (project, number) = (&candidate.project, candidate.number);
    let mut about = BTreeSet::from([
        format!("candidate/{project}/{number}"),
        format!("dossier/{project}/{number}"),
        format!("run/{}", candidate.run),
    ]);
    about.extend(ci.runs.iter().map(|run| format!("run/{}", run.id)));
    about.extend(candidate.grants.iter().map(|grant| format!("grant/{grant}")));
    for id in &candidate.grants {
        if let Some(request) = catalog::grants::find(tx, id).await?.and_then(|grant| grant.request) {
            about.insert(format!("request/{request}"));
        }
    }
    for promotion in all {
        about.insert(format!("promotion/{}", promotion.id));
        about.insert(format!("endpoint/{}", promotion.endpoint));
        about.extend(promotion.run.iter().map(|run| format!("run/{run}")));
    }
    let about: Vec<String> = about.into_iter().collect();
    let (entries, total) = access::audit::entries_about(tx, &about, MOST_ENTRIES).await?;
    let left_out = total.saturating_sub(u64::try_from(entries.len()).unwrap_or(u64::MAX));
    let unsealed = entries.iter().filter(|placed| placed.sealed.is_none()).count();
    let view = |placed: Placed| DossierEntry {
        seq: placed.sealed.as_ref().map(|sealed| sealed.seq),
        hash: placed.sealed.map(|sealed| sealed.hash.to_string()),
        at: placed.entry.at,
        actor: placed.entry.actor,
        on_behalf_of: placed.entry.on_behalf_of,
        action: placed.entry.action,
        resource: placed.entry.resource,
        outcome: placed.entry.outcome,
        reason: placed.entry.reason,
    };
    Ok(DossierAudit { entries: entries.into_iter().map(view).collect(), left_out, unsealed })
}
