//! Parts of a physical plan that bound what the parts around them take, where those do not say it themselves.
use std::any::Any;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;

use super::widest;

/// What is bounded.
#[derive(Clone, Copy, Debug)]
enum Bound {
    /// The batch under way.
    Rows,
    /// The largest row: a join copies it for each match.
    Copied,
    /// All rows together, with a copy: the part above keeps them until its end.
    All,
    /// The rows that lists become, of one batch.
    Unnested,
}

/// Passes batches on as they are, or fails.
#[derive(Debug)]
struct Bounded {
    inner: Arc<dyn ExecutionPlan>,
    bound: Bound,
    most: usize,
}

/// Bounds the parts of `plan`, whose largest row may take `most` bytes.
pub(super) fn bounded(plan: Arc<dyn ExecutionPlan>, most: usize) -> Result<Arc<dyn ExecutionPlan>> {
    let wrap =
        |inner: Arc<dyn ExecutionPlan>, bound| -> Arc<dyn ExecutionPlan> { Arc::new(Bounded { inner, bound, most }) };
    let wrapped = plan.transform_up(|node| {
        let is_join = node.name().contains("Join");
        let below = match node.name() {
            "WindowAggExec" => Some(Bound::All),
            "UnnestExec" => Some(Bound::Unnested),
            _ if is_join => Some(Bound::Copied),
            _ => None,
        };
        let node = match below {
            Some(bound) => {
                let children = node.children().into_iter().map(|child| wrap(Arc::clone(child), bound)).collect();
                node.with_new_children(children)?
            }
            None => node,
        };
        // A join gives its thread back between batches: what counts or sums its pairs would otherwise poll it for minutes
        // without a wait, and nothing could stop the query meanwhile.
        let node: Arc<dyn ExecutionPlan> = if is_join { Arc::new(CooperativeExec::new(node)) } else { node };
        let grows = ["ProjectionExec", "AggregateExec", "WindowAggExec", "BoundedWindowAggExec", "UnnestExec"];
        if is_join || grows.contains(&node.name()) {
            return Ok(Transformed::yes(wrap(node, Bound::Rows)));
        }
        Ok(Transformed::yes(node))
    });
    Ok(wrapped?.data)
}

impl ExecutionPlan for Bounded {
    fn name(&self) -> &'static str {
        "Bounded"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.inner.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.inner]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let inner = children.pop().ok_or_else(|| DataFusionError::Internal("a part without its child".into()))?;
        Ok(Arc::new(Self { inner, bound: self.bound, most: self.most }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.inner.execute(partition, Arc::clone(&context))?;
        let (bound, most) = (self.bound, self.most);
        let mut kept = MemoryConsumer::new("kept rows").register(context.memory_pool());
        let checked = rows.map(move |rows| {
            let rows = rows?;
            match bound {
                Bound::Rows => kept.try_resize(widest::taken(&rows))?,
                Bound::Copied => widest::check(&rows, most)?,
                Bound::All => kept.try_grow(rows.get_array_memory_size().saturating_mul(2))?,
                Bound::Unnested => unnested(&rows, &mut kept)?,
            }
            Ok(rows)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), checked)))
    }
}

/// Counts what the lists of `rows` become until the next batch: each element is a row with a copy of all else.
fn unnested(rows: &RecordBatch, kept: &mut MemoryReservation) -> Result<()> {
    let is_list =
        |of: &DataType| matches!(of, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..));
    let (lists, beside): (Vec<_>, Vec<_>) = rows.columns().iter().partition(|column| is_list(column.data_type()));
    let row = beside.into_iter().map(widest::of).fold(16, usize::saturating_add);
    let elements: usize =
        lists.iter().map(|list| list.to_data().child_data().first().map_or(0, arrow::array::ArrayData::len)).sum();
    kept.try_resize(row.saturating_mul(elements).saturating_add(rows.get_array_memory_size()))
}

impl DisplayAs for Bounded {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Bounded")
    }
}
