//! Can the features predict the protected column? Such proxies carry it into a model that never sees it.
#[cfg(test)]
mod tests;

use super::codes::{check_codes, check_length};
use super::comparison::GROUPS;
use super::metric::{Metric, PValue, Test};
use super::settings::Settings;
pub use crate::classifier::Feature;
use crate::classifier::{Bins, logit_interval, validate_forwards};
use crate::{Computed, KernelError, Reason, mix};
use serde::{Deserialize, Serialize};

/// The least area under the curve of a weak, a moderate and a strong proxy: that of normal distributions 0.2, 0.5 and 0.8
/// standard deviations apart (Cohen 1988), `Φ(d / √2)`.
pub const AUC_LIMITS: [f64; 3] = [0.56, 0.64, 0.71];

/// The most rows of a group that the model sees: enough for a standard error of the area below 0.003.
const MOST_ROWS: usize = 25_000;

/// How well features tell the disadvantaged from the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Proxy {
    /// The area under the curve of a model's scores for rows that it has not seen: the probability that a disadvantaged row
    /// has a larger one than another row, ties half. ½ tells nothing, 1 tells all.
    pub auc: Metric,
    /// By [`AUC_LIMITS`]; none where the p-value is `1 − confidence` or above, or does not exist.
    pub strength: ProxyStrength,
    /// Rows that the model saw: all that have a facet, or a sample of 25,000 of either group, chosen by a hash.
    pub rows: u64,
}

/// How strong a proxy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyStrength {
    /// Below the least limit, or no better than chance may be.
    None,
    /// At or above the first limit.
    Weak,
    /// At or above the second limit.
    Moderate,
    /// At or above the third limit.
    Strong,
}

/// Returns how well `features` together tell the disadvantaged from the others; ask for one alone to see which of them does.
///
/// - **Shapes**: each feature `[n]`; `disadvantaged`: `[n]`, 0 for no, 1 for yes, or [`super::MISSING`].
/// - **Model**: 20 boosted trees of depth 3 on up to 32 bins of a feature and one for its missing values. The rows are in 5
///   folds by a hash of `seed` and their places; each of the last three is told by a model of all folds before it. So it sees
///   what is not monotone and what two or three features say only together, if the trees come upon it; "none" says that this
///   model found none. Values of a column of more than 32 categories are taken for the share of the disadvantaged that other
///   rows of theirs have.
/// - **Interval**: DeLong within the folds, of the models as they were fitted, on the scale of the logit; [`Reason::Constant`]
///   where all or none are above. **p-value**: [`Test::RanksWithinFolds`].
/// - **Odd values**: infinite numbers are the least and the largest; a missing value is a value like any other.
/// - **Errors**: [`KernelError::Argument`] for lengths that differ, or a code that its column does not have; as a reason,
///   [`Reason::Empty`] without features, [`Reason::Empty`] or [`Reason::TooFew`] for a group without rows or with fewer than
///   the least, [`Reason::Constant`] if no feature has two values.
/// - **Numerics**: `O(n)` for each feature beyond 50,000 rows; sums are in the order of rows.
/// - **Source**: Friedman (2001) for the trees, Dawid (1984) for telling from what came before, DeLong (1988), van Elteren
///   (1960).
pub fn proxy(
    features: &[Feature<'_>],
    disadvantaged: &[u32],
    settings: &Settings,
    seed: u64,
) -> Result<Computed<Proxy>, KernelError> {
    check_codes("disadvantaged", disadvantaged, 2)?;
    for feature in features {
        let length = match feature {
            Feature::Numbers(values) => values.len(),
            Feature::Categories { codes, values } => {
                check_codes("features", codes, *values)?;
                codes.len()
            }
        };
        check_length("features", length, disadvantaged.len())?;
    }
    Ok(of_rows(features, disadvantaged, settings, seed))
}

fn of_rows(features: &[Feature<'_>], disadvantaged: &[u32], settings: &Settings, seed: u64) -> Computed<Proxy> {
    if features.is_empty() {
        return Err(Reason::Empty("the list of features".into()));
    }
    let need = settings.min_group();
    let mut rows = Vec::new();
    for (code, group) in (0..).zip(GROUPS) {
        let places = (0..).zip(disadvantaged).filter(|&(_, &facet)| facet == code);
        let keys: Vec<(u64, u32)> = places.map(|(row, _)| (mix(seed, u64::from(row)), row)).collect();
        match keys.len() as u64 {
            0 => return Err(Reason::Empty(group.into())),
            have if have < need => return Err(Reason::TooFew { what: format!("rows of {group}"), have, need }),
            _ => rows.extend(smallest(keys, MOST_ROWS)),
        }
    }
    rows.sort_unstable();
    let truth: Vec<bool> = rows.iter().map(|&row| disadvantaged.get(row as usize) == Some(&1)).collect();
    // What is left of the hash that chose the row: whose fold it is in, and whose half of a training set.
    let keys: Vec<u64> = rows.iter().map(|&row| mix(seed.wrapping_add(1), u64::from(row))).collect();
    let bins: Vec<Bins> = features.iter().map(|feature| Bins::new(feature, &rows)).collect();
    if bins.iter().all(Bins::is_constant) {
        return Err(Reason::Constant("every feature".into()));
    }
    let Some(told) = validate_forwards(&bins, &truth, &keys) else {
        return Err(Reason::TooFew { what: "rows of each group in a fold".into(), have: 1, need: 2 });
    };
    let area = told.area;
    let p_value = area.p_value().map(|value| PValue { value, test: Test::RanksWithinFolds });
    let is_sure = p_value.as_ref().is_ok_and(|p_value| p_value.value < settings.alpha(1));
    let strength = if is_sure { strength(area.value) } else { ProxyStrength::None };
    let interval = logit_interval(area, settings.z(1));
    Ok(Proxy { auc: Metric { value: Ok(area.value), interval, p_value }, strength, rows: rows.len() as u64 })
}

/// The rows of the smallest keys, as many as `most`.
fn smallest(mut keys: Vec<(u64, u32)>, most: usize) -> impl Iterator<Item = u32> {
    if keys.len() > most {
        keys.select_nth_unstable(most);
        keys.truncate(most);
    }
    keys.into_iter().map(|(_, row)| row)
}

fn strength(area: f64) -> ProxyStrength {
    match AUC_LIMITS.iter().filter(|&&limit| area >= limit).count() {
        0 => ProxyStrength::None,
        1 => ProxyStrength::Weak,
        2 => ProxyStrength::Moderate,
        _ => ProxyStrength::Strong,
    }
}
