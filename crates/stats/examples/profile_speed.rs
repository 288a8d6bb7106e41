//! Prints what reading a Parquet file and profiling it take: `cargo run --release -p lockgate-stats --example profile_speed -- WHAT FILE
//! [THREADS]`, where `WHAT` is `decode` (every value of every column, nothing done with it), `profile`, or `columns` (both, one
//! column after the other).
//!
//! Processor time and memory are the kernel's word for the whole process, so each case is a process of its own. What is promised is
//! measured in `bench/`.
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use stats::{Data, Progress, Run};
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Rows that the decoder gives on at once.
const BATCH: usize = 8_192;

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
fn decode(path: &Path, columns: &[usize], threads: usize) {
    let metadata =
        ArrowReaderMetadata::load(&File::open(path).expect("the file"), Default::default()).expect("a footer");
    let groups = metadata.metadata().num_row_groups();
    let (next, rows) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let piece = next.fetch_add(1, Ordering::Relaxed);
                    if piece >= groups * columns.len() {
                        return;
                    }
                    let (group, column) = (piece / columns.len(), columns[piece % columns.len()]);
                    rows.fetch_add(decode_column(path, &metadata, group, column), Ordering::Relaxed);
                }
            });
        }
    });
    assert!(rows.into_inner() > 0, "no rows in {}", path.display());
}

fn profile(data: &Data, threads: usize) -> Vec<u8> {
    let quiet = |_: Progress| ControlFlow::Continue(());
    let run = Run { threads: NonZeroUsize::new(threads).expect("threads"), progress: &quiet };
    stats::profile::profile(data, 0, None, &run).expect("a table").to_bytes()
}

fn measure(name: &str, work: impl FnOnce()) -> f64 {
    let (before, start) = (processor_seconds(), Instant::now());
    work();
    let (wall, cpu) = (start.elapsed().as_secs_f64(), processor_seconds() - before);
    println!("{name:<28} {cpu:>7.2} s processor {wall:>7.2} s wall {:>6.0} MiB peak", peak_mib());
    cpu
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, path, rest @ ..] = words.as_slice() else { panic!("WHAT FILE [THREADS]") };
    let path = Path::new(path);
    let threads = rest.first().map_or(2, |threads| threads.parse().expect("a number of threads"));
    let data = Data::open(path).expect("a table");
    let columns: Vec<usize> = (0..data.schema().fields().len()).collect();
    match what.as_str() {
        "decode" => _ = measure("decode", || decode(path, &columns, threads)),
        "profile" => _ = measure("profile", || drop(profile(&data, threads))),
        other => panic!("`{other}` is not measured"),
    }
}
