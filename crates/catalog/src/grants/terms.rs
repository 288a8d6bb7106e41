//! How much of a column, of the rows and of time: a scope, and what it means that one is narrower than another.
use super::RowFilter;
use base::{BadPeriod, Period, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// How a column may be seen. `clear > token > null > left_out` and `clear > check > left_out`; `check` does not compare
/// with `token` or `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnTerm {
    /// As stored.
    Clear,
    /// A keyed token in its place: equal values give equal tokens, so joins still work.
    Token,
    /// Empty in every row.
    Null,
    /// Read by the platform's own fairness check alone.
    Check,
    /// Not at all. Never stands in a scope: the column is absent instead.
    LeftOut,
}

impl ColumnTerm {
    /// Every term, widest first.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Token, Self::Null, Self::Check, Self::LeftOut];

    /// Returns the widest term that both allow.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        match self.partial_cmp(&other) {
            Some(Ordering::Greater) => other,
            Some(_) => self,
            None => Self::LeftOut,
        }
    }

    /// Returns the word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Token => "token",
            Self::Null => "null",
            Self::Check => "check",
            Self::LeftOut => "left_out",
        }
    }
}

impl PartialOrd for ColumnTerm {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let below = |low: Self, high: Self| {
            matches!((low, high), (Self::LeftOut, _) | (_, Self::Clear) | (Self::Null, Self::Token))
        };
        match (self == other, below(*self, *other), below(*other, *self)) {
            (true, ..) => Some(Ordering::Equal),
            (_, true, _) => Some(Ordering::Less),
            (_, _, true) => Some(Ordering::Greater),
            _ => None,
        }
    }
}

/// What somebody asks to do with the data; a grant is for these and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// A person looks at it.
    Explore,
    /// A model learns from it.
    Train,
    /// The platform checks fairness with it.
    Check,
    /// A model is applied to it.
    Score,
    /// What a model does is compared with it.
    Monitor,
}

impl Use {
    /// Returns the word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explore => "explore",
            Self::Train => "train",
            Self::Check => "check",
            Self::Score => "score",
            Self::Monitor => "monitor",
        }
    }
}

impl std::fmt::Display for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which columns how, which rows, and when: what a request asks for and a grant gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The columns; those left out are absent. Empty where the object is not a dataset.
    pub columns: BTreeMap<String, ColumnTerm>,
    /// The rows.
    pub row_filter: RowFilter,
    /// When it starts; nothing = once it is approved.
    pub starts_at: Option<Timestamp>,
    /// The first instant after.
    pub expires_at: Timestamp,
}

/// What an approval adds. Only what lies below what was asked is accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// Columns that are seen in a narrower way; the others stay as asked.
    pub columns: BTreeMap<String, ColumnTerm>,
    /// Rows that are kept, of those asked for.
    pub row_filter: RowFilter,
    /// An earlier end.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// Why terms were refused: each would give more than was asked, or something else.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Widens {
    #[error("column `{0}` was not asked for")]
    NotAsked(String),
    #[error("column `{column}` was asked for as `{}`, and `{}` is not narrower", .asked.as_str(), .term.as_str())]
    Column { column: String, asked: ColumnTerm, term: ColumnTerm },
    #[error("`{0}` is later than the end asked for, `{1}`")]
    Longer(Timestamp, Timestamp),
    #[error(transparent)]
    RowFilter(#[from] super::BadRowFilter),
}

impl Terms {
    /// Returns whether they add nothing.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.row_filter.keeps_all() && self.until.is_none()
    }
}

impl Scope {
    /// Returns this scope met with `terms`.
    ///
    /// # Errors
    /// [`Widens`] if a term is not below what this scope has.
    pub fn meet(&self, terms: &Terms) -> Result<Self, Widens> {
        let mut columns = self.columns.clone();
        for (column, &term) in &terms.columns {
            let Some(&asked) = self.columns.get(column) else { return Err(Widens::NotAsked(column.clone())) };
            if term.meet(asked) != term {
                return Err(Widens::Column { column: column.clone(), asked, term });
            }
            columns.insert(column.clone(), term);
        }
        if let Some(end) = terms.until.filter(|end| *end > self.expires_at) {
            return Err(Widens::Longer(end, self.expires_at));
        }
        columns.retain(|_, term| *term != ColumnTerm::LeftOut);
        let row_filter = self.row_filter.and(&terms.row_filter)?;
        Ok(Self { columns, row_filter, expires_at: terms.until.unwrap_or(self.expires_at), ..self.clone() })
    }

    /// Returns what both scopes allow; several approvals of one request meet so.
    ///
    /// # Errors
    /// [`Widens::RowFilter`] if they have too many conditions together.
    pub fn with(&self, other: &Self) -> Result<Self, Widens> {
        let both = |(column, term): (&String, &ColumnTerm)| {
            let met = term.meet(*other.columns.get(column)?);
            (met != ColumnTerm::LeftOut).then(|| (column.clone(), met))
        };
        Ok(Self {
            columns: self.columns.iter().filter_map(both).collect(),
            row_filter: self.row_filter.and(&other.row_filter)?,
            starts_at: self.starts_at.max(other.starts_at),
            expires_at: self.expires_at.min(other.expires_at),
        })
    }

    /// Returns whether this scope gives nothing that `wider` does not.
    pub fn lies_within(&self, wider: &Self) -> bool {
        let below = |(column, term): (&String, &ColumnTerm)| wider.columns.get(column).is_some_and(|w| term <= w);
        self.columns.iter().all(below)
            && self.row_filter.narrows(&wider.row_filter)
            && self.starts_at >= wider.starts_at
            && self.expires_at <= wider.expires_at
    }

    /// Returns when a grant of this scope holds if it is made at `now`.
    ///
    /// # Errors
    /// [`BadPeriod::Empty`] if that is over already.
    pub fn period(&self, now: Timestamp) -> Result<Period, BadPeriod> {
        Period::new(self.starts_at.map_or(now, |start| start.max(now)), self.expires_at)
    }

    /// Returns the columns that have `term`.
    pub fn with_term(&self, term: ColumnTerm) -> BTreeSet<&str> {
        self.columns.iter().filter(|(_, have)| **have == term).map(|(column, _)| column.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnTerm::{Check, Clear, LeftOut, Null, Token};

    #[test]
    fn the_order_of_terms_is_the_one_of_the_design() {
        let mut table = String::new();
        for high in ColumnTerm::ALL {
            let below: Vec<_> = ColumnTerm::ALL.iter().filter(|low| **low < high).map(|low| low.as_str()).collect();
            table += &format!("{} > {}\n", high.as_str(), below.join(" "));
        }
        expect_test::expect![[r#"
            clear > token null check left_out
            token > null left_out
            null > left_out
            check > left_out
            left_out > 
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn terms_meet_as_in_a_lattice() {
        for a in ColumnTerm::ALL {
            assert_eq!((a.meet(a), a.meet(Clear), a.meet(LeftOut)), (a, a, LeftOut));
            for b in ColumnTerm::ALL {
                assert_eq!(a.meet(b), b.meet(a));
                assert!(a.meet(b) <= a && a.meet(b) <= b);
                for c in ColumnTerm::ALL {
                    assert_eq!(a.meet(b).meet(c), a.meet(b.meet(c)));
                    assert!(!(c <= a && c <= b) || c <= a.meet(b), "{c:?} is below both, so below their meet");
                }
            }
        }
        assert_eq!((Token.meet(Null), Token.meet(Check), Null.meet(Check)), (Null, LeftOut, LeftOut));
    }
}
