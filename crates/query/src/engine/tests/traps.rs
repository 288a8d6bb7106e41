use datafusion::catalog::{Session as DataFusionSession, TableProvider};
use datafusion::datasource::TableType;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::ParquetReadOptions;

use super::scan::scan_of;
use super::*;
use crate::engine::exec::GovernedExec;

/// The same file without governance: what an attack yields where nothing stops it.
async fn ungoverned(fixture: &Fixture, setup: &str, sql: &str) -> Result<Vec<String>, String> {
    let context = SessionContext::new();
    let path = fixture.path();
    context.register_parquet("raw", path.to_str().unwrap(), ParquetReadOptions::default()).await.unwrap();
    context.sql(setup).await.unwrap().collect().await.unwrap();
    let frame = context.sql(sql).await.map_err(|error| error.to_string())?;
    frame.collect().await.map(|batches| texts(&batches)).map_err(|error| error.to_string())
}

/// Conditions and expressions that fail on rows 5002 (region unknown) and 5003 (south), or on every hidden `code`.
const TRAPS: [&str; 22] = [
    "SELECT count(*) FROM people WHERE 1 / (x - 5003) > 0",
    "SELECT count(*) FROM people WHERE 1 / (x - 5002) > 0",
    "SELECT count(*) FROM people WHERE x = 5003 AND 1 / (x - 5003) > 0",
    "SELECT count(*) FROM people WHERE 1 / (x - 5003) > 0 AND x >= 5003 AND x <= 5003",
    "SELECT count(*) FROM people WHERE region = 'south' AND 1 / (x - 5003) > 0",
    "SELECT count(*) FROM people WHERE x IN (5002, 5003) AND CAST(code AS INT) > 0",
    "SELECT count(*) FROM people WHERE CAST(code AS INT) >= 0",
    "SELECT sum(CAST(code AS INT)) FROM people",
    "SELECT 1 / (x - 5003) FROM people",
    "SELECT x FROM people ORDER BY 1 / (x - 5003), CAST(code AS INT) LIMIT 3",
    "SELECT 1 / (x - 5002), count(*) FROM people GROUP BY 1 / (x - 5002)",
    "SELECT count(*) FROM people a JOIN people b ON 1 / (a.x - 5003) = 1 / (b.x - 5002) AND a.x = b.x",
    "SELECT count(*) FROM people a JOIN people b ON CAST(a.code AS INT) = b.x",
    "SELECT sum(CAST(code AS INT)) OVER (ORDER BY 1 / (x - 5003)) FROM people",
    "SELECT count(*) FROM people WHERE x IN (SELECT 1 / (x - 5003) FROM people)",
    "SELECT max(x) FROM people HAVING max(1 / (x - 5003)) >= 0",
    "SELECT CASE WHEN 1 / (x - 5003) > 0 THEN 1 ELSE CAST(code AS INT) END FROM people",
    "SELECT sum(n) FROM (SELECT CAST(code AS INT) AS n FROM people UNION ALL SELECT 1 / (x - 5003) FROM people)",
    "SELECT sum(CAST(label AS INT)) FROM people",
    "SELECT count(*) FROM people WHERE CAST(label AS INT) = 1",
    "SELECT count(*) FROM people WHERE code LIKE '%' AND CAST(substr(code, 1, 4) AS INT) >= 0",
    "SELECT (SELECT min(1 / (x - 5003)) FROM people), max(x) FROM people",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_error_comes_from_a_hidden_row() {
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        let all = Fixture::stored(stored, None);
        for sql in TRAPS {
            fixture.rows(sql).await.unwrap_or_else(|error| panic!("{stored:?} {sql}: {error}"));
            // The traps are real: with every row granted each of them springs.
            assert!(all.rows(sql).await.is_err(), "{stored:?} {sql}");
        }
    }
}

#[tokio::test]
async fn a_view_with_the_same_filter_does_not_hold() {
    let fixture = Fixture::new(Some(NORTH)).await;
    let view = "CREATE VIEW people AS SELECT x, region, code, label FROM raw WHERE region = 'north'";
    let mut sprung = vec![];
    for (number, sql) in TRAPS.iter().enumerate() {
        if let Err(error) = ungoverned(&fixture, view, sql).await {
            sprung.push((number, error));
        }
    }
    assert!(sprung.iter().any(|(_, error)| error.contains("Divide by zero")), "{sprung:#?}");
    assert!(sprung.iter().any(|(_, error)| error.contains("Cannot cast string 'hidden-")), "{sprung:#?}");
}

/// What `scan` must not return: the same row filter as an ordinary `FilterExec`.
#[derive(Debug)]
struct Transparent(Arc<dyn ExecutionPlan>);

#[async_trait::async_trait]
impl TableProvider for Transparent {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn schema(&self) -> datafusion::arrow::datatypes::SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn DataFusionSession,
        _: Option<&Vec<usize>>,
        _: &[datafusion::logical_expr::Expr],
        _: Option<usize>,
    ) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn a_physical_filter_that_the_optimiser_sees_does_not_hold() {
    let fixture = Fixture::new(Some(NORTH)).await;
    let plan = scan_of(&fixture, &[1, 3], &[]).await;
    let filtered = Arc::clone(&plan.as_any().downcast_ref::<GovernedExec>().unwrap().filtered);
    let context = SessionContext::new_with_state(fixture.session.context.state());
    context.register_catalog("c", Arc::new(datafusion::catalog::MemoryCatalogProvider::new()));
    let schema = Arc::new(datafusion::catalog::MemorySchemaProvider::new());
    datafusion::catalog::CatalogProvider::register_schema(context.catalog("c").unwrap().as_ref(), "s", schema).unwrap();
    context.register_table("c.s.t", Arc::new(Transparent(filtered))).unwrap();
    let rows = context.sql("SELECT * FROM c.s.t WHERE 1 / (x - 5003) > 0").await.unwrap().collect().await;
    assert!(rows.is_err_and(|error| error.to_string().contains("Divide by zero")));
    let rows = context.sql("SELECT * FROM c.s.t WHERE CAST(code AS INT) > 0").await.unwrap().collect().await;
    assert!(rows.is_err_and(|error| error.to_string().contains("'hidden-")));
}

#[tokio::test(flavor = "multi_thread")]
async fn error_texts_carry_no_values() {
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        fixture.check_fails("SELECT 1 / (x - 5000) FROM people", "division by zero").await;
        for sql in [
            "SELECT CAST(remark AS INT) FROM people",
            "SELECT CAST(person AS INT) FROM people",
            "SELECT CAST(remark AS DATE) FROM people",
            "SELECT CAST(x AS TINYINT) FROM people",
            "SELECT to_timestamp(remark) FROM people",
        ] {
            fixture.check_fails(sql, "a value could not be converted").await;
        }
        // A row filter that fails does so with words of its own, whatever it met.
        let failing = Fixture::stored(stored, Some("CAST(code AS INT) >= 0"));
        failing.check_fails("SELECT count(*) FROM people", "a dataset could not be read").await;
    }
}

#[tokio::test]
async fn metadata_of_hidden_rows_answers_nothing() {
    let shortcuts = "SELECT count(*), count(remark), count(x), min(x), max(x) FROM";
    let fixture = Fixture::new(Some(NORTH)).await;
    // Without governance the file's footer answers, hidden rows included.
    let leak = ungoverned(&fixture, "SELECT 1", &format!("{shortcuts} raw")).await.unwrap();
    assert_eq!(leak, ["8000|8000|8000|0|7999"]);
    let plan = ungoverned(&fixture, "SELECT 1", &format!("EXPLAIN {shortcuts} raw")).await.unwrap();
    assert!(plan.concat().contains("PlaceholderRowExec"), "{plan:?}");

    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        fixture.check(&format!("{shortcuts} people"), &["4000|4000|4000|0|7997"]).await;
        fixture.check("SELECT max(x), max(id) FROM people WHERE x > 7997", &["null|null"]).await;
        fixture.check("SELECT count(salary), min(salary), max(team) FROM people", &["0|null|null"]).await;
        fixture.check("SELECT count(DISTINCT region) FROM people", &["1"]).await;

        let table = scan::table_of(&fixture).await;
        assert!(table.statistics().is_none() && table.constraints().is_none());
        assert!(table.schema().metadata().is_empty());
        assert!(table.schema().fields().iter().all(|field| field.metadata().is_empty()));
        let plan = scan_of(&fixture, &[], &[]).await;
        assert_eq!(format!("{:?}", plan.partition_statistics(None).unwrap().num_rows), "Absent");
        assert!(plan.metrics().is_none() && plan.children().is_empty());
        assert_eq!(format!("{plan:?}"), "GovernedExec");
    }
}

#[tokio::test]
async fn a_limit_counts_visible_rows() {
    let late = Fixture::new(Some("x >= 7990 AND region = 'north'")).await;
    late.check("SELECT x FROM people LIMIT 3", &["7992", "7993", "7996"]).await;
    late.check("SELECT x FROM people LIMIT 10 OFFSET 2", &["7996", "7997"]).await;
    late.check("SELECT count(*) FROM (SELECT 1 FROM people LIMIT 100)", &["4"]).await;
    late.check("SELECT x FROM people ORDER BY x DESC LIMIT 1", &["7997"]).await;
}
