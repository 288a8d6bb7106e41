//! The capture spool: what was asked and answered, as JSON Lines in segments of a folder per endpoint. A call never waits for it: what
//! the disk cannot take is dropped, and counted.
use super::table::Endpoint;
use crate::wire::Named;
use base::Timestamp;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How many calls may wait to be written.
const WAITING: usize = 1_024;
/// How many bytes of values they may hold together.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// When a segment is full.
const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;
/// When a segment that is not full is closed.
const SEGMENT_AGE: Duration = Duration::from_secs(2);
/// How much an endpoint's segments may take together, until the server has published them.
const SPOOL_BYTES: u64 = 256 * 1024 * 1024;
/// The longest line: numbers take more room as text. A larger call is answered and not captured.
const LINE_BYTES: usize = 16 * 1024 * 1024;
/// How often what was written goes to the disk.
const FLUSH: Duration = Duration::from_secs(1);

/// A call that was answered.
#[derive(Debug)]
pub(super) struct Record {
    pub endpoint: Arc<Endpoint>,
    pub rollout: String,
    pub version: String,
    pub at: Timestamp,
    pub rows: usize,
    pub records: Option<Vec<Vec<u8>>>,
    pub inputs: Vec<Named>,
    pub outputs: Vec<Named>,
}

#[derive(Debug)]
enum Message {
    Call(Box<Record>, usize),
    Stop,
}

/// Where calls hand in what was captured.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    to: SyncSender<Message>,
    waiting: Arc<AtomicUsize>,
}

impl Handle {
    /// Hands a call in, or counts that it was dropped. Never blocks.
    pub fn offer(&self, record: Record) {
        let of = |tensors: &[Named]| tensors.iter().map(size_of_values).sum::<usize>();
        let size = of(&record.inputs) + of(&record.outputs);
        let counts = record.endpoint.counts.clone();
        let before = self.waiting.fetch_add(size, Ordering::Relaxed);
        let full = before.saturating_add(size) > WAITING_BYTES;
        if full || self.to.try_send(Message::Call(Box::new(record), size)).is_err() {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn size_of_values(named: &Named) -> usize {
    match (&named.data, named.data.datatype().width()) {
        (crate::wire::Data::Bytes(texts), _) => texts.iter().map(|text| text.len() + 24).sum(),
        (data, width) => data.len() * width.unwrap_or(8),
    }
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Capture {
    handle: Handle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Capture {
    /// Starts to write into `folder`.
    pub fn start(folder: PathBuf) -> Self {
        let (to, from) = sync_channel(WAITING);
        let handle = Handle { to, waiting: Arc::default() };
        let waiting = handle.waiting.clone();
        let thread =
            std::thread::Builder::new().name("capture".into()).spawn(move || write_all(&folder, &from, &waiting));
        let thread = thread.inspect_err(|error| tracing::error!(%error, "nothing is captured")).ok();
        Self { handle, thread }
    }

    /// Returns where calls are handed in.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Writes what was handed in, and closes the segments.
    pub async fn finish(self) {
        let ended = tokio::task::spawn_blocking(move || {
            let Self { handle, thread } = self;
            let _ = handle.to.send(Message::Stop);
            thread.map(std::thread::JoinHandle::join)
        });
        if ended.await.is_err() {
            tracing::error!("the last captured calls may not be written");
        }
    }
}

fn write_all(folder: &Path, from: &Receiver<Message>, waiting: &AtomicUsize) {
    let mut spools: BTreeMap<String, Spool> = BTreeMap::new();
    loop {
        match from.recv_timeout(FLUSH) {
            Ok(Message::Call(record, size)) => {
                let counts = record.endpoint.counts.clone();
                let spool = spools.entry(record.endpoint.name.clone()).or_insert_with(|| Spool::open(folder, &record));
                match spool.write(&record) {
                    Ok(true) => counts.captured.fetch_add(1, Ordering::Relaxed),
                    Ok(false) => counts.dropped.fetch_add(1, Ordering::Relaxed),
                    Err(error) => {
                        tracing::warn!(%error, endpoint = record.endpoint.name, "a call could not be captured");
                        counts.dropped.fetch_add(1, Ordering::Relaxed)
                    }
                };
                waiting.fetch_sub(size, Ordering::Relaxed);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        }
        spools.values_mut().for_each(Spool::look_after);
    }
    spools.values_mut().for_each(Spool::close);
}

/// The segments of an endpoint.
#[derive(Debug)]
struct Spool {
    folder: PathBuf,
    /// What lay in the folder when it was counted, and what was closed since; the open segment left out.
    bytes: u64,
    counted: Instant,
    most: u64,
    open: Option<Segment>,
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
    since: Instant,
    flushed: Instant,
}

impl Spool {
    fn open(folder: &Path, record: &Record) -> Self {
        let folder = folder.join(&record.endpoint.name);
        let mut spool = Self { folder, bytes: 0, counted: Instant::now(), most: SPOOL_BYTES, open: None };
        if let Err(error) = spool.take_up() {
            tracing::warn!(%error, "a capture folder cannot be used");
        }
        spool
    }

    /// Counts what is there, and closes segments that a killed process left open.
    fn take_up(&mut self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "open") {
                fs::rename(&path, path.with_extension(""))?;
            }
        }
        self.count()
    }

    /// Counts what lies in the folder: the server deletes what it has published.
    fn count(&mut self) -> io::Result<()> {
        let open = self.open.as_ref().map(|segment| segment.path.clone());
        let mut bytes = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if open.as_ref() != Some(&entry.path()) {
                // One that was deleted meanwhile takes no room.
                bytes += entry.metadata().map_or(0, |found| found.len());
            }
        }
        (self.bytes, self.counted) = (bytes, Instant::now());
        Ok(())
    }

    /// Writes a call; `false` where the spool is full.
    fn write(&mut self, record: &Record) -> io::Result<bool> {
        if self.taken() >= self.most {
            if self.counted.elapsed() >= FLUSH {
                self.count()?;
            }
            if self.taken() >= self.most {
                return Ok(false);
            }
        }
        let mut line = serde_json::to_vec(&line_of(record))?;
        line.push(b'\n');
        if line.len() > LINE_BYTES {
            return Ok(false);
        }
        // A segment stays small enough to be read in one piece.
        if self.open.as_ref().is_some_and(|segment| segment.bytes + line.len() as u64 > SEGMENT_BYTES) {
            self.close();
        }
        let segment = match &mut self.open {
            Some(segment) => segment,
            None => self.open.insert(Segment::new(&self.folder, record.at)?),
        };
        segment.file.write_all(&line)?;
        segment.bytes += line.len() as u64;
        Ok(true)
    }

    fn taken(&self) -> u64 {
        self.bytes + self.open.as_ref().map_or(0, |segment| segment.bytes)
    }

    /// Closes a segment that is full or old, and hands a young one's lines to the disk now and then.
    fn look_after(&mut self) {
        let Some(segment) = &mut self.open else { return };
        if segment.bytes >= SEGMENT_BYTES || segment.since.elapsed() >= SEGMENT_AGE {
            return self.close();
        }
        if segment.flushed.elapsed() >= FLUSH {
            segment.flushed = Instant::now();
            if let Err(error) = segment.file.flush() {
                tracing::warn!(%error, "captured calls could not be written");
            }
        }
    }

    fn close(&mut self) {
        let Some(Segment { path, mut file, bytes, .. }) = self.open.take() else { return };
        self.bytes += bytes;
        let closed = file.flush().and_then(|()| fs::rename(&path, path.with_extension("")));
        if let Err(error) = closed {
            tracing::warn!(%error, "a capture segment could not be closed");
        }
    }
}

impl Segment {
    fn new(folder: &Path, at: Timestamp) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // Two that begin in one microsecond have two names.
        let free = |number: &i64| {
            let path = folder.join(format!("{number}.jsonl"));
            !path.exists() && !path.with_extension("jsonl.open").exists()
        };
        let number = (at.0..).find(free).unwrap_or(at.0);
        let path = folder.join(format!("{number}.jsonl.open"));
        let file = File::options().create_new(true).append(true).open(&path)?;
        let now = Instant::now();
        Ok(Self { path, file: BufWriter::new(file), bytes: 0, since: now, flushed: now })
    }
}

fn line_of(record: &Record) -> serde_json::Value {
    let tensors = |tensors: &[Named]| {
        let each = tensors.iter().map(|named| {
            let about = serde_json::json!({
                "datatype": named.data.datatype(), "shape": named.shape, "data": named.data,
            });
            (named.name.clone(), about)
        });
        each.collect::<serde_json::Map<_, _>>()
    };
    let records =
        record.records.as_ref().map(|ids| ids.iter().map(|id| String::from_utf8_lossy(id)).collect::<Vec<_>>());
    serde_json::json!({
        "at": record.at,
        "rollout": record.rollout,
        "version": record.version,
        "rows": record.rows,
        "record_id": records,
        "inputs": tensors(&record.inputs),
        "outputs": tensors(&record.outputs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Data;

    #[tokio::test]
    async fn what_was_asked_and_answered_is_written_once_the_process_ends() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("prod.credit");
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("1.jsonl.open"), "{}\n").unwrap();
        let capture = Capture::start(folder.path().to_owned());
        let endpoint = Arc::new(Endpoint { name: "prod.credit".into(), ..Endpoint::default() });
        for number in 0..3_u8 {
            capture.handle().offer(Record {
                endpoint: endpoint.clone(),
                rollout: "ro-1".into(),
                version: "3".into(),
                at: Timestamp(5),
                rows: 1,
                records: Some(vec![vec![b'a' + number]]),
                inputs: vec![Named { name: "x".into(), shape: vec![1], data: Data::Fp32(vec![f32::from(number)]) }],
                outputs: Vec::new(),
            });
        }
        capture.finish().await;
        let mut names: Vec<_> = fs::read_dir(&left).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["1.jsonl", "5.jsonl"]);
        let text = fs::read_to_string(left.join("5.jsonl")).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!((&lines[2]["record_id"][0], &lines[2]["inputs"]["x"]["data"][0]), (&"c".into(), &2.0.into()));
        assert_eq!(endpoint.counts.captured().calls, 3);
    }

    #[test]
    fn there_is_room_again_once_segments_are_published_and_a_huge_call_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Arc::new(Endpoint { name: "prod.credit".into(), ..Endpoint::default() });
        let record = |values: usize| Record {
            endpoint: endpoint.clone(),
            rollout: "ro-1".into(),
            version: "3".into(),
            at: Timestamp(5),
            rows: 1,
            records: None,
            inputs: vec![Named { name: "x".into(), shape: vec![1], data: Data::Fp64(vec![1.0 / 3.0; values]) }],
            outputs: Vec::new(),
        };
        let mut spool = Spool { most: 1_000, ..Spool::open(folder.path(), &record(1)) };
        while spool.write(&record(20)).unwrap() {}
        spool.close();
        assert!(!spool.write(&record(1)).unwrap(), "it is full");
        for entry in fs::read_dir(&spool.folder).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        spool.counted = Instant::now().checked_sub(FLUSH).unwrap();
        assert!(spool.write(&record(1)).unwrap(), "what was published takes no room");
        spool.most = SPOOL_BYTES;
        assert!(!spool.write(&record(1_000_000)).unwrap(), "a line that nobody could read in one piece");
    }

    #[test]
    fn a_call_never_waits_and_what_is_dropped_is_counted() {
        // Nobody takes what is handed in.
        let (to, _from) = sync_channel(1);
        let handle = Handle { to, waiting: Arc::default() };
        let endpoint = Arc::new(Endpoint::default());
        for _ in 0..5 {
            let (rollout, version) = (String::new(), String::new());
            let (inputs, outputs) = (Vec::new(), Vec::new());
            let endpoint = endpoint.clone();
            handle.offer(Record {
                endpoint,
                rollout,
                version,
                at: Timestamp(0),
                rows: 0,
                records: None,
                inputs,
                outputs,
            });
        }
        assert_eq!(endpoint.counts.captured().dropped, 4);
    }
}
