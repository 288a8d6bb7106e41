use crate::protocol::{Line, Source};
use base::{AttemptId, RunId};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many lines lie between two places that are remembered.
const STRIDE: u64 = 256;
/// The most bytes of one log; what comes after is not kept.
const MOST_BYTES: u64 = 64 << 20;
/// How many logs are remembered at once.
const REMEMBERED: usize = 512;
/// The most bytes of lines that one read returns.
const READ_BYTES: usize = 1 << 20;

/// The logs of all attempts on this server.
#[derive(Clone, Debug)]
pub struct Logs {
    folder: Arc<Path>,
    known: Arc<Mutex<HashMap<AttemptId, Arc<Mutex<Index>>>>>,
}

/// Where lines stand in a file.
#[derive(Debug, Default)]
struct Index {
    loaded: bool,
    lines: u64,
    bytes: u64,
    /// Where every [`STRIDE`]th line begins.
    marks: Vec<u64>,
}

/// A line and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    pub number: u64,
    pub line: Line,
}

/// What became of lines that were shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// They are there; this is the number of the next one.
    Kept(u64),
    /// Lines before them are missing; this is the number of the first.
    Gap(u64),
}

impl Logs {
    /// Returns the logs below `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into().into(), known: Arc::default() }
    }

    fn path(&self, run: &RunId, attempt: &AttemptId) -> PathBuf {
        self.folder.join(run.as_str()).join(format!("{attempt}.jsonl"))
    }

    fn index(&self, attempt: &AttemptId) -> Arc<Mutex<Index>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, index| Arc::strong_count(index) > 1);
        }
        known.entry(attempt.clone()).or_default().clone()
    }

    /// Appends lines from number `from` on; those that are there already are passed over.
    ///
    /// # Errors
    /// The file system's.
    pub async fn append(
        &self,
        run: &RunId,
        attempt: &AttemptId,
        from: u64,
        lines: Vec<Line>,
    ) -> std::io::Result<Appended> {
        let (path, index) = (self.path(run, attempt), self.index(attempt));
        on_a_thread(move || {
            let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
            index.load(&path)?;
            index.append(&path, from, &lines)
        })
        .await
    }

    /// Returns up to `most` lines from number `from` on.
    ///
    /// # Errors
    /// The file system's.
    pub async fn read(
        &self,
        run: &RunId,
        attempt: &AttemptId,
        from: u64,
        most: usize,
    ) -> std::io::Result<Vec<Numbered>> {
        let (path, index) = (self.path(run, attempt), self.index(attempt));
        on_a_thread(move || {
            let start = {
                let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
                index.load(&path)?;
                if from >= index.lines {
                    return Ok(Vec::new());
                }
                let mark = from / STRIDE;
                let offset = usize::try_from(mark).ok().and_then(|mark| index.marks.get(mark).copied());
                (mark * STRIDE, offset.unwrap_or(0), index.bytes)
            };
            read(&path, start, from, most)
        })
        .await
    }
}

impl Index {
    /// Reads the file through, once; a line that a killed server wrote half is cut off.
    fn load(&mut self, path: &Path) -> std::io::Result<()> {
        if self.loaded {
            return Ok(());
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.loaded = true;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let (mut reader, mut line) = (BufReader::new(file), Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)? as u64;
            if line.last() != Some(&b'\n') {
                if length > 0 {
                    OpenOptions::new().write(true).open(path)?.set_len(self.bytes)?;
                }
                self.loaded = true;
                return Ok(());
            }
            self.count(length);
        }
    }

    fn count(&mut self, length: u64) {
        if self.lines.is_multiple_of(STRIDE) {
            self.marks.push(self.bytes);
        }
        self.lines += 1;
        self.bytes += length;
    }

    fn append(&mut self, path: &Path, from: u64, lines: &[Line]) -> std::io::Result<Appended> {
        let shipped = from + lines.len() as u64;
        if self.bytes > MOST_BYTES {
            return Ok(Appended::Kept(shipped.max(self.lines)));
        }
        if from > self.lines {
            return Ok(Appended::Gap(self.lines));
        }
        let known = usize::try_from(self.lines - from).unwrap_or(usize::MAX).min(lines.len());
        let (mut text, mut lengths) = (Vec::new(), Vec::new());
        for line in &lines[known..] {
            lengths.push(push(&mut text, line)?);
            if self.bytes + text.len() as u64 > MOST_BYTES {
                let said = "the log is longer than 64 MiB: what comes after this line is not kept".to_owned();
                lengths.push(push(&mut text, &Line { at_us: line.at_us, source: Source::Runner, text: said })?);
                break;
            }
        }
        if text.is_empty() {
            return Ok(Appended::Kept(self.lines));
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if let Err(error) = file.write_all(&text) {
            file.set_len(self.bytes)?; // all of them or none, so that the repeat fits
            return Err(error);
        }
        for length in lengths {
            self.count(length);
        }
        Ok(Appended::Kept(shipped.max(self.lines)))
    }
}

fn push(text: &mut Vec<u8>, line: &Line) -> std::io::Result<u64> {
    let before = text.len();
    serde_json::to_writer(&mut *text, line)?;
    text.push(b'\n');
    Ok((text.len() - before) as u64)
}

fn read(path: &Path, start: (u64, u64, u64), from: u64, most: usize) -> std::io::Result<Vec<Numbered>> {
    let (mut number, offset, end) = start;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    for text in BufReader::new(file.take(end.saturating_sub(offset))).lines() {
        if number >= from {
            let text = text?;
            if found.len() >= most || (bytes > 0 && bytes + text.len() > READ_BYTES) {
                break;
            }
            bytes += text.len();
            found.push(Numbered { number, line: serde_json::from_str(&text)? });
        }
        number += 1;
    }
    Ok(found)
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: u64) -> Line {
        Line { at_us: 1, source: Source::Stdout, text: format!("line {n}") }
    }

    fn lines(from: u64, to: u64) -> Vec<Line> {
        (from..to).map(line).collect()
    }

    #[tokio::test]
    async fn lines_are_kept_once_and_read_from_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::new(folder.path());
        let (run, attempt) = (&"r-1".into(), &"a-1".into());
        assert_eq!(logs.append(run, attempt, 0, lines(0, 700)).await.unwrap(), Appended::Kept(700));
        assert_eq!(logs.append(run, attempt, 690, lines(690, 710)).await.unwrap(), Appended::Kept(710));
        assert_eq!(logs.append(run, attempt, 0, lines(0, 5)).await.unwrap(), Appended::Kept(710));
        assert_eq!(logs.append(run, attempt, 711, lines(711, 712)).await.unwrap(), Appended::Gap(710));
        let again = Logs::new(folder.path());
        for logs in [&logs, &again] {
            for from in [0, 255, 256, 257, 600, 709] {
                let found = logs.read(run, attempt, from, 3).await.unwrap();
                assert_eq!(found[0], Numbered { number: from, line: line(from) });
                assert_eq!(found.len() as u64, 3.min(710 - from));
            }
            assert_eq!(logs.read(run, attempt, 710, 3).await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn a_line_that_was_half_written_is_shipped_again() {
        let folder = tempfile::tempdir().unwrap();
        let (run, attempt) = (&"r-1".into(), &"a-1".into());
        Logs::new(folder.path()).append(run, attempt, 0, lines(0, 3)).await.unwrap();
        let path = folder.path().join("r-1/a-1.jsonl");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(br#"{"at_us":1,"sou"#).unwrap();
        let logs = Logs::new(folder.path());
        assert_eq!(logs.append(run, attempt, 3, lines(3, 5)).await.unwrap(), Appended::Kept(5));
        let found: Vec<_> = logs.read(run, attempt, 0, 9).await.unwrap().into_iter().map(|found| found.line).collect();
        assert_eq!(found, lines(0, 5));
    }

    #[tokio::test]
    async fn a_log_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let (run, attempt) = (&"r-1".into(), &"a-1".into());
        let logs = Logs::new(folder.path());
        let long = Line { text: "x".repeat(1 << 20), ..line(0) };
        for from in 0..70 {
            assert_eq!(
                logs.append(run, attempt, from, vec![long.clone()]).await.unwrap(),
                Appended::Kept((from + 1).max(if from >= 63 { 65 } else { 0 })),
                "{from}"
            );
        }
        let size = std::fs::metadata(folder.path().join("r-1/a-1.jsonl")).unwrap().len();
        assert!(size < 66 << 20, "{size}");
        let last = logs.read(run, attempt, 64, 9).await.unwrap();
        assert!(last[0].line.text.starts_with("the log is longer"), "{last:?}");
    }
}
