//! A model that asks whether columns together tell two groups of rows apart: the protected from the others (`bias`), the current
//! from the reference (`drift`).
mod area;
mod bins;
mod trees;

pub(crate) use area::{Area, logit_interval};
pub(crate) use bins::Bins;

/// Equal parts of the rows, in an order by their keys; those from the third on are each told by a model of all before it.
const FOLDS: u64 = 5;
const FIRST_TOLD: u64 = 2;

/// A column that may tell the two groups apart, `[n]`.
#[derive(Clone, Copy, Debug)]
pub enum Feature<'a> {
    /// Numbers; NaN is a missing one.
    Numbers(&'a [f64]),
    /// Codes below `values`, or [`crate::bias::MISSING`].
    Categories {
        /// The code of each row.
        codes: &'a [u32],
        /// How many values there are.
        values: u32,
    },
}

/// What models said of rows that they had not seen.
pub(crate) struct Told {
    /// Within the folds.
    pub area: Area,
    /// What each feature's splits took from the loss of all models, as shares that add up to 1; zeros if nothing was split.
    pub shares: Vec<f64>,
}

/// Returns how well features tell which rows are hits: 20 boosted trees of depth 3 on up to 32 bins of a feature and one for its
/// missing values, validated forwards: the rows' keys part them into 5 folds, and each of the last three is told by a model of all
/// folds before it. Nothing if none of these has two rows of each group.
///
/// Not each fold by a model of all others: there every row trains the models of those rows that train its own, so the areas of the
/// folds err together, their mean has about twice the variance of its parts, and chance alarms more than twice as often as the
/// p-value says. Forwards, an area is ½ on average whatever the folds before it were, and variances add up (Dawid 1984).
pub(crate) fn validate_forwards(features: &[Bins], truth: &[bool], keys: &[u64]) -> Option<Told> {
    let mut gains = vec![0.0; features.len()];
    let areas: Vec<Area> = (FIRST_TOLD..FOLDS)
        .filter_map(|fold| {
            let is_trained: Vec<bool> = keys.iter().map(|key| key % FOLDS < fold).collect();
            let columns: Vec<_> = features.iter().map(|bins| bins.for_training(&is_trained, truth, keys)).collect();
            let model = trees::fit(&columns, truth, &is_trained)?;
            for (sum, gain) in gains.iter_mut().zip(&model.gains) {
                *sum += gain;
            }
            let told = model.scores.iter().zip(truth).zip(keys).filter(|(_, key)| **key % FOLDS == fold);
            Area::of(told.map(|((&score, &is_hit), _)| (score, is_hit)).collect())
        })
        .collect();
    let all: f64 = gains.iter().sum();
    let shares = gains.iter().map(|gain| if all > 0.0 { gain / all } else { 0.0 }).collect();
    Some(Told { area: Area::together(&areas)?, shares })
}
