use super::clause::{Field, named};
use super::lexer::{Is, tokens};
use super::{Dialect, Holds, Kind, Sql};
use crate::error::{Error, Result};
use db::sql::get;
use sea_orm::QueryResult;
use serde_json::Value;
use web::Cursor;

/// The most things to order by.
const MOST: usize = 20;

/// One thing to order by; nulls come last, either way.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    /// Our expression.
    pub sql: String,
    pub kind: Kind,
    pub nullable: bool,
    pub descending: bool,
}

impl Term {
    /// Returns a term for a column that is never null.
    pub(crate) fn column(sql: &str, kind: Kind, descending: bool) -> Self {
        Self { sql: sql.to_owned(), kind, nullable: false, descending }
    }
}

/// An order with the joins it needs, and where in it a page goes on.
#[derive(Debug, Default)]
pub(crate) struct Ordering {
    /// Joins of side tables, for behind the `FROM`.
    pub joins: String,
    /// Expressions that are never null, with their kind and whether they fall.
    keys: Vec<(String, Kind, bool)>,
}

/// Reads `order_by`: each a field, perhaps with `ASC` or `DESC`. What `last` says breaks ties.
pub(crate) fn parse_order(sql: &mut Sql, given: &[String], dialect: &Dialect, last: &[Term]) -> Result<Ordering> {
    if given.len() > MOST {
        return Err(Error::invalid(format!("order_by may name {MOST} things at most")));
    }
    let mut ordering = Ordering::default();
    for (number, text) in given.iter().enumerate() {
        let (field, descending) = one(text, dialect)?;
        match field {
            Field::Attribute(attribute) => {
                let (sql, kind, nullable) = (attribute.sql.to_owned(), attribute.kind, attribute.nullable);
                ordering.add(Term { sql, kind, nullable, descending });
            }
            Field::Beside(side, key) if side.holds != Holds::Datasets => {
                let (key, (theirs, ours), table) = (sql.bind(key), side.joins, side.table);
                let join =
                    format!(" LEFT JOIN {table} o{number} ON o{number}.{theirs} = {ours} AND o{number}.key = {key}");
                ordering.joins += &join;
                let (kind, value) = if side.holds == Holds::Numbers {
                    (Kind::Real, format!("(CASE WHEN o{number}.is_nan THEN NULL ELSE o{number}.value END)"))
                } else {
                    (Kind::Text, format!("o{number}.value"))
                };
                ordering.add(Term { sql: value, kind, nullable: true, descending });
            }
            Field::Beside(..) => return Err(invalid(text)),
        }
    }
    for term in last {
        ordering.add(term.clone());
    }
    Ok(ordering)
}

fn invalid(text: &str) -> Error {
    let shown: String = text.chars().take(100).collect();
    Error::invalid(format!("Invalid order_by clause '{shown}'"))
}

fn one(text: &str, dialect: &Dialect) -> Result<(Field, bool)> {
    let mut pieces = tokens(text)?;
    let descending = match pieces.last() {
        Some(last) if pieces.len() > 1 && last.is.is_word("desc") => Some(true),
        Some(last) if pieces.len() > 1 && last.is.is_word("asc") => Some(false),
        _ => None,
    };
    if descending.is_some() {
        pieces.pop();
    }
    let field = match pieces.as_slice() {
        [first] => match &first.is {
            Is::Word(word) => match word.split_once('.') {
                Some((prefix, key)) => named(prefix, key, dialect)?,
                None => Field::Attribute(dialect.attribute(word).ok_or_else(|| invalid(text))?),
            },
            Is::Double(name) | Is::Back(name) => {
                Field::Attribute(dialect.attribute(name).ok_or_else(|| invalid(text))?)
            }
            _ => return Err(invalid(text)),
        },
        [first, second] => match (&first.is, &second.is) {
            (Is::Word(word), Is::Double(key) | Is::Back(key)) if second.glued && word.ends_with('.') => {
                named(&word[..word.len() - 1], key, dialect)?
            }
            _ => return Err(invalid(text)),
        },
        _ => return Err(invalid(text)),
    };
    Ok((field, descending.unwrap_or(false)))
}

impl Ordering {
    /// Adds a term behind those there are.
    pub(crate) fn add(&mut self, term: Term) {
        let Term { sql, kind, nullable, descending } = term;
        if nullable {
            self.keys.push((format!("(CASE WHEN {sql} IS NULL THEN 1 ELSE 0 END)"), Kind::Whole(1), false));
            let nothing = match kind {
                Kind::Text => "''",
                Kind::Whole(_) => "0",
                Kind::Real => "0.0",
            };
            self.keys.push((format!("COALESCE({sql}, {nothing})"), kind, descending));
        } else {
            self.keys.push((sql, kind, descending));
        }
    }

    /// Returns the columns `k0`, `k1` … that a page's token is made of, for behind the last column.
    pub(crate) fn columns(&self) -> String {
        // PostgreSQL counts a constant as `integer`, which is read as one of 64 bits here.
        let column = |(number, (sql, kind, _)): (usize, &(String, Kind, bool))| match kind {
            Kind::Whole(_) => format!(", CAST({sql} AS bigint) AS k{number}"),
            _ => format!(", {sql} AS k{number}"),
        };
        self.keys.iter().enumerate().map(column).collect()
    }

    /// Returns what stands behind `ORDER BY`.
    pub(crate) fn order_by(&self) -> String {
        let keys = self.keys.iter().map(|(sql, _, falls)| if *falls { format!("{sql} DESC") } else { sql.clone() });
        keys.collect::<Vec<_>>().join(", ")
    }

    /// Returns the token that stands for the place behind `row`.
    pub(crate) fn token(&self, row: &QueryResult) -> db::Result<String> {
        let mut values = Vec::with_capacity(self.keys.len());
        for (number, (_, kind, _)) in self.keys.iter().enumerate() {
            let column = format!("k{number}");
            values.push(match kind {
                Kind::Text => Value::from(get::<String>(row, &column)?),
                Kind::Whole(_) => Value::from(get::<i64>(row, &column)?),
                // By its bits, so that the place is the very same.
                Kind::Real => Value::from(format!("{:016x}", get::<f64>(row, &column)?.to_bits())),
            });
        }
        Ok(Cursor::encode(&values))
    }

    /// Returns the condition for the rows behind a token's place.
    ///
    /// # Errors
    /// A token that this order did not give.
    pub(crate) fn after(&self, sql: &mut Sql, token: &str) -> Result<String> {
        let bad = || Error::invalid("Invalid page token");
        let values: Vec<Value> = Cursor::decode(token).map_err(|_| bad())?;
        if values.len() != self.keys.len() {
            return Err(bad());
        }
        let (mut equal, mut ways) = (String::new(), Vec::new());
        for ((key, kind, falls), value) in self.keys.iter().zip(&values) {
            let mark = match (kind, value) {
                (Kind::Text, Value::String(text)) => sql.bind(text.as_str()),
                (Kind::Whole(_), value) => sql.bind(value.as_i64().ok_or_else(bad)?),
                (Kind::Real, Value::String(bits)) => {
                    sql.bind(f64::from_bits(u64::from_str_radix(bits, 16).map_err(|_| bad())?))
                }
                _ => return Err(bad()),
            };
            let sign = if *falls { '<' } else { '>' };
            ways.push(format!("({equal}{key} {sign} {mark})"));
            equal += &format!("{key} = {mark} AND ");
        }
        Ok(format!(" AND ({})", ways.join(" OR ")))
    }
}
