//! The area under the curve, and how sure it is.
use crate::special::normal_sf;
use crate::{Computed, Interval, Reason};

/// The probability that the score of a hit (a disadvantaged row, a current one) is above that of another row, ties half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub value: f64,
    /// The variance by placements (DeLong 1988).
    pub variance: f64,
    /// The variance if scores tell nothing, from ranks with ties (Mann & Whitney).
    pub chance: f64,
    /// Pairs of a hit and another row.
    pub pairs: f64,
}

impl Area {
    /// Returns the area of scores, each with whether its row is a hit; nothing with fewer than two rows of a group.
    pub fn of(mut rows: Vec<(f64, bool)>) -> Option<Self> {
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let m = rows.iter().filter(|row| row.1).count() as f64;
        let n = rows.len() as f64 - m;
        if n < 2.0 || m < 2.0 {
            return None;
        }
        let (mut below, mut ties) = ([0.0, 0.0], 0.0);
        // Sums over rows of the other group's rows that are below a hit, above another; of squares of shares.
        let (mut wins, mut squares) = (0.0, [0.0, 0.0]);
        for run in rows.chunk_by(|a, b| a.0 == b.0) {
            let d = run.iter().filter(|row| row.1).count() as f64;
            let a = run.len() as f64 - d;
            let (for_d, for_a) = (below[0] + 0.5 * a, m - below[1] - 0.5 * d);
            wins += d * for_d;
            squares[0] += a * (for_a / m).powi(2);
            squares[1] += d * (for_d / n).powi(2);
            ties += (a + d).powi(3) - (a + d);
            below = [below[0] + a, below[1] + d];
        }
        let (all, value) = (n + m, wins / (n * m));
        let of_placements = |sum: f64, rows: f64| (sum - rows * value * value) / (rows - 1.0) / rows;
        Some(Self {
            value,
            variance: (of_placements(squares[0], n) + of_placements(squares[1], m)).max(0.0),
            chance: (((all + 1.0) - ties / (all * (all - 1.0))) / (12.0 * n * m)).max(0.0),
            pairs: n * m,
        })
    }

    /// Returns the mean of areas, weighted by their pairs; nothing without any.
    pub fn together(areas: &[Self]) -> Option<Self> {
        let pairs: f64 = areas.iter().map(|area| area.pairs).sum();
        let mean = |of: fn(&Self) -> f64, power| -> f64 {
            areas.iter().map(|area| (area.pairs / pairs).powi(power) * of(area)).sum()
        };
        (pairs > 0.0).then(|| Self {
            value: mean(|area| area.value, 1),
            variance: mean(|area| area.variance, 2),
            chance: mean(|area| area.chance, 2),
            pairs,
        })
    }

    /// Returns how likely an area as large as this one is if scores tell nothing; one-sided, without continuity correction.
    pub fn p_value(&self) -> Computed {
        if self.chance > 0.0 {
            Ok(normal_sf((self.value - 0.5) / self.chance.sqrt()))
        } else {
            Err(Reason::Constant("the model's score".into()))
        }
    }
}

/// Limits of an area on the scale of the logit.
pub(crate) fn logit_interval(area: Area, z: f64) -> Computed<Interval> {
    let Area { value, variance, .. } = area;
    if value <= 0.0 || value >= 1.0 {
        return Err(Reason::Constant("the order of the two groups".into()));
    }
    let half = z * variance.sqrt() / (value * (1.0 - value));
    let centre = libm::log(value / (1.0 - value));
    let inverse = |x: f64| 1.0 / (1.0 + libm::exp(-x));
    Ok(Interval { low: inverse(centre - half), high: inverse(centre + half) })
}
