//! Statements with their values, for stores: the same text on both engines, values never in it.
use crate::{Error, Result, Tx};
use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable, Value};

fn statement(tx: &Tx, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(tx.engine(), sql, values)
}

/// Runs a statement and returns how many rows it changed.
pub async fn run(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<u64> {
    Ok(tx.conn().execute_raw(statement(tx, sql, values)).await?.rows_affected())
}

/// Runs a statement that must change one row, guarded by its revision.
pub async fn run_one(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<()> {
    if run(tx, sql, values).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Returns the rows of a query.
pub async fn all(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>> {
    Ok(tx.conn().query_all_raw(statement(tx, sql, values)).await?)
}

/// Returns the first row of a query.
pub async fn one(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<Option<QueryResult>> {
    Ok(tx.conn().query_one_raw(statement(tx, sql, values)).await?)
}

/// Returns a column of a row.
pub fn get<T: TryGetable>(row: &QueryResult, column: &str) -> Result<T> {
    Ok(row.try_get("", column)?)
}

/// Returns a column of a row that holds a word of one of our types.
pub fn word<T>(row: &QueryResult, column: &str) -> Result<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    get::<String>(row, column)?.parse().map_err(unknown)
}

/// Says of a stored value that this binary does not know it.
pub fn unknown(error: impl std::fmt::Display) -> Error {
    Error::Unknown(error.to_string())
}

/// Returns a count as the database holds it.
pub fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns a stored count.
pub fn count(row: &QueryResult, column: &str) -> Result<u64> {
    u64::try_from(get::<i64>(row, column)?).map_err(unknown)
}
