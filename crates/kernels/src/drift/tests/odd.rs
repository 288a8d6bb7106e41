//! Odd data has an answer, wrong arguments an error.
use super::*;
use crate::Reason;

#[test]
fn an_emptied_column_drifted_and_says_why_nothing_else_is_known() {
    let values = [1.0, 2.0, 3.0];
    let current = Numbers { values: Values::Sorted(&[]), nulls: 4 };
    let column = of_numbers(rows(&values), current, &TestId::ALL, &settings()).unwrap();
    assert_eq!(column.verdict, Verdict::Drifted);
    assert_eq!(column.tests[&TestId::NullShare].verdict, Verdict::Drifted);
    assert_eq!(column.tests[&TestId::NullShare].value, Some(1.0));
    for id in TestId::ALL.into_iter().filter(|&id| id != TestId::NullShare) {
        assert_eq!(reason(&column, id), "the current side has no values");
    }
    let one = of_numbers(rows(&[1.0]), Numbers { values: Values::Sorted(&[]), nulls: 1 }, &[], &settings()).unwrap();
    assert_eq!(one.verdict, Verdict::Drifted, "even one row");
    let nothing = Counts { counts: &[0, 0], nulls: 50 };
    let column = of_categories(counts(&[20, 30]), nothing, &TestId::ALL, &settings()).unwrap();
    assert_eq!((column.verdict, column.tests[&TestId::NullShare].verdict), (Verdict::Drifted, Verdict::Drifted));
    let whole = over_columns(&[&one], 0.05, Control::Bonferroni).unwrap();
    assert_eq!((whole.verdict, whole.drifted), (Verdict::Drifted, vec![true]));
}

#[test]
fn nulls_on_both_sides_are_judged_by_what_they_can_tell() {
    let column = |reference: (u64, u64), current: (u64, u64)| {
        let (left, right) = ([reference.1], [current.1]);
        let side = |counts, nulls| Counts { counts, nulls };
        of_categories(side(&left, reference.0), side(&right, current.0), &[], &settings()).unwrap()
    };
    assert_eq!(column((90, 0), (80, 0)).verdict, Verdict::Within, "nothing but nulls, before and now");
    assert_eq!(column((50, 50), (100, 0)).verdict, Verdict::Drifted, "half was known, and nothing is");
    assert_eq!(column((100, 0), (50, 50)).verdict, Verdict::Drifted, "values where there were none");
    let untold = column((990, 10), (20, 0));
    assert_eq!(untold.verdict, Verdict::NotComputable, "20 nulls where 99 % were null say nothing");
    assert_eq!(untold.reason.unwrap().to_string(), "the current side has no values");
    assert_eq!(untold.tests[&TestId::NullShare].verdict, Verdict::Within);
    let nothing = column((0, 0), (0, 5));
    assert_eq!((nothing.verdict, nothing.p_value), (Verdict::NotComputable, None));
    assert_eq!(reason(&nothing, TestId::NullShare), "the reference has no values");
}

#[test]
fn a_single_row_is_not_enough_for_a_verdict() {
    let column = numbers(&[1.0], &[100.0]);
    let ks = &column.tests[&TestId::Ks];
    assert_eq!((ks.value, ks.p_value, ks.verdict), (Some(1.0), Some(1.0), Verdict::NotComputable));
    let needed = "rows of both sides, evenly split: 2, and 8 are needed";
    assert_eq!(ks.reason.as_ref().unwrap().to_string(), needed);
    assert_eq!((column.verdict, column.reason.unwrap().to_string()), (Verdict::NotComputable, needed.into()));
    let many: Vec<f64> = (0..40).map(f64::from).collect();
    assert_eq!(numbers(&many, &[100.0]).verdict, Verdict::Drifted, "one row far outside of forty can be judged");
}

#[test]
fn constant_columns_are_compared_not_refused() {
    let (ones, twos) = (vec![1.0; 50], vec![2.0; 40]);
    let same = numbers(&ones, &ones[..30]);
    assert_eq!(same.verdict, Verdict::Within);
    for id in [TestId::Psi, TestId::ChiSquare, TestId::Ks, TestId::Wasserstein, TestId::Energy] {
        assert_eq!((same.tests[&id].value, same.tests[&id].p_value), (Some(0.0), Some(1.0)), "{id}");
    }
    assert_eq!(reason(&same, TestId::CramersV), "the column is the same everywhere");
    assert_eq!(reason(&same, TestId::WassersteinNormed), "the reference is the same everywhere");
    for other in [&twos, &vec![0.5; 40]] {
        let moved = numbers(&ones, other);
        assert_eq!(moved.verdict, Verdict::Drifted);
        assert_eq!(moved.tests[&TestId::TotalVariation].value, Some(1.0), "above and below the one value");
        assert_eq!(moved.tests[&TestId::Psi].verdict, Verdict::Drifted);
    }
    assert_eq!(categories(&[50, 0], &[0, 40]).verdict, Verdict::Drifted);
    assert_eq!(categories(&[50], &[40]).verdict, Verdict::Within);
}

#[test]
fn unseen_and_vanished_categories_count_by_their_rows() {
    let column = categories(&[50, 50, 0, 0], &[60, 0, 30, 10]);
    check(&column, TestId::NewShare, 0.4, None);
    check(&column, TestId::VanishedShare, 0.5, None);
    for id in [TestId::NewShare, TestId::VanishedShare] {
        let test = &column.tests[&id];
        let Interval { low, high } = test.interval.unwrap();
        assert_eq!(test.verdict, Verdict::Drifted);
        assert!(low < test.value.unwrap() && test.value.unwrap() < high);
    }
    // One row of a new category among many of the old is what chance does.
    let rare = categories(&[500, 500, 0], &[50, 49, 1]);
    assert_eq!(rare.tests[&TestId::NewShare].verdict, Verdict::Within);
    assert_eq!(categories(&[5, 5], &[5, 5]).tests[&TestId::NewShare].p_value, Some(1.0));
}

#[test]
fn infinite_values_have_ranks_but_no_distance() {
    let reference: Vec<f64> = sorted((0..30).map(f64::from).chain([f64::NEG_INFINITY, f64::INFINITY]));
    let current: Vec<f64> = sorted((0..20).map(f64::from).chain([f64::INFINITY; 12]));
    let column = numbers(&reference, &current);
    assert_eq!(column.verdict, Verdict::Drifted);
    assert!(column.tests[&TestId::Psi].value.unwrap().is_finite());
    for id in [TestId::Wasserstein, TestId::WassersteinNormed, TestId::Energy] {
        assert_eq!(reason(&column, id), "infinite values have no distance");
    }
    let far = numbers(&[-f64::MAX, 0.0, 1.0, 2.0, 3.0, 4.0], &[0.0, 1.0, 2.0, 3.0, 4.0, f64::MAX]);
    assert!(far.tests.values().all(|test| test.value.is_none_or(f64::is_finite)), "{far:?}");
}

#[test]
fn a_million_categories_are_judged() {
    let weight = |cell: u64, seed: u64| crate::mix(seed, cell) % 3;
    let reference: Vec<u64> = (0..1_000_000).map(|cell| weight(cell, 1)).collect();
    let current: Vec<u64> = (0..1_000_000).map(|cell| weight(cell, 2)).collect();
    let column = categories(&reference, &current);
    // Each is a draw of whole numbers, not of rows, so the two differ by less than rows would: never an alarm.
    assert_eq!(column.verdict, Verdict::Within);
    let psi = &column.tests[&TestId::Psi];
    assert!(psi.value.is_some() && psi.verdict == Verdict::NotComputable, "it is not permuted: {psi:?}");
    let moved: Vec<u64> =
        current.iter().enumerate().map(|(cell, &rows)| if cell % 2 == 0 { 2 * rows } else { 0 }).collect();
    let column = of_categories(counts(&reference), counts(&moved), &[], &settings()).unwrap();
    assert_eq!(column.verdict, Verdict::Drifted);
}

/// The name of the argument that was wrong.
#[track_caller]
fn wrong<T: std::fmt::Debug>(result: Result<T, KernelError>) -> &'static str {
    match result {
        Err(KernelError::Argument { name, .. }) => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrong_arguments_are_errors_that_name_them() {
    let of = |reference: &[f64], current: &[f64]| of_numbers(rows(reference), rows(current), &[], &settings());
    assert_eq!(
        of(&[2.0, 1.0], &[1.0]).unwrap_err().to_string(),
        "`reference` is 2 before 1: expected ascending numbers"
    );
    for with_nan in [vec![f64::NAN], vec![1.0, f64::NAN], vec![f64::NAN, 1.0]] {
        assert_eq!(wrong(of(&[1.0], &with_nan)), "current");
    }
    let ranks = Ranks::of_counts(vec![(1.0, 3)]);
    let values = Values::Ranked { ranks: &ranks, infinite: [0, 0], rank_error: 1.5, deviation: None };
    assert_eq!(wrong(of_numbers(rows(&[1.0]), Numbers { values, nulls: 0 }, &[], &settings())), "current");
    assert_eq!(wrong(of_categories(counts(&[1]), counts(&[1, 2]), &[], &settings())), "current");
    for alpha in [0.0, 1.0, -0.1, f64::NAN] {
        let bad = Settings { alpha, ..settings() };
        assert_eq!(wrong(of_categories(counts(&[1]), counts(&[1]), &[], &bad)), "alpha");
        assert_eq!(wrong(over_columns(&[], alpha, Control::Bonferroni)), "alpha");
    }
}

#[test]
fn more_rows_than_f64_counts_are_an_error_whichever_way_they_come() {
    assert_eq!(wrong(of_categories(counts(&[u64::MAX, u64::MAX]), counts(&[1, 1]), &[], &settings())), "reference");
    let nulls = Numbers { values: Values::Sorted(&[1.0]), nulls: u64::MAX };
    assert_eq!(wrong(of_numbers(rows(&[1.0]), nulls, &[], &settings())), "current");
    let (many, one) = ([1 << 53], [1]);
    assert_eq!(
        wrong(of_categories(counts(&many), counts(&one), &[], &settings())),
        "reference",
        "together they are too many"
    );
    let most = [1 << 52, (1 << 52) - 4];
    assert!(of_categories(counts(&most), counts(&[1, 3]), &TestId::ALL, &settings()).is_ok());
}

#[test]
fn a_column_whose_values_are_not_compared_still_has_its_nulls() {
    let why = Reason::Undefined("more than 1,024 categories".into());
    let of = |reference, current| {
        of_nulls(reference, current, TestId::ChiSquare, &why, &[TestId::Psi], &settings()).unwrap()
    };
    let rows = |values, nulls| Rows { values, nulls };
    let column = of(rows(900, 100), rows(890, 110));
    assert_eq!((column.verdict, column.reason.clone()), (Verdict::NotComputable, Some(why.clone())));
    assert_eq!(reason(&column, TestId::Psi), "more than 1,024 categories");
    assert_eq!(column.tests[&TestId::NullShare].verdict, Verdict::Within);
    assert_eq!(of(rows(900, 100), rows(500, 500)).verdict, Verdict::Drifted);
    assert_eq!(of(rows(900, 0), rows(0, 5)).verdict, Verdict::Drifted, "emptied");
}

#[test]
fn null_shares_of_any_size_are_judged_at_once() {
    let side = |nulls| Counts { counts: &[500_000_000, 500_000_000], nulls };
    let column = of_categories(side(0), side(1_000_000_000), &[], &settings()).unwrap();
    assert_eq!(column.tests[&TestId::NullShare].p_value, Some(0.0));
    let column = of_categories(side(1_000_000_000), side(1_000_000_000), &[], &settings()).unwrap();
    assert_eq!(column.tests[&TestId::NullShare].p_value, Some(1.0));
}

#[test]
fn values_too_far_apart_for_f64_have_no_distance_and_alarm_nobody() {
    let far = Ranks::of_counts(vec![(-1e308, 50), (1e308, 50)]);
    let column = of_numbers(ranked(&far), ranked(&far), &TestId::ALL, &settings()).unwrap();
    for id in [TestId::Wasserstein, TestId::WassersteinNormed, TestId::Energy] {
        assert_eq!(reason(&column, id), "the values are too far apart for `f64`");
    }
    assert_eq!(column.verdict, Verdict::Within);
}

#[test]
fn huge_and_tiny_values_are_data() {
    for unit in [1e200, 1e-170, 1e-300] {
        let reference = sorted([0.0; 25].into_iter().chain([unit; 25]));
        let column = numbers(&reference, &[2.0 * unit; 40]);
        let normed = &column.tests[&TestId::WassersteinNormed];
        assert!((normed.value.unwrap() - 3.0).abs() < 1e-12, "{unit}: {normed:?}");
        assert_eq!(normed.verdict, Verdict::Drifted);
        let interval = column.tests[&TestId::Wasserstein].interval;
        assert!(unit < 1e-100 || interval.is_none(), "its squares exceed `f64`, so it is not known: {interval:?}");
    }
}

#[test]
fn a_verdict_needs_as_many_rows_as_let_it_be_either() {
    let many: Vec<f64> = (0..50).map(f64::from).collect();
    let with = |reference: usize| numbers(&many[..reference], &[100.0]).tests[&TestId::Ks].clone();
    for reference in [19, 38] {
        let ks = with(reference);
        assert_eq!(ks.verdict, Verdict::NotComputable, "one row lies outside of {reference} with p = {:?}", ks.p_value);
    }
    assert_eq!(with(39).verdict, Verdict::Drifted);
    let three = numbers(&many[..3], &[100.0, 101.0, 102.0]);
    assert!(three.tests.values().all(|test| test.verdict != Verdict::Within || test.p_value == Some(1.0)), "{three:?}");
    // The least p-value that `ks` can have, by trying every labelling.
    for n in 1..=8usize {
        for m in 1..=8usize {
            let reference: Vec<f64> = (0..n as u32).map(f64::from).collect();
            let current: Vec<f64> = (0..m as u32).map(|value| f64::from(value) + 100.0).collect();
            let ks = numbers(&reference, &current).tests[&TestId::Ks].clone();
            let widest = |labels: u32| {
                let (mut below, mut most) = ((0, 0), 0);
                for place in 0..n + m {
                    let is_current = labels >> place & 1 == 1;
                    below = if is_current { (below.0, below.1 + 1) } else { (below.0 + 1, below.1) };
                    most = most.max(usize::abs_diff(below.0 * m, below.1 * n));
                }
                most == n * m
            };
            let all = (0u32..1 << (n + m)).filter(|labels| labels.count_ones() as usize == m);
            let (ways, widest) =
                all.fold((0, 0), |(ways, found), labels| (ways + 1, found + u32::from(widest(labels))));
            let least = f64::from(widest) / f64::from(ways);
            assert!((ks.p_value.unwrap() - least).abs() < 1e-12, "{n} v {m}");
            assert_eq!(ks.verdict == Verdict::NotComputable, least > 0.05, "{n} v {m}: {least}");
        }
    }
}

#[test]
fn one_row_far_outside_of_a_million_drifted() {
    let reference: Vec<f64> = (0..1_000_001).map(f64::from).collect();
    for rows_of_current in 1..4 {
        let current: Vec<f64> = (0..rows_of_current).map(|row| 1e9 + f64::from(row)).collect();
        let column = of_numbers(rows(&reference), rows(&current), &[], &settings()).unwrap();
        assert_eq!(column.verdict, Verdict::Drifted, "{column:?}");
    }
}

#[test]
fn an_association_that_cannot_be_corrected_is_not_0() {
    let column = categories(&[1, 0], &[0, 1]);
    assert!(reason(&column, TestId::CramersV).starts_with("rows for the correction of Cramér's V"));
}

#[test]
fn columns_without_a_verdict_neither_count_nor_alarm() {
    let with = |p_value: Option<f64>, verdict| Column {
        tests: BTreeMap::new(),
        default: TestId::Ks,
        p_value,
        comparisons: 7,
        verdict,
        reason: None,
    };
    let columns: Vec<Column> =
        [0.01, 0.04, 0.03, 0.005, 0.9, 0.2].iter().map(|&p| with(Some(p), Verdict::Within)).collect();
    let unknown = with(None, Verdict::NotComputable);
    let all: Vec<&Column> = columns.iter().chain([&unknown]).collect();
    let found = over_columns(&all, 0.05, Control::BenjaminiHochberg).unwrap();
    let golden = [0.03, 0.06, 0.06, 0.03, 0.9, 0.24];
    for (found, golden) in found.adjusted.iter().zip(golden) {
        assert!((found.unwrap() - golden).abs() < 1e-15);
    }
    assert_eq!(found.adjusted[6], None);
    assert_eq!((found.computed, found.verdict), (6, Verdict::Drifted));
    assert_eq!(found.drifted, [true, false, false, true, false, false, false]);
    let strict = over_columns(&all, 0.05, Control::Bonferroni).unwrap();
    assert_eq!(strict.drifted, [false, false, false, true, false, false, false]);
    assert_eq!(strict.adjusted[4], Some(1.0));
    let none = over_columns(&[&unknown], 0.05, Control::Bonferroni).unwrap();
    assert_eq!(none.verdict, Verdict::NotComputable);
}

#[test]
fn the_robust_distance_takes_off_what_chance_may_add() {
    assert!((l_infinity_robust(0.3, 100, 400, 1.8) - (0.3 - 1.8 * (500.0f64 / 40_000.0).sqrt())).abs() < 1e-15);
    assert_eq!(l_infinity_robust(0.1, 100, 400, 1.8), 0.0);
}

#[test]
fn more_columns_than_p_values_were_made_for_are_an_error() {
    let column = |comparisons| {
        let settings = Settings { comparisons, ..settings() };
        of_categories(counts(&[40, 1, 3]), counts(&[2, 30, 4]), &[], &settings).unwrap()
    };
    let (drifted, same) = (column(100), of_categories(counts(&[9, 9]), counts(&[9, 9]), &[], &settings()).unwrap());
    let same = Column { comparisons: 100, ..same };
    let all: Vec<&Column> = std::iter::once(&drifted).chain([&same; 99]).collect();
    for control in [Control::Bonferroni, Control::BenjaminiHochberg] {
        assert_eq!(
            over_columns(&all, 0.05, control).unwrap().verdict,
            Verdict::Drifted,
            "one of a hundred, in total drift"
        );
    }
    let unaware = column(1);
    let all: Vec<&Column> = std::iter::once(&unaware).chain([&same; 99]).collect();
    assert_eq!(wrong(over_columns(&all, 0.05, Control::Bonferroni)), "columns");
}

#[test]
fn simulated_p_values_resolve_what_many_columns_ask() {
    for (alpha, comparisons) in [(0.05, 1), (0.05, 200), (0.05, 10_000), (1e-6, 1)] {
        let settings = Settings { alpha, comparisons, seed: 0 };
        let column = of_categories(counts(&[40, 1, 3]), counts(&[2, 30, 4]), &[TestId::GTest], &settings).unwrap();
        for id in [TestId::ChiSquare, TestId::GTest] {
            let p = column.tests[&id].p_value.unwrap();
            assert!(
                p <= alpha / f64::from(comparisons),
                "{id}: {p} where {alpha} of {comparisons} columns are to be told"
            );
        }
    }
}
