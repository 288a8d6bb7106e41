use super::lexer::{Is, Token, tokens};
use super::{Attribute, Dialect, Holds, Kind, Side};
use crate::error::{Error, Result};

/// The most conditions in a filter.
const MOST: usize = 100;
/// The most values in a list.
const MOST_LISTED: usize = 1_000;

/// One condition of a filter.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub field: Field,
    pub op: Op,
    pub value: Operand,
}

/// What a condition looks at.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    Attribute(&'static Attribute),
    /// A side table, and the key there.
    Beside(&'static Side, String),
}

/// How it compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Equal,
    Unequal,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Like,
    ILike,
    In,
    NotIn,
    IsNull,
    IsNotNull,
}

/// What it compares with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Nothing,
    Text(String),
    Whole(i64),
    Real(f64),
    List(Vec<String>),
}

impl Op {
    /// Returns the sign for the comparisons that SQL writes alike.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Unequal => "<>",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            _ => "=",
        }
    }

    fn compares_numbers(self) -> bool {
        use Op::{Equal, Greater, GreaterEqual, Less, LessEqual, Unequal};
        matches!(self, Equal | Unequal | Greater | GreaterEqual | Less | LessEqual)
    }
}

/// Reads a filter: conditions joined by `AND`.
pub(crate) fn parse(text: &str, dialect: &Dialect) -> Result<Vec<Clause>> {
    let tokens = tokens(text)?;
    let mut at = Reader { tokens: &tokens, next: 0 };
    let mut clauses = Vec::new();
    while at.peek().is_some() {
        if clauses.len() == MOST {
            return Err(Error::TooComplex(MOST));
        }
        clauses.push(at.clause(dialect)?);
        match at.take() {
            None => break,
            Some(token) if token.is.is_word("and") && at.peek().is_some() => {}
            Some(token) => return Err(invalid_clause(&token.is)),
        }
    }
    Ok(clauses)
}

fn invalid_clause(at: &Is) -> Error {
    Error::invalid(format!("Invalid clause(s) in filter string: '{}'", at.shown()))
}

struct Reader<'t> {
    tokens: &'t [Token],
    next: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.next);
        self.next += 1;
        token
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let fits = self.peek().is_some_and(|token| token.is.is_word(word));
        self.next += usize::from(fits);
        fits
    }

    fn clause(&mut self, dialect: &Dialect) -> Result<Clause> {
        let field = self.field(dialect)?;
        let op = self.op()?;
        check_op(&field, op)?;
        let value = match op {
            Op::IsNull | Op::IsNotNull => Operand::Nothing,
            Op::In | Op::NotIn => self.list()?,
            _ => self.value(&field)?,
        };
        Ok(Clause { field, op, value })
    }

    fn field(&mut self, dialect: &Dialect) -> Result<Field> {
        let Some(token) = self.take() else { return Err(Error::invalid("Invalid clause(s) in filter string: ''")) };
        let name = match &token.is {
            Is::Word(word) => word.clone(),
            Is::Double(name) | Is::Back(name) => return attribute(name, dialect),
            other => return Err(invalid_clause(other)),
        };
        let Some((prefix, key)) = name.split_once('.') else { return attribute(&name, dialect) };
        let key = match self.peek() {
            Some(Token { is: Is::Double(key) | Is::Back(key) | Is::Single(key), glued: true })
                if key_is_open(&name) =>
            {
                self.next += 1;
                key.clone()
            }
            _ => key.to_owned(),
        };
        named(prefix, &key, dialect)
    }

    fn op(&mut self) -> Result<Op> {
        let Some(token) = self.take() else {
            return Err(Error::invalid("Invalid clause(s) in filter string: a comparator is missing"));
        };
        let op = match &token.is {
            Is::Comparator(sign) => match sign.as_str() {
                "=" => Some(Op::Equal),
                "!=" => Some(Op::Unequal),
                ">" => Some(Op::Greater),
                ">=" => Some(Op::GreaterEqual),
                "<" => Some(Op::Less),
                "<=" => Some(Op::LessEqual),
                _ => None,
            },
            Is::Word(word) => match word.to_ascii_uppercase().as_str() {
                "LIKE" => Some(Op::Like),
                "ILIKE" => Some(Op::ILike),
                "IN" => Some(Op::In),
                "NOT" if self.takes_word("in") => Some(Op::NotIn),
                "IS" if self.takes_word("null") => Some(Op::IsNull),
                "IS" if self.takes_word("not") && self.takes_word("null") => Some(Op::IsNotNull),
                _ => None,
            },
            _ => None,
        };
        op.ok_or_else(|| {
            let known = "['!=', '<', '<=', '=', '>', '>=', 'ILIKE', 'IN', 'LIKE', 'NOT IN', 'IS NULL', 'IS NOT NULL']";
            Error::invalid(format!("Invalid comparator '{}' not one of {known}", token.is.shown()))
        })
    }

    fn value(&mut self, field: &Field) -> Result<Operand> {
        let Some(token) = self.take() else {
            return Err(Error::invalid("Invalid clause(s) in filter string: a value is missing"));
        };
        let (scale, what) = match field {
            Field::Attribute(Attribute { kind: Kind::Whole(scale), .. }) => (Some(*scale), "attribute"),
            Field::Attribute(Attribute { kind: Kind::Real, .. }) => (Some(1), "attribute"),
            Field::Beside(Side { holds: Holds::Numbers, .. }, _) => (Some(1), "metric"),
            Field::Attribute(_) => (None, "attributes"),
            Field::Beside(side, _) => (None, side.prefixes.first().copied().unwrap_or_default()),
        };
        match (&token.is, scale) {
            (Is::Single(text) | Is::Double(text), None) => Ok(Operand::Text(text.clone())),
            (Is::Word(text), Some(scale)) => {
                let whole = text.parse::<i64>().ok().and_then(|whole| whole.checked_mul(scale)).map(Operand::Whole);
                let real = || text.parse::<f64>().ok().filter(|real| real.is_finite());
                let real = || real().map(|real| Operand::Real(real * scale as f64));
                let found = if what == "metric" { real() } else { whole.or_else(real) };
                found.ok_or_else(|| {
                    Error::invalid(format!("Expected numeric value type for {what}. Found {}", token.is.shown()))
                })
            }
            (other, Some(_)) => {
                Err(Error::invalid(format!("Expected numeric value type for {what}. Found {}", other.shown())))
            }
            (other, None) => Err(Error::invalid(format!(
                "Expected a quoted string value for {what} (e.g. 'my-value'). Got value {}",
                other.shown()
            ))),
        }
    }

    fn list(&mut self) -> Result<Operand> {
        let bad = || Error::invalid("Expected a non-empty list of quoted strings in parentheses after IN");
        if self.take().map(|token| &token.is) != Some(&Is::Open) {
            return Err(bad());
        }
        let mut list = Vec::new();
        loop {
            match self.take().map(|token| &token.is) {
                Some(Is::Single(text) | Is::Double(text)) if list.len() < MOST_LISTED => list.push(text.clone()),
                _ => return Err(bad()),
            }
            match self.take().map(|token| &token.is) {
                Some(Is::Comma) => {}
                Some(Is::Close) => return Ok(Operand::List(list)),
                _ => return Err(bad()),
            }
        }
    }
}

/// Whether a word such as `tags.` goes on with what is quoted behind it.
fn key_is_open(word: &str) -> bool {
    word.ends_with('.') && word.matches('.').count() == 1
}

fn attribute(name: &str, dialect: &Dialect) -> Result<Field> {
    let known = dialect.attribute(name).map(Field::Attribute);
    known.ok_or_else(|| {
        let shown: String = name.chars().take(100).collect();
        Error::invalid(format!("Invalid attribute key '{shown}' specified. Valid keys are {}", dialect.names()))
    })
}

/// Returns the field `prefix.key`.
pub(super) fn named(prefix: &str, key: &str, dialect: &Dialect) -> Result<Field> {
    if dialect.prefixes.iter().any(|known| known.eq_ignore_ascii_case(prefix)) {
        return attribute(key, dialect);
    }
    let Some(side) = dialect.side(prefix) else {
        let shown: String = prefix.chars().take(100).collect();
        return Err(Error::invalid(format!("Invalid entity type '{shown}'. Valid values are {}", dialect.entities())));
    };
    if side.holds == Holds::Datasets && !["name", "digest", "context"].contains(&key) {
        let shown: String = key.chars().take(100).collect();
        let text = format!("Invalid dataset key '{shown}' specified. Valid keys are ['name', 'digest', 'context']");
        return Err(Error::invalid(text));
    }
    if key.is_empty() {
        return Err(Error::invalid(format!("Invalid clause(s) in filter string: '{prefix}.'")));
    }
    Ok(Field::Beside(side, key.to_owned()))
}

fn check_op(field: &Field, op: Op) -> Result<()> {
    let (fits, known) = match field {
        Field::Attribute(Attribute { kind: Kind::Text, .. })
        | Field::Beside(Side { holds: Holds::Datasets, .. }, _) => (
            matches!(op, Op::Equal | Op::Unequal | Op::Like | Op::ILike | Op::In | Op::NotIn),
            "['!=', '=', 'LIKE', 'ILIKE', 'IN', 'NOT IN']",
        ),
        Field::Beside(Side { holds: Holds::Texts, .. }, _) => (
            matches!(op, Op::Equal | Op::Unequal | Op::Like | Op::ILike | Op::IsNull | Op::IsNotNull),
            "['!=', '=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL']",
        ),
        Field::Attribute(_) | Field::Beside(..) => (op.compares_numbers(), "['!=', '<', '<=', '=', '>', '>=']"),
    };
    if fits { Ok(()) } else { Err(Error::invalid(format!("Invalid comparator '{op:?}' not one of {known}"))) }
}
