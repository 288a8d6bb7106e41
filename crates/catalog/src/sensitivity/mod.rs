//! How sensitive a column is: its level, where that comes from, and the rules by which a crawl proposes one.
//!
//! A person's word stands above every rule; a column that neither has classified counts as restricted.
mod content;
mod level;
mod names;

pub use level::{Level, Sensitivity, Source, UnknownLevel};

pub(crate) use content::Hits;

use crate::profile::ColumnSketch;

/// A level that a rule proposes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proposal {
    pub level: Level,
    pub rule: String,
    pub confidence: f64,
}

/// Returns what name and content rules propose for a column; the higher level wins, agreeing rules add confidence.
pub(crate) fn propose(name: &str, sketch: &ColumnSketch) -> Sensitivity {
    let mut found: Vec<Proposal> = names::propose(name).into_iter().chain(content::propose(sketch)).collect();
    found.sort_by(|a, b| b.level.cmp(&a.level).then(b.confidence.total_cmp(&a.confidence)));
    let Some(first) = found.first() else { return Sensitivity::unclassified() };
    let missed: f64 = found.iter().map(|proposal| 1.0 - proposal.confidence).product();
    let rules: Vec<&str> = found.iter().map(|proposal| proposal.rule.as_str()).collect();
    Sensitivity {
        level: first.level,
        source: Source::Proposed,
        rule: Some(rules.join(" + ")),
        confidence: Some(((1.0 - missed) * 100.0).round() / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::FileScan;
    use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;

    #[track_caller]
    fn check(name: &str, values: &[&str], expected: &str) {
        check_of(name, Arc::new(StringArray::from(values.to_vec())), expected);
    }

    #[track_caller]
    fn check_of(name: &str, values: ArrayRef, expected: &str) {
        let batch = RecordBatch::try_from_iter([(name, values)]).unwrap();
        let mut scan = FileScan::start("a", &batch.schema(), 0).unwrap();
        scan.take(&batch).unwrap();
        let found = propose(name, &scan.finish().unwrap().1[0]);
        let shown = match (&found.rule, found.confidence) {
            (Some(rule), Some(confidence)) => format!("{} by {rule}, {confidence}", found.level),
            _ => found.source.to_string(),
        };
        assert_eq!(shown, expected, "{name}");
    }

    #[test]
    fn names_and_contents_propose_levels() {
        check("loan_purpose", &["car", "education"], "unclassified");
        check("email", &[], "confidential by name e-mail, 0.9");
        check(
            "contact",
            &["a@b.de", "c.d@e.org", "x@y.com", "p@q.es", "m@n.fr"],
            "confidential by content e-mail, 0.95",
        );
        check("e_mail", &["a@b.de"; 5], "confidential by content e-mail + name e-mail, 1");
        check("iban", &["DE89370400440532013000"; 5], "restricted by content IBAN + name IBAN, 1");
        check("account", &["DE89 3704 0044 0532 0130 00"; 5], "restricted by content IBAN, 0.98");
        check("account", &["DE89370400440532013001"; 5], "unclassified"); // the checksum is wrong
        check("payment", &["4111111111111111"; 5], "restricted by content card number, 0.95");
        check("payment", &["4111111111111112"; 5], "unclassified");
        check("reach", &["+49 30 901820"; 5], "confidential by content phone, 0.85");
        check("amount", &["1200", "900", "43", "5", "78"], "unclassified");
        check("dateOfBirth", &[], "confidential by name date of birth, 0.9");
        check("full_name", &[], "confidential by name person's name, 0.85");
        check("table_name", &[], "unclassified");
        check("ssn", &["078-05-1120"; 5], "restricted by name national id + content national id, 0.99");
        check("note", &["x@y.com", "call back", "none", "-", "ok"], "unclassified"); // one in five is too few
    }

    #[test]
    fn cards_are_found_among_numbers_and_births_among_days() {
        let card = "restricted by content card number, 0.95";
        check_of("payment", Arc::new(Int64Array::from(vec![4_111_111_111_111_111; 5])), card);
        check_of("payment", Arc::new(Float64Array::from(vec![4_111_111_111_111_111.0; 5])), card);
        check_of("payment", Arc::new(Int64Array::from(vec![4_111_111_111_111_112; 5])), "unclassified");
        check_of("amount", Arc::new(Float64Array::from(vec![41.5, f64::NAN, 3.0, 4.0, 5.0, 6.0])), "unclassified");
        let days = |years: [i32; 5]| Arc::new(Date32Array::from_iter_values(years.map(|year| (year - 1970) * 365)));
        check_of("day", days([1950, 1962, 1971, 1985, 2001]), "confidential by content date of birth, 0.5");
        check_of("day", days([2001, 2003, 2004, 2006, 2007]), "unclassified");
    }
}
