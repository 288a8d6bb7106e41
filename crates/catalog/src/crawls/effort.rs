//! What a table's crawl has read: which files, and what of them is not yet written down.
use super::store::Known;
use std::collections::BTreeSet;

/// Files read before what is known of them is written down: a killed crawl reads at most so many again.
const FRESH_FILES: usize = 16;
/// What is known of files is written down earlier once it takes so much: that of wide ones may take 188 MiB each.
const FRESH_BYTES: usize = 16 << 20;

/// What a table's crawl has done so far about its files, by path.
#[derive(Default)]
pub(super) struct Effort {
    pub read: BTreeSet<String>,
    /// To be read although they did not change: what is kept of them cannot be read.
    pub again: BTreeSet<String>,
    was_again: BTreeSet<String>,
    /// Were read again to no avail.
    pub lost: BTreeSet<String>,
}

impl Effort {
    /// Has these files read again, each once.
    pub fn read_first(&mut self, paths: BTreeSet<String>) {
        let (lost, again): (BTreeSet<String>, BTreeSet<String>) =
            paths.into_iter().partition(|path| self.was_again.contains(path));
        self.was_again.extend(again.iter().cloned());
        self.lost.extend(lost);
        self.again = again;
    }
}

/// What was read and is not yet written down.
#[derive(Default)]
pub(super) struct Fresh {
    pub files: Vec<(String, Known, Vec<u8>)>,
    bytes: usize,
}

impl Fresh {
    /// Takes a file; returns whether it is time to write.
    pub fn push(&mut self, path: String, known: Known, sketches: Vec<u8>) -> bool {
        self.bytes += known.schema.len() + sketches.len();
        self.files.push((path, known, sketches));
        self.files.len() >= FRESH_FILES || self.bytes >= FRESH_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_down_by_files_and_by_bytes() {
        let known = || Known {
            stamp: crate::lakes::Stamp { size_bytes: 1, modified_at: base::Timestamp(0) },
            rows: 0,
            digest: None,
            delimiter: None,
            schema: String::new(),
            broken: None,
        };
        let pushed = |bytes: usize| {
            let mut fresh = Fresh::default();
            (1..=16).find(|_| fresh.push("a".to_owned(), known(), vec![0; bytes])).unwrap()
        };
        assert_eq!((pushed(10), pushed(6 << 20), pushed(40 << 20)), (16, 3, 1));
    }
}
