//! What the verbs of statistics are told; names are those of the Python functions.
use super::examples;
use clap::{Args, Subcommand, ValueEnum};
use stats::Limit;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Verbs on files. None needs a server.
#[derive(Debug, Subcommand)]
pub enum StatsVerb {
    /// Say what a table holds: kinds, missing and frequent values, quantiles, histograms.
    #[command(after_help = examples::PROFILE)]
    Profile(ProfileArgs),
    /// Say whether a table differs from a reference by more than chance, column by column.
    #[command(after_help = examples::DRIFT)]
    Drift(DriftArgs),
    /// Measure predictions against what was true: classes, quantities or rankings.
    #[command(after_help = examples::QUALITY)]
    Quality(QualityArgs),
    /// Estimate the quality of predictions whose truth is not known yet.
    #[command(after_help = examples::ESTIMATE)]
    Estimate(EstimateArgs),
    /// Compare how groups of people fare, in the data and by a model.
    #[command(after_help = examples::BIAS)]
    Bias(BiasArgs),
}

/// How a report is shown, and how it is computed.
#[derive(Debug, Args)]
pub struct Shown {
    /// Print the dictionary of Python's `.to_dict()`, as one line of JSON.
    #[arg(long, conflicts_with_all = ["markdown", "html"])]
    pub json: bool,
    /// Print Markdown, for a merge request.
    #[arg(long, conflicts_with = "html")]
    pub markdown: bool,
    /// Print a page of HTML that loads nothing.
    #[arg(long)]
    pub html: bool,
    /// Fail unless a number keeps to this, such as `roc_auc>=0.7` (quote it for the shell); say it again for more. Limits
    /// then decide what is too much; what cannot be computed is exit code 3 all the same.
    #[arg(long = "limit", value_name = "LIMIT", value_parser = limit)]
    pub limits: Vec<Limit>,
    /// How many threads compute; results do not depend on it [default: all processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

/// What is profiled.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// A file or a folder of files; or stored profiles of parts of one table, which become one.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Keep the profile in this file, for `lockgate stats drift` and for merging.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The only source of chance; equal seeds and data give equal bytes [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Profile these partitions alone (row groups of Parquet, else files), from the first to before the second.
    #[arg(long, value_name = "FROM..TO", value_parser = partitions)]
    pub partitions: Option<std::ops::Range<u64>>,
    #[command(flatten)]
    pub shown: Shown,
}

/// What is compared.
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// What is usual: a file, a folder of files, or a stored profile.
    pub reference: PathBuf,
    /// What is compared with it: likewise.
    pub current: PathBuf,
    /// A column to compare; say it again, or separate by commas, for more [default: all of both]
    #[arg(long, value_name = "COLUMN")]
    pub columns: Vec<String>,
    /// A measure beside each column's default, such as `psi`; say it again, or separate by commas, for more.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub tests: Vec<String>,
    /// Ask a model whether it tells the two apart by all columns together; on small tables it takes longer than the default tests
    /// [default: unless --tests are named]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub domain_classifier: Option<bool>,
    /// How often equal data may raise a false alarm.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.05)]
    pub alpha: f64,
    /// The only source of chance.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub shown: Shown,
}

/// What predictions are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TaskName {
    /// Yes or no.
    Binary,
    /// One of several classes.
    Multiclass,
    /// A quantity.
    Regression,
    /// An order of the items of a query.
    Ranking,
}

/// What is measured.
#[derive(Debug, Args)]
pub struct QualityArgs {
    /// A file, or a folder of files, with truth and predictions.
    pub file: PathBuf,
    /// The column of what was true.
    #[arg(long, value_name = "COLUMN")]
    pub truth: String,
    /// The column of what was predicted.
    #[arg(long, value_name = "COLUMN")]
    pub prediction: Option<String>,
    /// The column of the score: of a binary task that of the positive class, of several classes one for each, named by the class
    /// or given as `CLASS=COLUMN`; say it again for more.
    #[arg(long, value_name = "COLUMN")]
    pub score: Vec<String>,
    /// What predictions are of.
    #[arg(long, value_enum)]
    pub task: TaskName,
    /// The value of the truth that is a yes; needed where it is not true or 1.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub positive: Option<String>,
    /// At this score and above a row is predicted positive, where there is no column of predictions.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub threshold: Option<f64>,
    /// What an outcome costs, per row: `false_positive=1` of a binary task, `TRUTH:PREDICTION=1` of classes; say it again for more.
    #[arg(long, value_name = "OUTCOME=NUMBER")]
    pub costs: Vec<String>,
    /// Of regression: the quantile that predictions are of, for `mean_pinball_loss`.
    #[arg(long, value_name = "FRACTION")]
    pub quantile: Option<f64>,
    /// The column of the query that an item of a ranking belongs to.
    #[arg(long, value_name = "COLUMN")]
    pub query: Option<String>,
    /// Of rankings: how many of the first places the metrics that end in `_at_k` are of.
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    pub k: usize,
    /// A metric to compute, such as `roc_auc`; say it again, or separate by commas, for more [default: all of the task]
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub metrics: Vec<String>,
    /// The column of how much each row counts.
    #[arg(long, value_name = "COLUMN")]
    pub weights: Option<String>,
    /// Give each metric an interval, by a bootstrap [default confidence: 0.95]
    #[arg(long, value_name = "CONFIDENCE", num_args = 0..=1, require_equals = true, default_missing_value = "0.95")]
    pub interval: Option<f64>,
    /// What the bootstrap draws by.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
    /// A column whose values are measured apart, too; say it again, or separate by commas, for more.
    #[arg(long, value_name = "COLUMN")]
    pub slices: Vec<String>,
    /// Thresholds that make slices of a column of numbers: `age=25,40` for up to 25, up to 40, and above; say it again for more.
    #[arg(long, value_name = "COLUMN=NUMBERS")]
    pub slice_bins: Vec<String>,
    #[command(flatten)]
    pub shown: Shown,
}

/// How quality is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    /// Of classifiers, from their scores.
    Cbpe,
    /// Of quantities: a second model learns how large errors are.
    Dle,
}

/// What is estimated.
#[derive(Debug, Args)]
pub struct EstimateArgs {
    /// Rows whose truth is known: a file or a folder of files.
    pub reference: PathBuf,
    /// Rows whose truth is not: likewise.
    pub current: PathBuf,
    /// How.
    #[arg(long, value_enum, default_value_t = MethodName::Cbpe)]
    pub method: MethodName,
    /// The column of what was true, in the reference.
    #[arg(long, value_name = "COLUMN")]
    pub truth: String,
    /// The column of what was predicted, in both.
    #[arg(long, value_name = "COLUMN")]
    pub prediction: Option<String>,
    /// The column of the positive class's probability; of several classes one for each, named by the class or given as
    /// `CLASS=COLUMN`; say it again for more.
    #[arg(long, value_name = "COLUMN")]
    pub score: Vec<String>,
    /// The value of the truth that is a yes; needed where it is not true or 1.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub positive: Option<String>,
    /// Of quantities: a column that errors may depend on; say it again, or separate by commas, for more [default: all of both]
    #[arg(long, value_name = "COLUMN")]
    pub features: Vec<String>,
    /// Chooses the splits that calibration is tried on.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub shown: Shown,
}

/// Whose conventions are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compat {
    /// Those of smclarify 0.5, to compare with stored reports.
    Clarify,
}

/// What is compared between groups.
#[derive(Debug, Args)]
pub struct BiasArgs {
    /// A file, or a folder of files.
    pub file: PathBuf,
    /// The column whose groups are compared; say it again, or separate by commas, for combinations of several.
    #[arg(long, value_name = "COLUMN", required = true)]
    pub facet: Vec<String>,
    /// A value of the facet that is the disadvantaged group; say it again for more [default: each value against the rest]
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub disadvantaged: Vec<String>,
    /// Of a facet of numbers: the disadvantaged group lies above this.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, conflicts_with = "disadvantaged")]
    pub disadvantaged_above: Option<f64>,
    /// Thresholds that make groups of a facet of numbers: `age=25,40` for up to 25, up to 40, and above.
    #[arg(long, value_name = "COLUMN=NUMBERS")]
    pub bins: Vec<String>,
    /// The column of what was true.
    #[arg(long, value_name = "COLUMN")]
    pub label: String,
    /// A value of label and prediction that is the good outcome; say it again for more.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, required_unless_present = "positive_above")]
    pub positive: Vec<String>,
    /// Of labels and predictions that are numbers: outcomes are good above this.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, conflicts_with = "positive")]
    pub positive_above: Option<f64>,
    /// The column of what was predicted.
    #[arg(long, value_name = "COLUMN")]
    pub prediction: Option<String>,
    /// The column of strata, within which groups are compared (CDDL and CDDPL).
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// A feature, for the flip test (FT) and the proxy check; say it again, or separate by commas, for more.
    #[arg(long, value_name = "COLUMN")]
    pub features: Vec<String>,
    /// A metric to compute, such as `DPL`; say it again, or separate by commas, for more [default: all]
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub metrics: Vec<String>,
    /// Groups of fewer rows have no number.
    #[arg(long, value_name = "ROWS", default_value_t = 30)]
    pub min_group: u64,
    /// How often intervals hold the number of the population.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.95)]
    pub confidence: f64,
    /// Whose conventions are followed where the data has no number of its own [default: ours]
    #[arg(long, value_enum)]
    pub compat: Option<Compat>,
    #[command(flatten)]
    pub shown: Shown,
}

fn limit(text: &str) -> Result<Limit, String> {
    text.parse().map_err(|error: stats::StatsError| error.to_string())
}

/// Reads `0..4`.
fn partitions(text: &str) -> Result<std::ops::Range<u64>, String> {
    let ends = text.split_once("..").and_then(|(from, to)| Some(from.trim().parse().ok()?..to.trim().parse().ok()?));
    let bad = || format!("`{text}` is not FROM..TO, such as `0..4`");
    ends.filter(|ends: &std::ops::Range<u64>| !ends.is_empty()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_a_range_of_some() {
        assert_eq!((partitions("0..4"), partitions(" 2 .. 3 ")), (Ok(0..4), Ok(2..3)));
        for bad in ["", "4", "4..", "..4", "4..4", "4..2", "-1..2", "0..4..8"] {
            assert!(partitions(bad).is_err(), "{bad}");
        }
    }
}
