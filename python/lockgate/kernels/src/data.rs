//! Tables: what statistics are computed of.
use crate::column::Column;
use crate::error::{caught, not_handed_over, not_opened, raised};
use crate::run::compute;
use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StructArray, make_array};
use arrow::datatypes::{Field, Schema};
use arrow_array::ffi_stream::ArrowArrayStreamReader;
use arrow_pyarrow::FromPyArrow;
use pyo3::prelude::*;
use pyo3::types::PyAny;
use std::path::PathBuf;
use std::sync::Arc;

/// A table: a file or folder, or Arrow in memory.
#[pyclass(frozen, module = "lockgate._kernels")]
pub(crate) struct Data(pub(crate) stats::Data);

#[pymethods]
impl Data {
    /// Opens a file, or a folder of files.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| std::fs::metadata(&path).map_err(|error| not_opened(&path, &error)))?;
        compute(py, 0, |run| stats::Data::open_with(&path, run)).map(Self)
    }

    /// Takes all that an object with `__arrow_c_stream__` has; raises `ValueError` where that is no table.
    #[staticmethod]
    fn of_stream(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let reader = ArrowArrayStreamReader::from_pyarrow_bound(source)?;
        // Who makes the batches may need the interpreter on a thread of its own.
        source.py().detach(|| {
            let schema = arrow::array::RecordBatchReader::schema(&reader);
            let batches = caught(|| reader.collect::<Result<Vec<_>, _>>().map_err(|error| not_handed_over(&error)))?;
            stats::Data::of_batches(schema, batches).map(Self).map_err(|error| raised(&error))
        })
    }

    /// Takes batches of one table, each an object with `__arrow_c_array__`, or `None` where there are none. Unlike those of a stream,
    /// their buffers may lie at any address.
    #[staticmethod]
    fn of_batches(parts: Vec<Bound<'_, PyAny>>) -> PyResult<Option<Self>> {
        let batches = parts.iter().map(RecordBatch::from_pyarrow_bound).collect::<PyResult<Vec<_>>>()?;
        let Some(first) = batches.first() else { return Ok(None) };
        let schema = first.schema();
        stats::Data::of_batches(schema, batches).map(|data| Some(Self(data))).map_err(|error| raised(&error))
    }

    /// Takes the batch of an object with `__arrow_c_array__`, or `None` where it is one column.
    #[staticmethod]
    fn of_array(source: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let array = array_of(source)?;
        match array.as_any().downcast_ref::<StructArray>() {
            Some(rows) if rows.null_count() == 0 => {
                let fields = rows.fields().clone();
                let columns = rows.columns().to_vec();
                of_columns(Schema::new(fields), columns, rows.len()).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Takes columns of one length, by their names.
    #[staticmethod]
    fn of_columns(columns: Vec<(String, PyRef<'_, Column>)>) -> PyResult<Self> {
        let mut fields = Vec::with_capacity(columns.len());
        let mut arrays = Vec::with_capacity(columns.len());
        for (name, column) in &columns {
            let array = column.whole()?;
            fields.push(Field::new(name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let rows = arrays.first().map_or(0, Array::len);
        of_columns(Schema::new(fields), arrays, rows)
    }

    /// Returns the names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Returns how many partitions there are.
    #[getter]
    fn partitions(&self) -> u64 {
        self.0.partitions()
    }
}

/// Returns the array of an object with `__arrow_c_array__`.
pub(crate) fn array_of(source: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let mut data = arrow::array::ArrayData::from_pyarrow_bound(source)?;
    // Others may hand over buffers that lie at any address.
    data.align_buffers();
    Ok(make_array(data))
}

fn of_columns(schema: Schema, columns: Vec<ArrayRef>, rows: usize) -> PyResult<Data> {
    let schema = Arc::new(schema);
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema.clone(), columns, &options);
    let batch = batch.map_err(|error| not_handed_over(&error))?;
    stats::Data::of_batches(schema, vec![batch]).map(Data).map_err(|error| raised(&error))
}
