//! What a person sees of a column: a histogram, or the most frequent values, of both sides and bounded.
use kernels::Ranks;
use kernels::profile::Value;

/// Bins of a histogram.
const BINS: usize = 20;
/// The most frequent values that are shown.
const TOP: usize = 10;
/// What is looked at for the middle of the values.
const SAMPLE: usize = 2_048;
/// The share of the values that lies beyond the middle on either end.
const TAIL: f64 = 0.005;

/// What the values of a column look like on both sides.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// Of numbers, and of times in microseconds since 1970-01-01.
    Histogram(Histogram),
    /// Of categories, the most frequent ones first.
    Top {
        /// At most ten.
        values: Vec<Frequency>,
        /// How many other values there are.
        others: u64,
        /// Rows of the reference and of the current side with another value.
        other_rows: [u64; 2],
    },
    /// There are no values, or they are not compared.
    Nothing,
}

/// How often a value is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequency {
    /// The value; of a long text the beginning.
    pub value: String,
    /// Rows of the reference.
    pub reference: u64,
    /// Rows of the current side.
    pub current: u64,
}

/// Counts of both sides between the same edges. Bin `i` is `[edge i, edge i + 1)`, the last one with its upper edge. All bins are of
/// one width, but the first and the last where they reach out to values far from all others. Infinite values are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Ascending, one more than bins.
    pub edges: Vec<f64>,
    /// Rows of the reference.
    pub reference: Vec<u64>,
    /// Rows of the current side; near enough where it is a sketch, as for the reference.
    pub current: Vec<u64>,
}

/// Where the values of a side lie: least and greatest, and the ends of their middle.
#[derive(Clone, Copy, Debug)]
struct Span {
    ends: (f64, f64),
    middle: (f64, f64),
}

impl Look {
    /// Returns the look of sides whose values each closure counts between these edges.
    pub(super) fn of_edges(edges: Option<Vec<f64>>, fill: [&dyn Fn(&[f64]) -> Vec<u64>; 2]) -> Self {
        let Some(edges) = edges else { return Self::Nothing };
        let [reference, current] = fill.map(|fill| fill(&edges));
        Self::Histogram(Histogram { edges, reference, current })
    }

    /// Returns the look of what profiles keep.
    pub(super) fn of_ranks(reference: &Ranks, current: &Ranks) -> Self {
        let edges = edges([span_of_ranks(reference), span_of_ranks(current)]);
        Self::of_edges(edges, [&|edges| fill_ranked(edges, reference), &|edges| fill_ranked(edges, current)])
    }

    /// Returns the look of values, each with its rows on either side.
    pub(super) fn of_categories(values: &[&Value], reference: &[u64], current: &[u64]) -> Self {
        let rows = [reference, current].map(|counts| counts.iter().sum::<u64>());
        let share = |place: usize| {
            let of = |counts: &[u64], rows: u64| counts.get(place).copied().unwrap_or(0) as f64 / rows.max(1) as f64;
            of(reference, rows[0]) + of(current, rows[1])
        };
        let mut places: Vec<(f64, usize)> = (0..values.len()).map(|place| (share(place), place)).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if places.len() > TOP {
            places.select_nth_unstable_by(TOP, order);
            places.truncate(TOP);
        }
        places.sort_unstable_by(order);
        let shown: Vec<Frequency> = places
            .iter()
            .filter_map(|&(_, place)| {
                let (value, &reference, &current) = (values.get(place)?, reference.get(place)?, current.get(place)?);
                Some(Frequency { value: shortened(&value.to_string()), reference, current })
            })
            .collect();
        if shown.is_empty() {
            return Self::Nothing;
        }
        let other_rows = [
            rows[0] - shown.iter().map(|one| one.reference).sum::<u64>(),
            rows[1] - shown.iter().map(|one| one.current).sum::<u64>(),
        ];
        Self::Top { others: (values.len() - shown.len()) as u64, values: shown, other_rows }
    }
}

/// The first characters of a text, which may be of any length.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(Value::TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn span_of_values(values: &[f64]) -> Option<Span> {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for &value in values.iter().filter(|value| value.is_finite()) {
        least = least.min(value);
        most = most.max(value);
    }
    let mut sample: Vec<f64> =
        values.iter().copied().step_by(values.len() / SAMPLE + 1).filter(|v| v.is_finite()).collect();
    sample.sort_unstable_by(f64::total_cmp);
    let place = |share: f64| sample.get((share * sample.len() as f64) as usize).copied();
    let middle = place(TAIL).zip(place(1.0 - TAIL)).unwrap_or((least, most));
    (least <= most).then_some(Span { ends: (least, most), middle })
}

fn span_of_ranks(ranks: &Ranks) -> Option<Span> {
    let place = |share: f64| ranks.nth(((share * ranks.count() as f64) as u64).max(1));
    let middle = place(TAIL).zip(place(1.0 - TAIL))?;
    Some(Span { ends: ranks.ends()?, middle })
}

/// The edges of bins for the values of both sides.
fn edges(spans: [Option<Span>; 2]) -> Option<Vec<f64>> {
    let spans = || spans.iter().flatten();
    let least = |of: fn(&Span) -> f64| spans().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&Span) -> f64| spans().map(of).fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = (least(|span| span.ends.0), most(|span| span.ends.1));
    let (from, to) = (least(|span| span.middle.0), most(|span| span.middle.1));
    if low > high || !(high - low).is_finite() {
        return None;
    }
    if low == high {
        return Some(vec![low - 0.5, low + 0.5]).filter(|edges| edges[0] < low && low < edges[1]);
    }
    let is_even = high - low <= 1.5 * (to - from);
    let (from, to, bins) = if is_even || from >= to { (low, high, BINS) } else { (from, to, BINS - 2) };
    let even = (0..=bins).map(|edge| from + edge as f64 * ((to - from) / bins as f64));
    let mut edges: Vec<f64> =
        if bins == BINS { even.collect() } else { [low].into_iter().chain(even).chain([high]).collect() };
    edges.dedup();
    if bins == BINS
        && let Some(last) = edges.last_mut()
    {
        *last = high; // which rounding may have missed
    }
    edges.is_sorted_by(|a, b| a < b).then_some(edges)
}

/// Returns the edges for values in any order, without NaN; none without a finite one.
pub(super) fn edges_of_values(reference: &[f64], current: &[f64]) -> Option<Vec<f64>> {
    edges([span_of_values(reference), span_of_values(current)])
}

/// Counts what ranks have between edges.
pub(super) fn fill_ranked(edges: &[f64], ranks: &Ranks) -> Vec<u64> {
    fill_by(edges, 0, ranks.count(), |edge| ranks.below(edge))
}

/// Counts ascending values between edges.
pub(super) fn fill_sorted(edges: &[f64], values: &[f64]) -> Vec<u64> {
    let below = |edge: f64| values.partition_point(|&value| value < edge) as u64;
    let finite = values.partition_point(|&value| value < f64::INFINITY) as u64;
    fill_by(edges, below(f64::MIN), finite, below)
}

/// The rows between edges, of which `least` lie below all of them and `most` up to the last.
fn fill_by(edges: &[f64], least: u64, most: u64, below: impl Fn(f64) -> u64) -> Vec<u64> {
    let inner = edges.iter().take(edges.len().saturating_sub(1)).skip(1).map(|&edge| below(edge));
    let below: Vec<u64> = [least].into_iter().chain(inner).chain([most]).collect();
    below.array_windows().map(|[from, to]| to.saturating_sub(*from)).collect()
}

/// Counts values between edges, in any order.
pub(super) fn fill(edges: &[f64], values: &[f64]) -> Vec<u64> {
    let bins = edges.len().saturating_sub(1);
    let mut counts = vec![0u64; bins];
    let (Some(&first), Some(&last)) = (edges.get(1), edges.get(bins.saturating_sub(1))) else { return counts };
    // Between the first and the last bin all are of one width.
    let per_unit = if bins > 2 { (bins - 2) as f64 / (last - first) } else { 0.0 };
    for &value in values.iter().filter(|value| value.is_finite()) {
        let mut bin =
            if value < first { 0 } else { (((value - first) * per_unit) as usize).saturating_add(1) }.min(bins - 1);
        if edges.get(bin).is_some_and(|&edge| value < edge) {
            bin = bin.saturating_sub(1);
        } else if bin + 1 < bins && edges.get(bin + 1).is_some_and(|&edge| value >= edge) {
            bin += 1;
        }
        if let Some(count) = counts.get_mut(bin) {
            *count += 1;
        }
    }
    counts
}
