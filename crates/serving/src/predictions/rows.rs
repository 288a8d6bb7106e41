//! From captured calls to rows: one per scored row, with what was asked under its own name and what was answered as `prediction_…`.
use crate::rollouts::Rollout;
use crate::signature::Datatype;
use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use base::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many rows one call may have scored.
const MOST_ROWS: usize = 1_000_000;

/// A line of a segment.
#[derive(Debug, Deserialize)]
struct Line {
    at: Timestamp,
    rollout: String,
    rows: usize,
    record_id: Option<Vec<String>>,
    inputs: BTreeMap<String, Tensor>,
    outputs: BTreeMap<String, Tensor>,
}

#[derive(Debug, Deserialize)]
struct Tensor {
    datatype: Datatype,
    data: Vec<Value>,
}

/// The values of a column, as many as there are rows.
#[derive(Debug, Default)]
struct Column {
    datatype: Option<Datatype>,
    values: Vec<Value>,
}

/// What calls came to.
#[derive(Debug, Default)]
pub(super) struct Rows {
    called_at: Vec<i64>,
    record_id: Vec<Option<String>>,
    model_version: Vec<i64>,
    candidate: Vec<String>,
    rollout: Vec<String>,
    /// In the order in which they came first.
    names: Vec<String>,
    columns: BTreeMap<String, Column>,
    /// Lines that are no calls of this endpoint.
    pub left_out: usize,
}

/// Names of columns that say where a row comes from.
const OURS: [&str; 5] = ["called_at", "record_id", "model_version", "candidate", "rollout"];

impl Rows {
    /// Takes the lines of a segment; `rollouts` are those of the endpoint.
    pub fn take(&mut self, segment: &[u8], rollouts: &BTreeMap<String, Rollout>) {
        for line in segment.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let read: Option<Line> = serde_json::from_slice(line).ok();
            let taken = read.and_then(|line| {
                let rollout = rollouts.get(&line.rollout)?;
                self.take_line(&line, rollout)
            });
            self.left_out += usize::from(taken.is_none());
        }
    }

    /// Returns the rollouts that answered.
    pub fn rollouts(&self) -> BTreeSet<&str> {
        self.rollout.iter().map(String::as_str).collect()
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.called_at.len()
    }

    /// Takes a call, whole or not at all.
    fn take_line(&mut self, line: &Line, rollout: &Rollout) -> Option<()> {
        // Without a value for each row, a short line could claim a million.
        if line.rows == 0
            || line.rows > MOST_ROWS
            || line.outputs.is_empty()
            || line.record_id.as_ref().is_some_and(|ids| ids.len() != line.rows)
        {
            return None;
        }
        let mut parts = Vec::new();
        for (name, tensor) in &line.inputs {
            let width = tensor.width(line.rows)?;
            let columns = &rollout.signature.columns;
            let named = rollout.signature.inputs.first().is_some_and(|input| input.name == *name);
            for at in 0..width {
                let name = match columns.get(at).filter(|_| named && columns.len() == width) {
                    Some(column) => column.clone(),
                    None if width == 1 => name.clone(),
                    None => format!("{name}_{at}"),
                };
                // A column of the model that is called as one of ours would be taken for it.
                let taken = OURS.contains(&name.as_str()) || name.starts_with("prediction_");
                let name = if taken { format!("input_{name}") } else { name };
                parts.push((name, tensor, width, at));
            }
        }
        for (name, tensor) in &line.outputs {
            let width = tensor.width(line.rows)?;
            for at in 0..width {
                let name = if width == 1 { format!("prediction_{name}") } else { format!("prediction_{name}_{at}") };
                parts.push((name, tensor, width, at));
            }
        }
        // A column that has another type in another version of the model is another column.
        for (name, tensor, ..) in &mut parts {
            let known = self.columns.get(name).and_then(|column| column.datatype).map(family);
            if let Some(other) = Some(family(tensor.datatype)).filter(|own| known.is_some_and(|known| known != *own)) {
                *name = format!("{name}_{}", other.word());
            }
        }
        let before = self.len();
        for (name, tensor, width, at) in parts {
            let column = self.columns.entry(name.clone()).or_insert_with(|| {
                self.names.push(name);
                Column::default()
            });
            column.datatype = Some(tensor.datatype);
            column.values.resize(before, Value::Null);
            column.values.extend((0..line.rows).map(|row| tensor.data[row * width + at].clone()));
        }
        let ids = line.record_id.as_ref();
        self.record_id.extend((0..line.rows).map(|row| ids.map(|ids| ids[row].clone())));
        self.called_at.extend(std::iter::repeat_n(line.at.0, line.rows));
        self.model_version.extend(std::iter::repeat_n(rollout.version, line.rows));
        self.candidate.extend(std::iter::repeat_n(rollout.candidate.hex(), line.rows));
        self.rollout.extend(std::iter::repeat_n(line.rollout.clone(), line.rows));
        Some(())
    }

    /// Returns them as a table; nothing where there is no row.
    pub fn table(mut self) -> Option<RecordBatch> {
        let count = self.len();
        if count == 0 {
            return None;
        }
        let utc = TimestampMicrosecondArray::from(std::mem::take(&mut self.called_at)).with_timezone("UTC");
        let mut columns: Vec<(String, ArrayRef)> = vec![
            ("called_at".to_owned(), Arc::new(utc)),
            ("record_id".to_owned(), Arc::new(StringArray::from(std::mem::take(&mut self.record_id)))),
            ("model_version".to_owned(), Arc::new(Int64Array::from(std::mem::take(&mut self.model_version)))),
            ("candidate".to_owned(), Arc::new(StringArray::from(std::mem::take(&mut self.candidate)))),
            ("rollout".to_owned(), Arc::new(StringArray::from(std::mem::take(&mut self.rollout)))),
        ];
        for name in &self.names {
            let mut column = self.columns.remove(name)?;
            column.values.resize(count, Value::Null);
            columns.push((name.clone(), column.array()));
        }
        let field = |(name, array): &(String, ArrayRef)| Field::new(name, array.data_type().clone(), true);
        let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
        debug_assert_eq!(*schema.field(0).data_type(), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).ok()
    }
}

/// What a column of these values is in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Flag,
    Whole,
    Fraction,
    Text,
}

impl Family {
    /// Returns the word behind the name of a column that has another type elsewhere; the same that appending uses.
    fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Whole => "whole",
            Self::Fraction => "fraction",
            Self::Text => "text",
        }
    }
}

fn family(datatype: Datatype) -> Family {
    match datatype {
        Datatype::Bool => Family::Flag,
        Datatype::Fp32 | Datatype::Fp64 => Family::Fraction,
        Datatype::Bytes => Family::Text,
        _ => Family::Whole,
    }
}

impl Tensor {
    /// Returns how many values a row has; `None` where rows have not equally many, or none.
    fn width(&self, rows: usize) -> Option<usize> {
        (!self.data.is_empty() && self.data.len().is_multiple_of(rows)).then(|| self.data.len() / rows)
    }
}

impl Column {
    fn array(self) -> ArrayRef {
        let values = self.values.iter();
        match self.datatype.map_or(Family::Text, family) {
            Family::Flag => Arc::new(values.map(Value::as_bool).collect::<BooleanArray>()),
            Family::Whole => Arc::new(values.map(Value::as_i64).collect::<Int64Array>()),
            Family::Fraction => Arc::new(values.map(Value::as_f64).collect::<Float64Array>()),
            Family::Text => Arc::new(values.map(|value| value.as_str().map(str::to_owned)).collect::<StringArray>()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollouts::RolloutState;
    use crate::rollouts::tests::rollout;
    use arrow::util::pretty::pretty_format_batches;
    use expect_test::expect;
    use serde_json::json;

    fn line(rollout: &str, ids: &Value, income: &Value, label: &Value) -> Vec<u8> {
        let rows = label.as_array().map_or(0, Vec::len);
        let line = json!({
            "at": "2026-11-26T10:00:00Z", "rollout": rollout, "version": "3", "rows": rows, "record_id": ids,
            "inputs": {"income": {"datatype": "FP32", "shape": [rows, 1], "data": income}},
            "outputs": {
                "label": {"datatype": "BYTES", "shape": [rows], "data": label},
                "p": {"datatype": "FP32", "shape": [rows, 2], "data": vec![0.5; rows * 2]},
            },
        });
        let mut bytes = serde_json::to_vec(&line).unwrap();
        bytes.push(b'\n');
        bytes
    }

    #[test]
    fn calls_become_rows_and_what_is_none_of_the_endpoints_is_left_out() {
        let rollouts = [("ro-1".to_owned(), rollout("ro-1", RolloutState::Serving))].into();
        let mut rows = Rows::default();
        rows.take(&line("ro-1", &json!(["a", "b"]), &json!([1.5, null]), &json!(["good", "bad"])), &rollouts);
        rows.take(&line("ro-9", &json!(["c"]), &json!([2.0]), &json!(["good"])), &rollouts);
        rows.take(&line("ro-1", &json!(["c", "d"]), &json!([2.0]), &json!(["good"])), &rollouts);
        rows.take(b"no json\n", &rollouts);
        rows.take(&line("ro-1", &json!(null), &json!([2.0]), &json!(["bad"])), &rollouts);
        assert_eq!((rows.len(), rows.left_out), (3, 3));
        let table = rows.table().unwrap().project(&[0, 1, 2, 5, 6, 7, 8]).unwrap();
        expect![[r#"
            +----------------------+-----------+---------------+--------+------------------+----------------+----------------+
            | called_at            | record_id | model_version | income | prediction_label | prediction_p_0 | prediction_p_1 |
            +----------------------+-----------+---------------+--------+------------------+----------------+----------------+
            | 2026-11-26T10:00:00Z | a         | 3             | 1.5    | good             | 0.5            | 0.5            |
            | 2026-11-26T10:00:00Z | b         | 3             |        | bad              | 0.5            | 0.5            |
            | 2026-11-26T10:00:00Z |           | 3             | 2.0    | bad              | 0.5            | 0.5            |
            +----------------------+-----------+---------------+--------+------------------+----------------+----------------+"#]].assert_eq(&pretty_format_batches(&[table]).unwrap().to_string());
        assert!(Rows::default().table().is_none());
    }
}
