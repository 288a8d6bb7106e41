//! How good predictions are, and how good they may be while nobody knows.
use super::arguments::{EstimateArgs, MethodName, QualityArgs, TaskName};
use super::input::{bins, columns, scores, table};
use super::{failed, show, with_progress};
use crate::failure::{Exit, Failure, Result};
use stats::StatsError;
use stats::quality::{Asked, Costs, EstimateAsked, Interval, Method, Names, Task, estimate, quality_on, read_inputs};

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
    let asked = Asked {
        metrics: (!args.metrics.is_empty()).then(|| args.metrics.clone()),
        interval,
        costs: costs(&args.costs, &task)?,
        threshold: args.threshold,
        quantile: args.quantile,
        k: args.k,
        slice_bins: bins("slice-bins", &args.slice_bins)?,
        ..Asked::of(task)
    };
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

/// Reads `false_positive=1`, or of classes `cat:dog=1`; of outcomes, which hold no comma, several in one.
fn costs(named: &[String], task: &Task) -> Result<Option<Costs>> {
    if named.is_empty() {
        return Ok(None);
    }
    let is_pair = matches!(task, Task::Multiclass);
    let each = named.iter().flat_map(|text| if is_pair { vec![text.as_str()] } else { text.split(',').collect() });
    let read = |text: &str| {
        let (names, cost) = text.rsplit_once('=')?;
        let (names, cost) = (names.trim(), cost.trim().parse().ok()?);
        let pair = names.split_once(':').filter(|_| is_pair).map(|(truth, prediction)| vec![truth, prediction]);
        Some((pair.unwrap_or_else(|| vec![names]).into_iter().map(str::to_owned).collect(), cost))
    };
    let mut found = Vec::new();
    for text in each {
        found.push(read(text).ok_or_else(|| {
            let detail = format!("`--costs` is `{text}`: expected what happens, and what it costs");
            Failure::new(Exit::Usage, detail, "write it as `false_positive=1`, or of classes as `cat:dog=1`")
        })?);
    }
    Costs::of_names(task, &found).map(Some).map_err(failed)
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

#[cfg(test)]
mod tests {
    use super::*;
    use stats::quality::ClassCost;

    #[test]
    fn costs_are_of_outcomes_or_of_pairs_of_classes() {
        let read = |text: &[&str], task: Task| {
            costs(&text.iter().map(|&text| text.to_owned()).collect::<Vec<_>>(), &task)
                .map_err(|failure| failure.detail)
        };
        let binary = || Task::Binary { positive: None };
        let Ok(Some(Costs::Binary(found))) = read(&["false_positive=1,false_negative=5", "true_positive=-2"], binary())
        else {
            panic!("these are costs of outcomes")
        };
        let four = [found.true_positive, found.false_positive, found.false_negative, found.true_negative];
        assert_eq!(four, [-2.0, 1.0, 5.0, 0.0]);
        let pair = ClassCost { truth: "a=b,c".to_owned(), prediction: "d:e".to_owned(), cost: 0.5 };
        assert_eq!(read(&["a=b,c:d:e=0.5"], Task::Multiclass), Ok(Some(Costs::Classes(vec![pair]))));
        assert_eq!(read(&[], binary()), Ok(None));
        for (bad, task, said) in [
            ("false_positive", binary(), "`--costs` is `false_positive`: expected what happens, and what it costs"),
            ("fp=x", binary(), "`--costs` is `fp=x`: expected what happens, and what it costs"),
            (
                "false_positives=1",
                binary(),
                "`--costs` is of `false_positives`: expected an outcome: did you mean `false_positive`?",
            ),
            ("a=1", Task::Multiclass, "`--costs` is of `a`: expected pairs of truth and prediction"),
            ("a=1", Task::Regression, "`--costs` is given: expected none, for the task is `regression`"),
        ] {
            assert_eq!(read(&[bad], task), Err(said.to_owned()));
        }
    }
}
