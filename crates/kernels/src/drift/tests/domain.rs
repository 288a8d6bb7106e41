use super::*;
use crate::bias::MISSING;
use crate::mix;

/// A number from 0 to 1 of this row.
fn chance(seed: u64, row: u64) -> f64 {
    (mix(seed, row) >> 11) as f64 / (1u64 << 53) as f64
}

fn column(seed: u64, rows: u64) -> Vec<f64> {
    (0..rows).map(|row| chance(seed, row)).collect()
}

fn ask(reference: &[Vec<f64>], current: &[Vec<f64>], seed: u64) -> Domain {
    let left: Vec<Feature<'_>> = reference.iter().map(|values| Feature::Numbers(values)).collect();
    let right: Vec<Feature<'_>> = current.iter().map(|values| Feature::Numbers(values)).collect();
    domain_classifier(&left, &right, &Settings { seed, ..settings() }).unwrap()
}

#[test]
fn columns_that_go_together_otherwise_are_told_by_those_columns() {
    // Two coins of each row, alike in the reference and as if thrown apart in what is current; each alone stays what it was.
    let coin = |seed, row| f64::from(u8::from(chance(seed, row) < 0.5));
    let side = |from: u64, apart: bool| -> Vec<Vec<f64>> {
        let of = |seed: u64| (from..from + 1_000).map(|row| coin(seed, row)).collect::<Vec<f64>>();
        vec![column(from + 5, 1_000), of(1), of(if apart { 2 } else { 1 }), column(from + 6, 1_000)]
    };
    let found = ask(&side(0, false), &side(10_000, true), 3);
    assert_eq!(found.test.verdict, Verdict::Drifted, "{found:?}");
    let (value, interval) = (found.test.value.unwrap(), found.test.interval.unwrap());
    assert!(value > 0.68 && value < 0.8 && interval.low > 0.6 && interval.high < 0.85, "{found:?}");
    assert!(found.shares[1] + found.shares[2] > 0.6, "{:?}", found.shares);
    assert!((found.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(found, ask(&side(0, false), &side(10_000, true), 3));
    assert_eq!(ask(&side(0, false), &side(10_000, false), 3).test.verdict, Verdict::Within);
}

#[test]
fn equal_distributions_alarm_at_the_nominal_rate() {
    let alarms = (0..300u64).filter(|&run| {
        let side = |from: u64| vec![column(run * 10 + from, 150), column(run * 10 + from + 1, 150)];
        ask(&side(0), &side(5), run).test.verdict == Verdict::Drifted
    });
    // Nominal 15 of 300, with a standard error of 3.8.
    let alarms = alarms.count();
    assert!((4..=27).contains(&alarms), "{alarms} of 300");
}

/// Columns of so many categories each.
fn categories_of(seed: u64, rows: u64, values: &[u32]) -> Vec<(Vec<u32>, u32)> {
    let column = |at: usize, values: u32| {
        let code = |row| (chance(seed * 100 + at as u64, row) * f64::from(values)) as u32;
        ((0..rows).map(code).collect(), values)
    };
    values.iter().enumerate().map(|(at, &values)| column(at, values)).collect()
}

fn ask_codes(reference: &[(Vec<u32>, u32)], current: &[(Vec<u32>, u32)], seed: u64) -> Domain {
    let [left, right] = [reference, current].map(|columns| -> Vec<Feature<'_>> {
        columns.iter().map(|(codes, values)| Feature::Categories { codes, values: *values }).collect()
    });
    domain_classifier(&left, &right, &Settings { seed, ..settings() }).unwrap()
}

#[test]
fn a_table_against_itself_tells_nothing() {
    for seed in 0..5 {
        let numbers: Vec<Vec<f64>> = (0..4).map(|at| column(seed * 10 + at, 2_000)).collect();
        let turned: Vec<Vec<f64>> = numbers.iter().map(|values| [&values[700..], &values[..700]].concat()).collect();
        let codes = categories_of(seed, 1_000, &[8, 5, 4, 40]);
        for found in [ask(&numbers, &numbers, seed), ask(&numbers, &turned, seed), ask_codes(&codes, &codes, seed)] {
            let test = &found.test;
            assert_eq!((test.value, test.p_value, test.verdict), (Some(0.5), Some(1.0), Verdict::Within), "{test:?}");
        }
        // Of few different rows each is on either side of a fold: too much alike for two samples, and still no drift.
        let flags = categories_of(seed, 1_000, &[2, 2, 2]);
        let found = ask_codes(&flags, &flags, seed).test;
        assert!(
            found.value.is_some_and(|value| value > 0.42 && value <= 0.5) && found.verdict == Verdict::Within,
            "{found:?}"
        );
    }
}

#[test]
fn rows_that_both_sides_share_hide_little_of_a_difference() {
    // Of 2,000 rows, the second half differs; the first is new rows, or the very rows of the reference.
    let of = |seed: u64, by: f64| -> Vec<f64> { (0..1_000).map(|row| chance(seed, row) + by).collect() };
    let side = |seed: u64, by: f64| -> Vec<Vec<f64>> { (0..4).map(|at| of(seed + at, by)).collect() };
    let both = |first: &[Vec<f64>], second: &[Vec<f64>]| -> Vec<Vec<f64>> {
        first.iter().zip(second).map(|(first, second)| [&first[..], second].concat()).collect()
    };
    for run in 0..3 {
        let seed = run * 100;
        let reference = both(&side(seed, 0.0), &side(seed + 10, 0.0));
        let other = side(seed + 20, 0.3);
        let fresh = ask(&reference, &both(&side(seed + 30, 0.0), &other), run).test;
        let shared = ask(&reference, &both(&side(seed, 0.0), &other), run).test;
        let (fresh_area, shared_area) = (fresh.value.unwrap(), shared.value.unwrap());
        assert!((fresh_area - shared_area).abs() < 0.03, "{fresh_area} {shared_area}");
        assert_eq!((fresh.verdict, shared.verdict), (Verdict::Drifted, Verdict::Drifted));
    }
}

#[test]
fn few_different_rows_are_still_told_by_what_goes_together() {
    // Two flags that are alike, and then as if thrown apart; alone they stay what they were.
    let flags = |seed: u64, apart: bool| {
        let mut columns = categories_of(seed, 1_000, &[2, 2]);
        if !apart {
            columns[1] = columns[0].clone();
        }
        columns
    };
    assert_eq!(ask_codes(&flags(1, false), &flags(2, true), 0).test.verdict, Verdict::Drifted);
    let alarms = (0..300u64).filter(|&run| {
        let side = |from: u64| categories_of(run * 10 + from, 300, &[3, 2, 4]);
        ask_codes(&side(0), &side(5), run).test.verdict == Verdict::Drifted
    });
    let alarms = alarms.count();
    assert!((4..=27).contains(&alarms), "{alarms} of 300");
}

#[test]
fn what_tells_all_rows_has_an_area_of_one() {
    let (low, high) = (vec![column(1, 100)], vec![column(2, 100).iter().map(|value| value + 5.0).collect()]);
    let found = ask(&low, &high, 0);
    assert_eq!((found.test.value, found.test.interval, found.shares), (Some(1.0), None, vec![1.0]));
    assert!(found.test.p_value.unwrap() < 1e-10);
    // Nothing but missing values on one side, and codes beyond the categories, which are missing.
    let (known, missing) = ([0; 60], [7; 60]);
    let side = |codes| [Feature::Categories { codes, values: 1 }];
    let found = domain_classifier(&side(&known), &side(&missing), &settings()).unwrap();
    assert_eq!(found.test.value, Some(1.0));
    let of_missing = domain_classifier(&side(&known), &side(&[MISSING; 60]), &settings()).unwrap();
    assert_eq!(found, of_missing);
}

#[test]
fn odd_sides_have_a_reason_and_wrong_ones_are_refused() {
    let reason = |reference: &[Vec<f64>], current: &[Vec<f64>]| {
        let found = ask(reference, current, 0);
        assert_eq!((found.test.value, found.test.verdict), (None, Verdict::NotComputable));
        found.test.reason.unwrap().to_string()
    };
    assert_eq!(reason(&[], &[]), "the list of columns has no values");
    assert_eq!(reason(&[vec![]], &[vec![1.0; 99]]), "rows of the reference: 0, and 30 are needed");
    assert_eq!(reason(&[vec![1.0; 99]], &[vec![1.0; 29]]), "rows of the current side: 29, and 30 are needed");
    assert_eq!(reason(&[vec![1.0; 99]], &[vec![1.0; 99]]), "every column is the same everywhere");
    let refused = |reference: &[Feature<'_>], current: &[Feature<'_>]| {
        domain_classifier(reference, current, &settings()).unwrap_err().to_string()
    };
    let numbers = |values| Feature::Numbers(values);
    let codes = Feature::Categories { codes: &[0], values: 1 };
    assert!(refused(&[numbers(&[1.0])], &[]).starts_with("`current` is 0 columns, not 1"));
    assert!(
        refused(&[numbers(&[1.0]), numbers(&[])], &[]).starts_with("`reference` is a column of 0 rows beside one of 1")
    );
    assert!(refused(&[numbers(&[1.0])], &[codes]).starts_with("`current` is a column of another kind"));
    let wrong = Settings { alpha: 1.0, ..settings() };
    assert!(domain_classifier(&[], &[], &wrong).unwrap_err().to_string().starts_with("`alpha` is 1"));
}

#[test]
fn rows_are_spread_over_a_side_and_fewer_of_many_columns() {
    assert_eq!(domain_rows(3, 2, 9), [0, 1, 2]);
    assert_eq!(domain_rows(0, 2, 9), []);
    for (rows, columns, expected) in
        [(1 << 50, 2, 5_000), (5_001, 64, 5_000), (5_001, 128, 2_500), (9_000, 9_000, 1_000)]
    {
        let found = domain_rows(rows, columns, 9);
        assert_eq!(found.len(), expected);
        assert!(found.is_sorted_by(|a, b| a < b) && found.last() < Some(&rows));
        assert_eq!(found, domain_rows(rows, columns, 9));
    }
}

#[test]
fn it_is_one_more_column_of_the_data_set() {
    let (low, high) = (vec![column(1, 100)], vec![column(2, 100).iter().map(|value| value + 5.0).collect()]);
    let column = ask(&low, &high, 0).as_column(1);
    let together = over_columns(&[&column], 0.05, Control::BenjaminiHochberg).unwrap();
    assert_eq!((together.computed, together.verdict), (1, Verdict::Drifted));
    let none = ask(&[], &[], 0).as_column(1);
    assert_eq!(over_columns(&[&none], 0.05, Control::Bonferroni).unwrap().verdict, Verdict::NotComputable);
}
