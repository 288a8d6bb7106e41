//! How often the tests alarm: at the nominal rate where nothing drifted, nearly always where something did. Seeded, so every run
//! counts the same alarms.
use super::*;
use crate::Kll;
use crate::drift::contingency::chi_square;
use crate::drift::cumulative::{Blocks, squared, wasserstein};
use crate::drift::hypergeometric::Stream;
use crate::drift::permutation::{Asked, permute_within};
use crate::drift::side::{Side, for_each_pooled};
use crate::drift::table::{Table, View};
use crate::special::chi_square_critical;

const REPETITIONS: u32 = 400;

fn settings(seed: u64) -> Settings {
    Settings { seed, ..Settings::default() }
}

/// Counts of `rows` drawn from categories with these weights.
pub(super) fn categories(stream: &mut Stream, weights: &[f64], rows: u64) -> Vec<u64> {
    let ends: Vec<f64> = weights
        .iter()
        .scan(0.0, |end, weight| {
            *end += weight;
            Some(*end)
        })
        .collect();
    let all = ends[ends.len() - 1];
    let mut counts = vec![0; weights.len()];
    for _ in 0..rows {
        let at = stream.open() * all;
        counts[ends.partition_point(|end| *end < at)] += 1;
    }
    counts
}

pub(super) fn numbers(stream: &mut Stream, rows: u64, of: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = (0..rows).map(|_| of(stream.open())).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn uniform(cells: usize) -> Vec<f64> {
    vec![1.0; cells]
}

fn zipf(cells: usize) -> Vec<f64> {
    (1..=cells).map(|rank| 1.0 / rank as f64).collect()
}

pub(super) fn categories_of(reference: &[u64], current: &[u64], ids: &[TestId], settings: &Settings) -> Column {
    of_categories(counts(reference), counts(current), ids, settings).unwrap()
}

pub(super) fn numbers_of(reference: &[f64], current: &[f64], ids: &[TestId], settings: &Settings) -> Column {
    of_numbers(rows(reference), rows(current), ids, settings).unwrap()
}

/// P-values of `ids`, a list for each, over so many repetitions.
fn p_values(
    repetitions: u32,
    ids: &[TestId],
    mut column: impl FnMut(&mut Stream, u64) -> Column,
) -> Vec<(TestId, Vec<f64>)> {
    let mut found: Vec<(TestId, Vec<f64>)> = ids.iter().map(|&id| (id, vec![])).collect();
    for repetition in 0..u64::from(repetitions) {
        let column = column(&mut Stream::new(repetition + 9_000), repetition);
        for (id, all) in &mut found {
            all.extend(column.tests[id].p_value);
        }
    }
    found
}

/// How often p-values are at most `limit`, and by how much more or less that may be by chance: 3.3 standard errors.
fn rate(p_values: &[f64], limit: f64) -> (f64, f64) {
    let all = p_values.len() as f64;
    assert!(all > 0.0);
    let alarms = p_values.iter().filter(|p| **p <= limit).count() as f64;
    (alarms / all, 3.3 * (limit / all).sqrt())
}

/// P-values are at most each limit no more often than it says.
#[track_caller]
fn keeps(what: &str, p_values: &[f64], limits: &[f64]) {
    for &limit in limits {
        let (rate, chance) = rate(p_values, limit);
        assert!(rate <= limit + chance, "{what}: p ≤ {limit} in {rate} of the runs");
    }
}

/// P-values are at most α as often as it says, neither more nor less.
#[track_caller]
fn nominal(what: &str, p_values: &[f64]) {
    keeps(what, p_values, &[0.05]);
    let (rate, chance) = rate(p_values, 0.05);
    assert!(rate >= 0.05 - chance, "{what}: p ≤ 0.05 in {rate} of the runs only");
}

/// Weights of the reference, weights of what is current, and rows of each.
type Case = (&'static str, Vec<f64>, u64, u64);

#[test]
fn categories_alarm_at_the_nominal_rate_whatever_their_number() {
    let cases: [Case; 7] = [
        ("700 equal, 500 v 500", uniform(700), 500, 500),
        ("700 by Zipf, 500 v 500", zipf(700), 500, 500),
        ("700 by Zipf, 5,000 v 300", zipf(700), 5_000, 300),
        ("5 by Zipf, 40 v 4,000", zipf(5), 40, 4_000),
        ("a rare one, 3,000 v 200", vec![1.0, 1.0, 1.0, 0.01, 0.01], 3_000, 200),
        ("20 equal, 2,000 v 1,500", uniform(20), 2_000, 1_500),
        ("60 by Zipf, 20,000 v 150", zipf(60), 20_000, 150),
    ];
    for (what, weights, n, m) in cases {
        let found = p_values(REPETITIONS, &[TestId::ChiSquare], |stream, seed| {
            let counts = [n, m].map(|rows| categories(stream, &weights, rows));
            categories_of(&counts[0], &counts[1], &[], &settings(seed))
        });
        nominal(what, &found[0].1);
    }
}

#[test]
fn chi_square_keeps_what_a_hundred_columns_ask() {
    let cases: [Case; 6] = [
        ("two, one of them rare", vec![0.95, 0.05], 3_000, 100),
        ("three, filled as far as the law asks", vec![0.8, 0.1, 0.1], 1_000, 230),
        ("700 equal, 500 v 500", uniform(700), 500, 500),
        ("700 by Zipf, 500 v 500", zipf(700), 500, 500),
        ("700 by Zipf, 3,000 v 200", zipf(700), 3_000, 200),
        ("eight, of which one is rare", vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.05], 600, 150),
    ];
    for (what, weights, n, m) in cases {
        let found = p_values(6_000, &[TestId::ChiSquare], |stream, seed| {
            let counts = [n, m].map(|rows| categories(stream, &weights, rows));
            categories_of(&counts[0], &counts[1], &[], &Settings { comparisons: 100, ..settings(seed) })
        });
        keeps(what, &found[0].1, &[0.01, 0.0005]);
    }
}

#[test]
fn closed_laws_keep_what_a_hundred_columns_ask() {
    // Cells that expect just enough for G, and for the divergences, at 0.05/100.
    let cases = [(TestId::GTest, 370), (TestId::Psi, 1_480), (TestId::Kl, 1_480), (TestId::JensenShannon, 1_480)];
    for (id, rows) in cases {
        let found = p_values(6_000, &[id], |stream, seed| {
            let counts = [rows, rows].map(|rows| categories(stream, &uniform(8), rows + 200));
            categories_of(&counts[0], &counts[1], &[id], &Settings { comparisons: 100, ..settings(seed) })
        });
        keeps(id.as_str(), &found[0].1, &[0.01, 0.0005]);
    }
}

#[test]
fn numbers_alarm_at_the_nominal_rate_whatever_their_ties() {
    type Of = fn(f64) -> f64;
    let cases: [(&str, Of, u64, u64); 8] = [
        ("uniform, 300 v 300", |u| u, 300, 300),
        ("skewed, 25 v 3,000", |u| -u.ln(), 25, 3_000),
        ("skewed, beyond the exact law", |u| -u.ln(), 1_500, 1_200),
        ("ten whole numbers, many rows", |u| (u * 10.0).floor(), 1_500, 1_200),
        ("a hundred whole numbers, many rows", |u| (u * u * 100.0).floor(), 3_000, 2_000),
        ("half zeros, many rows", |u| (u - 0.5).max(0.0), 3_000, 2_000),
        ("whole numbers by weight, 300 v 200", |u| (u * u * 40.0).floor(), 300, 200),
        ("two whole numbers, many rows", |u| (u * 1.1).floor(), 3_000, 2_000),
    ];
    for (what, of, n, m) in cases {
        let found = p_values(REPETITIONS, &[TestId::Ks], |stream, seed| {
            let values = [n, m].map(|rows| numbers(stream, rows, of));
            numbers_of(&values[0], &values[1], &[], &settings(seed))
        });
        nominal(what, &found[0].1);
    }
}

#[test]
fn ks_with_ties_keeps_what_a_hundred_columns_ask() {
    let found = p_values(4_000, &[TestId::Ks], |stream, seed| {
        let values = [2_000, 2_000].map(|rows| numbers(stream, rows, |u| (u - 0.5).max(0.0)));
        numbers_of(&values[0], &values[1], &[], &Settings { comparisons: 100, ..settings(seed) })
    });
    keeps("half zeros", &found[0].1, &[0.05, 0.01, 0.001]);
}

#[test]
fn two_sketches_of_one_distribution_alarm_at_alpha_at_most() {
    let ids: Vec<TestId> =
        TestId::ALL.into_iter().filter(|&id| !matches!(id, TestId::NewShare | TestId::VanishedShare)).collect();
    let sketch = |stream: &mut Stream, rows: u64, seed: u64| {
        let mut kll = Kll::new(64, seed).unwrap();
        for _ in 0..4 {
            kll.update_sorted(&numbers(stream, rows / 4, |u| u)).unwrap();
        }
        (kll.ranks(), kll.rank_error())
    };
    let mut alarms = BTreeMap::new();
    for repetition in 0..100 {
        let mut stream = Stream::new(repetition);
        let sides = [1, 2].map(|side| sketch(&mut stream, 40_000, 2 * repetition + side));
        let [reference, current] = sides.each_ref().map(|(ranks, rank_error)| {
            let values = Values::Ranked { ranks, infinite: [0, 0], rank_error: *rank_error, deviation: Some(0.28868) };
            Numbers { values, nulls: 0 }
        });
        let column = of_numbers(reference, current, &ids, &settings(repetition)).unwrap();
        for (&id, test) in &column.tests {
            assert!(test.value.is_some(), "{id}");
            *alarms.entry(id).or_insert(0) += u32::from(test.verdict == Verdict::Drifted);
        }
        assert_eq!(column.tests[&TestId::Energy].verdict, Verdict::NotComputable);
    }
    assert!(alarms.values().all(|&count| count <= 1), "{alarms:?}");
}

#[test]
fn sketches_that_differ_by_more_than_their_error_drifted() {
    let sketch = |of: fn(f64) -> f64, seed: u64| {
        let mut kll = Kll::new(512, seed).unwrap();
        kll.update_sorted(&numbers(&mut Stream::new(seed), 40_000, of)).unwrap();
        (kll.ranks(), kll.rank_error())
    };
    let sides = [sketch(|u| u, 1), sketch(|u| u * u, 2)];
    let [reference, current] = sides.each_ref().map(|(ranks, rank_error)| {
        let values = Values::Ranked { ranks, infinite: [0, 0], rank_error: *rank_error, deviation: None };
        Numbers { values, nulls: 0 }
    });
    let column = of_numbers(reference, current, &TestId::ALL, &settings(0)).unwrap();
    for id in [TestId::Ks, TestId::Psi, TestId::ChiSquare, TestId::Hellinger, TestId::LInfinity] {
        assert_eq!(column.tests[&id].verdict, Verdict::Drifted, "{id}: {:?}", column.tests[&id]);
    }
}

#[test]
fn every_measure_of_categories_alarms_at_the_nominal_rate() {
    // Sparse, so all by permutation; then just filled enough for G, for χ² and for divergences to follow their laws.
    let cases = [(zipf(60), 200, 300), (uniform(12), 260, 260), (uniform(12), 65, 65), (uniform(8), 8_000, 350)];
    for (weights, n, m) in cases {
        let found = p_values(REPETITIONS, &OF_CATEGORIES, |stream, seed| {
            let counts = [n, m].map(|rows| categories(stream, &weights, rows));
            categories_of(&counts[0], &counts[1], &OF_CATEGORIES, &settings(seed))
        });
        for (id, found) in found {
            let what = format!("{id} of {} categories, {n} v {m}", weights.len());
            if matches!(id, TestId::NewShare | TestId::VanishedShare | TestId::LInfinity) {
                keeps(&what, &found, &[0.05]); // mostly 0, or by the sum over cells: at less
            } else {
                nominal(&what, &found);
            }
        }
    }
}

#[test]
fn every_measure_of_numbers_alarms_at_the_nominal_rate() {
    let distances = [TestId::Ks, TestId::Wasserstein, TestId::WassersteinNormed, TestId::Energy];
    let ids: Vec<TestId> = OF_CATEGORIES.iter().copied().take(9).chain(distances).collect();
    for (n, m) in [(20, 5_000), (50, 5_000), (60, 50), (150, 400), (2_000, 150)] {
        let found = p_values(REPETITIONS, &ids, |stream, seed| {
            let values = [n, m].map(|rows| numbers(stream, rows, |u| -u.ln()));
            numbers_of(&values[0], &values[1], &ids, &settings(seed))
        });
        for (id, found) in found {
            let what = format!("{id} of numbers, {n} v {m}");
            if matches!(id, TestId::LInfinity | TestId::Ks) {
                keeps(&what, &found, &[0.05]); // in steps
            } else {
                nominal(&what, &found);
            }
        }
    }
}

#[test]
fn what_lies_beyond_a_threshold_is_as_rare_as_alpha_says() {
    let ids = [TestId::Psi, TestId::JensenShannon, TestId::ChiSquare, TestId::Ks];
    let strict = |seed| Settings { alpha: 0.01, ..settings(seed) };
    let cases: [(&str, u32, &dyn Fn(&mut Stream, u64) -> Column); 5] = [
        ("numbers, 30 v 30", 1_000, &|stream, seed| {
            let values = [30, 30].map(|rows| numbers(stream, rows, |u| -u.ln()));
            numbers_of(&values[0], &values[1], &ids[3..], &strict(seed))
        }),
        ("numbers, 12 v 3,000", 1_000, &|stream, seed| {
            let values = [12, 3_000].map(|rows| numbers(stream, rows, |u| -u.ln()));
            numbers_of(&values[0], &values[1], &ids[3..], &strict(seed))
        }),
        ("numbers, 800 v 60", 1_000, &|stream, seed| {
            let values = [800, 60].map(|rows| numbers(stream, rows, |u| -u.ln()));
            numbers_of(&values[0], &values[1], &ids, &strict(seed))
        }),
        ("whole numbers, 800 v 200", 1_000, &|stream, seed| {
            let values = [800, 200].map(|rows| numbers(stream, rows, |u| (-20.0 * u.ln()).round()));
            numbers_of(&values[0], &values[1], &ids, &strict(seed))
        }),
        ("categories by Zipf, 800 v 60", 1_000, &|stream, seed| {
            let sides = [800, 60].map(|rows| categories(stream, &zipf(9), rows));
            categories_of(&sides[0], &sides[1], &ids[..3], &strict(seed))
        }),
    ];
    for (what, runs, of) in cases {
        let mut beyond: BTreeMap<TestId, f64> = BTreeMap::new();
        for seed in 0..runs {
            for (id, test) in of(&mut Stream::new(u64::from(seed) + 77_000), u64::from(seed)).tests {
                // Without one, the replicates were few because the p-value was large.
                let is_beyond = test.threshold.is_some_and(|threshold| test.value > Some(threshold));
                *beyond.entry(id).or_default() += f64::from(is_beyond) / f64::from(runs);
                assert!(id != TestId::Ks || test.threshold.is_some(), "{what}: {test:?}");
            }
        }
        for (id, rate) in beyond {
            assert!(
                rate <= 0.01 + 3.3 * (0.01 / f64::from(runs)).sqrt(),
                "{id} of {what}: beyond in {rate} of the runs"
            );
        }
    }
}

#[test]
fn who_drifted_by_permuted_labels_has_a_threshold() {
    let mut stream = Stream::new(3);
    let (before, now) = (numbers(&mut stream, 800, |u| -u.ln()), numbers(&mut stream, 60, |u| 1.0 - u.ln()));
    let strict = Settings { alpha: 0.0005, ..settings(1) };
    let found = numbers_of(&before, &now, &[TestId::Psi, TestId::Hellinger], &strict);
    for id in [TestId::Psi, TestId::Hellinger, TestId::Ks] {
        let test = &found.tests[&id];
        assert_eq!(test.verdict, Verdict::Drifted, "{id}");
        assert!(test.threshold.is_some_and(|threshold| 0.0 < threshold && test.value > Some(threshold)), "{test:?}");
    }
    // It is what χ² says of so many rows, or nearly.
    let near = chi_square_critical(0.0005, 9.0) * (1.0 / 800.0 + 1.0 / 60.0);
    let threshold = found.tests[&TestId::Psi].threshold.unwrap();
    assert!((0.7..1.5).contains(&(threshold / near)), "{threshold} {near}");
}

#[test]
fn a_fitted_tail_keeps_alpha_where_every_replicate_would_cost_too_much() {
    type Of = fn(f64) -> f64;
    let keeps_it = |what: &str, p_value: &mut dyn FnMut(&mut Stream, u64) -> f64| {
        let found: Vec<f64> = (0..4_000).map(|seed| p_value(&mut Stream::new(seed + 5_000), seed)).collect();
        keeps(what, &found, &[0.05, 0.01, 0.001]);
    };
    let of = |view: &View<'_>, measure: fn(&View<'_>) -> f64, seed| {
        let asked = Asked { measure, observed: measure(view), is_sum: true };
        permute_within(0.0, view, &[asked], &Settings { comparisons: 100, ..settings(seed) })[0].p_value
    };
    let cases: [(&str, fn(&View<'_>) -> f64, Of); 3] = [
        ("energy of uniform values", squared, |u| u),
        ("wasserstein of uniform values", wasserstein, |u| u),
        ("wasserstein of skewed values", wasserstein, |u| -u.ln()),
    ];
    for (what, measure, of_uniform) in cases {
        keeps_it(what, &mut |stream, seed| {
            let values = [400, 300].map(|rows| numbers(stream, rows, of_uniform));
            let [left, right] = values.each_ref().map(|values| Side::of("side", rows(values)).unwrap());
            let mut blocks = Blocks::new(700, 24);
            for_each_pooled(&left, &right, |value, r, c| blocks.take(value, r, c));
            blocks.close();
            let Blocks { positions, reference, current, .. } = &blocks;
            of(&View { reference, current, positions, n: 400.0, m: 300.0 }, measure, seed)
        });
    }
    keeps_it("χ² of 60 categories", &mut |stream, seed| {
        let [reference, current] = [150, 120].map(|rows| categories(stream, &zipf(60), rows));
        of(&Table::of(&reference, &current).view(), chi_square, seed)
    });
}

#[test]
fn nulls_and_many_columns_together_keep_alpha() {
    let column = |stream: &mut Stream, seed: u64| {
        let side = |stream: &mut Stream| {
            let counts = categories(stream, &[0.15, 0.85], 200);
            (numbers(stream, counts[1], |u| u), counts[0])
        };
        let ((reference, lost), (current, gone)) = (side(stream), side(stream));
        let reference = Numbers { values: Values::Sorted(&reference), nulls: lost };
        let current = Numbers { values: Values::Sorted(&current), nulls: gone };
        of_numbers(reference, current, &[], &Settings { comparisons: 8, ..settings(seed) }).unwrap()
    };
    let mut found = [vec![], vec![], vec![]];
    for repetition in 0..REPETITIONS {
        let mut stream = Stream::new(u64::from(repetition) + 11_000);
        let columns: Vec<Column> = (0..8).map(|at| column(&mut stream, at)).collect();
        let columns: Vec<&Column> = columns.iter().collect();
        found[0].extend(columns[0].p_value);
        for (all, control) in found[1..].iter_mut().zip([Control::BenjaminiHochberg, Control::Bonferroni]) {
            let adjusted = over_columns(&columns, 0.05, control).unwrap().adjusted;
            all.push(adjusted.into_iter().flatten().fold(1.0, f64::min));
        }
    }
    nominal("a column with nulls", &found[0]);
    nominal("eight columns, Benjamini-Hochberg", &found[1]);
    nominal("eight columns, Bonferroni", &found[2]);
}

#[test]
fn what_drifted_is_found() {
    let found = |what: &str, least: f64, of: &mut dyn FnMut(&mut Stream, u64) -> Column| {
        let drifted = (0..60).filter(|&seed| of(&mut Stream::new(seed + 7_000), seed).verdict == Verdict::Drifted);
        assert!(drifted.count() as f64 >= 60.0 * least, "{what}");
    };
    let turned: Vec<f64> = zipf(700).into_iter().rev().collect();
    found("700 categories turned round", 1.0, &mut |stream, seed| {
        let reference = categories(stream, &zipf(700), 500);
        categories_of(&reference, &categories(stream, &turned, 500), &[], &settings(seed))
    });
    found("a shift by a tenth of the range", 1.0, &mut |stream, seed| {
        let reference = numbers(stream, 1_500, |u| u);
        numbers_of(&reference, &numbers(stream, 1_200, |u| u + 0.1), &[], &settings(seed))
    });
    found("a tenth more zeros", 0.9, &mut |stream, seed| {
        let reference = numbers(stream, 1_500, |u| (u - 0.5).max(0.0));
        numbers_of(&reference, &numbers(stream, 1_200, |u| (u - 0.6).max(0.0)), &[], &settings(seed))
    });
}
