use base::Digest;
use serde::{Deserialize, Serialize};

/// The version of how keys are worked out; another one never fits.
const SCHEMA: &str = "1";

/// One thing that a step's result depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// `code`, `parameter seed`, `input rows`, …
    pub part: String,
    /// Its value, or the digest of it.
    pub value: String,
}

/// What a step's result depends on, and the digest of all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    pub parts: Vec<Part>,
}

impl Key {
    /// Returns a key without parts but its own version.
    pub fn new() -> Self {
        Self::default().with("key", SCHEMA)
    }

    /// Adds a part.
    #[must_use]
    pub fn with(mut self, part: impl Into<String>, value: impl Into<String>) -> Self {
        self.parts.push(Part { part: part.into(), value: value.into() });
        self
    }

    /// Returns the digest of the parts: equal keys, equal results.
    pub fn digest(&self) -> Digest {
        base::digest_of(&self.parts).expect("texts serialise")
    }
}

/// A part of a key beside that of the last run of the same step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Compared {
    pub part: String,
    /// Nothing where the last run's key has no such part.
    pub before: Option<String>,
    /// Nothing where this one's key has no such part.
    pub after: Option<String>,
    pub same: bool,
}

/// Puts two keys side by side.
pub fn compare(before: Option<&[Part]>, after: &[Part]) -> Vec<Compared> {
    let old = before.unwrap_or_default();
    let find = |parts: &[Part], name: &str| parts.iter().find(|part| part.part == name).map(|part| part.value.clone());
    let gone = old.iter().filter(|part| find(after, &part.part).is_none());
    let names = after.iter().chain(gone).map(|part| part.part.clone());
    let compared = names.map(|part| {
        let (before, after) = (find(old, &part), find(after, &part));
        Compared { same: before == after, part, before, after }
    });
    compared.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_miss_names_what_changed() {
        let before = Key::new().with("code", "t1").with("parameter seed", "7").with("input rows", "x");
        let after = Key::new().with("code", "t1").with("parameter seed", "8").with("input table", "y");
        let changed: Vec<_> =
            compare(Some(&before.parts), &after.parts).into_iter().filter(|part| !part.same).collect();
        let shown: Vec<_> = changed.iter().map(|c| format!("{}: {:?} → {:?}", c.part, c.before, c.after)).collect();
        assert_eq!(
            shown,
            [
                r#"parameter seed: Some("7") → Some("8")"#,
                r#"input table: None → Some("y")"#,
                r#"input rows: Some("x") → None"#
            ]
        );
    }

    proptest! {
        #[test]
        fn equal_parts_and_nothing_else_give_equal_digests(
            a in prop::collection::vec(("[a-c]{0,2}", "[a-c]{0,2}"), 0..4),
            b in prop::collection::vec(("[a-c]{0,2}", "[a-c]{0,2}"), 0..4),
        ) {
            let key = |parts: &[(String, String)]| parts.iter().fold(Key::new(), |key, (part, value)| key.with(part, value));
            prop_assert_eq!(key(&a).digest() == key(&b).digest(), a == b);
        }
    }
}
