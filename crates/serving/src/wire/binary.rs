//! Tensors as bytes: little-endian, row by row, unpadded; a text is its length as 32 bits and its bytes.
use super::Data;
use super::data::each_number;
use crate::signature::Datatype;

fn numbers<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (whole, _) = bytes.as_chunks::<N>();
    whole.iter().map(|chunk| read(*chunk)).collect()
}

/// Reads `count` values. The error says what does not fit.
pub(super) fn read(datatype: Datatype, count: usize, bytes: &[u8]) -> Result<Data, String> {
    if let Some(width) = datatype.width()
        && count.checked_mul(width) != Some(bytes.len())
    {
        return Err(format!("{} bytes came for {count} values of {datatype}, {width} bytes each", bytes.len()));
    }
    Ok(match datatype {
        Datatype::Bool => {
            if let Some(other) = bytes.iter().find(|byte| **byte > 1) {
                return Err(format!("a BOOL is 0 or 1, not {other}"));
            }
            Data::Bool(bytes.iter().map(|byte| *byte == 1).collect())
        }
        Datatype::Uint8 => Data::Uint8(bytes.to_vec()),
        Datatype::Uint16 => Data::Uint16(numbers(bytes, u16::from_le_bytes)),
        Datatype::Uint32 => Data::Uint32(numbers(bytes, u32::from_le_bytes)),
        Datatype::Uint64 => Data::Uint64(numbers(bytes, u64::from_le_bytes)),
        Datatype::Int8 => Data::Int8(numbers(bytes, i8::from_le_bytes)),
        Datatype::Int16 => Data::Int16(numbers(bytes, i16::from_le_bytes)),
        Datatype::Int32 => Data::Int32(numbers(bytes, i32::from_le_bytes)),
        Datatype::Int64 => Data::Int64(numbers(bytes, i64::from_le_bytes)),
        Datatype::Fp32 => Data::Fp32(numbers(bytes, f32::from_le_bytes)),
        Datatype::Fp64 => Data::Fp64(numbers(bytes, f64::from_le_bytes)),
        Datatype::Bytes => Data::Bytes(texts(count, bytes)?),
    })
}

fn texts(count: usize, mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    // Each takes four bytes at least, so no more room is made than came.
    let mut texts = Vec::with_capacity(count.min(bytes.len() / 4));
    for number in 0..count {
        let cut = || format!("text {number} of {count} is cut off");
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut())?;
        let (text, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
        texts.push(text.to_vec());
        bytes = rest;
    }
    match bytes.len() {
        0 => Ok(texts),
        left => Err(format!("{left} bytes are left over behind {count} texts")),
    }
}

/// Writes the values behind what is in `to`, and returns how many bytes they took.
pub(super) fn write(data: &Data, to: &mut Vec<u8>) -> usize {
    let before = to.len();
    each_number!(data, values => values.iter().for_each(|value| value.put(to)), texts => for text in texts {
        to.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        to.extend_from_slice(text);
    });
    to.len() - before
}

trait Little {
    fn put(&self, to: &mut Vec<u8>);
}
macro_rules! little {
    ($($number:ty),*) => {$(
        impl Little for $number {
            fn put(&self, to: &mut Vec<u8>) { to.extend_from_slice(&self.to_le_bytes()) }
        }
    )*};
}
little!(u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);
impl Little for bool {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }
}
