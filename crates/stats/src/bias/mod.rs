//! Bias of data and of a model between the groups of protected columns: Clarify's, Fairlearn's and AIF360's metrics, of a table.
//!
//! The formulas, and what they say of odd data, are `kernels::bias`'s. Here columns become codes, rare values are pooled, features
//! become numbers, and what was found becomes words. Invariants: only the columns that are asked for are read, each once, and every
//! metric but FT and the proxy check comes from one table of counts; equal data give equal bits whatever the number of threads.
mod asked;
mod facets;
mod features;
mod json;
mod measure;
mod outcomes;
mod report;
mod rule;
#[cfg(test)]
mod tests;
mod words;

pub use asked::{Asked, Chosen, Compat};
pub use measure::{Family, Measured};
pub use report::{Bias, Facet, LeftOut, ProxyCheck};

use crate::{Column, Data, Run, StatsError, read_columns};
use facets::Facets;
use features::Features;
use kernels::bias::{Axes, Columns, Comparison, Contingency, Groups, MISSING, Question, Settings};
use kernels::{Computed, Reason};
use measure::{measure, of_groups};
use outcomes::Outcomes;
use std::collections::HashSet;

/// Each of so many values against the rest is asked of features; the others' have a reason.
const MOST_FEATURED: usize = 10;

/// Compares the groups of the protected columns.
///
/// - **Columns**: `facet` (several: their intersections, named `a & b`), `label`, `prediction`, `group` (the strata of CDDL and CDDPL)
///   and `features` (of FT and the proxy check) are read whole, no others.
/// - **Groups**: with `disadvantaged`, those values against all others; without, each value against the rest. Values of fewer rows than
///   `min_group`, and those beyond the 500 with the most rows, are not reported by themselves, and belong to the rest all the same.
/// - **Four-fifths rule**: the disadvantaged that were named against all others (DI); without, each value against the one with the
///   largest share of positive predictions, as the rule says, ruling out chance for every pair of values.
/// - **FT**: numbers are divided by their standard deviation, columns of up to 20 categories become one column each; up to 10,000 rows of
///   a group are asked. With `compat`, numbers are as they are, and all rows are asked.
/// - **Errors**: [`StatsError::Argument`] for what is not asked as it must be, [`StatsError::NoColumn`], files that cannot be read. Odd
///   data is none: see [`Bias`].
/// - **Memory**: the columns, and 4 bytes a row for each of facet, label, prediction and group; with features 8 bytes a row for each
///   that FT sees, twice.
pub fn bias(data: &Data, asked: &Asked, run: &Run<'_>) -> Result<Bias, StatsError> {
    asked.check()?;
    let settings = asked.settings()?;
    data.check_columns(asked.columns())?;
    let mut taken = HashSet::new();
    let names: Vec<&str> = asked.columns().map(|(_, name)| name).filter(|name| taken.insert(*name)).collect();
    let columns = read_columns(data, &names, run)?;
    let table = Table { columns: &columns, asked, settings, run };
    table.compare()
}

/// What is compared, and how.
struct Table<'a> {
    columns: &'a [Column],
    asked: &'a Asked,
    settings: Settings,
    run: &'a Run<'a>,
}

/// The columns as codes.
struct Coded {
    facets: Facets,
    label: Outcomes,
    prediction: Option<Outcomes>,
    /// Rows whose prediction is a value that no label has.
    strangers: u64,
    /// The strata, and how many there can be.
    group: Option<(Vec<u32>, u32)>,
}

impl Coded {
    fn left_out(&self) -> LeftOut {
        let missing = |codes: &[u32]| codes.iter().filter(|&&code| code == MISSING).count() as u64;
        LeftOut {
            facet: missing(&self.facets.codes),
            label: missing(&self.label.codes),
            prediction: self.prediction.as_ref().map(|prediction| missing(&prediction.codes)),
            group: self.group.as_ref().map(|(codes, _)| missing(codes)),
            pooled_values: self.facets.pooled_values,
            pooled_rows: self.facets.pooled_rows,
            features: Vec::new(),
        }
    }

    fn count(&self) -> Result<Computed<Contingency>, StatsError> {
        let axes = Axes {
            groups: self.group.as_ref().map_or(0, |(_, values)| *values),
            facets: self.facets.size(),
            labels: self.label.size,
            predictions: self.prediction.as_ref().map_or(0, |prediction| prediction.size),
        };
        let mut table = match Contingency::new(axes) {
            Ok(table) => table,
            Err(reason) => return Ok(Err(self.facets.reason().unwrap_or(reason))),
        };
        table.add(&Columns {
            group: self.group.as_ref().map(|(codes, _)| codes.as_slice()),
            facet: &self.facets.codes,
            label: Some(&self.label.codes),
            prediction: self.prediction.as_ref().map(|prediction| prediction.codes.as_slice()),
        })?;
        Ok(self.facets.reason().map_or(Ok(table), Err))
    }
}

impl Table<'_> {
    fn column(&self, name: &str) -> Result<&Column, StatsError> {
        let found = self.columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| StatsError::NoColumn {
            argument: None,
            name: name.into(),
            of: "the data".into(),
            hint: "it was not read".into(),
        })
    }

    fn code(&self) -> Result<Coded, StatsError> {
        let asked = self.asked;
        let facets: Vec<&Column> = asked.facet.iter().map(|name| self.column(name)).collect::<Result<_, _>>()?;
        let label = Outcomes::of("label", self.column(&asked.label)?, &asked.positive)?;
        let prediction = match &asked.prediction {
            Some(name) => Some(Outcomes::of("prediction", self.column(name)?, &asked.positive)?),
            None => None,
        };
        let group = match &asked.group {
            Some(name) => {
                let (codes, values) = outcomes::categories("group", self.column(name)?)?;
                Some((codes, outcomes::size(values.len())))
            }
            None => None,
        };
        let strangers = prediction.as_ref().map_or(0, |prediction| prediction.strangers(&label));
        Ok(Coded {
            facets: Facets::of(&facets, asked, self.settings.min_group())?,
            strangers,
            prediction: prediction.map(Outcomes::collapsed),
            label: label.bounded(),
            group,
        })
    }

    fn compare(&self) -> Result<Bias, StatsError> {
        let coded = self.code()?;
        let mut found = Bias::new(self.asked, coded.left_out(), coded.facets.rows());
        found.note_unseen(&coded.label, coded.prediction.as_ref(), &coded.facets);
        found.note_strangers(coded.strangers);
        found.note_rounded(self.columns.iter().filter(|column| self.asked.needs_numbers(&column.name)));
        match coded.count()? {
            Err(reason) => found.without_facets(&reason),
            Ok(counts) => self.fill(&mut found, &coded, &counts)?,
        }
        Ok(found)
    }

    fn fill(&self, found: &mut Bias, coded: &Coded, counts: &Contingency) -> Result<(), StatsError> {
        let positive_predictions =
            coded.prediction.as_ref().map_or(&[][..], |prediction| prediction.positive.as_slice());
        let disadvantaged = coded.facets.disadvantaged.as_deref().unwrap_or_default();
        let question = Question { disadvantaged, positive_labels: &coded.label.positive, positive_predictions };
        let mut parts: Vec<rule::Part> = match &coded.facets.disadvantaged {
            Some(codes) => {
                let comparison = Comparison::new(counts, &question, &self.settings)?;
                vec![(coded.facets.asked_for.clone(), codes.clone(), comparison)]
            }
            None => Comparison::each_value(counts, &question, &self.settings)?
                .filter(|(code, _)| *code < coded.facets.reported())
                .map(|(code, comparison)| (coded.facets.name(code), vec![code], comparison))
                .collect(),
        };
        // The largest first, so that features are asked for those; equal ones in their own order.
        parts.sort_by_key(|(_, _, comparison)| std::cmp::Reverse(comparison.group_rows()[1]));
        let verdicts = rule::verdicts(counts, question, &self.settings, self.asked, &parts)?;
        let features = self.features(coded)?;
        if let Some(features) = &features {
            found.left_out.features.clone_from(&features.left_out);
        }
        for (place, ((name, codes, comparison), verdict)) in parts.into_iter().zip(verdicts).enumerate() {
            let about = match &features {
                Some(features) if place < MOST_FEATURED => {
                    let sides = coded.facets.sides(&codes);
                    Some(features.ask(&sides, coded.prediction.as_ref(), self.asked, &self.settings, self.run)?)
                }
                _ => None,
            };
            let why_not = if features.is_none() { NO_FEATURES } else { TOO_MANY };
            let (ft, flips, proxy) = match about {
                Some(about) => (about.ft, about.flips, about.proxy),
                None => (measure::none(&Reason::Undefined(why_not.to_owned())), None, None),
            };
            let metrics = measure(&comparison, ft, self.asked);
            found.facets.push(Facet::new(name, &comparison, metrics, (flips, proxy), verdict, self.asked));
        }
        let all: Vec<u32> = (0..coded.facets.reported()).collect();
        let groups = Groups::new(counts, &all, &coded.label.positive, positive_predictions, &self.settings)?;
        found.groups = of_groups(&groups, self.asked);
        if self.asked.prediction.is_some() {
            let left_out = groups.left_out().into_iter();
            found.groups_left_out = left_out.map(|(code, reason)| (coded.facets.name(code), reason)).collect();
        }
        Ok(())
    }

    fn features(&self, coded: &Coded) -> Result<Option<Features>, StatsError> {
        if self.asked.features.is_empty() || coded.facets.reported() == 0 {
            return Ok(None);
        }
        let columns: Vec<&Column> =
            self.asked.features.iter().map(|name| self.column(name)).collect::<Result<_, _>>()?;
        Ok(Some(Features::of(&columns, self.asked.compat)))
    }
}

const NO_FEATURES: &str = "no features were given";
const TOO_MANY: &str = "features are asked for the 10 largest groups alone: give this one as `disadvantaged`";
