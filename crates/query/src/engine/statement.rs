use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::common::TableReference;
use datafusion::sql::parser::{DFParserBuilder, Statement as AnyStatement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, Statement as SqlStatement, TableFactor, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::mistakes::{Place, find_word, parse_mistake};
use super::{Error, TableName, bounds};

/// Plans and statements are trees that are walked by recursion; memory is taken only as far as one is deep.
pub(super) const STACK_BYTES: usize = 32 << 20;

/// The longest statement, in bytes.
pub const LONGEST_SQL_BYTES: usize = 100_000;
/// How deep brackets and subqueries nest.
const DEEPEST: usize = 50;
/// How many operators and keywords there are. `a OR a OR a …` is as deep a tree as it is long, and a tree is walked and
/// dropped by recursion, on a thread whose stack ends.
const MOST_LINKS: usize = 2_000;

/// One query as text and tree, and the tables it names; nothing of it has been looked up yet. Made and planned on the
/// engine's threads, whose stacks are large.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) sql: String,
    pub(super) tree: Tree,
    tables: Vec<TableName>,
}

/// A statement's tree, which a thread with room for it drops: that is a recursion too.
#[derive(Clone, Debug)]
pub(super) struct Tree(Option<AnyStatement>);

impl Tree {
    /// Returns the tree itself.
    pub(super) fn take(mut self) -> Option<AnyStatement> {
        self.0.take()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let Some(tree) = self.0.take() else { return };
        let dropping = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || drop(tree));
        if let Ok(dropping) = dropping {
            let _ = dropping.join(); // it returns nothing, and panics as little as any drop
        }
    }
}

impl Statement {
    /// Reads `sql`, which has to be one query whose tables are named `lake.schema.table`.
    pub fn parse(sql: &str) -> Result<Self, Error> {
        if sql.len() > LONGEST_SQL_BYTES {
            return Err(Error::Refused(format!("the statement is longer than {LONGEST_SQL_BYTES} bytes")));
        }
        if links(sql) > MOST_LINKS {
            let what = format!("the statement has more than {MOST_LINKS} operators and keywords");
            return Err(Error::Refused(what));
        }
        if let Some(word) = forbidden_word(sql) {
            return Err(Error::Refused(format!("`{word}` does not run here")));
        }
        let mut trees = DFParserBuilder::new(sql)
            .with_dialect(&GenericDialect {})
            .with_recursion_limit(DEEPEST)
            .build()
            .and_then(|mut parser| parser.parse_statements())
            .map_err(|error| parse_mistake(sql, &error))?;
        let (Some(tree), true) = (trees.pop_front(), trees.is_empty()) else {
            return Err(Error::Refused("a query is exactly one statement".into()));
        };
        let AnyStatement::Statement(query) = &tree else {
            return Err(Error::Refused("this statement does not run here".into()));
        };
        if !matches!(query.as_ref(), SqlStatement::Query(_)) {
            return Err(Error::Refused("this statement does not run here".into()));
        }
        if let ControlFlow::Break(()) = query.visit(&mut TableFunctions) {
            return Err(Error::Refused("table functions do not run here".into()));
        }
        bounds::check(query.as_ref())?;
        let (references, _) = resolve_table_references(&tree, true).map_err(|error| parse_mistake(sql, &error))?;
        let mut tables = vec![];
        for reference in references {
            tables.push(full_name(sql, &reference)?);
        }
        Ok(Self { sql: sql.to_owned(), tree: Tree(Some(tree)), tables })
    }

    /// Returns the tables that the query names, each once.
    pub fn tables(&self) -> &[TableName] {
        &self.tables
    }

    /// Returns where the query names `table` first.
    pub fn place_of(&self, table: &TableName) -> Option<Place> {
        find_word(&self.sql, &table.table)
    }

    /// Returns the line at `place` and carets below it, on lines of their own.
    pub fn caret(&self, place: Place) -> String {
        place.caret(&self.sql)
    }

    /// Lets a name without quotes find the one column that differs from it in case only. SQL turns such names into
    /// lower case, and many files come with capitals.
    pub(super) fn find_capitals(&mut self, columns: &BTreeSet<String>) {
        let mut by_lower: BTreeMap<String, Option<&String>> = BTreeMap::new();
        for column in columns {
            by_lower.entry(column.to_lowercase()).and_modify(|known| *known = None).or_insert(Some(column));
        }
        // A name that the query makes itself keeps its meaning.
        let made = made_names(&self.sql);
        by_lower.retain(|lower, column| column.is_some_and(|column| column != lower) && !made.contains(lower));
        if by_lower.is_empty() {
            return;
        }
        if let Some(AnyStatement::Statement(query)) = &mut self.tree.0 {
            let _: ControlFlow<()> = VisitMut::visit(query, &mut Capitals { by_lower });
        }
    }
}

/// Counts the tokens that can make a tree deeper.
fn links(sql: &str) -> usize {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().unwrap_or_default();
    let is_link = |token: &Token| match token {
        Token::Word(word) => word.keyword != Keyword::NoKeyword,
        Token::Comma
        | Token::Period
        | Token::LParen
        | Token::RParen
        | Token::Whitespace(_)
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::EOF => false,
        _ => true,
    };
    tokens.iter().filter(|token| is_link(token)).count()
}

/// Returns the first word of `sql` where it starts anything but a query, in the reader's spelling.
fn forbidden_word(sql: &str) -> Option<String> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().ok()?;
    let first =
        tokens.into_iter().find_map(|token| if let Token::Word(word) = token { Some(word.value) } else { None })?;
    let refused = [
        "EXPLAIN",
        "DESCRIBE",
        "DESC",
        "SHOW",
        "SET",
        "RESET",
        "COPY",
        "CREATE",
        "DROP",
        "ALTER",
        "INSERT",
        "UPDATE",
        "DELETE",
        "MERGE",
        "TRUNCATE",
        "PREPARE",
        "EXECUTE",
        "DEALLOCATE",
        "BEGIN",
        "START",
        "COMMIT",
        "ROLLBACK",
        "ANALYZE",
        "GRANT",
        "REVOKE",
        "CALL",
        "USE",
        "LOAD",
        "ATTACH",
        "DETACH",
        "PRAGMA",
        "VACUUM",
        "KILL",
    ];
    refused.contains(&first.to_uppercase().as_str()).then_some(first)
}

fn full_name(sql: &str, reference: &TableReference) -> Result<TableName, Error> {
    match reference {
        TableReference::Full { catalog, schema, table } => {
            Ok(TableName { lake: catalog.to_string(), schema: schema.to_string(), table: table.to_string() })
        }
        TableReference::Bare { table } | TableReference::Partial { table, .. } => {
            let place = find_word(sql, table);
            let at = place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
            let caret = place.map_or_else(String::new, |place| place.caret(sql));
            Err(Error::Mistake {
                detail: format!("{at}`{table}` is not the full name of a dataset{caret}"),
                hint: Some("name a dataset as `lake.schema.table`; a lake with a hyphen goes in double quotes".into()),
            })
        }
    }
}

/// Finds a table function: a table with arguments.
struct TableFunctions;

impl Visitor for TableFunctions {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { args: None, .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. } => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

struct Capitals<'a> {
    by_lower: BTreeMap<String, Option<&'a String>>,
}

impl Capitals<'_> {
    fn fix(&self, name: &mut Ident) {
        if name.quote_style.is_none()
            && let Some(Some(column)) = self.by_lower.get(&name.value.to_lowercase())
        {
            name.value.clone_from(column);
            name.quote_style = Some('"');
        }
    }
}

impl VisitorMut for Capitals<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) => self.fix(name),
            Expr::CompoundIdentifier(parts) => {
                if let Some(name) = parts.last_mut() {
                    self.fix(name);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, _: &mut ObjectName) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Returns, in lower case, each word after `AS`: a name that the query gives.
fn made_names(sql: &str) -> BTreeSet<String> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().unwrap_or_default();
    let words =
        tokens.into_iter().filter_map(|token| if let Token::Word(word) = token { Some(word.value) } else { None });
    let words: Vec<String> = words.map(|word| word.to_lowercase()).collect();
    words.windows(2).filter(|pair| pair[0] == "as").map(|pair| pair[1].clone()).collect()
}
