//! The public dictionary.
use super::report::{Bins, Calibration, ClassDetail, Curve, Detail, Metric, Quality, Slice};
use super::{Asked, Task};
use kernels::quality::{BestThreshold, Confusion, Gaps, ReliabilityBin};
use kernels::{Computed, Reason};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const MOST_CELLS: usize = 10_000;
const MOST_CLASSES: usize = 1_000;

pub(super) fn quality_json(quality: &Quality, notes: &[String]) -> Value {
    let (mut positive, mut confusion, mut classes, mut calibration) =
        (Value::Null, Value::Null, Value::Null, Value::Null);
    let (mut curves, mut best_threshold, mut queries) = (Value::Null, Value::Null, Value::Null);
    match &quality.detail {
        Detail::Binary(detail) => {
            positive = json!(detail.positive);
            confusion = detail.confusion.as_ref().map_or(Value::Null, outcomes);
            calibration = calibration_json(&detail.calibration);
            curves = match (&detail.roc, &detail.precision_recall) {
                (None, None) => Value::Null,
                (roc, precision_recall) => {
                    json!({"roc": curve(roc.as_ref()), "precision_recall": curve(precision_recall.as_ref())})
                }
            };
            best_threshold = detail.best_threshold.as_ref().map_or(Value::Null, best_threshold_json);
        }
        Detail::Classes(detail) => {
            confusion = cells(detail);
            classes = classes_json(detail);
            calibration = calibration_json(&detail.calibration);
        }
        Detail::Ranking { queries: number } => queries = json!(number),
        Detail::Regression => {}
    }
    let rows = &quality.rows;
    let left_out: Map<String, Value> =
        rows.left_out.iter().map(|(what, rows)| ((*what).to_owned(), json!(rows))).collect();
    let slices: Map<String, Value> = quality
        .slices
        .iter()
        .map(|column| (column.column.clone(), column.values.iter().map(slice).collect::<Map<String, Value>>().into()))
        .collect();
    json!({
        "task": quality.asked.task.name(),
        "positive": positive,
        "rows": {
            "total": rows.total, "used": rows.used, "weight": rows.weight, "left_out": left_out,
            "without_score": rows.without_score, "queries": queries,
        },
        "settings": settings(&quality.asked),
        "metrics": metrics(&quality.metrics),
        "confusion": confusion,
        "classes": classes,
        "calibration": calibration,
        "curves": curves,
        "best_threshold": best_threshold,
        "slices": slices,
        "notes": notes,
    })
}

fn settings(asked: &Asked) -> Value {
    json!({
        "metrics": asked.metrics,
        "confidence": asked.interval.map(|interval| interval.confidence),
        "replicates": asked.interval.map(|interval| interval.replicates),
        "seed": asked.interval.map(|interval| interval.seed),
        "threshold": asked.threshold.map(finite),
        "quantile": asked.quantile,
        "k": matches!(asked.task, Task::Ranking).then_some(asked.k),
        "bins": asked.bins,
        "points": asked.points,
        "slice_bins": asked.slice_bins.iter().cloned().collect::<BTreeMap<String, Vec<f64>>>(),
        "least_rows": asked.least_rows,
        "gaps": match asked.gaps {
            Gaps::Zero => "zero",
            Gaps::LeaveOut => "leave_out",
        },
    })
}

/// The number, or null where it is not finite.
fn finite(value: f64) -> Value {
    json!(value.is_finite().then_some(value))
}

pub(super) fn reason_of<T>(value: &Computed<T>) -> Value {
    json!(value.as_ref().err().map(Reason::to_string))
}

fn metrics(metrics: &[Metric]) -> Value {
    metrics.iter().map(|metric| (metric.id.to_owned(), metric_json(metric))).collect::<Map<String, Value>>().into()
}

fn metric_json(metric: &Metric) -> Value {
    let around = metric.interval.as_ref().and_then(|interval| interval.as_ref().ok());
    let reason = match (&metric.value, &metric.interval) {
        (Err(reason), _) => Some(reason.to_string()),
        (Ok(_), Some(Err(reason))) => Some(format!("there is no interval: {reason}")),
        _ => None,
    };
    json!({
        "value": metric.value.as_ref().ok(),
        "interval": around.map(|found| json!({"low": found.interval.low, "high": found.interval.high})),
        "standard_error": around.map(|found| found.deviation),
        "reason": reason,
    })
}

fn slice(slice: &Slice) -> (String, Value) {
    let found = slice.metrics.as_ref().map_or_else(|_| json!({}), |found| metrics(found));
    (slice.value.clone(), json!({"rows": slice.rows, "metrics": found, "reason": reason_of(&slice.metrics)}))
}

fn outcomes(confusion: &Confusion) -> Value {
    json!({
        "true_positive": confusion.true_positive,
        "false_positive": confusion.false_positive,
        "false_negative": confusion.false_negative,
        "true_negative": confusion.true_negative,
    })
}

fn best_threshold_json(best: &Computed<BestThreshold>) -> Value {
    let mut found = match best {
        Ok(best) => {
            let mut found = outcomes(&best.confusion);
            found["threshold"] = json!(best.threshold.map(finite));
            found["cost"] = json!(best.cost);
            found
        }
        Err(_) => json!({"threshold": null, "cost": null}),
    };
    found["reason"] = reason_of(best);
    found
}

fn curve<T: Serialize>(curve: Option<&Curve<T>>) -> Value {
    curve.map_or(Value::Null, |curve| json!({"points": curve.as_ref().ok(), "reason": reason_of(curve)}))
}

fn calibration_json(calibration: &Calibration) -> Value {
    match (&calibration.equal_width, &calibration.equal_frequency) {
        (None, None) => Value::Null,
        (width, frequency) => json!({"equal_width": bins(width.as_ref()), "equal_frequency": bins(frequency.as_ref())}),
    }
}

fn bins(bins: Option<&Bins>) -> Value {
    let bin = |bin: &ReliabilityBin| {
        json!({
            "low": bin.low, "high": bin.high, "rows": bin.rows, "weight": bin.weight,
            "mean_score": bin.mean_score().ok(), "positive_share": bin.positive_share().ok(),
        })
    };
    bins.map_or(Value::Null, |found| {
        let all = found.as_ref().ok().map(|reliability| reliability.bins().iter().map(bin).collect::<Vec<Value>>());
        json!({"bins": all, "reason": reason_of(found)})
    })
}

fn name(detail: &ClassDetail, code: u32) -> String {
    detail.names.get(code as usize).cloned().unwrap_or_default()
}

/// The heaviest cells, by truth, then prediction.
fn cells(detail: &ClassDetail) -> Value {
    let mut cells = detail.confusion.cells().to_vec();
    let not_shown = cells.len().saturating_sub(MOST_CELLS);
    if not_shown > 0 {
        cells.sort_by(|a, b| b.weight.total_cmp(&a.weight)); // stable: equals in their order
        cells.truncate(MOST_CELLS);
        cells.sort_by_key(|cell| (cell.truth, cell.prediction));
    }
    let one = |cell: &kernels::quality::ClassCount| json!({"truth": name(detail, cell.truth), "prediction": name(detail, cell.prediction), "weight": cell.weight});
    json!({"cells": cells.iter().map(one).collect::<Vec<Value>>(), "not_shown": not_shown})
}

fn classes_json(detail: &ClassDetail) -> Value {
    let mut classes = detail.confusion.per_class();
    classes.sort_by(|a, b| b.1.positives().total_cmp(&a.1.positives())); // stable
    let one = |(code, class): &(u32, Confusion)| {
        let found = json!({
            "weight": class.positives(), "predicted": class.predicted_positives(),
            "precision": class.precision().ok(), "recall": class.recall().ok(), "f1": class.f1().ok(),
        });
        (name(detail, *code), found)
    };
    classes.iter().take(MOST_CLASSES).map(one).collect::<Map<String, Value>>().into()
}
