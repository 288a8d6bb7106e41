//! What a check says: findings on lines, verdicts on columns; bounded, whoever wrote it.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most findings that are listed; those beyond are counted.
const MOST_FINDINGS: usize = 1_000;
/// The largest report that is read, in bytes.
pub(crate) const LARGEST: u64 = 4 << 20;
/// The longest path, code and text of a finding.
const LONGEST: usize = 500;

/// How one thing was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckVerdict)]
pub enum Verdict {
    Passed,
    Failed,
    /// What is known does not suffice; the reason says why. It does not fail the check.
    NotComputable,
}

/// One thing that is wrong, and where; without a line it is about all of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CheckFinding)]
pub struct Finding {
    /// As the repository has it; empty where no file is to blame.
    pub path: String,
    pub line: Option<u64>,
    pub column: Option<u64>,
    /// The rule: `E501`, `format`, `test`, `contract`.
    pub code: String,
    pub text: String,
}

/// How a column of a contract, or a table of it, was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ColumnVerdict {
    /// The table, as the contract calls it.
    pub table: String,
    /// Null for what is claimed of the whole table.
    pub column: Option<String>,
    pub verdict: Verdict,
    /// Why, unless it passed.
    pub reason: String,
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub verdict: Verdict,
    /// How many findings there are, those that are not listed included.
    pub count: u64,
    #[serde(default)]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub columns: Vec<ColumnVerdict>,
    /// A sentence about what was judged.
    #[serde(default)]
    pub note: String,
}

fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

impl Report {
    /// Returns the report that a platform step wrote; `None` if it is none. What it repeats of a repository is cut and made plain.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut report: Self = serde_json::from_slice(bytes).ok()?;
        report.findings.truncate(MOST_FINDINGS);
        for finding in &mut report.findings {
            finding.path = plain(&finding.path);
            finding.code = plain(&finding.code);
            finding.text = plain(&finding.text);
        }
        report.note = plain(&report.note);
        Some(report)
    }

    /// Returns the report of a contract that cannot be judged, with the place where it is wrong.
    pub fn misread(line: Option<u64>, text: &str) -> Self {
        let finding =
            Finding { path: "contract.yaml".into(), line, column: None, code: "contract".into(), text: plain(text) };
        let (columns, note) = (Vec::new(), "The contract was not judged against data".to_owned());
        Self { verdict: Verdict::Failed, count: 1, findings: vec![finding], columns, note }
    }

    /// Returns the report of a contract whose columns were judged; `sources` are the datasets that it names.
    pub fn of_columns(columns: Vec<ColumnVerdict>, sources: usize) -> Self {
        let broken = columns.iter().filter(|one| one.verdict == Verdict::Failed).count();
        let unknown = columns.iter().filter(|one| one.verdict == Verdict::NotComputable).count();
        let verdict = if broken > 0 { Verdict::Failed } else { Verdict::Passed };
        let note = match (sources, unknown) {
            (0, _) => "It is well-formed; no source is named yet".to_owned(),
            (_, 0) => format!("Judged against what the catalog knows of {sources} datasets"),
            (_, unknown) => format!("Judged against what the catalog knows; {unknown} columns are not computable"),
        };
        Self { verdict, count: broken as u64, findings: Vec::new(), columns, note }
    }
}
