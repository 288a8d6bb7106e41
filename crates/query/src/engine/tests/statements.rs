use super::*;

#[tokio::test]
async fn only_reads_run() {
    let fixture = Fixture::new(Some(NORTH)).await;
    let path = fixture.path().display().to_string();
    for sql in [
        "EXPLAIN SELECT x FROM people",
        "EXPLAIN ANALYZE SELECT x FROM people",
        "EXPLAIN VERBOSE SELECT x FROM people",
        "DESCRIBE people",
        "SET datafusion.catalog.information_schema = true",
        "SET datafusion.execution.parquet.pushdown_filters = true",
        "RESET datafusion.execution.batch_size",
        "BEGIN",
        "PREPARE q AS SELECT x FROM people",
        "EXECUTE q",
        "CREATE TABLE mine AS SELECT x FROM people",
        "CREATE VIEW mine AS SELECT x FROM people",
        &format!("CREATE EXTERNAL TABLE mine STORED AS PARQUET LOCATION '{path}'"),
        "DROP TABLE people",
        "INSERT INTO people (x) VALUES (1)",
        "DELETE FROM people",
        "UPDATE people SET x = 1",
        &format!("COPY (SELECT x FROM people) TO '{path}.csv'"),
        "SHOW TABLES",
        "SHOW ALL",
        "SHOW COLUMNS FROM people",
        "/* a comment */ explain SELECT x FROM people",
    ] {
        let error = fixture.rows(sql).await.unwrap_err();
        assert!(error.ends_with("does not run here"), "{sql}: {error}");
    }
    for sql in [
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 3",
        &format!("SELECT * FROM '{path}'"),
        &format!("SELECT * FROM \"{path}\""),
        &format!("SELECT * FROM read_parquet('{path}')"),
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.columns",
        "SELECT * FROM datafusion.information_schema.df_settings",
        "SELECT * FROM lake.information_schema.tables",
        "SELECT * FROM generate_series(1, 3)",
        "SELECT * FROM another",
        "SELECT * FROM lake.core.another",
        "SELECT 1; SELECT 2",
        "SELECT $1",
        "SELECT @@version",
        "SELECT x INTO mine FROM people",
        "SELECT repeat('x', 100000000) FROM people",
        "SELECT unnest(range(1, 100000000)) FROM people",
        "",
    ] {
        let error = fixture.rows(sql).await.unwrap_err();
        assert!(
            !error.contains("parquet.people") && !error.contains(fixture.folder.path().to_str().unwrap())
                || sql.contains(&path),
            "{sql}: {error}"
        );
    }
    fixture.check("SELECT count(*) FROM people", &["4000"]).await;
}

/// On the engine's threads, as the service does: a test's own stack is small.
async fn on_the_engine(engine: &Engine, fixture: &Arc<Fixture>, sql: String) -> Result<Vec<String>, String> {
    let fixture = Arc::clone(fixture);
    engine.spawn(async move { fixture.rows(&sql).await }).done().await.unwrap()
}

#[tokio::test]
async fn nesting_without_end_is_refused() {
    let engine = Engine::start(Limits { threads: 2, ..Limits::default() }).unwrap();
    let fixture = Arc::new(Fixture::new(None).await);
    let nested = |times: usize| format!("SELECT {}x{} FROM people LIMIT 1", "(".repeat(times), ")".repeat(times));
    assert!(on_the_engine(&engine, &fixture, nested(20)).await.is_ok());
    assert!(on_the_engine(&engine, &fixture, nested(5_000)).await.is_err());
    // A chain is a deep tree too, though no parser's depth ends it.
    let too_many = "the statement has more than 2000 operators and keywords";
    for (first, link, last) in [
        ("SELECT count(*) FROM people WHERE x = 1", " OR x = 1", ""),
        ("SELECT x", " + x", " FROM people LIMIT 1"),
        ("SELECT x", "::BIGINT", " FROM people LIMIT 1"),
        ("SELECT x IS NULL", " IS NULL", " FROM people LIMIT 1"),
        ("SELECT 'a'", " || 'a'", ""),
    ] {
        let chain = |links: usize| format!("{first}{}{last}", link.repeat(links));
        let refused = on_the_engine(&engine, &fixture, chain(3_000)).await;
        assert_eq!(refused.unwrap_err(), too_many, "{first}{link}");
        let long = on_the_engine(&engine, &fixture, chain(200)).await;
        assert!(long.is_ok(), "{first}{link}: {long:?}");
    }
    let list = format!("SELECT count(*) FROM people WHERE x IN (1{})", ", 1".repeat(9_000));
    assert_eq!(on_the_engine(&engine, &fixture, list).await.unwrap(), ["1"]);
    let huge = format!("SELECT '{}'", "x".repeat(200_000));
    assert_eq!(fixture.rows(&huge).await.unwrap_err(), "the statement is longer than 100000 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_tables_runs_and_tables_are_named_once() {
    let fixture = Fixture::new(None).await;
    fixture.check("SELECT 1 + 1, 'a'", &["2|a"]).await;
    fixture.check("VALUES (1), (2)", &["1", "2"]).await;
    let sql = r#"WITH q AS (SELECT * FROM "credit-risk".core.t) SELECT * FROM q, "credit-risk".core.t, a.b.c"#;
    let tables: Vec<String> = Statement::parse(sql).unwrap().tables().iter().map(ToString::to_string).collect();
    assert_eq!(tables, ["a.b.c", "credit-risk.core.t"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_too_big_for_its_memory_says_so() {
    let folder = TempDir::new().unwrap();
    let pinned = store(folder.path(), Stored::Parquet, super::rows(0..ROWS));
    let mut session = Session::new(1 << 20, 2, None).unwrap();
    let policy = policy(&pinned, None);
    session.add(&name("people"), pinned, policy).unwrap();
    let sql = in_full("SELECT a.remark, b.remark FROM people a CROSS JOIN people b ORDER BY 1, 2");
    let prepared = session.prepare(Statement::parse(&sql).unwrap(), 1_000_000).await.unwrap();
    let error = match session.run(prepared).await {
        Ok(rows) => rows.batches.try_collect::<Vec<_>>().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.to_string(), "the query needs more memory than it may use");
}
