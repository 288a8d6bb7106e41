//! The public dictionary.
use super::asked::{Chosen, Compat};
use super::measure::Measured;
use super::report::{Bias, Facet, ProxyCheck};
use kernels::bias::{FourFifths, Metric, Proxy};
use kernels::{Computed, Interval};
use serde_json::{Map, Value, json};

pub(super) fn bias_json(bias: &Bias, notes: &[String]) -> Value {
    let asked = &bias.asked;
    let facets: Map<String, Value> = bias.facets.iter().map(|facet| (facet.name.clone(), facet_json(facet))).collect();
    let proxies = bias.facets.iter().filter_map(|facet| Some((facet.name.clone(), proxy_check(facet.proxy.as_ref()?))));
    let proxies: Map<String, Value> = proxies.collect();
    json!({
        "facet": asked.facet,
        "label": asked.label,
        "prediction": asked.prediction,
        "group": asked.group,
        "positive": chosen(&asked.positive),
        "rows": bias.rows,
        "settings": {
            "metrics": asked.metrics,
            "min_group": if asked.compat.is_some() { 1 } else { asked.min_group.max(1) },
            "confidence": asked.confidence,
            "compat": asked.compat.map(|Compat::Clarify| "clarify"),
        },
        "facets": facets,
        "groups": metrics(&bias.groups),
        "groups_left_out": left_out_of_groups(bias),
        "proxy": if asked.features.is_empty() { Value::Null } else { proxies.into() },
        "left_out": left_out(bias),
        "notes": notes,
    })
}

fn chosen(chosen: &Chosen) -> Value {
    match chosen {
        Chosen::Values(values) => json!(values),
        Chosen::Above(threshold) => json!({"above": threshold}),
    }
}

fn facet_json(facet: &Facet) -> Value {
    let shares = |[(a, of_a), (d, of_d)]: [(u64, u64); 2]| {
        json!({
            "positive": d, "of": of_d, "share": share(d, of_d),
            "rest_positive": a, "rest_of": of_a, "rest_share": share(a, of_a),
        })
    };
    let four_fifths = match &facet.four_fifths {
        Ok(verdict) => json!({"verdict": four_fifths(*verdict), "reason": null}),
        Err(reason) => json!({"verdict": null, "reason": reason.to_string()}),
    };
    json!({
        "rows": facet.rows,
        "rest_rows": facet.rest_rows,
        "labels": shares(facet.labels),
        "predictions": facet.predictions.map(shares),
        "metrics": metrics(&facet.metrics),
        "four_fifths": four_fifths,
        "flips": facet.flips.map(|flips| json!({
            "rows": flips.rows, "from_positive": flips.from_positive, "from_negative": flips.from_negative, "tied": flips.tied,
        })),
    })
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn four_fifths(verdict: FourFifths) -> &'static str {
    match verdict {
        FourFifths::Passed => "passed",
        FourFifths::Failed => "failed",
        FourFifths::FailedByChance => "failed_by_chance",
    }
}

fn metrics(measured: &[Measured]) -> Map<String, Value> {
    measured.iter().map(|measured| (measured.id.to_owned(), Value::Object(metric(&measured.metric)))).collect()
}

fn metric(metric: &Metric) -> Map<String, Value> {
    let why = |reason: Option<String>| reason.map_or(Value::Null, Value::String);
    let value = metric.value.as_ref();
    let p_value = metric.p_value.as_ref();
    let mut found = Map::new();
    found.insert("value".to_owned(), value.map_or(Value::Null, |&value| number(value)));
    found.insert("interval".to_owned(), metric.interval.as_ref().map_or(Value::Null, interval));
    found.insert("p_value".to_owned(), p_value.map_or(Value::Null, |p_value| json!(p_value.value)));
    found.insert("test".to_owned(), p_value.map_or(Value::Null, |p_value| json!(p_value.test)));
    found.insert("reason".to_owned(), why(value.err().map(ToString::to_string)));
    found.insert("interval_reason".to_owned(), why(metric.interval.as_ref().err().map(ToString::to_string)));
    found.insert("p_value_reason".to_owned(), why(p_value.err().map(ToString::to_string)));
    found
}

/// A number; an infinite one as Clarify writes it.
fn number(value: f64) -> Value {
    match value {
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        value => json!(value),
    }
}

fn interval(interval: &Interval) -> Value {
    json!({"low": number(interval.low), "high": number(interval.high)})
}

fn proxy_check(check: &ProxyCheck) -> Value {
    let each: Map<String, Value> = check.each.iter().map(|(name, found)| (name.clone(), proxy(found))).collect();
    json!({"together": proxy(&check.together), "features": each})
}

fn proxy(found: &Computed<Proxy>) -> Value {
    match found {
        Ok(proxy) => {
            let mut json = metric(&proxy.auc);
            json.insert("strength".to_owned(), json!(proxy.strength));
            json.insert("rows".to_owned(), json!(proxy.rows));
            json.into()
        }
        Err(reason) => {
            let mut json = metric(&super::measure::none(reason));
            json.insert("strength".to_owned(), Value::Null);
            json.insert("rows".to_owned(), json!(0));
            json.into()
        }
    }
}

fn left_out_of_groups(bias: &Bias) -> Map<String, Value> {
    let mut found: Map<String, Value> = Map::new();
    for (name, reason) in &bias.groups_left_out {
        let reasons = found.entry(name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(reasons) = reasons {
            reasons.push(json!(reason.to_string()));
        }
    }
    found
}

fn left_out(bias: &Bias) -> Value {
    let left = &bias.left_out;
    let features: Map<String, Value> = left.features.iter().map(|(name, why)| (name.clone(), json!(why))).collect();
    json!({
        "facet_missing": left.facet,
        "label_missing": left.label,
        "prediction_missing": left.prediction,
        "group_missing": left.group,
        "pooled_values": left.pooled_values,
        "pooled_rows": left.pooled_rows,
        "features": features,
    })
}
