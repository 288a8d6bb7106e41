use super::super::tests::testdata::{near, quantity_rows, rows, unit, wrong};
use super::super::*;
use crate::{Interval, mix};
use proptest::prelude::*;

fn ids(count: usize) -> Vec<u64> {
    (0..count as u64).collect()
}

fn binary(weights: Option<&[f64]>) -> BinaryRows {
    let rows = rows();
    BinaryRows::of(&ids(40), &rows.truth, Some(&rows.prediction), Some(&rows.score), weights).unwrap()
}

fn get<T: Clone>(metrics: &[(&'static str, T)], id: &str) -> T {
    metrics.iter().find(|known| known.0 == id).unwrap().1.clone()
}

#[test]
fn golden_values_of_numpy_and_scikit_learn() {
    assert_eq!((0..12).map(|row| f64::from(poisson(7, 3, row))).collect::<Vec<_>>(), DRAWS);
    let weight = rows().weight;
    // numpy 2.4.6 quantiles and deviations of scikit-learn 1.9.1's metrics with our draws as weights, golden/quality.py
    for (weights, auc, accuracy) in [(None, AUC, ACCURACY), (Some(&weight[..]), AUC_WEIGHTED, ACCURACY_WEIGHTED)] {
        let rows = binary(weights);
        let found = rows.resampling(7).intervals(100, 0.9, |weights| rows.metrics(weights)).unwrap();
        for (id, [low, high, deviation]) in [("roc_auc", auc), ("accuracy", accuracy)] {
            let found = get(&found, id).unwrap();
            assert!(near(found.interval.low, low) && near(found.interval.high, high), "{id}: {found:?}");
            assert!(near(found.deviation, deviation) && found.replicates == 100, "{id}: {found:?}");
        }
    }
}

#[test]
fn draws_are_poisson_and_replicates_do_not_know_each_other() {
    let mut counts = [0u32; 8];
    let (mut sum, mut product) = (0.0, 0.0);
    for row in 0..100_000 {
        let (one, other) = (poisson(1, 0, row), poisson(1, 1, row));
        counts[(one as usize).min(7)] += 1;
        sum += f64::from(one);
        product += (f64::from(one) - 1.0) * (f64::from(other) - 1.0);
    }
    let mut chance = (-1f64).exp();
    for (draws, &count) in counts.iter().enumerate().take(6) {
        let expected = 100_000.0 * chance;
        assert!((f64::from(count) - expected).abs() < 4.0 * expected.sqrt(), "{draws}: {count} {expected}");
        chance /= draws as f64 + 1.0;
    }
    assert!((sum / 100_000.0 - 1.0).abs() < 4.0 / 100_000f64.sqrt());
    assert!((product / 100_000.0).abs() < 4.0 / 100_000f64.sqrt());
}

#[test]
fn an_interval_covers_as_often_as_it_says() {
    let mut covered = 0;
    for sample in 0..200u64 {
        let prediction: Vec<bool> = (0..150).map(|row| unit(1_000 + sample, row) < 0.8).collect();
        let rows = BinaryRows::of(&ids(150), &[true; 150], Some(&prediction), None, None).unwrap();
        let accuracy = |weights: &[f64]| Ok(vec![("accuracy", rows.confusion(weights)?.accuracy())]);
        let interval = rows.resampling(sample).intervals(100, 0.9, accuracy).unwrap()[0].1.clone().unwrap().interval;
        covered += u32::from(interval.low <= 0.8 && 0.8 <= interval.high);
    }
    // 180 expected, 4.2 the standard deviation; a percentile interval is a little too narrow.
    assert!((162..=195).contains(&covered), "{covered}");
}

#[test]
fn rows_made_ready_say_what_sums_say() {
    let rows = rows();
    let weights: Vec<f64> = rows.weight.iter().enumerate().map(|(row, weight)| weight * (row % 3) as f64).collect();
    for weights in [None, Some(&weights[..])] {
        let ready = binary(weights);
        let mut sums = Confusion::of(&rows.truth, &rows.prediction, weights).unwrap().metrics();
        sums.extend(ProbabilitySums::of(&rows.truth, &rows.score, weights).unwrap().metrics());
        sums.extend(Ranked::of(&rows.truth, &rows.score, weights).unwrap().metrics());
        let found = ready.metrics(ready.weights()).unwrap();
        assert_eq!(found.len(), sums.len());
        for ((id, found), (other, sum)) in found.into_iter().zip(sums) {
            assert!(
                id == other && near(found.clone().unwrap(), sum.clone().unwrap()),
                "{id}: {found:?} {other} {sum:?}"
            );
        }
    }
    let rows = quantity_rows();
    for weights in [None, Some(&rows.weight[..])] {
        let ready = QuantityRows::of(&ids(50), &rows.truth, &rows.prediction, weights).unwrap();
        let sums = RegressionSums::of(&rows.truth, &rows.prediction, weights).unwrap().metrics();
        let found = ready.metrics(ready.weights()).unwrap();
        assert_eq!(found.len(), sums.len() + 2);
        for ((id, found), (other, sum)) in found.into_iter().zip(sums) {
            assert!(
                id == other && near(found.clone().unwrap(), sum.clone().unwrap()),
                "{id}: {found:?} {other} {sum:?}"
            );
        }
    }
}

#[test]
fn odd_rows_are_left_out_where_they_cannot_be_used() {
    let nan = f64::NAN;
    let truth = [true, false, true, false, true, false];
    let score = [0.9, 0.1, nan, 0.4, 7.0, 0.2];
    let weights = [1.0, 1.0, 1.0, nan, 0.0, 1.0];
    let rows = BinaryRows::of(&ids(6), &truth, Some(&[true; 6]), Some(&score), Some(&weights)).unwrap();
    let found = rows.metrics(rows.weights()).unwrap();
    // The row without score has a prediction; the row of weight 0 is not there, its 7 is nobody's probability.
    assert_eq!(get(&found, "accuracy"), Ok(0.5));
    assert_eq!(get(&found, "roc_auc"), Ok(1.0));
    assert!(get(&found, "log_loss").is_ok());
    assert_eq!((rows.weights(), rows.left_out(), rows.unscored()), (&[1.0; 4][..], 1, 1));
    let large = BinaryRows::of(&ids(2), &truth[..2], None, Some(&[7.0, 0.1]), None).unwrap();
    let found = large.metrics(large.weights()).unwrap();
    assert_eq!(get(&found, "log_loss"), Err(Reason::Undefined("probabilities outside 0 to 1: 1".to_owned())));
    assert_eq!(found.iter().map(|metric| metric.0).next(), Some("log_loss"));
    let none = BinaryRows::of(&[], &[], None, Some(&[]), None).unwrap();
    assert!(none.metrics(&[]).unwrap().iter().all(|(_, value)| *value == Err(empty())));
    let odd = QuantityRows::of(&ids(4), &[1.0, nan, 2.0, 3.0], &[1.0, 1.0, 4.0, nan], Some(&weights[..4])).unwrap();
    assert_eq!((odd.left_out(), odd.weights().len()), (2, 2));
    let infinite = QuantityRows::of(&ids(2), &[1.0, f64::INFINITY], &[1.0; 2], None).unwrap();
    assert!(infinite.metrics(infinite.weights()).unwrap().iter().all(|(_, value)| value.is_err()));
}

#[test]
fn a_replicate_of_equal_truths_has_no_r2() {
    let rows = QuantityRows::of(&ids(4), &[0.1, 0.1, 0.1, 0.7], &[0.3, 0.2, 0.1, 0.5], None).unwrap();
    // By rising error the truth 0.7 is third.
    let drawn = rows.metrics(&[3.0, 1.0, 0.0, 2.0]).unwrap();
    assert_eq!(get(&drawn, "r2"), Err(constant("truth")));
    assert_eq!(get(&drawn, "d2_absolute_error"), Err(constant("truth")));
    assert!(get(&rows.metrics(rows.weights()).unwrap(), "r2").is_ok());
}

#[test]
fn replicates_keep_the_classes_of_the_whole() {
    let (mut truth, prediction) = (vec![0; 99], vec![0; 100]);
    truth.push(1);
    let cells = ClassCells::of(&truth, &prediction, None).unwrap();
    let resampling = Resampling { ids: &ids(100), weights: Some(cells.weights()), seed: 1 };
    let zero = resampling.intervals(200, 0.9, |weights| cells.metrics(weights, Gaps::Zero)).unwrap();
    // Without its one row class 1 still counts: no replicate says 1.
    let recall = get(&zero, "recall_macro").unwrap();
    assert_eq!((recall.interval, recall.without), (Interval { low: 0.5, high: 0.5 }, 0));
    // Left out, the mean would be another class's alone in 37 of 100: no interval, instead of one up to 1.
    let left_out = resampling.intervals(200, 0.9, |weights| cells.metrics(weights, Gaps::LeaveOut)).unwrap();
    assert!(matches!(get(&left_out, "recall_macro"), Err(Reason::TooFew { need: 180, .. })));
    assert!(matches!(get(&left_out, "precision_macro"), Ok(found) if found.without == 0));
    assert!(get(&left_out, "accuracy").is_ok());
    assert_eq!(cells.confusion(&[1.0; 100]), ClassConfusion::of(&truth, &prediction, None));
}

#[test]
fn class_scores_of_another_set_of_classes_are_no_replicate() {
    let columns: [&[f64]; 3] = [&[0.8, 0.1, 0.3, 0.6], &[0.1, 0.8, 0.3, 0.2], &[0.1, 0.1, 0.4, 0.2]];
    let scores = ClassScores::of(&[0, 1, 2, 0], &columns, None).unwrap();
    assert_eq!(get(&scores.metrics(&[1.0; 4]).unwrap(), "roc_auc_ovr"), Ok(1.0));
    let without = scores.metrics(&[1.0, 1.0, 0.0, 1.0]).unwrap();
    assert_eq!(get(&without, "roc_auc_ovr"), Err(none("rows of every class")));
    assert!(get(&without, "log_loss").is_ok());
}

#[test]
fn intervals_hold_the_number_of_the_whole() {
    let rows = quantity_rows();
    let ready = QuantityRows::of(&ids(50), &rows.truth, &rows.prediction, None).unwrap();
    let found = ready.resampling(3).intervals(100, 0.95, |weights| ready.metrics(weights)).unwrap();
    for ((id, found), (_, whole)) in found.into_iter().zip(ready.metrics(ready.weights()).unwrap()) {
        let (interval, whole) = (found.unwrap().interval, whole.unwrap());
        // The largest error of a draw is at most that of the whole.
        let inside = interval.low < whole && (whole < interval.high || id == "max_error");
        assert!(inside, "{id}: {interval:?} {whole}");
    }
    let rows = binary(None);
    let found = rows.resampling(3).intervals(100, 0.95, |weights| rows.metrics(weights)).unwrap();
    for ((id, found), (_, whole)) in found.into_iter().zip(rows.metrics(rows.weights()).unwrap()) {
        let (interval, whole) = (found.unwrap().interval, whole.unwrap());
        assert!(interval.low < whole && whole < interval.high, "{id}: {interval:?} {whole}");
    }
}

#[test]
fn queries_are_drawn_whole() {
    let score: Vec<f64> = (0..60).map(|row| unit(1, row)).collect();
    let hits: Vec<bool> = (0..60).map(|row| row % 3 == 0 && row > 5).collect();
    let starts: Vec<usize> = (0..=20).map(|query| query * 3).collect();
    let each = per_query(60, &starts, |rows| average_precision_at(&hits[rows.clone()], &score[rows], 3)).unwrap();
    let mean = |weights: &[f64]| {
        let average = Average::of(each.iter().cloned().zip(weights.iter().copied()), Gaps::LeaveOut);
        Ok(vec![("average_precision", average.map(|average| average.value))])
    };
    let resampling = Resampling { ids: &ids(20), weights: None, seed: 1 };
    let interval = get(&resampling.intervals(100, 0.9, mean).unwrap(), "average_precision").unwrap().interval;
    let whole = get(&mean(&[1.0; 20]).unwrap(), "average_precision").unwrap();
    assert!(interval.low < whole && whole < interval.high, "{interval:?} {whole}");
}

#[test]
fn odd_arguments_are_refused_before_any_work() {
    let rows = binary(None);
    let never = |_: &[f64]| -> Result<Metrics, KernelError> { panic!("no metric should be asked") };
    for level in [0.0, 1.0, f64::NAN] {
        wrong("level", rows.resampling(1).intervals(40, level, never));
    }
    wrong("replicates", rows.resampling(1).intervals(0, 0.9, never));
    wrong("replicates", rows.resampling(1).intervals(100_001, 0.9, never));
    wrong("weights", Resampling { ids: &[1, 2], weights: Some(&[1.0]), seed: 1 }.intervals(40, 0.9, never));
    wrong("weights", rows.metrics(&[1.0]));
    wrong("weights", rows.confusion(&[1.0]));
    wrong("ids", BinaryRows::of(&[], &[true], None, None, None));
    wrong("prediction", BinaryRows::of(&[1], &[true], Some(&[]), None, None));
    wrong("score", BinaryRows::of(&[1], &[true], None, Some(&[]), None));
    wrong("ids", QuantityRows::of(&[], &[1.0], &[1.0], None));
    let other = vec![vec![("a", Ok(1.0))], vec![("b", Ok(1.0))]];
    wrong("replicates", intervals(&other, 0.5));
    assert_eq!(intervals(&[], 0.5).unwrap().len(), 0);
    // What a metric refuses, the bootstrap refuses.
    let refuses = |_: &[f64]| Err(argument("beta", 0, "more"));
    wrong("beta", rows.resampling(1).intervals(40, 0.9, refuses));
}

#[test]
fn too_few_replicates_have_no_interval() {
    let rows = binary(None);
    let of = |replicates| {
        get(&rows.resampling(1).intervals(replicates, 0.95, |weights| rows.metrics(weights)).unwrap(), "roc_auc")
    };
    let what = || "bootstrap replicates that have the number".to_owned();
    assert_eq!(of(39), Err(Reason::TooFew { what: what(), have: 39, need: 40 }));
    assert!(of(40).is_ok());
    // A single row is drawn in 63 replicates of 100: the others have no number.
    let single = BinaryRows::of(&[0], &[true], Some(&[true]), None, None).unwrap();
    let found = single.resampling(1).intervals(100, 0.9, |weights| single.metrics(weights)).unwrap();
    assert!(matches!(get(&found, "accuracy"), Err(Reason::TooFew { need: 90, .. })));
    // A weight that is none counts as 0.
    let resampling = Resampling { ids: &[0, 1], weights: Some(&[f64::NAN, 1.0]), seed: 1 };
    let first = |weights: &[f64]| Ok(vec![("first", Ok(weights[0])), ("second", Ok(weights[1]))]);
    let found = resampling.intervals(60, 0.9, first).unwrap();
    assert_eq!(get(&found, "first").unwrap().interval, Interval { low: 0.0, high: 0.0 });
    assert!(get(&found, "second").unwrap().interval.high >= 2.0);
}

proptest! {
    #[test]
    fn orders_and_shares_of_replicates_give_equal_bits(seed in any::<u64>(), count in 2u64..60, cut in 1u64..20) {
        let score: Vec<f64> = (0..count).map(|row| (mix(seed, row) % 12) as f64 / 11.0).collect();
        let truth: Vec<bool> = (0..count).map(|row| mix(seed ^ 1, row).is_multiple_of(3)).collect();
        let prediction: Vec<bool> = (0..count).map(|row| mix(seed ^ 2, row).is_multiple_of(2)).collect();
        let weights: Vec<f64> = (0..count).map(|row| (mix(seed ^ 3, row) % 7) as f64 / 10.0 + 0.1).collect();
        let number: Vec<f64> = (0..count).map(|row| unit(seed, row)).collect();
        let ids = ids(count as usize);
        let rows = BinaryRows::of(&ids, &truth, Some(&prediction), Some(&score), Some(&weights)).unwrap();
        let numbers = QuantityRows::of(&ids, &number, &score, Some(&weights)).unwrap();
        let all = rows.resampling(seed).replicates(0..20, |weights| rows.metrics(weights)).unwrap();
        let mut shared = rows.resampling(seed).replicates(0..cut, |weights| rows.metrics(weights)).unwrap();
        if cut < 20 {
            shared.extend(rows.resampling(seed).replicates(cut..20, |weights| rows.metrics(weights)).unwrap());
        }
        prop_assert_eq!(&shared, &all);
        let back = |column: &[f64]| column.iter().rev().copied().collect::<Vec<f64>>();
        let back_bits = |column: &[bool]| column.iter().rev().copied().collect::<Vec<bool>>();
        let back_ids: Vec<u64> = ids.iter().rev().copied().collect();
        let turned = BinaryRows::of(
            &back_ids, &back_bits(&truth), Some(&back_bits(&prediction)), Some(&back(&score)), Some(&back(&weights)),
        ).unwrap();
        prop_assert_eq!(turned.resampling(seed).replicates(0..20, |weights| turned.metrics(weights)).unwrap(), all);
        let turned = QuantityRows::of(&back_ids, &back(&number), &back(&score), Some(&back(&weights))).unwrap();
        prop_assert_eq!(
            turned.resampling(seed).replicates(0..20, |weights| turned.metrics(weights)).unwrap(),
            numbers.resampling(seed).replicates(0..20, |weights| numbers.metrics(weights)).unwrap()
        );
    }
}

const DRAWS: [f64; 12] = [2.0, 1.0, 0.0, 4.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0];
const AUC: [f64; 3] = [0.5115914786967419, 0.8008024691358024, 0.09238447747647001];
const AUC_WEIGHTED: [f64; 3] = [0.4086202763133456, 0.7653117585072102, 0.11610632659226017];
const ACCURACY: [f64; 3] = [0.48755256518082424, 0.7309954751131221, 0.07765684556897143];
const ACCURACY_WEIGHTED: [f64; 3] = [0.34600000000000003, 0.6839435774309723, 0.10082179213649452];
