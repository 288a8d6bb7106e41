use base::{CrawlId, JobId, LakeId, Resource, Securable, TeamId, Timestamp};

base::states! {
    /// Where a crawl stands.
    CrawlState {
        Queued "queued" => Idle "circle-dashed" "Queued" [start],
        Running "running" => Working "loader-2" "Crawling" [finish fail],
        Done "done" => Good "circle-check" "Done" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
    }
}

/// A sort of file that a table may consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Parquet,
    Csv,
}

impl FileKind {
    /// Returns the kind that the name's ending says.
    pub fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A file or folder that a crawl could not take, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Below the lake's folder.
    pub path: String,
    pub reason: String,
    /// The line of a CSV file.
    pub line: Option<u64>,
}

impl Broken {
    /// Returns one without a line.
    pub(crate) fn of(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), line: None }
    }
}

/// One crawl of a lake.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Crawl {
    pub id: CrawlId,
    pub lake: LakeId,
    /// The lake's team, for decisions.
    pub team: TeamId,
    pub state: CrawlState,
    pub job: Option<JobId>,
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    pub reason: Option<String>,
    pub tables_total: u64,
    pub tables_done: u64,
    pub tables_changed: u64,
    pub files_read: u64,
    pub files_skipped: u64,
    pub files_broken: u64,
}

impl Securable for Crawl {
    fn resource(&self) -> Resource {
        let scope = format!("lake/{}", self.lake);
        let (id, team) = (self.id.0.clone(), Some(self.team.clone()));
        Resource { kind: "crawl", id, scope, team, asker: None, listed: false }
    }
}

impl Crawl {
    /// Starts it, or goes on after the process that ran it died: the counts begin anew.
    #[must_use]
    pub fn start(&self, now: Timestamp) -> Self {
        let counts = Self { tables_total: 0, tables_done: 0, tables_changed: 0, ..self.clone() };
        let counts = Self { files_read: 0, files_skipped: 0, files_broken: 0, ..counts };
        Self { state: CrawlState::Running, started_at: self.started_at.or(Some(now)), ..counts }
    }

    /// Ends it, well or with a reason.
    #[must_use]
    pub fn end(&self, reason: Option<String>, now: Timestamp) -> Self {
        let state = if reason.is_some() { CrawlState::Failed } else { CrawlState::Done };
        Self { state, reason, ended_at: Some(now), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_ending() {
        assert_eq!(FileKind::of("a/b.PARQUET"), Some(FileKind::Parquet));
        assert_eq!(FileKind::of("b.csv"), Some(FileKind::Csv));
        assert_eq!((FileKind::of("b.csv.gz"), FileKind::of("parquet")), (None, None));
    }
}
