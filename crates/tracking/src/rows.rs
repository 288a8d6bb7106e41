//! Many rows at once.
use crate::wire::Tag;
use db::Tx;
use db::sql::{all, get};
use sea_orm::{DbBackend, TryGetable, Value};
use serde::Serialize;
use std::collections::HashMap;

/// How many rows go into one statement: few sizes, so that the engine knows the statements already.
const PIECES: [usize; 5] = [256, 64, 16, 4, 1];

/// Runs `head VALUES (…), (…) tail` over all rows, in a few statements, and returns how many it changed.
pub(crate) async fn insert(tx: &Tx, head: &str, tail: &str, rows: Vec<Vec<Value>>) -> db::Result<u64> {
    let Some(width) = rows.first().map(Vec::len) else { return Ok(0) };
    let (mut left, mut changed) = (rows.len(), 0);
    let mut rows = rows.into_iter();
    for piece in PIECES {
        let sql = if left >= piece { format!("{head} VALUES {} {tail}", marks(piece, width)) } else { String::new() };
        while left >= piece {
            let values: Vec<Value> = rows.by_ref().take(piece).flatten().collect();
            changed += db::sql::run(tx, &sql, values).await?;
            left -= piece;
        }
    }
    Ok(changed)
}

/// Returns `($1, $2), ($3, $4)` for two rows of two.
fn marks(rows: usize, width: usize) -> String {
    let row = |row: usize| {
        let marks: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
        format!("({})", marks.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Returns what holds the rows that a statement reads until its transaction ends.
pub(crate) fn hold(tx: &Tx) -> &'static str {
    if tx.engine() == DbBackend::Postgres { " FOR UPDATE" } else { "" }
}

/// Returns a list as the one value that `search::listed_texts` and its kin take.
pub(crate) fn list<T: Serialize>(items: &[T]) -> Value {
    serde_json::to_string(items).expect("plain values serialise").into()
}

/// Returns the rows of a query over `owner`, `key` and `value`, by owner.
pub(crate) async fn tags_by<K>(tx: &Tx, sql: &str, values: Vec<Value>) -> db::Result<HashMap<K, Vec<Tag>>>
where
    K: TryGetable + Eq + std::hash::Hash,
{
    let mut by: HashMap<K, Vec<Tag>> = HashMap::new();
    for row in all(tx, sql, values).await? {
        let tag = Tag { key: get(&row, "key")?, value: get(&row, "value")? };
        by.entry(get(&row, "owner")?).or_default().push(tag);
    }
    Ok(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_through_all_rows() {
        assert_eq!(marks(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
