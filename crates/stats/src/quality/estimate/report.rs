//! How an estimate is told.
use super::super::json::reason_of;
use super::super::report::RowCounts;
use super::super::words::{LEADS, meaning};
use super::{Estimated, EstimatedMetric, Method};
use crate::output::{NO_NUMBER, interval, number, number_or_dash};
use crate::{Align, Outcome, Report, Table};
use kernels::quality::Gaps;
use serde_json::{Map, Value, json};

impl Estimated {
    /// Returns the metric of an id.
    pub fn metric(&self, id: &str) -> Option<&EstimatedMetric> {
        self.metrics.iter().find(|metric| metric.id == id)
    }

    /// Returns what the estimate rests on and cannot check.
    pub fn assumptions(&self) -> Vec<&'static str> {
        let (means, learns) = match self.asked.method {
            Method::Cbpe => (
                "A score means the same chance as in the reference: there is no concept drift.",
                "The calibration of scores holds for the current rows.",
            ),
            Method::Dle => (
                "Rows with these features err as in the reference: there is no concept drift.",
                "The model of errors follows them, and not their noise.",
            ),
        };
        vec![
            means,
            "The current rows lie where the reference has rows.",
            learns,
            "Rows are independent; the interval is three sampling errors wide to both sides and knows nothing of broken assumptions.",
        ]
    }
}

fn counts(rows: &RowCounts) -> Value {
    let left_out: Map<String, Value> = rows
        .left_out
        .iter()
        .filter(|(what, _)| *what != "weights")
        .map(|(what, rows)| ((*what).to_owned(), json!(rows)))
        .collect();
    json!({"total": rows.total, "used": rows.used, "left_out": left_out, "without_score": rows.without_score})
}

fn metric_json(metric: &EstimatedMetric) -> (String, Value) {
    let found = metric.value.as_ref().ok();
    let value = json!({
        "value": found.map(|found| found.value),
        "interval": found.map(|found| json!({"low": found.low, "high": found.high})),
        "sampling_error": found.map(|found| found.sampling_error),
        "reference": metric.reference.as_ref().ok(),
        "reason": reason_of(&metric.value),
    });
    (metric.id.to_owned(), value)
}

impl Report for Estimated {
    fn headline(&self) -> String {
        let lead = LEADS.iter().find_map(|&(id, words)| {
            let metric = self.metric(id)?;
            metric.value.as_ref().ok().map(|found| (words, *found, metric.reference.clone().ok()))
        });
        match (lead, self.metrics.first().map(|metric| &metric.value)) {
            (Some((words, found, reference)), _) => {
                let before =
                    reference.map(|value| format!("; on the reference it was {}", number(value))).unwrap_or_default();
                let only = match self.asked.method {
                    Method::Cbpe => "scores mean what they did in the reference",
                    Method::Dle => "such rows err as they did in the reference",
                };
                format!(
                    "Without truth, {words} is estimated at {} ({}){before}. That holds only as long as {only}.",
                    number(found.value),
                    interval(found.low, found.high)
                )
            }
            (None, Some(Err(reason))) => format!("Quality could not be estimated: {reason}."),
            _ => "Quality could not be estimated.".to_owned(),
        }
    }

    fn outcome(&self) -> Outcome {
        let any = self.metrics.iter().any(|metric| metric.value.is_ok());
        if any { Outcome::Within } else { Outcome::NotComputable }
    }

    fn tables(&self) -> Vec<Table> {
        let headings = [
            ("Metric", Align::Left),
            ("Estimate", Align::Right),
            ("± 3 sampling errors", Align::Left),
            ("On the reference", Align::Right),
            ("Meaning, or why there is no number", Align::Left),
        ];
        let row = |metric: &EstimatedMetric| {
            let found = metric.value.as_ref().ok();
            vec![
                metric.id.to_owned(),
                number_or_dash(found.map(|found| found.value)),
                found.map_or_else(|| NO_NUMBER.to_owned(), |found| interval(found.low, found.high)),
                number_or_dash(metric.reference.clone().ok()),
                metric.value.as_ref().map_or_else(ToString::to_string, |_| meaning(metric.id).to_owned()),
            ]
        };
        vec![Table {
            title: "Estimates".to_owned(),
            headings: headings.map(|(words, align)| (words.to_owned(), align)).to_vec(),
            rows: self.metrics.iter().map(row).collect(),
        }]
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> =
            self.assumptions().into_iter().map(|assumption| format!("Assumed: {assumption}")).collect();
        for (table, rows) in [("the reference", &self.reference), ("the current table", &self.current)] {
            for (what, rows) in rows.left_out.iter().filter(|(_, rows)| *rows > 0) {
                notes.push(format!("Rows of {table} left out for want of a {what}: {rows}."));
            }
            if rows.without_score > 0 {
                notes.push(format!("Rows of {table} left out for a score that is not finite: {}.", rows.without_score));
            }
        }
        notes.extend(self.notes.iter().cloned());
        notes
    }

    /// Returns the dictionary, whose keys are always all there:
    ///
    /// - `method` (`cbpe`, `dle`), `task` (`binary`, `multiclass`, `regression`).
    /// - `rows`: `{reference, current}`, each `{total, used, left_out: {…}, without_score}`.
    /// - `settings`: `{seed, gaps}`.
    /// - `metrics[id]`: `{value, interval: {low, high}, sampling_error, reference, reason}`; `reference` is the number that the
    ///   reference had, null for counts.
    /// - `calibration[class]`: `{calibrated, reason}`, empty unless CBPE; `features`: names, empty unless DLE.
    /// - `assumptions`, `notes`: sentences.
    fn to_json(&self) -> Value {
        let calibration: Map<String, Value> = self
            .calibration
            .iter()
            .map(|(class, why)| (class.clone(), json!({"calibrated": why.is_none(), "reason": why})))
            .collect();
        json!({
            "method": self.asked.method.name(),
            "task": self.asked.task().name(),
            "rows": {"reference": counts(&self.reference), "current": counts(&self.current)},
            "settings": {
                "seed": self.asked.seed,
                "gaps": match self.asked.gaps {
                    Gaps::Zero => "zero",
                    Gaps::LeaveOut => "leave_out",
                },
            },
            "metrics": self.metrics.iter().map(metric_json).collect::<Map<String, Value>>(),
            "calibration": calibration,
            "features": self.features,
            "assumptions": self.assumptions(),
            "notes": self.notes(),
        })
    }
}
