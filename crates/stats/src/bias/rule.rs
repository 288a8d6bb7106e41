//! The four-fifths rule, of each group.
use super::asked::Asked;
use crate::StatsError;
use kernels::bias::{
    Comparison, Contingency, FourFifths, Groups, Metric, Question, Settings, demographic_parity_ratio, di, four_fifths,
};
use kernels::{Computed, Reason};

/// A group: its name, its codes, and how it compares with the rest.
pub(super) type Part = (String, Vec<u32>, Comparison);

/// Returns what the rule says of each group; without predictions there is nothing to judge.
pub(super) fn verdicts(
    counts: &Contingency,
    question: Question<'_>,
    settings: &Settings,
    asked: &Asked,
    parts: &[Part],
) -> Result<Vec<Computed<FourFifths>>, StatsError> {
    if asked.prediction.is_none() {
        return Ok(parts.iter().map(|_| Err(Reason::Undefined("no prediction was given".to_owned()))).collect());
    }
    // Those that were asked for by name are no single value.
    let code = |codes: &[u32]| codes.first().copied().filter(|_| asked.disadvantaged.is_none());
    let each: Vec<(u32, &Comparison)> =
        parts.iter().filter_map(|(_, codes, comparison)| Some((code(codes)?, comparison))).collect();
    let rule = Rule::new(counts, question, settings, asked.alpha(), &each);
    parts.iter().map(|(_, codes, comparison)| rule.judge(code(codes), comparison)).collect()
}

/// What each group's share of positive predictions is held against.
///
/// The rule (29 CFR 1607.4 D) names the group with the largest share. Groups that are compared one by one are held against that one:
/// the rest, being a mean of others, would hide it. Which one it is shows in the data, so chance must be ruled out for every pair
/// (Bonferroni). Groups that were asked for by name are held against all others, as their other metrics are.
struct Rule<'a> {
    counts: &'a Contingency,
    question: Question<'a>,
    settings: &'a Settings,
    alpha: f64,
    /// The code and the positive predictions of the group with the largest share, and how many pairs there are.
    largest: Option<(u32, u64, u64)>,
}

impl<'a> Rule<'a> {
    /// `groups`: each value and how it compares with the rest; none where the disadvantaged were named.
    fn new(
        counts: &'a Contingency,
        question: Question<'a>,
        settings: &'a Settings,
        alpha: f64,
        groups: &[(u32, &Comparison)],
    ) -> Self {
        let mut largest: Option<(u32, u64, u64)> = None;
        let mut large_enough = 0u64;
        for &(code, comparison) in groups {
            let [_, (hits, of)] = comparison.positive_predictions();
            if of < settings.min_group() {
                continue;
            }
            large_enough += 1;
            // Products, for shares that are equal must be so; the first of equals.
            let is_larger = |&(_, most, most_of): &(u32, u64, u64)| {
                u128::from(hits) * u128::from(most_of) > u128::from(most) * u128::from(of)
            };
            if largest.as_ref().is_none_or(is_larger) {
                largest = Some((code, hits, of));
            }
        }
        let pairs = large_enough * large_enough.saturating_sub(1) / 2;
        let largest = largest.filter(|_| pairs > 0).map(|(code, hits, _)| (code, hits, pairs));
        Self { counts, question, settings, alpha, largest }
    }

    /// Judges the group of this code, or the named ones.
    fn judge(&self, code: Option<u32>, comparison: &Comparison) -> Result<Computed<FourFifths>, StatsError> {
        let (Some(code), Some((largest, hits, pairs))) = (code, self.largest) else {
            return Ok(four_fifths(&di(comparison), self.alpha)?);
        };
        let [_, (_, have)] = comparison.positive_predictions();
        let need = self.settings.min_group();
        if have < need {
            return Ok(Err(Reason::TooFew { what: "predictions".to_owned(), have, need }));
        }
        if hits == 0 {
            return Ok(Err(Reason::None("positive predictions in any group".to_owned())));
        }
        if code == largest {
            return Ok(Ok(FourFifths::Passed));
        }
        Ok(four_fifths(&self.ratio(code, largest)?, self.alpha / pairs as f64)?)
    }

    /// The share of one group over that of the group with the largest.
    fn ratio(&self, code: u32, largest: u32) -> Result<Metric, StatsError> {
        let Question { positive_labels, positive_predictions, .. } = self.question;
        let both = Groups::new(self.counts, &[code, largest], positive_labels, positive_predictions, self.settings)?;
        Ok(demographic_parity_ratio(&both))
    }
}
