//! How names and texts fall into words, and which of them a query matches.

/// A word with the place it stands at, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub text: String,
    pub from: usize,
    pub to: usize,
}

/// Returns the words of a text in lower case: split at everything that is no letter or digit, and inside `camelCase`.
pub(crate) fn words(text: &str) -> Vec<String> {
    placed(text).into_iter().map(|word| word.text).collect()
}

/// Returns the words of a text with their places.
pub(crate) fn placed(text: &str) -> Vec<Word> {
    let letters: Vec<char> = text.chars().collect();
    let (mut found, mut start) = (Vec::new(), None);
    let mut close = |start: &mut Option<usize>, to: usize| {
        if let Some(from) = start.take() {
            let text = letters[from..to].iter().flat_map(|letter| letter.to_lowercase()).collect();
            found.push(Word { text, from, to });
        }
    };
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            close(&mut start, at);
            continue;
        }
        let next_is_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let before = at.checked_sub(1).map(|before| letters[before]);
        let humps = letter.is_uppercase() && before.is_some_and(|before| before.is_lowercase() || next_is_lower);
        if humps {
            close(&mut start, at);
        }
        start.get_or_insert(at);
    }
    close(&mut start, letters.len());
    found
}

/// Returns how many letters may be wrong in a word of this length.
pub(crate) fn typos(word: &str) -> u8 {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Returns whether a word of the query means this word: as it is, as its beginning, or with a typo.
pub(crate) fn means(asked: &str, word: &str) -> bool {
    let starts = asked.chars().count() >= 3 && word.starts_with(asked);
    starts || asked == word || strsim::osa_distance(asked, word) <= usize::from(typos(asked))
}

/// Returns the places in `text` that a query matches.
pub(crate) fn matches(asked: &[String], text: &str) -> Vec<Word> {
    placed(text).into_iter().filter(|word| asked.iter().any(|asked| means(asked, &word.text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        let check = |text: &str, expected: &[&str]| assert_eq!(words(text), expected, "{text}");
        check("retail.core.customer_names", &["retail", "core", "customer", "names"]);
        check("dateOfBirth", &["date", "of", "birth"]);
        check("IBANCode2 x", &["iban", "code2", "x"]);
        check("Überweisung-ID", &["überweisung", "id"]);
        check("__", &[]);
    }

    #[test]
    fn a_query_matches_as_it_is_by_its_beginning_and_with_a_typo() {
        let asked = words("custmer bir");
        let found = matches(&asked, "customer_id, birthDate");
        let places: Vec<(usize, usize)> = found.iter().map(|word| (word.from, word.to)).collect();
        assert_eq!(places, [(0, 8), (13, 18)]);
        assert!(!means("age", "wage") && !means("sex", "set") && means("duration", "durration"));
    }
}
