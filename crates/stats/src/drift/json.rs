//! The public dictionary.
use super::model::DomainDrift;
use super::{ColumnDrift, ColumnSide, Drift, Look, TableSide, Verdict};
use kernels::drift::Test;
use serde_json::{Map, Value, json};

impl Drift {
    /// The dictionary; see `Report::to_json` of [`Drift`].
    pub(super) fn dictionary(&self) -> Value {
        let columns: Map<String, Value> =
            self.columns.iter().map(|column| (column.name.clone(), of_column(column))).collect();
        let count = |verdict| self.columns.iter().filter(|column| column.verdict == verdict).count();
        json!({
            "columns": columns,
            "dataset": {
                "verdict": self.verdict,
                "columns": self.columns.len(),
                "computed": self.columns.len() - count(Verdict::NotComputable),
                "drifted": count(Verdict::Drifted),
                "alpha": self.asked.alpha,
                "control": kernels::drift::Control::BenjaminiHochberg,
                "seed": self.asked.seed,
                "domain_classifier": of_domain(&self.domain),
            },
            "reference": of_table(&self.reference),
            "current": of_table(&self.current),
        })
    }
}

fn of_table(side: &TableSide) -> Value {
    json!({"name": side.name, "kind": side.kind.as_str(), "rows": side.rows})
}

fn of_test(test: &Test) -> Map<String, Value> {
    let interval = test.interval.map(|interval| json!({"low": interval.low, "high": interval.high}));
    let entries = [
        ("value", json!(test.value)),
        ("p_value", json!(test.p_value)),
        ("threshold", json!(test.threshold)),
        ("interval", json!(interval)),
        ("verdict", json!(test.verdict)),
        ("reason", json!(test.reason.as_ref().map(ToString::to_string))),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn of_domain(domain: &DomainDrift) -> Value {
    let mut entries = of_test(&domain.found.test);
    let shares = domain.columns.iter().zip(&domain.found.shares);
    let shares: Map<String, Value> = shares.map(|(name, share)| (name.clone(), json!(share))).collect();
    entries.insert("adjusted_p_value".to_owned(), json!(domain.adjusted));
    entries.insert("verdict".to_owned(), json!(domain.verdict));
    entries.insert("columns".to_owned(), Value::Object(shares));
    Value::Object(entries)
}

fn of_column(column: &ColumnDrift) -> Value {
    let tests: Map<String, Value> =
        column.found.tests.iter().map(|(id, test)| (id.to_string(), Value::Object(of_test(test)))).collect();
    let (histogram, top) = of_look(&column.look);
    json!({
        "verdict": column.verdict,
        "reason": column.found.reason.as_ref().filter(|_| column.verdict == Verdict::NotComputable).map(ToString::to_string),
        "compared": column.compared.as_str(),
        "note": column.note,
        "default_test": column.found.default,
        "p_value": column.found.p_value,
        "adjusted_p_value": column.adjusted,
        "tests": tests,
        "reference": of_side(column.reference),
        "current": of_side(column.current),
        "histogram": histogram,
        "top": top,
    })
}

fn of_side(side: ColumnSide) -> Value {
    let share = (side.rows > 0).then(|| side.missing as f64 / side.rows as f64);
    json!({"type": side.kind.as_str(), "rows": side.rows, "missing": side.missing, "missing_share": share})
}

fn of_look(look: &Look) -> (Value, Value) {
    match look {
        Look::Nothing => (Value::Null, Value::Null),
        Look::Histogram(found) => {
            let histogram = json!({"edges": found.edges, "reference": found.reference, "current": found.current});
            (histogram, Value::Null)
        }
        Look::Top { values, others, other_rows: [reference, current] } => {
            let one = |found: &super::Frequency| json!({"value": found.value, "reference": found.reference, "current": found.current});
            let values: Vec<Value> = values.iter().map(one).collect();
            let others = json!({"values": others, "reference": reference, "current": current});
            (Value::Null, json!({"values": values, "others": others}))
        }
    }
}
