use super::super::Conventions;
use super::super::tests::golden::FLIPS;
use super::*;
use proptest::prelude::*;

/// The test of all rows at once.
fn ft(features: &[&[f64]], disadvantaged: &[u32], positive: &[u32], settings: &Settings) -> Metric {
    let test = FlipTest::new(features, disadvantaged, positive, settings).unwrap();
    test.metric(&test.flips(0..test.points()))
}

fn any_size() -> Settings {
    Settings::default().with_min_group(1)
}

fn clarify() -> Settings {
    Settings::default().with_conventions(Conventions::Clarify)
}

/// A number in 0 to 1 of row `row`.
fn unit(seed: u64, row: u64) -> f64 {
    (mix(seed, row) >> 11) as f64 * 2f64.powi(-53)
}

#[test]
fn golden_values_of_smclarify() {
    for &(seed, rows, values, thirds, quarters, missing, expected) in FLIPS {
        let feature = |k: u64| -> Vec<f64> {
            let at = |row| {
                if values == 0 { unit(seed + 1000 * k, row) } else { (mix(seed + 1000 * k, row) % values) as f64 }
            };
            (0..rows).map(at).collect()
        };
        let features = [feature(1), feature(2), feature(3)];
        let columns: Vec<&[f64]> = features.iter().map(Vec::as_slice).collect();
        let some = |k: u64, row: u64, code: bool| {
            if missing && mix(seed + 1000 * k, row).is_multiple_of(8) { MISSING } else { u32::from(code) }
        };
        let disadvantaged: Vec<u32> = (0..rows).map(|row| some(6, row, mix(seed + 4000, row) % 3 < thirds)).collect();
        let scale = if values == 0 { 1.0 } else { values as f64 };
        let bar = |row: u64| quarters as f64 * 2.0 * features[0][row as usize] / scale;
        let positive: Vec<u32> = (0..rows).map(|row| some(7, row, unit(seed + 5000, row) * 4.0 < bar(row))).collect();
        let test = FlipTest::new(&columns, &disadvantaged, &positive, &clarify()).unwrap();
        let flips = test.flips(0..test.points());
        let found = test.metric(&flips).value.unwrap();
        // Without ties it is the same number; with them smclarify's neighbours are arbitrary, and may be any of the equally far.
        assert!(values > 0 || flips.tied == 0, "{seed}: {flips:?}");
        let tolerance = flips.tied as f64 / flips.rows as f64 + 1e-12;
        assert!((found - expected).abs() <= tolerance, "{seed}: {found}, and {expected} is expected: {flips:?}");
    }
}

/// Ten advantaged rows or more are asked by fives, fewer by ones.
#[test]
fn nine_rows_are_asked_one_by_one() {
    // At 0 stands one positive row, at 1 are the others, negative.
    for (others, expected) in [(8, 0.0), (9, 1.0)] {
        let mut feature = vec![0.0];
        feature.resize(others + 1, 1.0);
        feature.push(0.1); // the one disadvantaged row, positive
        let mut disadvantaged = vec![0; others + 1];
        disadvantaged.push(1);
        let mut positive = vec![0; others + 2];
        (positive[0], positive[others + 1]) = (1, 1);
        assert_eq!(ft(&[&feature], &disadvantaged, &positive, &any_size()).value, Ok(expected), "{others}");
    }
}

#[test]
fn rows_equally_far_share_the_vote_in_any_order() {
    // Two rows equally far, one positive: half of a vote is a no, whichever comes first.
    for positive in [[1, 0, 1], [0, 1, 1]] {
        assert_eq!(ft(&[&[-1.0, 1.0, 0.0]], &[0, 0, 1], &positive, &any_size()).value, Ok(1.0));
    }
    // Three at −1, two of them positive: two thirds of the one vote are a yes.
    assert_eq!(ft(&[&[-1.0, -1.0, -1.0, 0.0]], &[0, 0, 0, 1], &[0, 1, 1, 1], &any_size()).value, Ok(0.0));
    // Ten rows: two nearer ones are positive, and of the eight that share three votes two are: 2.75 of 5.
    let feature = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, 0.0];
    let facet = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let positive = [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1];
    assert_eq!(ft(&[&feature], &facet, &positive, &any_size()).value, Ok(0.0));
    // One of the eight: 2.375 of 5.
    let positive = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(ft(&[&feature], &facet, &positive, &any_size()).value, Ok(1.0));
}

#[test]
fn odd_rows_are_left_out_and_odd_arguments_refused() {
    let settings = any_size();
    let features: [&[f64]; 1] = [&[0.0, 1.0, f64::NAN, f64::INFINITY, 1e200, 0.2, 0.3]];
    let disadvantaged = [0, 0, 1, 0, 1, 1, MISSING];
    let positive = [1, 0, 0, 0, 0, 1, 1];
    let test = FlipTest::new(&features, &disadvantaged, &positive, &settings).unwrap();
    assert_eq!((test.points(), test.asked(), test.left_out()), (1, (1, 1), 4));
    let found = test.metric(&test.flips(0..9));
    assert_eq!(found.value, Ok(0.0));
    assert_eq!(found.p_value.unwrap().value, 1.0);
    let found = ft(&features, &disadvantaged, &positive, &clarify());
    assert_eq!(found.value.unwrap_err().to_string(), "a feature is missing, infinite or too large");
    let missing = ft(&[&[0.0, 1.0]], &[MISSING, 1], &[1, MISSING], &clarify());
    assert_eq!(missing.value, Ok(-1.0)); // the missing facet is advantaged, the missing prediction negative

    let refused = |features: &[&[f64]], disadvantaged: &[u32], positive: &[u32]| {
        FlipTest::new(features, disadvantaged, positive, &settings).err().unwrap().to_string()
    };
    assert!(refused(&[&[0.0]], &[0, 1], &[0, 1]).starts_with("`features` is 1 rows long, beside 2"));
    assert!(refused(&[&[0.0, 1.0]], &[0, 1], &[0]).starts_with("`positive` is 1 rows long, beside 2"));
    assert!(refused(&[&[0.0, 1.0]], &[0, 2], &[0, 1]).starts_with("`disadvantaged` is code 2 of 2 values"));
    let reason = |features: &[&[f64]], disadvantaged: &[u32], settings: &Settings| {
        ft(features, disadvantaged, &vec![1; disadvantaged.len()], settings).value.unwrap_err().to_string()
    };
    assert_eq!(reason(&[], &[0, 1], &settings), "the list of features has no values");
    assert_eq!(reason(&[&[]], &[], &settings), "the advantaged group has no values");
    assert_eq!(reason(&[&[1.0]], &[0], &settings), "the disadvantaged group has no values");
    assert_eq!(reason(&[&[1.0]], &[1], &settings), "the advantaged group has no values");
    let few = reason(&[&[1.0, 2.0]], &[0, 1], &Settings::default());
    assert_eq!(few, "rows of the advantaged group: 1, and 30 are needed");
}

/// 40,000 rows of `features` numbers; the model follows the first of them, with errors that differ by facet.
fn many(features: u64, values: u64) -> (Vec<Vec<f64>>, Vec<u32>, Vec<u32>) {
    let at = |k, row| if values == 0 { unit(k, row) } else { (mix(k, row) % values) as f64 / values as f64 };
    let columns: Vec<Vec<f64>> = (0..features).map(|k| (0..40_000).map(|row| at(k + 10, row)).collect()).collect();
    let facet: Vec<u32> = (0..40_000).map(|row| (mix(3, row) % 2) as u32).collect();
    let wrong = |row: u64| unit(4, row) < 0.1 + 0.1 * f64::from(facet[row as usize]);
    let positive = (0..40_000).map(|row| u32::from(columns[0][row as usize] > 0.5 && !wrong(row))).collect();
    (columns, facet, positive)
}

#[test]
fn a_sample_says_what_all_rows_say_and_is_the_same_in_any_order() {
    for values in [0, 7] {
        let (columns, facet, positive) = many(2, values);
        let order: Vec<usize> = (0..40_000).map(|row| (row * 7_919 + 13) % 40_000).collect();
        let moved: Vec<Vec<f64>> =
            columns.iter().map(|column| order.iter().map(|&row| column[row]).collect()).collect();
        let pick = |codes: &[u32]| order.iter().map(|&row| codes[row]).collect::<Vec<u32>>();
        let sampled = |columns: &[Vec<f64>], facet: &[u32], positive: &[u32]| {
            let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let test = FlipTest::new(&columns, facet, positive, &Settings::default()).unwrap();
            let all = test.metric(&test.flips(0..test.points())).value.unwrap();
            let test = test.at_most(2_000, 9);
            assert_eq!(test.asked().1, 2_000);
            (all, test.flips(0..test.points()), test.metric(&test.flips(0..test.points())))
        };
        let (all, flips, metric) = sampled(&columns, &facet, &positive);
        let interval = metric.interval.clone().unwrap();
        assert!(interval.low < all && all < interval.high && interval.high - interval.low < 0.06, "{all}: {metric:?}");
        assert_eq!(sampled(&moved, &pick(&facet), &pick(&positive)), (all, flips, metric));
    }
}

#[test]
fn a_sample_is_smaller_where_neighbours_are_hard_to_find() {
    // In 60 dimensions each search looks at most of 20,000 points.
    let (columns, facet, positive) = many(60, 0);
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let test = FlipTest::new(&columns, &facet, &positive, &Settings::default()).unwrap().at_most(20_000, 9);
    let (all, asked) = test.asked();
    assert!(all > 19_000 && (1_000..15_000).contains(&asked), "{asked} of {all}");
    let few = FlipTest::new(&columns[..1], &facet, &positive, &Settings::default()).unwrap().at_most(30_000, 9);
    assert_eq!(few.asked(), (all, all));
}

#[test]
fn rows_at_the_same_place_are_one_point() {
    let column: Vec<f64> = (0..40_000).map(|row| if row % 8 == 0 { -0.0 } else { f64::from(row % 4) }).collect();
    let positive: Vec<u32> = (0..40_000).map(|row| u32::from(row % 4 == 3)).collect();
    let among: Vec<u32> = (0..40_000).collect();
    let points = Points::new(&[&column], &positive, &among);
    assert_eq!(points.coordinates, [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(points.counts.last(), Some(&Count { negative: 0, positive: 10_000 }));
    let mut found = Found::default();
    assert!(Neighbours::new(&points, 5).vote(&[2.9], &mut found).is_positive);
    assert_eq!(found.looked_at, 4);
}

proptest! {
    #[test]
    fn finds_what_looking_at_every_row_finds(
        rows in prop::collection::vec((0i8..6, 0i8..6, -2.0f64..2.0, 0u32..2), 1..300),
        flat in any::<bool>(),
        nearest in 1usize..8,
    ) {
        // A flat third column makes many rows equally far.
        let columns: [Vec<f64>; 3] = [
            rows.iter().map(|row| f64::from(row.0)).collect(),
            rows.iter().map(|row| f64::from(row.1)).collect(),
            rows.iter().map(|row| if flat { 0.0 } else { row.2 }).collect(),
        ];
        let columns = [columns[0].as_slice(), &columns[1], &columns[2]];
        let positive: Vec<u32> = rows.iter().map(|row| row.3).collect();
        let among: Vec<u32> = (0..rows.len() as u32).filter(|row| row % 3 != 1).collect();
        let tree = Neighbours::new(&Points::new(&columns, &positive, &among), nearest as u64);
        for row in 0..rows.len().min(40) {
            let point = columns.map(|column| column[row]);
            let distance = |other: u32| -> f64 {
                (0..3).map(|d| columns[d][other as usize] - point[d]).map(|gap| gap * gap).sum()
            };
            let mut all: Vec<(f64, u32)> =
                among.iter().map(|&other| (distance(other), positive[other as usize])).collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            let last = all[nearest.min(all.len()) - 1].0;
            let nearer: Vec<u32> = all.iter().filter(|row| row.0 < last).map(|row| row.1).collect();
            let ring: Vec<u32> = all.iter().filter(|row| row.0 == last).map(|row| row.1).collect();
            // What the votes are on average, over all orders of the rows of the ring.
            let votes = nearest.min(all.len());
            let share = f64::from(ring.iter().sum::<u32>()) / ring.len() as f64;
            let mean = f64::from(nearer.iter().sum::<u32>()) + (votes - nearer.len()) as f64 * share;
            let expected = mean > votes as f64 / 2.0 + 1e-9;
            let vote = tree.vote(&point, &mut Found::default());
            prop_assert_eq!(vote.is_positive, expected);
            // The ring's positive rows first, or last.
            let extreme = |positive_first: bool| {
                let mut ring = ring.clone();
                ring.sort_unstable_by_key(|&code| if positive_first { 1 - code } else { code });
                let taken: u32 = nearer.iter().chain(ring.iter().take(votes - nearer.len())).sum();
                2 * taken as usize > votes
            };
            prop_assert_eq!(vote.is_tied, extreme(true) != extreme(false));
        }
    }

    #[test]
    fn ranges_merge_and_order_place_and_scale_of_rows_change_nothing(
        rows in prop::collection::vec((0u32..8, 0u32..8, 0u32..2, 0u32..2), 2..120),
        cut in 0usize..120,
    ) {
        let flips = |rows: &[(u32, u32, u32, u32)], scale: f64, shift: f64| {
            let column = |of: fn(&(u32, u32, u32, u32)) -> u32| rows.iter().map(of).collect::<Vec<u32>>();
            let number = |codes: Vec<u32>| codes.iter().map(|&code| scale * f64::from(code) + shift).collect::<Vec<f64>>();
            let features = [number(column(|row| row.0)), number(column(|row| row.1))];
            let features = [features[0].as_slice(), &features[1]];
            let test = FlipTest::new(&features, &column(|row| row.2), &column(|row| row.3), &any_size()).unwrap();
            let whole = test.flips(0..test.points());
            let mut merged = test.flips(cut..test.points());
            merged.merge(&test.flips(0..cut));
            assert_eq!(merged, whole);
            whole
        };
        let whole = flips(&rows, 1.0, 0.0);
        prop_assert_eq!(flips(&rows, 4.0, -16.0), whole);
        let mut turned = rows;
        turned.reverse();
        let middle = turned.len() / 2;
        turned.rotate_left(middle);
        prop_assert_eq!(flips(&turned, 1.0, 0.0), whole);
    }
}
