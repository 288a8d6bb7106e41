use super::LakeRef;
use base::{LakeId, Next, PersonId, Resource, Securable, TeamId, Timestamp, Tone};
use serde::Serialize;

/// A lake: a folder below a configured root, owned by a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lake {
    pub id: LakeId,
    pub root: String,
    pub folder: String,
    pub team: TeamId,
    pub description: String,
    pub connected_by: PersonId,
    pub connected_at: Timestamp,
}

impl Securable for Lake {
    fn resource(&self) -> Resource {
        let (scope, team) = (format!("lake/{}", self.id), Some(self.team.clone()));
        Resource { kind: "lake", id: self.id.0.clone(), scope, team, asker: None, listed: true }
    }
}

/// Returns whether `name` can be a schema's or a table's.
pub(crate) fn plain_part(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Lake {
    /// Returns where it lies.
    pub fn place(&self) -> LakeRef {
        LakeRef { id: self.id.clone(), root: self.root.clone(), folder: self.folder.clone() }
    }

    /// Returns what a viewer should know and do: crawl it, if they may and it was never crawled.
    pub fn next(&self, datasets: u64, crawled: bool, may_crawl: bool) -> Next {
        let (tone, text, reason) = match (crawled, datasets) {
            (false, _) => (Tone::Waiting, "This lake was never crawled.".to_owned(), "A crawl finds its tables."),
            (true, 0) => {
                (Tone::Warn, "No table was found.".to_owned(), "Tables lie in `<schema>/<table>/…` as Parquet or CSV.")
            }
            (true, count) => (
                Tone::Good,
                format!("{count} {}.", if count == 1 { "dataset" } else { "datasets" }),
                "A crawl reads only what changed.",
            ),
        };
        Next { tone, text, reason: reason.to_owned(), action: may_crawl.then_some("crawl_lake") }
    }
}
