use super::column::{ColumnProfile, Piece};
use super::gathered::{Counts, Lengths};
use super::partitions::Absorb;
use super::shape::Shape;
use super::time::TimeKind;
use super::value::Value;
use super::wide;
use crate::histogram::check_bins;
use crate::{Computed, Histogram, KernelError, Kll, Moments, Ranks, Reason, check_fraction};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The type that fits every value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inferred {
    /// There are no values.
    Unknown,
    /// Whole numbers, also such as texts and as floats.
    Integral,
    /// Numbers, not all of them whole.
    Fractional,
    /// True and false.
    Boolean,
    /// Dates and times.
    Datetime,
    /// Texts, or values of types that only a text has in common.
    Text,
    /// There are values that were not looked into.
    Other,
}

/// Answers about one column, worked out once. A share is of rows or values as each says; none is NaN.
///
/// - **Infinite** numbers are values: they are counted, are ends, have ranks, and may be a quantile. Mean, variance and histogram
///   are of the finite ones.
/// - **Times** are microseconds since 1970-01-01 wherever numbers are asked for, µs² for a variance; those without a zone, and
///   dates, as if in UTC. [`Summary::times`] says whether a column mixes them.
/// - **Flags** are 0 and 1. A column that mixes numbers, flags and times has neither mean nor ranks.
/// - **Texts** that say numbers or times are counted as such ([`Summary::inferred`]), though nothing is computed from them: whoever
///   reads the file knows which format they are in. Their ends are the first and the last as texts.
/// - **Integers beyond 2⁵³ and decimals of more than 15 digits** are rounded to floats wherever a float is asked for. Differences are
///   taken before that where every different value is counted ([`Summary::is_exact`]); else see [`Summary::is_rounded`].
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    pub(super) column: &'a ColumnProfile,
    pub(super) piece: Cow<'a, Piece>,
    /// Whether the numbers are of more than one sort.
    pub(super) is_mixed: bool,
    /// Of the finite numbers, none if they are mixed.
    pub(super) moments: Moments,
    pub(super) ranks: Ranks,
}

fn empty() -> Reason {
    Reason::Empty("the column".into())
}

fn share(count: u64, of: u64) -> Computed {
    if of == 0 { Err(empty()) } else { Ok(count as f64 / of as f64) }
}

/// What exceeds `f64` on the way is no number.
fn finite(number: f64) -> Computed {
    if number.is_finite() {
        Ok(number)
    } else {
        Err(Reason::Undefined("the numbers are too large to be summed".into()))
    }
}

impl ColumnProfile {
    /// Returns what answers questions about this column.
    ///
    /// - **Cost**: merges the pieces, up to `2·log₂(partitions)` of them.
    pub fn summary(&self) -> Summary<'_> {
        self.summary_of(self.pieces.all().unwrap_or_default())
    }

    /// Returns what [`ColumnProfile::summary`] does, but for [`Summary::top`] where not every value is counted: there is none then. A
    /// comparison has no use for it, and merging such values takes most of the time.
    pub fn summary_to_compare(&self) -> Summary<'_> {
        if self.pieces.iter().all(|(.., piece)| piece.top.error() == 0) {
            return self.summary();
        }
        let mut pieces = self.pieces.iter().map(|(.., piece)| piece.without_values());
        let mut all = pieces.next().unwrap_or_default();
        pieces.for_each(|piece| all.absorb(piece));
        self.summary_of(Cow::Owned(all))
    }

    fn summary_of<'a>(&'a self, piece: Cow<'a, Piece>) -> Summary<'a> {
        let is_mixed = self.sorts_of_numbers(piece.moments.count()) > 1;
        let moments = match wide::counted(&piece) {
            _ if is_mixed => Moments::default(),
            Some(counted) => wide::moments(&counted),
            None => piece.moments,
        };
        let ranks = if is_mixed {
            Ranks::of_counts(Vec::new())
        } else if piece.top.error() == 0 {
            let numbers = piece.top.counts().iter().filter_map(|(value, count)| Some((value.number()?, *count)));
            Ranks::of_counts(numbers.filter(|(number, _)| number.is_finite()).collect())
        } else {
            piece.kll.as_ref().map_or_else(|| Ranks::of_counts(Vec::new()), Kll::ranks)
        };
        Summary { column: self, piece, is_mixed, moments, ranks }
    }

    /// Of how many sorts the finite numbers are: numbers proper, flags, times.
    fn sorts_of_numbers(&self, all: u64) -> usize {
        let counts = &self.counts;
        let times = counts.times.iter().sum::<u64>();
        let flags = counts.boolean.saturating_sub(counts.of_shape(Shape::Boolean));
        let infinite = counts.negative_infinite + counts.positive_infinite;
        let numbers = all.saturating_sub(times).saturating_sub(flags) + infinite;
        [numbers, flags, times].into_iter().filter(|count| *count > 0).count()
    }
}

impl Summary<'_> {
    /// Returns how many values of each kind there are.
    pub fn counts(&self) -> &Counts {
        &self.column.counts
    }

    /// Returns the type that fits every value: texts as well if they say numbers, flags or times, though one other text is enough
    /// to make a column of texts.
    pub fn inferred(&self) -> Inferred {
        let counts = self.counts();
        let kinds = [counts.integral + counts.fractional, counts.boolean, counts.datetime, counts.text];
        match kinds.map(|count| count > 0) {
            _ if counts.other > 0 => Inferred::Other,
            [false, false, false, false] => Inferred::Unknown,
            [true, false, false, false] if counts.fractional == 0 => Inferred::Integral,
            [true, false, false, false] => Inferred::Fractional,
            [false, true, false, false] => Inferred::Boolean,
            [false, false, true, false] => Inferred::Datetime,
            _ => Inferred::Text,
        }
    }

    /// Returns the share of each type among the values, by name.
    pub fn types(&self) -> Computed<[(&'static str, f64); 6]> {
        let counts = self.counts();
        let named = [
            ("integral", counts.integral),
            ("fractional", counts.fractional),
            ("boolean", counts.boolean),
            ("datetime", counts.datetime),
            ("text", counts.text),
            ("other", counts.other),
        ];
        share(0, counts.values())?;
        Ok(named.map(|(name, count)| (name, count as f64 / counts.values() as f64)))
    }

    /// Returns the share of each shape among the texts, those there are, in the order of [`Shape::ALL`].
    pub fn shapes(&self) -> Computed<Vec<(Shape, f64)>> {
        let texts = self.column.lengths.count;
        let counted = Shape::ALL.into_iter().zip(self.counts().shapes).filter(|(_, count)| *count > 0);
        share(0, texts)?;
        Ok(counted.map(|(shape, count)| (shape, count as f64 / texts as f64)).collect())
    }

    /// Returns the share of rows that hold a value: neither null, nor absent, nor NaN.
    pub fn completeness(&self) -> Computed {
        share(self.counts().values(), self.counts().rows)
    }

    /// Returns how many times there are of each kind, also among texts, in the order of [`TimeKind::ALL`]: local times beside
    /// instants are not comparable, and it is the reader's to say so.
    pub fn times(&self) -> [(TimeKind, u64); 3] {
        let counts = self.counts();
        let texts = [Shape::Date, Shape::DateTime, Shape::ZonedDateTime].map(|shape| counts.of_shape(shape));
        let [date, local, instant] = counts.times;
        let [as_date, as_local, as_instant] = texts;
        let [first, second, third] = TimeKind::ALL;
        [(first, date + as_date), (second, local + as_local), (third, instant + as_instant)]
    }

    /// Returns the number of different values, NaN and nulls aside: exact if [`Summary::is_distinct_exact`], else within 1.6 %
    /// (one standard error). The estimate rests on hashes whose seed is public: who makes the values can choose them so that it
    /// is too small.
    ///
    /// - **Errors**: [`Reason::Undefined`] if there are values that were not looked into.
    pub fn distinct(&self) -> Computed<u64> {
        self.looked_into()?;
        let counted = self.piece.top.counts().len() as u64;
        let all = if self.is_distinct_exact() { counted } else { self.column.distinct.estimate() };
        Ok(all.min(self.counts().values()))
    }

    fn looked_into(&self) -> Computed<()> {
        if self.counts().other == 0 {
            return Ok(());
        }
        Err(Reason::Undefined("lists, structures, bytes and times beyond 64 bits are not looked into".into()))
    }

    /// Returns whether [`Summary::distinct`] is exact: then values are counted by what they are, not by their hashes.
    pub fn is_distinct_exact(&self) -> bool {
        self.is_exact() && self.column.distinct.is_exact()
    }

    /// Returns different values per value, nulls and NaN aside: 1 if all are different, as keys are.
    ///
    /// - **Errors**: [`Reason::Empty`] without values; within the error of [`Summary::distinct`], and as that.
    pub fn distinctness(&self) -> Computed {
        share(self.distinct()?, self.counts().values())
    }

    /// Returns the share of values that are there once, nulls and NaN aside: 1 if all are different, 0 if each is there twice.
    ///
    /// - **Errors**: [`Reason::Empty`] without values; as [`Summary::categories`].
    pub fn uniqueness(&self) -> Computed {
        share(self.once()?, self.counts().values())
    }

    /// Returns the share of the *different* values that are there once.
    ///
    /// - **Errors**: as [`Summary::uniqueness`].
    pub fn unique_value_ratio(&self) -> Computed {
        share(self.once()?, self.categories()?.len() as u64)
    }

    fn once(&self) -> Computed<u64> {
        Ok(self.categories()?.iter().map(|(_, count)| u64::from(*count == 1)).sum())
    }

    /// Returns whether all values are times, and some of them texts: the ends of those are the first and the last as texts.
    pub fn has_times_as_texts(&self) -> bool {
        let counts = self.counts();
        self.inferred() == Inferred::Datetime && counts.datetime > counts.times.iter().sum()
    }

    /// Why there are no numbers to compute from.
    fn no_numbers(&self) -> Reason {
        let counts = self.counts();
        if self.is_mixed {
            Reason::Undefined("numbers, flags and times are mixed".into())
        } else if counts.integral + counts.fractional > counts.negative_infinite + counts.positive_infinite {
            Reason::Undefined("the numbers are texts: read them as numbers".into())
        } else if self.has_times_as_texts() {
            Reason::Undefined("the times are texts: read them as times".into())
        } else {
            Reason::None("numbers in the column".into())
        }
    }

    /// Returns the mean of the finite numbers (of flags, the share of true).
    pub fn mean(&self) -> Computed {
        finite(self.moments.mean().ok_or_else(|| self.no_numbers())?)
    }

    /// Returns the population variance of the finite numbers, divided by `n`.
    ///
    /// - **Errors**: [`Reason::Undefined`] where rounding to floats left nothing of it ([`Summary::is_rounded`]).
    pub fn population_variance(&self) -> Computed {
        self.check_spread()?;
        finite(self.moments.population_variance().ok_or_else(|| self.no_numbers())?)
    }

    /// Returns the sample variance of the finite numbers, divided by `n − 1`.
    ///
    /// - **Errors**: as [`Summary::population_variance`]; [`Reason::TooFew`] for one number.
    pub fn variance(&self) -> Computed {
        self.check_spread()?;
        let have = self.moments.count();
        if have == 0 {
            return Err(self.no_numbers());
        }
        let too_few = || Reason::TooFew { what: "numbers in the column".into(), have, need: 2 };
        finite(self.moments.variance().ok_or_else(too_few)?)
    }

    /// Returns count, mean and sum of squared deviations of the finite numbers; a mean or sum that `f64` does not reach is infinite.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Returns the smallest value, in the order of [`Value`].
    pub fn min(&self) -> Option<Value> {
        let least = self.column.ends.as_ref().map(|(low, _)| low.clone());
        self.infinite().chain(least).min()
    }

    /// Returns the largest value. Of texts that agree in their first [`Value::TEXT`] bytes it is any.
    pub fn max(&self) -> Option<Value> {
        let most = self.column.ends.as_ref().map(|(_, high)| high.clone());
        self.infinite().chain(most).max()
    }

    fn infinite(&self) -> impl Iterator<Item = Value> {
        let counts = self.counts();
        let ends = [(f64::NEG_INFINITY, counts.negative_infinite), (f64::INFINITY, counts.positive_infinite)];
        ends.into_iter().filter(|(_, count)| *count > 0).map(|(number, _)| Value::Real(number))
    }

    /// Returns the lengths of the texts.
    pub fn lengths(&self) -> &Lengths {
        &self.column.lengths
    }

    /// Returns the mean length of the texts, in characters.
    pub fn mean_length(&self) -> Computed {
        let lengths = self.lengths();
        if lengths.count == 0 {
            Err(Reason::None("texts in the column".into()))
        } else {
            share(lengths.total, lengths.count)
        }
    }

    /// Returns the ranks of the finite numbers: exact with up to [`super::TOP`] different values, else those of the sketch.
    pub fn ranks(&self) -> &Ranks {
        &self.ranks
    }

    /// Returns the quantile sketch of the finite numbers, if there are any of one sort.
    pub fn kll(&self) -> Option<&Kll> {
        self.piece.kll.as_ref().filter(|_| !self.is_mixed)
    }

    /// Returns by how much a rank may be off, as a share of the finite numbers, with 99 % confidence and at every value at once:
    /// that of the sketch, and that of drawing where the sketch took a part of the values; 0 where ranks are exact.
    ///
    /// - **Source**: [`Kll::rank_error`]; 1.628/√n, the 99 % point of Kolmogorov's law, for `n` values drawn.
    pub fn rank_error(&self) -> f64 {
        self.error_with(Kll::rank_error, 1.628)
    }

    /// Returns by how much the share of the numbers between two values may be off, else as [`Summary::rank_error`].
    ///
    /// - **Source**: [`Kll::share_error`]; 2.001/√n, the 99 % point of Kuiper's law.
    pub fn share_error(&self) -> f64 {
        self.error_with(Kll::share_error, 2.001)
    }

    /// A number drawn for `weight` of them adds a variance of `weight²/4` at most to a rank: as `n²/thinned` drawn ones do.
    fn error_with(&self, of_sketch: impl Fn(&Kll) -> f64, of_drawn: f64) -> f64 {
        let Some(kll) = self.kll().filter(|_| !self.is_exact()) else { return 0.0 };
        libm::hypot(of_sketch(kll), of_drawn * (self.piece.thinned as f64).sqrt() / kll.count() as f64)
    }

    /// Returns the `q`-quantile of the numbers: the smallest value that at least a share `q` of them is at most.
    ///
    /// - **Errors**: [`Reason::None`] without numbers; [`KernelError::Argument`] for another `q` than in `[0, 1]`.
    pub fn quantile(&self, q: f64) -> Result<Computed, KernelError> {
        check_fraction("q", q)?;
        if self.is_mixed {
            return Ok(Err(self.no_numbers()));
        }
        let (below, above) = (self.counts().negative_infinite, self.counts().positive_infinite);
        let total = below + self.ranks.count() + above;
        let rank = ((q * total as f64).ceil() as u64).clamp(1, total.max(1));
        Ok(match self.ranks.ends() {
            _ if total == 0 => Err(self.no_numbers()),
            _ if rank <= below => Ok(f64::NEG_INFINITY),
            _ if rank > total - above => Ok(f64::INFINITY),
            Some((low, _)) if rank == below + 1 => Ok(low),
            Some((_, high)) if rank == total - above => Ok(high),
            _ => self.ranks.nth(rank - below).ok_or_else(|| self.no_numbers()),
        })
    }

    /// Returns how many numbers fall between the edges: up to and including the first one, from there to the second, …, above the
    /// last one.
    ///
    /// - **Shapes**: `[k]` gives `[k + 1]`.
    /// - **Errors**: [`KernelError::Argument`] unless the edges ascend.
    pub fn between(&self, edges: &[f64]) -> Result<Vec<u64>, KernelError> {
        let is_wrong = |pair: &[f64]| pair[0].partial_cmp(&pair[1]).is_none_or(Ordering::is_gt);
        if edges.iter().any(|edge| edge.is_nan()) || edges.windows(2).any(is_wrong) {
            let expected = "numbers that ascend";
            return Err(KernelError::Argument { name: "edges", found: format!("{edges:?}"), expected });
        }
        let (below, above) = (self.counts().negative_infinite, self.counts().positive_infinite);
        let mut counts = Vec::with_capacity(edges.len() + 1);
        let mut before = 0;
        for &edge in edges {
            let up_to = below + self.ranks.at_most(edge) + if edge == f64::INFINITY { above } else { 0 };
            counts.push(up_to.saturating_sub(before));
            before = up_to;
        }
        counts.push(below + self.ranks.count() + above - before);
        Ok(counts)
    }

    /// Returns the histogram of the finite numbers in `bins` bins of equal width between their ends; a constant `c` is spread over
    /// `[c − ½, c + ½]`, as numpy does.
    ///
    /// - **Errors**: [`KernelError::Argument`] for no bins; [`Reason::None`] without numbers; [`Reason::Undefined`] if the ends are
    ///   farther apart, or closer together, than bins can be told.
    /// - **Numerics**: edges as [`Histogram`] has them. Counts are exact where ranks are, else each is off by at most
    ///   [`Summary::share_error`] of all.
    pub fn histogram(&self, bins: usize) -> Result<Computed<Histogram>, KernelError> {
        check_bins(bins)?;
        let Some((mut low, mut high)) = self.ranks.ends() else { return Ok(Err(self.no_numbers())) };
        if low == high {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let width = (high - low) / bins as f64;
        if !width.is_finite() || low + width == low {
            return Ok(Err(Reason::Undefined("the ends are too far apart, or too close together, for bins".into())));
        }
        let below = (0..bins).map(|bin| if bin == 0 { 0 } else { self.ranks.below(low + bin as f64 * width) });
        let below: Vec<u64> = below.chain([self.ranks.count()]).collect();
        let counts = below.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        Ok(Ok(Histogram { low, high, counts }))
    }

    /// Returns whether every different value is counted exactly: there are no more than [`super::TOP`].
    pub fn is_exact(&self) -> bool {
        self.piece.top.error() == 0
    }

    /// Returns at most `n` values with their counts, most frequent first, equally frequent ones by value. A count is at most
    /// [`Summary::top_error`] too low. Those that may be nothing but error are left out; no value that is there more than twice
    /// as often as that is missing.
    pub fn top(&self, n: usize) -> Vec<(&Value, u64)> {
        let mut all = self.piece.top.top(n);
        all.retain(|(_, count)| *count > self.top_error());
        all
    }

    /// Returns by how much a count of [`Summary::top`] may be too low; 0 if they are exact.
    pub fn top_error(&self) -> u64 {
        self.piece.top.error()
    }

    /// Returns every different value with its count, ascending.
    ///
    /// - **Errors**: [`Reason::Undefined`] if there are more than [`super::TOP`], or values that were not looked into.
    pub fn categories(&self) -> Computed<&[(Value, u64)]> {
        self.looked_into()?;
        if self.is_exact() {
            Ok(self.piece.top.counts())
        } else {
            Err(Reason::Undefined(format!("there are more than {} different values", super::TOP)))
        }
    }

    /// Returns the Shannon entropy of the values, `−Σ p·ln p` over the different ones, NaN and nulls aside.
    ///
    /// - **Units**: nats.
    /// - **Numerics**: summed in the order of the values, with the logarithm of `libm`: equal bits on every machine.
    /// - **Errors**: [`Reason::Empty`] without values that can be counted; as [`Summary::categories`].
    pub fn entropy(&self) -> Computed {
        let counts = self.categories()?;
        let total = counts.iter().map(|(_, count)| count).sum::<u64>() as f64;
        if counts.is_empty() {
            return Err(empty());
        }
        let surprise = counts.iter().map(|(_, count)| *count as f64 / total).map(|p| p * libm::log(p));
        // A single value gives −0.
        Ok(-surprise.sum::<f64>() + 0.0)
    }
}
