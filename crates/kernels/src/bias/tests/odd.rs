//! What each metric answers where the data is odd.
use super::*;
use crate::KernelError;

fn compare(facet: &[u32], label: &[u32], prediction: &[u32], settings: Settings) -> Comparison {
    let mut table = Contingency::new(Axes { groups: 0, ..AXES }).unwrap();
    let columns = Columns { group: None, facet, label: Some(label), prediction: Some(prediction) };
    table.add(&columns).unwrap();
    Comparison::new(&table, &QUESTION, &settings).unwrap()
}

#[test]
fn no_rows_and_one_row_say_which_group_is_empty() {
    let none = compare(&[], &[], &[], Settings::default());
    assert_eq!(reason(ci(&none).value), "the advantaged group has no values");
    assert_eq!(reason(dpl(&none).value), "the advantaged group with a label has no values");
    assert_eq!(reason(ge(&none).value), "the data with label and prediction has no values");
    assert_eq!(reason(cddl(&none).value), "the grouping variable has no values");
    let single = compare(&[0], &[1], &[1], Settings::default());
    assert_eq!(reason(dppl(&single).value), "rows of the advantaged group with a prediction: 1, and 30 are needed");
    let single = compare(&[0], &[1], &[1], clarify());
    assert_eq!(reason(dppl(&single).value), "the disadvantaged group with a prediction has no values");
}

#[test]
fn a_small_group_has_no_number_unless_it_is_asked_for() {
    let facet: Vec<u32> = (0..100).map(|row| u32::from(row >= 71)).collect();
    let label: Vec<u32> = (0..100).map(|row| row % 2).collect();
    let small = compare(&facet, &label, &label, Settings::default());
    assert_eq!(
        dpl(&small),
        Metric::none(Reason::TooFew {
            what: "rows of the disadvantaged group with a label".into(),
            have: 29,
            need: 30
        })
    );
    assert_eq!(small.group_rows(), [71, 29, 0]);
    assert!(dpl(&compare(&facet, &label, &label, Settings::default().with_min_group(29))).value.is_ok());
}

#[test]
fn all_missing_columns_are_empty_and_not_negative() {
    let facet: Vec<u32> = (0..100).map(|row| row % 2).collect();
    let (missing, label) = (vec![MISSING; 100], vec![1; 100]);
    let unlabelled = compare(&facet, &missing, &label, Settings::default());
    for (id, metric) in PRE_TRAINING.into_iter().filter(|(id, _)| !["CI", "CDDL"].contains(id)) {
        assert_eq!(reason(metric(&unlabelled).value), "the advantaged group with a label has no values", "{id}");
    }
    assert_eq!(dppl(&unlabelled).value, Ok(0.0));
    let unplaced = compare(&missing, &label, &label, Settings::default());
    assert_eq!(unplaced.group_rows(), [0, 0, 100]);
    assert_eq!(reason(ci(&unplaced).value), "the advantaged group has no values");
    // They are people all the same; that all are treated rightly says nothing of those to come.
    for metric in [ge(&unplaced), theil_index(&unplaced)] {
        assert_eq!(metric.value, Ok(0.0));
        assert_eq!(metric.interval.unwrap_err().to_string(), "the benefit is the same everywhere");
    }
}

#[test]
fn rows_of_a_missing_facet_are_advantaged_for_clarify_alone() {
    let facet: Vec<u32> = (0..120).map(|row| [0, 1, MISSING][row % 3]).collect();
    let label: Vec<u32> = (0..120).map(|row| u32::from(row % 3 == 2)).collect();
    assert_eq!(dpl(&compare(&facet, &label, &label, Settings::default())).value, Ok(0.0));
    assert_eq!(dpl(&compare(&facet, &label, &label, clarify())).value, Ok(0.5));
}

#[test]
fn constant_labels_and_predictions_have_the_numbers_that_exist() {
    let facet: Vec<u32> = (0..100).map(|row| row % 2).collect();
    let (no, yes) = (vec![0; 100], vec![1; 100]);
    let rejected = compare(&facet, &yes, &no, Settings::default());
    let expected = [
        ("DPPL", Ok(0.0)),
        ("DI", Err("there are no positive predictions in the advantaged group")),
        ("DCA", Err("there are no positive predictions in the advantaged group")),
        ("DCR", Ok(0.0)),
        ("AD", Ok(0.0)),
        ("RD", Ok(0.0)),
        ("SD", Err("there are no negative labels in the advantaged group")),
        ("DAR", Err("there are no positive predictions in the advantaged group")),
        ("DRR", Ok(0.0)),
        ("TE", Err("there are no false positives in the advantaged group")),
        ("CDDPL", Err("the grouping variable has no values")),
        ("GE", Err("there are no predictions but false negatives")),
    ];
    for ((id, metric), (expected_id, expected)) in POST_TRAINING.into_iter().zip(expected) {
        let found = metric(&rejected).value.map_err(|reason| reason.to_string());
        assert_eq!((id, found), (expected_id, expected.map_err(str::to_owned)));
    }
    for (id, metric) in PRE_TRAINING.into_iter().filter(|(id, _)| *id != "CDDL") {
        assert_eq!(metric(&rejected).value, Ok(0.0), "{id}");
    }
    let right = compare(&facet, &yes, &yes, Settings::default());
    assert_eq!((dca(&right).value, di(&right).value, ad(&right).value), (Ok(0.0), Ok(1.0), Ok(0.0)));
    assert_eq!(dca(&right).interval.unwrap_err().to_string(), "there are no wrong predictions in the advantaged group");
    assert!(di(&right).interval.unwrap().low < 1.0);
}

#[test]
fn a_class_that_one_group_lacks_makes_kl_infinite_and_clarify_negative() {
    let (a, d) = ([60, 0, 40], [20, 30, 50]);
    let there = classes(&a, &d);
    assert!(kl(&there).value.is_ok());
    let back = classes(&d, &a);
    assert_eq!(
        reason(kl(&back).value),
        "infinite: a label value of the advantaged group never occurs in the disadvantaged one"
    );
    assert!(kl(&back).p_value.unwrap().value < 1e-6);
    check_near("JS is symmetric", js(&there).value.unwrap(), js(&back).value.unwrap(), 1e-15);
    let disjoint = classes(&[40, 0], &[0, 40]);
    check_near("JS", js(&disjoint).value.unwrap(), std::f64::consts::LN_2, 1e-15);
    assert_eq!((tvd(&disjoint).value, ks(&disjoint).value), (Ok(1.0), Ok(1.0)));
    let facet: Vec<u32> = (0..80).map(|row| u32::from(row >= 40)).collect();
    let clarify = compare(&facet, &facet, &facet, clarify());
    assert_eq!(reason(kl(&clarify).value), "no label value occurs in both groups");
}

#[test]
fn strata_without_both_outcomes_are_left_out() {
    // Stratum 0 has both; stratum 1 accepts everyone; the last rows have no stratum.
    let mut columns = [const { Vec::new() }; 4];
    for (facet, group, label, count) in
        [(0, 0, 0, 20), (0, 0, 1, 30), (1, 0, 0, 40), (1, 0, 1, 10), (0, 1, 1, 50), (1, 1, 1, 50), (1, MISSING, 0, 99)]
    {
        for _ in 0..count {
            for (column, code) in columns.iter_mut().zip([facet, group, label, label]) {
                column.push(code);
            }
        }
    }
    let table = table_of(&columns, AXES);
    let ours = Comparison::new(&table, &QUESTION, &Settings::default()).unwrap();
    check_near("CDDL", cddl(&ours).value.unwrap(), 40.0 / 60.0 - 10.0 / 40.0, 1e-15);
    assert_eq!(cddl(&ours).value, cddpl(&ours).value);
    let theirs = Comparison::new(&table, &QUESTION, &clarify()).unwrap();
    let expected = 0.5 * (40.0 / 60.0 - 10.0 / 40.0) + 0.5 * (0.0 - 0.5);
    let found = cddl(&theirs);
    check_near("Clarify", found.value.unwrap(), expected, 1e-15);
    // What the strata that have both outcomes say is another number.
    assert!(cddl(&ours).interval.is_ok() && found.interval.is_err() && found.p_value.is_err());
    let one_sided = Question { positive_labels: &[0, 1], ..QUESTION };
    let all = Comparison::new(&table, &one_sided, &Settings::default()).unwrap();
    assert_eq!(reason(cddl(&all).value), "there are no strata with both positive and negative labels");
}

#[test]
fn unseen_codes_are_groups_without_rows_and_wrong_ones_are_refused() {
    let table = table_of_confusions(&[[20, 5, 6, 19], [0; 4], [11, 7, 8, 14], [0, 0, 0, 1]]);
    let unseen = Question { disadvantaged: &[1], ..QUESTION };
    let comparison = Comparison::new(&table, &unseen, &Settings::default()).unwrap();
    assert_eq!(reason(dppl(&comparison).value), "the disadvantaged group with a prediction has no values");
    let nobody = Comparison::new(&table, &Question { disadvantaged: &[], ..QUESTION }, &Settings::default()).unwrap();
    assert_eq!(reason(ci(&nobody).value), "the disadvantaged group has no values");
    for wrong in [
        Question { disadvantaged: &[4], ..QUESTION },
        Question { disadvantaged: &[MISSING], ..QUESTION },
        Question { positive_labels: &[2], ..QUESTION },
        Question { positive_predictions: &[2], ..QUESTION },
    ] {
        let refused = Comparison::new(&table, &wrong, &any_size());
        assert!(matches!(refused, Err(KernelError::Argument { .. })), "{wrong:?}");
    }
    let refused = Groups::new(&table, &[4], &[1], &[1], &any_size()).unwrap_err().to_string();
    assert_eq!(refused, "`facets` is code 4 of 4 values: expected codes below the number of values");
    let seen: Vec<u32> =
        Comparison::each_value(&table, &QUESTION, &any_size()).unwrap().map(|(code, _)| code).collect();
    assert_eq!(seen, [0, 2, 3]);
}

#[test]
fn a_group_of_one_row_decides_nothing() {
    let table = table_of_confusions(&[[20, 5, 6, 19], [0; 4], [11, 7, 8, 14], [0, 0, 0, 1]]);
    let groups = groups_of(&table, &Settings::default());
    check_near(
        "difference",
        demographic_parity_difference(&groups).value.unwrap(),
        (21.0f64 / 40.0 - 24.0 / 50.0).abs(),
        1e-15,
    );
    // Fairlearn: 1 − 24/50 and 24/50.
    check_near("all groups", demographic_parity_ratio(&groups_of(&table, &any_size())).value.unwrap(), 0.48, 1e-15);
    let alone = Groups::new(&table, &[0, 3], &[1], &[1], &Settings::default()).unwrap();
    assert_eq!(
        reason(demographic_parity_difference(&alone).value),
        "groups that have enough predictions: 1, and 2 are needed"
    );
    // 25 positive labels are too few to say anything of them.
    assert_eq!(
        reason(equalized_odds_difference(&alone, Aggregate::Mean).value),
        "groups that have enough positive labels with a prediction: 0, and 2 are needed"
    );
}

#[test]
fn nobody_selected_has_a_difference_and_no_ratio() {
    let groups = groups_of(&table_of_confusions(&[[30, 0, 40, 0], [50, 0, 30, 0]]), &Settings::default());
    assert_eq!(demographic_parity_difference(&groups).value, Ok(0.0));
    for ratio in [demographic_parity_ratio(&groups), equalized_odds_ratio(&groups, Aggregate::WorstCase)] {
        assert_eq!(reason(ratio.value.clone()), "there are no positive predictions in any group");
        assert!(four_fifths(&ratio, 0.05).unwrap().is_err());
    }
    let some = groups_of(&table_of_confusions(&[[20, 10, 30, 40], [30, 0, 70, 0]]), &Settings::default());
    let ratio = demographic_parity_ratio(&some);
    assert_eq!(ratio.value, Ok(0.0));
    let interval = ratio.interval.clone().unwrap();
    assert!(interval.low == 0.0 && interval.high > 0.0 && interval.high < 0.2, "{interval:?}");
    assert_eq!(four_fifths(&ratio, 0.05), Ok(Ok(FourFifths::Failed)));
}

#[test]
fn many_groups_have_a_difference_and_no_interval() {
    let codes: Vec<u32> = (0..603).map(|row| row % 201).collect();
    let label: Vec<u32> = (0..603).map(|row| u32::from(row % 3 == 0)).collect();
    let mut table = Contingency::new(Axes { groups: 0, facets: 201, ..AXES }).unwrap();
    table.add(&Columns { facet: &codes, label: Some(&label), prediction: Some(&label), group: None }).unwrap();
    let found = demographic_parity_difference(&groups_of(&table, &any_size()));
    assert!(found.value.is_ok());
    assert_eq!(found.interval.unwrap_err().to_string(), "there are more than 200 groups to compare in pairs");
}

#[test]
fn intersections_are_facets_like_any_other() {
    let sex: Vec<u32> = (0..400).map(|row| row % 2).collect();
    let age = bin_codes(&(0..400).map(|row| f64::from(row / 2 % 2 * 40)).collect::<Vec<_>>(), &[25.0]).unwrap();
    let label: Vec<u32> = (0..400).map(|row| u32::from(row % 4 == 3)).collect();
    let both = Combination::new(&[2, 2]).unwrap().codes(&[&sex, &age]).unwrap();
    let mut table = Contingency::new(Axes { groups: 0, facets: 4, labels: 2, predictions: 0 }).unwrap();
    table.add(&Columns { facet: &both, label: Some(&label), ..Columns::default() }).unwrap();
    let question = Question { positive_predictions: &[], ..QUESTION };
    let found: Vec<f64> = Comparison::each_value(&table, &question, &Settings::default())
        .unwrap()
        .map(|(_, comparison)| dpl(&comparison).value.unwrap())
        .collect();
    // Neither sex nor age alone has all of them; their last combination has.
    let third = 1.0 / 3.0;
    for (found, expected) in found.into_iter().zip([third, third, third, -1.0]) {
        check_near("DPL", found, expected, 1e-15);
    }
}
