//! Skipping by statistics must never change an answer: where it does, the answer tells what hidden rows hold.
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, TimestampMillisecondArray,
};
use datafusion::datasource::MemTable;

use super::*;

const VISIBLE: &str = "shown = 1";

fn fixture(batch: &RecordBatch, row_filter: &str) -> (TempDir, Session) {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("t.parquet"), Format::Parquet, batch);
    let files = vec![pin(folder.path(), "t.parquet", vec![])];
    let dir = Arc::new(Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap());
    let pinned = Pinned {
        folder: dir,
        files,
        format: Format::Parquet,
        row_bytes: 0,
        schema: batch.schema(),
        partitions: vec![],
    };
    let terms = batch.schema().fields().iter().map(|field| (field.name().clone(), Term::Clear)).collect();
    let row_filter = Some(condition(row_filter, &batch.schema()));
    let policy = Policy { terms, row_filter, split: None, key: Key::new(&[7; 32]) };
    let mut session = Session::new(64 << 20, 1, None).unwrap();
    session.add(&name("people"), pinned, policy).unwrap();
    (folder, session)
}

async fn count(session: &Session, predicate: &str) -> String {
    let sql = in_full(&format!("SELECT count(*) FROM people WHERE {predicate}"));
    let prepared = session.prepare(Statement::parse(&sql).unwrap(), 10).await.unwrap();
    texts(&session.run(prepared).await.unwrap().batches.try_collect::<Vec<_>>().await.unwrap()).remove(0)
}

#[tokio::test]
async fn a_visible_nan_does_not_tell_where_hidden_numbers_end() {
    let mut answers = vec![];
    for hidden in [-31_337.5, 2.0, 777.25, 1e9] {
        let batch = RecordBatch::try_from_iter([
            ("shown", Arc::new(Int64Array::from(vec![1, 1, 0])) as ArrayRef),
            ("f", Arc::new(Float64Array::from(vec![f64::NAN, 1.0, hidden]))),
            ("g", Arc::new(Float32Array::from(vec![f32::NAN, 1.0, hidden as f32]))),
        ])
        .unwrap();
        let (_folder, session) = fixture(&batch, VISIBLE);
        let mut of = vec![];
        for predicate in
            ["f > 777", "f >= 2.0", "f <> 1.0", "f = 1.0", "g > 777", "g > CAST(500 AS REAL)", "f IN (2.0, 777.25)"]
        {
            of.push(count(&session, predicate).await);
        }
        answers.push(of);
        // A row filter skips as little by its neighbours.
        let (_folder, filtered) = fixture(&batch, "f > 5000 AND shown = 1");
        assert_eq!(count(&filtered, "true").await, "1", "{hidden}");
    }
    assert_eq!(answers[0], ["1", "1", "1", "1", "1", "1", "0"]);
    assert!(answers.iter().all(|of| *of == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn what_is_skipped_is_what_would_not_match() {
    let floats = [f64::NAN, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, -1.5, f64::MIN_POSITIVE, 1e300];
    let long = "é".repeat(80);
    let words = ["", "a", "zz", long.as_str(), "\u{10ffff}", "north", "NORTH", "naïve"];
    let at = |n: i64| [-1, 0, 1, 999, 1_000, 86_400_000, i64::MAX / 2, i64::MIN / 2][usize::try_from(n % 8).unwrap()];
    for seed in 0..3_i64 {
        // One row group of two rows, of eight kinds.
        let pick = |k: i64| usize::try_from((seed * 3 + k * 5) % 8).unwrap();
        let two = [0, 1];
        let batch = RecordBatch::try_from_iter([
            ("shown", Arc::new(Int64Array::from(vec![1, 1])) as ArrayRef),
            ("f", Arc::new(two.iter().map(|k| Some(floats[pick(*k)])).collect::<Float64Array>())),
            ("s", Arc::new(two.iter().map(|k| Some(words[pick(*k)])).collect::<StringArray>())),
            ("i", Arc::new(two.iter().map(|k| Some(at(seed + k))).collect::<Int64Array>())),
            ("t", Arc::new(two.iter().map(|k| Some(at(seed + k) / 1_000_000)).collect::<TimestampMillisecondArray>())),
            ("d", Arc::new(two.iter().map(|k| Some(i32::try_from(pick(*k)).unwrap() - 4)).collect::<Date32Array>())),
            ("b", Arc::new(two.iter().map(|k| Some(pick(*k) > 3)).collect::<BooleanArray>())),
            (
                "m",
                Arc::new(
                    two.iter()
                        .map(|k| Some(i128::from(at(seed + k)) % 1_000_000_000))
                        .collect::<Decimal128Array>()
                        .with_precision_and_scale(12, 2)
                        .unwrap(),
                ),
            ),
        ])
        .unwrap();
        let (_folder, session) = fixture(&batch, VISIBLE);
        let context = SessionContext::new();
        let plain = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
        context.register_table("people", Arc::new(plain)).unwrap();
        for op in ["=", "<>", "<", "<=", ">", ">="] {
            for (column, value) in [
                ("f", "0.0"),
                ("f", "-0.0"),
                ("f", "CAST('NaN' AS DOUBLE)"),
                ("f", "777"),
                ("s", "'north'"),
                ("s", "'zz'"),
                ("s", "'é'"),
                ("i", "0"),
                ("i", "999.5"),
                ("t", "TIMESTAMP '1970-01-01T00:00:00.0005'"),
                ("d", "DATE '1970-01-01'"),
                ("b", "true"),
                ("m", "9.995"),
            ] {
                let predicate = format!("{column} {op} {value}");
                let sql = format!("SELECT count(*) FROM people WHERE {predicate}");
                let expected = texts(&context.sql(&sql).await.unwrap().collect().await.unwrap()).remove(0);
                assert_eq!(count(&session, &predicate).await, expected, "{seed}: {predicate}");
            }
        }
    }
}
