//! Which rows: conditions chosen from menus, all of which must hold.
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many conditions a row filter may have, and how many values one of them.
const MOST: usize = 100;
/// How long a text value may be, in bytes.
const LONGEST: usize = 1_000;

/// The rows that may be seen: those for which every condition holds. Without conditions: all.
///
/// A row whose column is empty (`NULL`) fulfils `is_empty` and nothing else, so a filter never lets a row through
/// because a value is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "Vec<RowRule>")]
#[schema(value_type = Vec<RowRule>)]
pub struct RowFilter(Vec<RowRule>);

/// One condition of a row filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RowRule {
    /// The column, as stored: it need not be one that the reader sees.
    pub column: String,
    /// The comparison.
    pub op: RowOp,
    /// With what: a list for `in`, nothing for `is_empty`, one value otherwise.
    #[serde(default, skip_serializing_if = "RowValue::is_none")]
    pub value: RowValue,
}

/// The comparisons of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOp {
    Is,
    IsNot,
    AtMost,
    AtLeast,
    Less,
    More,
    In,
    IsEmpty,
}

/// What a column is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum RowValue {
    #[default]
    None,
    One(Literal),
    Many(Vec<Literal>),
}

/// A value as written in JSON. Dates, times and decimals are texts, and mean what the column's type says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
}

impl utoipa::PartialSchema for Literal {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{SchemaType, Type};
        let types = SchemaType::from_iter([Type::Boolean, Type::Number, Type::String]);
        utoipa::openapi::ObjectBuilder::new().schema_type(types).into()
    }
}

impl utoipa::ToSchema for Literal {}

/// Why a row filter was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRowFilter {
    #[error("a row filter has at most {MOST} conditions and `in` at most {MOST} values")]
    TooLong,
    #[error("a value of the condition on `{0}` is longer than {LONGEST} bytes")]
    LongText(String),
    #[error("the condition on `{0}` needs {1}")]
    Value(String, &'static str),
}

impl RowValue {
    /// Returns whether there is nothing to compare with.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Returns the values, however many.
    pub fn literals(&self) -> &[Literal] {
        match self {
            Self::None => &[],
            Self::One(literal) => std::slice::from_ref(literal),
            Self::Many(literals) => literals,
        }
    }
}

impl RowFilter {
    /// Returns the filter, or says which condition is malformed. Equal conditions count once.
    ///
    /// # Errors
    /// [`BadRowFilter`].
    pub fn new(rules: Vec<RowRule>) -> Result<Self, BadRowFilter> {
        if rules.len() > MOST {
            return Err(BadRowFilter::TooLong);
        }
        for rule in &rules {
            rule.check()?;
        }
        Ok(Self(unique(rules)))
    }

    /// Returns the conditions.
    pub fn rules(&self) -> &[RowRule] {
        &self.0
    }

    /// Returns whether every row is kept.
    pub fn keeps_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the rows that both keep.
    ///
    /// # Errors
    /// [`BadRowFilter::TooLong`] if they have too many conditions together.
    pub fn and(&self, other: &Self) -> Result<Self, BadRowFilter> {
        Self::new([self.0.as_slice(), &other.0].concat())
    }

    /// Returns whether this filter keeps no row that `other` drops, as far as its conditions say so: it has them all.
    pub fn narrows(&self, other: &Self) -> bool {
        other.0.iter().all(|rule| self.0.contains(rule))
    }
}

fn unique(rules: Vec<RowRule>) -> Vec<RowRule> {
    let mut kept: Vec<RowRule> = Vec::with_capacity(rules.len());
    for rule in rules {
        if !kept.contains(&rule) {
            kept.push(rule);
        }
    }
    kept
}

impl RowRule {
    fn check(&self) -> Result<(), BadRowFilter> {
        let needs = |what| Err(BadRowFilter::Value(self.column.clone(), what));
        match (self.op, &self.value) {
            (RowOp::IsEmpty, RowValue::None) => {}
            (RowOp::IsEmpty, _) => return needs("no value"),
            (RowOp::In, RowValue::Many(values)) if values.len() > MOST => return Err(BadRowFilter::TooLong),
            (RowOp::In, RowValue::Many(values)) if !values.is_empty() => {}
            (RowOp::In, _) => return needs("a list of values"),
            (RowOp::Is | RowOp::IsNot, RowValue::One(_)) => {}
            (_, RowValue::One(Literal::Bool(_))) => return needs("a number or a text, since yes and no have no order"),
            (_, RowValue::One(_)) => {}
            (_, RowValue::None | RowValue::Many(_)) => return needs("one value"),
        }
        let long = |literal: &Literal| matches!(literal, Literal::Text(text) if text.len() > LONGEST);
        if self.value.literals().iter().any(long) {
            return Err(BadRowFilter::LongText(self.column.clone()));
        }
        Ok(())
    }
}

impl TryFrom<Vec<RowRule>> for RowFilter {
    type Error = BadRowFilter;
    fn try_from(rules: Vec<RowRule>) -> Result<Self, BadRowFilter> {
        Self::new(rules)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => write!(f, "“{value}”"),
        }
    }
}

impl fmt::Display for RowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.op {
            RowOp::Is => "is",
            RowOp::IsNot => "is not",
            RowOp::AtMost => "is at most",
            RowOp::AtLeast => "is at least",
            RowOp::Less => "is less than",
            RowOp::More => "is more than",
            RowOp::In => "is one of",
            RowOp::IsEmpty => "is empty",
        };
        write!(f, "{} {words}", self.column)?;
        for (number, literal) in self.value.literals().iter().enumerate() {
            write!(f, "{} {literal}", if number == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for RowFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("all rows");
        }
        for (number, rule) in self.0.iter().enumerate() {
            write!(f, "{}{rule}", if number == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(json: &str, expected: Expect) {
        expected.assert_eq(&match serde_json::from_str::<RowFilter>(json) {
            Ok(filter) => {
                let text = serde_json::to_string(&filter).unwrap();
                assert_eq!(serde_json::from_str::<RowFilter>(&text).unwrap(), filter, "what is written reads back");
                filter.to_string()
            }
            Err(error) => error.to_string(),
        });
    }

    #[test]
    fn a_condition_has_the_values_that_its_comparison_needs() {
        check("[]", expect!["all rows"]);
        check(r#"[{"column": "age", "op": "at_most", "value": 40}]"#, expect!["age is at most 40"]);
        check(
            r#"[{"column": "a", "op": "is", "value": "x"}, {"column": "b", "op": "in", "value": [1, 2.5]}]"#,
            expect!["a is “x” and b is one of 1, 2.5"],
        );
        check(r#"[{"column": "a", "op": "is_empty"}]"#, expect!["a is empty"]);
        check(r#"[{"column": "a", "op": "is_not", "value": false}]"#, expect!["a is not false"]);
        let twice = r#"[{"column": "a", "op": "less", "value": 1}, {"column": "a", "op": "less", "value": 1}]"#;
        check(twice, expect!["a is less than 1"]);
        check(r#"[{"column": "a", "op": "is_empty", "value": 1}]"#, expect!["the condition on `a` needs no value"]);
        check(r#"[{"column": "a", "op": "in", "value": []}]"#, expect!["the condition on `a` needs a list of values"]);
        check(r#"[{"column": "a", "op": "in", "value": 3}]"#, expect!["the condition on `a` needs a list of values"]);
        check(r#"[{"column": "a", "op": "more"}]"#, expect!["the condition on `a` needs one value"]);
        check(
            r#"[{"column": "a", "op": "more", "value": true}]"#,
            expect!["the condition on `a` needs a number or a text, since yes and no have no order"],
        );
    }

    #[test]
    fn a_filter_has_an_end() {
        let rule = |column: &str| RowRule { column: column.into(), op: RowOp::IsEmpty, value: RowValue::None };
        let many = (0..=MOST).map(|number| rule(&number.to_string())).collect();
        assert_eq!(RowFilter::new(many), Err(BadRowFilter::TooLong));
        let long = RowValue::One(Literal::Text("x".repeat(LONGEST + 1)));
        let long = RowRule { column: "a".into(), op: RowOp::Is, value: long };
        assert_eq!(RowFilter::new(vec![long]), Err(BadRowFilter::LongText("a".into())));
    }
}
