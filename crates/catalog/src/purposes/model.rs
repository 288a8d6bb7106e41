use super::Error;
use crate::grants::Use;
use base::{PersonId, PurposeId, Resource, Securable, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How long a text may be, in bytes.
const LONGEST: usize = 4_000;
/// A hundred years: nobody keeps data longer and can say so.
const LONGEST_RETENTION_DAYS: i64 = 36_525;

/// What is put on record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPurpose {
    /// A name to state with every read, such as `pd-model`; made up if absent.
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// What exactly it is.
    pub text: String,
    /// Why that is lawful.
    pub lawful_basis: String,
    /// The legal entity that answers for it.
    pub controller: String,
    /// Where its impact assessment is kept, if it needed one.
    pub impact_assessment: Option<String>,
    /// What may be done with data under it.
    pub allowed_uses: BTreeSet<Use>,
    /// How many days data may be kept under it.
    pub retention_days: i64,
    /// Who answers questions about it; whoever records it, if absent.
    pub owner: Option<String>,
}

/// A purpose on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Purpose {
    pub id: PurposeId,
    pub name: String,
    pub text: String,
    pub lawful_basis: String,
    pub controller: String,
    pub impact_assessment: Option<String>,
    pub allowed_uses: BTreeSet<Use>,
    pub retention_days: i64,
    pub owner: PersonId,
    pub created_by: PersonId,
    pub created_at: Timestamp,
}

impl Securable for Purpose {
    fn resource(&self) -> Resource {
        Resource {
            kind: "purpose",
            id: self.id.0.clone(),
            scope: "deployment".into(),
            team: None,
            asker: None,
            listed: true,
        }
    }
}

impl NewPurpose {
    /// Returns the record, or says what is missing. `fallback` is its id where none is given.
    ///
    /// # Errors
    /// A field that is empty, too long or malformed.
    pub fn record(&self, fallback: &str, by: &PersonId, now: Timestamp) -> Result<Purpose, Error> {
        let id = match &self.id {
            Some(id) => base::plain_name(id)?,
            None => fallback,
        };
        let text = |field: &'static str, text: &str| match text.trim() {
            "" => Err(Error::Missing(field)),
            long if long.len() > LONGEST => Err(Error::TooLong(field, LONGEST)),
            text => Ok(text.to_owned()),
        };
        if self.allowed_uses.is_empty() {
            return Err(Error::Missing("allowed_uses"));
        }
        if !(1..=LONGEST_RETENTION_DAYS).contains(&self.retention_days) {
            return Err(Error::Retention(self.retention_days));
        }
        let owner = self.owner.as_deref().map(base::plain_name).transpose()?;
        Ok(Purpose {
            id: id.into(),
            name: text("name", &self.name)?,
            text: text("text", &self.text)?,
            lawful_basis: text("lawful_basis", &self.lawful_basis)?,
            controller: text("controller", &self.controller)?,
            impact_assessment: self.impact_assessment.as_deref().map(|it| text("impact_assessment", it)).transpose()?,
            allowed_uses: self.allowed_uses.clone(),
            retention_days: self.retention_days,
            owner: owner.map_or_else(|| by.clone(), PersonId::from),
            created_by: by.clone(),
            created_at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(change: impl FnOnce(&mut NewPurpose), expected: Expect) {
        let mut new = NewPurpose {
            id: Some("pd-model".into()),
            name: "PD model".into(),
            text: "to prove a model of default".into(),
            lawful_basis: "credit law".into(),
            controller: "Bank AG".into(),
            impact_assessment: None,
            allowed_uses: [Use::Train].into(),
            retention_days: 365,
            owner: None,
        };
        change(&mut new);
        let done = new.record("p-1", &"dora".into(), Timestamp(0));
        expected.assert_eq(&done.map_or_else(|error| error.to_string(), |p| format!("{} of {}", p.id, p.owner)));
    }

    #[test]
    fn a_purpose_is_a_whole_record() {
        check(|_| (), expect!["pd-model of dora"]);
        check(|new| new.id = None, expect!["p-1 of dora"]);
        check(|new| new.owner = Some("ben".into()), expect!["pd-model of ben"]);
        check(
            |new| new.id = Some("../x".into()),
            expect!["`../x` is not a name: 1 to 63 of a–z, 0–9 and `-`, starting with a letter"],
        );
        check(|new| new.lawful_basis = "  ".into(), expect!["`lawful_basis` is empty"]);
        check(|new| new.text = "x".repeat(LONGEST + 1), expect!["`text` is longer than 4000 bytes"]);
        check(|new| new.allowed_uses.clear(), expect!["`allowed_uses` is empty"]);
        check(|new| new.retention_days = 0, expect!["`retention_days` is `0`, and has to be 1 to 36525"]);
    }
}
