//! The table that all is counted into, and the codes that it counts.
use super::*;
use crate::KernelError;

const AXES: Axes = Axes { groups: 2, facets: 3, labels: 2, predictions: 2 };

fn table(rows: &[[u32; 4]]) -> Contingency {
    let part = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<u32>>();
    table_of(&[part(0), part(1), part(2), part(3)], AXES)
}

fn refused<T: std::fmt::Debug>(found: Result<T, KernelError>) -> String {
    found.unwrap_err().to_string()
}

#[test]
fn wrong_codes_and_lengths_are_refused_by_name_and_count_nothing() {
    let mut counted = table(&[[0, 0, 0, 0], [MISSING, 1, MISSING, 1]]);
    let before = counted.clone();
    let wrong = counted.add(&Columns { facet: &[0, 3], ..Columns::default() });
    assert_eq!(refused(wrong), "`facet` is code 3 of 3 values: expected codes below the number of values");
    let short = counted.add(&Columns { facet: &[0, 1], label: Some(&[0]), ..Columns::default() });
    assert_eq!(refused(short), "`label` is 1 rows long, beside 2: expected columns of one length");
    assert_eq!(counted, before);
    let rows = [MISSING, 0, 3].map(|facet| counted.facet_rows(facet));
    assert_eq!((counted.rows(), rows), (2, [1, 1, 0]));
    let other = Contingency::new(Axes { facets: 4, ..AXES }).unwrap();
    assert!(refused(counted.merge(&other)).starts_with("`other` is a table of Axes { groups: 2, facets: 4"));
}

#[test]
fn cells_are_bounded_and_a_facet_is_needed() {
    let wide = Axes { groups: 0, facets: 1_000_000, labels: 2, predictions: 2 };
    let too_many = "the columns have 9000009 combinations of values, and 4194304 are the most";
    assert_eq!(Contingency::new(wide).unwrap_err().to_string(), too_many);
    let most = Axes { groups: u32::MAX, facets: u32::MAX, labels: u32::MAX, predictions: u32::MAX };
    assert!(matches!(Contingency::new(most), Err(Reason::Undefined(_))));
    let none = Contingency::new(Axes { facets: 0, ..AXES });
    assert_eq!(none.unwrap_err().to_string(), "the protected column has no values");
}

#[test]
fn a_grouping_variable_of_too_many_values_takes_away_no_metric_but_its_own() {
    // 50 facet values by 20,000 post codes: 9.2 million cells with the groups, 459 without.
    let facet: Vec<u32> = (0u32..4_000).map(|row| row % 50).collect();
    let group: Vec<u32> = (0u32..4_000).map(|row| row * 5).collect();
    let label: Vec<u32> = (0u32..4_000).map(|row| u32::from(mix(1, u64::from(row)).is_multiple_of(3))).collect();
    let wide = Axes { groups: 20_000, facets: 50, labels: 2, predictions: 2 };
    let [found, plain] = [wide, Axes { groups: 0, ..wide }].map(|axes| {
        let mut table = Contingency::new(axes).unwrap();
        let group = (axes.groups > 0).then_some(group.as_slice());
        table.add(&Columns { group, facet: &facet, label: Some(&label), prediction: Some(&label) }).unwrap();
        (Comparison::new(&table, &QUESTION, &any_size()).unwrap(), table)
    });
    for (id, metric) in PRE_TRAINING.into_iter().chain(POST_TRAINING).filter(|(id, _)| !id.starts_with("CDD")) {
        assert_eq!(metric(&found.0), metric(&plain.0), "{id}");
    }
    assert!(dpl(&found.0).value.is_ok());
    let reason = "the columns have 9180459 combinations of values, and 4194304 are the most";
    assert_eq!(cddl(&found.0).value.unwrap_err().to_string(), reason);
    assert_eq!(found.1.uncounted_groups().unwrap().to_string(), reason);
    assert_eq!(plain.1.uncounted_groups(), None);
}

#[test]
fn a_threshold_belongs_to_the_bin_below_it() {
    let values = [f64::NEG_INFINITY, 1.0, 1.5, 2.0, 2.1, f64::INFINITY, f64::NAN];
    assert_eq!(bin_codes(&values, &[1.0, 2.0]).unwrap(), [0, 0, 1, 1, 2, 2, MISSING]);
    assert_eq!(bin_codes(&[], &[1.0]).unwrap(), [0u32; 0]);
    assert_eq!(bin_codes(&[3.0], &[]).unwrap(), [0]);
    let message = |thresholds: &[f64]| refused(bin_codes(&values, thresholds));
    assert_eq!(message(&[2.0, 1.0]), "`thresholds` is [2.0, 1.0]: expected finite numbers that ascend");
    assert_eq!(message(&[f64::NAN]), "`thresholds` is [NaN]: expected finite numbers that ascend");
    assert_eq!(message(&[1.0, f64::INFINITY]), "`thresholds` is [1.0, inf]: expected finite numbers that ascend");
}

#[test]
fn combinations_mean_the_same_in_every_part_of_the_data() {
    // Sex and age: (0, 1), (1, 0) here, (0, 0), (1, 1) there. Numbered by what occurs, both parts would have codes 0 and 1.
    let both = Combination::new(&[2, 2]).unwrap();
    let [here, there] = [[[0, 1], [1, 0]], [[0, 1], [0, 1]]].map(|[sex, age]| {
        let mut table = Contingency::new(Axes { groups: 0, facets: both.values(), labels: 2, predictions: 0 }).unwrap();
        let facet = both.codes(&[&sex, &age]).unwrap();
        table.add(&Columns { facet: &facet, label: Some(&[1, 0]), ..Columns::default() }).unwrap();
        table
    });
    let mut merged = here;
    merged.merge(&there).unwrap();
    assert_eq!([0, 1, 2, 3].map(|facet| merged.facet_rows(facet)), [1, 1, 1, 1]);
    assert_eq!((both.parts(1), both.parts(2), both.parts(4)), (Some(vec![0, 1]), Some(vec![1, 0]), None));
}

#[test]
fn odd_combinations_have_a_reason_or_are_refused() {
    assert_eq!(Combination::new(&[]).unwrap_err().to_string(), "the list of columns to combine has no values");
    assert!(matches!(Combination::new(&[70_000, 70_000]), Err(Reason::Undefined(_))));
    let empty = Combination::new(&[3, 0]).unwrap();
    assert_eq!((empty.values(), empty.parts(0)), (0, None));
    assert_eq!(empty.codes(&[&[2], &[MISSING]]).unwrap(), [MISSING]);
    let both = Combination::new(&[2, 3]).unwrap();
    assert_eq!(both.codes(&[&[], &[]]).unwrap(), [0u32; 0]);
    assert_eq!(refused(both.codes(&[&[0]])), "`columns` is 1 columns: expected one for each size");
    assert!(refused(both.codes(&[&[0], &[]])).starts_with("`columns` is 0 rows long, beside 1"));
    assert!(refused(both.codes(&[&[0], &[3]])).starts_with("`columns` is code 3 of 3 values"));
}

#[test]
fn a_million_values_become_one_and_missing_stays_missing() {
    let mut codes: Vec<u32> = (0..1_000_000).collect();
    codes.extend([5; 40]);
    codes.push(MISSING);
    let found = keep_frequent(&codes, 30);
    assert_eq!((found.kept.as_slice(), found.pooled_values, found.pooled_rows), ([5].as_slice(), 999_999, 999_999));
    assert_eq!((found.codes[5], found.codes[6], found.codes[1_000_040]), (0, 1, MISSING));
}

proptest! {
    #[test]
    fn order_and_split_do_not_matter(
        rows in prop::collection::vec((0u32..4, 0u32..3, 0u32..3, 0u32..3), 0..3000),
        cut in 0usize..3000,
    ) {
        let code = |code: u32, size: u32| if code == size { MISSING } else { code };
        let rows: Vec<[u32; 4]> =
            rows.iter().map(|r| [code(r.0, 3), code(r.1, 2), code(r.2, 2), code(r.3, 2)]).collect();
        let whole = table(&rows);
        let cut = cut.min(rows.len());
        let mut merged = table(&rows[cut..]);
        merged.merge(&table(&rows[..cut])).unwrap();
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(whole.rows(), rows.len() as u64);
        for facet in [0, 1, 2, MISSING] {
            let expected = rows.iter().filter(|row| row[0] == facet).count() as u64;
            prop_assert_eq!(whole.facet_rows(facet), expected);
        }
    }

    #[test]
    fn each_row_finds_its_own_parts(rows in prop::collection::vec((0u32..4, 0u32..4, 0u32..3), 0..60)) {
        let part = |k: usize| -> Vec<u32> {
            rows.iter().map(|row| [row.0, row.1, row.2][k]).map(|c| if c == 3 { MISSING } else { c }).collect()
        };
        let columns = [part(0), part(1), part(2)];
        let three = Combination::new(&[3, 3, 3]).unwrap();
        let found = three.codes(&[&columns[0], &columns[1], &columns[2]]).unwrap();
        for (row, &code) in found.iter().enumerate() {
            let parts: Vec<u32> = columns.iter().map(|column| column[row]).collect();
            let expected = if parts.contains(&MISSING) { None } else { Some(parts) };
            prop_assert_eq!(three.parts(code), expected);
        }
    }
}
