use super::clause::{Clause, Field, Op, Operand};
use super::{Holds, Side};
use sea_orm::{DbBackend, Value};

/// A statement in the making: our text, their values.
#[derive(Debug)]
pub(crate) struct Sql {
    engine: DbBackend,
    pub values: Vec<Value>,
}

impl Sql {
    /// Begins a statement for `engine`.
    pub(crate) fn new(engine: DbBackend) -> Self {
        Self { engine, values: Vec::new() }
    }

    /// Binds a value and returns its mark.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Returns the condition of every clause, each behind ` AND `.
    pub(crate) fn all_of(&mut self, clauses: &[Clause]) -> String {
        clauses.iter().map(|clause| format!(" AND {}", self.condition(clause))).collect()
    }

    fn condition(&mut self, clause: &Clause) -> String {
        match &clause.field {
            Field::Attribute(attribute) => self.compare(attribute.sql, clause.op, &clause.value),
            Field::Beside(side, key) => self.beside(side, key, clause.op, &clause.value),
        }
    }

    /// Returns that a row of the side table fits; `!=` needs the key to be there.
    fn beside(&mut self, side: &Side, key: &str, op: Op, value: &Operand) -> String {
        let Side { holds, table, joins: (theirs, ours), .. } = side;
        let rows = format!("SELECT 1 FROM {table} s WHERE s.{theirs} = {ours}");
        let test = match holds {
            Holds::Datasets => {
                let column = match key {
                    "name" => "s.name",
                    "digest" => "s.digest",
                    _ => "s.context",
                };
                self.compare(column, op, value)
            }
            Holds::Texts | Holds::Numbers => {
                let key = self.bind(key);
                match op {
                    Op::IsNull => return format!("NOT EXISTS ({rows} AND s.key = {key})"),
                    Op::IsNotNull => format!("s.key = {key}"),
                    _ if *holds == Holds::Numbers => {
                        format!("s.key = {key} AND NOT s.is_nan AND {}", self.compare("s.value", op, value))
                    }
                    _ => format!("s.key = {key} AND {}", self.compare("s.value", op, value)),
                }
            }
        };
        format!("EXISTS ({rows} AND {test})")
    }

    fn compare(&mut self, column: &str, op: Op, value: &Operand) -> String {
        match (op, value) {
            (Op::Like, Operand::Text(pattern)) => self.like(column, pattern),
            (Op::ILike, Operand::Text(pattern)) => {
                // Of the ASCII letters only, on every engine.
                let pattern = pattern.to_ascii_lowercase();
                self.like(&format!("lower({column})"), &pattern)
            }
            (Op::In | Op::NotIn, Operand::List(list)) => {
                let marks: Vec<String> = list.iter().map(|text| self.bind(text.as_str())).collect();
                let not = if op == Op::NotIn { "NOT " } else { "" };
                format!("{column} {not}IN ({})", marks.join(", "))
            }
            (_, Operand::Text(text)) => format!("{column} {} {}", op.sign(), self.bind(text.as_str())),
            (_, Operand::Whole(whole)) => format!("{column} {} {}", op.sign(), self.bind(*whole)),
            (_, Operand::Real(real)) => format!("{column} {} {}", op.sign(), self.bind(*real)),
            (_, Operand::Nothing | Operand::List(_)) => "1 = 0".to_owned(),
        }
    }

    /// `LIKE` minds the case on PostgreSQL and not on SQLite, where `GLOB` does.
    fn like(&mut self, column: &str, pattern: &str) -> String {
        if self.engine == DbBackend::Postgres {
            return format!("{column} LIKE {} ESCAPE ''", self.bind(pattern));
        }
        let mut glob = String::with_capacity(pattern.len());
        for letter in pattern.chars() {
            match letter {
                '%' => glob.push('*'),
                '_' => glob.push('?'),
                '*' | '?' | '[' => glob.extend(['[', letter, ']']),
                other => glob.push(other),
            }
        }
        format!("{column} GLOB {}", self.bind(glob))
    }
}

/// Returns what stands behind `IN` for a list of whole numbers in one value, a JSON array, so that the statement's text
/// does not depend on how many there are.
pub(crate) fn listed_wholes(engine: DbBackend, mark: &str) -> String {
    match engine {
        DbBackend::Postgres => format!("(SELECT value::bigint FROM json_array_elements_text({mark}::json))"),
        _ => format!("(SELECT value FROM json_each({mark}))"),
    }
}

/// Likewise for texts.
pub(crate) fn listed_texts(engine: DbBackend, mark: &str) -> String {
    match engine {
        DbBackend::Postgres => format!("(SELECT value FROM json_array_elements_text({mark}::json))"),
        _ => format!("(SELECT value FROM json_each({mark}))"),
    }
}
