use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cap_std::fs::Dir;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::source_as_provider;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryLimit, MemoryPool, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use futures::StreamExt;
use futures::stream::BoxStream;

use super::exec::UNREADABLE;
use super::files::{Headers, LakeFiles, LakeStore, PinnedFile};
use super::kept::bounded;
use super::measured::measured;
use super::mistakes::planning_mistake;
use super::policy::Policy;
use super::runtime::Slot;
use super::scan::{Format, RawTable};
use super::statement::Statement;
use super::table::GovernedTable;
use super::widest::{BATCH_BYTES, BATCH_ROWS, ROW_BYTES};
use super::{Error, TableName};

/// One dataset version: where its files are and what is in them.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// The lake's folder.
    pub folder: Arc<Dir>,
    /// The files, and nothing but these.
    pub files: Vec<PinnedFile>,
    /// How they are written.
    pub format: Format,
    /// A bound on the bytes of a row, where that is worth knowing.
    pub row_bytes: u64,
    /// The columns in the files.
    pub schema: SchemaRef,
    /// The columns from their folders' names, outermost first.
    pub partitions: Vec<(String, DataType)>,
}

/// A SQL session in which nothing exists but governed tables.
pub struct Session {
    pub(super) context: SessionContext,
    tables: BTreeMap<TableName, Arc<LakeFiles>>,
    columns: BTreeSet<String>,
    /// The largest row that a join copies.
    row_bytes: usize,
}

/// A query that fits the session's tables, ready to run once.
pub struct Prepared {
    plan: LogicalPlan,
    rows: usize,
}

/// Rows under way.
pub struct Rows {
    /// The columns of the answer.
    pub schema: SchemaRef,
    /// The rows, batch by batch.
    pub batches: BoxStream<'static, Result<RecordBatch, Error>>,
}

/// The memory of a session's queries. Parts of a query that was given up compute on until their next wait, and count in
/// here as long.
#[derive(Debug)]
struct Memory {
    pool: GreedyMemoryPool,
    #[expect(dead_code, reason = "held, not used")]
    slot: Option<Slot>,
}

impl MemoryPool for Memory {
    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.pool.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.pool.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> DataFusionResult<()> {
        self.pool.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.pool.memory_limit()
    }
}

/// Up to here the plan itself stops early; a sort that keeps more of its first rows is slower than a whole one.
const FEW_ROWS: usize = 100_000;

/// Functions whose result can be far larger than what they are given, outside the memory pool.
const LEFT_OUT_FUNCTIONS: [&str; 14] = [
    "repeat",
    "lpad",
    "rpad",
    "range",
    "generate_series",
    "gen_series",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "array_range",
    "list_range",
    "gen_range",
    "arrow_metadata",
];

impl Session {
    /// Makes a session without tables, with `memory_bytes` to work in and no spilling to disk, which would write values
    /// there. Whatever still runs of its queries holds `slot`.
    pub fn new(memory_bytes: usize, partitions: usize, slot: Option<Slot>) -> Result<Self, Error> {
        let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(Memory { pool: GreedyMemoryPool::new(memory_bytes), slot }))
            .with_disk_manager_builder(no_disk)
            .build()
            .map_err(|error| failed(&error))?;
        let config = SessionConfig::new()
            .with_information_schema(false)
            .with_create_default_catalog_and_schema(false)
            .with_batch_size(BATCH_ROWS)
            .with_target_partitions(partitions);
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::new(runtime))
            .with_default_features()
            .with_table_functions(HashMap::new())
            .with_table_factories(HashMap::new())
            .build();
        let context = SessionContext::new_with_state(state);
        for function in LEFT_OUT_FUNCTIONS {
            context.deregister_udf(function);
        }
        Ok(Self { context, tables: BTreeMap::new(), columns: BTreeSet::new(), row_bytes: ROW_BYTES })
    }

    /// Adds `pinned` as `name`, as `policy` shows it.
    pub fn add(&mut self, name: &TableName, pinned: Pinned, policy: Policy) -> DataFusionResult<()> {
        let url = ObjectStoreUrl::parse(format!("lake://{}", self.tables.len()))?;
        self.make_room(pinned.row_bytes);
        let headers = match pinned.format {
            Format::Csv { delimiter } => Some(Headers {
                delimiter,
                usual: pinned.schema.fields().iter().map(|field| field.name().clone()).collect(),
            }),
            Format::Parquet => None, // which says with each value whose it is
        };
        let files = Arc::new(LakeFiles::new(pinned.folder, pinned.files, headers));
        self.context.register_object_store(url.as_ref(), Arc::new(LakeStore(Arc::clone(&files))));
        let raw = RawTable::try_new(Arc::clone(&files), url, pinned.format, &pinned.schema, &pinned.partitions)?;
        let table = Arc::new(GovernedTable::try_new(raw, policy)?);
        let schema = datafusion::catalog::TableProvider::schema(table.as_ref());
        self.columns.extend(schema.fields().iter().map(|field| field.name().clone()));
        let lake = if let Some(lake) = self.context.catalog(&name.lake) {
            lake
        } else {
            let lake: Arc<dyn CatalogProvider> = Arc::new(MemoryCatalogProvider::new());
            self.context.register_catalog(&name.lake, Arc::clone(&lake));
            lake
        };
        let schema = if let Some(schema) = lake.schema(&name.schema) {
            schema
        } else {
            let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            lake.register_schema(&name.schema, Arc::clone(&schema))?;
            schema
        };
        schema.register_table(name.table.clone(), table)?;
        self.tables.insert(name.clone(), files);
        Ok(())
    }

    /// Reads as few rows at once as rows of `row_bytes` need.
    fn make_room(&mut self, row_bytes: u64) {
        // Beside its columns as they are, a query makes something of them.
        let row_bytes = usize::try_from(row_bytes).unwrap_or(usize::MAX).saturating_mul(4).max(self.row_bytes);
        self.row_bytes = row_bytes;
        let state = self.context.state_ref();
        let mut state = state.write();
        state.config_mut().options_mut().execution.batch_size = (BATCH_BYTES / row_bytes).clamp(1, BATCH_ROWS);
    }

    /// Checks `statement` against the session's tables. One row more than `rows`
    /// may come of it, which tells that there are more.
    pub async fn prepare(&self, mut statement: Statement, rows: usize) -> Result<Prepared, Error> {
        statement.find_capitals(&self.columns);
        let state = self.context.state();
        let sql = statement.sql;
        let tree = statement.tree.take().ok_or(Error::Failed(FAILED))?;
        let mistake = |error: &DataFusionError| planning_mistake(&sql, error, &self.columns, &state);
        let plan = state.statement_to_plan(tree).await.map_err(|error| mistake(&error))?;
        check_plan(&plan)?;
        // Types are checked here, without data, so that the reader gets the real words for a mistake of their own.
        let plan = state
            .analyzer()
            .execute_and_check(plan, state.config_options(), |_, _| {})
            .map_err(|error| mistake(&error))?;
        check_plan(&plan)?;
        let plan = measured(plan).map_err(|error| mistake(&error))?;
        let plan = match rows {
            0..=FEW_ROWS => LogicalPlanBuilder::from(plan)
                .limit(0, Some(rows + 1))
                .and_then(LogicalPlanBuilder::build)
                .map_err(|error| mistake(&error))?,
            _ => plan,
        };
        Ok(Prepared { plan, rows })
    }

    /// Runs `prepared` and streams its rows.
    pub async fn run(&self, prepared: Prepared) -> Result<Rows, Error> {
        let state = self.context.state();
        let files: Vec<(TableName, Arc<LakeFiles>)> =
            self.tables.iter().map(|(name, files)| (name.clone(), Arc::clone(files))).collect();
        let plan = state.create_physical_plan(&prepared.plan).await.map_err(|error| why(&error, &files))?;
        let plan = bounded(plan, self.row_bytes).map_err(|error| why(&error, &files))?;
        let rows = execute_stream(plan, self.context.task_ctx()).map_err(|error| why(&error, &files))?;
        let schema = without_notes(&rows.schema());
        let shown = Arc::clone(&schema);
        let batches = rows.map(move |batch| {
            let batch = batch.map_err(|error| why(&error, &files))?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let batch = RecordBatch::try_new_with_options(Arc::clone(&shown), batch.columns().to_vec(), &options);
            batch.map_err(|_| Error::Failed(FAILED))
        });
        Ok(Rows { schema, batches: batches.boxed() })
    }

    /// Looks again at every file that was read, and says which dataset changed meanwhile. Blocks on the disk.
    pub fn check_unchanged(&self) -> Result<(), Error> {
        match self.tables.iter().find(|(_, files)| files.have_changed()) {
            Some((name, _)) => Err(Error::Changed(name.clone())),
            None => Ok(()),
        }
    }
}

impl Prepared {
    /// Returns how many rows are to be answered at most.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("tables", &self.tables.keys()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Returns the columns without metadata, which a plan may carry along from anywhere.
fn without_notes(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(HashMap::new()));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Lets through what only reads governed tables: a closed list, so that a new kind of plan is refused.
fn check_plan(plan: &LogicalPlan) -> Result<(), Error> {
    let refuse = || Error::Refused("only queries over granted datasets run here".into());
    let reads_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reads_only.verify_plan(plan).map_err(|_| refuse())?;
    let mut refused = false;
    plan.apply_with_subqueries(|node| {
        refused |= match node {
            LogicalPlan::TableScan(scan) => {
                !source_as_provider(&scan.source).is_ok_and(|provider| provider.as_any().is::<GovernedTable>())
            }
            LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Window(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Join(_)
            | LogicalPlan::Union(_)
            | LogicalPlan::EmptyRelation(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::Unnest(_) => false,
            _ => true,
        };
        Ok(if refused { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })
    .map_err(|_| refuse())?;
    if refused { Err(refuse()) } else { Ok(()) }
}

const FAILED: &str = "the query failed";
/// What is said where a function gave up its thread instead of an error, as some do on extreme arguments.
pub const BROKE_OFF: &str = "a function broke off on these arguments";

/// Says why a query failed; that a dataset changed explains whatever else went wrong.
fn why(error: &DataFusionError, files: &[(TableName, Arc<LakeFiles>)]) -> Error {
    match files.iter().find(|(_, files)| files.seen_changed()) {
        Some((name, _)) => Error::Changed(name.clone()),
        None => failed(error),
    }
}

fn failed(error: &DataFusionError) -> Error {
    Error::Failed(match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => return Error::TooLarge,
        DataFusionError::NotImplemented(_) => "the query uses something that is not supported",
        DataFusionError::Execution(text) if text == UNREADABLE => UNREADABLE,
        DataFusionError::ArrowError(cause, _) => match cause.as_ref() {
            ArrowError::DivideByZero => "division by zero",
            ArrowError::CastError(_) | ArrowError::ParseError(_) => "a value could not be converted",
            ArrowError::ArithmeticOverflow(_) => "a number is out of range",
            _ => FAILED,
        },
        _ => FAILED,
    })
}
