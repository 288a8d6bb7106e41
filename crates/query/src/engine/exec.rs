use std::any::Any;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;

use super::policy::{Key, Split, Term};

/// One visible column: where its raw values are in the filtered rows, and what becomes of them.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    /// `None` where no raw value is read at all.
    pub(super) position: Option<usize>,
    pub(super) term: Term,
}

/// The held-out split and where the record key's columns are in the filtered rows.
pub(super) struct SplitRows {
    pub(super) positions: Vec<usize>,
    pub(super) split: Split,
}

/// Scan, row filter, mask and projection as one unit.
///
/// It has no children, on purpose: an optimiser rule cannot see, reorder or push anything into what it cannot reach.
/// Ordering, statistics and metrics of the rows inside stay inside.
pub(super) struct GovernedExec {
    pub(super) filtered: Arc<dyn ExecutionPlan>,
    mask: Arc<Mask>,
    properties: Arc<PlanProperties>,
}

/// What happens to rows that the row filter let through.
struct Mask {
    splits: Vec<SplitRows>,
    shown: Vec<Shown>,
    key: Key,
    schema: SchemaRef,
}

impl GovernedExec {
    pub(super) fn new(
        filtered: Arc<dyn ExecutionPlan>,
        splits: Vec<SplitRows>,
        shown: Vec<Shown>,
        key: Key,
        schema: SchemaRef,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(filtered.properties().partitioning.partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let mask = Arc::new(Mask { splits, shown, key, schema });
        Self { filtered, mask, properties: Arc::new(properties) }
    }
}

impl ExecutionPlan for GovernedExec {
    fn name(&self) -> &'static str {
        "GovernedExec"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mask = Arc::clone(&self.mask);
        let filtered = self.filtered.execute(partition, context).map_err(hide)?;
        let masked = filtered.map(move |rows| rows.and_then(|rows| mask.apply(rows)).map_err(hide));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), masked)))
    }
}

impl DisplayAs for GovernedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("GovernedExec")
    }
}

impl fmt::Debug for GovernedExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GovernedExec")
    }
}

impl Mask {
    fn apply(&self, rows: RecordBatch) -> Result<RecordBatch> {
        let mut rows = rows;
        for SplitRows { positions, split } in &self.splits {
            let visible = split.shows(&rows.project(positions)?)?;
            rows = filter_record_batch(&rows, &visible)?;
        }
        let mut columns = Vec::with_capacity(self.shown.len());
        for (column, field) in self.shown.iter().zip(self.schema.fields()) {
            columns.push(match column.position {
                Some(position) => column.term.apply(&self.key, rows.column(position))?,
                None => new_null_array(field.data_type(), rows.num_rows()),
            });
        }
        // A projection without columns (`COUNT(*)`) still has rows.
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

/// Replaces an error raised inside the unit: its text may name a path, a hidden value or the row filter.
pub(super) fn hide(error: DataFusionError) -> DataFusionError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => DataFusionError::ResourcesExhausted("out of memory".into()),
        _ => DataFusionError::Execution(UNREADABLE.into()),
    }
}

/// What an error raised inside the unit says.
pub(super) const UNREADABLE: &str = "a dataset could not be read";
