use super::model::{Latest, RUN_NAME, USER};
use super::names::{check_key, check_param_key};
use crate::error::{Error, Result};
use crate::wire::{Fields, Tag};
use std::collections::{BTreeMap, BTreeSet, HashSet};

const METRICS: usize = 1_000;
const PARAMS: usize = 100;
const TAGS: usize = 100;
const ALL: usize = 1_000;
/// Longer values are cut, as the genuine server does unless told otherwise: clients rely on it.
const PARAM_VALUE: usize = 6_000;
const TAG_VALUE: usize = 8_000;

/// A point of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub key: String,
    /// 0 for a NaN; infinities are the largest numbers there are.
    pub value: f64,
    pub is_nan: bool,
    /// Milliseconds since 1970, as the client says.
    pub at_ms: i64,
    pub step: i64,
    /// The logged model it is about.
    pub model: Option<String>,
    /// Name and digest of the dataset it was computed on.
    pub dataset: Option<(String, String)>,
}

/// What a call logs to a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Batch {
    pub points: Vec<Point>,
    pub params: Vec<Tag>,
    pub tags: Vec<Tag>,
}

impl Point {
    /// Reads a point and checks it.
    pub(crate) fn of(fields: &Fields) -> Result<Self> {
        let key = fields.text("key")?;
        check_key("metric", &key)?;
        let value = fields.number("value")?;
        let at_ms = fields.whole("timestamp")?;
        if at_ms < 0 {
            return Err(Error::invalid(format!(
                "Invalid value {at_ms} for parameter 'timestamp' supplied: it is negative"
            )));
        }
        let given = |name: &str| Ok::<_, Error>(fields.find_text(name)?.filter(|text| !text.is_empty()));
        let dataset = match (given("dataset_name")?, given("dataset_digest")?) {
            (Some(name), digest) => Some((name, digest.unwrap_or_default())),
            (None, _) => None,
        };
        Ok(Self {
            key,
            value: if value.is_nan() { 0.0 } else { value.clamp(f64::MIN, f64::MAX) },
            is_nan: value.is_nan(),
            at_ms,
            step: fields.find_whole("step")?.unwrap_or(0),
            model: given("model_id")?,
            dataset,
        })
    }

    /// What orders the points of a metric by age: the newest is its latest.
    fn age(&self) -> (i64, i64, f64) {
        (self.step, self.at_ms, self.value)
    }

    fn latest(&self) -> Latest {
        let Self { key, value, is_nan, at_ms, step, .. } = self.clone();
        Latest { key, value, is_nan, step, at_ms }
    }
}

impl Batch {
    /// Reads a whole batch and checks it.
    pub(crate) fn of(fields: &Fields) -> Result<Self> {
        let metrics = fields.list("metrics")?;
        let (params, tags) = (fields.tags("params")?, fields.tags("tags")?);
        for (what, found, most) in
            [("metrics", metrics.len(), METRICS), ("params", params.len(), PARAMS), ("tags", tags.len(), TAGS)]
        {
            if found > most {
                return Err(Error::invalid(format!(
                    "A batch logging request can contain at most {most} {what}. Got {found} {what}. Please split up {what} \
                     across multiple requests and try again."
                )));
            }
        }
        let all = metrics.len() + params.len() + tags.len();
        if all > ALL {
            return Err(Error::invalid(format!(
                "A batch logging request can contain at most {ALL} metrics, params, and tags in total. Got {all}."
            )));
        }
        let points = metrics.iter().map(Point::of).collect::<Result<_>>()?;
        Self { points, params: Vec::new(), tags: Vec::new() }.with_params(params)?.with_tags(tags)
    }

    /// Adds parameters; the same one twice is refused unless its value is the same.
    pub(crate) fn with_params(mut self, params: Vec<Tag>) -> Result<Self> {
        let mut by: BTreeMap<String, String> = BTreeMap::new();
        let mut twice = BTreeSet::new();
        for Tag { key, value } in params {
            check_param_key(&key)?;
            let value = cut(value, PARAM_VALUE);
            if by.get(&key).is_some_and(|known| *known != value) {
                twice.insert(key.clone());
            }
            by.insert(key, value);
        }
        if !twice.is_empty() {
            let keys: Vec<String> = twice.iter().map(|key| format!("'{key}'")).collect();
            return Err(Error::invalid(format!(
                "Duplicate parameter keys have been submitted: [{}].",
                keys.join(", ")
            )));
        }
        self.params = by.into_iter().map(|(key, value)| Tag { key, value }).collect();
        Ok(self)
    }

    /// Adds tags; of two with one key the later counts.
    pub(crate) fn with_tags(mut self, tags: Vec<Tag>) -> Result<Self> {
        let mut by: BTreeMap<String, String> = BTreeMap::new();
        for Tag { key, value } in tags {
            check_key("tag", &key)?;
            by.insert(key, cut(value, TAG_VALUE));
        }
        self.tags = by.into_iter().map(|(key, value)| Tag { key, value }).collect();
        Ok(self)
    }

    /// Returns the points without exact repeats: clients repeat a call that got no answer.
    pub(crate) fn distinct(&self) -> Vec<&Point> {
        let mut seen = HashSet::with_capacity(self.points.len());
        let key = |point: &&Point| (point.key.clone(), point.at_ms, point.step, point.value.to_bits(), point.is_nan);
        self.points.iter().filter(|point| seen.insert(key(point))).collect()
    }

    /// Returns the newest point of each metric, by key, so that two batches touch rows in one order.
    pub(crate) fn latest(&self) -> Vec<Latest> {
        let mut by: BTreeMap<&str, &Point> = BTreeMap::new();
        for point in &self.points {
            let newest = by.entry(&point.key).or_insert(point);
            if point.age() > newest.age() {
                *newest = point;
            }
        }
        by.values().map(|point| point.latest()).collect()
    }

    /// Returns what the tag that mirrors the run's name says, and likewise its user.
    pub(crate) fn mirrored(&self) -> (Option<&str>, Option<&str>) {
        let tag = |key: &str| self.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str());
        (tag(RUN_NAME), tag(USER))
    }
}

fn cut(text: String, longest: usize) -> String {
    if text.chars().count() <= longest { text } else { text.chars().take(longest).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn batch(value: Value) -> Result<Batch> {
        Batch::of(&Fields::of(value).unwrap())
    }

    fn point(key: &str, value: f64, at_ms: i64, step: i64) -> Value {
        json!({"key": key, "value": value, "timestamp": at_ms, "step": step})
    }

    #[test]
    fn limits_are_said_in_mlflows_words() {
        let many: Vec<Value> = (0..1_001).map(|n| point("m", 0.0, n, n)).collect();
        assert_eq!(
            batch(json!({"metrics": many})).unwrap_err().to_string(),
            "A batch logging request can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics across \
             multiple requests and try again."
        );
        let two = json!({"params": [{"key": "x", "value": "1"}, {"key": "x", "value": "2"}]});
        assert_eq!(batch(two).unwrap_err().to_string(), "Duplicate parameter keys have been submitted: ['x'].");
        let same = json!({"params": [{"key": "x", "value": "1"}, {"key": "x", "value": "1"}]});
        assert_eq!(batch(same).unwrap().params.len(), 1);
        assert!(batch(json!({"metrics": [point("m", 0.0, -1, 0)]})).is_err());
    }

    #[test]
    fn nan_and_infinities_are_kept_as_numbers() {
        let given = json!({"metrics": [
            {"key": "n", "value": "NaN", "timestamp": 1}, {"key": "i", "value": "-Infinity", "timestamp": "1"}]});
        let points = batch(given).unwrap().points;
        assert_eq!((points[0].value, points[0].is_nan), (0.0, true));
        assert_eq!((points[1].value, points[1].is_nan, points[1].step), (f64::MIN, false, 0));
    }

    #[test]
    fn long_values_are_cut_at_characters() {
        let long = "ä".repeat(6_001);
        let given = batch(json!({"params": [{"key": "p", "value": long}]})).unwrap();
        assert_eq!(given.params[0].value.chars().count(), 6_000);
    }

    proptest! {
        /// Whatever the order of arrival, the latest is the one with the highest step, then time, then value.
        #[test]
        fn the_latest_does_not_depend_on_arrival(
            mut points in prop::collection::vec((0..3_i64, 0..3_i64, 0..3_i32), 1..20),
        ) {
            let of = |points: &[(i64, i64, i32)]| {
                let all: Vec<Value> = points.iter().map(|(step, at, value)| point("m", f64::from(*value), *at, *step)).collect();
                batch(json!({"metrics": all})).unwrap()
            };
            let latest = of(&points).latest();
            points.reverse();
            prop_assert_eq!(&latest, &of(&points).latest());
            let highest = points.iter().max().unwrap();
            prop_assert_eq!((latest[0].step, latest[0].at_ms, latest[0].value), (highest.0, highest.1, f64::from(highest.2)));
            let distinct: HashSet<_> = points.iter().collect();
            prop_assert_eq!(of(&points).distinct().len(), distinct.len());
        }
    }
}
