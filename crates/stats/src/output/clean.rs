//! What data may not do to whoever looks at it: move a cursor, turn text about, hide.
use std::fmt::Write;

/// Returns the text with every character that acts, hides or breaks lines spelled out: a new line as `\n`, others as `\u{202e}`.
///
/// Control characters of terminals (C0, DEL, C1), marks that change the direction of writing, line separators, and characters of
/// no width. Texts that differ in these are shown differently. Joiners stay, since scripts and emoji need them.
pub fn harmless(text: &str) -> String {
    if !text.chars().any(acts) {
        return text.to_owned();
    }
    text.chars().fold(String::new(), |mut shown, letter| {
        match letter {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            letter if acts(letter) => shown.extend(letter.escape_unicode()),
            letter => shown.push(letter),
        }
        shown
    })
}

/// Returns JSON as one line in which no character acts: such characters stand in strings only, where `\u202e` means the same.
pub fn json_line(value: &serde_json::Value) -> String {
    let text = value.to_string();
    if !text.chars().any(acts) {
        return text;
    }
    text.chars().fold(String::new(), |mut line, letter| {
        if acts(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a text does not fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(letter);
        }
        line
    })
}

/// Whether a character does something else than being seen.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns how many columns of a terminal a text takes, near enough for tables: 2 for East Asian letters and emoji, 0 for marks
/// that stand on others.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(letter_columns).sum()
}

fn letter_columns(letter: char) -> usize {
    match letter as u32 {
        0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f | 0x1ab0..=0x1aff => 0,
        0x1dc0..=0x1dff | 0x200c..=0x200d | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Returns the text cut off after so many columns, with `…` for what is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    // Texts of a megabyte are cut before they are measured: a letter of no width counts, too.
    let longest = most.saturating_mul(4);
    if text.chars().nth(longest).is_none() && columns(text) <= most {
        return text.to_owned();
    }
    let mut left = most.saturating_sub(1);
    let mut kept = String::new();
    for letter in text.chars().take(longest) {
        let Some(rest) = left.checked_sub(letter_columns(letter)) else { break };
        left = rest;
        kept.push(letter);
    }
    kept + "…"
}

/// Returns a text of ours as parts, each with whether it stood in backticks, without these. An odd backtick is a letter.
pub(super) fn spans(text: &str) -> Vec<(bool, &str)> {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return vec![(false, text)];
    }
    let marked = parts.into_iter().enumerate().map(|(place, part)| (place % 2 == 1, part));
    marked.filter(|(_, part)| !part.is_empty()).collect()
}
