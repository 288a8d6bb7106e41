use base::{DatasetId, GrantId, LakeId, Principal, PurposeId, Resource, Securable, Timestamp};
use catalog::grants::Use;
use serde::{Deserialize, Serialize};

use super::Error;

/// What somebody wants to publish, and under what.
#[derive(Clone, Debug)]
pub struct Publication {
    pub target: Target,
    /// Nothing where the grant leaves one only; so with the use.
    pub purpose: Option<PurposeId>,
    pub stated_use: Option<Use>,
    pub grant: Option<GrantId>,
    /// The datasets that the rows were made from.
    pub inputs: Vec<DatasetId>,
}

/// Where a dataset goes: its name in parts, each fit for a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub lake: LakeId,
    pub schema: String,
    pub table: String,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Published {
    #[schema(value_type = String)]
    pub dataset: DatasetId,
    pub version: i64,
    pub rows: u64,
    pub bytes: u64,
    /// SHA-256 of the file.
    pub digest: String,
    #[schema(value_type = String)]
    pub grant: GrantId,
    #[schema(value_type = Vec<String>)]
    pub inputs: Vec<DatasetId>,
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
}

/// The longest name of a schema or table.
const LONGEST_NAME: usize = 128;

impl Target {
    /// Reads `lake.schema.table`. What gets through cannot lead out of the lake's folder.
    pub fn parse(id: &DatasetId) -> Result<Self, Error> {
        let parts: Vec<&str> = id.as_str().split('.').collect();
        let plain = |name: &str| {
            (1..=LONGEST_NAME).contains(&name.len())
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match parts.as_slice() {
            [lake, schema, table] if base::plain_name(lake).is_ok() && plain(schema) && plain(table) => {
                Ok(Self { lake: (*lake).into(), schema: (*schema).to_owned(), table: (*table).to_owned() })
            }
            _ => Err(Error::Name(id.as_str().chars().take(200).flat_map(char::escape_debug).collect())),
        }
    }

    /// Returns the dataset's id.
    pub fn dataset(&self) -> DatasetId {
        DatasetId(format!("{}.{}.{}", self.lake, self.schema, self.table))
    }

    /// Returns what a `write` grant is for: `lake.schema`.
    pub fn object(&self) -> String {
        format!("{}.{}", self.lake, self.schema)
    }
}

/// A publication as `access` decides on it: whoever publishes asks, and the grant says whether they may.
#[derive(Debug)]
pub(super) struct Publishing<'a> {
    pub(super) target: &'a Target,
    pub(super) by: Principal,
}

impl Securable for Publishing<'_> {
    fn resource(&self) -> Resource {
        let Target { lake, schema, table } = self.target;
        Resource {
            kind: "dataset",
            id: self.target.dataset().0,
            scope: format!("lake/{lake}/{schema}/{table}"),
            team: None,
            asker: Some(self.by.clone()),
            listed: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_become_folders() {
        let target = Target::parse(&"retail.predictions.churn_2026".into()).unwrap();
        assert_eq!(
            (target.object(), target.dataset().0.as_str()),
            ("retail.predictions".into(), "retail.predictions.churn_2026")
        );
        for bad in [
            "",
            "retail",
            "retail.core",
            "retail.core.a.b",
            "retail..x",
            "retail.core.",
            "../x.core.a",
            "retail.../etc.a",
            "retail.core.a/b",
            "retail.core.%2e%2e",
            "retail.core.a\0",
            "Retail.core.a",
            "retail.core._versions",
            "retail._hidden.a",
            "retail.core.ä",
            "retail.core.a b",
        ] {
            assert!(Target::parse(&bad.into()).is_err(), "{bad}");
        }
        assert!(Target::parse(&format!("retail.core.{}", "a".repeat(129)).into()).is_err());
    }
}
