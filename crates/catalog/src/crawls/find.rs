//! What lies in a lake: tables by the names of folders and files, and what does not fit with its reason. Blocking.
use super::{Broken, FileKind};
use crate::lakes::{Stamp, shown, why};
use cap_std::fs::{Dir, DirEntry};

/// Folders below a table deeper than this are not followed.
const DEPTH: usize = 16;
/// A table of more files is refused whole: its list would not fit in memory.
const MOST_FILES: usize = 200_000;

/// A table by its place in the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub schema: String,
    pub table: String,
    /// The folder, or the one file.
    pub path: String,
    pub is_file: bool,
}

/// The tables of a lake.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub places: Vec<Place>,
    pub broken: Vec<Broken>,
    /// Schemas that could not be listed: nothing is known of their tables.
    pub unreadable: Vec<String>,
}

/// A file of a table, with the partition keys and values that its folders spell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub path: String,
    pub stamp: Stamp,
    pub kind: FileKind,
    pub partition: Vec<(String, Option<String>)>,
}

fn plain(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

enum Sort {
    Folder,
    File(Stamp),
    Skipped,
    Odd(&'static str),
}

fn sort(entry: &DirEntry, name: &str) -> Sort {
    if name.starts_with(['.', '_']) {
        return Sort::Skipped; // as hive has it: temporary, or somebody's log
    }
    let Ok(metadata) = entry.metadata() else { return Sort::Odd("it cannot be looked at") };
    match metadata.file_type() {
        sort if sort.is_dir() => Sort::Folder,
        sort if sort.is_symlink() => Sort::Odd("it is a symbolic link, and those are not followed"),
        sort if sort.is_file() => Stamp::of(&metadata).map_or(Sort::Odd("it has no time of change"), Sort::File),
        _ => Sort::Odd("it is neither a file nor a folder"),
    }
}

/// Returns the entries of `path` by name; a name that is no text is listed as broken.
fn list(dir: &Dir, path: &str, broken: &mut Vec<Broken>) -> std::io::Result<Vec<(String, DirEntry)>> {
    let mut entries = Vec::new();
    for entry in if path.is_empty() { dir.entries()? } else { dir.read_dir(path)? } {
        let entry = entry?;
        match entry.file_name().into_string() {
            Ok(name) if !name.contains(char::is_control) => entries.push((name, entry)),
            Ok(name) => broken.push(Broken::of(join(path, &shown(&name)), "its name holds a control character")),
            Err(name) => broken.push(Broken::of(join(path, &shown(&name.to_string_lossy())), "its name is not UTF-8")),
        }
        if entries.len() > MOST_FILES {
            return Err(std::io::Error::other("too many entries"));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// Returns the tables of the lake: `schema/table/…`, `schema/table.csv`, `schema/table.parquet`.
pub(crate) fn tables(dir: &Dir) -> std::io::Result<Found> {
    let mut found = Found::default();
    for (schema, entry) in list(dir, "", &mut found.broken)? {
        match sort(&entry, &schema) {
            Sort::Folder if plain(&schema) => tables_of(dir, &schema, &mut found),
            Sort::Folder => {
                found
                    .broken
                    .push(Broken::of(schema, "a schema's name is letters, digits and `_`, and starts with no digit"));
            }
            Sort::File(_) => {
                found.broken.push(Broken::of(schema, "a table lies in a schema: move it to `<schema>/<table>`"));
            }
            Sort::Skipped => {}
            Sort::Odd(why) => found.broken.push(Broken::of(schema, why)),
        }
    }
    Ok(found)
}

fn tables_of(dir: &Dir, schema: &str, found: &mut Found) {
    let entries = match list(dir, schema, &mut found.broken) {
        Ok(entries) => entries,
        Err(error) => {
            found.broken.push(Broken::of(schema.to_owned(), why(&error)));
            found.unreadable.push(schema.to_owned());
            return;
        }
    };
    for (name, entry) in entries {
        let path = join(schema, &name);
        let (table, is_file) = match sort(&entry, &name) {
            Sort::Folder => (name.as_str(), false),
            Sort::File(_) if FileKind::of(&name).is_some() => {
                (name.rsplit_once('.').map_or("", |(stem, _)| stem), true)
            }
            Sort::File(_) => {
                found.broken.push(Broken::of(path, "it is neither `.parquet` nor `.csv`"));
                continue;
            }
            Sort::Skipped => continue,
            Sort::Odd(why) => {
                found.broken.push(Broken::of(path, why));
                continue;
            }
        };
        if !plain(table) {
            found.broken.push(Broken::of(path, "a table's name is letters, digits and `_`, and starts with no digit"));
        } else if found.places.iter().any(|other| other.schema == schema && other.table.eq_ignore_ascii_case(table)) {
            found.broken.push(Broken::of(path, "another table of this schema has the same name"));
        } else {
            found.places.push(Place { schema: schema.to_owned(), table: table.to_owned(), path, is_file });
        }
    }
}

/// Returns the files of a table in the order of their paths, or why they cannot be listed.
pub(crate) fn files(dir: &Dir, place: &Place, broken: &mut Vec<Broken>) -> Result<Vec<Entry>, &'static str> {
    if place.is_file {
        let kind = FileKind::of(&place.path).ok_or("it is neither `.parquet` nor `.csv`")?;
        let metadata = dir.symlink_metadata(&place.path).map_err(|error| why(&error))?;
        let stamp = Stamp::of(&metadata).map_err(|error| why(&error))?;
        return Ok(vec![Entry { path: place.path.clone(), stamp, kind, partition: Vec::new() }]);
    }
    let mut entries = Vec::new();
    walk(dir, &place.path, &mut Vec::new(), broken, &mut entries)?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn walk(
    dir: &Dir,
    path: &str,
    partition: &mut Vec<(String, Option<String>)>,
    broken: &mut Vec<Broken>,
    entries: &mut Vec<Entry>,
) -> Result<(), &'static str> {
    for (name, entry) in list(dir, path, broken).map_err(|error| why(&error))? {
        let path = join(path, &name);
        match sort(&entry, &name) {
            Sort::Folder => match key_value(&name) {
                _ if partition.len() >= DEPTH => broken.push(Broken::of(path, "it lies too deep")),
                None => broken.push(Broken::of(path, "a folder inside a table is named `key=value`")),
                Some((key, _)) if partition.iter().any(|(other, _)| *other == key) => {
                    broken.push(Broken::of(path, "this partition key stands twice in the path"));
                }
                Some(pair) => {
                    partition.push(pair);
                    walk(dir, &path, partition, broken, entries)?;
                    partition.pop();
                }
            },
            Sort::File(stamp) => match FileKind::of(&name) {
                Some(kind) => entries.push(Entry { path, stamp, kind, partition: partition.clone() }),
                None => broken.push(Broken::of(path, "it is neither `.parquet` nor `.csv`")),
            },
            Sort::Skipped => {}
            Sort::Odd(why) => broken.push(Broken::of(path, why)),
        }
        if entries.len() > MOST_FILES {
            return Err("it has more than 200,000 files");
        }
    }
    Ok(())
}

/// Reads `key=value` as hive writes it: percent-encoded, and one word for null.
fn key_value(name: &str) -> Option<(String, Option<String>)> {
    let (key, value) = name.split_once('=')?;
    let value = if value == "__HIVE_DEFAULT_PARTITION__" { None } else { Some(decoded(value)?) };
    plain(key).then(|| (key.to_owned(), value))
}

fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                bytes.push(digit(high)? * 16 + digit(low)?);
                rest = after;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use expect_test::expect;

    #[test]
    fn tables_and_what_does_not_fit() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        for path in [
            "stray.csv",
            "core/customers/year=2024/part=a%2Fb/0.parquet",
            "core/customers/year=__HIVE_DEFAULT_PARTITION__/1.parquet",
            "core/customers/_SUCCESS",
            "core/customers/.tmp/x.parquet",
            "core/customers/odd/x.parquet",
            "core/customers/notes.txt",
            "core/loans.csv",
            "core/loans/x.csv",
            "core/9lives.csv",
            "core/read.me",
            "odd schema/x.csv",
            "core/bad\nname.csv",
        ] {
            put(path);
        }
        std::os::unix::fs::symlink("/etc", root.path().join("core/link")).unwrap();
        let dir = Dir::open_ambient_dir(root.path(), ambient_authority()).unwrap();
        let mut found = tables(&dir).unwrap();
        let mut lines = String::new();
        for place in &found.places {
            lines += &format!("{}.{} {}\n", place.schema, place.table, place.path);
            for entry in files(&dir, place, &mut found.broken).unwrap() {
                lines += &format!("  {} {:?}\n", entry.path, entry.partition);
            }
        }
        for broken in &found.broken {
            lines += &format!("{}: {}\n", broken.path, broken.reason);
        }
        expect![[r#"
            core.customers core/customers
              core/customers/year=2024/part=a%2Fb/0.parquet [("year", Some("2024")), ("part", Some("a/b"))]
              core/customers/year=__HIVE_DEFAULT_PARTITION__/1.parquet [("year", None)]
            core.loans core/loans
              core/loans/x.csv []
            core/bad\nname.csv: its name holds a control character
            core/9lives.csv: a table's name is letters, digits and `_`, and starts with no digit
            core/link: it is a symbolic link, and those are not followed
            core/loans.csv: another table of this schema has the same name
            core/read.me: it is neither `.parquet` nor `.csv`
            odd schema: a schema's name is letters, digits and `_`, and starts with no digit
            stray.csv: a table lies in a schema: move it to `<schema>/<table>`
            core/customers/notes.txt: it is neither `.parquet` nor `.csv`
            core/customers/odd: a folder inside a table is named `key=value`
        "#]]
        .assert_eq(&lines);
    }
}
