use super::block::Block;
use super::gathered::{Counts, Gathered, Lengths, merge_ends, merge_sketches};
use super::kinds::{Decimals, Integers, Number, Reals, Times, hash_flag, hash_real};
use super::numbers::{Numbers, sum_in_lanes};
use super::partitions::{Absorb, Partitions};
use super::settings::Settings;
use super::texts::Texts;
use super::time::TimeKind;
use super::value::{MOST_SCALE, Value};
use super::{ProfileError, TOP};
use crate::{Distinct, KernelError, Kll, Moments, TopValues};

/// What is known of one column: of one partition, or of many merged. Mergeable.
///
/// Questions are asked of its [`ColumnProfile::summary`].
/// - **Memory**: 20 KiB at most for counts and distinct values, and for each stretch of partitions without a gap up to
///   `2·log₂(partitions)` pieces, each of about `3·k` floats and 1,024 values of up to [`Value::TEXT`] bytes. See
///   [`super::Profile`] for how to leave few gaps.
/// - **Numerics**: partitions are merged along a binary tree over their indices, so any order and any split of the same
///   partitions give equal bits.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnProfile {
    pub(super) counts: Counts,
    pub(super) lengths: Lengths,
    pub(super) ends: Option<(Value, Value)>,
    pub(super) distinct: Distinct,
    pub(super) pieces: Partitions<Piece>,
}

/// What depends on the order in which it is merged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) moments: Moments,
    pub(super) kll: Option<Kll>,
    /// `weight²` for each number that the sketch took for `weight` of them.
    pub(super) thinned: u64,
    pub(super) top: TopValues<Value>,
}

impl Default for Piece {
    fn default() -> Self {
        Self { moments: Moments::default(), kll: None, thinned: 0, top: TopValues::of_counts(TOP, 0, Vec::new()) }
    }
}

impl Piece {
    /// Returns it without the values it counts, of which there are more than it counts.
    pub(super) fn without_values(&self) -> Self {
        let top = TopValues::of_counts(TOP, self.top.error(), Vec::new());
        Self { moments: self.moments, kll: self.kll.clone(), thinned: self.thinned, top }
    }
}

impl Absorb for Piece {
    fn absorb(&mut self, right: Self) {
        self.moments.merge(&right.moments);
        merge_sketches(&mut self.kll, right.kll);
        self.thinned = self.thinned.saturating_add(right.thinned);
        self.top.absorb(right.top);
    }
}

impl ColumnProfile {
    /// Returns the column of partitions that do not have it.
    pub(super) fn absent(partitions: &Partitions<u64>) -> Self {
        let rows = partitions.iter().map(|(_, _, rows)| rows).sum();
        Self {
            counts: Counts { rows, absent: rows, ..Counts::default() },
            lengths: Lengths::default(),
            ends: None,
            distinct: Distinct::default(),
            pieces: partitions.map(|_| Piece::default()),
        }
    }

    /// Takes what is known of the same column in other partitions.
    ///
    /// - **Errors**: [`ProfileError::Overlap`] if both have one of a partition, [`ProfileError::TooMany`] for more rows than are
    ///   counted; nothing is changed then.
    pub(super) fn merge(&mut self, other: Self) -> Result<(), ProfileError> {
        if self.counts.rows.saturating_add(other.counts.rows) > Kll::MOST {
            return Err(ProfileError::TooMany);
        }
        self.pieces.merge(other.pieces)?;
        self.counts.merge(&other.counts);
        self.lengths.merge(&other.lengths);
        self.ends = merge_ends(self.ends.take(), other.ends);
        self.distinct.absorb(&other.distinct);
        Ok(())
    }

    /// Returns how many values of each kind there are.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// Takes the values of one column of one partition, block by block; where blocks begin and end makes no difference, but for
/// [`ColumnBuilder::add_counted`] with more than [`TOP`] values.
///
/// - **Memory**: at most 512 KiB and what [`ColumnProfile`] takes, however many values, and 2 MiB for the moment in which counts of
///   many whole numbers are worked out; a column has one type, as a rule, and each further one takes as much again.
/// - **Errors**: [`KernelError::Argument`] for more than 2⁵³ rows. What is refused changes nothing.
/// - **Cost**: see the example `profile_cost`.
/// ```
/// # use kernels::profile::{Block, ColumnBuilder, Settings};
/// let mut builder = ColumnBuilder::new(Settings::default(), "age", 0).unwrap();
/// builder.add(Block::Integer(&[31, 45, 31])).unwrap();
/// builder.add_nulls(1).unwrap();
/// let column = builder.finish();
/// let summary = column.summary();
/// assert_eq!((summary.mean(), summary.completeness(), summary.distinct()), (Ok(107.0 / 3.0), Ok(0.75), Ok(2)));
/// ```
pub struct ColumnBuilder {
    settings: Settings,
    seed: u64,
    partition: u64,
    /// Rows, nulls, NaN, infinite and other values: what needs no more than counting.
    counts: Counts,
    flags: [u64; 2],
    is_rounded: bool,
    reals: Option<Numbers<Reals>>,
    integers: Option<Numbers<Integers>>,
    times: Option<Numbers<Times>>,
    decimals: Option<Numbers<Decimals>>,
    texts: Option<Texts>,
}

impl ColumnBuilder {
    /// Returns an empty one for the column of this name in the partition of this index.
    ///
    /// - **Errors**: [`KernelError::Argument`] for a `k` below 8.
    pub fn new(settings: Settings, column: &str, partition: u64) -> Result<Self, KernelError> {
        settings.check()?;
        Ok(Self {
            settings,
            seed: settings.seed_of(column, partition),
            partition,
            counts: Counts::default(),
            flags: [0; 2],
            is_rounded: false,
            reals: None,
            integers: None,
            times: None,
            decimals: None,
            texts: None,
        })
    }

    /// Takes rows that hold nothing.
    pub fn add_nulls(&mut self, count: u64) -> Result<(), KernelError> {
        self.counts.rows = self.rows_with("count", [count])?;
        self.counts.nulls += count;
        Ok(())
    }

    /// Takes values.
    ///
    /// - **Errors**: [`KernelError::Argument`] for decimals of a scale above 38 or of another scale than those before, and times of
    ///   another kind than those before.
    pub fn add(&mut self, block: Block<'_>) -> Result<(), KernelError> {
        let rows = self.rows_with("block", [block.len() as u64])?;
        match block {
            Block::Real(values) => {
                let feed = feed(&mut self.reals, Reals, self.settings, self.seed)?;
                if are_finite(values) {
                    feed.add(values);
                } else {
                    let counts = &mut self.counts;
                    let is_finite = |value: &f64| value.is_finite() || count_special(counts, *value);
                    feed.add(&values.iter().copied().filter(is_finite).collect::<Vec<_>>());
                }
            }
            Block::Integer(values) => feed(&mut self.integers, Integers, self.settings, self.seed)?.add(values),
            Block::Time { micros, kind } => self.times(kind)?.add(micros),
            Block::Decimal { unscaled, scale } => self.decimals(scale)?.add(unscaled),
            Block::Flag(values) => {
                let yes = values.iter().map(|&flag| u64::from(flag)).sum::<u64>();
                self.flags[1] += yes;
                self.flags[0] += values.len() as u64 - yes;
            }
            Block::Text(values) => self.texts.get_or_insert_with(Texts::new).add(values),
            Block::Other(count) => self.counts.other += count as u64,
        }
        self.counts.rows = rows;
        Ok(())
    }

    /// Takes texts with how often each was seen: what a dictionary and the counts of its codes say, see [`super::count_codes`].
    ///
    /// Many calls cost more than one; the counts of all pages with one dictionary belong together. Texts of which there are none
    /// are left out.
    /// - **Errors**: [`KernelError::Shape`] if there are not as many counts as texts.
    pub fn add_counted(&mut self, texts: &[&[u8]], counts: &[u64]) -> Result<(), KernelError> {
        if texts.len() != counts.len() {
            return Err(KernelError::Shape(texts.len(), counts.len()));
        }
        self.counts.rows = self.rows_with("counts", counts.iter().copied())?;
        self.texts.get_or_insert_with(Texts::new).add_counted(texts, counts);
        Ok(())
    }

    /// Takes flags by how often there is false, and how often true.
    pub fn add_flags(&mut self, counts: [u64; 2]) -> Result<(), KernelError> {
        self.counts.rows = self.rows_with("counts", counts)?;
        for (flag, count) in self.flags.iter_mut().zip(counts) {
            *flag += count;
        }
        Ok(())
    }

    /// Says that values were rounded before they came here, as nanoseconds are to microseconds: how many differ is an estimate then,
    /// and of the rounded ones.
    pub fn mark_rounded(&mut self) {
        self.is_rounded = true;
    }

    /// Returns how many rows there are with these.
    fn rows_with(&self, name: &'static str, more: impl IntoIterator<Item = u64>) -> Result<u64, KernelError> {
        let add = |rows: u64, more: u64| rows.checked_add(more).filter(|&rows| rows <= Kll::MOST);
        let expected = "no more than 2^53 rows in all";
        let too_many = || KernelError::Argument { name, found: "too much".into(), expected };
        more.into_iter().try_fold(self.counts.rows, add).ok_or_else(too_many)
    }

    /// Returns what is known of the column in this partition.
    pub fn finish(self) -> ColumnProfile {
        let mut all = Gathered::new(None);
        all.counts = self.counts;
        let numbers = [
            self.reals.map(Numbers::finish),
            self.integers.map(Numbers::finish),
            self.decimals.map(Numbers::finish),
            self.times.map(Numbers::finish),
            self.texts.map(Texts::finish),
            flags(self.flags),
        ];
        for gathered in numbers.into_iter().flatten() {
            all.absorb(gathered);
        }
        absorb_infinite(&mut all);
        if self.is_rounded {
            all.distinct.estimate_from_now_on();
        }
        let mut kll = all.kll.filter(|kll| kll.count() > 0);
        if let Some(kll) = &mut kll {
            kll.settle();
        }
        let top = TopValues::of_counts(TOP, all.top_error, all.top);
        let piece = Piece { moments: all.moments, kll, thinned: all.thinned, top };
        ColumnProfile {
            counts: all.counts,
            lengths: all.lengths,
            ends: all.ends,
            distinct: all.distinct,
            pieces: Partitions::of(self.partition, piece),
        }
    }

    fn decimals(&mut self, scale: u8) -> Result<&mut Numbers<Decimals>, KernelError> {
        let is_other = self.decimals.as_ref().is_some_and(|decimals| decimals.number().scale != scale);
        if scale > MOST_SCALE || is_other {
            let expected = if is_other { "the scale of the decimals before" } else { "at most 38" };
            return Err(KernelError::Argument { name: "scale", found: scale.to_string(), expected });
        }
        feed(&mut self.decimals, Decimals { scale }, self.settings, self.seed)
    }

    fn times(&mut self, kind: TimeKind) -> Result<&mut Numbers<Times>, KernelError> {
        if self.times.as_ref().is_some_and(|times| times.number().kind != kind) {
            let expected = "the kind of the times before";
            return Err(KernelError::Argument { name: "kind", found: kind.name().into(), expected });
        }
        feed(&mut self.times, Times { kind }, self.settings, self.seed)
    }
}

fn feed<N: Number>(
    place: &mut Option<Numbers<N>>,
    number: N,
    settings: Settings,
    seed: u64,
) -> Result<&mut Numbers<N>, KernelError> {
    match place {
        Some(feed) => Ok(feed),
        None => Ok(place.insert(Numbers::new(number, settings, seed)?)),
    }
}

/// Whether all of them are; nothing times 0 is a number but what is.
fn are_finite(values: &[f64]) -> bool {
    sum_in_lanes(values, |value| value * 0.0) == 0.0
}

/// Counts what is not finite. Always false, for a filter.
fn count_special(counts: &mut Counts, value: f64) -> bool {
    if value.is_nan() {
        counts.nan += 1;
    } else if value > 0.0 {
        counts.positive_infinite += 1;
    } else {
        counts.negative_infinite += 1;
    }
    false
}

/// Infinite numbers are values like others, but for mean, variance and sketch.
fn absorb_infinite(all: &mut Gathered) {
    let infinite = [(f64::NEG_INFINITY, all.counts.negative_infinite), (f64::INFINITY, all.counts.positive_infinite)];
    for (number, count) in infinite.into_iter().filter(|(_, count)| *count > 0) {
        all.counts.fractional += count;
        all.distinct.add(hash_real(number));
        all.top.push((Value::Real(number), count));
    }
}

fn flags([no, yes]: [u64; 2]) -> Option<Gathered> {
    let mut gathered = Gathered::new(None);
    for (flag, count) in [(false, no), (true, yes)].into_iter().filter(|(_, count)| *count > 0) {
        let number = f64::from(u8::from(flag));
        gathered.counts.boolean += count;
        gathered.distinct.add(hash_flag(flag));
        gathered.moments.merge(&Moments::of_parts(count, number, 0.0));
        gathered.top.push((Value::Flag(flag), count));
        gathered.ends = merge_ends(gathered.ends.take(), Some((Value::Flag(flag), Value::Flag(flag))));
    }
    (no + yes > 0).then_some(gathered)
}
