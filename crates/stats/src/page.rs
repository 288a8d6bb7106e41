//! The page of ids that people look things up on, held against what reports have.

const PAGE: &str = include_str!("../../../docs/reference/statistics.md");

/// Returns id and words of each row of the tables below this heading, up to the next heading, by id.
pub(crate) fn listed(heading: &str) -> Vec<(&'static str, &'static str)> {
    let below = PAGE.lines().skip_while(|line| *line != heading).skip(1);
    let rows = below.take_while(|line| !line.starts_with('#')).filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        Some((cells.next()?.strip_suffix('`')?, cells.next()?))
    });
    by_id(rows)
}

/// Returns the ids below a heading, by name.
pub(crate) fn ids(heading: &str) -> Vec<&'static str> {
    listed(heading).into_iter().map(|(id, _)| id).collect()
}

/// Sorts, so that what is listed twice stays twice.
pub(crate) fn by_id<T: Ord>(rows: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut rows: Vec<T> = rows.into_iter().collect();
    rows.sort();
    rows
}

/// Expects below these headings the ids of a report with its words, and no others.
#[track_caller]
pub(crate) fn check(headings: &[&str], found: impl IntoIterator<Item = (&'static str, &'static str)>) {
    assert_eq!(by_id(headings.iter().flat_map(|heading| listed(heading))), by_id(found), "{headings:?}");
}
