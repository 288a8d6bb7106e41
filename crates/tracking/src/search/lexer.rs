use crate::error::{Error, Result};

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub is: Is,
    /// Whether nothing stands between it and the piece before.
    pub glued: bool,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Word(String),
    /// In single quotes.
    Single(String),
    /// In double quotes.
    Double(String),
    /// In backticks.
    Back(String),
    Comparator(String),
    Open,
    Close,
    Comma,
}

impl Is {
    /// Returns the piece as it may be shown.
    pub(super) fn shown(&self) -> String {
        let text = match self {
            Self::Word(text) | Self::Single(text) | Self::Double(text) | Self::Back(text) | Self::Comparator(text) => {
                text
            }
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => ",",
        };
        text.chars().take(100).collect()
    }

    /// Returns whether it is this word, in any case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }
}

/// The longest filter, in bytes.
const LONGEST: usize = 100_000;

/// Takes a filter apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>> {
    if text.len() > LONGEST {
        return Err(Error::invalid(format!("the filter is longer than {LONGEST} bytes")));
    }
    let mut tokens = Vec::new();
    let mut rest = text.trim_end();
    let mut glued = false;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
            glued = false;
            continue;
        }
        let (is, left) = match first {
            '\'' | '"' | '`' => quoted(rest, first)?,
            '(' => (Is::Open, &rest[1..]),
            ')' => (Is::Close, &rest[1..]),
            ',' => (Is::Comma, &rest[1..]),
            _ => {
                let is_sign = |letter: char| "=!<>~".contains(letter);
                let sign = is_sign(first);
                let inside =
                    |letter: char| is_sign(letter) == sign && !letter.is_whitespace() && !"'\"`(),".contains(letter);
                let end = rest.find(|letter| !inside(letter)).unwrap_or(rest.len());
                let piece = rest[..end].to_owned();
                (if sign { Is::Comparator(piece) } else { Is::Word(piece) }, &rest[end..])
            }
        };
        tokens.push(Token { is, glued });
        rest = left;
        glued = true;
    }
    Ok(tokens)
}

/// Reads up to the closing quote; the quote twice stands for itself.
fn quoted(text: &str, quote: char) -> Result<(Is, &str)> {
    let mut inner = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != quote {
            inner.push(letter);
            continue;
        }
        if letters.peek().is_some_and(|(_, next)| *next == quote) {
            inner.push(quote);
            letters.next();
            continue;
        }
        let is = match quote {
            '\'' => Is::Single(inner),
            '"' => Is::Double(inner),
            _ => Is::Back(inner),
        };
        return Ok((is, &text[at + 1..]));
    }
    let shown: String = text.chars().take(100).collect();
    Err(Error::invalid(format!("Invalid clause(s) in filter string: {shown:?} (a quote is not closed)")))
}
