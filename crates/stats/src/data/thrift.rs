//! Looks over a footer of Parquet, and the headers of pages, before they are decoded.
//!
//! The decoder asks for memory by the lengths that lists and pages announce, and a process that cannot get it dies; it also calls
//! itself for each level of a nested column.
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// The last bytes of a file: the length of the footer, and four letters.
const TAIL: u64 = 8;
/// Structures are not deeper than this.
const DEPTH: u32 = 32;
/// Neither are columns deeper than this.
const NESTING: usize = 100;
/// Nor are pages longer than this, uncompressed; writers keep to a few MiB.
pub(super) const PAGE: i64 = 1 << 29;
/// The header of a page is looked for in so many bytes, then in more: statistics may be in it.
const HEADER: u64 = 256;
const LONGEST_HEADER: u64 = 1 << 24;

/// Says what is wrong with the footer, if it is something that a decoder must not see.
pub(super) fn check_footer(mut file: &File) -> Result<(), String> {
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let mut tail = [0; TAIL as usize];
    if size < 12 {
        return Err("it is too short for Parquet".to_owned());
    }
    read_at(&mut file, size - TAIL, &mut tail)?;
    let [a, b, c, d, letters @ ..] = tail;
    if &letters != b"PAR1" {
        let is_encrypted = &letters == b"PARE";
        return Err(if is_encrypted { "it is encrypted" } else { "it does not end as Parquet does" }.to_owned());
    }
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    let start = (size - TAIL).checked_sub(length).ok_or("its footer is longer than the file")?;
    let mut footer = vec![0; length as usize];
    read_at(&mut file, start, &mut footer)?;
    let mut rest = footer.as_slice();
    let looked_over = each_field(&mut rest, 0, &mut |field, kind, rest| match (field, kind) {
        (2, 9) => check_types(rest).map(|()| true),
        _ => Some(false),
    });
    looked_over.ok_or_else(|| "its footer is damaged".to_owned())
}

/// Looks over the types of columns, each of which says how many of those that follow are its parts.
fn check_types(rest: &mut &[u8]) -> Option<()> {
    let (size, kind) = list(rest)?;
    (kind == 12).then_some(())?;
    // How many parts are still to come of each type that has some, the innermost last.
    let mut open: Vec<u64> = Vec::new();
    for place in 0..size {
        let mut parts = 0;
        each_field(rest, 1, &mut |field, kind, rest| {
            if (field, kind) != (5, 5) {
                return Some(false);
            }
            parts = signed(rest)?;
            Some(true)
        })?;
        let parts = u64::try_from(parts).ok().filter(|parts| *parts < size - place)?;
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if parts > 0 {
            open.push(parts);
        }
        while open.last() == Some(&0) {
            open.pop();
        }
        (open.len() <= NESTING).then_some(())?;
    }
    Some(())
}

/// What the header of a page announces.
#[derive(Default)]
struct Page {
    kind: i64,
    uncompressed: i64,
    compressed: i64,
    /// How many values there are, if it is a dictionary.
    values: i64,
}

/// Returns how long each page between these places is once it is not compressed, or says what is wrong with one, if it is something
/// that a decoder must not see.
pub(super) fn check_pages(file: &File, start: u64, length: u64) -> Result<Vec<u64>, String> {
    const INDEX: i64 = 1;
    let damaged = || "the header of a page is damaged".to_owned();
    let mut lengths = Vec::new();
    let (mut at, end) = (start, start.saturating_add(length));
    while at < end {
        let (page, header) = page_at(file, at)?.ok_or_else(damaged)?;
        if page.uncompressed > PAGE {
            return Err(format!("it announces a page of {} bytes: {PAGE} at most are read", page.uncompressed));
        }
        if page.values > page.uncompressed {
            return Err("it announces a dictionary of more values than bytes".to_owned());
        }
        let compressed = u64::try_from(page.compressed).map_err(|_| damaged())?;
        if page.kind != INDEX {
            lengths.push(u64::try_from(page.uncompressed).map_err(|_| damaged())?);
        }
        at = at.saturating_add(header).saturating_add(compressed);
    }
    Ok(lengths)
}

/// Returns the header of the page at this place, if it is one, and how long it is.
fn page_at(mut file: &File, at: u64) -> Result<Option<(Page, u64)>, String> {
    let mut most = HEADER;
    loop {
        let mut bytes = Vec::new();
        let sought = file.seek(SeekFrom::Start(at));
        sought.and_then(|_| file.take(most).read_to_end(&mut bytes)).map_err(|error| error.to_string())?;
        let mut rest = bytes.as_slice();
        if let Some(page) = page(&mut rest) {
            return Ok(Some((page, (bytes.len() - rest.len()) as u64)));
        }
        if (bytes.len() as u64) < most || most >= LONGEST_HEADER {
            return Ok(None);
        }
        most *= 16;
    }
}

fn page(rest: &mut &[u8]) -> Option<Page> {
    let mut page = Page::default();
    each_field(rest, 0, &mut |field, kind, rest| {
        match (field, kind) {
            (1, 5) => page.kind = signed(rest)?,
            (2, 5) => page.uncompressed = signed(rest)?,
            (3, 5) => page.compressed = signed(rest)?,
            (7, 12) => each_field(rest, 1, &mut |field, kind, rest| {
                if (field, kind) != (1, 5) {
                    return Some(false);
                }
                page.values = signed(rest)?;
                Some(true)
            })?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    Some(page)
}

fn read_at(file: &mut &File, start: u64, into: &mut [u8]) -> Result<(), String> {
    file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(into)).map_err(|error| error.to_string())
}

pub(super) fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    take(rest, 1)?.first().copied()
}

pub(super) fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let next = byte(rest)?;
        number |= u64::from(next & 0x7F) << shift;
        if next & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A number of which the last bit is the sign.
pub(super) fn signed(rest: &mut &[u8]) -> Option<i64> {
    let number = varint(rest)?;
    let half = i64::try_from(number >> 1).ok()?;
    Some(if number & 1 == 1 { !half } else { half })
}

/// The size of a list and the kind of what is in it, each of which takes a byte at least.
fn list(rest: &mut &[u8]) -> Option<(u64, u8)> {
    let header = byte(rest)?;
    let size = if header >> 4 == 15 { varint(rest)? } else { u64::from(header >> 4) };
    (size <= rest.len() as u64).then_some((size, header & 0x0F))
}

/// Goes through the fields of a structure. `look` is given the number and the kind of each, and says whether it has read it.
fn each_field(rest: &mut &[u8], depth: u32, look: &mut dyn FnMut(i64, u8, &mut &[u8]) -> Option<bool>) -> Option<()> {
    if depth > DEPTH {
        return None;
    }
    let mut field = 0i64;
    loop {
        let header = byte(rest)?;
        if header == 0 {
            return Some(());
        }
        field = if header >> 4 == 0 { signed(rest)? } else { field.saturating_add(i64::from(header >> 4)) };
        let kind = header & 0x0F;
        // A flag is in its header.
        if !matches!(kind, 1 | 2) && !look(field, kind, rest)? {
            skip(rest, kind, depth)?;
        }
    }
}

fn skip(rest: &mut &[u8], kind: u8, depth: u32) -> Option<()> {
    if depth > DEPTH {
        return None;
    }
    match kind {
        1..=3 => take(rest, 1).map(|_| ()),
        4..=6 => varint(rest).map(|_| ()),
        7 => take(rest, 8).map(|_| ()),
        8 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            take(rest, length).map(|_| ())
        }
        9 | 10 => {
            let (size, kind) = list(rest)?;
            (0..size).try_for_each(|_| skip(rest, kind, depth + 1))
        }
        11 => {
            let size = varint(rest)?;
            (size <= rest.len() as u64).then_some(())?;
            let kinds = if size > 0 { byte(rest)? } else { 0 };
            (0..size).try_for_each(|_| {
                skip(rest, kinds >> 4, depth + 1)?;
                skip(rest, kinds & 0x0F, depth + 1)
            })
        }
        12 => each_field(rest, depth + 1, &mut |_, _, _| Some(false)),
        13 => take(rest, 16).map(|_| ()),
        _ => None,
    }
}
