use super::encoder::MISSING;
use super::loss_model::Limits;
use super::sum;
use serde::Serialize;

/// A regression tree on bins: the mean of a target by regions of the features.
///
/// - **Splits**: the cut that lowers the squared error most, of equals the first feature's lowest; rows that are
///   missing go where they fit better, or, if a node saw none, get that node's mean.
/// - **Numerics**: sums in row order; equal inputs give equal trees. `O(rows · features · depth + nodes · features ·
///   bins)`.
/// - **Source**: Breiman et al. (1984); golden values from scikit-learn 1.9.1 `DecisionTreeRegressor` on features with
///   fewer values than bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Node {
    mean: f64,
    pub split: Option<Split>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Split {
    feature: usize,
    /// Bins up to this one go left.
    bin: u16,
    /// Where missing values go; `None`: nowhere, none were seen.
    missing_left: Option<bool>,
    left: usize,
    right: usize,
}

impl Tree {
    /// Grows it on rows of these bins, one column a feature.
    pub fn grow(bins: &[Vec<u16>], targets: &[f64], rows: Vec<usize>, limits: Limits) -> Self {
        let mut grower = Grower { bins, targets, limits, nodes: Vec::new() };
        grower.grow(rows, limits.depth);
        Self { nodes: grower.nodes }
    }

    /// Returns the mean where a row with these bins belongs.
    pub fn at(&self, bins: &[Vec<u16>], row: usize) -> f64 {
        let mut node = &self.nodes[0];
        while let Some(split) = node.split {
            let left = match bins[split.feature][row] {
                MISSING => split.missing_left,
                bin => Some(bin <= split.bin),
            };
            match left {
                Some(left) => node = &self.nodes[if left { split.left } else { split.right }],
                None => break,
            }
        }
        node.mean
    }
}

struct Grower<'a> {
    bins: &'a [Vec<u16>],
    targets: &'a [f64],
    limits: Limits,
    nodes: Vec<Node>,
}

/// A side of a cut.
#[derive(Clone, Copy, Default)]
struct Side {
    sum: f64,
    rows: usize,
}

impl Side {
    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.rows += other.rows;
    }

    fn less(self, other: Self) -> Self {
        Self { sum: self.sum - other.sum, rows: self.rows - other.rows }
    }

    /// What the squared error falls by if these rows get their mean.
    fn gain(self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.sum * self.sum / self.rows as f64 }
    }
}

impl Grower<'_> {
    /// Grows the node of these rows and those below it, and returns its place.
    fn grow(&mut self, rows: Vec<usize>, depth: usize) -> usize {
        let count = rows.len() as f64;
        let mean = sum(rows.iter().map(|&row| self.targets[row])) / count;
        let place = self.nodes.len();
        self.nodes.push(Node { mean, split: None });
        if depth == 0 {
            return place;
        }
        let Some(split) = self.best_split(&rows, mean) else { return place };
        let goes_left = |row: &usize| match self.bins[split.feature][*row] {
            MISSING => split.missing_left == Some(true),
            bin => bin <= split.bin,
        };
        let (left, right): (Vec<usize>, Vec<usize>) = rows.into_iter().partition(goes_left);
        let left = self.grow(left, depth - 1);
        let right = self.grow(right, depth - 1);
        self.nodes[place].split = Some(Split { left, right, ..split });
        place
    }

    fn best_split(&self, rows: &[usize], mean: f64) -> Option<Split> {
        let error = sum(rows.iter().map(|&row| (self.targets[row] - mean) * (self.targets[row] - mean)));
        // A gain within rounding of nothing is nothing.
        let (mut best, mut split) = (1e-12 * error, None);
        for (feature, bins) in self.bins.iter().enumerate() {
            let mut sides = vec![Side::default(); usize::from(self.limits.bins)];
            let (mut whole, mut missing) = (Side::default(), Side::default());
            for &row in rows {
                // Deviations from the mean: sums of them keep their digits.
                let one = Side { sum: self.targets[row] - mean, rows: 1 };
                whole.add(one);
                match bins[row] {
                    MISSING => missing.add(one),
                    bin => sides[usize::from(bin)].add(one),
                }
            }
            let mut below = Side::default();
            for (bin, side) in sides.iter().enumerate() {
                below.add(*side);
                for missing_left in [true, false] {
                    let mut left = below;
                    if missing_left {
                        left.add(missing);
                    }
                    let right = whole.less(left);
                    let gain = left.gain() + right.gain() - whole.gain();
                    if left.rows >= self.limits.rows && right.rows >= self.limits.rows && gain > best {
                        best = gain;
                        let missing_left = (missing.rows > 0).then_some(missing_left);
                        split = Some(Split { feature, bin: bin as u16, missing_left, left: 0, right: 0 });
                    }
                }
            }
        }
        split
    }
}
