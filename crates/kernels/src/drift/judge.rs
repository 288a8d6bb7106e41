//! From a table to a judged test: value, law, interval, verdict.
use super::chi_square::permuted_sf;
use super::contingency::{
    chi_square, cramers_v, g_test, l_infinity, new_share, total_variation, vanished_share, williams,
};
use super::divergence::divergence;
use super::interval;
use super::model::{Settings, Test, TestId, Verdict};
use super::permutation::{Asked, permute};
use super::recut::Recut;
use super::table::View;
use crate::special::{chi_square_critical, chi_square_sf, fisher_exact, hypergeometric_upper, wilson_interval};
use crate::{Computed, Interval, Reason};
use std::collections::BTreeMap;

/// χ² laws hold at 5 % from so many expected rows in the emptiest cell; the rarer the event, the more are needed.
const FOR_CHI_SQUARE: f64 = 5.0;
/// That of `G` with Williams' correction.
const FOR_G: f64 = 10.0;
/// Those of divergences, whose tails settle later: at 10 rows, `kl` and `psi` alarm in 7 to 8 % of the runs.
const FOR_DIVERGENCES: f64 = 40.0;
/// Tables with more cells are not permuted.
pub(super) const MOST_CELLS: usize = 20_000;

/// Where the p-value of a value comes from.
pub(super) enum Law {
    Known(f64),
    /// A p-value, and the value that α has.
    Closed(f64, f64),
    Permuted(Asked),
    Unknown(Reason),
}

/// What is judged.
pub(super) struct Case<'a> {
    pub view: View<'a>,
    /// Where counts are uncertain: the nearest to equal that they may be, which is what has to stand out.
    pub sure: Option<View<'a>>,
    /// Where bins follow the rows.
    pub recut: Option<&'a Recut>,
}

/// Judges the measures `ids` of a table with rows on both sides, permuting once for all that need it.
pub(super) fn judge(case: &Case<'_>, ids: &[TestId], settings: &Settings) -> BTreeMap<TestId, Test> {
    let (view, judged) = (&case.view, case.sure.as_ref().unwrap_or(&case.view));
    let mut tests = BTreeMap::new();
    let mut permuted: Vec<(TestId, f64, Asked)> = vec![];
    for &id in ids {
        let test = match value_of(view, id) {
            Err(reason) => Test::not_computable(reason),
            Ok(value) => match law_of(case, judged, id, settings) {
                Law::Known(p) => Test::judged(value, p, settings.alpha),
                Law::Closed(p, threshold) => {
                    // What stands out by more than a sketch may be off is judged, and no one value says how much that is.
                    let threshold = Some(threshold).filter(|_| case.sure.is_none());
                    Test::judged(value, p, settings.alpha).with_threshold(threshold)
                }
                Law::Unknown(reason) => Test::unjudged(value, reason),
                Law::Permuted(asked) => {
                    permuted.push((id, value, asked));
                    continue;
                }
            },
        };
        tests.insert(id, test);
    }
    if !permuted.is_empty() {
        let asked: Vec<Asked> = permuted.iter().map(|&(.., asked)| asked).collect();
        let found = match case.recut {
            Some(recut) => recut.permute(&asked, settings),
            None => permute(judged, &asked, settings),
        };
        for (&(id, value, _), found) in permuted.iter().zip(found) {
            let threshold = found.threshold.and_then(|measure| reported(view, id, measure));
            tests.insert(id, Test::judged(value, found.p_value, settings.alpha).with_threshold(threshold));
        }
    }
    let labellings = if view.n == view.m { 2.0 } else { 1.0 };
    let few = too_few(view.n as u64, view.m as u64, settings.alpha, labellings);
    for (&id, test) in &mut tests {
        if case.sure.is_none() {
            test.interval = interval_of(view, id, test, settings.alpha);
        }
        test.withhold(few.as_ref());
    }
    tests
}

/// Returns why no p-value can reach `alpha`: even the rarest labellings of the rows, of which so many are equally extreme, are more
/// probable.
pub(super) fn too_few(n: u64, m: u64, alpha: f64, labellings: f64) -> Option<Reason> {
    let reaches = |n: u64, m: u64, labellings: f64| {
        let mut ways = 1.0;
        (1..=n.min(m)).any(|k| {
            ways *= (n.max(m) + k) as f64 / k as f64;
            ways * alpha >= labellings
        })
    };
    if reaches(n, m, labellings) {
        return None;
    }
    let each = (1..600).find(|&each| reaches(each, each, 2.0)).unwrap_or(600);
    Some(Reason::TooFew { what: "rows of both sides, evenly split".into(), have: n + m, need: 2 * each })
}

fn value_of(view: &View<'_>, id: TestId) -> Computed {
    if let Some(found) = divergence(id) {
        return Ok((found.finish)((found.sum)(view)));
    }
    match id {
        TestId::CramersV if view.cells() < 2 => Err(Reason::Constant("the column".into())),
        TestId::CramersV => cramers_v(view, chi_square(view)),
        _ => Ok(asked(view, id)?.observed),
    }
}

/// The measure that is permuted for a test; that of another table has none.
fn asked(view: &View<'_>, id: TestId) -> Computed<Asked> {
    let (measure, is_sum): (fn(&View<'_>) -> f64, bool) = match (id, divergence(id)) {
        (_, Some(found)) => (found.sum, true),
        (TestId::ChiSquare | TestId::CramersV, _) => (chi_square, true),
        (TestId::GTest, _) => (g_test, true),
        (TestId::TotalVariation, _) => (total_variation, true),
        (TestId::LInfinity, _) => (l_infinity, false),
        (TestId::NewShare, _) => (new_share, false),
        (TestId::VanishedShare, _) => (vanished_share, false),
        _ => return Err(Reason::Undefined(format!("`{id}` is no measure of this table"))),
    };
    Ok(Asked { measure, observed: measure(view), is_sum })
}

/// From what is permuted to the value reported.
fn reported(view: &View<'_>, id: TestId, measure: f64) -> Option<f64> {
    match (id, divergence(id)) {
        (_, Some(found)) => Some((found.finish)(measure)),
        (TestId::CramersV, _) => cramers_v(view, measure).ok(),
        _ => Some(measure),
    }
}

fn law_of(case: &Case<'_>, view: &View<'_>, id: TestId, settings: &Settings) -> Law {
    let asked = match asked(view, id) {
        Ok(asked) => asked,
        Err(reason) => return Law::Unknown(reason),
    };
    if view.cells() < 2 || asked.observed == 0.0 {
        return Law::Known(1.0); // nothing differs, or can
    }
    let law = if case.recut.is_some() { None } else { known(view, id, asked.observed, settings) };
    match law {
        Some(law) => law,
        None if case.sure.is_some() => Law::Unknown(Reason::Undefined("a sketch counts too roughly for this".into())),
        None if view.cells() > MOST_CELLS => {
            Law::Unknown(Reason::Undefined(format!("more than {MOST_CELLS} categories are too many to permute")))
        }
        None => Law::Permuted(asked),
    }
}

/// The law of a measure where it need not be permuted.
fn known(view: &View<'_>, id: TestId, observed: f64, settings: &Settings) -> Option<Law> {
    let freedom = view.cells() as f64 - 1.0;
    let critical = || chi_square_critical(settings.alpha, freedom);
    if let Some(found) = divergence(id) {
        let unit = view.noise() / found.per_chi;
        return is_filled(view, FOR_DIVERGENCES, settings)
            .then(|| Law::Closed(chi_square_sf(observed / unit, freedom), (found.finish)(critical() * unit)));
    }
    match id {
        TestId::ChiSquare => of_chi_square(view, observed, settings),
        TestId::CramersV => match of_chi_square(view, observed, settings)? {
            Law::Closed(p, critical) => Some(match cramers_v(view, critical) {
                Ok(threshold) => Law::Closed(p, threshold),
                Err(_) => Law::Known(p),
            }),
            law => Some(law),
        },
        TestId::GTest => {
            let excess = williams(view);
            is_filled(view, FOR_G, settings)
                .then(|| Law::Closed(chi_square_sf(observed / excess, freedom), critical() * excess))
        }
        TestId::LInfinity => Some(Law::Known(any_cell(view, observed))),
        TestId::NewShare => rare_cells(view, view.m, observed, settings),
        TestId::VanishedShare => rare_cells(view, view.n, observed, settings),
        _ => None,
    }
}

/// Whether each cell expects `least` rows, or the more the rarer the event that is to be told.
fn is_filled(view: &View<'_>, least: f64, settings: &Settings) -> bool {
    view.least_expected() >= least * libm::log1p(0.05 / settings.strictest()).max(1.0)
}

fn of_chi_square(view: &View<'_>, observed: f64, settings: &Settings) -> Option<Law> {
    if let (&[a, b], &[c, d]) = (view.reference, view.current) {
        return Some(Law::Known(fisher_exact([[a, b], [c, d]])));
    }
    let freedom = view.cells() as f64 - 1.0;
    if is_filled(view, FOR_CHI_SQUARE, settings) {
        return Some(Law::Closed(chi_square_sf(observed, freedom), chi_square_critical(settings.alpha, freedom)));
    }
    if view.n + view.m < 200.0 {
        return None; // so few rows are soon permuted
    }
    let (p, skewness) = permuted_sf(view, observed);
    // Over many cells three moments are enough; over few, only where the answer is clear.
    let is_smooth = view.cells() > MOST_CELLS || view.cells() >= 50 && skewness < 1.5;
    let is_clear = p > 4.0 * settings.alpha || p <= 1e-6 * settings.strictest() && view.n.min(view.m) >= 30.0;
    (is_smooth || is_clear).then_some(Law::Known(p))
}

/// The probability that any cell differs by so much: the sum over the cells, which is hardly more where it is small.
fn any_cell(view: &View<'_>, gap: f64) -> f64 {
    view.counts().map(|(r, c)| cell_tail(r + c, gap, (view.n, view.m))).sum::<f64>().min(1.0)
}

/// Returns the probability that the shares of a cell with so many `rows` of both sides differ by `gap` at least where nothing drifted.
pub(super) fn cell_tail(rows: f64, gap: f64, (n, m): (f64, f64)) -> f64 {
    let (drawn, total) = (n as u64, (n + m) as u64);
    // `r/n − (rows − r)/m` is at least `gap` from the first on, at most `−gap` up to the second.
    let place = |gap: f64| (gap + rows / m) * n * m / (n + m);
    let (high, low) = ((place(gap) - 1e-9 * n).ceil(), (place(-gap) + 1e-9 * n).floor());
    let above = if high <= rows { hypergeometric_upper(high as u64, rows as u64, drawn, total) } else { 0.0 };
    let below =
        if low < 0.0 { 0.0 } else { hypergeometric_upper((rows - low) as u64, rows as u64, total - drawn, total) };
    (above + below).min(1.0)
}

/// The law of the share of rows in cells that the other side, of all but `own` rows, does not have: known if a bound is enough.
///
/// A cell of `t` rows falls to one side alone with probability `b^t` at most, `b` that side's share of all rows, and cells hinder rather
/// than help each other; so by Chernoff's bound at `θ = c ln(1/b)` the p-value is at most `b^(c s) exp(Σ (b^((1 − c) t) − b^t))`.
fn rare_cells(view: &View<'_>, own: f64, share: f64, settings: &Settings) -> Option<Law> {
    let log = libm::log(own / (view.n + view.m));
    let bound = |c: f64| {
        let excess = |rows: f64| libm::exp((1.0 - c) * rows * log) - libm::exp(rows * log);
        c * share * own * log + view.counts().map(|(r, c)| excess(r + c)).sum::<f64>()
    };
    let least = [0.3, 0.6, 0.8, 0.9, 0.97].into_iter().map(bound).fold(0.0, f64::min);
    let p = libm::exp(least);
    (p <= settings.strictest()).then_some(Law::Known(p))
}

fn interval_of(view: &View<'_>, id: TestId, test: &Test, alpha: f64) -> Option<Interval> {
    let value = test.value?;
    let rejects = test.verdict == Verdict::Drifted;
    let of_share = |rows: f64| wilson_interval((value * rows).round() as u64, rows as u64, alpha);
    match id {
        TestId::NewShare => return Some(of_share(view.m)),
        TestId::VanishedShare => return Some(of_share(view.n)),
        _ => {}
    }
    if view.cells() < 2 || view.least_expected() < FOR_CHI_SQUARE || view.counts().any(|(r, c)| r == 0.0 || c == 0.0) {
        return None; // first-order formulas do not hold in sparse tables
    }
    if let Some(found) = divergence(id) {
        return Some(interval::of_divergence(view, &found, (found.sum)(view), alpha, rejects));
    }
    match id {
        TestId::CramersV => Some(interval::of_cramers_v(view, chi_square(view), alpha, rejects)),
        TestId::TotalVariation => Some(interval::of_total_variation(view, value, alpha, rejects)),
        TestId::LInfinity => Some(interval::of_l_infinity(view, value, alpha, rejects)),
        _ => None,
    }
}
