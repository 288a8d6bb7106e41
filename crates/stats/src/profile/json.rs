//! The public dictionary of a profile.
use super::Profile;
use kernels::profile::{ColumnProfile, Counts, Shape, Summary, TimeKind, Value};
use kernels::{Computed, Reason};
use serde_json::{Map, Value as Json, json};

/// The quantiles that are told.
const QUANTILES: [(&str, f64); 9] = [
    ("0.01", 0.01),
    ("0.05", 0.05),
    ("0.1", 0.1),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("0.75", 0.75),
    ("0.9", 0.9),
    ("0.95", 0.95),
    ("0.99", 0.99),
];
pub(super) const BINS: usize = 20;
const TOP: usize = 20;
/// In microseconds.
const DAY: i64 = 86_400_000_000;

pub(super) fn of(profile: &Profile) -> Json {
    let columns = profile.kernel.columns().into_iter().enumerate();
    let columns: Map<String, Json> =
        columns.map(|(position, (name, column))| (name.to_owned(), of_column(position, column))).collect();
    json!({"name": profile.name, "rows": profile.kernel.rows(), "columns": columns})
}

/// What a column is known of, key by key; why a number does not exist goes to `reasons`.
struct Told {
    keys: Map<String, Json>,
    reasons: Map<String, Json>,
    /// Of which kind the numbers are, if they are times.
    times: Option<TimeKind>,
}

impl Told {
    fn put(&mut self, key: &str, value: impl Into<Json>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    fn computed<T>(&mut self, key: &str, computed: Computed<T>, json: impl FnOnce(T) -> Json) {
        match computed {
            Ok(value) => self.put(key, json(value)),
            Err(reason) => self.missing(key, &reason.to_string()),
        }
    }

    fn missing(&mut self, key: &str, reason: &str) {
        self.put(key, Json::Null);
        self.reasons.insert(key.to_owned(), reason.into());
    }

    /// A number in the units of the column: a time as a time.
    fn place(&self, value: f64) -> Json {
        match self.times {
            Some(kind) if value.is_finite() => {
                let micros = value.round() as i64;
                // Between two days, such as the mean of them.
                let kind = if kind == TimeKind::Date && micros % DAY != 0 { TimeKind::Local } else { kind };
                Value::Time { micros, kind }.to_string().into()
            }
            _ => number(value),
        }
    }

    /// A difference in the units of the column: of times in seconds.
    fn distance(&self, value: f64) -> Json {
        number(if self.times.is_some() { value / 1e6 } else { value })
    }
}

fn of_column(position: usize, column: &ColumnProfile) -> Json {
    let summary = column.summary();
    let mut told = Told { keys: Map::new(), reasons: Map::new(), times: time_kind(summary.counts()) };
    told.put("position", position);
    told.put("type", kind(&summary));
    told.put("inferred", inferred(&summary));
    told.put("counts", counts(summary.counts()));
    told.put("nulls", summary.counts().nulls);
    told.computed("completeness", summary.completeness(), number);
    let shares =
        |types: [(&'static str, f64); 6]| types.into_iter().map(|(name, share)| (name, number(share))).collect();
    told.computed("types", summary.types(), |types| Json::Object(by_name(shares(types))));
    distinct(&mut told, &summary);
    numbers(&mut told, &summary);
    quantiles(&mut told, &summary);
    top(&mut told, &summary);
    texts(&mut told, &summary);
    let Told { mut keys, reasons, .. } = told;
    keys.insert("reasons".to_owned(), Json::Object(reasons));
    Json::Object(keys)
}

fn by_name(pairs: Vec<(&'static str, Json)>) -> Map<String, Json> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn distinct(told: &mut Told, summary: &Summary<'_>) {
    told.computed("distinct", summary.distinct(), Into::into);
    told.put("distinct_exact", summary.is_distinct_exact());
    told.computed("distinctness", summary.distinctness(), number);
    told.computed("uniqueness", summary.uniqueness(), number);
    told.computed("unique_value_ratio", summary.unique_value_ratio(), number);
    told.computed("entropy", summary.entropy(), number);
}

fn numbers(told: &mut Told, summary: &Summary<'_>) {
    let mean = summary.mean().map(|mean| told.place(mean));
    told.computed("mean", mean, |mean| mean);
    let std = summary.variance().map(|variance| told.distance(variance.sqrt()));
    told.computed("std", std, |std| std);
    let population = summary.population_variance().map(|variance| told.distance(variance.sqrt()));
    told.computed("std_population", population, |std| std);
    if told.times.is_some() {
        told.put("std_unit", "seconds");
    }
    for (key, end) in [("min", summary.min()), ("max", summary.max())] {
        match end {
            Some(value) => told.put(key, value_of(&value)),
            None if summary.counts().other > 0 => {
                told.missing(key, "lists, structures, bytes and times beyond 64 bits are not looked into");
            }
            None => told.missing(key, &Reason::Empty("the column".into()).to_string()),
        }
    }
}

fn quantiles(told: &mut Told, summary: &Summary<'_>) {
    let one = |(name, q): (&'static str, f64)| {
        let rounded = || summary.quantile(q).unwrap_or(Ok(f64::NAN)).map(|value| told.place(value));
        Ok((name, summary.quantile_value(q).map_or_else(rounded, |value| Ok(value_of(value)))?))
    };
    let all: Computed<Vec<(&'static str, Json)>> = QUANTILES.into_iter().map(one).collect();
    let all = all.map(by_name);
    let is_there = all.is_ok();
    told.computed("quantiles", all, Json::Object);
    told.put("rank_error", if is_there { number(summary.rank_error()) } else { Json::Null });
    let none = Err(Reason::Undefined("there are no bins".into()));
    let histogram = summary.histogram(BINS).unwrap_or(none);
    let histogram = histogram.map(|histogram| {
        let width = (histogram.high - histogram.low) / histogram.counts.len() as f64;
        let edge = |bin: usize| {
            if bin == histogram.counts.len() { histogram.high } else { histogram.low + bin as f64 * width }
        };
        let edges: Vec<Json> = (0..=histogram.counts.len()).map(|bin| told.place(edge(bin))).collect();
        json!({"edges": edges, "counts": histogram.counts, "share_error": number(summary.share_error())})
    });
    told.computed("histogram", histogram, |histogram| histogram);
}

fn top(told: &mut Told, summary: &Summary<'_>) {
    let values = summary.counts().values();
    let entry = |(value, count): (&Value, u64)| json!({"value": value_of(value), "count": count, "share": number(count as f64 / values as f64)});
    told.put("top", summary.top(TOP).into_iter().map(entry).collect::<Vec<Json>>());
    told.put("top_error", summary.top_error());
}

fn texts(told: &mut Told, summary: &Summary<'_>) {
    let shapes = summary.shapes().map(|shapes| {
        Json::Object(shapes.into_iter().map(|(shape, share)| (shape.name().to_owned(), number(share))).collect())
    });
    let no_texts = || Reason::None("texts in the column".into());
    told.computed("shapes", shapes.map_err(|_| no_texts()), |shapes| shapes);
    let lengths = summary.lengths();
    let mean = summary.mean_length();
    told.computed("lengths", mean, |mean| json!({"min": lengths.least, "max": lengths.most, "mean": number(mean)}));
}

fn counts(counts: &Counts) -> Json {
    let times: Map<String, Json> =
        TimeKind::ALL.iter().zip(counts.times).map(|(kind, count)| (kind.name().to_owned(), count.into())).collect();
    json!({
        "rows": counts.rows, "values": counts.values(), "nulls": counts.nulls, "absent": counts.absent, "nan": counts.nan,
        "negative_infinite": counts.negative_infinite, "positive_infinite": counts.positive_infinite,
        "integral": counts.integral, "fractional": counts.fractional, "boolean": counts.boolean,
        "datetime": counts.datetime, "text": counts.text, "other": counts.other, "times": times,
    })
}

/// Of which kind the times are that came as such; of several, the last one.
fn time_kind(counts: &Counts) -> Option<TimeKind> {
    TimeKind::ALL.into_iter().zip(counts.times).filter(|(_, count)| *count > 0).map(|(kind, _)| kind).max()
}

/// As what the values came.
pub(super) fn kind(summary: &Summary<'_>) -> &'static str {
    let counts = summary.counts();
    let of = |wanted: &[Shape]| -> u64 {
        Shape::ALL.iter().zip(counts.shapes).filter(|(shape, _)| wanted.contains(shape)).map(|(_, count)| count).sum()
    };
    let numbers = (counts.integral + counts.fractional).saturating_sub(of(&[Shape::Digits, Shape::Number]));
    let kinds = [
        ("number", numbers),
        ("flag", counts.boolean.saturating_sub(of(&[Shape::Boolean]))),
        ("time", counts.times.iter().sum()),
        ("text", summary.lengths().count),
        ("other", counts.other),
    ];
    let mut there = kinds.into_iter().filter(|(_, count)| *count > 0).map(|(name, _)| name);
    match (there.next(), there.next()) {
        (None, _) => "unknown",
        (Some(only), None) => only,
        (Some(_), Some(_)) => "mixed",
    }
}

pub(super) fn inferred(summary: &Summary<'_>) -> &'static str {
    use kernels::profile::Inferred as I;
    match summary.inferred() {
        I::Unknown => "unknown",
        I::Integral => "integral",
        I::Fractional => "fractional",
        I::Boolean => "boolean",
        I::Datetime => "datetime",
        I::Text => "text",
        I::Other => "other",
    }
}

/// A number, or the name of an infinite one.
fn number(value: f64) -> Json {
    match value {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => value.into(),
    }
}

/// A value as JSON has it: decimals of many digits, times and texts as texts.
fn value_of(value: &Value) -> Json {
    match value {
        Value::Flag(flag) => (*flag).into(),
        Value::Integer(whole) => (*whole).into(),
        Value::Real(real) => number(*real),
        Value::Decimal { .. } | Value::Time { .. } | Value::Text(_) | Value::Long { .. } => value.to_string().into(),
    }
}
