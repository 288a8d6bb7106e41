//! The cache key of a step: all that its result depends on, and nothing else. Not in it: CPUs, memory, engine, retries, ids, times.
use super::{Plan, policy_of};
use crate::cache::Key;
use crate::pipelines::{self, DatasetInput, Input};
use crate::protocol::{Action, Output, OutputKind};
use crate::runs::Run;
use crate::sources::Laid;
use crate::steps::store::StepStore;
use crate::steps::{Governed, Outputs, StepState};
use base::{Principal, Timestamp};
use db::Tx;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// What steps before have written, and what that rests on.
pub(super) type Results = HashMap<String, (Outputs, Vec<Governed>)>;

/// What a key is worked out from.
pub(super) struct Facts<'a> {
    pub(super) run: &'a Run,
    pub(super) plan: &'a Plan,
    pub(super) laid: &'a Laid,
    pub(super) now: Timestamp,
}

fn canonical(value: &impl Serialize) -> db::Result<String> {
    let bytes = base::canonical_json(value).map_err(db::sql::unknown)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn columns_of(input: &DatasetInput) -> String {
    if input.columns.is_empty() { String::new() } else { format!(", columns {}", input.columns.join(", ")) }
}

fn shown(output: &Output) -> String {
    match output.kind {
        OutputKind::File => output.digest.to_string(),
        OutputKind::Folder => format!("folder {}", output.digest),
    }
}

impl Facts<'_> {
    /// Returns the key of a step that is ready and the datasets behind its result, or why it may not read one of them.
    pub(super) async fn key_of(
        &self,
        tx: &Tx,
        step: &pipelines::Step,
        results: &mut Results,
    ) -> db::Result<Result<(Key, Vec<Governed>), String>> {
        self.load(tx, step, results).await?;
        let python = if step.is_platform() { &self.laid.platform } else { &self.laid.python };
        let mut key = Key::new().with("code", &self.laid.tree).with("python", python);
        key = match &step.action {
            Action::Platform(check) => key.with("check", check),
            Action::Python(function) => key.with("function", function),
            Action::Command(words) => key.with("command", canonical(words)?),
        };
        for name in &step.parameters {
            let value = self.run.parameters.get(name).unwrap_or(&serde_json::Value::Null);
            key = key.with(format!("parameter {name}"), canonical(value)?);
        }
        let mut governed = BTreeSet::new();
        for name in step.waits_for() {
            governed.extend(results.get(name).into_iter().flat_map(|(_, behind)| behind.iter().cloned()));
        }
        for (name, input) in &step.inputs {
            let value = match input {
                Input::File(path) => self.laid.files.get(path).map_or_else(String::new, ToString::to_string),
                Input::Value(value) => canonical(value)?,
                Input::Step { step, output } => {
                    let found = results.get(step).and_then(|(outputs, _)| outputs.get(output));
                    found.map_or_else(String::new, shown)
                }
                Input::Dataset(input) => match input.stand_in(&self.run.environment) {
                    Some(path) => {
                        let digest = self.laid.files.get(path).map_or_else(String::new, ToString::to_string);
                        format!("{digest} in place of {}{}", input.dataset, columns_of(input))
                    }
                    None => match self.dataset(tx, input).await? {
                        Ok((value, behind)) => {
                            governed.insert(behind);
                            value
                        }
                        // A check of ours says what it could not judge, and why; it fails no run for it.
                        Err(why) if step.is_platform() => format!("{} not readable: {why}", input.dataset),
                        Err(why) => return Ok(Err(why)),
                    },
                },
            };
            key = key.with(format!("input {name}"), value);
        }
        for (name, value) in &step.env {
            key = key.with(format!("variable {name}"), value);
        }
        Ok(Ok((key.with("outputs", canonical(&step.outputs)?), governed.into_iter().collect())))
    }

    async fn load(&self, tx: &Tx, step: &pipelines::Step, results: &mut Results) -> db::Result<()> {
        let missing: Vec<&str> = step.waits_for().into_iter().filter(|name| !results.contains_key(*name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        for found in tx.find_steps(&self.run.id, &missing).await? {
            if found.state == StepState::Succeeded {
                results.insert(found.name, (found.outputs, found.governed));
            }
        }
        Ok(())
    }

    async fn dataset(&self, tx: &Tx, input: &DatasetInput) -> db::Result<Result<(String, Governed), String>> {
        let DatasetInput { dataset, for_use, purpose, .. } = input;
        let principals = [Principal::Environment(self.run.environment.clone())];
        let policy = policy_of(tx, &principals, dataset, *for_use, purpose.as_ref(), self.now).await?;
        let policy = match policy {
            Ok(policy) => policy,
            Err(why) => return Ok(Err(format!("environment `{}`: {why}", self.run.environment))),
        };
        let Some(table) = catalog::datasets::table_of(tx, dataset, None).await? else {
            return Ok(Err(format!("dataset `{dataset}` does not exist")));
        };
        // By the record key, rows are held out.
        let key = table.record_key.join(", ");
        let value = format!(
            "{dataset} as {} under the terms {} for {for_use}, records by ({key}){}",
            table.digest,
            policy.digest,
            columns_of(input)
        );
        let (version, purpose) = (table.version, policy.allowed.purpose.clone());
        let (dataset, grant) = (dataset.clone(), policy.grant().clone());
        Ok(Ok((value, Governed { dataset, version, for_use: *for_use, purpose, grant, policy: policy.digest })))
    }
}
