//! How good predictions are, and how good they may be while nobody knows.
use super::arguments::{EstimateArgs, MethodName, QualityArgs, TaskName};
use super::input::{columns, scores, table};
use super::{failed, show, with_progress};
use crate::failure::{Failure, Result};
use stats::StatsError;
use stats::quality::{Asked, EstimateAsked, Interval, Method, Names, Task, estimate, quality_on, read_inputs};

/// Measures predictions against the truth.
pub fn measured(args: &QualityArgs) -> Result<(String, Option<Failure>)> {
    let data = table(&args.file)?;
    let name = match args.task {
        TaskName::Binary => "binary",
        TaskName::Multiclass => "multiclass",
        TaskName::Regression => "regression",
        TaskName::Ranking => "ranking",
    };
    let interval = args.interval.map(|confidence| Interval { confidence, seed: args.seed, ..Interval::default() });
    let task = Task::of_name(name, args.positive.clone()).map_err(failed)?;
    let asked = Asked { interval, threshold: args.threshold, ..Asked::of(task) };
    let names = Names {
        truth: args.truth.clone(),
        prediction: args.prediction.clone(),
        scores: scores(&data, &args.score),
        query: args.query.clone(),
        weights: args.weights.clone(),
        slices: columns(&[&data], &args.slices),
    };
    let found = with_progress(args.shown.threads, |run| {
        let inputs = read_inputs(&data, &names, run)?;
        quality_on(&inputs, &asked, run)
    });
    let found = found.map_err(|error| failed(by_option(error)))?;
    Ok(show(&found, &format!("Quality: {}", args.file.display()), &args.shown))
}

/// What is called `confidence` there is `--interval` here.
fn by_option(error: StatsError) -> StatsError {
    match error {
        StatsError::Argument { name, found, expected } if name == "confidence" => {
            StatsError::Argument { name: "interval".to_owned(), found, expected }
        }
        other => other,
    }
}

/// Estimates the quality of predictions whose truth is not known.
pub fn estimated(args: &EstimateArgs) -> Result<(String, Option<Failure>)> {
    let (reference, current) = (table(&args.reference)?, table(&args.current)?);
    let method = match args.method {
        MethodName::Cbpe => Method::Cbpe,
        MethodName::Dle => Method::Dle,
    };
    let features = columns(&[&reference, &current], &args.features);
    let asked = EstimateAsked {
        prediction: args.prediction.clone(),
        scores: scores(&reference, &args.score),
        positive: args.positive.clone(),
        features: (!features.is_empty()).then_some(features),
        seed: args.seed,
        ..EstimateAsked::of(method, &args.truth)
    };
    let found = with_progress(args.shown.threads, |run| estimate(&reference, &current, &asked, run));
    let title = format!("Estimated quality: {}", args.current.display());
    Ok(show(&found.map_err(failed)?, &title, &args.shown))
}
