//! Brings values to the builder of their column, as they are wherever they have no nulls.
use crate::data::{BEYOND, Values, is_same, narrow, texts_of, widest};
use arrow::array::types::ArrowPrimitiveType;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal256Array, Int32Array, Int64Array, PrimitiveArray, UInt64Array,
};
use arrow::datatypes::DataType;
use kernels::KernelError;
use kernels::profile::{Block, ColumnBuilder, ColumnProfile, TimeKind, count_codes};
use std::collections::BTreeMap;

/// Texts are given on so many at once.
const TEXTS: usize = 4_096;

/// A column of one partition on its way into a profile.
pub(super) struct Feed {
    builder: ColumnBuilder,
    dictionaries: Dictionaries,
    reals: Vec<f64>,
    integers: Vec<i64>,
    decimals: Vec<i128>,
}

/// How often each text of a dictionary was met.
struct Counted {
    texts: ArrayRef,
    counts: Vec<u64>,
}

/// What is done with dictionaries.
enum Dictionaries {
    /// Of a file: each is counted, and given on when another one comes.
    OfFile(Option<Counted>),
    /// In memory, where one and the same table may have one dictionary or many: texts are counted over all of them, and given on in
    /// their order.
    InMemory(Option<Counted>, BTreeMap<Box<[u8]>, u64>),
}

impl Feed {
    pub(super) fn new(builder: ColumnBuilder, is_in_memory: bool) -> Self {
        let dictionaries = match is_in_memory {
            true => Dictionaries::InMemory(None, BTreeMap::new()),
            false => Dictionaries::OfFile(None),
        };
        Self { builder, dictionaries, reals: Vec::new(), integers: Vec::new(), decimals: Vec::new() }
    }

    pub(super) fn take(&mut self, values: Values) -> Result<(), KernelError> {
        match values {
            Values::Nulls(rows) => self.builder.add_nulls(rows as u64),
            Values::Reals(values) => {
                let block = present(&values, &mut self.reals);
                self.builder.add(Block::Real(block))?;
                self.builder.add_nulls(values.null_count() as u64)
            }
            Values::Integers(values) => {
                let block = present(&values, &mut self.integers);
                self.builder.add(Block::Integer(block))?;
                self.builder.add_nulls(values.null_count() as u64)
            }
            Values::Times(values, kind, is_rounded) => self.times(&values, kind, is_rounded),
            Values::Decimals(values, scale) => {
                let unscaled = present(&values, &mut self.decimals);
                self.builder.add(Block::Decimal { unscaled, scale })?;
                self.builder.add_nulls(values.null_count() as u64)
            }
            Values::Unsigned(values) => self.unsigned(&values),
            Values::Wide(values, scale) => self.wide(&values, scale),
            Values::Flags(flags) => self.flags(&flags),
            Values::Texts(texts) => self.texts(&texts),
            Values::Coded { codes, texts } => self.coded(&codes, texts),
            Values::Others(array) => {
                let nulls = array.logical_null_count();
                self.builder.add(Block::Other(array.len() - nulls))?;
                self.builder.add_nulls(nulls as u64)
            }
        }
    }

    /// Returns what is known of the column in this partition.
    pub(super) fn finish(mut self) -> Result<ColumnProfile, KernelError> {
        match std::mem::replace(&mut self.dictionaries, Dictionaries::OfFile(None)) {
            Dictionaries::OfFile(counted) => give(counted, &mut self.builder)?,
            Dictionaries::InMemory(last, mut all) => {
                add_up(last, &mut all, &mut self.builder)?;
                let (texts, counts): (Vec<&[u8]>, Vec<u64>) = all.iter().map(|(text, count)| (&**text, *count)).unzip();
                self.builder.add_counted(&texts, &counts)?;
            }
        }
        Ok(self.builder.finish())
    }

    /// Times that 64 bits do not hold are counted, not looked into: else they would all be one.
    fn times(&mut self, values: &Int64Array, kind: TimeKind, is_rounded: bool) -> Result<(), KernelError> {
        let micros = present(values, &mut self.integers);
        if is_rounded {
            self.builder.mark_rounded();
        }
        let is_beyond = |micros: &i64| BEYOND.contains(micros);
        let beyond = micros.iter().filter(|micros| is_beyond(micros)).count();
        if beyond == 0 {
            self.builder.add(Block::Time { micros, kind })?;
        } else {
            let within: Vec<i64> = micros.iter().copied().filter(|micros| !is_beyond(micros)).collect();
            self.builder.add(Block::Time { micros: &within, kind })?;
            self.builder.add(Block::Other(beyond))?;
        }
        self.builder.add_nulls(values.null_count() as u64)
    }

    /// What 64 bits with a sign hold goes the way of integers, whichever values stand beside it.
    fn unsigned(&mut self, values: &UInt64Array) -> Result<(), KernelError> {
        self.integers.clear();
        self.decimals.clear();
        for value in values.iter().flatten() {
            match i64::try_from(value) {
                Ok(value) => self.integers.push(value),
                Err(_) => self.decimals.push(i128::from(value)),
            }
        }
        self.builder.add(Block::Integer(&self.integers))?;
        if !self.decimals.is_empty() {
            self.builder.add(Block::Decimal { unscaled: &self.decimals, scale: 0 })?;
        }
        self.builder.add_nulls(values.null_count() as u64)
    }

    /// What 128 bits do not hold is the nearest float.
    fn wide(&mut self, values: &Decimal256Array, scale: i8) -> Result<(), KernelError> {
        self.reals.clear();
        self.decimals.clear();
        for value in values.iter().flatten() {
            match narrow(value, scale) {
                Some((unscaled, _)) => self.decimals.push(unscaled),
                None => self.reals.push(widest(value, scale)),
            }
        }
        if !self.decimals.is_empty() {
            self.builder.add(Block::Decimal { unscaled: &self.decimals, scale: scale.max(0).unsigned_abs() })?;
        }
        if !self.reals.is_empty() {
            self.builder.add(Block::Real(&self.reals))?;
        }
        self.builder.add_nulls(values.null_count() as u64)
    }

    fn flags(&mut self, flags: &BooleanArray) -> Result<(), KernelError> {
        let yes = flags.true_count() as u64;
        let all = (flags.len() - flags.null_count()) as u64;
        self.builder.add_flags([all - yes, yes])?;
        self.builder.add_nulls(flags.null_count() as u64)
    }

    fn texts(&mut self, texts: &ArrayRef) -> Result<(), KernelError> {
        for from in (0..texts.len()).step_by(TEXTS) {
            let part = texts.slice(from, TEXTS.min(texts.len() - from));
            let mut block = Vec::with_capacity(part.len());
            match part.data_type() {
                DataType::Utf8View if part.null_count() == 0 => {
                    let part = part.as_string_view();
                    block.extend((0..part.len()).map(|at| part.value(at).as_bytes()));
                }
                DataType::Utf8 => block.extend(part.as_string::<i32>().iter().flatten().map(str::as_bytes)),
                DataType::LargeUtf8 => block.extend(part.as_string::<i64>().iter().flatten().map(str::as_bytes)),
                _ => block.extend(part.as_string_view().iter().flatten().map(str::as_bytes)),
            }
            self.builder.add(Block::Text(&block))?;
            self.builder.add_nulls((part.len() - block.len()) as u64)?;
        }
        Ok(())
    }

    fn coded(&mut self, codes: &Int32Array, texts: ArrayRef) -> Result<(), KernelError> {
        let counted = match &mut self.dictionaries {
            Dictionaries::OfFile(counted) | Dictionaries::InMemory(counted, _) => counted,
        };
        if counted.as_ref().is_none_or(|counted| !is_same(&counted.texts, &texts)) {
            let counts = vec![0; texts.len()];
            let before = counted.replace(Counted { texts, counts });
            match &mut self.dictionaries {
                Dictionaries::OfFile(_) => give(before, &mut self.builder)?,
                Dictionaries::InMemory(_, all) => add_up(before, all, &mut self.builder)?,
            }
        }
        if let Dictionaries::OfFile(Some(counted)) | Dictionaries::InMemory(Some(counted), _) = &mut self.dictionaries {
            let mut buffer = Vec::new();
            count_codes(&mut counted.counts, present(codes, &mut buffer))?;
        }
        self.builder.add_nulls(codes.null_count() as u64)
    }
}

/// Returns the values that are not null: as they are if none is, else copied into `buffer`.
fn present<'a, T: ArrowPrimitiveType>(array: &'a PrimitiveArray<T>, buffer: &'a mut Vec<T::Native>) -> &'a [T::Native] {
    let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else { return array.values() };
    buffer.clear();
    buffer.resize(array.len(), T::Native::default());
    // Each is written, and the next one over it if it is null: nulls come by chance, and no processor guesses them.
    let mut count = 0;
    for (mut word, values) in nulls.inner().bit_chunks().iter_padded().zip(array.values().chunks(64)) {
        for &value in values {
            buffer[count] = value;
            count += (word & 1) as usize;
            word >>= 1;
        }
    }
    buffer.truncate(count);
    buffer
}

/// Gives on how often each text of a dictionary was met.
fn give(counted: Option<Counted>, builder: &mut ColumnBuilder) -> Result<(), KernelError> {
    let Some(Counted { texts, counts }) = counted else { return Ok(()) };
    let (mut block, mut weights, mut nulls) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()), 0);
    for (text, count) in texts_of(texts.as_ref()).zip(counts) {
        match text {
            Some(text) => {
                block.push(text);
                weights.push(count);
            }
            None => nulls += count,
        }
    }
    builder.add_counted(&block, &weights)?;
    builder.add_nulls(nulls)
}

/// Adds how often each text of a dictionary was met to what is known of others.
fn add_up(
    counted: Option<Counted>,
    all: &mut BTreeMap<Box<[u8]>, u64>,
    builder: &mut ColumnBuilder,
) -> Result<(), KernelError> {
    let Some(Counted { texts, counts }) = counted else { return Ok(()) };
    for (text, count) in texts_of(texts.as_ref()).zip(counts).filter(|(_, count)| *count > 0) {
        match text.map(|text| (text, all.get_mut(text))) {
            Some((_, Some(known))) => *known += count,
            Some((text, None)) => {
                all.insert(text.into(), count);
            }
            None => builder.add_nulls(count)?,
        }
    }
    Ok(())
}
