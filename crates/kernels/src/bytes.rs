use thiserror::Error;

/// Why bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// They end before what they announce.
    #[error("the bytes end too early")]
    Short,
    /// They go on after what they announce.
    #[error("the bytes go on for {0} more than expected")]
    Long(usize),
    /// Another kind of bytes, or a later version.
    #[error("format `{0}` is not known here")]
    Format(u8),
    /// They say something that cannot be.
    #[error("damaged: {0}")]
    Damaged(&'static str),
}

/// Reads little-endian values off a slice; what is not there is an error, never a panic.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, WireError> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    pub(crate) fn i128(&mut self) -> Result<i128, WireError> {
        Ok(i128::from_le_bytes(self.array()?))
    }

    /// A number of seven bits a byte, lowest first, in as few bytes as it takes: what is read is written the same again.
    pub(crate) fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if (bits << shift) >> shift != bits || (byte == 0 && shift > 0) {
                return Err(WireError::Damaged("a number that is written another way"));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError::Damaged("a number of more than 64 bits"))
    }

    /// A number of things that take at least `least` bytes each: no more than there can be, so that nobody reserves for more.
    pub(crate) fn count(&mut self, least: usize) -> Result<usize, WireError> {
        let count = usize::try_from(self.varint()?).map_err(|_| WireError::Short)?;
        if count > self.rest.len() / least.max(1) { Err(WireError::Short) } else { Ok(count) }
    }

    /// Bytes after their number.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let count = self.count(1)?;
        self.take(count)
    }

    pub(crate) fn end(self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Long(self.rest.len())) }
    }
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_comes_back_and_is_written_one_way_only(value: u64, shift in 0u32..64) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value >> shift);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint(), Ok(value >> shift));
            prop_assert_eq!(reader.end(), Ok(()));
        }

        #[test]
        fn what_reads_as_a_number_is_how_it_is_written(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.varint() {
                let mut again = Vec::new();
                put_varint(&mut again, value);
                prop_assert!(bytes.starts_with(&again));
            }
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert_eq!(Reader::new(&[1, 2, 3]).u32(), Err(WireError::Short));
        assert_eq!(Reader::new(&[0x80, 0]).varint(), Err(WireError::Damaged("a number that is written another way")));
        assert_eq!(Reader::new(&[9, 1, 1]).bytes(), Err(WireError::Short));
        assert_eq!(Reader::new(&[9, 1, 1]).end(), Err(WireError::Long(3)));
    }
}
