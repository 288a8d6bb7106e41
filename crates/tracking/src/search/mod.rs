//! Filters, orders and page tokens of lists: from MLflow's text to SQL. What a caller writes only ever becomes a bound
//! value; every piece of the statement's text is one of ours.
mod clause;
mod lexer;
mod order;
mod sql;

pub(crate) use clause::{Clause, Field, Op, Operand, parse};
pub(crate) use order::{Ordering, Term, parse_order};
use sea_orm::QueryResult;

pub(crate) use sql::{Sql, listed_texts, listed_wholes};

/// Makes a page of up to `limit` rows from `limit + 1`: the one more only says that there is a next page.
pub(crate) fn page<T>(
    rows: &[QueryResult],
    limit: u32,
    order: &Ordering,
    read: impl Fn(&QueryResult) -> db::Result<T>,
) -> db::Result<(Vec<T>, Option<String>)> {
    let limit = limit as usize;
    let shown = &rows[..rows.len().min(limit)];
    let next = if rows.len() > limit { shown.last().map(|row| order.token(row)).transpose()? } else { None };
    Ok((shown.iter().map(read).collect::<db::Result<_>>()?, next))
}

/// What a list can be filtered and ordered by.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// The words before a dot that mean an attribute.
    pub prefixes: &'static [&'static str],
    pub attributes: &'static [Attribute],
    pub sides: &'static [Side],
}

/// A column of the row itself.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub names: &'static [&'static str],
    /// Our expression for it.
    pub sql: &'static str,
    pub kind: Kind,
    /// Whether the expression may be null.
    pub nullable: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A whole number, kept as this many times what callers write: times come in milliseconds.
    Whole(i64),
    Real,
}

/// A table beside the row's: its tags, say.
#[derive(Debug)]
pub(crate) struct Side {
    pub prefixes: &'static [&'static str],
    pub holds: Holds,
    pub table: &'static str,
    /// The column there, and ours that it equals.
    pub joins: (&'static str, &'static str),
}

/// What a side table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// `key` and `value`, a text.
    Texts,
    /// `key`, `value`, a number, and `is_nan`.
    Numbers,
    /// `name`, `digest` and `context`.
    Datasets,
}

impl Dialect {
    /// Returns the attribute called so.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    fn side(&self, prefix: &str) -> Option<&'static Side> {
        self.sides.iter().find(|side| side.prefixes.iter().any(|known| known.eq_ignore_ascii_case(prefix)))
    }

    fn entities(&self) -> String {
        let sides = self.sides.iter().filter_map(|side| side.prefixes.first());
        let all: Vec<String> = self.prefixes.first().into_iter().chain(sides).map(|word| format!("'{word}'")).collect();
        format!("[{}]", all.join(", "))
    }

    fn names(&self) -> String {
        let names: Vec<String> = self
            .attributes
            .iter()
            .filter_map(|attribute| attribute.names.first())
            .map(|name| format!("'{name}'"))
            .collect();
        format!("[{}]", names.join(", "))
    }
}
