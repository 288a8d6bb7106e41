//! Whether a quote of CSV is closed in the end: the reader takes what is behind an open one for its field.

use super::BOM;

/// Where in a field the last byte was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// At its start.
    Start,
    /// In one without quotes, or behind its quotes.
    Plain,
    Quoted,
    /// At a quote in a quoted one, which ends it unless another follows.
    MaybeEnd,
}

/// The quotes of what was read so far of a CSV file.
#[derive(Clone, Copy, Debug)]
pub struct Quotes {
    delimiter: u8,
    within: Within,
    line: u64,
    /// The line of the last quote that opened a field.
    opened: u64,
    is_new: bool,
}

impl Quotes {
    /// Returns those of nothing, where fields are parted by `delimiter`.
    pub fn new(delimiter: u8) -> Self {
        Self { delimiter, within: Within::Start, line: 1, opened: 0, is_new: true }
    }

    /// Returns those after these bytes, too, which begin with a byte order mark at most at the start of the file.
    #[must_use]
    pub fn and(self, bytes: &[u8]) -> Self {
        let bytes = if self.is_new { bytes.strip_prefix(BOM).unwrap_or(bytes) } else { bytes };
        bytes.iter().fold(Self { is_new: false, ..self }, |quotes, &byte| quotes.after(byte))
    }

    fn after(mut self, byte: u8) -> Self {
        let ends_field = byte == self.delimiter || byte == b'\n' || byte == b'\r';
        self.within = match (self.within, byte) {
            (Within::Start, b'"') => {
                self.opened = self.line;
                Within::Quoted
            }
            (Within::Quoted, b'"') => Within::MaybeEnd,
            (Within::Quoted, _) | (Within::MaybeEnd, b'"') => Within::Quoted,
            _ if ends_field => Within::Start,
            _ => Within::Plain,
        };
        self.line += u64::from(byte == b'\n');
        self
    }

    /// Returns the line of the quote that is open.
    pub fn open(self) -> Option<u64> {
        (self.within == Within::Quoted).then_some(self.opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_and_not_closed_is_open() {
        for (text, open) in [
            ("a,b\n1,\"x\"\n", None),
            ("a,b\n1,x\n2,\"y\n3,z\n", Some(3)),
            ("a\n\"x \"\"y\"\"\"\n", None),
            ("a\n\"x \"\"y\"\"\n", Some(2)),
            ("a\nx \"y\n", None),
            ("a\n\"x\"y\"\n", None),
            ("a\r\n\"x\r\ny", Some(2)),
            ("\u{FEFF}\"x,\"\n", None),
            ("\"", Some(1)),
            ("", None),
        ] {
            assert_eq!(Quotes::new(b',').and(text.as_bytes()).open(), open, "{text:?}");
        }
    }
}
