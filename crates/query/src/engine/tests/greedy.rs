//! Queries that want more than their share: of memory, of places, of time.
use std::time::Duration;

use tokio::sync::mpsc;

use super::*;

/// Runs on the engine's threads, as the service does.
async fn run(sql: &str) -> Result<usize, Error> {
    let engine = Engine::start(Limits { threads: 2, ..Limits::default() }).unwrap();
    let sql = sql.to_owned();
    let work = engine.spawn(async move {
        let session = Session::new(64 << 20, 2, None)?;
        let prepared = session.prepare(Statement::parse(&sql)?, 1_000_000).await?;
        let batches: Vec<RecordBatch> = session.run(prepared).await?.batches.try_collect().await?;
        Ok(batches.iter().map(RecordBatch::num_rows).sum())
    });
    tokio::time::timeout(Duration::from_secs(120), work.done()).await.expect("it must end").expect("no panic")
}

fn values(rows: usize, value: &str) -> String {
    let rows: Vec<String> = (0..rows).map(|n| format!("({n}, {value})")).collect();
    format!("(VALUES {})", rows.join(", "))
}

#[tokio::test]
async fn what_grows_before_any_row_is_refused_in_words() {
    let columns: Vec<String> = (1..=25).map(|n| format!("column{n}")).collect();
    let ones = vec!["1"; 25].join(", ");
    let cube = format!("SELECT count(*) FROM (VALUES ({ones})) t GROUP BY CUBE({})", columns.join(", "));
    let sets = "a `GROUP BY` has at most 256 grouping sets";
    let grouped = |by: &str| format!("SELECT count(*) FROM (VALUES (1, 1, 1)) t GROUP BY {by}");
    let joins = format!(
        "SELECT count(*) FROM {}",
        (0..40).map(|n| format!("(VALUES (1)) t{n}")).collect::<Vec<_>>().join(", ")
    );
    let over = |call: &str| format!("SELECT {call} FROM (VALUES (1)) t");
    for (sql, words) in [
        (cube.as_str(), sets),
        (
            &grouped(
                "CUBE(column1, column2, column3), CUBE(column1, column2, column3), CUBE(column1, column2, column3)",
            ),
            sets,
        ),
        (
            &grouped(
                "GROUPING SETS((column1), (column2)), CUBE(column1, column2, column3, column1, column2, column3, column1, column2)",
            ),
            sets,
        ),
        (&joins, "a query reads at most 32 tables and subqueries, each as often as it stands there"),
        (&format!("SELECT * FROM {} t", values(6_000, "1")), "a query spells out at most 10000 values"),
        (
            &over("array_agg(column1) OVER (ORDER BY column1)"),
            "`array_agg` does not run over a window: group the rows instead",
        ),
        (&over("string_agg(column1, ',') OVER ()"), "`string_agg` does not run over a window: group the rows instead"),
        (
            &over("sum(column1) OVER (ROWS BETWEEN 9000000 PRECEDING AND CURRENT ROW)"),
            "a window reaches at most 100000 rows",
        ),
        (&over("lag(column1, -9223372036854775808) OVER ()"), "the second argument of `lag` is at most 100000"),
        (
            &over("nth_value(column1, 9223372036854775807) OVER ()"),
            "the second argument of `nth_value` is at most 100000",
        ),
    ] {
        assert_eq!(run(sql).await.unwrap_err().to_string(), words, "{}", &sql[..sql.len().min(200)]);
    }
    assert_eq!(run(&grouped("CUBE(column1, column2, column3), ROLLUP(column1, column2)")).await, Ok(8));
    assert_eq!(run(&over("lag(column1, 3) OVER ()")).await, Ok(1));
}

#[tokio::test]
async fn a_value_that_grows_is_too_large_before_it_is_there() {
    let long = "x".repeat(20_000);
    // Doubled in each subquery.
    let mut doubled = format!("SELECT '{long}' AS s FROM {} v", values(3_000, "1"));
    for _ in 0..20 {
        doubled = format!("SELECT s || s AS s FROM ({doubled}) t");
    }
    let mut listed = "SELECT [1, 2] AS s FROM (VALUES (1)) v".to_owned();
    for _ in 0..9 {
        listed = format!("SELECT array_concat(s, s, s, s, s, s, s, s) AS s FROM ({listed}) t");
    }
    let many = values(2_000, "1");
    for sql in [
        doubled,
        listed,
        format!("SELECT replace(replace('{long}', 'x', '{long}'), 'x', '{long}')"),
        format!("SELECT regexp_replace('{long}', 'x', '{long}', 'g')"),
        format!("SELECT array_to_string(['{long}', '{long}'], '{long}')"),
        // A value that was counted once is copied for each row.
        format!("SELECT s, w.* FROM (SELECT string_agg('{long}', '') AS s FROM {many} v) t CROSS JOIN {many} w"),
        format!(
            "SELECT unnest(a), s FROM (SELECT array_agg(v.column1) AS a, max('{long}') AS s FROM {many} v, {} w) t",
            values(50, "1")
        ),
        // What a window looks at is kept to the end.
        format!("SELECT sum(v.column1) OVER () FROM {many} v, {many} w"),
    ] {
        assert_eq!(run(&sql).await, Err(Error::TooLarge), "{}…{}", &sql[..60], &sql[sql.len().saturating_sub(80)..]);
    }
}

#[tokio::test]
async fn what_is_not_large_stays_as_it_is() {
    let fixture = Fixture::new(Some(NORTH)).await;
    let long = "y".repeat(3_000);
    fixture
        .check(
            "SELECT code || '-' || region, concat(code, x), concat_ws('/', code, 'b') FROM people WHERE x = 4",
            &["4-north|44|4/b"],
        )
        .await;
    fixture
        .check(
            "SELECT code || NULL, concat(code, NULL), replace('banana', 'an', 'AN') FROM people WHERE x = 4",
            &["null|4|bANANa"],
        )
        .await;
    fixture
        .check(
            "SELECT 'a' || x || 'b', count(*) FROM people WHERE x < 2 GROUP BY 'a' || x || 'b' ORDER BY 1",
            &["a0b|1", "a1b|1"],
        )
        .await;
    fixture
        .check("SELECT [x, 1] || [2], array_to_string([x, 1], '-') FROM people WHERE x = 4", &["[4, 1, 2]|4-1"])
        .await;
    fixture.check(&format!("SELECT length(replace('{long}', 'yy', 'zzz'))"), &["4500"]).await;
    fixture.check("SELECT sum(x) OVER (), unnest([1, 2]) FROM people WHERE x = 4", &["4|1", "4|2"]).await;
    let batch = fixture.batches("SELECT code || 'a', 'a' || 'b' FROM people WHERE x = 4").await.unwrap().remove(0);
    assert_eq!(batch.schema().field(0).name(), "lake.core.people.code || Utf8(\"a\")", "the names of columns stay");
}

#[tokio::test]
async fn a_panic_is_a_failed_query() {
    let session = Arc::new(Session::new(64 << 20, 2, None).unwrap());
    session.context.register_udf(datafusion::logical_expr::create_udf(
        "boom",
        vec![DataType::Int64],
        DataType::Int64,
        datafusion::logical_expr::Volatility::Volatile,
        Arc::new(|_| panic!("as some functions do")),
    ));
    let prepared =
        session.prepare(Statement::parse("SELECT boom(column1) FROM (VALUES (1)) t").unwrap(), 10).await.unwrap();
    let (pieces, mut received) = mpsc::channel(2);
    tokio::spawn(pump(session, prepared, Encoding::Csv, pieces));
    assert_eq!(received.recv().await, Some(Piece::Failed(Error::Failed(BROKE_OFF))));
}

#[tokio::test]
async fn nobody_holds_more_than_half_of_the_places() {
    let limits = Limits { at_once: 4, wait: Duration::from_millis(50), threads: 1, ..Limits::default() };
    let engine = Engine::start(limits).unwrap();
    let (first, second) = (engine.slot("zoe").await.unwrap(), engine.slot("zoe").await.unwrap());
    assert!(engine.slot("zoe").await.is_none());
    let others = (engine.slot("ana").await.unwrap(), engine.slot("ben").await.unwrap());
    assert!(engine.slot("cho").await.is_none(), "all of them are taken");
    drop(second);
    assert!(engine.slot("zoe").await.is_some());
    drop((first, others));
}

#[tokio::test]
async fn a_place_is_taken_until_the_last_thread_is_done_with_its_query() {
    let limits = Limits { at_once: 1, wait: Duration::from_millis(50), threads: 1, ..Limits::default() };
    let engine = Engine::start(limits).unwrap();
    let slot = engine.slot("zoe").await.unwrap();
    let session = Session::new(1 << 20, 1, Some(slot)).unwrap();
    // What a part of a query holds that computes on after the query was given up.
    let context = session.context.task_ctx();
    let left = datafusion::execution::memory_pool::MemoryConsumer::new("a part").register(context.memory_pool());
    drop((session, context));
    assert!(engine.slot("ana").await.is_none());
    drop(left);
    assert!(engine.slot("ana").await.is_some());
}
