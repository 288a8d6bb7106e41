//! What a step writes, as numbered lines: cut, counted, kept on the disk while the server is away, shipped in order.
use super::limits::LOG_BYTES;
use super::link::{Failed, Link, Pause};
use super::words;
use crate::protocol::{LONGEST_LINE, Line, Logs, MOST_LINES, Source};
use base::Clock;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

/// What a line costs beside its text.
const PER_LINE: u64 = 64;
/// How much text one call ships at most.
const CALL_BYTES: usize = 256 * 1024;
/// How many lines stay in memory; more go to the disk.
const IN_MEMORY: usize = 4_000;
/// How long a first line waits for others, so that a chatty step does not make a call for each.
const GATHER: Duration = Duration::from_millis(60);

/// Where lines go in.
#[derive(Clone, Debug)]
pub(super) struct Log {
    lines: mpsc::Sender<Line>,
    clock: Clock,
    /// Whether a line told of refused memory.
    pub(super) memory: Arc<AtomicBool>,
}

impl Log {
    /// Returns a log and the end that keeps and ships what goes in.
    pub(super) fn open(spool: &Path) -> (Self, Keeper) {
        let (lines, incoming) = mpsc::channel(256);
        let keeper = Keeper { incoming, spool: Spool::at(spool), next: 0, taken: 0, dropped: 0 };
        (Self { lines, clock: Clock::System, memory: Arc::default() }, keeper)
    }

    /// Adds a line of the runner's own.
    pub(super) async fn say(&self, text: impl Into<String>) {
        let line = Line { at_us: self.clock.now().0, source: Source::Runner, text: text.into() };
        let _ = self.lines.send(line).await;
    }

    /// Adds all that comes from a pipe, until it closes.
    pub(super) async fn read(self, source: Source, mut pipe: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 16 * 1024];
        let mut cutter = Cutter::default();
        loop {
            let read = pipe.read(&mut buffer).await.unwrap_or(0);
            if read == 0 {
                break;
            }
            let at_us = self.clock.now().0;
            for text in cutter.take(&buffer[..read]) {
                self.add(at_us, source, text).await;
            }
        }
        if let Some(text) = cutter.rest() {
            self.add(self.clock.now().0, source, text).await;
        }
    }

    async fn add(&self, at_us: i64, source: Source, text: String) {
        if source == Source::Stderr && words::tells_of_memory(&text) {
            self.memory.store(true, Ordering::SeqCst);
        }
        let _ = self.lines.send(Line { at_us, source, text }).await;
    }
}

/// Cuts bytes into lines: at the end of each, and where one is longer than a line may be.
#[derive(Debug, Default)]
struct Cutter {
    part: Vec<u8>,
}

impl Cutter {
    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            let mut text = text;
            while self.part.len() + text.len() > LONGEST_LINE {
                let (head, tail) = text.split_at(LONGEST_LINE - self.part.len());
                self.part.extend_from_slice(head);
                let cut = whole_characters(&self.part);
                let over = self.part.split_off(cut);
                lines.push(shown(&self.part));
                self.part = over;
                text = tail;
            }
            self.part.extend_from_slice(text);
            if ends {
                lines.push(shown(self.part.strip_suffix(b"\r").unwrap_or(&self.part)));
                self.part.clear();
            }
        }
        lines
    }

    fn rest(&mut self) -> Option<String> {
        let part = std::mem::take(&mut self.part);
        (!part.is_empty()).then(|| shown(&part))
    }
}

/// Returns how many of these bytes can go without splitting a character.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        _ => bytes.len(),
    }
}

/// Returns bytes as text: what is not UTF-8, and zeros, which PostgreSQL cannot keep, become a mark. A mark takes three bytes, so a line
/// of binary rubbish is cut once more, to what a line may be.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    if text.len() > LONGEST_LINE {
        text.truncate(text.floor_char_boundary(LONGEST_LINE));
    }
    text
}

/// Keeps lines in order until the server has them.
#[derive(Debug)]
pub(super) struct Keeper {
    incoming: mpsc::Receiver<Line>,
    spool: Spool,
    /// The number of the first line that the server does not have.
    next: u64,
    /// What was taken, in bytes.
    taken: u64,
    dropped: u64,
}

impl Keeper {
    /// Ships lines until every end of the log is dropped and the server has them all.
    ///
    /// # Errors
    /// [`Failed::Stale`], or the server refuses them.
    pub(super) async fn run(mut self, mut link: Link, fence: i64) -> Result<(), Failed> {
        let (mut open, mut pause) = (true, Pause::default());
        loop {
            if self.spool.is_empty() {
                match self.incoming.recv().await {
                    Some(line) => self.keep(line),
                    None if self.dropped == 0 => return Ok(()),
                    None => self.last_words(),
                }
                open = open && self.gather(GATHER).await;
            }
            let lines = self.spool.head(MOST_LINES, CALL_BYTES).to_vec();
            let sent = lines.len();
            let logs = Logs { fence, from: self.next, lines };
            let shipping = link.logs(&logs);
            // Lines come in while a call is out: a step never waits for the server.
            let answer = {
                tokio::pin!(shipping);
                loop {
                    tokio::select! {
                        answer = &mut shipping => break answer,
                        line = self.incoming.recv(), if open => match line {
                            Some(line) => keep(&mut self.spool, &mut self.taken, &mut self.dropped, line),
                            None => open = false,
                        },
                    }
                }
            };
            match answer {
                Ok(kept) => {
                    let had = usize::try_from(kept.next.saturating_sub(self.next)).unwrap_or(sent).min(sent);
                    self.spool.drop_head(had);
                    self.next += had as u64;
                    pause = Pause::default();
                }
                Err(Failed::Away(_)) => {
                    tokio::select! {
                        () = pause.wait() => {}
                        () = self.take_in(), if open => open = false,
                    }
                }
                Err(failed) => return Err(failed),
            }
        }
    }

    /// Takes in what comes within `time`; returns whether more may come.
    async fn gather(&mut self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.take_in() => false,
        }
    }

    /// Takes in lines until no more can come. May be dropped at any time.
    async fn take_in(&mut self) {
        while let Some(line) = self.incoming.recv().await {
            self.keep(line);
        }
    }

    fn keep(&mut self, line: Line) {
        keep(&mut self.spool, &mut self.taken, &mut self.dropped, line);
    }

    fn last_words(&mut self) {
        let text = format!("{} more lines were not kept: a log holds {} MiB", self.dropped, LOG_BYTES >> 20);
        self.dropped = 0;
        self.spool.push(Line { at_us: Clock::System.now().0, source: Source::Runner, text });
    }
}

/// Takes a line in, or counts it where the log is full; what the runner says is always taken.
fn keep(spool: &mut Spool, taken: &mut u64, dropped: &mut u64, line: Line) {
    let cost = line.text.len() as u64 + PER_LINE;
    if line.source != Source::Runner && *taken + cost > LOG_BYTES {
        *dropped += 1;
        return;
    }
    *taken += cost;
    spool.push(line);
}

/// Lines in order: the first ones in memory, the rest in a file once there are many.
#[derive(Debug)]
struct Spool {
    path: PathBuf,
    head: VecDeque<Line>,
    /// What lies on the disk: the file, how far it was read, how many lines follow.
    file: Option<(File, u64, u64)>,
}

impl Spool {
    fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), head: VecDeque::new(), file: None }
    }

    fn is_empty(&self) -> bool {
        self.head.is_empty() && self.file.as_ref().is_none_or(|(_, _, left)| *left == 0)
    }

    fn push(&mut self, line: Line) {
        if self.head.len() < IN_MEMORY && self.file.is_none() {
            self.head.push_back(line);
        } else if let Err((line, error)) = self.write(line) {
            say!("warning: the spool cannot be written: {error}");
            self.head.push_back(line); // bounded by what a log may hold
        }
    }

    fn write(&mut self, line: Line) -> Result<(), (Line, io::Error)> {
        let (mut file, read, left) = match self.file.take() {
            Some(open) => open,
            None => match File::options().create(true).truncate(true).read(true).write(true).open(&self.path) {
                Ok(file) => (file, 0, 0),
                Err(error) => return Err((line, error)),
            },
        };
        let written = serde_json::to_string(&line).map_err(io::Error::from).and_then(|text| {
            file.seek(SeekFrom::End(0))?;
            file.write_all(format!("{text}\n").as_bytes())
        });
        match written {
            Ok(()) => {
                self.file = Some((file, read, left + 1));
                Ok(())
            }
            Err(error) => {
                self.file = Some((file, read, left));
                Err((line, error))
            }
        }
    }

    /// Returns the first lines, so many and so much text at most, one at least.
    fn head(&mut self, most: usize, bytes: usize) -> &[Line] {
        if self.head.is_empty()
            && let Err(error) = self.refill()
        {
            say!("warning: the spool cannot be read: {error}");
        }
        let mut sum = 0;
        let fits = self.head.iter().take(most).take_while(|line| {
            sum += line.text.len();
            sum <= bytes
        });
        let count = fits.count().max(1).min(self.head.len());
        &self.head.make_contiguous()[..count]
    }

    fn refill(&mut self) -> io::Result<()> {
        let Some((file, read, left)) = &mut self.file else { return Ok(()) };
        file.seek(SeekFrom::Start(*read))?;
        let mut reader = BufReader::new(&*file);
        let mut text = String::new();
        while *left > 0 && self.head.len() < IN_MEMORY {
            text.clear();
            let bytes = reader.read_line(&mut text)?;
            *read += bytes as u64;
            *left -= 1;
            if let Ok(line) = serde_json::from_str(&text) {
                self.head.push_back(line);
            }
        }
        if *left == 0 {
            self.file = None; // the next one that is needed begins anew
        }
        Ok(())
    }

    fn drop_head(&mut self, count: usize) {
        self.head.drain(..count.min(self.head.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&[u8]]) -> Vec<String> {
        let mut cutter = Cutter::default();
        let mut lines: Vec<String> = pieces.iter().flat_map(|piece| cutter.take(piece)).collect();
        lines.extend(cutter.rest());
        lines
    }

    #[test]
    fn lines_end_where_they_end_whatever_the_pieces() {
        assert_eq!(cut(&[b"one\ntw", b"o\r\n", b"\nthree"]), ["one", "two", "", "three"]);
        assert_eq!(cut(&[b"a\0\xff\n"]), ["a\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn a_long_line_becomes_several_and_no_character_is_split() {
        let long = "ä".repeat(LONGEST_LINE);
        let lines = cut(&[b"x", long.as_bytes()]);
        assert_eq!(lines.concat(), format!("x{long}"));
        assert!(lines.iter().all(|line| line.len() <= LONGEST_LINE && !line.contains('\u{fffd}')), "{}", lines.len());
        let binary = cut(&[&vec![0xff; LONGEST_LINE * 2]]);
        assert!(binary.iter().all(|line| line.len() <= LONGEST_LINE));
    }

    #[test]
    fn many_lines_go_to_the_disk_and_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::at(&folder.path().join("spool"));
        let total = IN_MEMORY * 3 + 17;
        for n in 0..total {
            spool.push(Line { at_us: 0, source: Source::Stdout, text: n.to_string() });
        }
        let mut back = Vec::new();
        while !spool.is_empty() {
            let texts: Vec<String> = spool.head(1_000, 1_000_000).iter().map(|line| line.text.clone()).collect();
            spool.drop_head(texts.len());
            back.extend(texts);
            if back.len() == 5_000 {
                spool.push(Line { at_us: 0, source: Source::Stdout, text: total.to_string() });
            }
        }
        assert_eq!(back, (0..=total).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_log_counts_what_it_does_not_keep() {
        let folder = tempfile::tempdir().unwrap();
        let (mut spool, mut taken, mut dropped) = (Spool::at(&folder.path().join("s")), LOG_BYTES, 0);
        keep(&mut spool, &mut taken, &mut dropped, Line { at_us: 0, source: Source::Stdout, text: "x".into() });
        assert_eq!((spool.is_empty(), dropped), (true, 1));
        keep(&mut spool, &mut taken, &mut dropped, Line { at_us: 0, source: Source::Runner, text: "x".into() });
        assert!(!spool.is_empty());
    }
}
