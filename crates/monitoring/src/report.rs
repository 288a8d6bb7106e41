//! What a step of the platform measured: of a candidate that is to be released, or of what serves. It judges nothing; gate policies do.
use runs::steps::{Step, StepState};
use serde::Deserialize;

/// The output of such a step.
pub(crate) const OUTPUT: &str = "report";
/// The largest report that is read.
const LARGEST: u64 = 1 << 20;
/// The most metrics of one.
const MOST: usize = 1_000;
/// The longest text in it.
const LONGEST: usize = 500;

/// What a step says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Report {
    pub metrics: Vec<Metric>,
    /// What was read, and what was left out.
    pub note: String,
}

/// One number, with its 95 % interval where there is one; or why there is none.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Metric {
    pub name: String,
    /// The group, or the column, that it is of; none where it is of all rows.
    pub group: Option<String>,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Of how many rows.
    pub n: u64,
    pub reason: Option<String>,
}

impl Report {
    /// Reads the text of a report; `None` if it is none, or says more than one may.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut read: Self = serde_json::from_slice(bytes).ok()?;
        if read.metrics.len() > MOST || !read.metrics.iter().all(Metric::is_sound) {
            return None;
        }
        read.note = crate::shown(&read.note, LONGEST);
        for metric in &mut read.metrics {
            metric.reason = metric.reason.take().map(|reason| crate::shown(&reason, LONGEST));
            metric.group = metric.group.take().map(|group| crate::shown(&group, 100));
        }
        Some(read)
    }

    /// Returns what a step reported, or why there is nothing.
    ///
    /// # Errors
    /// Where the report's bytes are gone.
    pub async fn of(cx: &runs::Context, step: &Step) -> objects::Result<Result<Self, String>> {
        let name = &step.name;
        if step.state != StepState::Succeeded {
            let why = step.why.as_deref().unwrap_or("no reason is known");
            return Ok(Err(format!("step `{name}` {}: {}", step.state, crate::shown(why, 300))));
        }
        let Some(output) = step.outputs.get(OUTPUT) else { return Ok(Err(format!("step `{name}` wrote no report"))) };
        let bytes = runs::read_output(cx, output, LARGEST).await?;
        let read = bytes.and_then(|bytes| Self::read(&bytes));
        Ok(read.ok_or_else(|| format!("the report of step `{name}` cannot be read")))
    }
}

impl Metric {
    /// Returns whether it is named by a word, and holds either a number or the reason why not.
    fn is_sound(&self) -> bool {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let named = (1..=63).contains(&self.name.len()) && self.name.bytes().all(letter);
        let numbers = [self.value, self.low, self.high];
        named && self.value.is_some() != self.reason.is_some() && numbers.into_iter().flatten().all(f64::is_finite)
    }
}

#[cfg(test)]
mod tests {
    use super::Report;
    use serde_json::{Value, json};

    #[test]
    fn a_report_holds_numbers_or_reasons_and_nothing_else() {
        let metric = |change: &dyn Fn(&mut Value)| {
            let mut metric = json!({"name": "auc", "group": null, "value": 0.79, "low": 0.73, "high": 0.85, "n": 190, "reason": null});
            change(&mut metric);
            Report::read(json!({"metrics": [metric], "note": "held-out rows\u{1b}"}).to_string().as_bytes())
        };
        let read = metric(&|_| ()).unwrap();
        assert_eq!((read.metrics[0].value, read.note.as_str()), (Some(0.79), "held-out rows\\u{1b}"));
        let none = |metric: &mut Value| (metric["value"], metric["reason"]) = (Value::Null, json!("no rows"));
        assert_eq!(metric(&none).unwrap().metrics[0].reason.as_deref(), Some("no rows"));
        assert_eq!(metric(&|one| one["reason"] = json!("both")), None);
        assert_eq!(metric(&|one| one["value"] = Value::Null), None, "neither a number nor a reason");
        assert_eq!(metric(&|one| one["name"] = json!("a b")), None);
        assert_eq!(metric(&|one| one["n"] = json!(-1)), None);
        assert_eq!(Report::read(br#"{"metrics": [{"name": "auc", "value": NaN}], "note": ""}"#), None);
    }

    #[test]
    fn a_report_that_says_more_than_one_may_is_none() {
        let one =
            r#"{"name": "psi", "group": "a\u001b", "value": 0.1, "low": null, "high": null, "n": 3, "reason": null}"#;
        let read = Report::read(format!(r#"{{"metrics": [{one}], "note": "x"}}"#).as_bytes()).unwrap();
        assert_eq!(read.metrics[0].group.as_deref(), Some("a\\u{1b}"));
        let many = vec![one; 1_001].join(",");
        for bad in [
            format!(r#"{{"metrics": [{many}], "note": "x"}}"#),
            r#"{"metrics": [{"name": "PSI", "value": 1, "n": 1}], "note": ""}"#.into(),
            r#"{"metrics": [{"name": "psi", "value": null, "n": 1}], "note": ""}"#.into(),
            "{}".into(),
        ] {
            assert_eq!(Report::read(bad.as_bytes()), None, "{bad:.60}");
        }
    }
}
