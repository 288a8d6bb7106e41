//! What is named on the command line, opened: tables, stored profiles, and columns of tables.
use super::failed;
use super::progress::with_progress;
use crate::failure::{Exit, Failure, Result};
use stats::profile::Profile;
use stats::quality::ScoreName;
use stats::{Data, harmless};
use std::io::Read;
use std::path::Path;

/// A table, or what is known of one.
pub enum Input {
    Table(Data),
    Profile(Box<Profile>),
}

/// What stored profiles begin with.
const MAGIC: &[u8] = b"LGPF";

impl Input {
    /// Opens a stored profile, by its first bytes or the end `.profile` of its name, else a file or folder as a table.
    pub fn open(path: &Path) -> Result<Self> {
        if is_profile(path)? {
            let bytes = std::fs::read(path).map_err(|error| failed_on(path, "read", &error))?;
            let profile = Profile::from_bytes(&bytes).map_err(|error| {
                let detail = format!("`{}` is no profile that this version reads: {error}", shown(path));
                Failure::new(Exit::Usage, detail, "make it again with `lockgate stats profile FILE --out FILE`")
            })?;
            return Ok(Self::Profile(Box::new(profile.named(path.display().to_string()))));
        }
        table(path).map(Self::Table)
    }
}

/// Opens a table where rows are needed.
pub fn table(path: &Path) -> Result<Data> {
    if is_profile(path)? {
        let detail = format!("`{}` is a stored profile, which has no rows", shown(path));
        return Err(Failure::new(Exit::Usage, detail, "give the table itself"));
    }
    with_progress(None, |run| Data::open_with(path, run)).map_err(failed)
}

fn is_profile(path: &Path) -> Result<bool> {
    let found = std::fs::metadata(path).map_err(|error| failed_on(path, "read", &error))?;
    if !found.is_file() {
        return Ok(false);
    }
    if path.extension().is_some_and(|end| end == "profile") {
        return Ok(true);
    }
    let mut first = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| failed_on(path, "read", &error))?;
    file.take(MAGIC.len() as u64).read_to_end(&mut first).map_err(|error| failed_on(path, "read", &error))?;
    Ok(first == MAGIC)
}

/// Says that a path cannot be read or written. The code of other failures is that of a breach, which nothing was found to be.
pub fn failed_on(path: &Path, what: &str, error: &std::io::Error) -> Failure {
    let failure = Failure::io(format!("`{}` cannot be {what}", shown(path)), error);
    let exit = if failure.exit == Exit::Internal { Exit::Usage } else { failure.exit };
    Failure { exit, ..failure }
}

/// A path as it may be shown: a name of a file may hold what moves a cursor.
pub fn shown(path: &Path) -> String {
    harmless(&path.display().to_string())
}

/// Returns columns as they were named: by several options, or by commas in one unless a column has that very name.
pub fn columns(tables: &[&Data], named: &[String]) -> Vec<String> {
    let is_column = |name: &str| tables.iter().any(|table| has(table, name));
    let split = |name: &String| -> Vec<String> {
        if is_column(name) { vec![name.clone()] } else { name.split(',').map(|part| part.trim().to_owned()).collect() }
    };
    named.iter().flat_map(split).collect()
}

/// Returns columns of scores: `COLUMN`, or `CLASS=COLUMN` unless a column has that very name.
pub fn scores(table: &Data, named: &[String]) -> Vec<ScoreName> {
    let score = |name: &String| match name.split_once('=') {
        Some((class, column)) if !has(table, name) => {
            ScoreName { column: column.to_owned(), class: Some(class.to_owned()) }
        }
        _ => ScoreName { column: name.clone(), class: None },
    };
    named.iter().map(score).collect()
}

/// Reads `age=25,40` of the option of this name. Names may hold `=`, thresholds do not.
pub fn bins(option: &str, named: &[String]) -> Result<Vec<(String, Vec<f64>)>> {
    let read = |(column, thresholds): (&str, &str)| {
        let thresholds = thresholds.split(',').map(|one| one.trim().parse().ok()).collect::<Option<Vec<f64>>>();
        Some((column.to_owned(), thresholds?))
    };
    let one = |text: &String| {
        text.rsplit_once('=').and_then(read).ok_or_else(|| {
            let detail = format!("`--{option}` is `{text}`: expected a column and thresholds that ascend");
            Failure::new(Exit::Usage, detail, "write it as `age=25,40`")
        })
    };
    named.iter().map(one).collect()
}

fn has(table: &Data, name: &str) -> bool {
    table.schema().fields().iter().any(|field| field.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_a_column_and_thresholds() {
        let read = |text: &str| bins("slice-bins", &[text.to_owned()]).map_err(|failure| failure.detail);
        assert_eq!(read("age=25, 40"), Ok(vec![("age".to_owned(), vec![25.0, 40.0])]));
        assert_eq!(read("a=b=-1e3"), Ok(vec![("a=b".to_owned(), vec![-1000.0])]));
        for bad in ["", "age", "age=", "age=x", "age=25,", "age=25;40"] {
            let said = format!("`--slice-bins` is `{bad}`: expected a column and thresholds that ascend");
            assert_eq!(read(bad), Err(said));
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_breach() {
        let error = std::io::Error::from(std::io::ErrorKind::NotADirectory);
        let failure = failed_on(Path::new("a\u{1b}[2J.csv"), "read", &error);
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.detail.starts_with("`a\\u{1b}[2J.csv` cannot be read: "), "{}", failure.detail);
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(failed_on(Path::new("a"), "written", &full).exit, Exit::Full);
    }
}
