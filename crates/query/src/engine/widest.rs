//! How large values are. Batches are cut by rows, so this is what bounds them: joins and functions copy a value once for
//! each row, outside the memory that a query is counted by.
use datafusion::arrow::array::{Array, ArrayRef, AsArray, FixedSizeListArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};

/// Rows per batch.
pub(super) const BATCH_ROWS: usize = 2_048;
/// What a batch may take.
pub(super) const BATCH_BYTES: usize = 128 << 20;
/// The largest row that a join copies, unless a dataset has larger ones.
pub(super) const ROW_BYTES: usize = BATCH_BYTES / BATCH_ROWS;

/// Returns what is said of a row that is too large, which is what of a query that needs too much memory.
pub(super) fn too_wide() -> DataFusionError {
    DataFusionError::ResourcesExhausted("a row is too large".into())
}

/// Fails if a row of `batch` may be larger than `most` bytes.
pub(super) fn check(batch: &RecordBatch, most: usize) -> Result<()> {
    // Nothing in a batch is larger than all of it.
    if batch.get_array_memory_size() <= most {
        return Ok(());
    }
    let row = batch.columns().iter().map(of).fold(0, usize::saturating_add);
    if row > most { Err(too_wide()) } else { Ok(()) }
}

/// Returns what of its buffers `batch` itself takes.
pub(super) fn taken(batch: &RecordBatch) -> usize {
    let of =
        |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size());
    batch.columns().iter().map(of).fold(0, usize::saturating_add)
}

/// Returns the bytes of all values of `array`, about.
pub(super) fn total(array: &ArrayRef) -> usize {
    let between = |offsets: Option<(usize, usize)>| offsets.map_or(0, |(first, last)| last.saturating_sub(first));
    match array.data_type() {
        DataType::Utf8 => {
            let offsets = array.as_string::<i32>().offsets();
            between(
                offsets
                    .first()
                    .zip(offsets.last())
                    .map(|(first, last)| (usize_of(i64::from(*first)), usize_of(i64::from(*last)))),
            )
        }
        DataType::LargeUtf8 => {
            let offsets = array.as_string::<i64>().offsets();
            between(offsets.first().zip(offsets.last()).map(|(first, last)| (usize_of(*first), usize_of(*last))))
        }
        DataType::Utf8View => array.as_string_view().lengths().map(|length| length as usize).sum(),
        _ => of(array).saturating_mul(array.len()),
    }
}

/// Returns a bound on the bytes of one value of `array`.
pub(super) fn of(array: &ArrayRef) -> usize {
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let list = |lengths: &mut dyn Iterator<Item = usize>, items: &ArrayRef| {
        lengths.max().unwrap_or(0).saturating_mul(of(items))
    };
    match array.data_type() {
        DataType::Utf8 => longest(&mut array.as_string::<i32>().offsets().lengths()),
        DataType::LargeUtf8 => longest(&mut array.as_string::<i64>().offsets().lengths()),
        DataType::Binary => longest(&mut array.as_binary::<i32>().offsets().lengths()),
        DataType::LargeBinary => longest(&mut array.as_binary::<i64>().offsets().lengths()),
        DataType::Utf8View => longest(&mut array.as_string_view().lengths().map(|length| length as usize)),
        DataType::BinaryView => longest(&mut array.as_binary_view().lengths().map(|length| length as usize)),
        DataType::Dictionary(..) => of(array.as_any_dictionary().values()),
        DataType::List(_) => list(&mut array.as_list::<i32>().offsets().lengths(), array.as_list::<i32>().values()),
        DataType::LargeList(_) => {
            list(&mut array.as_list::<i64>().offsets().lengths(), array.as_list::<i64>().values())
        }
        DataType::Map(..) => {
            let entries = array.as_map();
            let each = entries.entries().columns().iter().map(of).fold(0, usize::saturating_add);
            longest(&mut entries.offsets().lengths()).saturating_mul(each)
        }
        DataType::FixedSizeList(..) => {
            let list: &FixedSizeListArray = array.as_fixed_size_list();
            usize::try_from(list.value_length()).unwrap_or(0).saturating_mul(of(list.values()))
        }
        DataType::Struct(_) => array.as_struct().columns().iter().map(of).fold(0, usize::saturating_add),
        other => other.primitive_width().unwrap_or(16),
    }
}

fn usize_of(offset: i64) -> usize {
    usize::try_from(offset).unwrap_or(0)
}
