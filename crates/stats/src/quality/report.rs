//! What was found, and how it is told.
use super::Asked;
use super::json::quality_json;
use super::wanted::Wanted;
use super::words::{LEADS, meaning};
use crate::output::{NO_NUMBER, count, interval, number, number_or_dash, share};
use crate::{Align, Outcome, Report, Table};
use kernels::Computed;
use kernels::quality::{
    BestThreshold, ClassConfusion, Confusion, PrecisionRecallPoint, Reliability, Resampled, RocPoint,
};
use serde_json::Value;

/// How good predictions and scores are.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// What was asked.
    pub asked: Asked,
    /// How many rows there were, and which were left out.
    pub rows: RowCounts,
    /// The metrics of all rows that count.
    pub metrics: Vec<Metric>,
    /// What there is besides, by task.
    pub detail: Detail,
    /// The metrics of parts of the rows.
    pub slices: Vec<SliceColumn>,
    /// What a reader must know.
    pub(super) notes: Vec<String>,
}

/// Rows that count, and those that do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowCounts {
    /// All.
    pub total: u64,
    /// Those that count.
    pub used: u64,
    /// Their weight; without weights, as many.
    pub weight: f64,
    /// Those left out, by the argument that they lack first. A weight of 0 is one that they lack.
    pub left_out: Vec<(&'static str, u64)>,
    /// Of those that count, the ones that lack a score: metrics of scores leave them out.
    pub without_score: u64,
}

/// A number, by scikit-learn's name.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its id.
    pub id: &'static str,
    /// The number, or why there is none.
    pub value: Computed,
    /// Its interval, or why there is none; `None` where none was asked for.
    pub interval: Option<Computed<Resampled>>,
}

/// The parts that a column has.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceColumn {
    /// The column's name.
    pub column: String,
    /// Its values, the one with the most rows first; bins ascend.
    pub values: Vec<Slice>,
    /// How many values are not shown, and how many rows they have.
    pub not_shown: (u64, u64),
    /// The thresholds that it was cut at, if it was.
    pub cut: Option<Vec<f64>>,
    /// Whether it is of numbers, and each of them is a slice.
    pub(super) is_uncut: bool,
    /// Why the column has no values that could part rows.
    pub(super) reason: Option<kernels::Reason>,
}

/// The rows of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// The value, or the bin; `(missing)` for nulls.
    pub value: String,
    /// Rows that count.
    pub rows: u64,
    /// Their metrics, or why there are none.
    pub metrics: Computed<Vec<Metric>>,
}

/// Bins of a reliability curve, or why there are none.
pub type Bins = Computed<Reliability>;

/// Points of a curve, or why there are none.
pub type Curve<T> = Computed<Vec<T>>;

/// How often what was called probable came true, in both binnings; `None` without scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// In bins of one width.
    pub equal_width: Option<Bins>,
    /// In bins of about as much weight.
    pub equal_frequency: Option<Bins>,
}

/// What there is beside metrics.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// Of a binary task.
    Binary(Box<BinaryDetail>),
    /// Of a task of classes.
    Classes(Box<ClassDetail>),
    /// Of a regression.
    Regression,
    /// Of a ranking.
    Ranking {
        /// How many queries there are.
        queries: u64,
    },
}

/// What a binary task has; curves only with a score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinaryDetail {
    /// The positive class.
    pub positive: String,
    /// Whether no prediction is a value of the truth, though that has two: they are coded otherwise, and no number says how good they are.
    pub has_only_strangers: bool,
    /// How often truth and prediction met; `None` without predictions.
    pub confusion: Option<Confusion>,
    /// Of the scores.
    pub calibration: Calibration,
    /// The ROC curve.
    pub roc: Option<Curve<RocPoint>>,
    /// Precision against recall.
    pub precision_recall: Option<Curve<PrecisionRecallPoint>>,
    /// The threshold of the least cost; with costs only.
    pub best_threshold: Option<Computed<BestThreshold>>,
}

/// What a task of classes has.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassDetail {
    /// The classes' names, by their codes.
    pub names: Vec<String>,
    /// How often each class met each prediction.
    pub confusion: ClassConfusion,
    /// Of the class of the highest score.
    pub calibration: Calibration,
}

impl Quality {
    fn has_only_strangers(&self) -> bool {
        matches!(&self.detail, Detail::Binary(detail) if detail.has_only_strangers)
    }

    /// Returns the metric of an id.
    pub fn metric(&self, id: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.id == id)
    }

    /// The metrics that say most, the first of them first, with their names in words; where metrics were named, the others after those.
    fn by_weight(&self) -> Vec<(String, &Metric)> {
        let lead = |&(id, words): &(&str, &str)| Some((words.to_owned(), self.metric(id)?));
        let mut found: Vec<(String, &Metric)> = LEADS.iter().filter_map(lead).collect();
        if self.asked.metrics.is_some() {
            let other = |metric: &&Metric| LEADS.iter().all(|(id, _)| *id != metric.id);
            found.extend(self.metrics.iter().filter(other).map(|metric| (format!("`{}`", metric.id), metric)));
        }
        found
    }

    /// The two metrics that say most, of those that have a number.
    fn leads(&self) -> Vec<(String, f64)> {
        let value = |(words, metric): (String, &Metric)| Some((words, *metric.value.as_ref().ok()?));
        self.by_weight().into_iter().filter_map(value).take(2).collect()
    }

    /// The metrics that tables of slices show: those that lead.
    fn lead_ids(&self) -> Vec<&'static str> {
        let computed = |(_, metric): &(String, &Metric)| metric.value.is_ok();
        self.by_weight().into_iter().filter(computed).map(|(_, metric)| metric.id).take(3).collect()
    }

    /// The metric that should lead, if it has no number, or else one that was named and has none: a headline that leaves it out would
    /// seem to have nothing to say of it.
    fn missing_lead(&self) -> Option<(String, &kernels::Reason)> {
        let named = self.asked.metrics.is_some();
        let mut among = self.by_weight().into_iter().take(if named { usize::MAX } else { 1 });
        among.find_map(|(words, metric)| Some((words, metric.value.as_ref().err()?)))
    }

    fn of_rows(&self) -> String {
        let RowCounts { used, total, .. } = self.rows;
        let rows =
            if used < total { format!("{} of {}", count(used), plural(total, "row")) } else { plural(used, "row") };
        match &self.detail {
            Detail::Ranking { queries: 1 } => format!("{rows} of one query"),
            Detail::Ranking { queries } => format!("{rows} of {} queries", count(*queries)),
            _ => rows,
        }
    }

    fn metric_table(&self) -> Table {
        let confidence = self.asked.interval.map(|interval| format!("{} interval", share(interval.confidence)));
        let mut headings = vec![("Metric".to_owned(), Align::Left), ("Value".to_owned(), Align::Right)];
        headings.extend(confidence.iter().map(|words| (words.clone(), Align::Left)));
        headings.push(("Meaning, or why there is no number".to_owned(), Align::Left));
        let row = |metric: &Metric| {
            let mut row = vec![metric.id.to_owned(), number_or_dash(metric.value.clone().ok())];
            if confidence.is_some() {
                row.push(interval_of(metric));
            }
            row.push(match &metric.value {
                Ok(_) => meaning(metric.id).to_owned(),
                Err(reason) => reason.to_string(),
            });
            row
        };
        Table { title: "Metrics".to_owned(), headings, rows: self.metrics.iter().map(row).collect() }
    }

    fn slice_table(&self, column: &SliceColumn) -> Table {
        let ids = self.lead_ids();
        let mut headings = vec![(column.column.clone(), Align::Left), ("Rows".to_owned(), Align::Right)];
        headings.extend(ids.iter().map(|id| ((*id).to_owned(), Align::Right)));
        let row = |slice: &Slice| {
            let value = |id: &str| {
                let metrics = slice.metrics.as_ref().ok()?;
                metrics.iter().find(|metric| metric.id == id).and_then(|metric| metric.value.clone().ok())
            };
            let mut row = vec![slice.value.clone(), count(slice.rows)];
            row.extend(ids.iter().map(|id| number_or_dash(value(id))));
            row
        };
        let rows = column.values.iter().take(SHOWN).map(row).collect();
        Table { title: format!("By {}", column.column), headings, rows }
    }
}

/// A bootstrap of fewer rows misses more often than it says.
const FEW: u64 = 30;

/// Lines of a table that people read; the dictionary has all.
const SHOWN: usize = 20;

fn plural(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

fn interval_of(metric: &Metric) -> String {
    match &metric.interval {
        Some(Ok(found)) => interval(found.interval.low, found.interval.high),
        _ => NO_NUMBER.to_owned(),
    }
}

fn table(title: &str, headings: &[(&str, Align)], rows: Vec<Vec<String>>) -> Table {
    Table {
        title: title.to_owned(),
        headings: headings.iter().map(|&(words, align)| (words.to_owned(), align)).collect(),
        rows,
    }
}

fn confusion_table(positive: &str, confusion: &Confusion) -> Table {
    let row = |name: String, cells: [f64; 2]| {
        let [first, second] = cells.map(number);
        vec![name, first, second]
    };
    table(
        "Truth against prediction",
        &[
            ("Truth", Align::Left),
            (&format!("Predicted {positive}"), Align::Right),
            ("Predicted otherwise", Align::Right),
        ],
        vec![
            row(positive.to_owned(), [confusion.true_positive, confusion.false_negative]),
            row("otherwise".to_owned(), [confusion.false_positive, confusion.true_negative]),
        ],
    )
}

fn class_table(detail: &ClassDetail) -> Table {
    let name = |code: u32| detail.names.get(code as usize).cloned().unwrap_or_default();
    let mut classes = detail.confusion.per_class();
    classes.sort_by(|a, b| b.1.positives().total_cmp(&a.1.positives())); // stable: equals in their order
    let row = |(code, class): &(u32, Confusion)| {
        let mut row = vec![name(*code), number(class.positives()), number(class.predicted_positives())];
        row.extend([class.precision(), class.recall(), class.f1()].map(|value| number_or_dash(value.ok())));
        row
    };
    let headings = [
        ("Class", Align::Left),
        ("True", Align::Right),
        ("Predicted", Align::Right),
        ("precision", Align::Right),
        ("recall", Align::Right),
        ("f1", Align::Right),
    ];
    table("Classes", &headings, classes.iter().take(SHOWN).map(row).collect())
}

fn reliability_table(calibration: &Calibration) -> Option<Table> {
    let bins = calibration.equal_width.as_ref()?.as_ref().ok()?;
    let row = |bin: &kernels::quality::ReliabilityBin| {
        let of = |value: Computed| value.map_or_else(|_| NO_NUMBER.to_owned(), share);
        vec![interval(bin.low, bin.high), count(bin.rows), of(bin.mean_score()), of(bin.positive_share())]
    };
    let headings = [
        ("Probability said", Align::Left),
        ("Rows", Align::Right),
        ("Said on average", Align::Right),
        ("Came true", Align::Right),
    ];
    Some(table("Calibration", &headings, bins.bins().iter().filter(|bin| bin.rows > 0).take(SHOWN).map(row).collect()))
}

impl Report for Quality {
    fn headline(&self) -> String {
        if self.has_only_strangers() {
            return format!(
                "Quality could not be computed on {}: no prediction is a value of the truth, so they are coded otherwise.",
                self.of_rows()
            );
        }
        let words: Vec<String> =
            self.leads().iter().map(|(words, value)| format!("{words} is {}", number(*value))).collect();
        match (words.as_slice(), self.metrics.first().map(|metric| &metric.value)) {
            ([], Some(Err(reason))) => format!("Quality could not be computed on {}: {reason}.", self.of_rows()),
            ([], _) => format!("Quality could not be computed on {}.", self.of_rows()),
            (words, _) => {
                let missing =
                    self.missing_lead().map(|(words, reason)| format!(" There is no number for {words}: {reason}."));
                format!("On {}, {}.{}", self.of_rows(), words.join(" and "), missing.unwrap_or_default())
            }
        }
    }

    /// Not computable if no metric has a number, or one of those that were named has none, or predictions are coded otherwise.
    fn outcome(&self) -> Outcome {
        let mut metrics = self.metrics.iter();
        let has_number = |metric: &Metric| metric.value.is_ok();
        let is_told = if self.asked.metrics.is_some() { metrics.all(has_number) } else { metrics.any(has_number) };
        if is_told && !self.has_only_strangers() { Outcome::Within } else { Outcome::NotComputable }
    }

    fn possible(&self) -> Vec<(&'static str, String)> {
        Wanted::possible(&self.asked)
    }

    fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.metric_table()];
        tables.extend(
            self.slices.iter().filter(|column| !column.values.is_empty()).map(|column| self.slice_table(column)),
        );
        match &self.detail {
            Detail::Binary(detail) => {
                tables.extend(detail.confusion.iter().map(|confusion| confusion_table(&detail.positive, confusion)));
                tables.extend(reliability_table(&detail.calibration));
            }
            Detail::Classes(detail) => {
                tables.push(class_table(detail));
                tables.extend(reliability_table(&detail.calibration));
            }
            Detail::Regression | Detail::Ranking { .. } => {}
        }
        tables
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (what, rows) in self.rows.left_out.iter().filter(|(_, rows)| *rows > 0) {
            notes.push(match *what {
                "weights" => format!("Left out for want of a weight above 0: {}.", plural(*rows, "row")),
                what => format!("Left out for want of a {what}: {}.", plural(*rows, "row")),
            });
        }
        if self.rows.without_score > 0 {
            notes.push(format!(
                "Without a score, and left out of what is about scores: {}.",
                plural(self.rows.without_score, "row")
            ));
        }
        if self.asked.interval.is_some() && self.rows.used < FEW {
            notes.push(format!("Fewer than {FEW} rows: intervals of a bootstrap are too narrow on so few."));
        }
        notes.extend(self.notes.iter().cloned());
        notes
    }

    /// Returns the dictionary: `task`, `positive` (binary, else null), `rows`, `settings`, `metrics`, `confusion`, `classes`,
    /// `calibration`, `curves`, `best_threshold`, `slices` and `notes`, all of them always. What the task does not have is null.
    ///
    /// - `rows`: `{total, used, weight, left_out: {truth, prediction, …}, without_score, queries}`.
    /// - `settings`: what was asked beside the task: `{metrics, confidence, replicates, seed, threshold, quantile, k, bins, points,
    ///   slice_bins, least_rows, gaps}`; `metrics` are those that were named, or null.
    /// - `metrics[id]`: `{value, interval: {low, high}, standard_error, reason}`; the reason is that there is no value, or no interval
    ///   where one was asked for.
    /// - `confusion`: binary `{true_positive, false_positive, false_negative, true_negative}`; classes `{cells: [{truth, prediction,
    ///   weight}], not_shown}`, at most 10,000 cells, the heaviest. `classes[name]` (at most 1,000, the heaviest):
    ///   `{weight, predicted, precision, recall, f1}`.
    /// - `calibration`: `{equal_width, equal_frequency}`, each `{bins: [{low, high, rows, weight, mean_score, positive_share}], reason}`.
    /// - `curves`: `{roc, precision_recall}`, each `{points: […], reason}`; a threshold that is above every score, or infinite, is null.
    /// - `best_threshold`: `{threshold, cost, true_positive, …, reason}`.
    /// - `slices[column][value]`: `{rows, metrics, reason}`; of a column that `settings["slice_bins"]` cuts the values are bins, `≤ 25`,
    ///   `> 25 ≤ 40`, `> 40`.
    fn to_json(&self) -> Value {
        quality_json(self, &self.notes())
    }
}
