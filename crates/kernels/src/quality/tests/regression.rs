use super::super::quantity::weighted_median;
use super::super::tests::testdata::{check, near, quantity_rows, unit, wrong};
use super::super::*;
use proptest::prelude::*;

fn metrics(truth: &[f64], prediction: &[f64], weights: Option<&[f64]>) -> Metrics {
    let ids: Vec<u64> = (0..truth.len() as u64).collect();
    let rows = QuantityRows::of(&ids, truth, prediction, weights).unwrap();
    let all = rows.metrics(rows.weights()).unwrap();
    // The sums say the same.
    for ((id, sum), (_, row)) in RegressionSums::of(truth, prediction, weights).unwrap().metrics().into_iter().zip(&all)
    {
        let same = sum
            .as_ref()
            .ok()
            .zip(row.as_ref().ok())
            .map_or(sum == *row, |(&a, &b)| (a - b).abs() <= 1e-9 * (1.0 + a.abs()));
        assert!(same, "{id}: {sum:?} {row:?}");
    }
    all
}

fn get(metrics: &Metrics, id: &str) -> Computed {
    metrics.iter().find(|known| known.0 == id).unwrap().1.clone()
}

#[test]
fn golden_values_of_scikit_learn() {
    let rows = quantity_rows();
    let (truth, prediction, weight) = (&rows.truth, &rows.prediction, Some(rows.weight.as_slice()));
    // scikit-learn 1.9.1 (sMAPE: numpy), golden/quality.py
    check(&metrics(truth, prediction, None), &GOLDEN);
    check(&metrics(truth, prediction, weight), &GOLDEN_WEIGHTED);
    for (weight, golden) in [(None, PINBALL), (weight, PINBALL_WEIGHTED)] {
        for (alpha, expected) in [0.0, 0.1, 0.5, 0.9].into_iter().zip(golden) {
            assert!(near(mean_pinball_loss(truth, prediction, alpha, weight).unwrap().unwrap(), expected), "{alpha}");
            let ready = QuantityRows::of(&(0..50).collect::<Vec<u64>>(), truth, prediction, weight).unwrap();
            let found = ready.mean_pinball_loss(ready.weights(), alpha).unwrap().unwrap();
            assert!(near(found, expected), "{alpha}: {found} {expected}");
        }
    }
}

#[track_caller]
fn reasons(truth: &[f64], prediction: &[f64], expected: &[&str]) {
    let metrics = metrics(truth, prediction, None);
    let found: Vec<&str> = metrics.iter().filter(|(_, value)| value.is_err()).map(|(id, _)| *id).collect();
    assert_eq!(found, expected, "{metrics:?}");
    assert!(metrics.iter().all(|(_, value)| value.as_ref().is_ok_and(|value| value.is_finite()) || value.is_err()));
}

#[test]
fn odd_rows_have_an_answer() {
    let all = GOLDEN.map(|metric| metric.0);
    let vary = ["r2", "explained_variance", "d2_absolute_error"];
    reasons(&[], &[], &all);
    reasons(&[f64::NAN, 1.0], &[1.0, f64::NAN], &all);
    reasons(&[f64::INFINITY, 1.0], &[1.0, 1.0], &all);
    reasons(&[1.0, 1.0], &[1.0, f64::NEG_INFINITY], &all);
    reasons(&[2.0], &[3.0], &vary);
    reasons(&[0.1; 7], &[0.1; 7], &vary);
    let (logs, poisson, gamma) =
        (["mean_squared_log_error", "root_mean_squared_log_error"], "mean_poisson_deviance", "mean_gamma_deviance");
    reasons(&[1.0, -2.0], &[1.0, 0.5], &[&logs[..], &[poisson, gamma]].concat());
    reasons(&[0.0, 1.0], &[0.1, 1.0], &[gamma]);
    reasons(&[0.0, 1.0], &[0.0, 1.0], &[poisson, gamma]);
    let constant_truth = RegressionSums::of(&[0.1; 7], &[0.3; 7], None).unwrap();
    assert_eq!(constant_truth.r2(), Err(constant("truth")));
    let single = RegressionSums::of(&[2.0], &[3.0], None).unwrap();
    assert_eq!(single.r2(), Err(Reason::TooFew { what: "rows".to_owned(), have: 1, need: 2 }));
    // At a truth of 0 the percentage is huge, not infinite: scikit-learn 1.9.1 says 4503599627370496.
    assert_eq!(get(&metrics(&[0.0], &[1.0], None), "mean_absolute_percentage_error"), Ok(4503599627370496.0));
    assert_eq!(get(&metrics(&[0.0], &[0.0], None), "symmetric_mean_absolute_percentage_error"), Ok(0.0));
    let huge = RegressionSums::of(&[1e300, -1e300], &[-1e300, 1e300], None).unwrap();
    assert!(huge.mean_squared_error().is_err() && huge.r2().is_err() && huge.mean_absolute_error().is_ok());
}

#[test]
fn odd_arguments_and_weights_have_an_answer() {
    wrong("prediction", RegressionSums::of(&[1.0], &[], None));
    wrong("alpha", mean_pinball_loss(&[1.0], &[1.0], 1.5, None));
    wrong("prediction", mean_pinball_loss(&[1.0], &[], 0.5, None));
    let ready = |truth: f64| QuantityRows::of(&[0], &[truth], &[2.0], None).unwrap();
    wrong("alpha", ready(1.0).mean_pinball_loss(&[1.0], f64::NAN));
    wrong("weights", ready(1.0).mean_pinball_loss(&[], 0.5));
    assert_eq!(ready(1.0).mean_pinball_loss(&[0.0], 0.5), Ok(Err(empty())));
    assert!(matches!(ready(f64::INFINITY).mean_pinball_loss(&[], 0.5), Ok(Err(Reason::Undefined(_)))));
    let weights = [f64::NAN, -1.0, f64::INFINITY, 0.0, 1.0];
    let sums = RegressionSums::of(&[1.0; 5], &[9.0, 9.0, 9.0, 9.0, 2.0], Some(&weights)).unwrap();
    assert_eq!((sums.mean_absolute_error(), sums.max_error(), sums.left_out()), (Ok(1.0), Ok(1.0), 3));
    let all = metrics(&[1.0; 5], &[9.0, 9.0, 9.0, 9.0, 2.0], Some(&weights));
    assert_eq!(get(&all, "median_absolute_error"), Ok(1.0));
    // A row of weight 0 is not there, whatever it holds.
    let absent = metrics(&[1.0, f64::INFINITY, -5.0], &[2.0, f64::NAN, -5.0], Some(&[1.0, 0.0, 0.0]));
    assert_eq!((get(&absent, "mean_absolute_error"), get(&absent, "mean_gamma_deviance").is_ok()), (Ok(1.0), true));
    assert_eq!(mean_pinball_loss(&[1.0, f64::NAN], &[2.0, 1.0], 0.25, None), Ok(Ok(0.75)));
    assert_eq!(
        mean_pinball_loss(&[f64::INFINITY], &[2.0], 0.25, None),
        Ok(Err(Reason::Undefined("infinite truths or predictions: 1".to_owned())))
    );
    assert_eq!(mean_pinball_loss(&[], &[], 0.25, None), Ok(Err(empty())));
}

#[test]
fn half_the_weight_is_half_to_rounding() {
    let median = |weight: f64| {
        let rows: Vec<(f64, f64)> = (1..=6).map(|value| (f64::from(value), weight)).collect();
        weighted_median(rows.iter().copied(), rows.iter().map(|row| row.1).sum())
    };
    // Three tenths are 0.30000000000000004: scikit-learn 1.9.1 says 3.5 for either.
    assert_eq!((median(1.0), median(0.1)), (Ok(3.5), Ok(3.5)));
    assert_eq!(weighted_median([(1.0, 1.0), (2.0, 0.0), (4.0, 1.0)].into_iter(), 2.0), Ok(2.5));
    assert_eq!(weighted_median([(1.0, 1.0)].into_iter(), 1.0), Ok(1.0));
    assert_eq!(weighted_median(std::iter::empty(), 0.0), Err(empty()));
}

proptest! {
    #[test]
    fn splits_orders_and_repeats_say_the_same(rows in prop::collection::vec((0f64..9.0, 0f64..9.0, 0u8..4), 2..50), cut in 0usize..50) {
        let truth: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let prediction: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let cut = cut.min(rows.len());
        let whole = RegressionSums::of(&truth, &prediction, Some(&weights)).unwrap();
        let mut merged = RegressionSums::of(&truth[cut..], &prediction[cut..], Some(&weights[cut..])).unwrap();
        merged.merge(&RegressionSums::of(&truth[..cut], &prediction[..cut], Some(&weights[..cut])).unwrap());
        let order: Vec<usize> = (0..rows.len()).flat_map(|row| std::iter::repeat_n(row, usize::from(rows[row].2))).collect();
        let repeated_truth: Vec<f64> = order.iter().map(|&row| truth[row]).collect();
        let repeated_prediction: Vec<f64> = order.iter().map(|&row| prediction[row]).collect();
        for ((id, a), (_, b)) in whole.metrics().into_iter().zip(merged.metrics()) {
            prop_assert!(a == b || (a.clone().unwrap() - b.clone().unwrap()).abs() < 1e-9 * (1.0 + a.clone().unwrap().abs()), "{} {:?} {:?}", id, a, b);
        }
        let repeated = metrics(&repeated_truth, &repeated_prediction, None);
        for ((id, a), (_, b)) in metrics(&truth, &prediction, Some(&weights)).into_iter().zip(repeated) {
            // One row of weight 2 is one row to the rule of two rows.
            if matches!(a, Err(Reason::TooFew { .. })) && id != "mean_absolute_error" {
                continue;
            }
            prop_assert!(a == b || (a.clone().unwrap() - b.clone().unwrap()).abs() < 1e-9 * (1.0 + a.clone().unwrap().abs()), "{} {:?} {:?}", id, a, b);
        }
    }

    #[test]
    fn errors_scale_with_the_unit(truth in prop::collection::vec(0f64..9.0, 3..30), seed in 0u64..99) {
        let prediction: Vec<f64> = (0..truth.len()).map(|row| unit(seed, row as u64) * 9.0).collect();
        let times = |column: &[f64]| column.iter().map(|value| value * 8.0).collect::<Vec<f64>>();
        let (one, eight) = (
            RegressionSums::of(&truth, &prediction, None).unwrap(),
            RegressionSums::of(&times(&truth), &times(&prediction), None).unwrap(),
        );
        prop_assert_eq!(one.mean_absolute_error().unwrap() * 8.0, eight.mean_absolute_error().unwrap());
        prop_assert_eq!(one.mean_squared_error().unwrap() * 64.0, eight.mean_squared_error().unwrap());
        prop_assert_eq!(one.r2(), eight.r2());
    }
}

const GOLDEN: [(&str, f64); 14] = [
    ("mean_absolute_error", 1.2009644739462162),
    ("mean_squared_error", 2.1764483295368073),
    ("root_mean_squared_error", 1.4752790683585284),
    ("r2", 0.79065679711614),
    ("explained_variance", 0.9193097586401929),
    ("mean_absolute_percentage_error", 0.4685408974621309),
    ("symmetric_mean_absolute_percentage_error", 0.29313270698299915),
    ("max_error", 2.499631238193791),
    ("mean_squared_log_error", 0.10023582753978805),
    ("root_mean_squared_log_error", 0.316600422519914),
    ("mean_poisson_deviance", 0.4922422059605921),
    ("mean_gamma_deviance", 0.16591549395844118),
    ("median_absolute_error", 1.245452215937147),
    ("d2_absolute_error", 0.5780823831753672),
];
const GOLDEN_WEIGHTED: [(&str, f64); 14] = [
    ("mean_absolute_error", 1.2205344707757682),
    ("mean_squared_error", 2.229704501854933),
    ("root_mean_squared_error", 1.4932195089319362),
    ("r2", 0.80653957399937),
    ("explained_variance", 0.9243808520321777),
    ("mean_absolute_percentage_error", 0.5655673879102131),
    ("symmetric_mean_absolute_percentage_error", 0.3264299660382298),
    ("max_error", 2.499631238193791),
    ("mean_squared_log_error", 0.12229233386278988),
    ("root_mean_squared_log_error", 0.3497032082534987),
    ("mean_poisson_deviance", 0.5539142871716842),
    ("mean_gamma_deviance", 0.20954240166298949),
    ("median_absolute_error", 1.260950942909794),
    ("d2_absolute_error", 0.6039236716208172),
];
const PINBALL: [f64; 4] = [1.1787442272370423, 1.0630918291842555, 0.6004822369731081, 0.1378726447619607];
const PINBALL_WEIGHTED: [f64; 4] = [1.1929689711623233, 1.0764286240074354, 0.6102672353878841, 0.1441058467683328];
