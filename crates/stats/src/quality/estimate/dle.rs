//! Quantities, by a model of their errors.
use super::super::inputs::{kind, numbers};
use super::super::labels::Labels;
use super::super::rows::Kept;
use super::{Columns, EstimateAsked, Estimated, EstimatedMetric};
use crate::columns::notes_of_rounding;
use crate::error::wrong;
use crate::run::{Pieces, in_parallel};
use crate::{Cells, Column, Data, Run, StatsError};
use kernels::quality::{DleMetric, Feature, Loss, LossModel, RegressionSums, dle};
use kernels::{Computed, Reason};
use std::sync::{Mutex, PoisonError};

const LOSSES: [Loss; 4] = [Loss::Absolute, Loss::Squared, Loss::AbsolutePercentage, Loss::SquaredLog];

pub(super) fn estimate(
    reference: &Data,
    current: &Data,
    asked: &EstimateAsked,
    run: &Run<'_>,
) -> Result<Estimated, StatsError> {
    let names = feature_names(reference, current, asked);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let prediction = asked.prediction.as_deref();
    let learnt = Columns::read(reference, Some(&asked.truth), prediction, ("features", &names), run)?;
    let wanted = Columns::read(current, None, prediction, ("features", &names), run)?;
    let column = |name: &str, column: &Option<Column>| match column {
        Some(column) => numbers(name, column),
        None => Err(wrong(name, "missing", "a column of numbers")),
    };
    let (truth, known_prediction) = (column("truth", &learnt.truth)?, column("prediction", &learnt.prediction)?);
    let prediction = column("prediction", &wanted.prediction)?;
    let known = Kept::of(
        learnt.rows,
        None,
        &[("truth", &|row| truth[row].is_nan()), ("prediction", &|row| known_prediction[row].is_nan())],
    )?;
    let kept = Kept::of(wanted.rows, None, &[("prediction", &|row| prediction[row].is_nan())])?;
    let (truth, known_prediction) = (known.take(&truth), known.take(&known_prediction));
    let mut features = Features::default();
    features.both.push((Values::Numbers(known_prediction.clone()), Values::Numbers(kept.take(&prediction))));
    for (reference, current) in learnt.others.iter().zip(&wanted.others) {
        match pair(reference, current, &known, &kept)? {
            Ok(both) => {
                features.both.push(both);
                features.names.push(reference.name.clone());
            }
            Err(why) if asked.features.is_some() => {
                return Err(wrong(
                    "features",
                    format!("`{}`, {why}", reference.name),
                    "columns of numbers, flags or texts, alike in both tables",
                ));
            }
            Err(why) => features.notes.push(format!("Errors were not learnt from `{}`: {why}.", reference.name)),
        }
    }
    features.notes.extend(notes_of_rounding(learnt.all().chain(wanted.all())));
    let losses = expectations(&truth, &known_prediction, &features, run)?;
    let realised = RegressionSums::of(&truth, &known_prediction, None)?.metrics();
    let one = |metric: DleMetric| {
        let place = LOSSES.iter().position(|&loss| loss == metric.loss()).unwrap_or(0);
        let value = losses[place].clone().and_then(|(learnt, expected)| dle(metric, &expected, &learnt));
        let reference = realised.iter().find(|known| known.0 == metric.id()).map(|known| known.1.clone());
        let unknown = || Err(Reason::Empty("the reference".to_owned()));
        EstimatedMetric { id: metric.id(), value, reference: reference.unwrap_or_else(unknown) }
    };
    Ok(Estimated {
        asked: asked.clone(),
        metrics: DleMetric::ALL.into_iter().map(one).collect(),
        reference: known.counts,
        current: kept.counts,
        calibration: Vec::new(),
        features: features.names,
        notes: features.notes,
    })
}

/// The features that are asked for, or all columns that both tables have but truth and prediction, in the reference's order.
fn feature_names(reference: &Data, current: &Data, asked: &EstimateAsked) -> Vec<String> {
    let is_taken = |name: &String| *name == asked.truth || Some(name) == asked.prediction.as_ref();
    match &asked.features {
        Some(features) => features.iter().filter(|name| Some(*name) != asked.prediction.as_ref()).cloned().collect(),
        None => {
            let shared = |name: &String| current.schema().field_with_name(name).is_ok();
            reference
                .schema()
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .filter(|name| !is_taken(name) && shared(name))
                .collect()
        }
    }
}

/// A column as a loss model takes it.
enum Values {
    Numbers(Vec<f64>),
    Codes(Vec<u32>),
}

impl Values {
    fn feature(&self) -> Feature<'_> {
        match self {
            Self::Numbers(values) => Feature::Number(values),
            Self::Codes(codes) => Feature::Category(codes),
        }
    }
}

/// What errors are learnt from: the prediction first, then columns by their names.
#[derive(Default)]
struct Features {
    /// Of the reference, and of the current table.
    both: Vec<(Values, Values)>,
    names: Vec<String>,
    notes: Vec<String>,
}

/// The same column of both tables, or why it is no feature.
fn pair(
    reference: &Column,
    current: &Column,
    known: &Kept,
    kept: &Kept,
) -> Result<Result<(Values, Values), String>, StatsError> {
    let is_missing = matches!(current.cells, Cells::Nothing { .. });
    Ok(match (&reference.cells, &current.cells) {
        (Cells::Nothing { .. }, _) => Err("it is null in the reference".to_owned()),
        (Cells::Other { .. }, _) => Err(format!("a column of {}", kind(&reference.cells))),
        (Cells::Numbers { .. }, Cells::Numbers { .. }) | (Cells::Times { .. }, Cells::Times { .. }) => {
            Ok(quantities(reference, current, known, kept)?)
        }
        (Cells::Numbers { .. } | Cells::Times { .. }, _) if is_missing => {
            Ok(quantities(reference, current, known, kept)?)
        }
        (Cells::Categories { .. }, Cells::Categories { .. } | Cells::Nothing { .. }) => {
            let labels = Labels::of(&[("features", reference), ("features", current)])?;
            let column = |place: usize, kept: &Kept| {
                Values::Codes(labels.columns.get(place).map(|codes| kept.take(codes)).unwrap_or_default())
            };
            Ok((column(0, known), column(1, kept)))
        }
        (learnt, wanted) => Err(format!("{} in the reference and {} in the current table", kind(learnt), kind(wanted))),
    })
}

fn quantities(reference: &Column, current: &Column, known: &Kept, kept: &Kept) -> Result<(Values, Values), StatsError> {
    let column =
        |column: &Column, kept: &Kept| numbers("features", column).map(|values| Values::Numbers(kept.take(&values)));
    Ok((column(reference, known)?, column(current, kept)?))
}

/// The losses that the reference had, and those expected of the current rows.
type Losses = Computed<(Vec<f64>, Vec<f64>)>;

/// Learns each loss, as many at a time as there are threads.
fn expectations(
    truth: &[f64],
    prediction: &[f64],
    features: &Features,
    run: &Run<'_>,
) -> Result<Vec<Losses>, StatsError> {
    let found: Vec<Mutex<Option<Losses>>> = LOSSES.iter().map(|_| Mutex::new(None)).collect();
    let trees = Pieces::new(LOSSES.len() as u64 * LossModel::TREES, "trees of the second model");
    in_parallel(run.threads, LOSSES.len(), |at| {
        if let (Some(&loss), Some(into)) = (LOSSES.get(at), found.get(at)) {
            let losses = expectation(loss, truth, prediction, features, || trees.each(run, || Ok(())))?;
            *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(losses);
        }
        Ok(())
    })?;
    Ok(found.into_iter().filter_map(|losses| losses.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
}

fn expectation(
    loss: Loss,
    truth: &[f64],
    prediction: &[f64],
    features: &Features,
    mut each_tree: impl FnMut() -> Result<(), StatsError>,
) -> Result<Losses, StatsError> {
    let losses = match loss.of(truth, prediction)? {
        Ok(losses) => losses,
        Err(reason) => return Ok(Err(reason)),
    };
    let learnt: Vec<Feature<'_>> = features.both.iter().map(|both| both.0.feature()).collect();
    let wanted: Vec<Feature<'_>> = features.both.iter().map(|both| both.1.feature()).collect();
    let mut stopped = None;
    let goes_on = || match each_tree() {
        Ok(()) => true,
        Err(error) => {
            stopped = Some(error);
            false
        }
    };
    let model = LossModel::fit(&learnt, &losses, goes_on)?;
    match (stopped, model) {
        (Some(error), _) => Err(error),
        (None, Ok(model)) => Ok(Ok((losses, model.expect(&wanted)?))),
        (None, Err(reason)) => Ok(Err(reason)),
    }
}
