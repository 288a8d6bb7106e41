//! Prints what it takes to decode a Parquet file, to profile it, and to compare two profiles:
//! `cargo run --release -p lockgate-stats --example profile_speed -- decode|profile|drift FILE [OTHER FILE]`.
//!
//! `decode` reads every value of every column and does nothing with it: what a profile costs is to be seen beside that. All on two
//! threads. Processor time and memory are those of the process, so each case is run by itself. What is promised is measured in `bench/`.
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use stats::drift::{Asked, Side, drift};
use stats::profile::Profile;
use stats::{Data, Run};
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Rows that the decoder gives on at once.
const BATCH: usize = 8_192;
const THREADS: usize = 2;
/// What is short is done so often.
const TIMES: u32 = 200;

/// Processor seconds of all threads of this process.
fn processor_seconds() -> f64 {
    let said = fs::read_to_string("/proc/self/stat").expect("a system with /proc");
    let after_name = said.rsplit_once(')').expect("the name in brackets").1;
    let ticks = |place: usize| after_name.split_whitespace().nth(place).and_then(|ticks| ticks.parse::<f64>().ok());
    // User and system time, in hundredths of a second.
    (ticks(11).expect("user time") + ticks(12).expect("system time")) / 100.0
}

/// The most memory that this process had, in MiB.
fn peak_mib() -> f64 {
    let said = fs::read_to_string("/proc/self/status").expect("a system with /proc");
    let line = said.lines().find(|line| line.starts_with("VmHWM:")).expect("the peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("KiB") / 1024.0
}

/// Reads one column of one row group.
fn decode_column(path: &Path, metadata: &ArrowReaderMetadata, group: usize, column: usize) -> usize {
    let file = File::open(path).expect("the file");
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_projection(ProjectionMask::roots(metadata.parquet_schema(), [column]))
        .with_row_groups(vec![group])
        .with_batch_size(BATCH)
        .build()
        .expect("a reader");
    reader.map(|batch| batch.expect("rows").num_rows()).sum()
}

/// Reads these columns of every row group, a column of a group at a time on each thread.
fn decode(path: &Path) {
    let metadata =
        ArrowReaderMetadata::load(&File::open(path).expect("the file"), Default::default()).expect("a footer");
    let groups = metadata.metadata().num_row_groups();
    let columns = metadata.schema().fields().len();
    let (next, rows) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let piece = next.fetch_add(1, Ordering::Relaxed);
                    if piece >= groups * columns {
                        return;
                    }
                    let (group, column) = (piece / columns, piece % columns);
                    rows.fetch_add(decode_column(path, &metadata, group, column), Ordering::Relaxed);
                }
            });
        }
    });
    assert!(rows.into_inner() > 0, "no rows in {}", path.display());
}

fn run() -> Run<'static> {
    Run { threads: NonZeroUsize::new(THREADS).expect("two"), progress: &|_| ControlFlow::Continue(()) }
}

fn profile(path: &Path) -> Vec<u8> {
    let data = Data::open(path).expect("a table");
    stats::profile::profile(&data, 0, None, &run()).expect("a profile").to_bytes()
}

/// Compares two tables by what is stored of them.
fn compare(path: &Path, other: &Path) {
    let [left, right] = [path, other].map(profile);
    println!("{} and {} bytes; each of {TIMES} takes", left.len(), right.len());
    let read = || [&left, &right].map(|bytes| Profile::from_bytes(bytes).expect("what was just written"));
    let repeat = |work: &dyn Fn()| (0..TIMES).for_each(|_| work());
    measure("reading", TIMES, || repeat(&|| drop(read())));
    let [reference, current] = read();
    let drift = || drift(Side::Profile(&reference), Side::Profile(&current), &Asked::default(), &run());
    measure("drift", TIMES, || repeat(&|| drop(drift().expect("two tables with columns in common"))));
}

fn measure(name: &str, times: u32, work: impl FnOnce()) {
    let (before, start) = (processor_seconds(), Instant::now());
    work();
    let [wall, processor] =
        [start.elapsed().as_secs_f64(), processor_seconds() - before].map(|all| all / f64::from(times));
    println!("{name:<8} {processor:>8.4} s processor {wall:>8.4} s wall {:>6.0} MiB peak", peak_mib());
}

fn main() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["decode", path] => measure("decode", 1, || decode(Path::new(path))),
        ["profile", path] => measure("profile", 1, || drop(profile(Path::new(path)))),
        ["drift", path, other] => compare(Path::new(path), Path::new(other)),
        _ => return Err("expected decode|profile FILE, or drift FILE OTHER".into()),
    }
    Ok(())
}
