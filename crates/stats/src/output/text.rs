//! Reports for a terminal: aligned, without lines, each cell on one line but words at the end of a row, which are whole.
use super::clean::{columns, cut, harmless};
use super::{Align, Outcome, Report, Table};

/// The widest cell, and the least that a cell of words is cut to where a table is too wide.
const WIDEST: usize = 60;
const LEAST_CUT: usize = 16;
/// The most letters of words at the end of a row, and the least that one of their lines has room for.
const MOST_WORDS: usize = 400;
const LEAST_WORDS: usize = 20;
/// Between two columns.
const GAP: usize = 2;

/// Returns the report for a terminal of `width` columns: verdict and headline, the tables, what else there is to know.
///
/// Nothing in it moves a cursor or turns text about, whatever the data holds. Words at the end of a row take as many lines as they
/// need, below the table if beside it there is little room. A table that is too wide without them has its longest cells cut, then goes
/// on below itself. What stands below has the first column again in front.
pub fn to_text(report: &dyn Report, width: usize) -> String {
    let width = width.max(40);
    let verdict = report.verdict().map_or_else(String::new, |verdict| format!("{}: ", word(verdict)));
    let mut text = filled(&(verdict + &harmless(&report.headline())), width, "");
    for table in report.tables().iter().filter(|table| !table.rows.is_empty()) {
        text.push('\n');
        text += &filled(&harmless(&table.title), width, "");
        text += &table_text(table, width);
    }
    let notes = report.notes();
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in notes {
        text += &filled(&format!("- {}", harmless(&note)), width, "  ");
    }
    text
}

/// Returns the verdict as a word.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Within => "within",
        Outcome::Breached => "breached",
        Outcome::NotComputable => "not computable",
    }
}

/// Breaks a paragraph into lines; those after the first begin with `indent`.
fn filled(paragraph: &str, width: usize, indent: &str) -> String {
    let mut text = String::new();
    let mut taken = 0;
    for word in paragraph.split(' ') {
        let size = columns(word);
        if taken > 0 && taken + 1 + size > width {
            text.push('\n');
            text += indent;
            taken = indent.len();
        } else if taken > 0 {
            text.push(' ');
            taken += 1;
        }
        text += word;
        taken += size;
    }
    text + "\n"
}

fn table_text(table: &Table, width: usize) -> String {
    let has_words = has_words(table);
    let last = table.headings.len().saturating_sub(1);
    let most = |column: usize| if has_words && column == last { MOST_WORDS } else { WIDEST };
    let head: Vec<String> = table.headings.iter().map(|(heading, _)| harmless(heading)).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect());
    let cells = |line: Vec<String>| line.iter().enumerate().map(|(column, cell)| cut(cell, most(column))).collect();
    let mut lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).map(cells).collect();
    if !has_words {
        return grid_text(table, lines, width);
    }
    let words: Vec<String> = lines.iter_mut().filter_map(Vec::pop).collect();
    let longest = words.iter().map(|words| columns(words)).max().unwrap_or(0);
    let taken: usize = (0..last).map(|column| widest(&lines, column) + GAP).sum();
    if taken + longest.min(LEAST_WORDS) <= width {
        return beside_text(table, &lines, &words, width);
    }
    // Below, only rows that have words.
    let names = lines.iter().zip(&words).filter(|(_, words)| !words.is_empty());
    let name = |line: &Vec<String>| vec![cut(line.first().map_or("", String::as_str), width - GAP - LEAST_WORDS)];
    let (names, told): (Vec<Vec<String>>, Vec<String>) =
        names.map(|(line, words)| (name(line), words.clone())).collect();
    grid_text(table, lines, width) + "\n" + &beside_text(table, &names, &told, width)
}

/// Whether the last column holds words: neither numbers nor bars.
fn has_words(table: &Table) -> bool {
    let is_left = table.headings.len() > 1 && table.headings.last().is_some_and(|(_, align)| *align == Align::Left);
    let is_told =
        |row: &Vec<String>| row.len() == table.headings.len() && row.last().is_some_and(|cell| !is_whole(cell));
    is_left && table.rows.iter().any(is_told)
}

/// Lines that fit, with words behind them in what room there is.
fn beside_text(table: &Table, lines: &[Vec<String>], words: &[String], width: usize) -> String {
    let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len)).map(|column| widest(lines, column)).collect();
    let block: Vec<usize> = (0..widths.len()).collect();
    let taken: usize = widths.iter().map(|wide| wide + GAP).sum();
    let room = width.saturating_sub(taken).max(1);
    let mut text = String::new();
    for (line, words) in lines.iter().zip(words) {
        let mut front = line_text(table, line, &widths, &block);
        front.truncate(front.trim_end().len());
        let words: Vec<String> = words.split(' ').map(|word| cut(word, room)).collect();
        for piece in filled(&words.join(" "), room, "").lines() {
            let blanks = taken.saturating_sub(columns(&front));
            text += (front + &" ".repeat(blanks) + piece).trim_end();
            text.push('\n');
            front = String::new();
        }
    }
    text
}

/// Lines each of whose cells stays on one.
fn grid_text(table: &Table, mut lines: Vec<Vec<String>>, width: usize) -> String {
    let count = lines.first().map_or(0, Vec::len);
    let mut widths: Vec<usize> = (0..count).map(|column| widest(&lines, column)).collect();
    narrow(&mut lines, &mut widths, width);
    let mut text = String::new();
    let mut begin = 0;
    while begin < widths.len() {
        let block = block_from(&widths, begin, width);
        if begin > 0 {
            text.push('\n');
        }
        for line in &lines {
            text += &line_text(table, line, &widths, &block);
        }
        begin = block.last().map_or(widths.len(), |last| last + 1);
    }
    text
}

/// A cell as it is shown: a cell of nothing, or of blanks alone, is quoted, since it could not be seen.
pub(super) fn shown(cell: &str) -> String {
    if !cell.is_empty() && cell.trim().is_empty() { format!("\"{}\"", harmless(cell)) } else { harmless(cell) }
}

fn widest(lines: &[Vec<String>], column: usize) -> usize {
    lines.iter().filter_map(|line| line.get(column)).map(|cell| columns(cell)).max().unwrap_or(0)
}

/// Cuts the longest words until the table fits. If it cannot, it goes on below itself, and only its first column is kept short, since
/// that one is repeated.
fn narrow(lines: &mut [Vec<String>], widths: &mut [usize], width: usize) {
    let least: Vec<usize> = (0..widths.len()).map(|column| least(lines, column)).collect();
    let gaps = GAP * widths.len().saturating_sub(1);
    let fits = widths.iter().zip(&least).map(|(wide, least)| wide.min(least)).sum::<usize>() + gaps <= width;
    if !fits {
        if let (Some(first), Some(least)) = (widths.first().copied(), least.first()) {
            shorten(lines, widths, 0, first.min(width / 3).max(*least));
        }
        return;
    }
    loop {
        let total = widths.iter().sum::<usize>() + gaps;
        let longer = widths.iter().zip(&least).enumerate().filter(|(_, (wide, least))| wide > least);
        let Some((column, (&wide, &least))) = longer.max_by_key(|(_, (wide, _))| **wide) else { return };
        if total <= width {
            return;
        }
        // Down to the next longest column, so that the longest ones are cut alike.
        let next = widths.iter().copied().filter(|other| *other < wide).max().unwrap_or(0);
        let most = wide.saturating_sub(total - width).max(next).max(least).min(wide - 1);
        shorten(lines, widths, column, most);
    }
}

/// How far a column may be cut: numbers, bars and headings stay whole.
fn least(lines: &[Vec<String>], column: usize) -> usize {
    let cells = lines.iter().enumerate().filter_map(|(line, cells)| Some((line, cells.get(column)?)));
    let whole = cells.filter(|(line, cell)| *line == 0 || is_whole(cell));
    whole.map(|(_, cell)| columns(cell)).max().unwrap_or(0).max(LEAST_CUT)
}

fn is_whole(cell: &str) -> bool {
    let of = |letters: &str| cell.chars().all(|letter| letter.is_ascii_digit() || letters.contains(letter));
    of(".,-–+e∞%<> to") || of("▁▂▃▄▅▆▇█·")
}

fn shorten(lines: &mut [Vec<String>], widths: &mut [usize], column: usize, most: usize) {
    for cell in lines.iter_mut().filter_map(|line| line.get_mut(column)) {
        *cell = cut(cell, most);
    }
    if let Some(wide) = widths.get_mut(column) {
        *wide = widest(lines, column);
    }
}

/// Returns the columns that fit side by side from this one on, at least one, the table's first in front of them.
fn block_from(widths: &[usize], begin: usize, width: usize) -> Vec<usize> {
    let mut block: Vec<usize> = if begin > 0 { vec![0] } else { Vec::new() };
    let mut taken = if begin > 0 { widths[0] + GAP } else { 0 };
    for (column, wide) in widths.iter().enumerate().skip(begin) {
        if column > begin && taken + wide > width {
            break;
        }
        block.push(column);
        taken += wide + GAP;
    }
    block
}

fn line_text(table: &Table, line: &[String], widths: &[usize], block: &[usize]) -> String {
    let mut text = String::new();
    for &column in block {
        let cell = line.get(column).map_or("", String::as_str);
        let blanks = " ".repeat(widths[column].saturating_sub(columns(cell)));
        let right = table.headings.get(column).is_some_and(|(_, align)| *align == Align::Right);
        text += &if right { blanks + cell } else { cell.to_owned() + &blanks };
        text += &" ".repeat(GAP);
    }
    text.trim_end().to_owned() + "\n"
}
