//! What the start of a file says of how it is laid out.

/// What some programs write before UTF-8.
pub(in super::super) const BOM: &[u8] = b"\xEF\xBB\xBF";
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
const LINES: usize = 64;

/// Returns what parts the fields. The last line of a start that was cut off is not looked at.
pub(super) fn sniff_delimiter(start: &[u8], is_cut: bool) -> u8 {
    let mut counts = lines(start);
    if is_cut && counts.len() > 1 {
        counts.pop();
    }
    let Some(first) = counts.first().copied() else { return b',' };
    let on_each = |place: usize| first[place] > 0 && counts.iter().all(|line| line[place] == first[place]);
    let consistent = (0..DELIMITERS.len()).find(|&place| on_each(place));
    consistent.and_then(|place| DELIMITERS.get(place).copied()).unwrap_or_else(|| most_frequent(first))
}

/// The delimiter that the first line has most of, the comma first.
fn most_frequent(first: [usize; DELIMITERS.len()]) -> u8 {
    let counted = DELIMITERS.into_iter().zip(first).max_by_key(|(delimiter, count)| (*count, *delimiter == b','));
    counted.filter(|(_, count)| *count > 0).map_or(b',', |(delimiter, _)| delimiter)
}

/// How many of each there are on each of the first lines, outside quotes; lines without anything are left out.
fn lines(start: &[u8]) -> Vec<[usize; DELIMITERS.len()]> {
    let (mut lines, mut line) = (Vec::new(), [0; DELIMITERS.len()]);
    let (mut is_quoted, mut is_blank) = (false, true);
    for &byte in start {
        if byte == b'"' {
            is_quoted = !is_quoted;
        }
        match byte {
            b'\n' if !is_quoted => {
                if !is_blank {
                    lines.push(line);
                }
                (line, is_blank) = ([0; DELIMITERS.len()], true);
                if lines.len() == LINES {
                    return lines;
                }
            }
            b'\r' => {}
            _ => {
                is_blank = false;
                if let Some(place) = DELIMITERS.iter().position(|&delimiter| delimiter == byte && !is_quoted) {
                    line[place] += 1;
                }
            }
        }
    }
    if !is_blank {
        lines.push(line);
    }
    lines
}

/// Returns the fields of the first line that has anything, or nothing if there is none.
pub(super) fn first_record(start: &[u8], delimiter: u8) -> Result<Option<Vec<String>>, String> {
    let skipped = start.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let mut rest = start.get(skipped..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(None);
    }
    let mut fields = Vec::new();
    loop {
        let (field, after) = field(rest, delimiter);
        fields.push(String::from_utf8(field).map_err(|_| "its first line is not UTF-8: save it as UTF-8")?);
        match after.split_first() {
            Some((&byte, after)) if byte == delimiter => rest = after,
            _ => return Ok(Some(fields)),
        }
    }
}

/// Returns a field and what comes after it.
fn field(text: &[u8], delimiter: u8) -> (Vec<u8>, &[u8]) {
    let is_end = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
    let mut field = Vec::new();
    let (mut at, mut is_quoted) = (0, text.first() == Some(&b'"'));
    if is_quoted {
        at = 1;
    }
    while let Some(&byte) = text.get(at) {
        if is_quoted && byte == b'"' {
            if text.get(at + 1) == Some(&b'"') {
                field.push(b'"');
                at += 2;
                continue;
            }
            is_quoted = false;
        } else if !is_quoted && is_end(byte) {
            break;
        } else {
            field.push(byte);
        }
        at += 1;
    }
    (field, text.get(at..).unwrap_or_default())
}
