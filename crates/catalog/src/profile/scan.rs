use super::sketch::{ColumnSketch, Form};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

/// Reads a file's batches into a sketch per column.
#[derive(Debug)]
pub(crate) struct FileScan {
    seed: u64,
    rows: u64,
    columns: Vec<ColumnSketch>,
    keys: Vec<u64>,
}

pub(crate) fn form_of(data_type: &DataType) -> Form {
    match data_type {
        DataType::Boolean => Form::Flag,
        DataType::Date32 | DataType::Date64 => Form::Date,
        DataType::Timestamp(..) => Form::Time,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Form::Text,
        DataType::Dictionary(_, values) => form_of(values),
        data_type if data_type.is_numeric() => Form::Number,
        _ => Form::Other,
    }
}

impl FileScan {
    /// Starts on a file whose path seeds the sampling, so that a crawl repeated samples the same rows.
    pub(crate) fn start(path: &str, schema: &SchemaRef) -> Self {
        let columns = schema.fields().iter().map(|field| ColumnSketch::new(form_of(field.data_type()))).collect();
        Self { seed: kernels::hash_bytes(0, path.as_bytes()), rows: 0, columns, keys: Vec::new() }
    }

    /// Takes the next batch.
    ///
    /// # Errors
    /// Arrow's, for values that their declared type cannot hold.
    pub(crate) fn take(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let count = batch.num_rows() as u64;
        self.keys.clear();
        self.keys.extend((self.rows..self.rows + count).map(|row| kernels::mix(self.seed, row)));
        for (array, sketch) in batch.columns().iter().zip(&mut self.columns) {
            sketch.add_rows(count);
            take_column(array, &self.keys, sketch)?;
        }
        self.rows += count;
        Ok(())
    }

    /// Returns the number of rows and a sketch per column.
    pub(crate) fn finish(self) -> (u64, Vec<ColumnSketch>) {
        (self.rows, self.columns)
    }
}

fn take_column(array: &ArrayRef, keys: &[u64], sketch: &mut ColumnSketch) -> Result<(), ArrowError> {
    let integers = match (sketch.form(), array.data_type()) {
        (Form::Other, _) => {
            sketch.add_nulls(array.logical_null_count() as u64);
            return Ok(());
        }
        (Form::Text | Form::Flag, _) => return take_texts(&cast(array, &DataType::Utf8)?, keys, sketch),
        (Form::Date, _) => cast(&cast(array, &DataType::Date32)?, &DataType::Int32)?,
        (Form::Time, DataType::Timestamp(_, zone)) => {
            cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?
        }
        (_, data_type) if data_type.is_floating() || matches!(data_type, DataType::UInt64) || is_decimal(data_type) => {
            return take_floats(&cast(array, &DataType::Float64)?, keys, sketch);
        }
        _ => array.clone(),
    };
    let integers = cast(&integers, &DataType::Int64)?;
    sketch.add_nulls(integers.null_count() as u64);
    for (value, &key) in integers.as_primitive::<Int64Type>().iter().zip(keys) {
        if let Some(value) = value {
            sketch.add_integer(key, value);
        }
    }
    Ok(())
}

fn is_decimal(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..)
    )
}

fn take_texts(array: &ArrayRef, keys: &[u64], sketch: &mut ColumnSketch) -> Result<(), ArrowError> {
    sketch.add_nulls(array.null_count() as u64);
    for (value, &key) in array.as_string::<i32>().iter().zip(keys) {
        if let Some(value) = value {
            sketch.add_text(key, value);
        }
    }
    Ok(())
}

fn take_floats(array: &ArrayRef, keys: &[u64], sketch: &mut ColumnSketch) -> Result<(), ArrowError> {
    sketch.add_nulls(array.null_count() as u64);
    for (value, &key) in array.as_primitive::<Float64Type>().iter().zip(keys) {
        if let Some(value) = value {
            sketch.add_float(key, value);
        }
    }
    Ok(())
}
