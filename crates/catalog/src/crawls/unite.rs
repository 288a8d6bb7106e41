//! One schema for the files of a table: columns by name, types that widen without loss, and the files that clash.
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Returns the type that holds every value of both, if there is one without loss.
fn widened(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Float32, Float64, Int64, Null, Timestamp};
    if a == b {
        return Some(a.clone());
    }
    match (a, b) {
        (Null, other) | (other, Null) => Some(other.clone()),
        (Timestamp(x, zone), Timestamp(y, other)) if zone == other => Some(Timestamp(*x.max(y), zone.clone())),
        _ if a.is_signed_integer() && b.is_signed_integer() || a.is_unsigned_integer() && b.is_unsigned_integer() => {
            Some(if a.primitive_width() >= b.primitive_width() { a } else { b }.clone())
        }
        _ if a.is_integer() && b.is_integer() => {
            let fits = |t: &DataType| *t != DataType::UInt64;
            (fits(a) && fits(b)).then_some(Int64)
        }
        (Float32 | Float64, other) | (other, Float32 | Float64) if other.is_integer() || other.is_floating() => {
            Some(Float64)
        }
        _ => None,
    }
}

/// Where most files agree: a type per column, and for each file why it does not fit, if so.
#[derive(Debug)]
pub(crate) struct United {
    pub schema: SchemaRef,
    pub clashes: BTreeMap<usize, String>,
}

/// Unites the schemas of files. In a clash the larger number of files is right; of equal numbers, the first.
pub(crate) fn unite(schemas: &[SchemaRef]) -> United {
    let mut clashes: BTreeMap<usize, String> = BTreeMap::new();
    let (mut order, mut held): (Vec<&str>, BTreeMap<&str, Vec<(usize, &Field)>>) = Default::default();
    for (file, schema) in schemas.iter().enumerate() {
        for field in schema.fields() {
            let of_name = held.entry(field.name()).or_default();
            if of_name.is_empty() {
                order.push(field.name());
            }
            of_name.push((file, field));
        }
    }
    for name in &order {
        let agreed = agreed(&held[name]);
        for (file, found) in &held[name] {
            let found = found.data_type();
            if widened(found, &agreed).as_ref() != Some(&agreed) {
                let reason = format!("column `{name}` is {found} here, {agreed} in most other files");
                clashes.entry(*file).or_insert(reason);
            }
        }
    }
    let fitting = schemas.len() - clashes.len();
    let mut fields = Vec::new();
    for name in order {
        let fits = held[name].iter().filter(|(file, _)| !clashes.contains_key(file));
        let found: Vec<&Field> = fits.map(|(_, field)| *field).collect();
        let Some(first) = found.first() else { continue }; // a column that only clashing files have
        let mut data_type = first.data_type().clone();
        for field in &found {
            data_type = widened(&data_type, field.data_type()).unwrap_or(data_type);
        }
        if data_type == DataType::Null {
            data_type = DataType::Utf8;
        }
        let nullable = found.len() < fitting || found.iter().any(|field| field.is_nullable());
        fields.push(Field::new(name, data_type, nullable));
    }
    United { schema: Arc::new(Schema::new(fields)), clashes }
}

/// Returns the type of the largest group of files whose types widen to one.
fn agreed(held: &[(usize, &Field)]) -> DataType {
    let mut types: Vec<(&DataType, usize)> = Vec::new();
    for found in held.iter().map(|(_, field)| field.data_type()) {
        match types.iter_mut().find(|(known, _)| *known == found) {
            Some((_, count)) => *count += 1,
            None => types.push((found, 1)),
        }
    }
    let mut best = (0, DataType::Null);
    for (seed, _) in &types {
        let (mut total, mut wide) = (0, (*seed).clone());
        for (other, count) in &types {
            if let Some(wider) = widened(&wide, other) {
                (total, wide) = (total + count, wider);
            }
        }
        if total > best.0 {
            best = (total, wide);
        }
    }
    best.1
}

/// Returns the type of partition values: whole numbers if all are written as such, else text.
pub(crate) fn partition_type<'a>(values: impl Iterator<Item = Option<&'a str>>) -> DataType {
    let mut seen = false;
    for value in values.flatten() {
        seen = true;
        // Another spelling (`007`, `+7`) would come back changed.
        if value.parse::<i64>().map(|number| number.to_string()).as_deref() != Ok(value) {
            return DataType::Utf8;
        }
    }
    if seen { DataType::Int64 } else { DataType::Utf8 }
}

/// Returns how `new` differs from `old`: a breaking change first, else what was added, else nothing.
pub(crate) fn compared(old: &[(String, String)], new: &[(String, String)]) -> (bool, Vec<String>) {
    let (mut breaking, mut notes) = (false, Vec::new());
    for (name, data_type) in old {
        match new.iter().find(|(other, _)| other == name) {
            None => {
                breaking = true;
                notes.push(format!("column `{name}` is gone"));
            }
            Some((_, now)) if now != data_type => {
                breaking = true;
                notes.push(format!("column `{name}` was {data_type}, is {now}"));
            }
            Some(_) => {}
        }
    }
    for (name, data_type) in new {
        if !old.iter().any(|(other, _)| other == name) {
            notes.push(format!("column `{name}` ({data_type}) is new"));
        }
    }
    (breaking, notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(files: &[&[(&str, DataType)]], expected: Expect) {
        let schema = |fields: &&[(&str, DataType)]| -> SchemaRef {
            Arc::new(Schema::new(
                fields.iter().map(|(name, t)| Field::new(*name, t.clone(), false)).collect::<Vec<_>>(),
            ))
        };
        let united = unite(&files.iter().map(schema).collect::<Vec<_>>());
        let columns = united
            .schema
            .fields()
            .iter()
            .map(|f| format!("{} {}{}", f.name(), f.data_type(), if f.is_nullable() { "?" } else { "" }));
        expected.assert_eq(&format!("{} | {:?}", columns.collect::<Vec<_>>().join(", "), united.clashes));
    }

    #[test]
    fn files_unite_by_widening_and_the_odd_one_is_named() {
        use DataType::{Float64, Int32, Int64, Null, UInt64, Utf8};
        check(&[&[("a", Int32)], &[("a", Int64), ("b", Utf8)]], expect!["a Int64, b Utf8? | {}"]);
        check(&[&[("a", Null)], &[("a", Float64)], &[("a", Int64)]], expect!["a Float64 | {}"]);
        check(
            &[&[("a", Utf8)], &[("a", Int64)], &[("a", Int64)]],
            expect![[r#"a Int64 | {0: "column `a` is Utf8 here, Int64 in most other files"}"#]],
        );
        check(
            &[&[("a", Utf8)], &[("a", Int64)]],
            expect![[r#"a Utf8 | {1: "column `a` is Int64 here, Utf8 in most other files"}"#]],
        );
        check(
            &[&[("a", UInt64)], &[("a", Int32)]],
            expect![[r#"a UInt64 | {1: "column `a` is Int32 here, UInt64 in most other files"}"#]],
        );
        check(&[&[("a", Null)]], expect!["a Utf8 | {}"]);
    }

    #[test]
    fn partitions_and_changes() {
        assert_eq!(partition_type([Some("2024"), None, Some("2025")].into_iter()), DataType::Int64);
        assert_eq!(partition_type([Some("2024"), Some("07")].into_iter()), DataType::Utf8);
        let column = |name: &str, data_type: &str| (name.to_owned(), data_type.to_owned());
        let old = [column("a", "Int64"), column("b", "Utf8")];
        assert_eq!(compared(&old, &old), (false, vec![]));
        let new = [column("a", "Utf8"), column("c", "Utf8")];
        expect![[r#"(true, ["column `a` was Int64, is Utf8", "column `b` is gone", "column `c` (Utf8) is new"])"#]]
            .assert_eq(&format!("{:?}", compared(&old, &new)));
    }
}
