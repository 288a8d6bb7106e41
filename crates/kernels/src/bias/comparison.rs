//! Two sides of a facet, and what each of them was given and predicted.
use super::codes::{MISSING, wrong_code};
use super::contingency::Contingency;
use super::intervals::Rate;
use super::settings::Settings;
use super::sides::{Kinds, Side, side_of};
use crate::{Computed, KernelError, Reason};

/// What is asked of a table: who is disadvantaged, and which labels and predictions are good to have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// Codes of the facet values that are thought to be at a disadvantage; all others are the advantaged group.
    pub disadvantaged: &'a [u32],
    /// Codes of the labels that are positive; the others are negative.
    pub positive_labels: &'a [u32],
    /// Codes of the predictions that are positive; the others are negative.
    pub positive_predictions: &'a [u32],
}

/// An advantaged and a disadvantaged group, reduced to what the metrics need.
///
/// Rows whose facet is missing belong to neither, except under Clarify's conventions, where they are advantaged; they do
/// count where everyone does ([`super::ge`], [`super::theil_index`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub(super) settings: Settings,
    pub(super) advantaged: Side,
    pub(super) disadvantaged: Side,
    pub(super) unplaced: Side,
    /// Why there are no strata although they were asked for.
    pub(super) uncounted_strata: Option<Reason>,
}

impl Comparison {
    /// Returns the disadvantaged values of `question` against all others.
    ///
    /// [`KernelError::Argument`] for a code that its axis does not have. No disadvantaged values is no error: their group is
    /// empty.
    pub fn new(table: &Contingency, question: &Question<'_>, settings: &Settings) -> Result<Self, KernelError> {
        let kinds = Kinds::new(table, question.positive_labels, question.positive_predictions)?;
        let values = table.axes().facets;
        let mut is_disadvantaged = vec![false; values as usize];
        for &code in question.disadvantaged {
            let place = is_disadvantaged.get_mut(code as usize);
            *place.ok_or_else(|| wrong_code("disadvantaged", code, values))? = true;
        }
        let mut sides = [Side::empty(table), Side::empty(table)];
        for (facet, &disadvantaged) in (0..values).zip(&is_disadvantaged) {
            sides[usize::from(disadvantaged)].take(table, facet, &kinds);
        }
        let [advantaged, disadvantaged] = sides;
        let found = Self::of_sides([advantaged, disadvantaged, side_of(table, MISSING, &kinds)], &kinds, settings);
        Ok(Self { uncounted_strata: table.uncounted_groups(), ..found })
    }

    /// Returns each facet value that has rows against the rest, by code; what `question` says of the disadvantaged is not
    /// asked. `O(cells)` for all of them together.
    pub fn each_value(
        table: &Contingency,
        question: &Question<'_>,
        settings: &Settings,
    ) -> Result<impl Iterator<Item = (u32, Self)>, KernelError> {
        let kinds = Kinds::new(table, question.positive_labels, question.positive_predictions)?;
        let mut everyone = Side::empty(table);
        for facet in 0..table.axes().facets {
            everyone.take(table, facet, &kinds);
        }
        let unplaced = side_of(table, MISSING, &kinds);
        let settings = *settings;
        Ok((0..table.axes().facets).filter(|&facet| table.facet_rows(facet) > 0).map(move |facet| {
            let disadvantaged = side_of(table, facet, &kinds);
            let advantaged = everyone.combine(&disadvantaged, |all, part| all - part);
            let found = Self::of_sides([advantaged, disadvantaged, unplaced.clone()], &kinds, &settings);
            (facet, Self { uncounted_strata: table.uncounted_groups(), ..found })
        }))
    }

    /// The advantaged, the disadvantaged and those who are neither.
    fn of_sides(mut sides: [Side; 3], kinds: &Kinds, settings: &Settings) -> Self {
        if settings.is_clarify() {
            let [advantaged, disadvantaged, unplaced] = sides;
            let nobody = unplaced.combine(&unplaced, |_, _| 0);
            sides = [advantaged.combine(&unplaced, |a, b| a + b), disadvantaged, nobody];
            sides = sides.map(|side| side.for_clarify(kinds));
        }
        let [advantaged, disadvantaged, unplaced] = sides;
        Self { settings: *settings, advantaged, disadvantaged, unplaced, uncounted_strata: None }
    }

    /// Returns how many rows the advantaged group, the disadvantaged group and neither of them have.
    pub fn group_rows(&self) -> [u64; 3] {
        [&self.advantaged, &self.disadvantaged, &self.unplaced].map(Side::rows)
    }

    /// Returns how many labels are positive, of how many, in the advantaged and in the disadvantaged group.
    pub fn positive_labels(&self) -> [(u64, u64); 2] {
        self.both(Side::labels).map(|rate| (rate.hits, rate.of))
    }

    /// Returns how many predictions are positive, of how many, in the advantaged and in the disadvantaged group.
    pub fn positive_predictions(&self) -> [(u64, u64); 2] {
        self.both(Side::predictions).map(|rate| (rate.hits, rate.of))
    }

    /// Both sides, the advantaged one first.
    pub(super) fn both<T>(&self, of: impl Fn(&Side) -> T) -> [T; 2] {
        [of(&self.advantaged), of(&self.disadvantaged)]
    }

    /// Whether both groups have enough rows; `rows` are those that the metric can use, the advantaged group's first.
    pub(super) fn large_enough(&self, rows: [u64; 2], usable: &str) -> Computed<()> {
        for (have, group) in rows.into_iter().zip(GROUPS) {
            let what = format!("{group}{usable}");
            if have == 0 {
                return Err(Reason::Empty(what));
            }
            let need = self.settings.min_group();
            if have < need {
                return Err(Reason::TooFew { what: format!("rows of {what}"), have, need });
            }
        }
        Ok(())
    }

    /// Whether both groups have enough of those that a rate is of; none at all is for the caller to judge.
    pub(super) fn enough_of(&self, of: [u64; 2], what: &str) -> Computed<()> {
        let need = self.settings.min_group();
        for (have, group) in of.into_iter().zip(GROUPS) {
            if have > 0 && have < need {
                return Err(Reason::TooFew { what: format!("{what} in {group}"), have, need });
            }
        }
        Ok(())
    }

    /// `hits / of` of both sides, the advantaged one first, or Clarify's conventions where there is none; `what` names those
    /// that it is a share of.
    pub(super) fn quotients(&self, rates: [Rate; 2], what: &str) -> Computed<[f64; 2]> {
        let is_clarify = self.settings.is_clarify();
        let quotient = |Rate { hits, of }: Rate, group: &str| match (of, hits) {
            (1.., _) => Ok(hits as f64 / of as f64),
            (0, 0) if is_clarify => Ok(0.0),
            (0, _) if is_clarify => Ok(f64::INFINITY),
            _ => Err(none_of(what, group)),
        };
        let [a, d] = rates;
        Ok([quotient(a, GROUPS[0])?, quotient(d, GROUPS[1])?])
    }
}

/// [`Reason::None`], if a group has none of those that a rate is of.
pub(super) fn some_of(of: [u64; 2], what: &str) -> Computed<()> {
    match of.into_iter().zip(GROUPS).find(|&(of, _)| of == 0) {
        Some((_, group)) => Err(none_of(what, group)),
        None => Ok(()),
    }
}

fn none_of(what: &str, group: &str) -> Reason {
    Reason::None(format!("{what} in {group}"))
}

/// What the two groups are called in reasons, in the order of their sides.
pub(super) const GROUPS: [&str; 2] = ["the advantaged group", "the disadvantaged group"];

/// `first − second`, and 0 where both are the same infinity (Clarify's convention; ours has no infinite ones).
pub(super) fn difference(first: f64, second: f64) -> f64 {
    if first == second { 0.0 } else { first - second }
}
