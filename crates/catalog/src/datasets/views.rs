use super::service::Shown;
use super::{Change, Column, Dataset, DatasetState, Origin, Version, Visibility};
use crate::grants::HistoryLine;
use crate::profile::ColumnProfile;
use crate::sensitivity::{Level, Source};
use access::audit::Entry;
use base::{Next, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// What proposed a column's level.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposedBy {
    pub rule: String,
    /// A fraction.
    pub confidence: f64,
}

/// A column as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ColumnView {
    pub name: String,
    pub position: i64,
    /// Arrow's name of the type.
    #[serde(rename = "type")]
    pub data_type: String,
    pub nullable: bool,
    /// Whether its values stand in the names of folders.
    pub partition: bool,
    pub description: String,
    /// An unclassified column counts as restricted.
    pub level: Level,
    pub level_source: Source,
    pub proposed_by: Option<ProposedBy>,
    /// `clear` or `not_granted`.
    pub for_you: &'static str,
}

/// What the viewer may do with a dataset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessView {
    /// `readable` or `askable`.
    pub state: &'static str,
    /// How many columns the viewer may read in the clear now.
    pub readable_columns: usize,
    pub columns: i64,
}

/// A dataset as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DatasetView {
    pub id: String,
    pub lake: String,
    pub schema: String,
    pub table: String,
    pub team: String,
    /// Who decides on access to it.
    pub stewards: Vec<String>,
    pub state: DatasetState,
    pub visibility: Visibility,
    pub origin: Origin,
    pub description: String,
    /// The highest level among its columns.
    pub level: Level,
    /// The columns that name a record; a project's held-out fifth is drawn by it. Empty: nobody has said.
    pub record_key: Vec<String>,
    pub version: i64,
    pub rows: i64,
    pub files: i64,
    pub size_bytes: i64,
    pub columns: i64,
    pub partitions: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Timestamp,
    /// When the current version was cut.
    #[schema(value_type = String, format = DateTime)]
    pub fresh_at: Timestamp,
    pub access: AccessView,
    /// Whether you may say what it is and what its columns mean, what names its records, and who finds it.
    pub may_describe: bool,
    /// Whether you may say how sensitive its columns are.
    pub may_classify: bool,
    pub next: Next,
}

/// The profile of a dataset's current version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProfileView {
    pub dataset: String,
    pub version: i64,
    pub rows: i64,
    /// Empty until a crawl has read the version's files.
    pub columns: Vec<ColumnProfile>,
}

/// A version of a dataset that another was made from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MadeFrom {
    pub dataset: String,
    pub version: i64,
}

/// An immutable version of a dataset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionView {
    pub number: i64,
    #[schema(value_type = String, format = DateTime)]
    pub cut_at: Timestamp,
    pub change: Change,
    pub summary: String,
    pub crawl: Option<String>,
    pub published_by: Option<String>,
    /// What a published one was made from; datasets that you may not know of are left out.
    pub inputs: Vec<MadeFrom>,
    /// What made it: `endpoint/prod.credit`, `attempt/a-7`; null where a person sent it, or a crawl found it.
    pub made_by: Option<String>,
    pub digest: String,
    pub rows: i64,
    pub files: i64,
    pub size_bytes: i64,
}

impl ColumnView {
    pub(super) fn of(column: Column, clear: bool) -> Self {
        let proposed = column.sensitivity.rule.zip(column.sensitivity.confidence);
        Self {
            name: column.name,
            position: column.position,
            data_type: column.data_type,
            nullable: column.nullable,
            partition: column.partition,
            description: column.description,
            level: column.sensitivity.level,
            level_source: column.sensitivity.source,
            proposed_by: proposed.map(|(rule, confidence)| ProposedBy { rule, confidence }),
            for_you: if clear { "clear" } else { "not_granted" },
        }
    }
}

impl DatasetView {
    pub(super) fn of(shown: Shown) -> Self {
        let Shown { dataset, columns, clear, readable, stewards, may_describe, may_classify, next } = shown;
        let (schema, table) = dataset.names();
        let (schema, table) = (schema.to_owned(), table.to_owned());
        let state = if readable { "readable" } else { "askable" };
        let access = AccessView { state, readable_columns: clear.len(), columns: dataset.columns };
        let partitions = columns.into_iter().filter(|column| column.partition).map(|column| column.name).collect();
        Self {
            id: dataset.id.0,
            lake: dataset.lake.0,
            schema,
            table,
            team: dataset.team.0,
            stewards: stewards.into_iter().map(|person| person.0).collect(),
            state: dataset.state,
            visibility: dataset.visibility,
            origin: dataset.origin,
            description: dataset.description,
            level: dataset.level,
            record_key: dataset.record_key,
            version: dataset.version,
            rows: dataset.rows,
            files: dataset.files,
            size_bytes: dataset.size_bytes,
            columns: dataset.columns,
            partitions,
            found_at: dataset.found_at,
            fresh_at: dataset.changed_at,
            access,
            may_describe,
            may_classify,
            next,
        }
    }
}

impl ProfileView {
    pub(super) fn of(dataset: Dataset, columns: Vec<ColumnProfile>) -> Self {
        Self { dataset: dataset.id.0, version: dataset.version, rows: dataset.rows, columns }
    }
}

impl VersionView {
    pub(super) fn of(version: Version) -> Self {
        let inputs = version.lineage.inputs.into_iter();
        Self {
            number: version.number,
            cut_at: version.cut_at,
            change: version.change,
            summary: version.summary,
            crawl: version.crawl.map(|id| id.0),
            published_by: version.published_by,
            inputs: inputs.map(|(dataset, version)| MadeFrom { dataset: dataset.0, version }).collect(),
            made_by: version.lineage.by,
            digest: version.digest,
            rows: version.rows,
            files: version.files,
            size_bytes: version.size_bytes,
        }
    }
}

/// Returns an audit entry as a line of the dataset's history: who, when, and what it came to, but not from where.
pub(super) fn line(entry: Entry) -> HistoryLine {
    let after = entry.after.unwrap_or_default();
    let of = |key: &str| after.get(key).map(plain).unwrap_or_default();
    let state = of("state");
    let text = match entry.action.as_str() {
        "CrawlDataset" if state == "missing" => "the crawl did not find it".to_owned(),
        "CrawlDataset" => format!("version {}: {} rows in {} files", of("version"), of("rows"), of("files")),
        "PublishDataset" => format!("version {}: {} rows, {} bytes", of("version"), of("rows"), of("bytes")),
        "RetireDataset" => "it was taken out of use".to_owned(),
        "ClassifyColumn" => {
            let part = |index: usize| after.get(index).map(plain).unwrap_or_default();
            format!("column `{}` is {}, {}", part(0), part(1), part(2))
        }
        "SetRecordKey" => format!("its records are named by {}", names(after.get("record_key"))),
        "SetVisibility" => format!("it is {}", of("visibility")),
        "DescribeDataset" => "it was described".to_owned(),
        _ => String::new(),
    };
    let by = entry.actor.strip_prefix("person:").unwrap_or(&entry.actor).to_owned();
    HistoryLine { at: entry.at, by, verb: entry.action, state, text }
}

/// Returns names as people write them.
fn names(list: Option<&serde_json::Value>) -> String {
    let names: Vec<_> = list.and_then(serde_json::Value::as_array).into_iter().flatten().map(plain).collect();
    if names.is_empty() { "no column".to_owned() } else { names.join(", ") }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
