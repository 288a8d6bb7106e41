use crate::error::{Error, Result};
use crate::spaces::{Placed, Space};
use crate::wire::Tag;
use base::{PersonId, Timestamp};
use serde::Serialize;

base::states! {
    /// Where an experiment or a run stands: MLflow's `lifecycle_stage`.
    Lifecycle {
        Active "active" => Idle "flask" "Active" [delete],
        Deleted "deleted" => Idle "trash" "Deleted" [restore],
    }
}

/// The name of each space's experiment `0`.
pub(crate) const DEFAULT: &str = "Default";

/// A folder of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Experiment {
    /// Names it inside the database.
    #[serde(skip)]
    pub number: i64,
    pub id: String,
    pub space: Space,
    pub name: String,
    /// Whether it is the one that clients of its space call `0`.
    pub is_default: bool,
    pub state: Lifecycle,
    pub created_by: PersonId,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(skip)]
    pub revision: i64,
}

/// An experiment with its tags.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub experiment: Experiment,
    pub tags: Vec<Tag>,
}

impl Placed for Experiment {
    const KIND: &'static str = "experiment";
    fn space(&self) -> &Space {
        &self.space
    }
    fn id(&self) -> &str {
        &self.id
    }
}

impl Experiment {
    /// Returns what MLflow's clients call it.
    pub fn client_id(&self) -> &str {
        if self.is_default { "0" } else { &self.id }
    }

    /// Succeeds if it takes writes.
    pub(crate) fn active(&self) -> Result<()> {
        match self.state {
            Lifecycle::Active => Ok(()),
            Lifecycle::Deleted => {
                let (what, id) = ("experiment", self.client_id().to_owned());
                Err(Error::NotActive { what, id, found: "deleted" })
            }
        }
    }

    /// Gives it another name.
    pub(crate) fn rename(&self, name: &str, now: Timestamp) -> Result<Self> {
        self.active()?;
        check_name(name)?;
        Ok(Self { name: name.to_owned(), changed_at: now, ..self.clone() })
    }

    /// Deletes it; its runs go with it.
    pub(crate) fn delete(&self, now: Timestamp) -> Result<Self> {
        // Again is not found, as the genuine server has it.
        if self.state == Lifecycle::Deleted {
            return Err(Error::NoExperiment(self.client_id().to_owned()));
        }
        if self.is_default {
            return Err(Error::invalid("The default experiment of a space cannot be deleted."));
        }
        Ok(Self { state: Lifecycle::Deleted, changed_at: now, ..self.clone() })
    }

    /// Brings it back, with the runs that went with it.
    pub(crate) fn restore(&self, now: Timestamp) -> Result<Self> {
        if self.state == Lifecycle::Active {
            return Err(Error::NoExperiment(self.client_id().to_owned()));
        }
        Ok(Self { state: Lifecycle::Active, changed_at: now, ..self.clone() })
    }
}

/// Checks an experiment's name.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("Invalid experiment name: ''. Experiment name cannot be an empty string."));
    }
    if name.chars().count() > 500 {
        return Err(Error::invalid("'name' exceeds the maximum length of 500 characters"));
    }
    Ok(())
}

/// Checks a tag of an experiment, a model or a version; `longest` is how long its value may be.
pub(crate) fn check_tag(tag: &Tag, longest: usize) -> Result<()> {
    if tag.key.is_empty() || tag.key.chars().count() > 250 {
        return Err(Error::invalid("'key' exceeds the maximum length of 250 characters"));
    }
    if tag.value.chars().count() > longest {
        return Err(Error::invalid(format!("'value' exceeds the maximum length of {longest} characters")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use proptest::prelude::*;

    fn experiment(state: Lifecycle) -> Experiment {
        Experiment {
            number: 1,
            id: "e-1".into(),
            space: "project/credit-risk".parse().unwrap(),
            name: "first".into(),
            is_default: false,
            state,
            created_by: "ana".into(),
            created_at: Timestamp(0),
            changed_at: Timestamp(0),
            revision: 1,
        }
    }

    type Verb = (&'static str, fn(&Experiment) -> Result<Experiment>);
    const VERBS: [Verb; 3] = [
        ("rename", |e| e.rename("second", Timestamp(1))),
        ("delete", |e| e.delete(Timestamp(1))),
        ("restore", |e| e.restore(Timestamp(1))),
    ];

    #[test]
    fn every_verb_from_every_state() {
        let mut table = String::new();
        for &state in Lifecycle::ALL {
            let fits = VERBS.iter().filter_map(|(verb, run)| Some((*verb, run(&experiment(state)).ok()?.state)));
            let cells: Vec<_> = fits.map(|(verb, to)| format!("{verb} → {to}")).collect();
            table += &format!("{state}: {}\n", cells.join(", "));
        }
        expect![[r#"
            active: rename → active, delete → deleted
            deleted: restore → active
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn the_default_stays() {
        let default = Experiment { is_default: true, ..experiment(Lifecycle::Active) };
        assert_eq!(default.client_id(), "0");
        assert!(default.delete(Timestamp(1)).is_err());
    }

    proptest! {
        #[test]
        fn no_order_of_verbs_changes_what_it_is(order in prop::collection::vec(0..3_usize, 0..20)) {
            let first = experiment(Lifecycle::Active);
            let mut now = first.clone();
            for verb in order {
                now = VERBS[verb].1(&now).unwrap_or(now);
            }
            prop_assert_eq!((&now.id, &now.space, &now.created_by), (&first.id, &first.space, &first.created_by));
        }
    }
}
