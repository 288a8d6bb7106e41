//! Looks at the steps that are ready: whose result is there already, who has to run, who has to wait. It walks on behind
//! results that are there, so that a run of a hundred cached steps takes a few looks, not a hundred.
use super::keys::{Facts, Results};
use crate::cache::Key;
use crate::cache::store::{CacheStore, Entry};
use crate::runs::store::RunStore;
use crate::steps::store::StepStore;
use crate::steps::{Governed, Step, StepState};
use base::RunId;
use db::Tx;
use std::collections::{HashMap, VecDeque};

/// How many ready steps are looked at in one go.
const AT_ONCE: u64 = 200;
/// How many results are taken in one transaction.
const MOST_FOUND: usize = 500;

/// A step that is ready, or will be once the results found before it are taken.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) next: Next,
}

/// What is to be done with it.
#[derive(Debug)]
pub(super) enum Next {
    /// Its result is there.
    Take { key: Key, governed: Vec<Governed>, entry: Entry },
    /// It has to run.
    Run { key: Key, governed: Vec<Governed> },
    /// An equal step runs: it waits for that one's result.
    Wait { key: Key, run: RunId },
    /// It may not read what it reads.
    Refuse(String),
}

/// Looks at the ready steps of a run; `free` says how many of them could start now.
pub(super) async fn look(tx: &Tx, facts: &Facts<'_>, free: i64) -> db::Result<Vec<Found>> {
    let (run, plan) = (facts.run, facts.plan);
    let ready = tx.list_steps_in(&run.id, StepState::Ready, AT_ONCE).await?;
    let mut open: VecDeque<Step> = ready.into_iter().filter(|step| step.run_at <= facts.now).collect();
    let (mut found, mut results, mut waiting) = (Vec::new(), Results::new(), HashMap::new());
    let mut to_run = 0;
    while let Some(step) = open.pop_front() {
        let Some(planned) = plan.graph.step(&step.name) else { continue };
        if found.len() >= MOST_FOUND || (to_run >= free && plan.has_missed(&step.name)) {
            continue;
        }
        let (key, governed) = match facts.key_of(tx, planned, &mut results).await? {
            Ok(key) => key,
            Err(why) => {
                found.push(Found { name: step.name, next: Next::Refuse(why) });
                continue;
            }
        };
        let entry =
            if planned.cache { tx.find_entry(&run.environment, &key.digest().to_string()).await? } else { None };
        let next = match entry {
            Some(entry) if entry.is_ready => {
                results.insert(step.name.clone(), (entry.outputs.clone(), governed.clone()));
                release(tx, facts, &step.name, &mut waiting, &mut open).await?;
                Next::Take { key, governed, entry }
            }
            Some(entry) if (entry.run != run.id || entry.step != step.name) && !left_behind(tx, &entry).await? => {
                Next::Wait { key, run: entry.run }
            }
            _ => {
                plan.misses(&step.name);
                to_run += 1;
                Next::Run { key, governed }
            }
        };
        found.push(Found { name: step.name, next });
    }
    Ok(found)
}

/// Returns whether nobody computes a key any more although its entry says so: the run that did has ended.
pub(super) async fn left_behind(tx: &Tx, entry: &Entry) -> db::Result<bool> {
    Ok(!entry.is_ready && tx.find_run(&entry.run).await?.is_none_or(|run| run.has_ended()))
}

/// Puts those behind a result that is there in line, if they wait for nothing else.
async fn release(
    tx: &Tx,
    facts: &Facts<'_>,
    name: &str,
    waiting: &mut HashMap<String, Step>,
    open: &mut VecDeque<Step>,
) -> db::Result<()> {
    let followers = facts.plan.graph.followers(name);
    let unknown: Vec<&str> = followers.iter().copied().filter(|name| !waiting.contains_key(*name)).collect();
    if !unknown.is_empty() {
        let found = tx.find_steps(&facts.run.id, &unknown).await?;
        waiting.extend(found.into_iter().map(|step| (step.name.clone(), step)));
    }
    for follower in followers {
        let Some(step) = waiting.get_mut(follower) else { continue };
        if let Ok(released) = step.release() {
            *step = released;
            if step.state == StepState::Ready {
                open.push_back(step.clone());
            }
        }
    }
    Ok(())
}
