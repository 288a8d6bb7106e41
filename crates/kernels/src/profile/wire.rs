use super::column::{ColumnProfile, Piece};
use super::gathered::{Counts, Lengths};
use super::partitions::{MOST_PARTITIONS, Partitions};
use super::time::TimeKind;
use super::value::Value;
use super::{Column, Profile, TOP};
use crate::bytes::{Reader, WireError, put_bytes, put_varint};
use crate::{Distinct, Kll, Moments, TopValues};
use std::collections::BTreeMap;

const MAGIC: &[u8; 4] = b"LGPF";
const VERSION: u8 = 1;
/// Six bits hold the rank of every hash: 64 less the bits that choose a register, and one.
const MOST_RANK: u8 = 53;

impl Profile {
    /// Returns the profile in bytes, for [`Profile::from_bytes`] of this version and later ones. Equal profiles have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        let parts: Vec<_> = self.partitions.iter().collect();
        put_varint(&mut out, parts.len() as u64);
        for (start, level, rows) in parts {
            put_varint(&mut out, start);
            out.push(level as u8);
            put_varint(&mut out, *rows);
        }
        put_varint(&mut out, self.columns.len() as u64);
        for (name, column) in self.in_order() {
            put_bytes(&mut out, name.as_bytes());
            put_varint(&mut out, column.place.0);
            put_varint(&mut out, column.place.1);
            put_column(&mut out, &column.profile);
        }
        out
    }

    /// Returns the profile that `bytes` hold.
    ///
    /// - **Errors**: [`WireError`] for bytes that are none, of a later version, or damaged where it shows. No bytes make it, or
    ///   anything that is asked of the profile, panic; it reserves no more memory than a small multiple of their length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        for (&found, expected) in reader.take(MAGIC.len())?.iter().zip(MAGIC) {
            if found != *expected {
                return Err(WireError::Format(found));
            }
        }
        let version = reader.u8()?;
        if version != VERSION {
            return Err(WireError::Format(version));
        }
        let partitions = read_partitions(&mut reader)?;
        let mut profile = Self { partitions, columns: BTreeMap::new() };
        let mut before: Option<((u64, u64), String)> = None;
        for _ in 0..reader.count(1)? {
            let name = String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| WireError::Damaged("a name"))?;
            let place = (number(&mut reader)?, number(&mut reader)?);
            let column = Column { place, profile: read_column(&mut reader, &profile.partitions)? };
            let own = Some((place, name.clone()));
            if before >= own || place.0 >= MOST_PARTITIONS || profile.columns.insert(name, column).is_some() {
                return Err(WireError::Damaged("the order of the columns"));
            }
            before = own;
        }
        reader.end()?;
        Ok(profile)
    }
}

/// No count is larger: sums of many stay far from overflow.
fn number(reader: &mut Reader) -> Result<u64, WireError> {
    let number = reader.varint()?;
    if number <= Kll::MOST { Ok(number) } else { Err(WireError::Damaged("a count beyond 2^53")) }
}

fn read_partitions(reader: &mut Reader) -> Result<Partitions<u64>, WireError> {
    let mut partitions = Partitions::none();
    let count = reader.count(3)?;
    let mut before = None;
    let mut total = 0;
    for _ in 0..count {
        let (start, level) = (number(reader)?, u32::from(reader.u8()?));
        let rows = number(reader)?;
        total += rows;
        if total > Kll::MOST {
            return Err(WireError::Damaged("more rows than are counted"));
        }
        let is_aligned = level <= 48 && start % (1 << level) == 0 && start + (1 << level) <= MOST_PARTITIONS;
        if !is_aligned || before >= Some(start) || partitions.try_insert(start, level, rows).is_err() {
            return Err(WireError::Damaged("partitions"));
        }
        before = Some(start);
    }
    // Halves that are not one part are not how they are written.
    if partitions.iter().count() == count { Ok(partitions) } else { Err(WireError::Damaged("partitions")) }
}

fn put_column(out: &mut Vec<u8>, column: &ColumnProfile) {
    let (mut counts, lengths) = (column.counts, &column.lengths);
    for count in counts.parts() {
        put_varint(out, *count);
    }
    for count in [lengths.count, lengths.least, lengths.most, lengths.total] {
        put_varint(out, count);
    }
    match &column.ends {
        None => out.push(0),
        Some((low, high)) => {
            out.push(1);
            put_value(out, low);
            put_value(out, high);
        }
    }
    put_distinct(out, &column.distinct);
    for (_, _, piece) in column.pieces.iter() {
        put_piece(out, piece);
    }
}

fn read_column(reader: &mut Reader, partitions: &Partitions<u64>) -> Result<ColumnProfile, WireError> {
    let mut counts = Counts::default();
    for count in counts.parts() {
        *count = number(reader)?;
    }
    let (count, least, most, total) = (number(reader)?, number(reader)?, number(reader)?, number(reader)?);
    let lengths = Lengths { count, least, most, total };
    if !counts.fit(&lengths) || counts.rows != partitions.iter().map(|(_, _, rows)| rows).sum::<u64>() {
        return Err(WireError::Damaged("counts that do not fit each other"));
    }
    let ends = match reader.u8()? {
        0 => None,
        1 => Some((read_value(reader)?, read_value(reader)?)),
        _ => return Err(WireError::Damaged("ends")),
    };
    if ends.as_ref().is_some_and(|(low, high)| low > high) {
        return Err(WireError::Damaged("ends"));
    }
    let distinct = read_distinct(reader)?;
    let mut pieces = Partitions::none();
    let (mut is_exact, mut listed) = (true, 0);
    for (start, level, rows) in partitions.iter() {
        let piece = read_piece(reader, *rows)?;
        is_exact &= piece.top.error() == 0;
        listed += piece.top.counts().iter().map(|(_, count)| count).sum::<u64>();
        // These partitions are apart, and none are halves of one part.
        pieces.try_insert(start, level, piece).map_err(|_| WireError::Damaged("partitions"))?;
    }
    let values = counts.values() - counts.other;
    if listed > values || (is_exact && listed < values) {
        return Err(WireError::Damaged("frequent values"));
    }
    Ok(ColumnProfile { counts, lengths, ends, distinct, pieces })
}

fn put_distinct(out: &mut Vec<u8>, distinct: &Distinct) {
    match distinct {
        Distinct::Exact(hashes) => {
            out.push(0);
            put_varint(out, hashes.len() as u64);
            for hash in hashes {
                out.extend_from_slice(&hash.to_le_bytes());
            }
        }
        Distinct::Estimated(registers) => {
            out.push(1);
            for four in registers.as_chunks::<4>().0 {
                let packed = four.iter().rev().fold(0u32, |packed, &rank| packed << 6 | u32::from(rank & 63));
                out.extend_from_slice(&packed.to_le_bytes()[..3]);
            }
        }
    }
}

fn read_distinct(reader: &mut Reader) -> Result<Distinct, WireError> {
    match reader.u8()? {
        0 => {
            let count = reader.count(8)?;
            let hashes: Vec<u64> =
                reader.take(8 * count)?.as_chunks().0.iter().map(|hash| u64::from_le_bytes(*hash)).collect();
            if count > Distinct::BOUND || !hashes.is_sorted_by(|a, b| a < b) {
                return Err(WireError::Damaged("hashes"));
            }
            Ok(Distinct::Exact(hashes.into_iter().collect()))
        }
        1 => {
            let mut registers = Vec::with_capacity(Distinct::REGISTERS);
            for three in reader.take(Distinct::REGISTERS / 4 * 3)?.as_chunks::<3>().0 {
                let packed = u32::from_le_bytes([three[0], three[1], three[2], 0]);
                registers.extend([0, 6, 12, 18].map(|shift| (packed >> shift) as u8 & 63));
            }
            if registers.iter().all(|rank| *rank <= MOST_RANK) {
                Ok(Distinct::Estimated(registers))
            } else {
                Err(WireError::Damaged("registers"))
            }
        }
        _ => Err(WireError::Damaged("distinct values")),
    }
}

fn put_piece(out: &mut Vec<u8>, piece: &Piece) {
    put_varint(out, piece.moments.count());
    out.extend_from_slice(&piece.moments.mean().unwrap_or(0.0).to_le_bytes());
    out.extend_from_slice(&piece.moments.squares().to_le_bytes());
    match &piece.kll {
        None => out.push(0),
        Some(kll) => {
            out.push(1);
            out.extend_from_slice(&kll.seed().to_le_bytes());
            put_bytes(out, &kll.to_bytes());
        }
    }
    put_varint(out, piece.thinned);
    put_varint(out, piece.top.error());
    put_varint(out, piece.top.counts().len() as u64);
    for (value, count) in piece.top.counts() {
        put_value(out, value);
        put_varint(out, *count);
    }
}

/// A piece of so many rows: nothing in it is counted more often.
fn read_piece(reader: &mut Reader, rows: u64) -> Result<Piece, WireError> {
    let (seen, mean, squares) = (number(reader)?, reader.f64()?, reader.f64()?);
    if seen == 0 && (mean.to_bits(), squares.to_bits()) != (0, 0) {
        return Err(WireError::Damaged("a mean of nothing"));
    }
    let is_too_large = |number: f64| number == f64::INFINITY;
    let is_mean = mean.is_finite() || is_too_large(mean);
    if seen > rows || !is_mean || squares.is_nan() || squares < 0.0 {
        return Err(WireError::Damaged("moments"));
    }
    let moments = Moments::of_parts(seen, mean, squares);
    let kll = match reader.u8()? {
        0 => None,
        1 => {
            let seed = reader.u64()?;
            let bytes = reader.bytes()?;
            let kll = Kll::from_bytes(bytes, seed)?;
            // Others write some sketches in more than one way.
            if kll.to_bytes() != bytes {
                return Err(WireError::Damaged("a sketch that is written another way"));
            }
            let is_finite = kll.ends().is_some_and(|(low, high)| low.is_finite() && high.is_finite());
            if kll.count() > rows || !is_finite {
                return Err(WireError::Damaged("a sketch of other values"));
            }
            Some(kll)
        }
        _ => return Err(WireError::Damaged("a sketch")),
    };
    let (thinned, error) = (reader.varint()?, number(reader)?);
    let count = reader.count(3)?;
    if count > TOP || error > rows || (kll.is_none() && thinned > 0) {
        return Err(WireError::Damaged("frequent values"));
    }
    let mut counts: Vec<(Value, u64)> = Vec::with_capacity(count);
    let mut listed = 0;
    for _ in 0..count {
        let (value, times) = (read_value(reader)?, number(reader)?);
        listed += times;
        if times == 0 || listed > rows || counts.last().is_some_and(|(last, _)| *last >= value) {
            return Err(WireError::Damaged("frequent values"));
        }
        counts.push((value, times));
    }
    Ok(Piece { moments, kll, thinned, top: TopValues::of_ascending(TOP, error, counts) })
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Flag(flag) => out.extend_from_slice(&[0, u8::from(*flag)]),
        Value::Integer(whole) => {
            out.push(1);
            put_varint(out, zigzag(*whole));
        }
        Value::Real(number) => {
            out.push(2);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Decimal { unscaled, scale } => {
            out.extend_from_slice(&[3, *scale]);
            out.extend_from_slice(&unscaled.to_le_bytes());
        }
        Value::Time { micros, kind } => {
            out.extend_from_slice(&[4, *kind as u8]);
            put_varint(out, zigzag(*micros));
        }
        Value::Text(text) => {
            out.push(5);
            put_bytes(out, text);
        }
        Value::Long { start, hash } => {
            out.push(6);
            put_bytes(out, start);
            out.extend_from_slice(&hash.to_le_bytes());
        }
    }
}

fn read_value(reader: &mut Reader) -> Result<Value, WireError> {
    let damaged = Err(WireError::Damaged("a value"));
    let value = match reader.u8()? {
        0 => match reader.u8()? {
            flag @ 0..=1 => Value::Flag(flag == 1),
            _ => return damaged,
        },
        1 => Value::Integer(unzigzag(reader.varint()?)),
        2 => match Value::real(reader.f64()?) {
            Value::Real(number) if !number.is_nan() => Value::Real(number),
            _ => return damaged,
        },
        3 => {
            let (own, unscaled) = (reader.u8()?, reader.i128()?);
            match Value::decimal(unscaled, own) {
                Value::Decimal { unscaled, scale } if scale == own => Value::Decimal { unscaled, scale },
                _ => return damaged,
            }
        }
        4 => {
            let kind = usize::from(reader.u8()?);
            let Some(&kind) = TimeKind::ALL.get(kind) else { return damaged };
            Value::Time { micros: unzigzag(reader.varint()?), kind }
        }
        5 => match reader.bytes()? {
            text if text.len() <= Value::TEXT => Value::Text(text.into()),
            _ => return damaged,
        },
        6 => match reader.bytes()? {
            start if start.len() == Value::TEXT => Value::Long { start: start.into(), hash: reader.u64()? },
            _ => return damaged,
        },
        _ => return damaged,
    };
    Ok(value)
}

/// Numbers near 0 take few bytes, whatever their sign.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
