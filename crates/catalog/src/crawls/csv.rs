//! CSV: the first pass finds the delimiter, the types and ragged lines, the second fills the sketches; more do for very wide files.
use super::pages::batch_rows;
use super::read::{BATCH, Facts, Stop, check_name, check_width, with_row_bytes};
use crate::profile::{ColumnSketch, FileScan, FileSketches, abreast};
use arrow::array::timezone::Tz;
use arrow::compute::kernels::cast_utils::{Parser, string_to_datetime};
use arrow::csv::ReaderBuilder;
use arrow::datatypes::{DataType, Date32Type, Field, Float64Type, Schema, TimeUnit};
use base::Digest;
use csv::{ErrorKind, StringRecord};
use sha2::{Digest as _, Sha256};
use stats::Quotes;
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// A record longer than this is taken for an open quote.
const RECORD: u64 = 16 << 20;

/// Why a file is broken, and on which line.
type Fault = (String, Option<u64>);

fn no_line(reason: impl Into<String>) -> Fault {
    (reason.into(), None)
}

/// Reads a CSV file with a header line. An empty field is null; types are those that *every* value fits.
pub(super) fn read(mut file: File, path: &str, stop: &Stop) -> Result<Facts, Fault> {
    let delimiter = delimiter_of(&file)?;
    rewind(&mut file)?;
    let First { names, guesses, digest, records, record_bytes } = first_pass(&file, delimiter, stop)?;
    let fields = |all_null: DataType| -> Vec<Field> {
        let column = |(name, guess): (&String, &Guess)| Field::new(name, guess.data_type(&all_null), true);
        names.iter().zip(&guesses).map(column).collect()
    };
    let reading = Arc::new(Schema::new(fields(DataType::Utf8)));
    let batch = batch_rows(record_bytes, BATCH);
    let reader =
        || ReaderBuilder::new(reading.clone()).with_header(true).with_delimiter(delimiter).with_batch_size(batch);
    let (mut rows, mut sketches) = (0, FileSketches::default());
    for columns in abreast(names.len()) {
        rewind(&mut file)?;
        let own = reading
            .project(&columns.clone().collect::<Vec<_>>())
            .map_err(|_| no_line("its columns are not readable"))?;
        let scan = FileScan::start(path, &own, records).map_err(no_line)?;
        let (counted, found) = sketched(&file, reader(), columns, scan, stop)?;
        rows = counted;
        sketches.push(&found).map_err(|_| no_line("what is known of it cannot be written"))?;
    }
    // A column without a value has no type of its own: other files may say what it is.
    let schema = with_row_bytes(&Arc::new(Schema::new(fields(DataType::Null))), record_bytes);
    Ok(Facts { schema, rows, digest: Some(digest), delimiter: Some(delimiter), sketches })
}

/// Reads these columns to a sketch each, and counts the rows. What a reader says of an error may quote a row, and who may know why a file
/// is broken may not know its values: so this says where, and no more.
fn sketched(
    file: &File,
    reader: ReaderBuilder,
    columns: Range<usize>,
    mut scan: FileScan,
    stop: &Stop,
) -> Result<(u64, Vec<ColumnSketch>), Fault> {
    let mut rows = 0;
    let unreadable = |rows: u64| {
        let (first, last, row) = (columns.start + 1, columns.end, rows + 1);
        no_line(format!("a value of columns {first} to {last} from row {row} on is not of its column's type"))
    };
    let batches = reader.with_projection(columns.clone().collect()).build(file).map_err(|_| unreadable(rows))?;
    for batch in batches {
        stop.check().map_err(no_line)?;
        let batch = batch.map_err(|_| unreadable(rows))?;
        scan.take(&batch).map_err(|_| unreadable(rows))?;
        rows += batch.num_rows() as u64;
    }
    scan.finish().map_err(|_| unreadable(rows))
}

fn rewind(file: &mut File) -> Result<(), Fault> {
    file.rewind().map_err(|_| no_line("it cannot be read"))
}

/// Returns the sign that the header line holds most often; a comma if there is none.
fn delimiter_of(file: &File) -> Result<u8, Fault> {
    let mut header = Vec::new();
    let mut start = BufReader::new(file).take(1 << 20);
    start.read_until(b'\n', &mut header).map_err(|_| no_line("it cannot be read"))?;
    let count = |sign: u8| header.iter().filter(|byte| **byte == sign).count();
    let most = [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|sign| count(*sign));
    Ok(most.filter(|sign| count(*sign) > 0).unwrap_or(b','))
}

/// Hashes what passes, looks whether quotes are closed, and stops a record that never ends.
struct Watched<'a> {
    file: &'a File,
    hasher: &'a mut Sha256,
    quotes: &'a mut Quotes,
    since: Rc<Cell<u64>>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        *self.quotes = self.quotes.and(&buffer[..count]);
        self.since.set(self.since.get() + count as u64);
        if self.since.get() > RECORD { Err(std::io::Error::other("a record without an end")) } else { Ok(count) }
    }
}

/// What the first pass finds.
struct First {
    names: Vec<String>,
    guesses: Vec<Guess>,
    digest: Digest,
    records: u64,
    /// Of the longest record.
    record_bytes: u64,
}

fn first_pass(file: &File, delimiter: u8, stop: &Stop) -> Result<First, Fault> {
    let (mut hasher, mut quotes, since) = (Sha256::new(), Quotes::new(delimiter), Rc::new(Cell::new(0)));
    let watched = Watched { file, hasher: &mut hasher, quotes: &mut quotes, since: since.clone() };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(watched);
    let header = reader.headers().map_err(|error| fault(&error))?.clone();
    check_width(header.len()).map_err(|reason| (reason, Some(1)))?;
    let mut names: Vec<String> = Vec::new();
    for name in &header {
        check_name(name, names.len() + 1).map_err(|reason| (reason, Some(1)))?;
        if let Some(first) = names.iter().position(|other| other == name) {
            // Where there is no header line, a name is a value.
            let (first, second) = (first + 1, names.len() + 1);
            return Err((format!("columns {first} and {second} have one name (is there a header line?)"), Some(1)));
        }
        names.push(name.to_owned());
    }
    if names.is_empty() {
        return Err((("it has no header line".to_owned()), Some(1)));
    }
    let utc: Tz = "+00:00".parse().map_err(|_| no_line("times cannot be told in it"))?;
    let mut guesses = vec![Guess::default(); names.len()];
    let (mut record, mut records, mut record_bytes) = (StringRecord::new(), 0_u64, 0);
    while reader.read_record(&mut record).map_err(|error| fault(&error))? {
        since.set(0);
        records += 1;
        record_bytes = record_bytes.max(record.as_slice().len() as u64);
        if records.is_multiple_of(BATCH as u64) {
            stop.check().map_err(no_line)?;
        }
        for (guess, value) in guesses.iter_mut().zip(&record) {
            guess.look(value, &utc);
        }
    }
    drop(reader);
    if let Some(line) = quotes.open() {
        return Err(("the quote that is opened here is not closed".to_owned(), Some(line)));
    }
    Ok(First { names, guesses, digest: Digest::from_hasher(hasher), records, record_bytes })
}

fn fault(error: &csv::Error) -> Fault {
    let line = error.position().map(csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let fields = if *len == 1 { "1 field".to_owned() } else { format!("{len} fields") };
            (format!("ragged: the line has {fields}, the header {expected_len}"), line)
        }
        ErrorKind::Utf8 { err, .. } => (format!("field {} is not UTF-8", err.field() + 1), line),
        ErrorKind::Io(_) => no_line("a record is longer than 16 MiB (an open quote?), or the file cannot be read"),
        _ => ("it is not readable as CSV".to_owned(), line),
    }
}

/// Which types every value so far fits.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one question for each type")]
struct Guess {
    any: bool,
    flag: bool,
    integer: bool,
    float: bool,
    date: bool,
    time: bool,
    zoned: bool,
}

impl Default for Guess {
    fn default() -> Self {
        Self { any: false, flag: true, integer: true, float: true, date: true, time: true, zoned: true }
    }
}

impl Guess {
    fn look(&mut self, value: &str, utc: &Tz) {
        if value.is_empty() {
            return;
        }
        self.any = true;
        self.flag = self.flag && (value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"));
        let leading_zero = leading_zero(value);
        self.integer = self.integer && !leading_zero && !value.starts_with('+') && value.parse::<i64>().is_ok();
        self.float = self.float && !leading_zero && is_float(value);
        self.date = self.date && is_date(value);
        (self.time, self.zoned) = (self.time && is_time(value, false, utc), self.zoned && is_time(value, true, utc));
    }

    fn data_type(self, all_null: &DataType) -> DataType {
        match self {
            Self { any: false, .. } => all_null.clone(),
            Self { flag: true, .. } => DataType::Boolean,
            Self { integer: true, .. } => DataType::Int64,
            Self { float: true, .. } => DataType::Float64,
            Self { date: true, .. } => DataType::Date32,
            Self { time: true, .. } => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self { zoned: true, .. } => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            _ => DataType::Utf8,
        }
    }
}

/// Digits behind a zero are a code (a postcode, an account), not a number: the zero must stay.
fn leading_zero(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

/// A decimal number of at most 17 digits, or with an exponent: longer ones are codes that a float would round.
fn is_float(value: &str) -> bool {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    plain && digits > 0 && (digits <= 17 || value.contains(['e', 'E', '.'])) && Float64Type::parse(value).is_some()
}

fn is_date(value: &str) -> bool {
    value.len() == 10 && value.parse::<jiff::civil::Date>().is_ok() && Date32Type::parse(value).is_some()
}

fn is_time(value: &str, zoned: bool, utc: &Tz) -> bool {
    if value.len() < 19 || value.len() > 35 || !matches!(value.as_bytes()[10], b' ' | b'T') {
        return false;
    }
    let is_one = if zoned {
        value.parse::<jiff::Timestamp>().is_ok()
    } else {
        !ends_in_zone(value) && value.parse::<jiff::civil::DateTime>().is_ok()
    };
    // The second pass reads it by other means, which know fewer forms.
    is_one && string_to_datetime(utc, value).is_ok()
}

fn ends_in_zone(value: &str) -> bool {
    value.ends_with(['Z', 'z', ']']) || value[19..].contains(['+', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut path = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut path, text.as_bytes()).unwrap();
        let shown = match read(path.reopen().unwrap(), "x.csv", &Stop::default()) {
            Ok(facts) => {
                let columns = facts.schema.fields().iter().map(|f| format!("{} {}", f.name(), f.data_type()));
                format!("{} rows: {}", facts.rows, columns.collect::<Vec<_>>().join(", "))
            }
            Err((reason, line)) => format!("line {line:?}: {reason}"),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn types_are_those_that_every_value_fits() {
        check("a,b,c\n1,x,\n2,,\n", expect!["2 rows: a Int64, b Utf8, c Null"]);
        check("a;b\n1;2,5\n", expect!["1 rows: a Int64, b Utf8"]);
        check("a,b,c\n1.5,true,007\n2,False,12\n", expect!["2 rows: a Float64, b Boolean, c Utf8"]);
        check(
            "d,t,z,c\n2024-02-29,2024-01-01 10:00:00,2024-01-01T10:00:00Z,12345678901234567890\n",
            expect![[r#"1 rows: d Date32, t Timestamp(µs), z Timestamp(µs, "UTC"), c Utf8"#]],
        );
        check("d\n2024-02-30\n", expect!["1 rows: d Utf8"]);
        // Each is a number or a time to some, and not to whoever reads the values.
        check("a\n5.\n", expect!["1 rows: a Float64"]);
        check("a\n.5\n", expect!["1 rows: a Float64"]);
        check("a\n+1.5\n", expect!["1 rows: a Float64"]);
        check("a\n1e400\n", expect!["1 rows: a Float64"]);
        check("t\n2024-01-01T10:00:00Z[UTC]\n", expect!["1 rows: t Utf8"]);
        check("t\n\"2024-01-01 10:00:00,5\"\n", expect!["1 rows: t Utf8"]);
        check("t\n2024-01-01T10:00:60\n", expect!["1 rows: t Timestamp(µs)"]);
        check("t\n1066-10-14T09:00:00\n", expect!["1 rows: t Timestamp(µs)"]);
        check("\u{feff}a,b\n1,\"two\nlines\"\n", expect!["1 rows: a Int64, b Utf8"]);
    }

    #[test]
    fn what_is_broken_says_where() {
        check("a,b\n1,2\n3\n", expect!["line Some(3): ragged: the line has 1 field, the header 2"]);
        check("a,a\n1,2\n", expect!["line Some(1): columns 1 and 2 have one name (is there a header line?)"]);
        check("a,\n1,2\n", expect!["line Some(1): column 2 has no name"]);
        check("a,b\n1,\"open\n2,3\n", expect!["line Some(2): the quote that is opened here is not closed"]);
    }

    #[test]
    fn what_is_said_of_a_value_is_where_it_stands() {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, b"name,pin\nann,1\nbob,secret\n").unwrap();
        file.rewind().unwrap();
        let field = |name: &str, data_type| Field::new(name, data_type, true);
        let schema = Arc::new(Schema::new(vec![field("name", DataType::Utf8), field("pin", DataType::Int64)]));
        let reader = ReaderBuilder::new(schema.clone()).with_header(true).with_batch_size(1);
        let scan = FileScan::start("a", &schema, 2).unwrap();
        let why = sketched(&file, reader, 0..2, scan, &Stop::default()).unwrap_err();
        assert_eq!(why, no_line("a value of columns 1 to 2 from row 2 on is not of its column's type"));
    }

    #[test]
    fn text_that_is_not_utf8_names_its_line() {
        let mut path = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut path, b"a,b\n1,2\n3,\xff\n").unwrap();
        let found = read(path.reopen().unwrap(), "x.csv", &Stop::default()).map(|facts| facts.rows);
        assert_eq!(found.unwrap_err(), ("field 2 is not UTF-8".to_owned(), Some(3)));
    }
}
