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
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;

use super::files::{LakeFiles, LakeStore, PinnedFile};

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
    /// CSV has values by place only: the orders in which files hold the stored columns, and which one each file has.
    orders: Vec<Vec<usize>>,
    order_of: Vec<usize>,
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
        let (orders, order_of) = orders(files.files(), &stored)?;
        let columns = TableSchema::new(stored, partitions.collect());
        Ok(Self { files, url, format, columns, partitions: values, orders, order_of })
    }

    /// Tells whether `column` comes from folders' names: its value is known per file, and never a file's to say.
    pub(super) fn is_partition(&self, column: &str) -> bool {
        self.columns.table_partition_cols().iter().any(|field| field.name() == column)
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
        match self.format {
            Format::Parquet => {
                let mut source = ParquetSource::new(self.columns.clone())
                    .with_table_parquet_options(TableParquetOptions::default())
                    .with_pushdown_filters(false);
                if let Some(predicate) = conjunction(pruning) {
                    source = source.with_predicate(state.create_physical_expr(predicate, schema)?);
                }
                self.scan_files(state, Arc::new(source), &kept, read.to_vec())
            }
            Format::Csv { delimiter } => {
                let mut scans = Vec::new();
                for (number, order) in self.orders.iter().enumerate() {
                    let files: Vec<usize> =
                        kept.iter().copied().filter(|file| self.order_of[*file] == number).collect();
                    if !files.is_empty() {
                        scans.push(self.scan_csv(state, delimiter, order, &files, read)?);
                    }
                }
                UnionExec::try_new(scans)
            }
        }
    }

    /// Returns a plan for the columns `read` of CSV files that hold the stored columns in `order`; one that they lack is
    /// null in them.
    fn scan_csv(
        &self,
        state: &dyn Session,
        delimiter: u8,
        order: &[usize],
        files: &[usize],
        read: &[usize],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let stored = self.columns.file_schema();
        let fields: Vec<_> = order.iter().map(|index| Arc::clone(&stored.fields()[*index])).collect();
        let partitions = self.columns.table_partition_cols().clone();
        let source =
            CsvSource::new(TableSchema::new(Arc::new(Schema::new(fields)), partitions)).with_csv_options(CsvOptions {
                has_header: Some(true),
                delimiter,
                newlines_in_values: Some(true), // so a file is read from its start, never from some line's middle
                ..CsvOptions::default()
            });
        // The partition columns stand behind the stored ones, here as in the table.
        let place = |index: usize| match index.checked_sub(stored.fields().len()) {
            Some(partition) => Some(order.len() + partition),
            None => order.iter().position(|column| *column == index),
        };
        let mut there: Vec<usize> = read.iter().filter_map(|index| place(*index)).collect();
        let as_they_stand = there.len() == read.len() && there.is_sorted();
        there.sort_unstable();
        let scan = self.scan_files(state, Arc::new(source), files, there.clone())?;
        if as_they_stand {
            return Ok(scan);
        }
        let whole = self.schema();
        let mut shown: Vec<(Arc<dyn PhysicalExpr>, String)> = Vec::with_capacity(read.len());
        for index in read {
            let field = whole.field(*index);
            let value: Arc<dyn PhysicalExpr> = match place(*index).and_then(|place| there.binary_search(&place).ok()) {
                Some(place) => Arc::new(Column::new(field.name(), place)),
                None => Arc::new(Literal::new(ScalarValue::try_from(field.data_type())?)),
            };
            shown.push((value, field.name().clone()));
        }
        Ok(Arc::new(ProjectionExec::try_new(shown, scan)?))
    }

    fn scan_files(
        &self,
        state: &dyn Session,
        source: Arc<dyn FileSource>,
        files: &[usize],
        read: Vec<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let store = LakeStore(Arc::clone(&self.files));
        let file = |number: &usize| {
            let file = PartitionedFile::new_from_meta(store.object(*number));
            file.with_partition_values(self.partitions[*number].clone())
        };
        let options = state.config_options();
        let groups = FileGroup::new(files.iter().map(file).collect()).split_files(options.execution.target_partitions);
        let config = FileScanConfigBuilder::new(self.url.clone(), source)
            .with_file_groups(groups)
            .with_projection_indices(Some(read))?
            .build();
        let scan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
        Ok(scan.repartitioned(options.execution.target_partitions, options)?.unwrap_or(scan))
    }

    /// Returns the files whose partition values do not rule out every condition of `pruning` on them alone.
    fn files_that_may_match(&self, state: &dyn Session, pruning: &[Expr]) -> Result<Vec<usize>> {
        let values = self.partition_values()?;
        let mut kept = vec![true; self.partitions.len()];
        for condition in pruning {
            let columns = condition.column_refs();
            if columns.is_empty() || !columns.iter().all(|column| self.is_partition(&column.name)) {
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
        Ok((0..kept.len()).filter(|number| kept[*number]).collect())
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

/// Returns the different orders in which `files` hold the columns of `stored`, and which of them each file has.
fn orders(files: &[PinnedFile], stored: &Schema) -> Result<(Vec<Vec<usize>>, Vec<usize>)> {
    let mut orders: Vec<Vec<usize>> = Vec::new();
    let mut order_of = Vec::with_capacity(files.len());
    for file in files {
        let order: Vec<usize> = match &file.header {
            None => (0..stored.fields().len()).collect(),
            Some(names) => {
                let mut order = Vec::with_capacity(names.len());
                for name in names {
                    let index = stored.index_of(name)?;
                    if order.contains(&index) {
                        return plan_err!("a file's header names a column twice");
                    }
                    order.push(index);
                }
                order
            }
        };
        let known = orders.iter().position(|known| *known == order).unwrap_or_else(|| {
            orders.push(order);
            orders.len() - 1
        });
        order_of.push(known);
    }
    Ok((orders, order_of))
}
