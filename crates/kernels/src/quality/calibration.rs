use super::{Metrics, argument, check_columns, empty, share, sum, weight_of};
use crate::{Computed, KernelError, Reason};
use serde::Serialize;

/// How probabilities are put into bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// Bins of one width over `[0, 1]`, each with its upper edge: `(0.1, 0.2]`; 0 is in the first. The common choice.
    EqualWidth,
    /// Bins of about one weight. Rows of one probability stay together, in the bin that holds their middle. NannyML's
    /// choice.
    EqualFrequency,
}

/// One bin of a reliability curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// The lower edge, or the lowest probability of a bin by frequency.
    pub low: f64,
    /// The upper edge, or the highest probability of a bin by frequency.
    pub high: f64,
    /// How many rows are in it.
    pub rows: u64,
    /// Their weight.
    pub weight: f64,
    score_sum: f64,
    positive: f64,
}

impl ReliabilityBin {
    fn over(low: f64, high: f64) -> Self {
        Self { low, high, rows: 0, weight: 0.0, score_sum: 0.0, positive: 0.0 }
    }

    fn add(&mut self, row: Row) {
        self.rows += 1;
        self.weight += row.weight;
        self.score_sum += row.weight * row.score;
        self.positive += if row.truth { row.weight } else { 0.0 };
    }

    /// Returns the mean probability said.
    pub fn mean_score(&self) -> Computed {
        share(self.score_sum, self.weight, || Reason::Empty("the bin".to_owned()))
    }

    /// Returns the share that came true.
    pub fn positive_share(&self) -> Computed {
        share(self.positive, self.weight, || Reason::Empty("the bin".to_owned()))
    }

    fn gap(&self) -> Computed {
        Ok((self.positive_share()? - self.mean_score()?).abs())
    }
}

/// How often what was called probable came true, by bins of probability.
///
/// - **Units**: probabilities and shares in `[0, 1]`; ECE likewise, 0 for perfect calibration. ECE depends on
///   the bins and is biased upwards in small ones: name the binning beside it.
/// - **Errors**: a probability outside `[0, 1]` leaves no curve at all. One class is enough.
/// - **Numerics**: equal widths: added in row order, and two with the same bins merge. Equal frequencies: sorted first,
///   so any order of rows gives equal bits; needs every row, does not merge.
/// - **Source**: Naeini et al. (2015). Golden values: equal widths from scikit-learn 1.9.1 `calibration_curve`, equal
///   frequencies from nannyml 0.13.1 (no ties, rows a multiple of the bins: elsewhere NannyML breaks ties arbitrarily).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    binning: Binning,
    bins: Vec<ReliabilityBin>,
    left_out: u64,
}

const MOST_BINS: usize = 10_000;

#[derive(Clone, Copy)]
struct Row {
    score: f64,
    truth: bool,
    weight: f64,
}

impl Reliability {
    /// Puts rows into at most `bins` bins.
    ///
    /// - **Shapes**: `truth`, `probability` and `weights`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ, for no bins or more than 10,000; a [`Reason`] for a probability
    ///   outside `[0, 1]`. No rows: empty bins.
    pub fn of(
        truth: &[bool],
        probability: &[f64],
        weights: Option<&[f64]>,
        bins: usize,
        binning: Binning,
    ) -> Result<Computed<Self>, KernelError> {
        check_columns(truth.len(), &[("probability", probability.len())], weights)?;
        if bins == 0 || bins > MOST_BINS {
            return Err(argument("bins", bins, "1 to 10,000"));
        }
        let (mut rows, mut outside, mut left_out) = (Vec::with_capacity(truth.len()), 0u64, 0);
        for (row, (&truth, &score)) in truth.iter().zip(probability).enumerate() {
            match weight_of(weights, row) {
                Some(0.0) => {}
                Some(weight) if (0.0..=1.0).contains(&score) => rows.push(Row { score, truth, weight }),
                Some(_) if !score.is_nan() => outside += 1,
                _ => left_out += 1,
            }
        }
        if outside > 0 {
            return Ok(Err(Reason::Undefined(format!("probabilities outside 0 to 1: {outside}"))));
        }
        let bins = match binning {
            Binning::EqualWidth => by_width(&rows, bins),
            Binning::EqualFrequency => by_frequency(rows, bins),
        };
        Ok(Ok(Self { binning, bins, left_out }))
    }

    /// Takes what `other` has counted, in the same bins of equal width.
    ///
    /// - **Errors**: [`KernelError::Argument`] if either has bins by frequency or the number of bins differs.
    pub fn merge(&mut self, other: &Self) -> Result<(), KernelError> {
        let mergeable = self.binning == Binning::EqualWidth && other.binning == Binning::EqualWidth;
        if !mergeable || self.bins.len() != other.bins.len() {
            return Err(argument("other", "of other bins", "the same number of bins, of equal width"));
        }
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            mine.rows += theirs.rows;
            mine.weight += theirs.weight;
            mine.score_sum += theirs.score_sum;
            mine.positive += theirs.positive;
        }
        self.left_out += other.left_out;
        Ok(())
    }

    /// Returns the bins, ascending. By frequency, only those that hold rows.
    pub fn bins(&self) -> &[ReliabilityBin] {
        &self.bins
    }

    /// Returns how many rows had no probability or no usable weight.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns the expected calibration error, `Σ (w_b / w)·|positive share − mean probability|` over bins.
    pub fn ece(&self) -> Computed {
        ece(&self.bins)
    }

    /// Returns the expected calibration error with its id, which names the binning. It has no interval: a bootstrap of
    /// it is biased upwards, as it is itself in small bins.
    pub fn metrics(&self) -> Metrics {
        let id = match self.binning {
            Binning::EqualWidth => "expected_calibration_error",
            Binning::EqualFrequency => "expected_calibration_error_by_frequency",
        };
        vec![(id, self.ece())]
    }
}

fn ece(bins: &[ReliabilityBin]) -> Computed {
    let gaps = sum(bins.iter().filter_map(|bin| bin.gap().ok().map(|gap| bin.weight * gap)));
    share(gaps, sum(bins.iter().map(|bin| bin.weight)), empty)
}

/// ECE in `bins` bins of as many rows, cut through equal scores in the order they have here: as NannyML's check of a
/// calibration. The scores need not be probabilities.
pub(super) fn ece_by_rows(mut rows: Vec<(f64, bool)>, bins: usize) -> Computed {
    rows.sort_by(|a, b| a.0.total_cmp(&b.0)); // stable
    let bins = if rows.len() <= 2 * bins { rows.len() / 2 } else { bins };
    let width = rows.len() / bins.max(1);
    let mut found: Vec<ReliabilityBin> = Vec::new();
    for (place, &(score, truth)) in rows.iter().enumerate() {
        // The rows left over are the last bin's.
        if place % width == 0 && (place + width <= rows.len()) {
            found.push(ReliabilityBin::over(score, score));
        }
        if let Some(bin) = found.last_mut() {
            bin.add(Row { score, truth, weight: 1.0 });
        }
    }
    ece(&found)
}

fn by_width(rows: &[Row], count: usize) -> Vec<ReliabilityBin> {
    let width = 1.0 / count as f64; // edges as numpy's linspace has them
    let edge = |bin: usize| if bin == count { 1.0 } else { bin as f64 * width };
    let mut bins: Vec<ReliabilityBin> = (0..count).map(|bin| ReliabilityBin::over(edge(bin), edge(bin + 1))).collect();
    for &row in rows {
        let mut bin = ((row.score * count as f64) as usize).min(count - 1);
        if bin > 0 && row.score <= edge(bin) {
            bin -= 1;
        } else if bin + 1 < count && row.score > edge(bin + 1) {
            bin += 1;
        }
        bins[bin].add(row);
    }
    bins
}

fn by_frequency(mut rows: Vec<Row>, count: usize) -> Vec<ReliabilityBin> {
    // Adding 0 makes −0 and 0 one; truth and weight last, so that any order of rows adds up in one order.
    rows.iter_mut().for_each(|row| row.score += 0.0);
    rows.sort_unstable_by(|a, b| {
        a.score.total_cmp(&b.score).then(a.truth.cmp(&b.truth)).then(a.weight.total_cmp(&b.weight))
    });
    let total = sum(rows.iter().map(|row| row.weight));
    let mut bins: Vec<ReliabilityBin> = Vec::new();
    let (mut before, mut last) = (0.0, None);
    for block in rows.chunk_by(|a, b| a.score == b.score) {
        let weight = sum(block.iter().map(|row| row.weight));
        let place = (((before + weight / 2.0) / total * count as f64) as usize).min(count - 1);
        before += weight;
        if last != Some(place) {
            last = Some(place);
            bins.push(ReliabilityBin::over(block[0].score, block[0].score));
        }
        if let Some(bin) = bins.last_mut() {
            bin.high = block[0].score;
            block.iter().for_each(|&row| bin.add(row));
        }
    }
    bins
}
