//! What is asked, and whether it can be.
use super::{measure, words};
use crate::error::wrong;
use crate::names::hint;
use crate::{StatsError, bins};
use kernels::bias::{Conventions, Settings};
use std::collections::HashSet;

/// Some values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Chosen {
    /// These, as texts: what a report shows of them. `1`, `1.0` and `true` are the same where the column holds numbers or flags.
    Values(Vec<String>),
    /// Those above a number, which itself is not among them.
    Above(f64),
}

/// Whose report is to be reproduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compat {
    /// smclarify 0.5: see [`Conventions::Clarify`].
    Clarify,
}

/// What is asked of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The protected columns; several are compared by their intersections.
    pub facet: Vec<String>,
    /// Who is thought to be at a disadvantage; nothing for each value against the rest. Intersections are written `female & 30`.
    pub disadvantaged: Option<Chosen>,
    /// Thresholds, ascending, of facets that are numbers: `≤ 25`, `> 25 ≤ 40`, `> 40` for 25 and 40.
    pub bins: Vec<(String, Vec<f64>)>,
    /// The column of what was observed.
    pub label: String,
    /// Which labels and predictions are good to have.
    pub positive: Chosen,
    /// The column of what a model said.
    pub prediction: Option<String>,
    /// The column whose values are the strata of CDDL and CDDPL.
    pub group: Option<String>,
    /// The columns that FT and the proxy check look at.
    pub features: Vec<String>,
    /// The ids of metrics; none for all. The difference that leads, DPPL or without predictions DPL, is there whatever is named. If a
    /// metric that is named has a number for no group, the report is not computable.
    pub metrics: Option<Vec<String>>,
    /// The least rows of a group that has numbers.
    pub min_group: u64,
    /// Whose conventions; nothing for ours.
    pub compat: Option<Compat>,
    /// How often intervals hold the number of the population, above 0 and below 1; a p-value is small below 1 less this.
    pub confidence: f64,
}

impl Asked {
    /// Returns what is asked at the least: each value of a column against the rest, by labels; groups of 30 rows, 95 %.
    pub fn new(facet: &[&str], label: &str, positive: Chosen) -> Self {
        Self {
            facet: facet.iter().map(|&name| name.to_owned()).collect(),
            disadvantaged: None,
            bins: Vec::new(),
            label: label.to_owned(),
            positive,
            prediction: None,
            group: None,
            features: Vec::new(),
            metrics: None,
            min_group: 30,
            compat: None,
            confidence: 0.95,
        }
    }

    /// Every column that is read, as often as it is asked for, and by which argument.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let one =
            [("label", Some(&self.label)), ("prediction", self.prediction.as_ref()), ("group", self.group.as_ref())];
        let facets = self.facet.iter().map(|name| ("facet", name));
        let one = one.into_iter().filter_map(|(argument, name)| Some((argument, name?)));
        let features = self.features.iter().map(|name| ("features", name));
        facets.chain(one).chain(features).map(|(argument, name)| (argument, name.as_str()))
    }

    pub(super) fn settings(&self) -> Result<Settings, StatsError> {
        let conventions = if self.compat.is_some() { Conventions::Clarify } else { Conventions::Corrected };
        Ok(Settings::default()
            .with_confidence(self.confidence)?
            .with_min_group(self.min_group)
            .with_conventions(conventions))
    }

    /// Whether the numbers of this column are needed, and not only which values it has.
    pub(super) fn needs_numbers(&self, column: &str) -> bool {
        let is_outcome = self.label == column || self.prediction.as_deref() == Some(column);
        let is_cut = matches!(self.positive, Chosen::Above(_)) && is_outcome;
        let is_facet = self.facet.iter().any(|name| name == column);
        is_cut || (is_facet && self.thresholds(column).is_some()) || self.features.iter().any(|name| name == column)
    }

    /// Whether this metric is asked for, or leads.
    pub(super) fn wants(&self, id: &str) -> bool {
        let named = self.metrics.as_ref().is_none_or(|ids| ids.iter().any(|named| named == id));
        named || id == words::lead(self.prediction.is_some()).0
    }

    fn check_metrics(&self) -> Result<(), StatsError> {
        let Some(ids) = &self.metrics else { return Ok(()) };
        if ids.is_empty() {
            return Err(wrong("metrics", "empty", "one metric or more, or none at all for all of them"));
        }
        match ids.iter().find(|id| measure::ids().all(|known| known != *id)) {
            None => Ok(()),
            Some(id) => {
                let expected = format!("a metric of bias: {}", hint(id, measure::ids()));
                Err(wrong("metrics", format!("`{id}`"), expected))
            }
        }
    }

    /// What a p-value is to be below of to be small.
    pub(super) fn alpha(&self) -> f64 {
        1.0 - self.confidence
    }

    /// The thresholds of a facet.
    pub(super) fn thresholds(&self, facet: &str) -> Option<&[f64]> {
        match &self.disadvantaged {
            Some(Chosen::Above(threshold)) => Some(std::slice::from_ref(threshold)),
            _ => bins::thresholds(&self.bins, facet),
        }
    }

    pub(super) fn check(&self) -> Result<(), StatsError> {
        if self.facet.is_empty() {
            return Err(wrong("facet", "empty", "one protected column or more"));
        }
        let mut protected = HashSet::new();
        if let Some(twice) = self.facet.iter().find(|name| !protected.insert(name.as_str())) {
            return Err(wrong("facet", format!("`{twice}` twice"), "columns that differ"));
        }
        for (name, column) in
            [("label", Some(&self.label)), ("prediction", self.prediction.as_ref()), ("group", self.group.as_ref())]
        {
            if column.is_some_and(|column| protected.contains(column.as_str())) {
                return Err(wrong(name, "a facet", "another column than the protected ones"));
            }
        }
        self.check_features(&protected)?;
        self.check_metrics()?;
        check_chosen("positive", &self.positive)?;
        if let Some(chosen) = &self.disadvantaged {
            check_chosen("disadvantaged", chosen)?;
            if matches!(chosen, Chosen::Above(_)) && self.facet.len() > 1 {
                return Err(wrong(
                    "disadvantaged",
                    "a threshold for several facets",
                    "values, or thresholds in `bins`",
                ));
            }
            if matches!(chosen, Chosen::Above(_)) && !self.bins.is_empty() {
                return Err(wrong("bins", "given beside a threshold in `disadvantaged`", "one of the two"));
            }
        }
        bins::check("bins", &self.bins, "bins of columns in `facet`", |name| protected.contains(name))
    }

    /// What the model is asked to be blind to, or what it says, cannot tell how it would have been with other features.
    fn check_features(&self, protected: &HashSet<&str>) -> Result<(), StatsError> {
        let mut features = HashSet::new();
        for name in &self.features {
            let role = if protected.contains(name.as_str()) {
                "a facet"
            } else if *name == self.label {
                "the label"
            } else if self.prediction.as_ref() == Some(name) {
                "the prediction"
            } else if !features.insert(name.as_str()) {
                "named twice"
            } else {
                continue;
            };
            return Err(wrong("features", format!("`{name}`, {role}"), "columns that are none of those, each once"));
        }
        Ok(())
    }
}

fn check_chosen(name: &str, chosen: &Chosen) -> Result<(), StatsError> {
    match chosen {
        Chosen::Values(values) if values.is_empty() => Err(wrong(name, "empty", "one value or more, or a threshold")),
        Chosen::Above(threshold) if !threshold.is_finite() => {
            Err(wrong(name, threshold.to_string(), "a finite threshold"))
        }
        _ => Ok(()),
    }
}
