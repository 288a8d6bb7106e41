//! What few rows, rare outcomes and Clarify's conventions may not say.
use super::*;

const NEED: u64 = 30;

fn ask(table: &Contingency, settings: &Settings) -> Comparison {
    Comparison::new(table, &QUESTION, settings).unwrap()
}

/// Rows of both facet values by label, negative and positive, with predictions that say the label.
fn labelled([a, d]: [[u64; 2]; 2], settings: &Settings) -> Comparison {
    ask(&table_of_confusions(&[[a[0], 0, 0, a[1]], [d[0], 0, 0, d[1]]]), settings)
}

#[test]
fn one_person_decides_nothing() {
    // Of the disadvantaged 30 rows one has a positive label, and is wrongly rejected: a true positive rate of 0.
    let table = table_of_confusions(&[[50, 10, 10, 40], [29, 0, 1, 0]]);
    let comparison = ask(&table, &Settings::default());
    let few = |what: &str, have| Metric::none(Reason::TooFew { what: what.into(), have, need: NEED });
    for (metric, what) in [
        (rd as fn(&Comparison) -> Metric, "positive labels in the disadvantaged group"),
        (average_odds_difference, "negative labels in the disadvantaged group"),
        (average_abs_odds_difference, "negative labels in the disadvantaged group"),
        (sd, "negative labels in the disadvantaged group"),
        (te, "wrong predictions in the advantaged group"),
    ] {
        let have = if what.starts_with("positive") {
            1
        } else if what.starts_with("wrong") {
            20
        } else {
            29
        };
        assert_eq!(metric(&comparison), few(what, have));
    }
    for metric in [dpl, dppl, ad, drr] {
        assert!(metric(&comparison).value.is_ok());
    }
    let groups = groups_of(&table, &Settings::default());
    for (id, metric) in FAIRLEARN.into_iter().filter(|(id, _)| id.starts_with("equal")) {
        let what = "groups that have enough positive labels with a prediction".to_owned();
        assert_eq!(metric(&groups), Metric::none(Reason::TooFew { what, have: 1, need: 2 }), "{id}");
    }
    // Without a least size there they are, all of one person.
    assert_eq!(rd(&ask(&table, &any_size())).value, Ok(0.8));
}

#[test]
fn as_many_as_are_needed_are_enough_for_a_rate() {
    let rows = |rare: u64| table_of_confusions(&[[50, 40, 40, 50], [60, 40, rare - 10, 10]]);
    let [enough, few] = [30, 29].map(|rare| ask(&rows(rare), &Settings::default()));
    for metric in [rd, average_odds_difference, average_abs_odds_difference] {
        assert!(metric(&enough).value.is_ok() && metric(&enough).interval.is_ok());
        assert!(matches!(metric(&few).value, Err(Reason::TooFew { have: 29, .. })));
    }
    // Positive predictions: 30 or 29.
    let rows = |rare: u64| table_of_confusions(&[[50, 40, 40, 50], [60, rare - 20, 40, 20]]);
    let [enough, few] = [30, 29].map(|rare| ask(&rows(rare), &Settings::default()));
    for metric in [dca, dar] {
        assert!(metric(&enough).value.is_ok() && metric(&enough).interval.is_ok());
        assert!(matches!(metric(&few).value, Err(Reason::TooFew { have: 29, .. })));
    }
    // Negative predictions.
    let rows = |rare: u64| table_of_confusions(&[[50, 40, 40, 50], [rare - 20, 60, 20, 40]]);
    let [enough, few] = [30, 29].map(|rare| ask(&rows(rare), &Settings::default()));
    for metric in [dcr, drr] {
        assert!(metric(&enough).value.is_ok() && metric(&enough).interval.is_ok());
        assert!(matches!(metric(&few).value, Err(Reason::TooFew { have: 29, .. })));
    }
}

#[test]
fn groups_that_take_no_part_are_named() {
    let groups =
        groups_of(&table_of_confusions(&[[50, 10, 10, 40], [40, 20, 30, 10], [29, 0, 0, 0]]), &Settings::default());
    assert!(demographic_parity_ratio(&groups).value.is_ok());
    let found: Vec<String> = groups.left_out().iter().map(|(facet, reason)| format!("{facet}: {reason}")).collect();
    assert_eq!(
        found,
        [
            "2: predictions: 29, and 30 are needed",
            "2: positive labels with a prediction: 0, and 30 are needed",
            "2: negative labels with a prediction: 29, and 30 are needed"
        ]
    );
    assert!(groups_of(&table_of_confusions(&[[50, 10, 10, 40]; 2]), &Settings::default()).left_out().is_empty());
}

#[test]
fn a_value_that_a_convention_made_has_no_interval() {
    // Nobody of the disadvantaged has a positive label: the value of that label is dropped.
    let comparison = labelled([[40, 60], [50, 0]], &clarify());
    for (metric, expected) in [(lp as fn(&Comparison) -> Metric, 0.6), (tvd, 0.3), (ks, 0.6), (kl, 0.4 * 0.4f64.ln())] {
        let found = metric(&comparison);
        check_near("value", found.value.unwrap(), expected, 1e-15);
        assert_eq!(found.interval.unwrap_err().to_string(), "a label value that one group lacks is dropped");
        assert!(found.p_value.unwrap().value < 1e-9);
    }
    assert!(lp(&labelled([[40, 60], [49, 1]], &clarify())).interval.is_ok());
}

#[test]
fn labels_of_many_classes_are_positive_or_not_for_clarify() {
    let counts = [[30, 50, 20], [40, 10, 25]];
    let [many, two] = [[0, 1, 2], [0, 1, 0]].map(|codes: [u32; 3]| {
        let (mut facet, mut label) = (Vec::new(), Vec::new());
        for (side, counts) in (0..).zip(counts) {
            for (&code, count) in codes.iter().zip(counts) {
                facet.extend((0..count).map(|_| side));
                label.extend((0..count).map(|_| code));
            }
        }
        let mut table = Contingency::new(Axes { groups: 0, labels: 3, ..AXES }).unwrap();
        table.add(&Columns { facet: &facet, label: Some(&label), ..Columns::default() }).unwrap();
        table
    });
    for (id, metric) in PRE_TRAINING.into_iter().filter(|(id, _)| *id != "CDDL") {
        assert_eq!(metric(&ask(&many, &clarify())), metric(&ask(&two, &clarify())), "{id}");
    }
    assert_ne!(kl(&ask(&many, &any_size())).value, kl(&ask(&many, &clarify())).value);
}

#[test]
fn rounding_makes_no_divergence_negative() {
    // Shares that differ in the ninth digit: of the divergence itself nothing is left but rounding, often below 0.
    let mut table = Contingency::new(Axes { groups: 0, predictions: 0, ..AXES }).unwrap();
    table.add(&Columns { facet: &[0, 0, 1, 1], label: Some(&[0, 1, 0, 1]), ..Columns::default() }).unwrap();
    for _ in 0..40 {
        let half = table.clone();
        table.merge(&half).unwrap();
        let mut one_more = table.clone();
        one_more.add(&Columns { facet: &[1], label: Some(&[0]), ..Columns::default() }).unwrap();
        let question = Question { positive_predictions: &[], ..QUESTION };
        let comparison = Comparison::new(&one_more, &question, &any_size()).unwrap();
        for metric in [kl, js] {
            let found = metric(&comparison);
            let interval = found.interval.unwrap();
            assert!(found.value.unwrap() >= 0.0 && interval.low >= 0.0 && interval.high > 0.0);
        }
    }
}

#[test]
fn rare_outcomes_in_strata_are_tested_exactly() {
    // One stratum is Fisher's test: 0 of 30 and 4 of 30.
    let mut columns = rows_by_label(&[[[30, 0], [26, 4]]]);
    let one = ask(&table_of(&columns, AXES), &Settings::default());
    let (within, overall) = (cddl(&one).p_value.unwrap(), dpl(&one).p_value.unwrap());
    assert_eq!((within.test, overall.test), (Test::ExactStrata, Test::Fisher));
    check_near("Fisher", within.value, overall.value, 1e-12);
    assert!((overall.value - 0.112).abs() < 0.001);
    columns = rows_by_label(&[[[28, 2], [26, 3]], [[9, 1], [7, 2]], [[40, 0], [38, 1]]]);
    let p_value = |question: &Question<'_>| {
        cddl(&Comparison::new(&table_of(&columns, AXES), question, &Settings::default()).unwrap()).p_value.unwrap()
    };
    assert_eq!(p_value(&QUESTION).test, Test::ExactStrata);
    check_near("exact", p_value(&QUESTION).value, golden::EXACT_STRATA, 1e-12);
    // Whichever outcome is called positive, and whoever is disadvantaged.
    let turned = Question { disadvantaged: &[0], positive_labels: &[0], ..QUESTION };
    check_near("turned", p_value(&turned).value, golden::EXACT_STRATA, 1e-12);
}

/// Columns of strata: rows of the advantaged and the disadvantaged, each negative and positive.
pub(super) fn rows_by_label(strata: &[[[u32; 2]; 2]]) -> [Vec<u32>; 4] {
    let mut columns = [const { Vec::new() }; 4];
    for (group, facets) in (0..).zip(strata) {
        for (facet, labels) in (0..).zip(facets) {
            for (label, &count) in (0..).zip(labels) {
                for _ in 0..count {
                    for (column, code) in columns.iter_mut().zip([facet, group, label, 0]) {
                        column.push(code);
                    }
                }
            }
        }
    }
    columns
}

#[test]
fn average_odds_of_rare_outcomes_have_no_p_value() {
    // Of 30 positive labels each, 2 and 3 are predicted so: 2.5 are expected.
    let rare = ask(&table_of_confusions(&[[50, 40, 28, 2], [60, 40, 27, 3]]), &Settings::default());
    for metric in [average_odds_difference, average_abs_odds_difference] {
        let found = metric(&rare);
        assert!(found.value.is_ok() && found.interval.is_ok());
        assert!(matches!(found.p_value, Err(Reason::Undefined(_))), "{found:?}");
    }
    let common = ask(&table_of_confusions(&[[50, 40, 25, 5], [60, 40, 24, 6]]), &Settings::default());
    assert_eq!(average_odds_difference(&common).p_value.unwrap().test, Test::SumOfDifferencesZ);
    assert_eq!(average_abs_odds_difference(&common).p_value.unwrap().test, Test::SumOfSquaresZ);
}

#[test]
fn nobody_treated_differently_fails_no_four_fifths_of_clarify() {
    // No positive prediction at all: Clarify's ratio is 0/0 = 0.
    let nobody = table_of_confusions(&[[50, 0, 50, 0], [40, 0, 40, 0]]);
    let ratio = di(&ask(&nobody, &clarify()));
    assert_eq!(ratio.value, Ok(0.0));
    let reason = Reason::None("positive predictions in the advantaged group".into());
    assert_eq!(four_fifths(&ratio, 0.05), Ok(Err(reason.clone())));
    // Some of the disadvantaged alone: it is infinite.
    let ratio = di(&ask(&table_of_confusions(&[[50, 0, 50, 0], [40, 10, 40, 10]]), &clarify()));
    assert_eq!((ratio.value.clone(), four_fifths(&ratio, 0.05)), (Ok(f64::INFINITY), Ok(Err(reason))));
    let ratio = di(&ask(&table_of_confusions(&[[40, 10, 40, 10], [50, 0, 50, 0]]), &clarify()));
    assert_eq!((ratio.value.clone(), four_fifths(&ratio, 0.05)), (Ok(0.0), Ok(Ok(FourFifths::Failed))));
}

#[test]
fn a_comparison_has_the_shares_and_the_groups_that_a_table_of_two_values_has() {
    let table = table_of_confusions(&[[40, 5, 30, 25], [50, 7, 38, 14]]);
    let comparison = Comparison::new(&table, &QUESTION, &Settings::default()).unwrap();
    assert_eq!(comparison.positive_labels(), [(55, 100), (52, 109)]);
    assert_eq!(comparison.positive_predictions(), [(30, 100), (21, 109)]);
    assert_eq!(Groups::of_comparison(&comparison), groups_of(&table, &Settings::default()));
}
