//! What the flip test and the proxy check are asked of.
use super::asked::{Asked, Compat};
use super::measure::none;
use super::outcomes::{Outcomes, size};
use super::report::ProxyCheck;
use crate::run::{Pieces, in_parallel};
use crate::{Column, Run, StatsError};
use kernels::bias::{Feature, FlipTest, Flips, MISSING, Metric, Proxy, Settings, proxy};
use kernels::{Computed, KernelError, Reason};
use std::sync::{Mutex, PoisonError};

/// A column of more categories is no feature of FT: nothing says how far two of them are from each other.
const MOST_CATEGORIES: usize = 20;

/// So many rows of a group are asked at most: FT's standard error is 0.01 then.
const MOST_ASKED: u64 = 10_000;

/// Pieces of the flip test that threads take.
const PIECES: usize = 64;

/// Chance of samples and folds: one and the same in every report, so that two can be compared.
const SEED: u64 = 0;

/// The features, as the flip test and as the proxy check see them.
pub(super) struct Features {
    /// `[rows]` each.
    numbers: Vec<Vec<f64>>,
    named: Vec<(String, Known)>,
    /// Features that FT, or both, cannot see, and why.
    pub left_out: Vec<(String, &'static str)>,
}

enum Known {
    Numbers(Vec<f64>),
    Categories { codes: Vec<u32>, values: u32 },
}

impl Known {
    fn feature(&self) -> Feature<'_> {
        match self {
            Self::Numbers(values) => Feature::Numbers(values),
            Self::Categories { codes, values } => Feature::Categories { codes, values: *values },
        }
    }
}

/// What features say of one group.
pub(super) struct About {
    pub ft: Metric,
    pub flips: Option<Flips>,
    pub proxy: Option<ProxyCheck>,
}

impl Features {
    /// Returns the columns as features; those that cannot be one are named in `left_out`.
    pub fn of(columns: &[&Column], compat: Option<Compat>) -> Self {
        let mut found = Self { numbers: Vec::new(), named: Vec::new(), left_out: Vec::new() };
        for column in columns {
            let (numbers, categories) = (column.to_numbers(), column.to_categories());
            match (numbers, categories) {
                (Some(values), _) => {
                    let divisor = if compat.is_some() { 1.0 } else { deviation(&values) };
                    found.numbers.push(values.iter().map(|value| value / divisor).collect());
                    found.named.push((column.name.clone(), Known::Numbers(values)));
                }
                (None, Some((codes, names))) => {
                    if names.len() <= MOST_CATEGORIES {
                        // Two categories are 1 apart, as two numbers one standard deviation apart are.
                        let one = if compat.is_some() { 1.0 } else { std::f64::consts::FRAC_1_SQRT_2 };
                        found.numbers.extend((0..size(names.len())).map(|code| one_hot(&codes, code, one)));
                    } else {
                        found.left_out.push((column.name.clone(), "FT: it has more than 20 categories"));
                    }
                    let values = size(names.len());
                    found.named.push((column.name.clone(), Known::Categories { codes, values }));
                }
                (None, None) => found
                    .left_out
                    .push((column.name.clone(), "it has lists, structures, bytes or times beyond 64 bits")),
            }
        }
        found
    }

    /// Asks what they say of the rows that are 1 in `sides`.
    pub fn ask(
        &self,
        sides: &[u32],
        prediction: Option<&Outcomes>,
        asked: &Asked,
        settings: &Settings,
        run: &Run<'_>,
    ) -> Result<About, StatsError> {
        let flipped = match prediction.filter(|_| asked.wants("FT")) {
            Some(prediction) => Some(self.flip(sides, &prediction.codes, asked.compat, settings, run)?),
            None => None,
        };
        let ft = flipped
            .as_ref()
            .map_or_else(|| none(&Reason::Undefined("no prediction was given".into())), |(metric, _)| metric.clone());
        let proxy = if self.named.is_empty() { None } else { Some(self.proxies(sides, settings, run)?) };
        Ok(About { ft, flips: flipped.map(|(_, flips)| flips), proxy })
    }

    fn flip(
        &self,
        sides: &[u32],
        positive: &[u32],
        compat: Option<Compat>,
        settings: &Settings,
        run: &Run<'_>,
    ) -> Result<(Metric, Flips), StatsError> {
        let numbers: Vec<&[f64]> = self.numbers.iter().map(Vec::as_slice).collect();
        let told = Pieces::new(PIECES as u64, "parts of the flip test");
        // Neighbours are laid out first, which takes its time, too.
        let test = told.several(run, 0, || Ok(FlipTest::new(&numbers, sides, positive, settings)?))?;
        let test = if compat.is_some() { test } else { test.at_most(MOST_ASKED, SEED) };
        let flips = Mutex::new(Flips::default());
        let piece = test.points().div_ceil(PIECES).max(1);
        // Counts: in which order they are added changes nothing.
        in_parallel(run.threads, PIECES, |place| {
            told.each(run, || {
                let found = test.flips(place * piece..(place + 1) * piece);
                flips.lock().unwrap_or_else(PoisonError::into_inner).merge(&found);
                Ok(())
            })
        })?;
        let flips = flips.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((test.metric(&flips), flips))
    }

    fn proxies(&self, sides: &[u32], settings: &Settings, run: &Run<'_>) -> Result<ProxyCheck, StatsError> {
        let all: Vec<Feature<'_>> = self.named.iter().map(|(_, known)| known.feature()).collect();
        let found: Mutex<Vec<(usize, Result<Computed<Proxy>, KernelError>)>> = Mutex::default();
        let told = Pieces::new(all.len() as u64 + 1, "models of the proxy check");
        // The first asks for all together, which takes the longest.
        in_parallel(run.threads, all.len() + 1, |place| {
            told.each(run, || {
                let features = place.checked_sub(1).map_or(&all[..], |one| all.get(one..=one).unwrap_or_default());
                let asked = proxy(features, sides, settings, SEED);
                found.lock().unwrap_or_else(PoisonError::into_inner).push((place, asked));
                Ok(())
            })
        })?;
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|(place, _)| *place);
        let mut found = found.into_iter().map(|(_, found)| found);
        let together = found.next().unwrap_or_else(|| Ok(Err(Reason::Empty("the list of features".into()))))?;
        let mut each = Vec::with_capacity(self.named.len());
        for ((name, _), found) in self.named.iter().zip(found) {
            each.push((name.clone(), found?));
        }
        Ok(ProxyCheck { together, each })
    }
}

/// The standard deviation of the finite numbers, or 1 where there is none.
fn deviation(values: &[f64]) -> f64 {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let n = finite().count() as f64;
    let mean = finite().map(|value| value / n).sum::<f64>();
    let variance = finite().map(|value| (value - mean) * (value - mean) / n).sum::<f64>();
    let deviation = variance.sqrt();
    if deviation > 0.0 && deviation.is_finite() { deviation } else { 1.0 }
}

/// The rows that have a category; NaN where it is missing.
fn one_hot(codes: &[u32], category: u32, one: f64) -> Vec<f64> {
    let number = |&code: &u32| match code {
        MISSING => f64::NAN,
        code if code == category => one,
        _ => 0.0,
    };
    codes.iter().map(number).collect()
}
