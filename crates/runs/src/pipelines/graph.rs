//! Who waits for whom.
use super::{Error, Pipeline, Step};
use std::collections::{BTreeSet, HashMap};

/// A pipeline with the ways between its steps, worked out once per run.
#[derive(Debug)]
pub struct Graph {
    pub pipeline: Pipeline,
    by_name: HashMap<String, usize>,
    followers: Vec<Vec<usize>>,
}

impl Graph {
    /// Works out the ways of a pipeline that was checked when it was read.
    pub fn of(pipeline: Pipeline) -> Self {
        let by_name: HashMap<String, usize> =
            pipeline.steps.iter().enumerate().map(|(n, step)| (step.name.clone(), n)).collect();
        let mut followers = vec![Vec::new(); pipeline.steps.len()];
        for (n, step) in pipeline.steps.iter().enumerate() {
            for name in step.waits_for() {
                if let Some(before) = by_name.get(name) {
                    followers[*before].push(n);
                }
            }
        }
        Self { pipeline, by_name, followers }
    }

    /// Returns the step `name`.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.by_name.get(name).map(|n| &self.pipeline.steps[*n])
    }

    /// Returns the names of the steps that wait for `name`.
    pub fn followers(&self, name: &str) -> Vec<&str> {
        let Some(n) = self.by_name.get(name) else { return Vec::new() };
        self.followers[*n].iter().map(|n| self.pipeline.steps[*n].name.as_str()).collect()
    }

    /// Returns the names of all steps that come after `name`, however far.
    pub fn all_after(&self, name: &str) -> Vec<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<usize> = self.by_name.get(name).copied().into_iter().collect();
        while let Some(n) = open.pop() {
            for next in &self.followers[n] {
                if found.insert(*next) {
                    open.push(*next);
                }
            }
        }
        found.into_iter().map(|n| self.pipeline.steps[n].name.as_str()).collect()
    }
}

/// Returns the steps so that each comes after those that it waits for, or the circle that has no such order.
pub(super) fn order(steps: &[Step]) -> Result<Vec<&str>, Error> {
    let mut waiting: HashMap<&str, usize> =
        steps.iter().map(|step| (step.name.as_str(), step.waits_for().len())).collect();
    let mut followers: HashMap<&str, Vec<&str>> = HashMap::new();
    for step in steps {
        for before in step.waits_for() {
            followers.entry(before).or_default().push(&step.name);
        }
    }
    let mut open: Vec<&str> = steps.iter().map(|step| step.name.as_str()).filter(|name| waiting[name] == 0).collect();
    let mut ordered = Vec::new();
    while let Some(name) = open.pop() {
        ordered.push(name);
        for next in followers.remove(name).unwrap_or_default() {
            if let Some(count) = waiting.get_mut(next) {
                *count -= 1;
                if *count == 0 {
                    open.push(next);
                }
            }
        }
    }
    if ordered.len() == steps.len() { Ok(ordered) } else { Err(circle(steps, &waiting)) }
}

/// Walks backwards from a step that never gets its turn until one comes up again.
fn circle(steps: &[Step], waiting: &HashMap<&str, usize>) -> Error {
    let stuck = |name: &str| waiting.get(name).is_some_and(|count| *count > 0);
    let find = |name: &str| steps.iter().find(|step| step.name == name);
    let mut path: Vec<&str> = Vec::new();
    let mut next = steps.iter().map(|step| step.name.as_str()).find(|name| stuck(name));
    while let Some(name) = next {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            let mut names: Vec<String> = path[start..].iter().rev().map(|name| (*name).to_owned()).collect();
            names.push(names[0].clone());
            return Error::Cycle(names);
        }
        path.push(name);
        next = find(name).and_then(|step| step.waits_for().into_iter().find(|before| stuck(before)));
    }
    Error::Cycle(path.iter().map(|name| (*name).to_owned()).collect())
}
