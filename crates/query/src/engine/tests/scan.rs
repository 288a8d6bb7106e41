use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, col, lit};
use datafusion::physical_plan::metrics::MetricValue;
use datafusion::physical_plan::{ExecutionPlan, collect};

use super::*;
use crate::engine::exec::GovernedExec;

pub(super) async fn table_of(fixture: &Fixture) -> Arc<dyn TableProvider> {
    let schema = fixture.session.context.catalog("lake").unwrap().schema("core").unwrap();
    schema.table("people").await.unwrap().unwrap()
}

pub(super) async fn scan_of(fixture: &Fixture, projection: &[usize], filters: &[Expr]) -> Arc<dyn ExecutionPlan> {
    let state = fixture.session.context.state();
    table_of(fixture).await.scan(&state, Some(&projection.to_vec()), filters, Some(1)).await.unwrap()
}

#[tokio::test]
async fn dictionaries_and_views_keep_their_types() {
    let fixture = Fixture::stored(Stored::Views, Some(NORTH));
    let types = "SELECT arrow_typeof(region), arrow_typeof(code), arrow_typeof(person), arrow_typeof(city),
        arrow_typeof(team), arrow_typeof(salary) FROM people LIMIT 1";
    let region = "Dictionary(Int32, Utf8)";
    fixture.check(types, &[&format!("{region}|Utf8View|Utf8|Utf8|{region}|Int32")]).await;
    fixture.check("SELECT region, count(*) FROM people GROUP BY region", &["north|4000"]).await;
    fixture.check("SELECT count(DISTINCT city), count(team) FROM people", &["3|0"]).await;
    fixture.check("SELECT code FROM people WHERE code IN ('1', '4', 'hidden-3') ORDER BY x", &["1", "4"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_may_use_partition_columns() {
    for stored in [Stored::Hive, Stored::HiveCsv] {
        let fixture = Fixture::stored(stored, Some("region <> 'south' OR region IS NULL"));
        let by_region = "SELECT region, count(*) FROM people GROUP BY 1 ORDER BY 1 NULLS FIRST";
        fixture.check(by_region, &["null|2000", "north|4000"]).await;
        fixture.check("SELECT count(*) FROM people WHERE region = 'south'", &["0"]).await;
        fixture.check("SELECT count(*) FROM people WHERE region = 'nowhere'", &["0"]).await;
        fixture.check("SELECT count(*), max(x) FROM people WHERE region IS NULL", &["2000|7998"]).await;
        fixture.check("SELECT count(*) FROM people WHERE 1 / (x - 5003) <= 0", &["5999"]).await;
    }
}

/// How many files, row groups and rows of pages were left out, and how many rows came through.
async fn pruned(stored: Stored, row_filter: Option<&str>, predicates: &[Expr]) -> (usize, usize, usize, usize) {
    let fixture = Fixture::stored(stored, row_filter);
    let x = table_of(&fixture).await.schema().index_of("x").unwrap();
    let plan = scan_of(&fixture, &[x], predicates).await;
    let context = fixture.session.context.task_ctx();
    let rows: usize = collect(Arc::clone(&plan), context).await.unwrap().iter().map(RecordBatch::num_rows).sum();
    let unit = plan.as_any().downcast_ref::<GovernedExec>().unwrap();
    let mut scan = Arc::clone(&unit.filtered);
    while let Some(child) = scan.children().first().map(|child| Arc::clone(child)) {
        scan = child;
    }
    let exec = scan.as_any().downcast_ref::<datafusion::datasource::source::DataSourceExec>().unwrap();
    let config = exec.data_source().as_any().downcast_ref::<datafusion::datasource::physical_plan::FileScanConfig>();
    let mut numbers: Vec<_> =
        config.unwrap().file_groups.iter().flat_map(datafusion::datasource::physical_plan::FileGroup::files).collect();
    numbers.sort_by_key(|file| file.path().to_string());
    numbers.dedup_by_key(|file| file.path().to_string());
    let metrics = scan.metrics().unwrap().aggregate_by_name();
    let pruned = |name: &str| {
        let found = metrics.iter().find(|metric| metric.value().name() == name).map(|metric| metric.value().clone());
        match found {
            Some(MetricValue::PruningMetrics { pruning_metrics, .. }) => pruning_metrics.pruned(),
            _ => 0,
        }
    };
    (numbers.len(), pruned("row_groups_pruned_statistics"), pruned("page_index_rows_pruned"), rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_and_folders_still_prune() {
    let parquet = Stored::Parquet;
    assert_eq!(pruned(parquet, None, &[]).await, (1, 0, 0, 8000));
    // The row filter, typed (`Int64` against `Int64`, `Int32` against `Int64`) and on a column that is not shown.
    assert_eq!(pruned(parquet, Some("x >= 7000"), &[]).await, (1, 7, 0, 1000));
    assert_eq!(pruned(parquet, Some("salary >= 37000"), &[]).await, (1, 7, 0, 1000));
    assert_eq!(pruned(parquet, Some("x >= 7900"), &[]).await, (1, 7, 900, 100));
    // The reader's own, together with it; rows of the page that do not match are left to the reader's filter above.
    assert_eq!(pruned(parquet, Some(NORTH), &[col("x").lt(lit(50_i64))]).await, (1, 7, 900, 50));
    assert_eq!(pruned(parquet, Some("x >= 7000"), &[col("x").lt(lit(7_050_i64))]).await, (1, 7, 900, 100));
    // A predicate that must not enter is ignored, even by a planner that hands it over.
    assert_eq!(pruned(parquet, Some(NORTH), &[col("salary").lt(lit(0_i32))]).await, (1, 0, 0, 4000));
    let failing = lit(1_i64) / (col("x") - lit(5_003_i64));
    assert_eq!(pruned(parquet, Some(NORTH), &[failing]).await, (1, 0, 0, 4000));
    for stored in [Stored::Hive, Stored::HiveCsv] {
        assert_eq!(pruned(stored, None, &[]).await.0, 3);
        assert_eq!(pruned(stored, Some(NORTH), &[]).await, (1, 0, 0, 4000));
        assert_eq!(pruned(stored, None, &[col("region").eq(lit("south"))]).await, (1, 0, 0, 2000));
        assert_eq!(pruned(stored, None, &[col("region").is_null()]).await, (1, 0, 0, 2000));
    }
}

#[tokio::test]
async fn only_plain_conditions_on_clear_columns_enter_the_scan() {
    let fixture = Fixture::new(Some(NORTH)).await;
    let table = table_of(&fixture).await;
    let check = |filter: Expr, expected: TableProviderFilterPushDown| {
        assert_eq!(table.supports_filters_pushdown(&[&filter]).unwrap(), [expected], "{filter}");
    };
    let enters = TableProviderFilterPushDown::Inexact;
    let stays = TableProviderFilterPushDown::Unsupported;
    check(col("x").gt(lit(1)), enters.clone());
    check(lit(1).lt_eq(col("people.x")), enters.clone());
    check(col("x").in_list(vec![lit(1), lit(2)], true), enters);
    // What statistics answer in another way than rows.
    check(col("code").in_list(vec![lit("a"), lit("b")], true), stays.clone());
    check(col("region").eq(lit("north")), stays.clone());
    check(col("region").is_null(), stays.clone());
    check(col("x").is_not_null(), stays.clone());
    check(col("person").eq(lit("a")), stays.clone());
    check(col("salary").is_null(), stays.clone());
    check(col("notes").eq(lit("a")), stays.clone());
    check(col("sex").eq(lit("a")), stays.clone());
    check(col("x").gt(col("id")), stays.clone());
    check((col("x") + lit(1)).gt(lit(1)), stays.clone());
    check(col("code").like(lit("a%")), stays.clone());
    check(col("x").eq(lit(1)).or(col("x").eq(lit(2))), stays.clone());
    check(datafusion::logical_expr::cast(col("code"), DataType::Int32).eq(lit(1)), stays.clone());
    check(col("x").in_list(vec![lit(1), lit(1) / col("x")], false), stays);
}

#[tokio::test]
async fn a_policy_that_does_not_fit_is_refused() {
    let fits = |change: &dyn Fn(&mut Policy)| {
        let folder = TempDir::new().unwrap();
        let pinned = store(folder.path(), Stored::Parquet, super::rows(0..10));
        let mut policy = policy(&pinned, None);
        change(&mut policy);
        Session::new(1 << 20, 1, None).unwrap().add(&name("people"), pinned, policy).is_ok()
    };
    assert!(fits(&|_| {}));
    assert!(!fits(&|policy| {
        policy.terms.insert("nowhere".into(), Term::Clear);
    }));
    assert!(!fits(&|policy| {
        policy.terms.insert("score".into(), Term::Token);
    }));
    let side = Side::Working;
    for key in ["nowhere", "id"] {
        let split = Split { record_key: vec![key.into()], key: Key::new(&[1; 32]), side };
        assert_eq!(fits(&|policy| policy.split = Some(split.clone())), key == "id");
    }
    let max = datafusion::functions_aggregate::expr_fn::max(col("x")).gt(lit(1));
    for filter in [col("nowhere").eq(lit(1)), col("x"), max, datafusion::functions::expr_fn::random().lt(lit(0.5))] {
        assert!(!fits(&|policy| policy.row_filter = Some(filter.clone())), "{filter}");
    }
}
