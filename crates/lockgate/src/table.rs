//! Tables for people: aligned, without lines, each cell on one line.
use serde_json::Value;

/// A column: its title, and where the cell stands in a row's JSON (`/next/text`).
pub type Column = (&'static str, &'static str);

/// Returns the rows as a table; what it says when there are none is `empty`.
pub fn table(rows: &[Value], columns: &[Column], empty: &str) -> String {
    if rows.is_empty() {
        return empty.to_owned();
    }
    let titles = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let cells = rows.iter().map(|row| columns.iter().map(|(_, place)| cell(row.pointer(place))).collect());
    align(&std::iter::once(titles).chain(cells).collect::<Vec<Vec<String>>>())
}

/// Returns rows of cells below the titles `head`, all of them JSON arrays of one length.
pub fn plain(head: &Value, rows: &[Value]) -> String {
    let line = |row: &Value| row.as_array().into_iter().flatten().map(|value| cell(Some(value))).collect();
    align(&std::iter::once(head).chain(rows).map(line).collect::<Vec<Vec<String>>>())
}

fn align(lines: &[Vec<String>]) -> String {
    let mut widths = Vec::new();
    for line in lines {
        widths.resize(line.len(), 0);
        for (width, word) in widths.iter_mut().zip(line) {
            *width = word.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (width, word) in widths.iter().zip(line) {
            row += word;
            row += &" ".repeat(width - word.chars().count() + 2);
        }
        text += row.trim_end();
        text.push('\n');
    }
    text
}

/// Returns one object as a table of two columns.
pub fn card(object: &Value, columns: &[Column]) -> String {
    let width = columns.iter().map(|(title, _)| title.chars().count()).max().unwrap_or_default();
    columns.iter().fold(String::new(), |text, (title, place)| {
        let line = format!("{title:width$}  {}", cell(object.pointer(place)));
        text + line.trim_end() + "\n"
    })
}

fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    };
    // Names come from other people's files: nothing in them may move the terminal's cursor.
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_is_aligned_and_harmless() {
        let rows = [json!({"id": "retail", "n": 12}), json!({"id": "hr\u{1b}[2J", "next": {"text": "Größe"}})];
        let shown = table(&rows, &[("LAKE", "/id"), ("DATASETS", "/n"), ("NEXT", "/next/text")], "none");
        assert_eq!(shown, "LAKE    DATASETS  NEXT\nretail  12        –\nhr [2J  –         Größe\n");
        assert_eq!(table(&[], &[("LAKE", "/id")], "no lakes"), "no lakes");
        assert_eq!(card(&rows[0], &[("Lake", "/id"), ("Datasets", "/n")]), "Lake      retail\nDatasets  12\n");
    }
}
