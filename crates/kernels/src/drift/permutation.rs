//! P-values by permuting which rows are the reference's and which are current.
use super::cells::Cells;
use super::hypergeometric::Stream;
use super::model::Settings;
use super::table::View;
use crate::special::{pearson_critical, pearson_sf};

/// So many replicates at least as extreme settle a p-value: a sequential test, still valid (Besag & Clifford 1991).
const ENOUGH: u32 = 20;
const FEWEST: u32 = 999;
const MOST: u32 = 99_999;
/// What the replicates of one column may cost, in nanoseconds of an ordinary core.
pub(super) const BUDGET: f64 = 1e7;
/// So many are drawn whatever they cost: a tail cannot be fitted to fewer.
const LEAST: f64 = 400.0;
/// After so many it shows what is beyond all doubt: that a fitted tail is so many times less probable than the strictest level.
const SHOWN: (u32, f64) = (50, 1e-9);
/// From so many replicates on they say where α is, though the p-value was settled.
const FOR_THRESHOLD: u32 = 100;
/// Up to so many rows are permuted themselves; up to the second number they stay in a core's cache.
const ROWS: (f64, f64) = (4e6, 2e5);

/// A measure that is judged by its replicates.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub measure: fn(&View<'_>) -> f64,
    /// What the table has of it.
    pub observed: f64,
    /// Whether it is a sum over cells, so that a Pearson III tail fits what its replicates do not resolve.
    pub is_sum: bool,
}

/// What replicates say of a measure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permuted {
    pub p_value: f64,
    /// The value that α has: of a sum over cells by the fitted tail, else the least replicate that is rare enough; none where 20 of fewer
    /// than 100 replicates were as extreme.
    pub threshold: Option<f64>,
}

/// How replicate tables with the margins of the observed one are drawn.
enum Draw {
    /// Draws rows: the cell of each row, in an order that is shuffled as far as needed.
    Rows(Vec<u32>),
    /// Draws a count for each cell.
    Cells(Cells),
}

/// What is known so far of one measure: the replicates at least as extreme, and the sums that give three moments.
#[derive(Clone, Default)]
struct Tally {
    extreme: u32,
    drawn: u32,
    mean: f64,
    squares: f64,
    cubes: f64,
    /// All of them, unless it is a sum over cells.
    replicates: Vec<f64>,
}

impl Tally {
    fn take(&mut self, value: f64, asked: &Asked) {
        let observed = asked.observed;
        self.drawn += 1;
        if !asked.is_sum {
            self.replicates.push(value);
        }
        let is_less = value < observed - 1e-9 * observed.abs();
        self.extreme += u32::from(!is_less); // what cannot be compared counts as extreme
        let (count, away) = (f64::from(self.drawn), value - self.mean);
        let step = away / count;
        let square = away * step * (count - 1.0);
        self.mean += step;
        self.cubes += square * step * (count - 2.0) - 3.0 * step * self.squares;
        self.squares += square;
    }

    fn is_settled(&self) -> bool {
        self.extreme >= ENOUGH
    }

    /// Whether a tail that was fitted to more replicates would say the same beyond all doubt.
    fn is_shown(&self, asked: &Asked, strictest: f64) -> bool {
        let is_asked = asked.is_sum && self.extreme == 0 && self.drawn == SHOWN.0;
        is_asked && self.tail().is_some_and(|tail| tail.p_value(asked.observed) <= SHOWN.1 * strictest)
    }

    /// The tail with the three moments of the replicates, if they vary.
    fn tail(&self) -> Option<Tail> {
        let drawn = f64::from(self.drawn);
        let variance = self.squares / (drawn - 1.0);
        let deviation = variance.sqrt();
        let skewness = self.cubes / drawn / (variance * deviation);
        (variance > 0.0).then_some(Tail { mean: self.mean, deviation, skewness })
    }

    fn judged(&self, asked: &Asked, wanted: f64, alpha: f64) -> Permuted {
        let tail = self.tail().filter(|_| asked.is_sum);
        let threshold = match tail {
            _ if self.is_settled() && self.drawn < FOR_THRESHOLD => None,
            Some(tail) => Some(tail.threshold(alpha)),
            None => self.least_rare(alpha),
        };
        Permuted { p_value: self.p_value(asked, wanted, tail), threshold }
    }

    /// The least replicate that, observed, would have a p-value of α at most.
    fn least_rare(&self, alpha: f64) -> Option<f64> {
        let mut largest = self.replicates.clone();
        largest.sort_unstable_by(|a, b| b.total_cmp(a));
        let may_reach = alpha * (f64::from(self.drawn) + 1.0) - 1.0;
        let common = (may_reach >= 0.0).then(|| largest.get(may_reach as usize).copied())??;
        let rare = largest.iter().rev().find(|&&value| value > common * (1.0 + 1e-9));
        Some(rare.copied().unwrap_or(common.next_up()))
    }

    fn p_value(&self, asked: &Asked, wanted: f64, tail: Option<Tail>) -> f64 {
        let (extreme, drawn) = (f64::from(self.extreme), f64::from(self.drawn));
        if self.extreme >= ENOUGH {
            return extreme / drawn;
        }
        let counted = (extreme + 1.0) / (drawn + 1.0);
        let is_resolved = drawn >= wanted && (extreme > 0.0 || wanted < f64::from(MOST));
        match tail {
            Some(tail) if !is_resolved && self.extreme < 5 => tail.p_value(asked.observed),
            _ => counted,
        }
    }
}

/// A Pearson III distribution.
#[derive(Clone, Copy)]
struct Tail {
    mean: f64,
    deviation: f64,
    skewness: f64,
}

impl Tail {
    fn p_value(&self, observed: f64) -> f64 {
        pearson_sf((observed - self.mean) / self.deviation, self.skewness)
    }

    fn threshold(&self, alpha: f64) -> f64 {
        self.mean + self.deviation * pearson_critical(alpha, self.skewness)
    }
}

/// Returns, for each measure, the probability of at least its observed value under permuted labels, and the value that α has, by the
/// same replicates.
///
/// - **Replicates**: five for each `alpha / comparisons`, 999 at least; a measure is left alone once 20 were as extreme.
/// - **Large tables**: fewer if that would cost more than some 10 ms, though not below 400, or 50 if those leave no doubt. What they do
///   not resolve comes from a Pearson III tail with the three moments of the replicates if the measure is a sum over cells; else it is
///   what was counted, which is too large rather than too small. The value that α has is that tail's, or is counted: with 50 replicates the
///   standard error of their deviation is a tenth of it, and so is that of the value's distance from their mean.
pub(super) fn permute(view: &View<'_>, asked: &[Asked], settings: &Settings) -> Vec<Permuted> {
    permute_within(BUDGET, view, asked, settings)
}

/// As [`permute`], for so many nanoseconds.
pub(super) fn permute_within(budget: f64, view: &View<'_>, asked: &[Asked], settings: &Settings) -> Vec<Permuted> {
    let pooled: Vec<u64> = view.reference.iter().zip(view.current).map(|(r, c)| r + c).collect();
    let swapped = view.m > view.n; // the smaller side is drawn
    let (drawn, total) = (view.n.min(view.m), view.n + view.m);
    let cells = Cells::of(&pooled, drawn as u64, total as u64);
    let (of_rows, of_cells) = (cost_of_rows(drawn, total), cells.cost);
    let measuring = MEASURING * pooled.len() as f64 * asked.len() as f64;
    let mut draw = if of_rows <= of_cells { Draw::Rows(labels(&pooled)) } else { Draw::Cells(cells) };
    let (mut smaller, mut larger) = (vec![0; pooled.len()], vec![0; pooled.len()]);
    replicate(budget / (of_rows.min(of_cells) + measuring), asked, settings, |stream, take| {
        draw.table(stream, &pooled, (drawn as u64, total as u64), &mut smaller);
        for (rest, (all, taken)) in larger.iter_mut().zip(pooled.iter().zip(&smaller)) {
            *rest = all - taken;
        }
        let (reference, current) = if swapped { (&smaller, &larger) } else { (&larger, &smaller) };
        take(&View { reference, current, ..*view });
    })
}

/// Judges measures by as many replicates as are wanted, or as are affordable; `next` draws one.
pub(super) fn replicate(
    affordable: f64,
    asked: &[Asked],
    settings: &Settings,
    mut next: impl FnMut(&mut Stream, &mut dyn FnMut(&View<'_>)),
) -> Vec<Permuted> {
    let wanted = (5.0 / settings.strictest()).ceil().clamp(f64::from(FEWEST), f64::from(MOST));
    let mut stream = Stream::new(settings.seed);
    // Else what is counted is the answer, and a tail is not.
    let takes_tails = affordable < wanted;
    let mut tallies = vec![(Tally::default(), false); asked.len()];
    for _ in 0..affordable.clamp(LEAST, wanted) as u32 {
        if tallies.iter().all(|(_, is_settled)| *is_settled) {
            break;
        }
        next(&mut stream, &mut |table| {
            for ((tally, is_settled), asked) in tallies.iter_mut().zip(asked).filter(|(tally, _)| !tally.1) {
                tally.take((asked.measure)(table), asked);
                *is_settled = tally.is_settled() || takes_tails && tally.is_shown(asked, settings.strictest());
            }
        });
    }
    tallies.iter().zip(asked).map(|((tally, _), asked)| tally.judged(asked, wanted, settings.alpha)).collect()
}

/// Nanoseconds that one measure costs for each cell: most take a logarithm or two.
const MEASURING: f64 = 20.0;

/// Nanoseconds that one table costs if rows are drawn.
fn cost_of_rows(drawn: f64, total: f64) -> f64 {
    let each = if total <= ROWS.1 { 5.0 } else { 60.0 };
    if total <= ROWS.0 { each * drawn } else { f64::INFINITY }
}

/// The cell of each row.
pub(super) fn labels(pooled: &[u64]) -> Vec<u32> {
    let mut labels = Vec::with_capacity(pooled.iter().sum::<u64>() as usize);
    for (cell, &rows) in pooled.iter().enumerate() {
        labels.resize(labels.len() + rows as usize, cell as u32);
    }
    labels
}

/// Brings `count` rows to the front, each of them equally likely.
pub(super) fn shuffle(labels: &mut [u32], count: usize, stream: &mut Stream) {
    for row in 0..count.min(labels.len()) {
        let other = row + stream.below((labels.len() - row) as u64) as usize;
        labels.swap(row, other);
    }
}

impl Draw {
    /// Draws how many of the `drawn` out of `total` rows fall in each cell.
    fn table(&mut self, stream: &mut Stream, pooled: &[u64], (drawn, total): (u64, u64), into: &mut [u64]) {
        match self {
            Self::Rows(labels) => {
                into.fill(0);
                shuffle(labels, drawn as usize, stream);
                for &cell in labels.iter().take(drawn as usize) {
                    into[cell as usize] += 1;
                }
            }
            Self::Cells(cells) => cells.draw(stream, pooled, (drawn, total), into),
        }
    }
}
