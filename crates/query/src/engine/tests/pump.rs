use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::*;

async fn answer(sql: &str, rows: usize, encoding: Encoding) -> (Vec<u8>, u64, Piece) {
    let fixture = Fixture::new(Some(NORTH)).await;
    let engine = Engine::start(Limits { threads: 2, ..Limits::default() }).unwrap();
    let prepared = fixture.session.prepare(Statement::parse(&in_full(sql)).unwrap(), rows).await.unwrap();
    let (pieces, mut received) = mpsc::channel(2);
    let Fixture { session, folder: _folder, .. } = fixture;
    let work = engine.spawn(pump(Arc::new(session), prepared, encoding, pieces));
    let (mut bytes, mut count) = (vec![], 0);
    while let Some(piece) = received.recv().await {
        match piece {
            Piece::Rows { bytes: more, rows } => {
                bytes.extend_from_slice(&more);
                count += rows;
            }
            last => {
                work.done().await.unwrap();
                return (bytes, count, last);
            }
        }
    }
    panic!("no end: {sql}")
}

#[tokio::test]
async fn rows_come_in_each_encoding_and_no_more_than_asked_for() {
    let (csv, rows, end) = answer("SELECT x, region, salary FROM people ORDER BY x", 2, Encoding::Csv).await;
    assert_eq!(String::from_utf8(csv).unwrap(), "x,region,salary\n0,north,\n1,north,\n");
    assert_eq!((rows, end), (2, Piece::End { truncated: true }));
    let (json, rows, end) = answer("SELECT x, salary FROM people ORDER BY x", 4000, Encoding::JsonLines).await;
    assert!(String::from_utf8(json).unwrap().starts_with("{\"x\":0,\"salary\":null}\n{\"x\":1,"));
    assert_eq!((rows, end), (4000, Piece::End { truncated: false }));
    let (arrow, rows, end) = answer("SELECT * FROM people", 1_000_000, Encoding::Arrow).await;
    let reader = arrow::ipc::reader::StreamReader::try_new(arrow.as_slice(), None).unwrap();
    let read: usize = reader.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!((read as u64, rows, end), (4000, 4000, Piece::End { truncated: false }));
}

#[tokio::test]
async fn an_answer_without_rows_still_has_columns() {
    let none = "SELECT x FROM people WHERE x < 0";
    assert_eq!(answer(none, 10, Encoding::Csv).await.0, b"x\n");
    assert_eq!(answer(none, 10, Encoding::JsonLines).await.0, b"");
    let arrow = answer(none, 10, Encoding::Arrow).await.0;
    let reader = arrow::ipc::reader::StreamReader::try_new(arrow.as_slice(), None).unwrap();
    assert_eq!((reader.schema().field(0).name().as_str(), reader.count()), ("x", 0));
}

#[tokio::test]
async fn what_an_encoding_cannot_hold_is_said_before_any_row() {
    let (bytes, _, end) =
        answer("SELECT a.x, b.x FROM people a JOIN people b ON a.x = b.x", 10, Encoding::JsonLines).await;
    assert!(bytes.is_empty() && matches!(end, Piece::Failed(Error::Mistake { .. })), "{end:?}");
    let (bytes, _, end) = answer("SELECT tags FROM people", 10, Encoding::Csv).await;
    assert!(bytes.is_empty() && matches!(end, Piece::Failed(Error::Mistake { .. })), "{end:?}");
}

#[tokio::test]
async fn a_failure_is_the_last_piece() {
    let (_, _, end) = answer("SELECT 1 / (x - 7000) FROM people", 10_000, Encoding::Csv).await;
    assert_eq!(end, Piece::Failed(Error::Failed("division by zero")));
}

/// A cross join that still runs ends at once when nobody waits for it, and leaves the threads to others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runaway_join_ends_with_its_receiver() {
    let fixture = Fixture::new(None).await;
    let engine = Engine::start(Limits { threads: 1, ..Limits::default() }).unwrap();
    // 64 million pairs of two tables stream, each with some work; the pairs of more would fill the memory first.
    let sum = [7, 11, 13, 17, 19, 23, 29, 31].map(|prime| format!("a.x * b.x % {prime}")).join(" + ");
    let sql = format!("SELECT sum({sum}) FROM {NAME} a CROSS JOIN {NAME} b");
    let prepared = fixture.session.prepare(Statement::parse(&sql).unwrap(), 10);
    let prepared = prepared.await.unwrap();
    let Fixture { session, folder: _folder, .. } = fixture;
    let (pieces, mut received) = mpsc::channel(2);
    let work = engine.spawn(pump(Arc::new(session), prepared, Encoding::Csv, pieces));
    let first = tokio::time::timeout(Duration::from_millis(800), received.recv()).await;
    assert!(first.is_err(), "it must still run: {first:?}");
    let started = Instant::now();
    drop((work, received));
    let other = tokio::time::timeout(Duration::from_secs(10), engine.spawn(async { 7 }).done()).await;
    assert_eq!(other.unwrap(), Some(7), "the one thread is free again");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
