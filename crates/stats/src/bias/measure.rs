//! Every metric of a comparison, by its id.
use super::asked::Asked;
use kernels::Reason;
use kernels::bias::{AIF360, Comparison, FAIRLEARN, Groups, Metric, POST_TRAINING, PRE_TRAINING};

/// Whose metric it is, and what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Clarify's, of labels alone.
    PreTraining,
    /// Clarify's, of predictions.
    PostTraining,
    /// AIF360's, by its name there.
    Aif360,
    /// Fairlearn's, by its name there.
    Fairlearn,
}

/// A metric, by its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Clarify's abbreviation, or the name of AIF360's or Fairlearn's function.
    pub id: &'static str,
    /// Whose it is.
    pub family: Family,
    /// The number and how sure it is.
    pub metric: Metric,
}

/// Returns a metric that does not exist.
pub(super) fn none(reason: &Reason) -> Metric {
    Metric { value: Err(reason.clone()), interval: Err(reason.clone()), p_value: Err(reason.clone()) }
}

fn no_prediction() -> Metric {
    none(&Reason::Undefined("no prediction was given".to_owned()))
}

/// Returns the ids of all metrics.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    let clarify = PRE_TRAINING.into_iter().chain(POST_TRAINING).chain(AIF360).map(|(id, _)| id);
    clarify.chain(["FT"]).chain(FAIRLEARN.into_iter().map(|(id, _)| id))
}

/// Measures what is asked of a comparison; `ft` was asked of features.
pub(super) fn measure(comparison: &Comparison, ft: Metric, asked: &Asked) -> Vec<Measured> {
    let is_predicted = asked.prediction.is_some();
    let of = |family: Family, id: &'static str, metric: fn(&Comparison) -> Metric| {
        if !asked.wants(id) {
            return None;
        }
        let is_known = is_predicted || family == Family::PreTraining;
        let mut metric = if is_known { metric(comparison) } else { no_prediction() };
        if id.starts_with("CDD") && asked.group.is_none() && is_known {
            metric = none(&Reason::Undefined("no group was given, whose values are the strata".to_owned()));
        }
        Some(Measured { id, family, metric })
    };
    let mut found: Vec<Measured> =
        PRE_TRAINING.into_iter().filter_map(|(id, metric)| of(Family::PreTraining, id, metric)).collect();
    found.extend(POST_TRAINING.into_iter().filter_map(|(id, metric)| of(Family::PostTraining, id, metric)));
    if asked.wants("FT") {
        let metric = if is_predicted { ft } else { no_prediction() };
        found.push(Measured { id: "FT", family: Family::PostTraining, metric });
    }
    found.extend(AIF360.into_iter().filter_map(|(id, metric)| of(Family::Aif360, id, metric)));
    found.extend(of_groups(&Groups::of_comparison(comparison), asked));
    found
}

/// Fairlearn's metrics of these groups, those that are asked for.
pub(super) fn of_groups(groups: &Groups, asked: &Asked) -> Vec<Measured> {
    let is_predicted = asked.prediction.is_some();
    let of = |(id, metric): (&'static str, fn(&Groups) -> Metric)| {
        let metric = if is_predicted { metric(groups) } else { no_prediction() };
        Measured { id, family: Family::Fairlearn, metric }
    };
    FAIRLEARN.into_iter().filter(|(id, _)| asked.wants(id)).map(of).collect()
}
