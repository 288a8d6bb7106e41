//! Classifiers, by their scores.
use super::super::Costs;
use super::super::classes::{Classes, PairCosts, highest};
use super::super::inputs::numbers;
use super::super::labels::Labels;
use super::super::rows::Kept;
use super::{Columns, EstimateAsked, Estimated, EstimatedMetric};
use crate::columns::notes_of_rounding;
use crate::error::wrong;
use crate::{Column, Data, Run, StatsError};
use kernels::bias::MISSING;
use kernels::quality::{
    BinaryRows, Cbpe, CbpeCalibration, ClassCbpe, ClassConfusion, ClassScores, Confusion, Estimate, Estimates, Metrics,
};
use kernels::{Computed, KernelError, Reason};

/// The columns of the reference and of the current table.
fn read(reference: &Data, current: &Data, asked: &EstimateAsked, run: &Run<'_>) -> Result<[Columns; 2], StatsError> {
    let scores: Vec<&str> = asked.scores.iter().map(|score| score.column.as_str()).collect();
    let prediction = asked.prediction.as_deref();
    let mut both = [
        Columns::read(reference, Some(&asked.truth), prediction, ("score", &scores), run)?,
        Columns::read(current, None, prediction, ("score", &scores), run)?,
    ];
    for columns in &mut both {
        for (column, score) in columns.others.iter_mut().zip(&asked.scores) {
            column.name = score.class.clone().unwrap_or_else(|| column.name.clone());
        }
    }
    Ok(both)
}

/// Truth and predictions of the reference, and predictions of the current table.
fn labelled(both: &[Columns; 2]) -> Vec<(&'static str, &Column)> {
    let [reference, current] = both;
    let truth = reference.truth.as_ref().map(|column| ("truth", column));
    let predictions =
        [reference, current].map(|columns| columns.prediction.as_ref().map(|column| ("prediction", column)));
    truth.into_iter().chain(predictions.into_iter().flatten()).collect()
}

/// Rows that lack neither truth nor prediction, where there are such columns.
fn keep(rows: u64, truth: Option<&Vec<u32>>, prediction: Option<&Vec<u32>>) -> Result<Kept, StatsError> {
    let lacks = |column: Option<&Vec<u32>>, row: usize| column.is_some_and(|column| column[row] == MISSING);
    Kept::of(rows, None, &[("truth", &|row| lacks(truth, row)), ("prediction", &|row| lacks(prediction, row))])
}

pub(super) fn estimate_binary(
    reference: &Data,
    current: &Data,
    asked: &EstimateAsked,
    run: &Run<'_>,
) -> Result<Estimated, StatsError> {
    let both = read(reference, current, asked, run)?;
    let mut labels = Labels::of(&labelled(&both))?;
    let positive = labels.positive(asked.positive.as_deref())?;
    let columns = &labels.columns;
    let mut known = keep(both[0].rows, columns.first(), columns.get(1))?;
    let mut wanted = keep(both[1].rows, None, columns.get(2))?;
    let score = |columns: &Columns, kept: &mut Kept| -> Result<Vec<f64>, StatsError> {
        let column = columns.others.first().ok_or_else(|| wrong("score", "missing", "a column"))?;
        let score = kept.take(&numbers("score", column)?);
        kept.counts.without_score = score.iter().filter(|score| !score.is_finite()).count() as u64;
        Ok(score)
    };
    let (known_score, score) = (score(&both[0], &mut known)?, score(&both[1], &mut wanted)?);
    let flags =
        |kept: &Kept, column: &Vec<u32>| kept.take(column).iter().map(|&code| code == positive).collect::<Vec<bool>>();
    let truth = columns.first().map(|column| flags(&known, column)).unwrap_or_default();
    let known_prediction = columns.get(1).map(|column| flags(&known, column));
    let prediction = columns.get(2).map(|column| flags(&wanted, column));
    let realised = BinaryRows::of(&known.places, &truth, known_prediction.as_deref(), Some(&known_score), None)?;
    let mut realised_metrics = realised.metrics(realised.weights())?;
    let mut found = Vec::new();
    let mut calibration = Vec::new();
    let name = labels.names().get(positive as usize).cloned().unwrap_or_default();
    match Cbpe::fit(&truth, known_prediction.as_deref(), &known_score, asked.seed)? {
        Err(reason) => found = vec![("roc_auc", Err(of_reference(&reason)))],
        Ok(cbpe) => {
            calibration.push((name, as_given(cbpe.calibration())));
            found.extend(estimates(cbpe.estimate(prediction.as_deref(), &score)?, "roc_auc"));
            if let (Some(Costs::Binary(costs)), Some(prediction)) = (&asked.costs, &prediction) {
                found.push(("cost", cbpe.estimate_cost(costs, prediction, &score)?));
                let confusion = Confusion::of(&truth, known_prediction.as_deref().unwrap_or_default(), None)?;
                realised_metrics.push(("cost", costs.cost(&confusion)?));
            }
        }
    }
    let notes = notes_of_rounding(both.iter().flat_map(|columns| &columns.others));
    Ok(report(asked, found, &realised_metrics, [known, wanted], (calibration, notes)))
}

pub(super) fn estimate_classes(
    reference: &Data,
    current: &Data,
    asked: &EstimateAsked,
    run: &Run<'_>,
) -> Result<Estimated, StatsError> {
    let both = read(reference, current, asked, run)?;
    let classes = Classes::of(&labelled(&both), &both[0].others, asked.costs.as_ref())?;
    let current_scores: Vec<Vec<f64>> =
        classes.sources.iter().map(|&source| numbers("score", &both[1].others[source])).collect::<Result<_, _>>()?;
    let predictions = match classes.columns.as_slice() {
        [_, reference, current, ..] => [reference.clone(), current.clone()],
        _ => [highest(&classes.scores), highest(&current_scores)],
    };
    let mut known = keep(both[0].rows, classes.columns.first(), Some(&predictions[0]))?;
    let mut wanted = keep(both[1].rows, None, Some(&predictions[1]))?;
    let take = |kept: &mut Kept, scores: &[Vec<f64>]| {
        let scores: Vec<Vec<f64>> = scores.iter().map(|column| kept.take(column)).collect();
        let lacks = |&row: &usize| scores.iter().any(|column| !column[row].is_finite());
        kept.counts.without_score = (0..kept.places.len()).filter(lacks).count() as u64;
        scores
    };
    let (known_scores, scores) = (take(&mut known, &classes.scores), take(&mut wanted, &current_scores));
    let known_scores: Vec<&[f64]> = known_scores.iter().map(Vec::as_slice).collect();
    let scores: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
    let truth = classes.columns.first().map(|column| known.take(column)).unwrap_or_default();
    let (known_prediction, prediction) = (known.take(&predictions[0]), wanted.take(&predictions[1]));
    let confusion = ClassConfusion::of(&truth, &known_prediction, None)?;
    let mut realised = confusion.metrics(asked.gaps);
    let of_scores = ClassScores::of(&truth, &known_scores, None)?;
    realised.extend(of_scores.metrics(of_scores.weights())?);
    let mut found = Vec::new();
    let mut calibration = Vec::new();
    match ClassCbpe::fit(&truth, &known_prediction, &known_scores, asked.seed)? {
        Err(reason) => found = vec![("accuracy", Err(of_reference(&reason)))],
        Ok(cbpe) => {
            calibration = classes.names.iter().cloned().zip(cbpe.calibrations().map(as_given)).collect();
            found.extend(estimates(cbpe.estimate(&prediction, &scores, asked.gaps)?, "accuracy"));
            if let Some(costs) = &classes.costs {
                found.push(("cost", class_cost(&cbpe, costs, &prediction, &scores)?));
                realised.push(("cost", costs.of(&confusion)?));
            }
        }
    }
    let notes = notes_of_rounding(both.iter().flat_map(|columns| &columns.others));
    Ok(report(asked, found, &realised, [known, wanted], (calibration, notes)))
}

/// The cost of classes, all pairs of which may be expected.
fn class_cost(
    cbpe: &ClassCbpe,
    costs: &PairCosts,
    prediction: &[u32],
    scores: &[&[f64]],
) -> Result<Computed<Estimate>, KernelError> {
    let count = scores.len() as u32;
    let missing =
        (0..count).flat_map(|a| (0..count).map(move |b| (a, b))).filter(|&(a, b)| costs.get(a, b).is_none()).count();
    if missing > 0 {
        return Ok(Err(Reason::Undefined(format!("pairs of classes that have no cost: {missing}"))));
    }
    cbpe.estimate_cost(|truth, prediction| costs.get(truth, prediction).unwrap_or(0.0), prediction, scores)
}

type Found = Vec<(&'static str, Computed<Estimate>)>;

/// The estimates, or the reason why there are none in the place of the first.
fn estimates(found: Computed<Estimates>, first: &'static str) -> Found {
    match found {
        Ok(found) => found.metrics,
        Err(reason) => vec![(first, Err(reason))],
    }
}

fn of_reference(reason: &Reason) -> Reason {
    Reason::Undefined(format!("in the reference, {reason}"))
}

fn as_given(calibration: &CbpeCalibration) -> Option<&'static str> {
    match calibration {
        CbpeCalibration::Isotonic(_) => None,
        CbpeCalibration::AsGiven(why) => Some(why),
    }
}

fn report(
    asked: &EstimateAsked,
    found: Found,
    realised: &Metrics,
    kept: [Kept; 2],
    (calibration, mut notes): (Vec<(String, Option<&'static str>)>, Vec<String>),
) -> Estimated {
    let reference = |id: &str| {
        let known = realised.iter().find(|known| known.0 == id).map(|known| known.1.clone());
        known.unwrap_or_else(|| Err(Reason::Undefined("counts are of as many rows as there are".to_owned())))
    };
    let metrics = found.into_iter().map(|(id, value)| EstimatedMetric { id, value, reference: reference(id) });
    let [known, wanted] = kept;
    for (class, why) in &calibration {
        if let Some(why) = why {
            notes.push(format!("The scores of `{class}` are taken as they are: {why}."));
        }
    }
    Estimated {
        asked: asked.clone(),
        metrics: metrics.collect(),
        reference: known.counts,
        current: wanted.counts,
        calibration,
        features: Vec::new(),
        notes,
    }
}
