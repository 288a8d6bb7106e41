/// A name that does not fit: 1–63 of `a–z`, `0–9` and `-`, a letter first.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{0}` is not a name: 1 to 63 of a–z, 0–9 and `-`, starting with a letter")]
pub struct BadName(pub String);

/// Checks a name that people choose: for a lake, person, team, group or project.
pub fn plain_name(text: &str) -> Result<&str, BadName> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = (1..=63).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_lowercase());
    // The name goes into messages, so what is refused is cut and shown escaped.
    let shown = || BadName(text.chars().take(63).flat_map(char::escape_debug).collect());
    if fits && text.chars().all(letters) { Ok(text) } else { Err(shown()) }
}

/// Returns the one of `known` that `word` was probably meant to be, for "did you mean".
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().map(|candidate| (strsim::osa_distance(word, candidate), candidate));
    let best = near.min_by_key(|(distance, _)| *distance)?;
    (best.0 <= 2.max(word.chars().count() / 3)).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert!(plain_name("credit-risk").is_ok());
        for bad in ["", "-a", "9a", "A", "a b", "a/b", "..", "a\0", "ä", &"a".repeat(64)] {
            assert!(plain_name(bad).is_err(), "{bad}");
        }
        assert!(BadName("x".into()).to_string().contains("`x`"));
        assert_eq!(plain_name("a\nb").unwrap_err().0, "a\\nb");
    }

    #[test]
    fn a_typo_finds_its_word() {
        let groups = ["data-stewards", "auditors"];
        assert_eq!(nearest("data-steward", groups), Some("data-stewards"));
        assert_eq!(nearest("kubernetes", groups), None);
    }
}
