//! The law of χ² where labels are permuted, by its first three moments: it holds where cells are too empty for the χ² distribution.
use super::table::View;
use crate::special::pearson_sf;

/// Returns the probability of at least `chi_square` where nothing drifted, a Pearson III tail, and the skewness of its law.
///
/// - **Input**: two cells at least, rows on both sides, four rows at least.
pub(super) fn permuted_sf(view: &View<'_>, chi_square: f64) -> (f64, f64) {
    let (mean, variance, skewness) = moments(view);
    if variance <= 0.0 {
        return (if chi_square > mean * (1.0 + 1e-9) { 0.0 } else { 1.0 }, 0.0); // it is the same for all labels
    }
    (pearson_sf((chi_square - mean) / variance.sqrt(), skewness), skewness)
}

/// Returns mean, variance and skewness of χ² over all labellings.
///
/// - **Formula**: the mean is exact, and so is the variance (Dawson 1954). The skewness is that of a sum over cells, each binomial, less
///   what the one fixed total explains of it: within 3 % from eight cells on.
pub(super) fn moments(view: &View<'_>) -> (f64, f64, f64) {
    let (all, cells) = (view.n + view.m, view.cells() as f64);
    let variance = variance(view, all, cells);
    ((cells - 1.0) * all / (all - 1.0), variance, third_moment(view, all, cells) / (variance * variance.sqrt()))
}

fn variance(view: &View<'_>, all: f64, cells: f64) -> f64 {
    let by_cells: f64 = view.counts().map(|(r, c)| 1.0 / (r + c)).sum();
    let part = |rows: f64, shares: f64| {
        ((rows - 1.0) * (all - rows) / (all - 1.0), (all * shares - rows * rows) / (all - 2.0))
    };
    let (of_sides, of_cells) = (part(2.0, view.noise()), part(cells, by_cells));
    2.0 * all / (all - 3.0) * (of_sides.0 - of_sides.1) * (of_cells.0 - of_cells.1)
        + all * all / (all - 1.0) * of_sides.1 * of_cells.1
}

/// With `d` the deviation of a cell's reference rows from `a` of its rows, binomial with variance `s`, the cell adds `d²/s`. Over all
/// cells the `d` sum to 0, so what is linear in them, `slope · d`, is taken off.
fn third_moment(view: &View<'_>, all: f64, cells: f64) -> f64 {
    let (both, tilt) = (view.n / all * (view.m / all), (view.m - view.n) / all);
    let slope = cells * tilt / (both * all);
    let of_cell = |rows: f64| {
        let s = rows * both;
        let (third, fourth) = (s * tilt, 3.0 * s * s + s * (1.0 - 6.0 * both));
        let fifth = s * tilt * (10.0 * s + 1.0 - 12.0 * both);
        let sixth = s * (15.0 * s * s + s * (25.0 - 130.0 * both) + 1.0 - 30.0 * both + 120.0 * both * both);
        sixth / (s * s * s) - 3.0 * fourth / (s * s) + 2.0 - 3.0 * slope * (fifth / (s * s) - 2.0 * third / s)
            + 3.0 * slope * slope * (fourth / s - s)
            - slope * slope * slope * third
    };
    let sum: f64 = view.counts().map(|(r, c)| of_cell(r + c)).sum();
    sum * (cells - 1.0) / cells // one cell less is free
}
