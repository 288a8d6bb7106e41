//! Reports for merge requests: Markdown in which data is text, and names nobody and nothing.
use super::clean::{cut, harmless, spans};
use super::text::{shown, word};
use super::{Align, Outcome, Report, Table};

/// The longest cell.
const LONGEST: usize = 120;
/// The letters that Markdown, or a forge behind it, would take for more than themselves.
const SPECIAL: &[char] = &['\\', '`', '*', '_', '{', '}', '[', ']', '#', '~', '$', '!', '^'];

/// Returns the report for a merge request: GitHub's and GitLab's Markdown.
///
/// What data holds cannot close a table, be HTML, link anywhere, address a person, refer to an issue or be a command of the forge.
pub fn to_markdown(report: &dyn Report) -> String {
    let mark = |verdict| match verdict {
        Outcome::Within => "✅",
        Outcome::Breached => "❌",
        Outcome::NotComputable => "❓",
    };
    let verdict = report.verdict().map(|verdict| format!("{} **{}**: ", mark(verdict), word(verdict)));
    let mut text = format!("{}{}\n", verdict.unwrap_or_default(), paragraph(&report.headline()));
    for table in report.tables().iter().filter(|table| !table.rows.is_empty()) {
        text += &format!("\n**{}**\n\n", paragraph(&table.title));
        text += &table_markdown(table);
    }
    let notes = report.notes();
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in notes {
        text += &format!("- {}\n", paragraph(&note));
    }
    text
}

fn table_markdown(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let head = line(table.headings.iter().map(|(heading, _)| cell(heading)).collect());
    let rule = |(_, align): &(String, Align)| if *align == Align::Right { "---:" } else { "---" }.to_owned();
    let rows = table.rows.iter().map(|row| line(row.iter().map(|one| cell(one)).collect()));
    head + &line(table.headings.iter().map(rule).collect()) + &rows.collect::<String>()
}

fn cell(text: &str) -> String {
    escaped(&cut(&shown(text), LONGEST))
}

/// A text of ours, whose backticks stay what they are.
fn paragraph(text: &str) -> String {
    let parts = spans(text);
    let text: String =
        parts.iter().map(|(is_code, part)| if *is_code { code(part) } else { escaped(&harmless(part)) }).collect();
    // At the beginning of a line, some letters make lists and commands.
    match text.chars().next() {
        Some(first) if "+-/".contains(first) => format!("\\{text}"),
        _ => text,
    }
}

fn escaped(text: &str) -> String {
    text.split(' ').map(escaped_word).collect::<Vec<_>>().join(" ")
}

fn escaped_word(word: &str) -> String {
    if calls(word) {
        return code(word);
    }
    word.chars().fold(String::new(), |mut text, letter| {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            // A backslash would do outside of code alone.
            '|' => text.push_str("&#124;"),
            letter if SPECIAL.contains(&letter) => text.extend(['\\', letter]),
            letter => text.push(letter),
        }
        text
    })
}

/// Whether a forge would make a link of a word, or call somebody by it: no backslash keeps it from that, code does.
fn calls(word: &str) -> bool {
    let lower = word.to_lowercase();
    let refers = |mark: char| {
        word.match_indices(mark).any(|(at, _)| {
            word[at + mark.len_utf8()..].starts_with(|after: char| after.is_alphanumeric() || after == '"')
        })
    };
    word.contains('@')
        || is_picture(word)
        || lower.contains("://")
        || lower.contains("www.")
        || lower.contains("mailto:")
        || lower.contains("gh-")
        || ['#', '!', '%', '&', '$', '~', '^'].into_iter().any(refers)
}

/// Whether a forge would show a part of it, such as `:x:`, as a picture, which may look like a verdict. `:30:` is of a time.
fn is_picture(word: &str) -> bool {
    let parts: Vec<&str> = word.split(':').collect();
    let between = parts.get(1..parts.len() - 1).unwrap_or_default();
    between.iter().any(|part| {
        let is_name = part.chars().all(|letter| letter.is_ascii_alphanumeric() || "_+-".contains(letter))
            && part.contains(|letter: char| letter.is_ascii_alphabetic());
        is_name || matches!(*part, "+1" | "-1" | "100" | "1234")
    })
}

/// A text as code. In backticks if nothing in it could end these or a table's cell; else as HTML, every mark by its number.
fn code(text: &str) -> String {
    let shown = harmless(text);
    let is_plain = |letter: char| letter.is_alphanumeric() || " _-.,:/()+=%@#".contains(letter);
    if shown.trim() == shown && !shown.is_empty() && shown.chars().all(is_plain) {
        return format!("`{shown}`");
    }
    let marks = shown.chars().fold(String::new(), |mut html, letter| {
        if letter.is_ascii_punctuation() {
            html += &format!("&#{};", u32::from(letter));
        } else {
            html.push(letter);
        }
        html
    });
    format!("<code>{marks}</code>")
}
