//! The flip test: what would the model have said, had the disadvantaged been like the advantaged nearest to them?
mod neighbours;
mod points;
#[cfg(test)]
mod tests;

use super::codes::{MISSING, check_codes, check_length};
use super::comparison::GROUPS;
use super::intervals::Rate;
use super::metric::{Metric, Test};
use super::settings::Settings;
use super::significance::one_half;
use crate::{Computed, Interval, KernelError, Reason, mix};
use neighbours::{Found, Neighbours};
use points::{Count, Points};
use std::ops::Range;

/// Neighbours that are asked, and how many advantaged rows there must be beyond which so many are; below, one is.
const NEIGHBOURS: u64 = 5;
const ONE_UP_TO: usize = 9;

/// The largest feature whose squared distances stay finite.
const LARGEST: f64 = 1e150;

/// Coordinates that a sample may look at, some five seconds of one core; the rows that it asks all the same, by which the
/// standard error stays below 0.03; and those that tell what one costs.
const MOST_LOOKS: u64 = 5_000_000_000;
const LEAST_ASKED: u64 = 1_000;
const TRIED: usize = 32;

/// The rows of a flip test, ready to be searched.
///
/// - **Shapes**: features: columns of `[n]`, numbers; what is categorical is the caller's to encode, and scales are the
///   caller's too: the distance is Euclidean on the numbers as they are, as in Clarify.
/// - **Neighbours**: the 5 nearest advantaged rows, 1 where there are at most 9, exactly. All rows that are as far as the last
///   of them share the votes that are left, and half of the votes is a "no": the order of rows changes nothing. smclarify
///   takes such rows as they come out of its search (in three features of 7 values its own number moves by 0.03 with the order
///   of rows): without ties it is the same number, with them it is at most [`Flips::tied`] over the rows away.
/// - **Odd values**: a row with a feature that is missing, infinite or beyond 1e150, or without facet or prediction, is left
///   out and counted. Clarify: such a feature leaves no number; a missing facet is advantaged, a missing prediction negative.
/// - **Numerics**: a k-d tree of the distinct advantaged rows: `O(n log n)` to build; a search visits few of them if features
///   are few, nearly all if they are many. [`Self::at_most`] bounds that.
pub struct FlipTest {
    settings: Settings,
    advantaged: u64,
    disadvantaged: Points,
    /// The rows that are asked, at each of the disadvantaged points.
    asked: Vec<Count>,
    left_out: u64,
    odd_features: bool,
    neighbours: Neighbours,
}

/// How many disadvantaged rows were asked, and how many of them flip. Mergeable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flips {
    /// Positive by the model, negative by the neighbours.
    pub from_positive: u64,
    /// Negative by the model, positive by the neighbours.
    pub from_negative: u64,
    /// Rows asked.
    pub rows: u64,
    /// Of these, how many would be told something else if other rows were taken of those that are equally far: smclarify's
    /// number, which takes them as they come, is at most `tied / rows` away.
    pub tied: u64,
}

impl Flips {
    /// Takes the rows that `other` has asked.
    pub fn merge(&mut self, other: &Self) {
        self.from_positive += other.from_positive;
        self.from_negative += other.from_negative;
        self.rows += other.rows;
        self.tied += other.tied;
    }
}

impl FlipTest {
    /// Prepares the test, in which every disadvantaged row is asked.
    ///
    /// - **Shapes**: `features`: columns of `[n]`; `disadvantaged` and `positive`: `[n]`, 0 for no, 1 for yes, or [`MISSING`].
    /// - **Errors**: [`KernelError::Argument`] for lengths that differ, or another code.
    pub fn new(
        features: &[&[f64]],
        disadvantaged: &[u32],
        positive: &[u32],
        settings: &Settings,
    ) -> Result<Self, KernelError> {
        let rows = disadvantaged.len();
        check_length("positive", positive.len(), rows)?;
        check_codes("disadvantaged", disadvantaged, 2)?;
        check_codes("positive", positive, 2)?;
        let mut is_odd = vec![false; rows];
        for column in features {
            check_length("features", column.len(), rows)?;
            for (odd, value) in is_odd.iter_mut().zip(*column) {
                *odd |= value.is_nan() || value.abs() > LARGEST;
            }
        }
        let (mut groups, mut left_out) = ([Vec::new(), Vec::new()], 0);
        let codes = disadvantaged.iter().zip(positive);
        for (row, ((&facet, &says), &odd)) in (0u32..).zip(codes.zip(&is_odd)) {
            let unknown = facet == MISSING || says == MISSING;
            if odd || (unknown && !settings.is_clarify()) {
                left_out += 1;
            } else {
                groups[usize::from(facet == 1)].push(row);
            }
        }
        let [advantaged, disadvantaged] = groups;
        let nearest = if advantaged.len() > ONE_UP_TO { NEIGHBOURS } else { 1 };
        let disadvantaged = Points::new(features, positive, &disadvantaged);
        Ok(Self {
            settings: *settings,
            advantaged: advantaged.len() as u64,
            asked: disadvantaged.counts.clone(),
            disadvantaged,
            left_out,
            odd_features: is_odd.contains(&true),
            neighbours: Neighbours::new(&Points::new(features, positive, &advantaged), nearest),
        })
    }

    /// Asks a sample of `rows` of the disadvantaged instead, or all if there are no more; and fewer where neighbours are so
    /// hard to find that it would take more than a few seconds, but 1,000 even then.
    ///
    /// The sample is chosen by a hash of `seed` and what stands in the rows: it is the same in any order of them. 10,000 rows
    /// have a standard error of 0.01 at most; [`Self::asked`] says how many there are, and the interval holds for all rows.
    pub fn at_most(mut self, rows: u64, seed: u64) -> Self {
        let mut keys: Vec<(u64, usize, bool)> = Vec::new();
        for (point, count) in self.disadvantaged.counts.iter().enumerate() {
            let place = self.disadvantaged.at(point).iter().fold(seed, |key, value| mix(key, value.to_bits()));
            let kinds = (0..count.rows()).map(|copy| (mix(place, copy), point, copy < count.positive));
            keys.extend(kinds);
        }
        if keys.len() as u64 <= rows.min(LEAST_ASKED) {
            return self;
        }
        keys.sort_unstable();
        let mut found = Found::default();
        for &(_, point, _) in keys.iter().take(TRIED) {
            self.neighbours.vote(self.disadvantaged.at(point), &mut found);
        }
        let looks_of_one = found.looked_at / TRIED as u64 + 1;
        let rows = rows.min((MOST_LOOKS / looks_of_one).max(LEAST_ASKED));
        self.asked.fill(Count::default());
        for &(_, point, positive) in keys.iter().take(usize::try_from(rows).unwrap_or(usize::MAX)) {
            if let Some(asked) = self.asked.get_mut(point) {
                asked.add(Count { negative: u64::from(!positive), positive: u64::from(positive) });
            }
        }
        self
    }

    /// Returns how many places disadvantaged rows stand at: [`Self::flips`] takes ranges of them.
    pub fn points(&self) -> usize {
        self.asked.len()
    }

    /// Returns how many disadvantaged rows there are, and how many of them are asked.
    pub fn asked(&self) -> (u64, u64) {
        let rows = |counts: &[Count]| counts.iter().map(|count| count.rows()).sum();
        (rows(&self.disadvantaged.counts), rows(&self.asked))
    }

    /// Returns how many rows are left out, of either group.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Asks the rows at a range of `0..points()`; what lies outside is nobody. Ranges may be asked in any order, on any
    /// thread, and merged.
    pub fn flips(&self, range: Range<usize>) -> Flips {
        let (mut flips, mut found) = (Flips::default(), Found::default());
        for (point, asked) in self.asked.iter().enumerate().take(range.end).skip(range.start) {
            if asked.rows() == 0 {
                continue;
            }
            let vote = self.neighbours.vote(self.disadvantaged.at(point), &mut found);
            if vote.is_positive {
                flips.from_negative += asked.negative;
            } else {
                flips.from_positive += asked.positive;
            }
            flips.rows += asked.rows();
            flips.tied += if vote.is_tied { asked.rows() } else { 0 };
        }
        flips
    }

    /// Returns the flip test: `(F⁺ − F⁻) / n_d`; F⁺ are positive by the model and negative by their neighbours, F⁻ the other
    /// way.
    ///
    /// - **Units**: −1 to 1; negative where the model is harder on the disadvantaged than on the advantaged like them.
    /// - **Interval**: difference of paired proportions (Bonett & Price 2012). **p-value**: McNemar, exact below 100 flips.
    ///   Both hold the advantaged rows as they are.
    /// - **Errors**: [`Reason::Empty`] without features, for a group without rows, or if `flips` asked nobody;
    ///   [`Reason::TooFew`] for a group with fewer than the least.
    /// - **Source**: Clarify's FT, Black, Yeom & Fredrikson (2020); golden values from smclarify 0.5.
    pub fn metric(&self, flips: &Flips) -> Metric {
        if let Err(reason) = self.usable(flips) {
            return Metric::none(reason);
        }
        let Flips { from_positive, from_negative, rows, .. } = *flips;
        let n = rows as f64;
        // One row more that flips either way; the limits lie about the difference with them (Bonett & Price 2012).
        let [up, down] = [from_positive, from_negative].map(|count| (count as f64 + 1.0) / (n + 2.0));
        let half = self.settings.z(1) * ((up + down - (up - down).powi(2)) / (n + 2.0)).sqrt();
        let flipped = Rate { hits: from_positive, of: from_positive + from_negative };
        Metric {
            value: Ok((from_positive as f64 - from_negative as f64) / n),
            interval: Ok(Interval { low: (up - down - half).max(-1.0), high: (up - down + half).min(1.0) }),
            p_value: Ok(one_half(flipped, Test::McNemarExact, Test::McNemar)),
        }
    }

    fn usable(&self, flips: &Flips) -> Computed<()> {
        if self.disadvantaged.dimensions == 0 {
            return Err(Reason::Empty("the list of features".into()));
        }
        if self.odd_features && self.settings.is_clarify() {
            return Err(Reason::Undefined("a feature is missing, infinite or too large".into()));
        }
        let need = self.settings.min_group();
        for (group, have) in GROUPS.iter().zip([self.advantaged, flips.rows]) {
            if have == 0 {
                return Err(Reason::Empty((*group).into()));
            }
            if have < need {
                return Err(Reason::TooFew { what: format!("rows of {group}"), have, need });
            }
        }
        Ok(())
    }
}
