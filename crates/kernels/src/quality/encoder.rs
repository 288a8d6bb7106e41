use super::loss_model::Limits;
use serde::Serialize;

/// A column that a loss may depend on.
#[derive(Clone, Copy, Debug)]
pub enum Feature<'a> {
    /// Numbers; NaN is missing.
    Number(&'a [f64]),
    /// Codes of categories. A category is known if the reference has 20 rows of it; rarer and unseen ones are missing.
    Category(&'a [u32]),
}

impl Feature<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Category(codes) => codes.len(),
        }
    }
}

/// The bin of a missing value.
pub(super) const MISSING: u16 = u16::MAX;

/// How a feature becomes bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) enum Encoder {
    /// The lowest value of each bin but the first.
    Number(Vec<f64>),
    /// Known categories with their bin, ascending by code.
    Category(Vec<(u32, u16)>),
}

impl Encoder {
    /// Learns bins from these rows.
    pub fn learn(feature: &Feature<'_>, losses: &[f64], rows: &[usize], limits: Limits) -> Self {
        match feature {
            Feature::Number(values) => Self::number(rows.iter().map(|&row| values[row]).collect(), limits.bins),
            Feature::Category(codes) => {
                let mut known: Vec<(u32, f64)> = rows.iter().map(|&row| (codes[row], losses[row])).collect();
                known.sort_by_key(|&(code, _)| code); // stable: losses of a category in row order
                Self::category(&known, limits)
            }
        }
    }

    fn number(mut values: Vec<f64>, bins: u16) -> Self {
        values.retain(|value| !value.is_nan());
        values.iter_mut().for_each(|value| *value += 0.0); // −0 and 0 are one value
        values.sort_unstable_by(f64::total_cmp);
        let mut distinct = values.clone();
        distinct.dedup();
        let mut edges: Vec<f64> = if distinct.len() <= usize::from(bins) {
            distinct.into_iter().skip(1).collect()
        } else {
            (1..usize::from(bins)).map(|bin| values[bin * values.len() / usize::from(bins)]).collect()
        };
        edges.dedup();
        if edges.first() == values.first() {
            edges.drain(..usize::from(!edges.is_empty())); // nothing lies below it
        }
        Self::Number(edges)
    }

    fn category(rows: &[(u32, f64)], limits: Limits) -> Self {
        let mut known: Vec<(f64, u32, usize)> = rows
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|rows| rows.len() >= limits.rows)
            .map(|rows| (super::sum(rows.iter().map(|row| row.1)) / rows.len() as f64, rows[0].0, rows.len()))
            .collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (total, bins) = (known.iter().map(|known| known.2).sum::<usize>(), usize::from(limits.bins));
        let (crowded, mut before) = (known.len() > bins, 0);
        let mut binned: Vec<(u32, u16)> = Vec::with_capacity(known.len());
        for (place, &(_, code, count)) in known.iter().enumerate() {
            let bin = if crowded { before * bins / total } else { place };
            binned.push((code, bin as u16));
            before += count;
        }
        binned.sort_unstable();
        Self::Category(binned)
    }

    /// `None` if the feature is of the other kind.
    pub fn encode(&self, feature: &Feature<'_>) -> Option<Vec<u16>> {
        match (self, feature) {
            (Self::Number(edges), Feature::Number(values)) => {
                let bin = |value: &f64| match value.is_nan() {
                    true => MISSING,
                    false => edges.partition_point(|edge| edge <= value) as u16,
                };
                Some(values.iter().map(bin).collect())
            }
            (Self::Category(known), Feature::Category(codes)) => {
                let bin = |code: &u32| {
                    known.binary_search_by_key(code, |known| known.0).map_or(MISSING, |place| known[place].1)
                };
                Some(codes.iter().map(bin).collect())
            }
            _ => None,
        }
    }
}
