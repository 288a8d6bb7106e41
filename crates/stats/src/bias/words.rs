//! The report in plain words.
use super::asked::Compat;
use super::measure::{Family, Measured};
use super::report::{Bias, Facet, ProxyCheck};
use crate::names;
use crate::output::{NO_NUMBER, count, counted, interval, number, p_value, share};
use crate::{Align, Table};
use kernels::Computed;
use kernels::bias::{FOUR_FIFTHS, FourFifths, Proxy, ProxyStrength};

/// The metric that leads, and what it is of.
pub(super) fn lead(is_predicted: bool) -> (&'static str, &'static str) {
    if is_predicted { ("DPPL", "predicted positive") } else { ("DPL", "labelled positive") }
}

/// A group's difference that leads.
struct Gap<'a> {
    facet: &'a Facet,
    value: f64,
    /// Allowing for all groups that were looked at.
    is_sure: bool,
}

pub(super) fn headline(bias: &Bias) -> String {
    if let Some(why) = bias.why_not() {
        return format!("Nothing can be said of {}: {why}.", columns(bias));
    }
    let gaps = gaps(bias);
    let sure: Vec<&Gap<'_>> = gaps.iter().filter(|gap| gap.is_sure).collect();
    let largest = |gaps: &[&Gap<'_>]| gaps.iter().copied().map(|gap| gap.value.abs()).fold(0.0, f64::max);
    let all: Vec<&Gap<'_>> = gaps.iter().collect();
    let among = if sure.is_empty() { &all } else { &sure };
    let most = largest(among);
    let Some(gap) = among.iter().find(|gap| gap.value.abs() >= most) else {
        return format!("Nothing can be said of {}: no group has a difference.", columns(bias));
    };
    let said = if most == 0.0 { equal(bias, gap, gaps.len()) } else { difference(bias, gap) };
    let lacking = bias.lacking().map(|(id, reason)| format!(" There is no number for `{id}`: {reason}."));
    format!("{said}{}{}{}", rule(bias), lacking.unwrap_or_default(), unseen(bias))
}

/// The values of the group that no row has: misspelt ones make it smaller than was meant.
fn unseen(bias: &Bias) -> String {
    if bias.unseen.is_empty() {
        return String::new();
    }
    format!(" No row has `{}`.", bias.unseen.join("`, `"))
}

/// Groups with equal shares, which says little where everyone, or hardly anyone, is positive: so the share is said.
fn equal(bias: &Bias, gap: &Gap<'_>, compared: usize) -> String {
    let all = if compared < bias.facets.len() { "All groups that have enough rows" } else { "All groups" };
    let [_, group] = gap.facet.predictions.unwrap_or(gap.facet.labels);
    let verb = lead(bias.asked.prediction.is_some()).1;
    format!("{all} of {} are {verb} equally often, {}.", columns(bias), of(group))
}

fn gaps(bias: &Bias) -> Vec<Gap<'_>> {
    let (id, _) = lead(bias.asked.prediction.is_some());
    // Of two values the one's difference is the other's, turned about: one question, not two.
    let is_one_pair = bias.facets.len() == 2 && bias.asked.disadvantaged.is_none() && bias.left_out.pooled_values == 0;
    let looked_at = if is_one_pair { 1.0 } else { bias.facets.len() as f64 };
    let gaps = bias.facets.iter().filter_map(|facet| {
        let metric = &facet.metric(id)?.metric;
        let is_sure = metric.p_value.as_ref().is_ok_and(|p_value| p_value.value * looked_at < bias.asked.alpha());
        Some(Gap { facet, value: *metric.value.as_ref().ok()?, is_sure })
    });
    gaps.collect()
}

fn difference(bias: &Bias, gap: &Gap<'_>) -> String {
    let (id, verb) = lead(bias.asked.prediction.is_some());
    let facet = gap.facet;
    let [rest, group] = facet.predictions.unwrap_or(facet.labels);
    let often = if gap.value > 0.0 { "less" } else { "more" };
    let p = facet.metric(id).and_then(|measured| measured.metric.p_value.as_ref().ok());
    let p = p
        .map(|p| p_value(p.value))
        .map_or_else(String::new, |p| if p.starts_with('<') { format!(", p {p}") } else { format!(", p = {p}") });
    let chance = if gap.is_sure { "more than chance would do" } else { "which chance may have done" };
    format!(
        "`{}` of {} is {verb} {often} often than the rest, {} against {}: {chance} ({id} {}{p}).",
        facet.name,
        columns(bias),
        of(group),
        of(rest),
        number(gap.value),
    )
}

/// What the four-fifths rule says, where there are predictions.
fn rule(bias: &Bias) -> String {
    if bias.asked.prediction.is_none() {
        return String::new();
    }
    let are = |verdict: FourFifths| bias.facets.iter().filter(|facet| facet.four_fifths == Ok(verdict)).count();
    let all = bias.facets.iter().filter(|facet| facet.four_fifths.is_ok()).count();
    let (failed, by_chance) = (are(FourFifths::Failed), are(FourFifths::FailedByChance));
    match (all, failed, by_chance) {
        (0, ..) => String::new(),
        (_, 0, 0) => passes(bias, all),
        (1, 1, _) => " The four-fifths rule fails.".to_owned(),
        (1, 0, _) => " The four-fifths rule is missed, which chance may have done.".to_owned(),
        (_, 0, some) => {
            format!(" The four-fifths rule is missed by {some} of {all} groups, which chance may have done.")
        }
        (all, some, _) => format!(" The four-fifths rule fails for {some} of {all} groups."),
    }
}

/// The rule passes for these groups: not for those that it cannot be asked of, and of named ones not for the rest.
fn passes(bias: &Bias, judged: usize) -> String {
    if judged < bias.facets.len() {
        return format!(
            " The four-fifths rule passes for {judged} of {} groups; the others have too few rows for it.",
            bias.facets.len()
        );
    }
    let ratio = |facet: &Facet| {
        let [(a, of_a), (d, of_d)] = facet.predictions?;
        Some((d as f64 / of_d as f64) / (a as f64 / of_a as f64)).filter(|ratio| ratio.is_finite())
    };
    match bias.facets.first().and_then(ratio) {
        Some(ratio) if bias.asked.disadvantaged.is_some() && ratio * FOUR_FIFTHS > 1.0 + 1e-12 => {
            format!(
                " The four-fifths rule passes for the group, not for the rest: its share is {} of the group's.",
                number(1.0 / ratio)
            )
        }
        _ => " The four-fifths rule passes.".to_owned(),
    }
}

fn columns(bias: &Bias) -> String {
    let names: Vec<String> = bias.asked.facet.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}

fn of((part, of): (u64, u64)) -> String {
    if of == 0 { NO_NUMBER.to_owned() } else { share(part as f64 / of as f64) }
}

/// Returns the end of a sentence about a text that is not among these names: which one may have been meant, or what there is.
pub(super) fn nearest<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> String {
    let hint = names::hint(asked, names);
    if hint.ends_with('?') { format!(": {hint}") } else { format!(": {hint}.") }
}

pub(super) fn tables(bias: &Bias) -> Vec<Table> {
    if bias.facets.is_empty() {
        return Vec::new();
    }
    let mut tables = vec![groups(bias)];
    if bias.asked.prediction.is_some() {
        let title = "All groups together (Fairlearn)".to_owned();
        tables.push(Table {
            title,
            headings: metric_headings(),
            rows: bias.groups.iter().filter_map(metric_row).collect(),
        });
    }
    if bias.facets.iter().any(|facet| facet.proxy.is_some()) {
        tables.push(proxies(bias));
    }
    // Two groups and their rest are few enough to be read in full; of more, the dictionary has all.
    tables.extend(bias.facets.iter().take(MOST_SHOWN).map(|facet| {
        let title = format!("`{}` against the rest", facet.name);
        let shown = |measured: &&Measured| measured.family != Family::Fairlearn;
        let rows = facet.metrics.iter().filter(shown).filter_map(metric_row).collect();
        Table { title, headings: metric_headings(), rows }
    }));
    tables
}

const MOST_SHOWN: usize = 2;

fn headings(names: &[(&str, Align)]) -> Vec<(String, Align)> {
    names.iter().map(|&(name, align)| (name.to_owned(), align)).collect()
}

fn groups(bias: &Bias) -> Table {
    let (id, verb) = lead(bias.asked.prediction.is_some());
    let row = |facet: &Facet| {
        let [rest, group] = facet.predictions.unwrap_or(facet.labels);
        let metric = facet.metric(id).map(|measured| &measured.metric);
        let value = metric.and_then(|metric| metric.value.as_ref().ok());
        let interval_of = metric.and_then(|metric| metric.interval.as_ref().ok());
        let p = metric.and_then(|metric| metric.p_value.as_ref().ok());
        let why = metric.and_then(|metric| metric.value.as_ref().err()).map(ToString::to_string);
        let verdict = match &facet.four_fifths {
            Ok(FourFifths::Passed) => "passed",
            Ok(FourFifths::Failed) => "failed",
            Ok(FourFifths::FailedByChance) => "failed, maybe by chance",
            Err(_) => NO_NUMBER,
        };
        vec![
            facet.name.clone(),
            count(facet.rows),
            of(group),
            of(rest),
            value.map_or_else(|| NO_NUMBER.to_owned(), |&value| number(value)),
            interval_of.map_or_else(|| NO_NUMBER.to_owned(), |found| interval(found.low, found.high)),
            p.map_or_else(|| NO_NUMBER.to_owned(), |p| p_value(p.value)),
            why.unwrap_or_else(|| verdict.to_owned()),
        ]
    };
    Table {
        title: format!("Groups: how often they are {verb}"),
        headings: headings(&[
            ("group", Align::Left),
            ("rows", Align::Right),
            ("share", Align::Right),
            ("of the rest", Align::Right),
            (id, Align::Right),
            ("interval", Align::Right),
            ("p", Align::Right),
            ("four-fifths rule", Align::Left),
        ]),
        rows: bias.facets.iter().map(row).collect(),
    }
}

fn metric_headings() -> Vec<(String, Align)> {
    headings(&[
        ("metric", Align::Left),
        ("value", Align::Right),
        ("interval", Align::Right),
        ("p", Align::Right),
        ("what it is", Align::Left),
    ])
}

/// A metric's row; none for one that was not asked for.
fn metric_row(measured: &Measured) -> Option<Vec<String>> {
    let metric = &measured.metric;
    let told = match &metric.value {
        Ok(_) => meaning(measured.id).to_owned(),
        Err(kernels::Reason::Undefined(why)) if why.ends_with("given") || why.contains(" was given") => return None,
        Err(reason) => reason.to_string(),
    };
    Some(vec![
        measured.id.to_owned(),
        metric.value.as_ref().map_or_else(|_| NO_NUMBER.to_owned(), |&value| number(value)),
        metric.interval.as_ref().map_or_else(|_| NO_NUMBER.to_owned(), |found| interval(found.low, found.high)),
        metric.p_value.as_ref().map_or_else(|_| NO_NUMBER.to_owned(), |found| p_value(found.value)),
        told,
    ])
}

fn proxies(bias: &Bias) -> Table {
    let mut rows = Vec::new();
    for facet in &bias.facets {
        if let Some(ProxyCheck { together, each }) = &facet.proxy {
            rows.push(proxy_row(&facet.name, "all together", together));
            rows.extend(each.iter().map(|(name, found)| proxy_row(&facet.name, name, found)));
        }
    }
    Table {
        title: "Can features tell who belongs to a group?".to_owned(),
        headings: headings(&[
            ("group", Align::Left),
            ("features", Align::Left),
            ("area under the curve", Align::Right),
            ("interval", Align::Right),
            ("p", Align::Right),
            ("proxy", Align::Left),
        ]),
        rows,
    }
}

fn proxy_row(group: &str, features: &str, found: &Computed<Proxy>) -> Vec<String> {
    let mut row = vec![group.to_owned(), features.to_owned()];
    match found {
        Ok(proxy) => {
            let auc = &proxy.auc;
            row.push(auc.value.as_ref().map_or_else(|_| NO_NUMBER.to_owned(), |&value| number(value)));
            row.push(
                auc.interval.as_ref().map_or_else(|_| NO_NUMBER.to_owned(), |found| interval(found.low, found.high)),
            );
            row.push(auc.p_value.as_ref().map_or_else(|_| NO_NUMBER.to_owned(), |found| p_value(found.value)));
            row.push(strength(proxy.strength).to_owned());
        }
        Err(reason) => {
            row.extend([NO_NUMBER, NO_NUMBER, NO_NUMBER].map(str::to_owned));
            row.push(reason.to_string());
        }
    }
    row
}

fn strength(strength: ProxyStrength) -> &'static str {
    match strength {
        ProxyStrength::None => "none",
        ProxyStrength::Weak => "weak",
        ProxyStrength::Moderate => "moderate",
        ProxyStrength::Strong => "strong",
    }
}

pub(super) fn notes(bias: &Bias) -> Vec<String> {
    let mut notes = Vec::new();
    let left = &bias.left_out;
    if bias.asked.compat == Some(Compat::Clarify) {
        notes.push(
            "Conventions are smclarify's: 0/0 is 0, x/0 infinite, a missing facet is advantaged, a missing label or prediction negative, \
             and groups have no least size."
                .to_owned(),
        );
    } else {
        let missing = [
            ("facet", Some(left.facet)),
            ("label", Some(left.label)),
            ("prediction", left.prediction),
            ("group", left.group),
        ];
        for (what, rows) in missing {
            if let Some(rows @ 1..) = rows {
                notes.push(format!(
                    "{} of {} rows have no {what}: left out of what needs it.",
                    count(rows),
                    count(bias.rows)
                ));
            }
        }
    }
    if left.pooled_values > 0 {
        let least = if bias.asked.compat.is_some() { 1 } else { bias.asked.min_group.max(1) };
        notes.push(format!(
            "Values that are not reported by themselves, having fewer than {least} rows or being beyond the 500 largest: {}, of \
             {} together. They belong to the rest.",
            count(left.pooled_values),
            counted(left.pooled_rows, "row"),
        ));
    }
    for (name, why) in &left.features {
        notes.push(format!("The feature `{name}` was left out of {why}."));
    }
    for facet in &bias.facets {
        if let Some(flips) = facet.flips.filter(|flips| flips.tied > 0 && bias.asked.compat.is_some()) {
            let away = flips.tied as f64 / flips.rows.max(1) as f64;
            notes.push(format!(
                "FT of `{}`: {} of {} rows hang on which of equally near rows are asked, which smclarify leaves open; its number is within {}.",
                facet.name,
                count(flips.tied),
                count(flips.rows),
                number(away),
            ));
        }
    }
    notes.push(format!(
        "Intervals hold the number of the population in {} of cases; p-values are of each metric by itself. Which difference is just, no \
         number says.",
        share(bias.asked.confidence),
    ));
    notes
}

/// What a metric is, in a few words.
pub(super) fn meaning(id: &str) -> &'static str {
    MEANINGS.iter().find(|(known, _)| *known == id).map_or("", |(_, meaning)| meaning)
}

const MEANINGS: [(&str, &str); 32] = [
    ("CI", "how many fewer rows the group has, of all"),
    ("DPL", "share of positive labels: the rest's less the group's"),
    ("KL", "how far the labels' distributions are apart (Kullback-Leibler, nats)"),
    ("JS", "how far the labels' distributions are from their mean (Jensen-Shannon, nats)"),
    ("LP", "distance of the labels' shares (Euclidean)"),
    ("TVD", "share of labels that would have to change for equal distributions"),
    ("KS", "largest difference of one label's share"),
    ("CDDL", "the group's share of the rejected less that of the accepted, by labels within strata"),
    ("DPPL", "share of positive predictions: the rest's less the group's"),
    ("DI", "share of positive predictions: the group's over the rest's"),
    ("DCA", "positive labels over positive predictions: the rest's less the group's"),
    ("DCR", "negative labels over negative predictions: the group's less the rest's"),
    ("AD", "share of right predictions: the rest's less the group's"),
    ("RD", "share of positives that is found: the rest's less the group's"),
    ("SD", "share of negatives that is found: the group's less the rest's"),
    ("DAR", "share of right ones among positive predictions: the rest's less the group's"),
    ("DRR", "share of right ones among negative predictions: the group's less the rest's"),
    ("TE", "wrong rejections over wrong acceptances: the group's less the rest's"),
    ("CDDPL", "the group's share of the rejected less that of the accepted, by predictions within strata"),
    ("GE", "inequality of benefits among everyone"),
    ("FT", "negative where the model is harder on the group than on the nearest of the rest"),
    ("statistical_parity_difference", "share of positive predictions: the group's less the rest's"),
    ("disparate_impact", "as DI"),
    (
        "average_odds_difference",
        "mean of the differences among negatives and among positives, the group's less the rest's",
    ),
    ("average_abs_odds_difference", "mean of the magnitudes of the differences among negatives and among positives"),
    ("theil_index", "inequality of benefits among everyone (Theil)"),
    ("demographic_parity_difference", "share of positive predictions: largest less smallest"),
    ("demographic_parity_ratio", "share of positive predictions: smallest over largest"),
    ("equalized_odds_difference", "the larger difference of true and of false positive rates"),
    ("equalized_odds_ratio", "the smaller ratio of true and of false positive rates"),
    ("equal_opportunity_difference", "true positive rates: largest less smallest"),
    ("equal_opportunity_ratio", "true positive rates: smallest over largest"),
];
