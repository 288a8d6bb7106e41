use super::*;

/// The fifty rows of golden/quality.py.
pub(super) fn inputs() -> Inputs {
    let truth: Vec<f64> = (0..50).map(|row| 10.0 * unit(20, row) + 0.5).collect();
    let prediction: Vec<f64> = (0..50).map(|row| truth[row as usize] + 3.0 * unit(21, row) - 0.4).collect();
    Inputs { prediction: Some(numbers_column("p", &prediction)), ..Inputs::of(numbers_column("y", &truth)) }
}

pub(super) fn regression() -> Asked {
    Asked::of(Task::Regression)
}

#[test]
fn golden_values_of_scikit_learn() {
    let asked = Asked { quantile: Some(0.1), ..regression() };
    let found = quality(&inputs(), &asked).unwrap();
    check(&found, &GOLDEN);
    check(&quality(&Inputs { weights: Some(weights(50)), ..inputs() }, &asked).unwrap(), &GOLDEN_WEIGHTED);
    assert!(found.metrics.iter().all(|metric| !words::meaning(metric.id).is_empty()), "{:?}", found.metrics);
    assert!(found.headline().starts_with("On 50 rows, the mean absolute error is 1.2"), "{}", found.headline());
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let with = |asked: Asked| quality(&inputs(), &asked);
    refused(with(Asked { quantile: Some(1.5), ..regression() }), "`quantile` is 1.5: expected a number from 0 to 1");
    refused(
        with(Asked { threshold: Some(0.5), ..regression() }),
        "`threshold` is 0.5: expected none, unless the task is `binary`",
    );
    let text = Inputs { prediction: Some(texts("said", &["a"; 50])), ..inputs() };
    refused(
        quality(&text, &regression()),
        "`prediction` is `said`, a column of texts or flags: expected a column of numbers",
    );
    let score = Inputs { scores: vec![numbers_column("s", &[0.5; 50])], ..inputs() };
    refused(quality(&score, &regression()), "`score` is given: expected none, for the task is `regression`");
}

// scikit-learn 1.9.1, crates/kernels/golden/quality.py
const GOLDEN: [(&str, f64); 9] = [
    ("root_mean_squared_error", 1.4752790683585284),
    ("r2", 0.79065679711614),
    ("explained_variance", 0.9193097586401929),
    ("mean_absolute_percentage_error", 0.4685408974621309),
    ("max_error", 2.499631238193791),
    ("mean_gamma_deviance", 0.16591549395844118),
    ("median_absolute_error", 1.245452215937147),
    ("d2_absolute_error", 0.5780823831753672),
    ("mean_pinball_loss", 1.0630918291842555),
];
const GOLDEN_WEIGHTED: [(&str, f64); 4] = [
    ("mean_absolute_error", 1.2205344707757682),
    ("r2", 0.80653957399937),
    ("median_absolute_error", 1.260950942909794),
    ("mean_pinball_loss", 1.0764286240074354),
];
