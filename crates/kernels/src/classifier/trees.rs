//! A small deterministic model of "is this row a hit?".
use super::bins::PLACES;

const ROUNDS: usize = 20;
const DEPTH: usize = 3;
/// What each round takes of the step that it would go.
const RATE: f64 = 0.3;
/// Added to the curvature of a leaf, so that few rows move little.
const RIDGE: f64 = 1.0;
/// The least curvature of a leaf: four rows that nothing is known of.
const LEAST: f64 = 1.0;

/// Sums over rows of the gradient and the curvature of the loss.
#[derive(Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    curvature: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
    }

    fn less(self, other: Self) -> Self {
        Self { gradient: self.gradient - other.gradient, curvature: self.curvature - other.curvature }
    }

    fn step(self) -> f64 {
        self.gradient / (self.curvature + RIDGE)
    }

    /// Twice what the step takes from the loss.
    fn gain(self) -> f64 {
        self.gradient * self.step()
    }
}

/// Which rows of a node go to its second half: those of a feature above a bin.
#[derive(Clone, Copy)]
struct Split {
    feature: usize,
    bin: usize,
    /// Twice what it takes from the loss beyond what the whole node's step does.
    improves: f64,
}

/// What a model says, and by which features.
pub(super) struct Model {
    /// Of each row, larger where it is more likely a hit.
    pub scores: Vec<f64>,
    /// What splits by each feature took from the loss.
    pub gains: Vec<f64>,
}

/// Returns a model of the rows that are trained with, and its scores of all: boosted trees of logistic loss, grown level by level.
/// Nothing if those rows are all of one group.
///
/// Ties of gain go to the feature, then the bin that comes first. `columns` hold bins below [`PLACES`].
pub(super) fn fit(columns: &[Vec<u8>], truth: &[bool], is_trained: &[bool]) -> Option<Model> {
    let trained = || truth.iter().zip(is_trained).filter(|(_, is_trained)| **is_trained);
    let (hits, rows) = (trained().filter(|(hit, _)| **hit).count(), trained().count());
    if hits == 0 || hits == rows {
        return None;
    }
    let mut scores = vec![libm::log(hits as f64 / (rows - hits) as f64); truth.len()];
    let mut loss = vec![Sums::default(); truth.len()];
    let mut gains = vec![0.0; columns.len()];
    for _ in 0..ROUNDS {
        for (((loss, &score), &hit), _) in
            loss.iter_mut().zip(&scores).zip(truth).zip(is_trained).filter(|(_, is_trained)| **is_trained)
        {
            let chance = 1.0 / (1.0 + libm::exp(-score));
            *loss = Sums { gradient: f64::from(u8::from(hit)) - chance, curvature: chance * (1.0 - chance) };
        }
        let nodes = grow(columns, &loss, &mut gains);
        let mut leaves = [Sums::default(); 1 << DEPTH];
        for (&node, &loss) in nodes.iter().zip(&loss) {
            leaves[usize::from(node)].add(loss);
        }
        for (score, &node) in scores.iter_mut().zip(&nodes) {
            *score += RATE * leaves[usize::from(node)].step();
        }
    }
    Some(Model { scores, gains })
}

/// The leaf of each row, below `1 << DEPTH`; adds to `gains` what the splits take from the loss.
fn grow(columns: &[Vec<u8>], loss: &[Sums], gains: &mut [f64]) -> Vec<u8> {
    let mut nodes = vec![0u8; loss.len()];
    for level in 0..DEPTH {
        let mut best: Vec<(f64, Option<Split>)> = vec![(f64::NEG_INFINITY, None); 1 << level];
        for (feature, column) in columns.iter().enumerate() {
            let mut sums = vec![[Sums::default(); PLACES]; 1 << level];
            for ((&node, &bin), &loss) in nodes.iter().zip(column).zip(loss) {
                sums[usize::from(node)][usize::from(bin)].add(loss);
            }
            for (best, sums) in best.iter_mut().zip(&sums) {
                split(feature, sums, best);
            }
        }
        for Split { feature, improves, .. } in best.iter().filter_map(|best| best.1) {
            if let Some(gain) = gains.get_mut(feature) {
                *gain += improves.max(0.0);
            }
        }
        for (row, node) in nodes.iter_mut().enumerate() {
            let above =
                best.get(usize::from(*node)).and_then(|best| best.1).is_some_and(|Split { feature, bin, .. }| {
                    columns.get(feature).and_then(|column| column.get(row)).is_some_and(|&here| usize::from(here) > bin)
                });
            *node = 2 * *node + u8::from(above);
        }
    }
    nodes
}

/// Takes the best split of a node by this feature, if it gains more than the best so far.
fn split(feature: usize, sums: &[Sums; PLACES], best: &mut (f64, Option<Split>)) {
    let mut all = Sums::default();
    for &sum in sums {
        all.add(sum);
    }
    let mut low = Sums::default();
    for (bin, &sum) in sums.iter().enumerate() {
        low.add(sum);
        let high = all.less(low);
        if low.curvature < LEAST || high.curvature < LEAST {
            continue;
        }
        let gain = low.gain() + high.gain();
        if gain > best.0 {
            *best = (gain, Some(Split { feature, bin, improves: gain - all.gain() }));
        }
    }
}
