use super::{
    Average, Confusion, Gaps, Metrics, argument, check_columns, check_lengths, constant, empty, none, share, sum,
    weight_of,
};
use crate::{Computed, KernelError};
use serde::Serialize;

/// How often each class met each prediction. Mergeable; holds only pairs that occur, so a million classes are no
/// matter.
///
/// - **Input**: classes are codes; a class of the prediction that the truth does not know, or the reverse, is a class
///   of its own. The classes are those that occur in either.
/// - **Units**: weights, or counts without them; every metric is a share but the two correlations.
/// - **Errors**: means over classes say how many had no number, and what was done about it: [`Average`], [`Gaps`].
/// - **Numerics**: counts are exact in any order and split. Weights of one pair are added in ascending order, so any
///   order of rows gives equal bits; pairs are added in order of (truth, prediction).
/// - **Source**: golden values from scikit-learn 1.9.1 (`zero_division` 0 and NaN).
/// ```
/// # use kernels::quality::ClassConfusion;
/// let confusion = ClassConfusion::of(&[0, 1, 2, 2], &[0, 2, 2, 2], None).unwrap();
/// assert_eq!(confusion.accuracy(), Ok(0.75));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClassConfusion {
    /// Pairs that occur, ascending by truth, then prediction.
    cells: Vec<ClassCount>,
    /// Rows that have no usable weight.
    left_out: u64,
}

/// The weight of rows of one class that got one prediction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClassCount {
    /// The class in truth.
    pub truth: u32,
    /// The class predicted.
    pub prediction: u32,
    /// Sum of weights.
    pub weight: f64,
}

impl ClassCount {
    fn pair(&self) -> (u32, u32) {
        (self.truth, self.prediction)
    }
}

impl ClassConfusion {
    /// Counts rows.
    ///
    /// - **Shapes**: `truth`, `prediction` and `weights`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ.
    /// - **Numerics**: sorts the rows once, `O(n log n)`.
    pub fn of(truth: &[u32], prediction: &[u32], weights: Option<&[f64]>) -> Result<Self, KernelError> {
        check_columns(truth.len(), &[("prediction", prediction.len())], weights)?;
        let mut rows = Vec::with_capacity(truth.len());
        let mut confusion = Self::default();
        for (row, (&truth, &prediction)) in truth.iter().zip(prediction).enumerate() {
            match weight_of(weights, row) {
                Some(0.0) => {}
                Some(weight) => rows.push((truth, prediction, weight.to_bits())),
                None => confusion.left_out += 1,
            }
        }
        rows.sort_unstable(); // the bits of numbers that are not negative ascend as they do
        for (truth, prediction, bits) in rows {
            confusion.add(ClassCount { truth, prediction, weight: f64::from_bits(bits) });
        }
        Ok(confusion)
    }

    /// Builds it from (truth, prediction, weight), ascending by pair.
    pub(super) fn from_cells(cells: impl Iterator<Item = (u32, u32, f64)>) -> Self {
        let mut confusion = Self::default();
        for (truth, prediction, weight) in cells.filter(|cell| cell.2 > 0.0) {
            confusion.add(ClassCount { truth, prediction, weight });
        }
        confusion
    }

    fn add(&mut self, next: ClassCount) {
        match self.cells.last_mut() {
            Some(last) if last.pair() == next.pair() => last.weight += next.weight,
            _ => self.cells.push(next),
        }
    }

    /// Takes what `other` has counted.
    pub fn merge(&mut self, other: &Self) {
        let mut cells: Vec<ClassCount> = self.cells.iter().chain(&other.cells).copied().collect();
        cells.sort_by_key(ClassCount::pair); // stable: ours before theirs
        self.cells.clear();
        cells.into_iter().for_each(|cell| self.add(cell));
        self.left_out += other.left_out;
    }

    /// Returns the pairs that occur, ascending by truth, then prediction.
    pub fn cells(&self) -> &[ClassCount] {
        &self.cells
    }

    /// Returns how many rows had no usable weight.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns the sum of all cells.
    pub fn total(&self) -> f64 {
        sum(self.cells.iter().map(|cell| cell.weight))
    }

    /// Returns each class against the rest, by ascending class.
    pub fn per_class(&self) -> Vec<(u32, Confusion)> {
        let total = self.total();
        let mut codes: Vec<u32> = self.cells.iter().flat_map(|cell| [cell.truth, cell.prediction]).collect();
        codes.sort_unstable();
        codes.dedup();
        let mut classes: Vec<(u32, Confusion)> = codes.into_iter().map(|code| (code, Confusion::default())).collect();
        for cell in &self.cells {
            let place = |class: u32| classes.partition_point(|&(code, _)| code < class);
            let (truth, prediction) = (place(cell.truth), place(cell.prediction));
            if truth == prediction {
                classes[truth].1.true_positive += cell.weight;
            } else {
                classes[truth].1.false_negative += cell.weight;
                classes[prediction].1.false_positive += cell.weight;
            }
        }
        for (_, class) in &mut classes {
            // Rounding of weights may leave a hair below nothing.
            class.true_negative = (total - class.true_positive - class.false_positive - class.false_negative).max(0.0);
        }
        classes
    }

    fn of_right(&self, right: bool) -> f64 {
        sum(self.cells.iter().filter(|cell| (cell.truth == cell.prediction) == right).map(|cell| cell.weight))
    }

    /// Returns the share of rows predicted right. For one label a row, also precision, recall and F1 in their micro
    /// average.
    pub fn accuracy(&self) -> Computed {
        share(self.of_right(true), self.total(), empty)
    }

    /// Returns what truth and prediction have in common, over all classes together: `right / (2·rows − right)`.
    pub fn jaccard_micro(&self) -> Computed {
        let right = self.of_right(true);
        share(right, right + 2.0 * self.of_right(false), empty)
    }

    /// Returns the mean recall of the classes that have weight in truth.
    pub fn balanced_accuracy(&self) -> Computed {
        let classes = self.per_class();
        let there: Vec<Computed> =
            classes.iter().filter(|(_, class)| class.positives() > 0.0).map(|(_, class)| class.recall()).collect();
        match there.len() {
            0 => Err(empty()),
            1 => Err(constant("truth")),
            _ => Average::of(there.into_iter().map(|recall| (recall, 1.0)), Gaps::LeaveOut).map(|mean| mean.value),
        }
    }

    /// Returns the plain mean over classes of a metric of each against the rest.
    pub fn macro_mean(&self, metric: impl Fn(&Confusion) -> Computed, gaps: Gaps) -> Computed<Average> {
        Average::of(self.per_class().iter().map(|(_, class)| (metric(class), 1.0)), gaps)
    }

    /// Returns the mean over classes of a metric of each against the rest, weighted by the class's weight in truth.
    pub fn weighted(&self, metric: impl Fn(&Confusion) -> Computed, gaps: Gaps) -> Computed<Average> {
        Average::of(self.per_class().iter().map(|(_, class)| (metric(class), class.positives())), gaps)
    }

    /// Returns Matthews' correlation for any number of classes (Gorodkin 2004).
    ///
    /// - **Errors**: a truth or prediction that is constant.
    pub fn matthews_corrcoef(&self) -> Computed {
        let margins = self.margins()?;
        if margins.iter().filter(|class| class.truth > 0.0).count() < 2 {
            return Err(constant("truth"));
        }
        if margins.iter().filter(|class| class.prediction > 0.0).count() < 2 {
            return Err(constant("prediction"));
        }
        let chance = sum(margins.iter().map(|class| class.truth * class.other_predictions));
        let truth = sum(margins.iter().map(|class| class.truth * class.other_truths));
        let prediction = sum(margins.iter().map(|class| class.prediction * class.other_predictions));
        let agreement = chance - self.of_right(false) / self.total();
        super::finite((agreement / (truth.sqrt() * prediction.sqrt())).clamp(-1.0, 1.0))
    }

    /// Returns Cohen's kappa: agreement beyond that of independent margins.
    ///
    /// - **Errors**: truth and prediction are the same constant.
    pub fn cohen_kappa(&self) -> Computed {
        let margins = self.margins()?;
        let chance = sum(margins.iter().map(|class| class.truth * class.other_predictions));
        share(chance - self.of_right(false) / self.total(), chance, || constant("truth and prediction"))
    }

    fn margins(&self) -> Computed<Vec<Margin>> {
        let total = self.total();
        if total <= 0.0 {
            return Err(empty());
        }
        let classes = self.per_class();
        let truth: Vec<f64> = classes.iter().map(|(_, class)| class.positives() / total).collect();
        let prediction: Vec<f64> = classes.iter().map(|(_, class)| class.predicted_positives() / total).collect();
        let others = others(&truth).into_iter().zip(others(&prediction));
        let margin = |((truth, prediction), (other_truths, other_predictions))| Margin {
            truth,
            prediction,
            other_truths,
            other_predictions,
        };
        Ok(truth.iter().copied().zip(prediction.iter().copied()).zip(others).map(margin).collect())
    }

    /// Returns the cost per row, by truth and prediction, in any one unit.
    ///
    /// - **Errors**: [`KernelError::Argument`] for a cost that is not finite; [`crate::Reason::Empty`] without rows.
    pub fn cost(&self, cost: impl Fn(u32, u32) -> f64) -> Result<Computed, KernelError> {
        let mut costs = 0.0;
        for cell in &self.cells {
            let one = cost(cell.truth, cell.prediction);
            if !one.is_finite() {
                return Err(argument("cost", one, "a finite number"));
            }
            costs += one * cell.weight;
        }
        Ok(share(costs, self.total(), empty))
    }

    fn means(&self, gaps: Gaps) -> Vec<(&'static str, Computed<Average>)> {
        let classes = self.per_class();
        let over = |metric: fn(&Confusion) -> Computed, weighted: bool| {
            let weight = |class: &Confusion| if weighted { class.positives() } else { 1.0 };
            Average::of(classes.iter().map(|(_, class)| (metric(class), weight(class))), gaps)
        };
        vec![
            ("precision_macro", over(Confusion::precision, false)),
            ("recall_macro", over(Confusion::recall, false)),
            ("specificity_macro", over(Confusion::specificity, false)),
            ("f1_macro", over(Confusion::f1, false)),
            ("jaccard_macro", over(Confusion::jaccard, false)),
            ("precision_weighted", over(Confusion::precision, true)),
            ("recall_weighted", over(Confusion::recall, true)),
            ("f0_5_weighted", over(|class| class.f(0.5), true)),
            ("f1_weighted", over(Confusion::f1, true)),
            ("f2_weighted", over(|class| class.f(2.0), true)),
            ("jaccard_weighted", over(Confusion::jaccard, true)),
        ]
    }

    /// Returns every metric with its id: scikit-learn's scorer names.
    pub fn metrics(&self, gaps: Gaps) -> Metrics {
        let mut metrics = vec![
            ("accuracy", self.accuracy()),
            ("balanced_accuracy", self.balanced_accuracy()),
            ("matthews_corrcoef", self.matthews_corrcoef()),
            ("cohen_kappa", self.cohen_kappa()),
            ("precision_micro", self.accuracy()),
            ("recall_micro", self.accuracy()),
            ("f1_micro", self.accuracy()),
            ("jaccard_micro", self.jaccard_micro()),
        ];
        metrics.extend(self.means(gaps).into_iter().map(|(id, mean)| (id, mean.map(|mean| mean.value))));
        metrics
    }
}

/// A class's shares of truth and of prediction, and those of all other classes: added up, for `1 − share` would lose
/// the digits of small ones.
struct Margin {
    truth: f64,
    prediction: f64,
    other_truths: f64,
    other_predictions: f64,
}

/// For each value, the sum of the others.
fn others(values: &[f64]) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len());
    let mut before = 0.0;
    for value in values {
        sums.push(before);
        before += value;
    }
    let mut after = 0.0;
    for (sum, value) in sums.iter_mut().zip(values).rev() {
        *sum += after;
        after += value;
    }
    sums
}

/// Rows of a task of classes made ready for many looks: the pair of each row is found once.
///
/// - **Classes** are those of the whole data in every look. One that a bootstrap does not draw has no recall: a mean
///   with [`Gaps::Zero`] counts it as 0, as for any class; with [`Gaps::LeaveOut`] a look whose mean would be over
///   fewer classes than the whole's has no number, for that would be the number of another set of classes. Balanced
///   accuracy is over the classes drawn.
/// - **Cost**: a bisection per row at first; each look adds up rows in their order, then `O(pairs)`.
#[derive(Clone, Debug)]
pub struct ClassCells {
    whole: ClassConfusion,
    /// Of each row, its place among the cells; rows that are left out have none.
    cells: Vec<Option<u32>>,
    weights: Vec<f64>,
}

impl ClassCells {
    /// Finds the cells of rows.
    ///
    /// - **Shapes, errors**: as [`ClassConfusion::of`].
    pub fn of(truth: &[u32], prediction: &[u32], weights: Option<&[f64]>) -> Result<Self, KernelError> {
        let whole = ClassConfusion::of(truth, prediction, weights)?;
        let usable = |row| weight_of(weights, row).filter(|&weight| weight > 0.0);
        let mut cells = Vec::with_capacity(truth.len());
        for (row, pair) in truth.iter().copied().zip(prediction.iter().copied()).enumerate() {
            let place = usable(row).and_then(|_| whole.cells.binary_search_by_key(&pair, ClassCount::pair).ok());
            cells.push(place.map(|place| place as u32));
        }
        let weights = (0..truth.len()).map(|row| usable(row).unwrap_or(0.0)).collect();
        Ok(Self { whole, cells, weights })
    }

    /// Returns the weights of rows.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns the confusion under these weights of rows, in the whole data's cells.
    ///
    /// - **Errors**: [`KernelError::Argument`] for another number of weights.
    pub fn confusion(&self, weights: &[f64]) -> Result<ClassConfusion, KernelError> {
        check_lengths(self.cells.len(), &[("weights", weights.len())])?;
        let mut confusion = self.whole.clone();
        confusion.cells.iter_mut().for_each(|cell| cell.weight = 0.0);
        for (cell, weight) in self.cells.iter().zip(weights) {
            if let Some(cell) = cell.and_then(|place| confusion.cells.get_mut(place as usize)) {
                cell.weight += weight;
            }
        }
        Ok(confusion)
    }

    /// Returns every metric of [`ClassConfusion::metrics`] under these weights of rows.
    ///
    /// - **Errors**: [`KernelError::Argument`] for another number of weights.
    pub fn metrics(&self, weights: &[f64], gaps: Gaps) -> Result<Metrics, KernelError> {
        let confusion = self.confusion(weights)?;
        let mut metrics = confusion.metrics(gaps);
        if gaps == Gaps::LeaveOut {
            let without = |confusion: &ClassConfusion| {
                confusion.means(gaps).into_iter().map(|(id, mean)| (id, mean.map(|mean| mean.without))).collect()
            };
            let (here, whole): (Vec<_>, Vec<(&str, Computed<u64>)>) = (without(&confusion), without(&self.whole));
            for (id, metric) in &mut metrics {
                let of = |all: &[(&str, Computed<u64>)]| all.iter().find(|one| one.0 == *id).map(|one| one.1.clone());
                if metric.is_ok() && of(&here) != of(&whole) {
                    *metric = Err(none("rows of every class"));
                }
            }
        }
        Ok(metrics)
    }
}
