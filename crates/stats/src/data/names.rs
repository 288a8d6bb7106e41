//! Names of columns, all different.
use std::collections::HashSet;

/// Returns the names with those that are empty or were there before changed, so that each is there once.
pub(super) fn distinct_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let named = |(place, name): (usize, &str)| {
        let name = if name.is_empty() { format!("column_{}", place + 1) } else { name.to_owned() };
        let mut free = name.clone();
        let mut again = 2;
        while !taken.insert(free.clone()) {
            free = format!("{name}_{again}");
            again += 1;
        }
        free
    };
    names.into_iter().enumerate().map(named).collect()
}
