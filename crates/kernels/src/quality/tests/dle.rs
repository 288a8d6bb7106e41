use super::super::tests::testdata::{near, unit, wrong};
use super::super::*;

/// The rows of golden/quality.py: two features, the truth, the prediction.
fn table(first: u64, count: u64, shift: f64) -> [Vec<f64>; 4] {
    let rows = first..first + count;
    let a: Vec<f64> =
        rows.clone().map(|row| if shift == 1.0 { unit(50, row) } else { unit(50, row).powf(shift) }).collect();
    let b: Vec<f64> = rows.clone().map(|row| unit(51, row)).collect();
    let truth: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 5.0 + 3.0 * a + b).collect();
    let noise = rows.zip(&a).map(|(row, a)| (unit(52, row) - 0.5) * (0.2 + 4.0 * a));
    let prediction = noise.zip(&truth).map(|(noise, truth)| truth + noise).collect();
    [a, b, truth, prediction]
}

fn estimate(metric: DleMetric, reference: &[Vec<f64>; 4], current: &[Vec<f64>; 4]) -> Estimate {
    let losses = metric.loss().of(&reference[2], &reference[3]).unwrap().unwrap();
    let features = |[a, b, _, prediction]: &'_ [Vec<f64>; 4]| [a.clone(), b.clone(), prediction.clone()];
    let (learnt, asked) = (features(reference), features(current));
    let learnt = learnt.each_ref().map(|column| Feature::Number(column));
    let asked = asked.each_ref().map(|column| Feature::Number(column));
    let model = LossModel::fit(&learnt, &losses, || true).unwrap().unwrap();
    dle(metric, &model.expect(&asked).unwrap(), &losses).unwrap()
}

#[test]
fn golden_values_of_nannyml() {
    let (reference, current) = (table(0, 3_000, 1.0), table(5_000, 1_000, 0.5));
    for (place, metric) in DleMetric::ALL.into_iter().enumerate() {
        let found = estimate(metric, &reference, &current);
        // nannyml 0.13.1, golden/quality.py: sampling errors to twelve digits; estimates are of other trees, so
        // both are held to the realised value and to each other.
        assert!(near(found.sampling_error, SAMPLING[place].1), "{metric:?}: {found:?} {}", SAMPLING[place].1);
        let (theirs, realised) = (NANNYML[place].1, REALISED[place].1);
        assert!((found.value / theirs - 1.0).abs() < 0.02, "{metric:?}: {found:?} {theirs}");
        assert!((found.value / realised - 1.0).abs() < 0.03, "{metric:?}: {found:?} {realised}");
        // The error grew by more than its band: an estimate that saw nothing would be the reference's mean.
        let before = estimate(metric, &reference, &reference).value;
        assert!(before < found.low, "{metric:?}: {before} {found:?}");
    }
}

#[test]
fn on_its_own_rows_the_estimate_is_the_metric() {
    let reference = table(0, 3_000, 1.0);
    let sums = super::super::RegressionSums::of(&reference[2], &reference[3], None).unwrap();
    for metric in DleMetric::ALL {
        // By its id the realised number is found.
        let realised = sums.metrics().into_iter().find(|known| known.0 == metric.id()).unwrap().1.unwrap();
        let found = estimate(metric, &reference, &reference).value;
        // An expectation below 0 is taken as 0, so the mean may be a hair above.
        assert!((found / realised - 1.0).abs() < 1e-3, "{metric:?}: {found} {realised}");
    }
}

#[test]
fn odd_losses_have_an_answer() {
    let missing = Loss::Absolute.of(&[1.0, f64::NAN], &[2.0, 1.0]).unwrap().unwrap();
    assert!(missing[0] == 1.0 && missing[1].is_nan());
    // Rows are counted: no number of a row is in a reason.
    let said = |loss: Loss, truth: &[f64], other: &[f64]| loss.of(truth, other).unwrap().unwrap_err().to_string();
    assert_eq!(said(Loss::Squared, &[f64::INFINITY, 7.5], &[1.0, 7.5]), "rows whose loss is infinite: 1");
    assert_eq!(said(Loss::Absolute, &[f64::INFINITY], &[f64::INFINITY]), "rows whose loss is infinite: 1");
    let logarithms = said(Loss::SquaredLog, &[-1.0, -2.5, f64::NAN, 1.0], &[1.0; 4]);
    assert_eq!(logarithms, "rows with a truth or a prediction that is infinite or not above −1: 2");
    wrong("prediction", Loss::Absolute.of(&[1.0], &[]));
    assert_eq!(Loss::AbsolutePercentage.of(&[0.0], &[1.0]), Ok(Ok(vec![1.0 / f64::EPSILON])));
}

#[test]
fn odd_estimates_have_an_answer() {
    assert_eq!(dle(DleMetric::Mae, &[], &[1.0]), Err(empty()));
    assert_eq!(dle(DleMetric::Mae, &[f64::NAN], &[1.0]), Err(empty()));
    assert_eq!(dle(DleMetric::Mae, &[1.0], &[]), Err(Reason::Empty("the reference".to_owned())));
    assert!(dle(DleMetric::Mae, &[f64::INFINITY], &[1.0]).is_err());
    assert!(matches!(dle(DleMetric::Rmse, &[1.0], &[0.0, 0.0]), Err(Reason::Constant(_))));
    let single = dle(DleMetric::Mae, &[2.0, -1.0, f64::NAN], &[3.0]).unwrap();
    assert_eq!(single, Estimate { value: 1.0, low: 1.0, high: 1.0, sampling_error: 0.0 });
    let wide = dle(DleMetric::Mse, &[0.1], &[0.0, 2.0]).unwrap();
    assert_eq!((wide.low, wide.sampling_error), (0.0, 1.0));
}

const SAMPLING: [(&str, f64); 6] = [
    ("mae", 0.014787596082376996),
    ("mse", 0.024132143673069092),
    ("rmse", 0.016757378293642135),
    ("mape", 0.0018390101852119593),
    ("msle", 0.00031080817430416765),
    ("rmsle", 0.0018475131187070633),
];
const NANNYML: [(&str, f64); 6] = [
    ("mae", 0.7393742887987483),
    ("mse", 0.8038136266452028),
    ("rmse", 0.8965565384543257),
    ("mape", 0.09547749325481153),
    ("msle", 0.010279397172988858),
    ("rmsle", 0.10138736199837166),
];
const REALISED: [(&str, f64); 6] = [
    ("mae", 0.7392830690765108),
    ("mse", 0.803007531274617),
    ("rmse", 0.8961068749176166),
    ("mape", 0.09592935146274473),
    ("msle", 0.010306736797436645),
    ("rmsle", 0.10152210004445655),
];
