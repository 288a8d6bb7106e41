//! What the serving process is told: the endpoints, what they answer with, and who may call them.
use super::MOST;
use crate::endpoints::CallEndpoint;
use crate::endpoints::store::EndpointStore;
use crate::manifest::{self, Caller, Manifest, Release};
use crate::rollouts::RolloutState;
use crate::rollouts::store::RolloutStore;
use access::Gate;
use access::tokens::{Bearer, bearers};
use base::{Securable, Timestamp};
use db::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// Returns what the process is to be told, but for its number.
pub(super) async fn compile(tx: &Tx, gate: &Gate, now: Timestamp) -> db::Result<Manifest> {
    let found = tx.list_all_endpoints(MOST).await?;
    let (mut releases, mut ready) = (BTreeMap::<String, Vec<Release>>::new(), BTreeMap::new());
    if !found.is_empty() {
        for rollout in tx.list_open_rollouts(MOST).await? {
            if rollout.state == RolloutState::Ready {
                ready.insert(rollout.endpoint.clone(), rollout.id.0.clone());
            }
            if rollout.state.is_in_memory() {
                releases.entry(rollout.endpoint.clone()).or_default().push(Release {
                    rollout: rollout.id.0,
                    candidate: rollout.candidate,
                    version: rollout.version,
                    onnx: rollout.onnx,
                    signature: rollout.signature,
                });
            }
        }
    }
    let endpoints = found.iter().map(|endpoint| manifest::Endpoint {
        name: endpoint.id.clone(),
        serving: ready.remove(&endpoint.id).or_else(|| endpoint.serving.as_ref().map(|id| id.0.clone())),
        stopped: endpoint.stopped.as_ref().map(|stopped| stopped.reason.clone()),
        releases: releases.remove(&endpoint.id).unwrap_or_default(),
    });
    let endpoints = endpoints.collect();
    let callers = if found.is_empty() {
        Vec::new()
    } else {
        let things: Vec<_> = found.iter().map(Securable::resource).collect();
        let mut granted = vec![BTreeSet::new(); found.len()];
        for (object, principal) in catalog::grants::users(tx, now, MOST).await? {
            if let Some(number) = found.iter().position(|endpoint| endpoint.id == object) {
                granted[number].insert(principal);
            }
        }
        let bearers = bearers::<CallEndpoint>(gate, tx, &things, &granted, now, MOST).await?;
        let caller = |bearer: Bearer| Caller {
            token: bearer.hash,
            until: bearer.until,
            endpoints: bearer.things,
            outside: bearer.granted,
            captured: !bearer.of_attempt,
        };
        bearers.into_iter().map(caller).collect()
    };
    Ok(Manifest { sequence: 0, made_at: now, endpoints, callers })
}
