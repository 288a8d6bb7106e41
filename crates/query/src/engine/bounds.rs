//! What a statement may ask for at most. Each of these grows without the engine's memory being asked for it.
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Query, SetExpr, TableFactor, Value,
    Visit, Visitor, WindowFrame, WindowFrameBound, WindowType,
};

use super::Error;

/// Grouping sets of one `GROUP BY`: `CUBE` doubles them with each column, and each is a plan of its own.
const MOST_GROUPING_SETS: usize = 256;
/// Tables and subqueries of a statement.
const MOST_RELATIONS: usize = 32;
/// Values of all `VALUES`.
const MOST_VALUES: usize = 10_000;
/// How far a window looks, and `lag` and `lead`, in rows: that many are kept.
const FURTHEST: u64 = 100_000;
/// What grows with each row must not run over a window, which has it once for each row.
const NOT_OVER_A_WINDOW: [&str; 4] = ["array_agg", "string_agg", "listagg", "group_concat"];

/// Refuses what goes beyond.
pub(super) fn check(statement: &impl Visit) -> Result<(), Error> {
    let mut bounds = Bounds { relations: 0, values: 0 };
    match statement.visit(&mut bounds) {
        ControlFlow::Break(why) => Err(Error::Refused(why)),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Bounds {
    relations: usize,
    values: usize,
}

impl Visitor for Bounds {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        self.look_at(&query.body)
    }

    fn pre_visit_table_factor(&mut self, _: &TableFactor) -> ControlFlow<String> {
        self.relations += 1;
        end_if(self.relations > MOST_RELATIONS, || {
            format!("a query reads at most {MOST_RELATIONS} tables and subqueries, each as often as it stands there")
        })
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let name = function.name.to_string().to_lowercase();
        let Some(window) = &function.over else { return ControlFlow::Continue(()) };
        end_if(NOT_OVER_A_WINDOW.contains(&name.as_str()), || {
            format!("`{name}` does not run over a window: group the rows instead")
        })?;
        let frame = match window {
            WindowType::WindowSpec(spec) => spec.window_frame.as_ref(),
            WindowType::NamedWindow(_) => None,
        };
        end_if(frame.is_some_and(|frame| furthest(frame) > FURTHEST), || {
            format!("a window reaches at most {FURTHEST} rows")
        })?;
        let offset = matches!(name.as_str(), "lag" | "lead" | "nth_value" | "ntile");
        end_if(offset && arguments(function).any(|value| value > FURTHEST), || {
            format!("the second argument of `{name}` is at most {FURTHEST}")
        })
    }
}

impl Bounds {
    fn look_at(&mut self, body: &SetExpr) -> ControlFlow<String> {
        match body {
            SetExpr::Select(select) => {
                let sets = match &select.group_by {
                    GroupByExpr::All(with) => with.len().min(1) * (MOST_GROUPING_SETS + 1),
                    GroupByExpr::Expressions(groups, with) if with.is_empty() => product(groups),
                    // `WITH CUBE` and its like, whatever they are of.
                    GroupByExpr::Expressions(groups, _) => power_of_two(groups.len()),
                };
                end_if(sets > MOST_GROUPING_SETS, || {
                    format!("a `GROUP BY` has at most {MOST_GROUPING_SETS} grouping sets")
                })?;
                // `WINDOW w AS (…)`
                for named in &select.named_window {
                    if let datafusion::sql::sqlparser::ast::NamedWindowExpr::WindowSpec(spec) = &named.1
                        && let Some(frame) = &spec.window_frame
                    {
                        end_if(furthest(frame) > FURTHEST, || format!("a window reaches at most {FURTHEST} rows"))?;
                    }
                }
                ControlFlow::Continue(())
            }
            SetExpr::Values(values) => {
                self.values += values.rows.iter().map(Vec::len).sum::<usize>();
                end_if(self.values > MOST_VALUES, || format!("a query spells out at most {MOST_VALUES} values"))
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.look_at(left)?;
                self.look_at(right)
            }
            _ => ControlFlow::Continue(()), // a query in brackets is visited by itself
        }
    }
}

fn end_if(beyond: bool, why: impl FnOnce() -> String) -> ControlFlow<String> {
    if beyond { ControlFlow::Break(why()) } else { ControlFlow::Continue(()) }
}

fn power_of_two(exponent: usize) -> usize {
    u32::try_from(exponent).ok().and_then(|exponent| 1_usize.checked_shl(exponent)).unwrap_or(usize::MAX)
}

/// Returns how many grouping sets these make together.
fn product(groups: &[Expr]) -> usize {
    groups.iter().map(sets_of).fold(1, usize::saturating_mul)
}

fn sets_of(group: &Expr) -> usize {
    match group {
        Expr::Cube(of) => power_of_two(of.len()),
        Expr::Rollup(of) => of.len() + 1,
        Expr::GroupingSets(of) => of.iter().map(|set| product(set)).fold(0, usize::saturating_add),
        Expr::Nested(inner) => sets_of(inner),
        Expr::Tuple(of) => product(of),
        _ => 1,
    }
}

fn furthest(frame: &WindowFrame) -> u64 {
    let of = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(Some(rows)) | WindowFrameBound::Following(Some(rows)) => number(rows),
        _ => None,
    };
    of(&frame.start_bound).max(frame.end_bound.as_ref().and_then(of)).unwrap_or(0)
}

/// Returns the numbers among a function's arguments behind the first, without their signs.
fn arguments(function: &Function) -> impl Iterator<Item = u64> {
    let all = match &function.args {
        FunctionArguments::List(list) => list.args.as_slice(),
        _ => &[],
    };
    // `ntile` has one argument only.
    let skipped = usize::from(all.len() > 1);
    all.iter().skip(skipped).take(1).filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => number(expr),
        _ => None,
    })
}

fn number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => Some(text.parse().unwrap_or(u64::MAX)),
            _ => None, // an interval, say: it keeps no more than the rows that were sorted
        },
        Expr::UnaryOp { expr, .. } | Expr::Nested(expr) => number(expr),
        Expr::Cast { expr, .. } => number(expr),
        _ => Some(0),
    }
}
