//! Functions whose result can be much larger than what they are given say how large it may be before they make it.
use std::any::Any;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchemaRef, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column};

use super::widest::{self, BATCH_BYTES, too_wide};

/// How large a value of the result may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Growth {
    /// As large as the arguments together.
    Sum,
    /// Each character of one argument may become a copy of another.
    Product,
    /// As `replace` does, which is counted, since people use it on long texts.
    Replace,
}

fn growth_of(function: &str) -> Option<Growth> {
    Some(match function {
        "concat" | "make_array" | "array_concat" | "array_append" | "array_prepend" | "overlay" | "struct"
        | "named_struct" | "map" | "translate" | "arrays_zip" | "array_union" => Growth::Sum,
        "concat_ws" | "regexp_replace" | "array_to_string" | "array_replace" | "array_replace_n"
        | "array_replace_all" | "to_char" | "string_to_array" => Growth::Product,
        "replace" => Growth::Replace,
        _ => return None,
    })
}

/// Puts a measure before each such function of `plan`.
pub(super) fn measured(plan: LogicalPlan) -> Result<LogicalPlan> {
    let done = plan.transform_up_with_subqueries(|node| {
        let schemas: Vec<DFSchemaRef> = node.inputs().iter().map(|input| Arc::clone(input.schema())).collect();
        let names = NamePreserver::new(&node);
        let changed = node.map_expressions(|expr| {
            let name = names.save(&expr);
            let changed = expr.transform_up(|expr| Ok(measure(expr, &schemas)))?;
            Ok(changed.update_data(|expr| name.restore(expr)))
        })?;
        if changed.transformed { changed.map_data(LogicalPlan::recompute_schema) } else { Ok(changed) }
    })?;
    Ok(done.data)
}

fn measure(expr: Expr, schemas: &[DFSchemaRef]) -> Transformed<Expr> {
    match expr {
        Expr::ScalarFunction(call) if !call.func.inner().as_any().is::<Measured>() => {
            let Some(growth) = growth_of(call.func.name()) else {
                return Transformed::no(Expr::ScalarFunction(call));
            };
            let func = Measured { inner: call.func, growth };
            let func = Arc::new(ScalarUDF::new_from_impl(func));
            Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: call.args }))
        }
        Expr::BinaryExpr(binary) if binary.op == Operator::StringConcat => {
            let whole = Expr::BinaryExpr(binary.clone());
            let Some(of) = schemas.iter().find_map(|schema| whole.get_type(schema.as_ref()).ok()) else {
                return Transformed::no(whole);
            };
            let func =
                Arc::new(ScalarUDF::new_from_impl(Joined { of, signature: Signature::any(2, Volatility::Immutable) }));
            Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: vec![*binary.left, *binary.right] }))
        }
        other => Transformed::no(other),
    }
}

/// A function behind a measure; as itself in all else but simplification, which would leave the measure behind.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Measured {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Measured {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let large = match self.growth {
            Growth::Sum => sum(&args)?,
            Growth::Product | Growth::Replace => {
                let longest = args.args.iter().map(|arg| Ok(longest(arg)?.saturating_add(1)));
                let longest: Vec<usize> = longest.collect::<Result<_>>()?;
                longest.into_iter().fold(args.number_rows, usize::saturating_mul)
            }
        };
        if large > BATCH_BYTES && (self.growth != Growth::Replace || replaced(&args)? > BATCH_BYTES) {
            return Err(too_wide());
        }
        self.inner.invoke_with_args(args)
    }
}

/// `||` of texts as a function: the operator itself cannot be measured.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined {
    of: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for Joined {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &'static str {
        "||"
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args.iter().map(|arg| arg.schema_name().to_string()).collect();
        Ok(names.join(" || "))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.of.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if sum(&args)? > BATCH_BYTES {
            return Err(too_wide());
        }
        let scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let fields: Vec<Field> = arrays
            .iter()
            .zip(["a", "b"])
            .map(|(array, name)| Field::new(name, array.data_type().clone(), true))
            .collect();
        let rows = arrays.first().map_or(0, arrow::array::Array::len);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?;
        let joined =
            BinaryExpr::new(Arc::new(Column::new("a", 0)), Operator::StringConcat, Arc::new(Column::new("b", 1)));
        let joined = joined.evaluate(&batch)?.into_array(rows)?;
        if scalar {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&joined, 0)?))
        } else {
            Ok(ColumnarValue::Array(joined))
        }
    }
}

/// Returns the bytes of all arguments of all rows.
fn sum(args: &ScalarFunctionArgs) -> Result<usize> {
    let mut sum = 0_usize;
    for arg in &args.args {
        sum = sum.saturating_add(match arg {
            ColumnarValue::Array(array) => widest::total(array),
            scalar @ ColumnarValue::Scalar(_) => longest(scalar)?.saturating_mul(args.number_rows),
        });
    }
    Ok(sum)
}

fn longest(arg: &ColumnarValue) -> Result<usize> {
    match arg {
        ColumnarValue::Array(array) => Ok(widest::of(array)),
        ColumnarValue::Scalar(value) => Ok(widest::of(&value.to_array()?)),
    }
}

/// Returns the bytes of what `replace` will make.
fn replaced(args: &ScalarFunctionArgs) -> Result<usize> {
    if sum(args)? > BATCH_BYTES {
        return Ok(usize::MAX);
    }
    let arrays = ColumnarValue::values_to_arrays(&args.args)?;
    let [text, from, to] = arrays.as_slice() else { return Ok(usize::MAX) };
    let plain = |array: &ArrayRef| cast(array, &DataType::Utf8);
    let (text, from, to) = (plain(text)?, plain(from)?, plain(to)?);
    let (text, from, to) = (text.as_string::<i32>(), from.as_string::<i32>(), to.as_string::<i32>());
    let mut made = 0_usize;
    for row in 0..text.len() {
        if text.is_valid(row) && from.is_valid(row) && to.is_valid(row) {
            let (text, from, to) = (text.value(row), from.value(row), to.value(row));
            let times = text.matches(from).count();
            made = made.saturating_add(text.len()).saturating_add(times.saturating_mul(to.len()));
        }
    }
    Ok(made)
}
