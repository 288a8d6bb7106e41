//! What the rows of one side of a facet were given and predicted.
use super::codes::wrong_code;
use super::contingency::Contingency;
use super::intervals::Rate;
use crate::KernelError;

/// Rows by label and prediction, each negative, positive or missing.
pub(super) type Outcome = [[u64; 3]; 3];

const NEGATIVE: usize = 0;
const POSITIVE: usize = 1;

/// What the metrics need of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub all: Outcome,
    /// By value of the grouping variable; the last is for rows where it is missing.
    pub strata: Vec<Outcome>,
    /// Rows by label value, missing ones left out.
    pub classes: Vec<u64>,
}

impl Side {
    /// Returns a side without rows.
    pub fn empty(table: &Contingency) -> Self {
        let axes = table.axes();
        let strata = vec![[[0; 3]; 3]; axes.groups as usize + 1];
        Self { all: [[0; 3]; 3], strata, classes: vec![0; axes.labels as usize] }
    }

    /// Takes the rows of one facet value.
    pub fn take(&mut self, table: &Contingency, facet: u32, kinds: &Kinds) {
        let cells = table.facet_cells(facet);
        let row = kinds.predictions.len();
        for (cells, stratum) in cells.chunks_exact(kinds.labels.len() * row).zip(&mut self.strata) {
            for (label, cells) in cells.chunks_exact(row).enumerate() {
                for (&count, &prediction) in cells.iter().zip(&kinds.predictions) {
                    stratum[kinds.labels[label]][prediction] += count;
                    self.all[kinds.labels[label]][prediction] += count;
                    if let Some(class) = self.classes.get_mut(label) {
                        *class += count;
                    }
                }
            }
        }
    }

    /// Returns both sides, count by count.
    pub fn combine(&self, other: &Self, with: impl Fn(u64, u64) -> u64) -> Self {
        let outcome = |a: &Outcome, b: &Outcome| -> Outcome {
            std::array::from_fn(|label| {
                std::array::from_fn(|prediction| with(a[label][prediction], b[label][prediction]))
            })
        };
        Self {
            all: outcome(&self.all, &other.all),
            strata: self.strata.iter().zip(&other.strata).map(|(a, b)| outcome(a, b)).collect(),
            classes: self.classes.iter().zip(&other.classes).map(|(&a, &b)| with(a, b)).collect(),
        }
    }

    /// Returns Clarify's view: what is missing is negative, and labels are positive or not.
    pub fn for_clarify(mut self, kinds: &Kinds) -> Self {
        for outcome in self.strata.iter_mut().chain([&mut self.all]) {
            let [negative, _, missing] = outcome;
            if kinds.labels.len() > 1 {
                for (negative, missing) in negative.iter_mut().zip(missing) {
                    *negative += std::mem::take(missing);
                }
            }
            if kinds.predictions.len() > 1 {
                for label in outcome {
                    label[NEGATIVE] += std::mem::take(&mut label[2]);
                }
            }
        }
        self.classes = vec![self.all[NEGATIVE].iter().sum(), self.all[POSITIVE].iter().sum()];
        self
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        self.all.iter().flatten().sum()
    }

    /// Returns the positive labels among rows with a label.
    pub fn labels(&self) -> Rate {
        label_rate(&self.all)
    }

    /// Returns the positive predictions among rows with a prediction.
    pub fn predictions(&self) -> Rate {
        prediction_rate(&self.all)
    }

    /// Returns the rows with label and prediction: true negative, false positive, false negative, true positive.
    pub fn confusion(&self) -> Confused {
        let [[tn, fp, _], [fn_, tp, _], _] = self.all;
        Confused { tn, fp, fn_, tp }
    }
}

pub(super) fn label_rate(outcome: &Outcome) -> Rate {
    let [negative, positive] = [NEGATIVE, POSITIVE].map(|label| outcome[label].iter().sum::<u64>());
    Rate { hits: positive, of: positive + negative }
}

pub(super) fn prediction_rate(outcome: &Outcome) -> Rate {
    let [negative, positive] = [NEGATIVE, POSITIVE].map(|kind| outcome.iter().map(|label| label[kind]).sum::<u64>());
    Rate { hits: positive, of: positive + negative }
}

/// Predictions beside labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confused {
    pub tn: u64,
    pub fp: u64,
    pub fn_: u64,
    pub tp: u64,
}

impl Confused {
    /// Returns how many rows have both.
    pub fn rows(self) -> u64 {
        self.tn + self.fp + self.fn_ + self.tp
    }

    /// Returns the rightly predicted among all.
    pub fn accuracy(self) -> Rate {
        Rate { hits: self.tp + self.tn, of: self.rows() }
    }

    /// Returns the rightly positive among positive labels.
    pub fn recall(self) -> Rate {
        Rate { hits: self.tp, of: self.tp + self.fn_ }
    }

    /// Returns the rightly negative among negative labels.
    pub fn specificity(self) -> Rate {
        Rate { hits: self.tn, of: self.tn + self.fp }
    }

    /// Returns the wrongly positive among negative labels.
    pub fn fall_out(self) -> Rate {
        Rate { hits: self.fp, of: self.tn + self.fp }
    }

    /// Returns the rightly positive among positive predictions.
    pub fn precision(self) -> Rate {
        Rate { hits: self.tp, of: self.tp + self.fp }
    }

    /// Returns the rightly negative among negative predictions.
    pub fn rightly_rejected(self) -> Rate {
        Rate { hits: self.tn, of: self.tn + self.fn_ }
    }
}

/// Whether each code is negative, positive or missing; the last is the missing one.
pub(super) struct Kinds {
    labels: Vec<usize>,
    predictions: Vec<usize>,
}

impl Kinds {
    /// Returns the kinds of a table's codes, or [`KernelError::Argument`] for a code that its axis does not have.
    pub fn new(
        table: &Contingency,
        positive_labels: &[u32],
        positive_predictions: &[u32],
    ) -> Result<Self, KernelError> {
        let kinds = |name: &'static str, values: u32, positive: &[u32]| {
            let mut kinds = vec![NEGATIVE; values as usize];
            for &code in positive {
                *kinds.get_mut(code as usize).ok_or_else(|| wrong_code(name, code, values))? = POSITIVE;
            }
            kinds.push(2);
            Ok(kinds)
        };
        let axes = table.axes();
        Ok(Self {
            labels: kinds("positive_labels", axes.labels, positive_labels)?,
            predictions: kinds("positive_predictions", axes.predictions, positive_predictions)?,
        })
    }
}

/// The side of one facet value alone.
pub(super) fn side_of(table: &Contingency, facet: u32, kinds: &Kinds) -> Side {
    let mut side = Side::empty(table);
    side.take(table, facet, kinds);
    side
}
