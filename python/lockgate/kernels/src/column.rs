//! Single columns: what is no table in Python, and becomes part of one.
use crate::data::array_of;
use crate::error::{caught, not_handed_over};
use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray, PrimitiveArray, StringArray};
use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::ffi_stream::ArrowArrayStreamReader;
use arrow_pyarrow::FromPyArrow;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyFloat, PyInt, PyString};
use std::sync::Arc;

/// The values of a column, in parts that follow each other.
#[pyclass(frozen, module = "lockgate._kernels")]
pub(crate) struct Column {
    parts: Vec<ArrayRef>,
}

#[pymethods]
impl Column {
    /// Takes arrays of one type, each an object with `__arrow_c_array__`.
    #[staticmethod]
    fn of_arrays(parts: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        Ok(Self { parts: parts.iter().map(array_of).collect::<PyResult<_>>()? })
    }

    /// Takes the one column of a table with `__arrow_c_stream__`; raises `ValueError` where it has another number of them.
    #[staticmethod]
    fn of_stream(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let reader = ArrowArrayStreamReader::from_pyarrow_bound(source)?;
        source.py().detach(|| {
            let schema = arrow::array::RecordBatchReader::schema(&reader);
            if schema.fields().len() != 1 {
                let found = schema.fields().len();
                return Err(PyValueError::new_err(format!("a table of {found} columns: expected one column")));
            }
            let mut parts = vec![arrow::array::new_empty_array(schema.field(0).data_type())];
            for batch in caught(|| reader.collect::<Result<Vec<_>, _>>().map_err(|error| not_handed_over(&error)))? {
                parts.push(batch.column(0).clone());
            }
            Ok(Self { parts })
        })
    }

    /// Takes numbers as they lie in memory, of a type that is said as `struct` and `memoryview` say it, or `None` for another.
    #[staticmethod]
    fn of_buffer(kind: &str, bytes: &[u8]) -> Option<Self> {
        let array: ArrayRef = match (kind, size_of::<std::ffi::c_long>()) {
            ("?", _) => Arc::new(bytes.iter().map(|byte| Some(*byte != 0)).collect::<BooleanArray>()),
            ("b", _) => numbers::<Int8Type>(bytes),
            ("B", _) => numbers::<UInt8Type>(bytes),
            ("h", _) => numbers::<Int16Type>(bytes),
            ("H", _) => numbers::<UInt16Type>(bytes),
            ("i", _) | ("l", 4) => numbers::<Int32Type>(bytes),
            ("I", _) | ("L", 4) => numbers::<UInt32Type>(bytes),
            ("q" | "l", _) => numbers::<Int64Type>(bytes),
            ("Q" | "L", _) => numbers::<UInt64Type>(bytes),
            ("e", _) => numbers::<Float16Type>(bytes),
            ("f", _) => numbers::<Float32Type>(bytes),
            ("d", _) => numbers::<Float64Type>(bytes),
            _ => return None,
        };
        Some(Self { parts: vec![array] })
    }

    /// Takes flags, numbers or texts, each of which may be missing, or `None` where something else is among them.
    #[staticmethod]
    fn of_values(values: Vec<Bound<'_, PyAny>>) -> Option<Self> {
        let told = values.iter().map(Told::of).collect::<Option<Vec<_>>>()?;
        let kind = told.iter().try_fold(Kind::Nothing, |kind, one| kind.and(one.kind()))?;
        Some(Self { parts: vec![kind.array(&told)] })
    }

    fn __len__(&self) -> usize {
        self.parts.iter().map(Array::len).sum()
    }
}

impl Column {
    /// Returns the column in one piece.
    pub(crate) fn whole(&self) -> PyResult<ArrayRef> {
        match self.parts.as_slice() {
            [] => Ok(Arc::new(NullArray::new(0))),
            [one] => Ok(one.clone()),
            more => {
                let parts: Vec<&dyn Array> = more.iter().map(AsRef::as_ref).collect();
                arrow::compute::concat(&parts).map_err(|error| not_handed_over(&error))
            }
        }
    }
}

/// Copies numbers to where Arrow wants them: at an address that is a multiple of their size.
fn numbers<T: ArrowPrimitiveType>(bytes: &[u8]) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(Buffer::from(bytes)), None))
}

/// One value of a list.
enum Told {
    Missing,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

impl Told {
    fn of(value: &Bound<'_, PyAny>) -> Option<Self> {
        if value.is_none() {
            return Some(Self::Missing);
        }
        if let Ok(text) = value.cast::<PyString>() {
            // A text that is half of a pair of surrogates is none for Arrow.
            return text.extract().ok().map(Self::Text);
        }
        if let Ok(flag) = value.extract() {
            return Some(Self::Flag(flag));
        }
        if let Ok(integer) = value.extract() {
            return Some(Self::Integer(integer));
        }
        // Not whatever turns into a float when asked: a decimal or a time is more than that.
        let is_number = value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>();
        if is_number { value.extract().ok().map(Self::Number) } else { None }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Missing => Kind::Nothing,
            Self::Flag(_) => Kind::Flags,
            Self::Integer(_) => Kind::Integers,
            Self::Number(_) => Kind::Numbers,
            Self::Text(_) => Kind::Texts,
        }
    }

    fn flag(&self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(*flag) } else { None }
    }

    fn integer(&self) -> Option<i64> {
        if let Self::Integer(integer) = self { Some(*integer) } else { None }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(integer) => Some(*integer as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// What a list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Flags,
    Integers,
    Numbers,
    Texts,
}

impl Kind {
    /// Returns what holds both, if one type does.
    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, Self::Nothing) | (Self::Nothing, one) => Some(one),
            (one, another) if one == another => Some(one),
            (Self::Integers, Self::Numbers) | (Self::Numbers, Self::Integers) => Some(Self::Numbers),
            _ => None,
        }
    }

    fn array(self, told: &[Told]) -> ArrayRef {
        match self {
            Self::Nothing => Arc::new(NullArray::new(told.len())),
            Self::Flags => Arc::new(told.iter().map(Told::flag).collect::<BooleanArray>()),
            Self::Integers => Arc::new(told.iter().map(Told::integer).collect::<Int64Array>()),
            Self::Numbers => Arc::new(told.iter().map(Told::number).collect::<Float64Array>()),
            Self::Texts => Arc::new(told.iter().map(Told::text).collect::<StringArray>()),
        }
    }
}
