use super::shape::{Shape, TextType};
use super::time::TimeKind;
use super::value::Value;
use crate::{Distinct, Kll, Moments};

/// How many values of each kind a column has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows, whatever they hold.
    pub rows: u64,
    /// Rows that hold nothing.
    pub nulls: u64,
    /// Rows of partitions that do not have the column.
    pub absent: u64,
    /// Floats that are no number. They are missing like a null, though they are counted apart.
    pub nan: u64,
    /// Minus infinity.
    pub negative_infinite: u64,
    /// Infinity.
    pub positive_infinite: u64,
    /// Whole numbers, also of a column of floats, decimals or texts.
    pub integral: u64,
    /// Other numbers, infinite ones included.
    pub fractional: u64,
    /// Flags, and texts that say `true` or `false`.
    pub boolean: u64,
    /// Times, and texts that say a date, with or without a time.
    pub datetime: u64,
    /// Other texts.
    pub text: u64,
    /// Lists, structures, bytes.
    pub other: u64,
    /// What the texts look like, in the order of [`Shape::ALL`].
    pub shapes: [u64; Shape::ALL.len()],
    /// Of which kinds the times are that came as such, not as texts, in the order of [`TimeKind::ALL`].
    pub times: [u64; TimeKind::ALL.len()],
}

impl Counts {
    /// Returns how many rows hold a value: neither null, nor absent, nor NaN.
    pub fn values(&self) -> u64 {
        self.integral + self.fractional + self.boolean + self.datetime + self.text + self.other
    }

    pub(super) fn add_text(&mut self, kind: TextType, shape: Shape, weight: u64) {
        match kind {
            TextType::Integral => self.integral += weight,
            TextType::Fractional => self.fractional += weight,
            TextType::Boolean => self.boolean += weight,
            TextType::Datetime => self.datetime += weight,
            TextType::Text => self.text += weight,
        }
        self.shapes[shape as usize] += weight;
    }

    pub(super) fn of_shape(&self, shape: Shape) -> u64 {
        Shape::ALL.into_iter().zip(self.shapes).find(|(own, _)| *own == shape).map_or(0, |(_, count)| count)
    }

    /// Every count, in the order in which they are kept.
    pub(super) fn parts(&mut self) -> impl Iterator<Item = &mut u64> {
        let Self { rows, nulls, absent, nan, negative_infinite, positive_infinite, integral, fractional, .. } = self;
        let first = [rows, nulls, absent, nan, negative_infinite, positive_infinite, integral, fractional];
        let rest = [&mut self.boolean, &mut self.datetime, &mut self.text, &mut self.other];
        first.into_iter().chain(rest).chain(&mut self.shapes).chain(&mut self.times)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let mut other = *other;
        for (mine, theirs) in self.parts().zip(other.parts()) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// Whether the counts fit each other, and the lengths of the texts, as those of every column do.
    pub(super) fn fit(&self, lengths: &Lengths) -> bool {
        let sum = |counts: &[u64]| counts.iter().map(|&count| u128::from(count)).sum::<u128>();
        let missing = [self.nulls, self.absent, self.nan];
        let values = [self.integral, self.fractional, self.boolean, self.datetime, self.text, self.other];
        let times = [Shape::Date, Shape::DateTime, Shape::ZonedDateTime].map(|shape| self.of_shape(shape));
        sum(&missing) + sum(&values) == u128::from(self.rows)
            && sum(&[self.negative_infinite, self.positive_infinite]) <= u128::from(self.fractional)
            && sum(&self.shapes) == u128::from(lengths.count)
            && sum(&times) + sum(&self.times) == u128::from(self.datetime)
            && self.of_shape(Shape::Boolean) <= self.boolean
            && self.of_shape(Shape::Digits) <= self.integral
            && lengths.fit()
    }
}

/// How long the texts of a column are, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    /// How many texts there are.
    pub count: u64,
    /// Of the shortest one (0 without texts).
    pub least: u64,
    /// Of the longest one.
    pub most: u64,
    /// Of all together, and at most 2⁵³.
    pub total: u64,
}

impl Lengths {
    pub(super) fn add(&mut self, characters: u64, weight: u64) {
        let total = characters.saturating_mul(weight);
        self.merge(&Self { count: weight, least: characters, most: characters, total });
    }

    /// Whether these are lengths of so many texts.
    fn fit(&self) -> bool {
        if self.count == 0 {
            return *self == Self::default();
        }
        self.least <= self.most && u128::from(self.total) <= u128::from(self.most) * u128::from(self.count)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.count > 0 {
            self.least = if self.count == 0 { other.least } else { self.least.min(other.least) };
            self.most = self.most.max(other.most);
            self.count = self.count.saturating_add(other.count);
            self.total = self.total.saturating_add(other.total).min(Kll::MOST);
        }
    }
}

/// Everything known of the values of one type in one partition.
pub(super) struct Gathered {
    pub(super) counts: Counts,
    pub(super) lengths: Lengths,
    pub(super) distinct: Distinct,
    pub(super) moments: Moments,
    pub(super) kll: Option<Kll>,
    pub(super) ends: Option<(Value, Value)>,
    pub(super) top: Vec<(Value, u64)>,
    /// By how much a count in `top` may be too low.
    pub(super) top_error: u64,
    /// `weight²` for each number that the sketch took for `weight` of them.
    pub(super) thinned: u64,
}

impl Gathered {
    pub(super) fn new(kll: Option<Kll>) -> Self {
        Self {
            counts: Counts::default(),
            lengths: Lengths::default(),
            distinct: Distinct::default(),
            moments: Moments::default(),
            kll,
            ends: None,
            top: Vec::new(),
            top_error: 0,
            thinned: 0,
        }
    }

    /// Takes the most frequent values and by how much a count may be too low. Beside an error, what was met once, or a sixteenth as
    /// often as the error, says nothing: it is left out, and added to the error.
    pub(super) fn take_top(&mut self, counted: impl IntoIterator<Item = (Value, u64)>, error: u64) {
        let most_noise = if error == 0 { 0 } else { (error / 16).max(1) };
        let mut most_left_out = 0;
        for (value, count) in counted {
            if count > most_noise {
                self.top.push((value, count));
            } else {
                most_left_out = count.max(most_left_out);
            }
        }
        self.top_error = error + most_left_out;
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.counts.merge(&other.counts);
        self.lengths.merge(&other.lengths);
        self.distinct.absorb(&other.distinct);
        self.moments.merge(&other.moments);
        merge_sketches(&mut self.kll, other.kll);
        self.ends = merge_ends(self.ends.take(), other.ends);
        self.top.extend(other.top);
        self.top_error = self.top_error.saturating_add(other.top_error);
        self.thinned = self.thinned.saturating_add(other.thinned);
    }
}

pub(super) fn merge_sketches(mine: &mut Option<Kll>, theirs: Option<Kll>) {
    match (mine.as_mut(), theirs) {
        (Some(mine), Some(theirs)) => mine.absorb(&theirs),
        (None, theirs) => *mine = theirs,
        (_, None) => {}
    }
}

pub(super) fn merge_ends(mine: Option<(Value, Value)>, theirs: Option<(Value, Value)>) -> Option<(Value, Value)> {
    match (mine, theirs) {
        (Some((low, high)), Some((other_low, other_high))) => Some((low.min(other_low), high.max(other_high))),
        (one, other) => one.or(other),
    }
}
