//! Parquet: a column of a row group at a time.
use super::file::guarded;
use super::folder::cannot;
use super::memory::STEP;
use super::pages::Pages;
use super::thrift::PAGE;
use crate::StatsError;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::Encoding;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A file of more rows was never written.
const MOST_ROWS: u64 = 1 << 44;

/// What the footer of a file says.
#[derive(Debug)]
pub(super) struct Footer {
    /// Reads texts one by one, without a copy of each.
    plain: ArrowReaderMetadata,
    /// Reads texts as codes of the dictionary that the file has of them.
    coded: ArrowReaderMetadata,
    schema: SchemaRef,
}

impl Footer {
    pub(super) fn open(path: &Path, shown: &str) -> Result<Self, StatsError> {
        let file = File::open(path).map_err(|error| cannot(shown, error))?;
        super::thrift::check_footer(&file).map_err(|why| cannot(shown, why))?;
        let footer = guarded(shown, || {
            let loaded = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
            let schema = loaded.schema().clone();
            let with = |text: &DataType| {
                let options = ArrowReaderOptions::new().with_schema(with_texts_as(&schema, text));
                ArrowReaderMetadata::try_new(loaded.metadata().clone(), options)
            };
            let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Ok::<_, parquet::errors::ParquetError>(Self {
                plain: with(&DataType::Utf8View)?,
                coded: with(&coded)?,
                schema,
            })
        })?;
        let mut groups = footer.metadata().row_groups().iter();
        let rows = groups.try_fold(0, |rows: u64, group| rows.checked_add(u64::try_from(group.num_rows()).ok()?));
        match rows {
            Some(..=MOST_ROWS) => Ok(footer),
            _ => Err(cannot(shown, "its footer announces a number of rows that no file has")),
        }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.plain.metadata()
    }

    /// Returns the rows of each row group.
    pub(super) fn groups(&self) -> Vec<u64> {
        self.metadata().row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).collect()
    }

    /// Returns how many values a column has: rows without the nulls that the footer knows of.
    pub(super) fn values(&self, column: usize) -> u64 {
        let rows: u64 = self.groups().iter().sum();
        let nulls = |chunk: &ColumnChunkMetaData| chunk.statistics().and_then(Statistics::null_count_opt).unwrap_or(0);
        // A footer may say anything.
        rows.saturating_sub(self.chunks_of(column).map(nulls).fold(0, u64::saturating_add))
    }

    /// The chunks of a column that is not nested, one of each row group.
    fn chunks_of(&self, column: usize) -> impl Iterator<Item = &ColumnChunkMetaData> {
        let described = self.metadata().file_metadata().schema_descr();
        let mut leaves =
            (0..described.num_columns()).filter(move |&leaf| described.get_column_root_idx(leaf) == column);
        let leaf = leaves.next().filter(|_| leaves.next().is_none());
        self.metadata().row_groups().iter().filter_map(move |group| group.columns().get(leaf?))
    }

    /// Says what is wrong with the pages of a column of a row group, if a decoder must not see them.
    fn check_pages(&self, file: &File, group: usize, column: usize) -> Result<(), String> {
        let described = self.metadata().file_metadata().schema_descr();
        let chunks = self.metadata().row_groups().get(group).map_or(&[][..], |group| group.columns());
        let leaves = (0..described.num_columns()).filter(|&leaf| described.get_column_root_idx(leaf) == column);
        for chunk in leaves.filter_map(|leaf| chunks.get(leaf)) {
            super::pages::check_headers(file, chunk)?;
        }
        Ok(())
    }

    /// How many rows of a column are read at once: nulls among values of one length take as much memory as any. Nothing where that
    /// length is none that a page holds.
    fn step(&self, column: usize) -> Option<usize> {
        let described = self.metadata().file_metadata().schema_descr();
        let leaves = (0..described.num_columns()).filter(|&leaf| described.get_column_root_idx(leaf) == column);
        let lengths = leaves.map(|leaf| i64::from(described.column(leaf).type_length()));
        let longest = lengths.max().filter(|length| *length > 0).unwrap_or(1);
        usize::try_from(PAGE / longest).ok().filter(|rows| *rows > 0).map(|rows| STEP.min(rows))
    }

    /// Gives a column of a row group on, piece by piece.
    pub(super) fn read(
        &self,
        path: &Path,
        shown: &str,
        group: usize,
        column: usize,
        emit: &mut dyn FnMut(&ArrayRef) -> Result<(), StatsError>,
    ) -> Result<(), StatsError> {
        if self.groups().get(group).is_none_or(|rows| *rows == 0) {
            return Ok(());
        }
        let is_coded = self.chunks_of(column).nth(group).is_some_and(is_all_coded);
        let metadata = if is_coded { &self.coded } else { &self.plain };
        // A file of its own: a copy of one would share its place in the file with other threads.
        let file = File::open(path).map_err(|error| cannot(shown, error))?;
        self.check_pages(&file, group, column).map_err(|why| cannot(shown, why))?;
        let step =
            self.step(column).ok_or_else(|| cannot(shown, "it has values that are longer than a page may be"))?;
        let mut reader = guarded(shown, || {
            let roots = ProjectionMask::roots(metadata.parquet_schema(), [column]);
            let types = metadata.schema().fields();
            let levels = parquet_to_arrow_field_levels(metadata.parquet_schema(), roots, Some(types))?;
            let pages = Pages { file: Arc::new(file), metadata: metadata.metadata().clone(), group };
            ParquetRecordBatchReader::try_new_with_row_groups(&levels, &pages, step, None)
        })?;
        let (announced, mut rows) = (self.groups().get(group).copied().unwrap_or(0), 0);
        while let Some(batch) = guarded(shown, || reader.next().transpose())? {
            rows += batch.num_rows() as u64;
            emit(batch.column(0))?;
        }
        if rows == announced {
            return Ok(());
        }
        Err(cannot(shown, format!("row group {group} has {rows} rows where its footer says {announced}")))
    }
}

/// Whether every page has codes of the dictionary. Where some have not, codes would have to be made up for their texts.
fn is_all_coded(chunk: &ColumnChunkMetaData) -> bool {
    let is_only = |encoding| chunk.page_encoding_stats_mask().is_some_and(|mask| mask.is_only(encoding));
    chunk.dictionary_page_offset().is_some()
        && (is_only(Encoding::RLE_DICTIONARY) || is_only(Encoding::PLAIN_DICTIONARY))
}

/// The schema with every text at the top level read as this type, and dictionaries of anything else as what they hold.
fn with_texts_as(schema: &Schema, text: &DataType) -> SchemaRef {
    let read_as = |data_type: &DataType| match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => text.clone(),
        DataType::Dictionary(_, values) if is_text(values) => text.clone(),
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        other => other.clone(),
    };
    let with = |field: &Arc<Field>| field.as_ref().clone().with_data_type(read_as(field.data_type()));
    Arc::new(Schema::new(schema.fields().iter().map(with).collect::<Vec<_>>()))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
