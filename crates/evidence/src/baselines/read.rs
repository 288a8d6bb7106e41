use super::model::{Line, Unit};
use crate::clock::Stage;
use crate::{Error, Result, shown};

/// The columns, in their order.
const COLUMNS: [&str; 7] = ["stage", "value", "unit", "n", "definition_from", "definition_to", "source"];
/// How many lines a baseline may have.
const MOST: usize = 200;
/// How long a text may be, in characters.
const LONGEST: usize = 300;
/// How large a value may be: a stage of a thousand years is none.
const LARGEST: f64 = 1e7;

/// Reads a baseline. All of it fits, or nothing is taken.
///
/// # Errors
/// The first thing that does not fit, with its line and column.
pub fn read(text: &str) -> Result<Vec<Line>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    let mut is_header = true;
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            Error::BaselineLine { line, why: "it is no CSV in UTF-8".to_owned() }
        })?;
        let line = record.position().map_or(1, csv::Position::line);
        let fields: Vec<&str> = record.iter().collect();
        if is_header {
            let named: Vec<&str> = fields.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
            if named != COLUMNS {
                let why = format!("the columns are `{}`", shown(&named.join(","), 200));
                return Err(Error::BaselineLine { line, why });
            }
            is_header = false;
            continue;
        }
        if lines.len() == MOST {
            return Err(Error::BaselineLine { line, why: format!("a baseline has {MOST} lines at most") });
        }
        if fields.len() != COLUMNS.len() {
            let why = format!("{} fields stand where {} should", fields.len(), COLUMNS.len());
            return Err(Error::BaselineLine { line, why });
        }
        lines.push(one(line, &fields)?);
    }
    if lines.is_empty() {
        return Err(Error::BaselineLine { line: 1, why: "no line follows the header".to_owned() });
    }
    Ok(lines)
}

fn one(line: u64, fields: &[&str]) -> Result<Line> {
    let bad = |at: usize, why: String| Error::Baseline { line, column: COLUMNS[at], why };
    let word = |at: usize, known: &str| bad(at, format!("`{}` is none of {known}", shown(fields[at], 60)));
    let stage = Stage::ALL.into_iter().find(|stage| stage.as_str() == fields[0]);
    let value: Option<f64> = fields[1].parse().ok().filter(|value: &f64| *value > 0.0 && *value <= LARGEST);
    let unit = match fields[2] {
        "hours" => Some(Unit::Hours),
        "days" => Some(Unit::Days),
        "weeks" => Some(Unit::Weeks),
        _ => None,
    };
    let n: Option<u64> = fields[3].parse().ok().filter(|n| (1..=1_000_000_000).contains(n));
    let text = |at: usize| -> Result<String> {
        let fits = !fields[at].is_empty() && fields[at].chars().count() <= LONGEST;
        let plain = fits && !fields[at].chars().any(char::is_control);
        if plain {
            Ok(fields[at].to_owned())
        } else {
            Err(bad(at, format!("it takes a text of 1 to {LONGEST} characters")))
        }
    };
    Ok(Line {
        stage: stage.ok_or_else(|| word(0, "find, access, environment, prove, release, value"))?,
        value: value.ok_or_else(|| bad(1, format!("`{}` is no number above 0", shown(fields[1], 60))))?,
        unit: unit.ok_or_else(|| word(2, "hours, days, weeks"))?,
        n: n.ok_or_else(|| bad(3, format!("`{}` is no whole number of cases", shown(fields[3], 60))))?,
        definition_from: text(4)?,
        definition_to: text(5)?,
        source: text(6)?,
    })
}
