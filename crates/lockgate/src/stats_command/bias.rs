//! How groups of people fare, beside each other.
use super::arguments::BiasArgs;
use super::input::{bins, columns, table};
use super::{failed, show, with_progress};
use crate::failure::{Failure, Result};
use stats::bias::{Asked, Chosen, Compat, bias};

/// Compares the groups of the facet.
pub fn compared(args: &BiasArgs) -> Result<(String, Option<Failure>)> {
    let data = table(&args.file)?;
    let positive = args.positive_above.map_or_else(|| Chosen::Values(args.positive.clone()), Chosen::Above);
    let disadvantaged = match args.disadvantaged_above {
        Some(threshold) => Some(Chosen::Above(threshold)),
        None => (!args.disadvantaged.is_empty()).then(|| Chosen::Values(args.disadvantaged.clone())),
    };
    let facet = columns(&[&data], &args.facet);
    let facet: Vec<&str> = facet.iter().map(String::as_str).collect();
    let asked = Asked {
        disadvantaged,
        bins: bins("bins", &args.bins)?,
        prediction: args.prediction.clone(),
        group: args.group.clone(),
        features: columns(&[&data], &args.features),
        metrics: (!args.metrics.is_empty()).then(|| args.metrics.clone()),
        min_group: args.min_group,
        compat: args.compat.map(|_| Compat::Clarify),
        confidence: args.confidence,
        ..Asked::new(&facet, &args.label, positive)
    };
    let found = with_progress(args.shown.threads, |run| bias(&data, &asked, run));
    Ok(show(&found.map_err(failed)?, &format!("Bias: {}", args.file.display()), &args.shown))
}
