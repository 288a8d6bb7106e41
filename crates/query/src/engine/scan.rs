use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::config::{CsvOptions, TableParquetOptions};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{CsvSource, FileGroup, FileScanConfigBuilder, FileSource, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::files::{LakeFiles, LakeStore};

/// How the files of a dataset are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Text with a header line; a value in quotes may hold the delimiter and line ends.
    Csv { delimiter: u8 },
}

/// One dataset version without any policy; nobody but [`super::table::GovernedTable`] holds one.
pub(super) struct RawTable {
    files: Arc<LakeFiles>,
    url: ObjectStoreUrl,
    format: Format,
    columns: TableSchema,
    /// Per file, the values of the partition columns.
    partitions: Vec<Vec<ScalarValue>>,
}

impl RawTable {
    /// Makes the table of `files`, which the session knows as `url`, with `stored` columns in the files and
    /// `partitions` as columns from their folders' names.
    pub(super) fn try_new(
        files: Arc<LakeFiles>,
        url: ObjectStoreUrl,
        format: Format,
        stored: &Schema,
        partitions: &[(String, DataType)],
    ) -> Result<Self> {
        let mut values = Vec::with_capacity(files.files().len());
        for file in files.files() {
            if file.partition.len() != partitions.len() {
                return plan_err!("a file does not say the value of each partition column");
            }
            let mut of_file = Vec::with_capacity(partitions.len());
            for (value, (_, data_type)) in file.partition.iter().zip(partitions) {
                of_file.push(match value {
                    Some(text) => ScalarValue::try_from_string(text.clone(), data_type)?,
                    None => ScalarValue::try_from(data_type)?,
                });
            }
            values.push(of_file);
        }
        let partitions = partitions.iter().map(|(name, data_type)| Field::new(name, data_type.clone(), true).into());
        // Metadata of the files' schema stays here: writers repeat every column's name in it.
        let stored = Arc::new(Schema::new(stored.fields().clone()));
        let columns = TableSchema::new(stored, partitions.collect());
        Ok(Self { files, url, format, columns, partitions: values })
    }

    /// Returns all columns: those in the files, then those from their folders' names.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(self.columns.table_schema())
    }

    /// Returns a plan for the columns `read`, in order. `pruning` only skips files, row groups and pages by partition
    /// values and statistics; it is never evaluated on rows, where the reader's part could run before the row filter.
    pub(super) fn scan(
        &self,
        state: &dyn Session,
        schema: &DFSchema,
        read: &[usize],
        pruning: Vec<Expr>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let kept = self.files_that_may_match(state, &pruning)?;
        if kept.is_empty() {
            return Ok(Arc::new(EmptyExec::new(Arc::new(self.schema().project(read)?))));
        }
        let source: Arc<dyn FileSource> = match self.format {
            Format::Parquet => {
                let mut source = ParquetSource::new(self.columns.clone())
                    .with_table_parquet_options(TableParquetOptions::default())
                    .with_pushdown_filters(false);
                if let Some(predicate) = conjunction(pruning) {
                    source = source.with_predicate(state.create_physical_expr(predicate, schema)?);
                }
                Arc::new(source)
            }
            Format::Csv { delimiter } => Arc::new(CsvSource::new(self.columns.clone()).with_csv_options(CsvOptions {
                has_header: Some(true),
                delimiter,
                newlines_in_values: Some(true), // so a file is read from its start, never from some line's middle
                ..CsvOptions::default()
            })),
        };
        let options = state.config_options();
        let groups = FileGroup::new(kept).split_files(options.execution.target_partitions);
        let config = FileScanConfigBuilder::new(self.url.clone(), source)
            .with_file_groups(groups)
            .with_projection_indices(Some(read.to_vec()))?
            .build();
        let scan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
        Ok(scan.repartitioned(options.execution.target_partitions, options)?.unwrap_or(scan))
    }

    /// Returns the files whose partition values do not rule out every condition of `pruning` on them alone.
    fn files_that_may_match(&self, state: &dyn Session, pruning: &[Expr]) -> Result<Vec<PartitionedFile>> {
        let values = self.partition_values()?;
        let mut kept = vec![true; self.partitions.len()];
        let is_partition = |name: &str| self.columns.table_partition_cols().iter().any(|field| field.name() == name);
        for condition in pruning {
            let columns = condition.column_refs();
            if columns.is_empty() || !columns.iter().all(|column| is_partition(&column.name)) {
                continue;
            }
            let on_values = DFSchema::try_from(values.schema())?;
            let Ok(condition) = state.create_physical_expr(condition.clone(), &on_values) else { continue };
            // A condition that fails on the values rules nothing out; it runs again on the rows.
            let Ok(answers) = condition.evaluate(&values).and_then(|answers| answers.into_array(kept.len())) else {
                continue;
            };
            let Some(answers) = answers.as_boolean_opt() else { continue };
            for (kept, answer) in kept.iter_mut().zip(answers) {
                *kept &= answer == Some(true);
            }
        }
        let store = LakeStore(Arc::clone(&self.files));
        let file = |number: usize| {
            let file = PartitionedFile::new_from_meta(store.object(number));
            file.with_partition_values(self.partitions[number].clone())
        };
        Ok((0..kept.len()).filter(|number| kept[*number]).map(file).collect())
    }

    /// Returns the partition columns with a row per file.
    fn partition_values(&self) -> Result<RecordBatch> {
        let fields = self.columns.table_partition_cols();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(fields.len());
        for (number, field) in fields.iter().enumerate() {
            let of_files = self.partitions.iter().map(|values| values[number].clone());
            columns.push(if self.partitions.is_empty() {
                datafusion::arrow::array::new_empty_array(field.data_type())
            } else {
                ScalarValue::iter_to_array(of_files)?
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.partitions.len()));
        let schema = Arc::new(Schema::new(fields.clone()));
        Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
    }
}
