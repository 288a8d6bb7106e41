use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::datasource::{TableProvider, TableType};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::utils::split_conjunction_owned;
use datafusion::logical_expr::{Expr, ExprSchemable, Operator, TableProviderFilterPushDown};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;

use super::exec::{GovernedExec, Shown, SplitRows, hide};
use super::policy::{Policy, Term};
use super::scan::RawTable;

/// One dataset version as one policy shows it.
pub(super) struct GovernedTable {
    raw: RawTable,
    raw_schema: DFSchema,
    policy: Policy,
    /// Per visible column: its index in the raw schema and its term.
    visible: Vec<(usize, Term)>,
    schema: SchemaRef,
}

impl GovernedTable {
    /// Puts `raw` under `policy`; fails where the policy does not fit the table.
    pub(super) fn try_new(raw: RawTable, policy: Policy) -> Result<Self> {
        let raw_arrow = raw.schema();
        if let Some(unknown) = policy.terms.keys().find(|name| raw_arrow.index_of(name).is_err()) {
            return plan_err!("the policy names column `{unknown}`, which does not exist");
        }
        let mut visible = vec![];
        let mut fields = vec![];
        for (index, field) in raw_arrow.fields().iter().enumerate() {
            let Some(&term) = policy.terms.get(field.name()) else { continue };
            let Some(data_type) = term.output_type(field.name(), field.data_type())? else { continue };
            visible.push((index, term));
            // A new field, without the raw one's metadata: writers put whole schemas there, hidden columns included.
            fields.push(Field::new(field.name(), data_type, field.is_nullable() || term == Term::Null));
        }
        let raw_schema = DFSchema::try_from(raw_arrow)?;
        if let Some(row_filter) = &policy.row_filter {
            check_row_filter(row_filter, &raw_schema)?;
        }
        for column in policy.split.iter().flat_map(|split| &split.record_key) {
            if raw_schema.index_of_column_by_name(None, column).is_none() {
                return plan_err!("the record key names column `{column}`, which does not exist");
            }
        }
        Ok(Self { raw, raw_schema, policy, visible, schema: Arc::new(Schema::new(fields)) })
    }

    /// Tells whether a reader's predicate may help to skip files, row groups and pages before the row filter ran: only
    /// a comparison of a clear column with literals, which cannot fail and which cannot skip a row that it would keep.
    fn may_prune(&self, predicate: &Expr) -> bool {
        let is_clear = |name: &str| self.policy.terms.get(name) == Some(&Term::Clear);
        compared_column(predicate).is_some_and(is_clear) && self.never_skips_a_match(predicate)
    }

    /// Tells whether skipping by `condition` is the same as evaluating it on every row. Where a visible row may match
    /// although the statistics of its neighbours say that none does, whether it comes back tells what the hidden ones
    /// hold: statistics leave out NaN, which compares as larger than any number; of text, unsigned numbers and decimals,
    /// old writers took them in another order; a time may be stored in a coarser unit than the table's, and comparing
    /// rounds; where they do not count nulls, none is assumed. A folder's value is that of every row below it.
    fn never_skips_a_match(&self, condition: &Expr) -> bool {
        let Some(column) = compared_column(condition) else { return false };
        if self.raw.is_partition(column) {
            return true;
        }
        let counts_nulls = matches!(condition, Expr::IsNull(_) | Expr::IsNotNull(_));
        let of = self.raw_schema.field_with_unqualified_name(column).map(|field| field.data_type().clone());
        !counts_nulls && of.is_ok_and(|of| of.is_signed_integer() || matches!(of, DataType::Date32 | DataType::Boolean))
    }

    /// Tells the same of a condition of the row filter, which may be of any shape where it is on folders' values alone.
    fn may_skip_by(&self, condition: &Expr) -> bool {
        let columns = condition.column_refs();
        let by_folders = !columns.is_empty() && columns.iter().all(|column| self.raw.is_partition(&column.name));
        by_folders || self.never_skips_a_match(condition)
    }

    /// Returns the row filter as one session runs it, typed and simplified: pruning needs `column op literal`.
    fn simplified_row_filter(&self, state: &dyn Session) -> Result<Option<Expr>> {
        let Some(row_filter) = &self.policy.row_filter else { return Ok(None) };
        let context = SimplifyContext::default()
            .with_schema(Arc::new(self.raw_schema.clone()))
            .with_config_options(Arc::clone(state.config().options()))
            .with_query_execution_start_time(state.execution_props().query_execution_start_time);
        let simplifier = ExprSimplifier::new(context);
        Ok(Some(simplifier.simplify(simplifier.coerce(row_filter.clone(), &self.raw_schema)?)?))
    }

    fn governed_scan(&self, state: &dyn Session, projection: &[usize], predicates: &[Expr]) -> Result<GovernedExec> {
        let row_filter = self.simplified_row_filter(state)?;
        let shown: Vec<(usize, Term)> = projection.iter().map(|&index| self.visible[index]).collect();
        let read = self.columns_to_read(&shown, row_filter.as_ref())?;

        let mut pruning: Vec<Expr> = row_filter.clone().map(split_conjunction_owned).unwrap_or_default();
        pruning.retain(|condition| self.may_skip_by(condition));
        pruning.extend(predicates.iter().filter(|predicate| self.may_prune(predicate)).cloned());
        let scan = self.raw.scan(state, &self.raw_schema, &read, pruning)?;

        let filtered: Arc<dyn ExecutionPlan> = match row_filter {
            Some(row_filter) => {
                let read_schema = DFSchema::try_from(scan.schema())?;
                Arc::new(FilterExec::try_new(state.create_physical_expr(row_filter, &read_schema)?, scan)?)
            }
            None => scan,
        };
        let position = |index: &usize| read.binary_search(index).ok();
        let split = match &self.policy.split {
            Some(split) => {
                let mut positions = vec![];
                for column in &split.record_key {
                    positions.extend(self.raw.schema().index_of(column).ok().as_ref().and_then(position));
                }
                Some(SplitRows { positions, split: split.clone() })
            }
            None => None,
        };
        let shown: Vec<Shown> =
            shown.iter().map(|(index, term)| Shown { position: position(index), term: *term }).collect();
        let schema = Arc::new(self.schema.project(projection)?);
        Ok(GovernedExec::new(filtered, split, shown, self.policy.key.clone(), schema))
    }

    /// Returns the raw columns, in order, that the unit needs: a `null` column is not read at all.
    fn columns_to_read(&self, shown: &[(usize, Term)], row_filter: Option<&Expr>) -> Result<Vec<usize>> {
        let mut read: BTreeSet<usize> =
            shown.iter().filter(|(_, term)| *term != Term::Null).map(|(index, _)| *index).collect();
        for column in row_filter.into_iter().flat_map(Expr::column_refs) {
            read.insert(self.raw_schema.index_of_column(column)?);
        }
        for column in self.policy.split.iter().flat_map(|split| &split.record_key) {
            read.insert(self.raw.schema().index_of(column)?);
        }
        Ok(read.into_iter().collect())
    }
}

#[async_trait]
impl TableProvider for GovernedTable {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Never `Exact`: statistics only skip what cannot match, so the reader's predicate runs again above the unit.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |may_prune| {
            if may_prune { TableProviderFilterPushDown::Inexact } else { TableProviderFilterPushDown::Unsupported }
        };
        Ok(filters.iter().map(|filter| answer(self.may_prune(filter))).collect())
    }

    /// The limit is not used: the reader's rows are counted after the row filter, not by the files' statistics.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.visible.len()).collect();
        let plan = self.governed_scan(state, projection.unwrap_or(&all), filters).map_err(hide)?;
        Ok(Arc::new(plan))
    }
}

impl fmt::Debug for GovernedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GovernedTable").field("schema", &self.schema).finish_non_exhaustive()
    }
}

fn check_row_filter(row_filter: &Expr, schema: &DFSchema) -> Result<()> {
    let beyond_a_row = row_filter.exists(|part| {
        Ok(matches!(
            part,
            Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::ScalarSubquery(_)
                | Expr::SetComparison(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
                | Expr::Placeholder(_)
                | Expr::Unnest(_)
        ))
    })?;
    if beyond_a_row || row_filter.is_volatile() || row_filter.get_type(schema)? != DataType::Boolean {
        return plan_err!("a row filter is a condition over the columns of one row");
    }
    Ok(())
}

/// Returns the column that a condition compares with literals, or looks for nulls in, and does nothing else with.
fn compared_column(condition: &Expr) -> Option<&str> {
    let is_literal = |expr: &Expr| matches!(expr, Expr::Literal(..));
    let column = match condition {
        Expr::BinaryExpr(binary) if is_comparison(binary.op) && is_literal(&binary.right) => &binary.left,
        Expr::BinaryExpr(binary) if is_comparison(binary.op) && is_literal(&binary.left) => &binary.right,
        Expr::InList(list) if list.list.iter().all(is_literal) => &list.expr,
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => inner,
        _ => return None,
    };
    if let Expr::Column(column) = column.as_ref() { Some(&column.name) } else { None }
}

fn is_comparison(op: Operator) -> bool {
    matches!(op, Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq)
}
