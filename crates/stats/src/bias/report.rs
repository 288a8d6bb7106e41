//! What was found, and how it is told.
use super::asked::{Asked, Chosen};
use super::facets::Facets;
use super::json::bias_json;
use super::measure::{self, Measured};
use super::outcomes::Outcomes;
use super::words;
use crate::columns::notes_of_rounding;
use crate::output::count;
use crate::{Column, Outcome, Report, Table};
use kernels::bias::{Comparison, Flips, FourFifths, Proxy};
use kernels::{Computed, Reason};
use serde_json::Value;

/// How differently the groups of protected columns are treated.
///
/// - **No rows, all missing, one value only**: no facets, or groups without rows: a reason stands for each number.
/// - **Missing**: a row without facet, label, prediction or group is left out of what needs it, and counted in [`LeftOut`].
/// - **Values that no row has**: named as disadvantaged, or among several positive ones, they make the report not computable: a misspelt one
///   would pass. If no prediction is positive (without predictions, no label), the
///   report is not computable, since that is more often a slip, such as a score for a prediction, than a fact; its numbers are there all
///   the same. Notes name both, and predictions that are no value of the label.
/// - **Lists, structures, bytes** where values are needed are a [`StatsError::Argument`]; as features they are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Bias {
    /// What was asked.
    pub asked: Asked,
    /// Rows of the table.
    pub rows: u64,
    /// The groups, each against the rest, or the disadvantaged against all others; the one with the most rows first.
    pub facets: Vec<Facet>,
    /// Fairlearn's metrics of all reported groups.
    pub groups: Vec<Measured>,
    /// Groups that were too small for a rate of these.
    pub groups_left_out: Vec<(String, Reason)>,
    /// What was left out.
    pub left_out: LeftOut,
    /// Why there are no facets.
    reason: Option<Reason>,
    /// Nothing that was asked for as positive is there: why that says nothing.
    without_positive: Option<&'static str>,
    /// Values that were named, as disadvantaged or among several positive ones, and that no row has.
    pub(super) unseen: Vec<String>,
    notes: Vec<String>,
}

/// One group beside the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// Its value, its bin, or its values, joined by `, `; those of an intersection by ` & `.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// The rows it is compared with.
    pub rest_rows: u64,
    /// Positive labels, of how many: of the rest, and of the group.
    pub labels: [(u64, u64); 2],
    /// Positive predictions, of how many: of the rest, and of the group; nothing without predictions.
    pub predictions: Option<[(u64, u64); 2]>,
    /// Clarify's, AIF360's and Fairlearn's metrics.
    pub metrics: Vec<Measured>,
    /// What the four-fifths rule says: of DI where the disadvantaged were named, else of the group beside the one with the largest
    /// share of positive predictions.
    pub four_fifths: Computed<FourFifths>,
    /// How FT came about, if it was asked.
    pub flips: Option<Flips>,
    /// Whether features can tell who belongs to the group, if there are any.
    pub proxy: Option<ProxyCheck>,
}

/// Whether features tell who belongs to a group.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyCheck {
    /// All features together.
    pub together: Computed<Proxy>,
    /// Each by itself.
    pub each: Vec<(String, Computed<Proxy>)>,
}

/// What was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftOut {
    /// Rows without a facet.
    pub facet: u64,
    /// Rows without a label.
    pub label: u64,
    /// Rows without a prediction, if there are any.
    pub prediction: Option<u64>,
    /// Rows without a stratum, if there are any.
    pub group: Option<u64>,
    /// Facet values that are not reported by themselves.
    pub pooled_values: u64,
    /// The rows of those.
    pub pooled_rows: u64,
    /// Features that were not seen, and why.
    pub features: Vec<(String, &'static str)>,
}

impl Facet {
    pub(super) fn new(
        name: String,
        comparison: &Comparison,
        metrics: Vec<Measured>,
        (flips, proxy): (Option<Flips>, Option<ProxyCheck>),
        four_fifths: Computed<FourFifths>,
        asked: &Asked,
    ) -> Self {
        let [rest_rows, rows, _] = comparison.group_rows();
        Self {
            name,
            rows,
            rest_rows,
            labels: comparison.positive_labels(),
            predictions: asked.prediction.as_ref().map(|_| comparison.positive_predictions()),
            metrics,
            four_fifths,
            flips,
            proxy,
        }
    }

    /// Returns a metric by its id.
    pub fn metric(&self, id: &str) -> Option<&Measured> {
        self.metrics.iter().find(|measured| measured.id == id)
    }
}

impl Bias {
    pub(super) fn new(asked: &Asked, left_out: LeftOut, rows: u64) -> Self {
        Self {
            asked: asked.clone(),
            rows,
            facets: Vec::new(),
            groups: Vec::new(),
            groups_left_out: Vec::new(),
            left_out,
            reason: None,
            without_positive: None,
            unseen: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn without_facets(&mut self, reason: &Reason) {
        self.reason = Some(reason.clone());
    }

    /// Notes what was asked for and no row has.
    pub(super) fn note_unseen(&mut self, label: &Outcomes, prediction: Option<&Outcomes>, facets: &Facets) {
        for text in &facets.unseen {
            let hint = words::nearest(text, facets.names().iter().map(String::as_str));
            let above = if text.trim().parse::<f64>().is_ok() {
                " A threshold is given apart: `--disadvantaged-above`, in Python a number."
            } else {
                ""
            };
            self.notes.push(format!("No row has the facet value `{text}`{hint}{above}"));
            self.unseen.push(text.clone());
        }
        let columns = [Some(("label", label)), prediction.map(|prediction| ("prediction", prediction))];
        let valued = || columns.iter().flatten().filter(|(_, outcomes)| outcomes.has_values);
        let has_none = |outcomes: &Outcomes| outcomes.has_values && !outcomes.is_seen;
        self.without_positive = match prediction {
            Some(prediction) if has_none(prediction) && has_none(label) => {
                Some("no label and no prediction is positive as asked")
            }
            Some(prediction) if has_none(prediction) => Some("no prediction is positive as asked"),
            None if has_none(label) => Some("no label is positive as asked"),
            _ => None,
        };
        if let Chosen::Values(values) = &self.asked.positive {
            // One alone that nobody has is told below, with what may be meant.
            let known = |text: &&String| valued().any(|(_, outcomes)| outcomes.has(text));
            self.unseen.extend(values.iter().filter(|_| values.len() > 1).filter(|text| !known(text)).cloned());
        }
        for (what, outcomes) in valued().filter(|(_, outcomes)| !outcomes.is_seen) {
            match &self.asked.positive {
                Chosen::Above(threshold) => self.notes.push(format!("No {what} is above {threshold}.")),
                Chosen::Values(values) => {
                    let hint =
                        values.first().map(|text| words::nearest(text, outcomes.shown.iter().map(String::as_str)));
                    let values = values.join("`, `");
                    self.notes.push(format!("No {what} is `{values}`{}", hint.unwrap_or_default()));
                }
            }
        }
    }

    /// Notes columns whose numbers are not quite their values, of those whose numbers were needed.
    pub(super) fn note_rounded<'a>(&mut self, columns: impl Iterator<Item = &'a Column>) {
        self.notes.extend(notes_of_rounding(columns));
    }

    /// Notes how many predictions are no value of the label.
    pub(super) fn note_strangers(&mut self, rows: u64) {
        if rows > 0 {
            let rows = count(rows);
            self.notes.push(format!(
                "Predictions that are no value of the label, and so positive only where that was asked for: {rows}."
            ));
        }
    }

    /// Why nothing could be computed, if so.
    pub(super) fn why_not(&self) -> Option<String> {
        if let Some(reason) = &self.reason {
            return Some(reason.to_string());
        }
        if let Some(why) = self.without_positive {
            return Some(why.to_owned());
        }
        if self.facets.is_empty() {
            return Some(format!("no value of the protected column has {} rows", self.asked.min_group));
        }
        let asked = |measured: &&Measured| measured.id == words::lead(self.asked.prediction.is_some()).0;
        let leads = || self.facets.iter().filter_map(|facet| facet.metrics.iter().find(asked));
        if leads().any(|lead| lead.metric.value.is_ok()) {
            return None;
        }
        leads().find_map(|lead| lead.metric.value.as_ref().err()).map(ToString::to_string)
    }
}

impl Bias {
    /// A metric that was named and has a number for no group, and why.
    pub(super) fn lacking(&self) -> Option<(&str, &Reason)> {
        self.asked.metrics.iter().flatten().find_map(|id| {
            let all = || self.facets.iter().flat_map(|facet| &facet.metrics).chain(&self.groups);
            let mut values = all().filter(|measured| measured.id == *id).map(|measured| &measured.metric.value);
            let reason = values.next()?.as_ref().err()?;
            values.all(Result::is_err).then_some((id.as_str(), reason))
        })
    }
}

impl Report for Bias {
    /// Says which group is treated most differently, by how much, whether chance would do, and what the four-fifths rule says.
    fn headline(&self) -> String {
        words::headline(self)
    }

    /// Not computable if nothing is positive, if no row has a value that was named, or if no group has the difference that leads: DPPL with
    /// predictions, DPL without. Breached if the four-fifths rule fails for a group and chance would hardly do that, however many groups
    /// were looked at; any other limit is the caller's. Else not computable if a metric that was named has a number for no group.
    fn outcome(&self) -> Outcome {
        if self.why_not().is_some() || !self.unseen.is_empty() {
            Outcome::NotComputable
        } else if self.facets.iter().any(|facet| facet.four_fifths == Ok(FourFifths::Failed)) {
            Outcome::Breached
        } else if self.lacking().is_some() {
            Outcome::NotComputable
        } else {
            Outcome::Within
        }
    }

    fn possible(&self) -> Vec<(&'static str, String)> {
        measure::ids().map(|id| (id, "name it in `metrics`".to_owned())).collect()
    }

    fn tables(&self) -> Vec<Table> {
        words::tables(self)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        notes.extend(words::notes(self));
        notes
    }

    /// Returns the public dictionary.
    ///
    /// - `facet`, `label`, `prediction`, `group`, `positive`: as asked; a threshold is `{"above"}`. `rows`: of the table.
    /// - `settings`: `metrics` (those that were named, or null), `min_group`, `confidence`, `compat`.
    /// - `facets`, by value: `rows`, `rest_rows`; `labels` and `predictions` `{positive, of, share, rest_positive, rest_of, rest_share}`;
    ///   `metrics`, by id: `{value, interval {low, high}, p_value, test, reason, interval_reason, p_value_reason}`, of which `reason` is
    ///   that of the value; `four_fifths` `{verdict: passed | failed | failed_by_chance, reason}`, against the group with the largest share
    ///   where each value is compared; `flips` of FT `{rows,
    ///   from_positive, from_negative, tied}`. Fairlearn's metrics here are those of the group and the rest.
    /// - `groups`: Fairlearn's metrics of all reported groups, by id, as in `metrics`; `groups_left_out`: by value, why.
    /// - `proxy`: null without features; by facet value `{together, features {name}}`, each as a metric (the area under the curve) with
    ///   `strength` (none | weak | moderate | strong) and `rows`.
    /// - `left_out`: `facet_missing`, `label_missing`, `prediction_missing`, `group_missing`, `pooled_values`, `pooled_rows`, `features`
    ///   (by name, why). `notes`: sentences.
    ///
    /// What does not exist is null; infinite numbers, of `compat` alone, are "Infinity" and "-Infinity".
    fn to_json(&self) -> Value {
        bias_json(self, &self.notes())
    }
}
