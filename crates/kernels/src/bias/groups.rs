//! Fairlearn's metrics: the spread of a rate over all groups of a facet.
use super::codes::wrong_code;
use super::comparison::Comparison;
use super::contingency::Contingency;
use super::intervals::{Limits, Rate, log_ratio};
use super::metric::{Metric, PValue};
use super::settings::Settings;
use super::sides::{Confused, Kinds, Side, side_of};
use super::significance::{homogeneity, proportions};
use crate::{Computed, Interval, KernelError, Reason};

/// The most groups that are compared pair by pair for an interval.
const MAX_PAIRED_GROUPS: usize = 200;

/// What predictions did to each group of a facet.
///
/// A group takes part in a rate if enough of its rows are those that the rate is of: a group of one row would make each
/// difference 1 and each ratio 0. Fairlearn takes all groups, and a rate of nothing as 0. A missing facet is no group.
/// Clarify's conventions only take away the least size.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    settings: Settings,
    groups: Vec<Group>,
}

/// How equalised odds combine their two rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aggregate {
    /// The larger difference, the smaller ratio.
    #[default]
    WorstCase,
    /// The mean of both.
    Mean,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Group {
    facet: u32,
    predictions: Rate,
    confused: Confused,
}

/// A rate of a group, and what it is of.
#[derive(Clone, Copy)]
struct Kind {
    what: &'static str,
    of: fn(Group) -> Rate,
}

const SELECTION: Kind = Kind { what: "predictions", of: |group| group.predictions };
const RECALL: Kind = Kind { what: "positive labels with a prediction", of: |group| group.confused.recall() };
const FALL_OUT: Kind = Kind { what: "negative labels with a prediction", of: |group| group.confused.fall_out() };

impl Groups {
    /// Returns the groups of `facets`: codes of facet values, each a group; one that is named twice is two groups.
    ///
    /// [`KernelError::Argument`] for a code that its axis does not have.
    pub fn new(
        table: &Contingency,
        facets: &[u32],
        positive_labels: &[u32],
        positive_predictions: &[u32],
        settings: &Settings,
    ) -> Result<Self, KernelError> {
        let kinds = Kinds::new(table, positive_labels, positive_predictions)?;
        let values = table.axes().facets;
        if let Some(&code) = facets.iter().find(|&&code| code >= values) {
            return Err(wrong_code("facets", code, values));
        }
        let group = |&facet: &u32| {
            let side = side_of(table, facet, &kinds);
            Group { facet, predictions: side.predictions(), confused: side.confusion() }
        };
        Ok(Self { settings: *settings, groups: facets.iter().map(group).collect() })
    }

    /// Returns the two groups of a comparison: the advantaged as facet 0, the disadvantaged as facet 1.
    pub fn of_comparison(comparison: &Comparison) -> Self {
        let group =
            |(facet, side): (u32, &Side)| Group { facet, predictions: side.predictions(), confused: side.confusion() };
        let sides = [&comparison.advantaged, &comparison.disadvantaged];
        Self { settings: comparison.settings, groups: (0..).zip(sides).map(group).collect() }
    }

    /// Returns which groups take no part in which rate, by facet value: the selection rate (of predictions), the true and the
    /// false positive rate (of positive and of negative labels).
    pub fn left_out(&self) -> Vec<(u32, Reason)> {
        let need = self.settings.min_group();
        let mut left_out = Vec::new();
        for group in &self.groups {
            for Kind { what, of } in [SELECTION, RECALL, FALL_OUT] {
                let have = of(*group).of;
                if have < need {
                    left_out.push((group.facet, Reason::TooFew { what: what.into(), have, need }));
                }
            }
        }
        left_out
    }

    /// The rates of the groups that take part.
    fn rates(&self, Kind { what, of }: Kind) -> Computed<Vec<Rate>> {
        let all = self.groups.iter().map(|&group| of(group));
        let rates: Vec<Rate> = all.filter(|rate| rate.of >= self.settings.min_group()).collect();
        if rates.len() < 2 {
            let what = format!("groups that have enough {what}");
            return Err(Reason::TooFew { what, have: rates.len() as u64, need: 2 });
        }
        Ok(rates)
    }
}

/// Demographic parity difference: the largest less the smallest share of positive predictions of a group.
///
/// - **Units**: 0 to 1.
/// - **Interval**: Newcombe's limits of each pair's difference, so wide that all hold together (Bonferroni): the largest
///   lower and the largest upper limit of their magnitudes; [`Reason::Undefined`] beyond 200 groups.
///   **p-value**: two groups: two-proportion z or Fisher; more: χ², or its gamma approximation where an expected count is
///   below 5.
/// - **Errors**: [`Reason::TooFew`] below two groups that are large enough; [`Groups::left_out`] names the others.
/// - **Source**: golden values from fairlearn 0.15.0.
pub fn demographic_parity_difference(groups: &Groups) -> Metric {
    one_rate(groups, SELECTION, difference)
}

/// Demographic parity ratio: the smallest over the largest share of positive predictions of a group.
///
/// - **Units**: 0 to 1.
/// - **Interval**: Katz's limits of each pair's log ratio, so wide that all hold together (Bonferroni). **p-value**: as
///   [`demographic_parity_difference`].
/// - **Errors**: as [`demographic_parity_difference`]; [`Reason::None`] if no group has a positive prediction (Fairlearn:
///   NaN).
/// - **Source**: golden values from fairlearn 0.15.0.
pub fn demographic_parity_ratio(groups: &Groups) -> Metric {
    one_rate(groups, SELECTION, ratio)
}

/// Equal opportunity difference: the largest less the smallest true positive rate of a group.
///
/// Units, interval, p-value and errors as [`demographic_parity_difference`], of rows with a positive label. **Source**:
/// golden values from fairlearn 0.15.0.
pub fn equal_opportunity_difference(groups: &Groups) -> Metric {
    one_rate(groups, RECALL, difference)
}

/// Equal opportunity ratio: the smallest over the largest true positive rate of a group.
///
/// Units, interval, p-value and errors as [`demographic_parity_ratio`], of rows with a positive label. **Source**: golden
/// values from fairlearn 0.15.0.
pub fn equal_opportunity_ratio(groups: &Groups) -> Metric {
    one_rate(groups, RECALL, ratio)
}

/// Equalised odds difference: the differences of true and of false positive rates, the larger or their mean.
///
/// - **Units**: 0 to 1.
/// - **Interval**: as [`demographic_parity_difference`], so wide that both rates' limits hold together. **p-value**: twice
///   the smaller of the two rates' p-values (Bonferroni).
/// - **Errors**: as [`demographic_parity_difference`], for either rate.
/// - **Source**: golden values from fairlearn 0.15.0, both values of `agg`.
pub fn equalized_odds_difference(groups: &Groups, aggregate: Aggregate) -> Metric {
    two_rates(groups, difference, aggregate, f64::max)
}

/// Equalised odds ratio: the ratios of true and of false positive rates, the smaller or their mean.
///
/// Units, interval and errors as [`demographic_parity_ratio`], for either rate; p-value as [`equalized_odds_difference`]. A
/// rate that is 0 in every group has no ratio, and the other's stands alone (Fairlearn: likewise if that is the false
/// positive rate, NaN if it is the true positive rate); [`Reason::None`] if both are. **Source**: golden values from
/// fairlearn 0.15.0, both values of `agg`.
pub fn equalized_odds_ratio(groups: &Groups, aggregate: Aggregate) -> Metric {
    two_rates(groups, ratio, aggregate, f64::min)
}

/// A number of rates, and an interval that holds together with those of as many numbers as were asked.
struct Spread {
    value: f64,
    interval: Computed<Interval>,
}

type MakeSpread = fn(&[Rate], &Settings, u64) -> Computed<Spread>;

fn difference(rates: &[Rate], settings: &Settings, numbers: u64) -> Computed<Spread> {
    let (low, high) = extremes(rates);
    let interval = pairs(rates.len()).map(|pairs| {
        let alpha = settings.alpha(numbers * pairs);
        let shares: Vec<Limits> = rates.iter().map(|&rate| Limits::of_share(rate, alpha)).collect();
        let [low, high] = over_pairs(&shares, Limits::less);
        Interval { low, high: high.min(1.0) }
    });
    Ok(Spread { value: high - low, interval })
}

fn ratio(rates: &[Rate], settings: &Settings, numbers: u64) -> Computed<Spread> {
    let (smallest, largest) = extremes(rates);
    if largest == 0.0 {
        return Err(Reason::None("positive predictions in any group".into()));
    }
    let value = smallest / largest;
    let interval = pairs(rates.len()).map(|pairs| {
        let z = settings.z(numbers * pairs);
        let [near, far] = over_pairs(rates, |first, second| log_ratio(first, second, z));
        // The largest distance of two logarithms is the smallest ratio; where ½ was added the value stays within.
        let low = if smallest == 0.0 { 0.0 } else { libm::exp(-far).min(value) };
        Interval { low, high: libm::exp(-near).max(value) }
    });
    Ok(Spread { value, interval })
}

fn extremes(rates: &[Rate]) -> (f64, f64) {
    let shares = rates.iter().map(|rate| rate.share());
    shares.fold((f64::INFINITY, 0.0), |(low, high), share| (low.min(share), high.max(share)))
}

fn pairs(groups: usize) -> Computed<u64> {
    if groups > MAX_PAIRED_GROUPS {
        return Err(Reason::Undefined(format!("there are more than {MAX_PAIRED_GROUPS} groups to compare in pairs")));
    }
    Ok((groups * groups.saturating_sub(1) / 2) as u64)
}

/// The largest lower and the largest upper limit of the magnitude of any pair's difference.
fn over_pairs<T: Copy>(parts: &[T], limits: impl Fn(T, T) -> Limits) -> [f64; 2] {
    let mut found = [0.0f64, 0.0];
    for (place, &second) in parts.iter().enumerate() {
        for &first in parts.iter().take(place) {
            let pair = limits(first, second).magnitude();
            found = [found[0].max(pair.low), found[1].max(pair.high)];
        }
    }
    found
}

fn one_rate(groups: &Groups, kind: Kind, spread: MakeSpread) -> Metric {
    let rates = match groups.rates(kind) {
        Ok(rates) => rates,
        Err(reason) => return Metric::none(reason),
    };
    let p_value = equal_rates(&rates);
    match spread(&rates, &groups.settings, 1) {
        Ok(Spread { value, interval }) => Metric { value: Ok(value), interval, p_value },
        Err(reason) => Metric { value: Err(reason.clone()), interval: Err(reason), p_value },
    }
}

fn two_rates(groups: &Groups, spread: MakeSpread, aggregate: Aggregate, worst: fn(f64, f64) -> f64) -> Metric {
    let (recall, fall_out) = match (groups.rates(RECALL), groups.rates(FALL_OUT)) {
        (Ok(recall), Ok(fall_out)) => (recall, fall_out),
        (Err(reason), _) | (_, Err(reason)) => return Metric::none(reason),
    };
    let p_value = both_equal(equal_rates(&recall), equal_rates(&fall_out));
    let combine = |first: f64, second: f64| match aggregate {
        Aggregate::WorstCase => worst(first, second),
        Aggregate::Mean => f64::midpoint(first, second),
    };
    let (first, second) = match (spread(&recall, &groups.settings, 2), spread(&fall_out, &groups.settings, 2)) {
        (Ok(first), Ok(second)) => (first, second),
        (Ok(only), Err(_)) | (Err(_), Ok(only)) => {
            return Metric { value: Ok(only.value), interval: only.interval, p_value };
        }
        (Err(reason), Err(_)) => return Metric { value: Err(reason.clone()), interval: Err(reason), p_value },
    };
    let value = Ok(combine(first.value, second.value));
    let interval = first.interval.and_then(|first| {
        let second = second.interval?;
        Ok(Interval { low: combine(first.low, second.low), high: combine(first.high, second.high) })
    });
    Metric { value, interval, p_value }
}

/// The smaller p-value, doubled; one of them if the other does not exist.
fn both_equal(first: Computed<PValue>, second: Computed<PValue>) -> Computed<PValue> {
    match (first, second) {
        (Ok(first), Ok(second)) => {
            let smaller = if first.value <= second.value { first } else { second };
            Ok(PValue { value: (2.0 * smaller.value).min(1.0), ..smaller })
        }
        (Ok(only), Err(_)) | (Err(_), Ok(only)) => Ok(only),
        (Err(reason), Err(_)) => Err(reason),
    }
}

fn equal_rates(rates: &[Rate]) -> Computed<PValue> {
    if let [first, second] = rates {
        return proportions(*first, *second);
    }
    let table: Vec<u64> = rates.iter().flat_map(|rate| [rate.hits, rate.of - rate.hits]).collect();
    homogeneity(&table, 2, "groups", "the prediction")
}
