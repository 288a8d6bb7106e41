//! How groups of people fare, beside each other.
use super::arguments::BiasArgs;
use super::input::{columns, table};
use super::{failed, show, with_progress};
use crate::failure::{Exit, Failure, Result};
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
        bins: args.bins.iter().map(|text| bins(text)).collect::<Result<_>>()?,
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

/// Reads `age=25,40`. Names may hold `=`, thresholds do not.
fn bins(text: &str) -> Result<(String, Vec<f64>)> {
    let read = |(column, thresholds): (&str, &str)| {
        let thresholds = thresholds.split(',').map(|one| one.trim().parse().ok()).collect::<Option<Vec<f64>>>();
        Some((column.to_owned(), thresholds?))
    };
    text.rsplit_once('=').and_then(read).ok_or_else(|| {
        let detail = format!("`--bins` is `{text}`: expected a column and thresholds that ascend");
        Failure::new(Exit::Usage, detail, "write it as `age=25,40`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_a_column_and_thresholds() {
        assert_eq!(bins("age=25, 40").unwrap(), ("age".to_owned(), vec![25.0, 40.0]));
        assert_eq!(bins("a=b=-1e3").unwrap(), ("a=b".to_owned(), vec![-1000.0]));
        for bad in ["", "age", "age=", "age=x", "age=25,", "age=25;40"] {
            assert!(bins(bad).is_err(), "{bad}");
        }
    }
}
