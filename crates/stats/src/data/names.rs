//! Names of columns: all different, and near enough ones for who misspelt one.
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

/// Returns what to say to who asked for a name that is not among these.
pub(super) fn hint<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.collect();
    let distance = |name: &str| strsim::osa_distance(&name.to_lowercase(), &asked.to_lowercase());
    let nearest = names.iter().map(|name| (distance(name), *name)).min();
    match nearest {
        None => "it has no columns".to_owned(),
        Some((distance, name)) if distance <= 1 + asked.chars().count() / 5 => format!("did you mean `{name}`?"),
        Some(_) if names.len() <= SHOWN => format!("it has `{}`", names.join("`, `")),
        Some(_) => format!("it has `{}` and {} others", names[..SHOWN].join("`, `"), names.len() - SHOWN),
    }
}
