//! What is said to who asked for a name that is not there: the one that was meant, or those that there are.

/// Returns the one of these names that was probably meant.
///
/// That is the one of the fewest letters wrong, missing, too many or swapped, case aside, if they are few enough for its length;
/// else the shortest that has the asked words in it, or that is in them: `age` means `age_in_years`, `f1_score` means `f1`.
pub(crate) fn nearest<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let asked = asked.to_lowercase();
    let mut misspelt: Option<(usize, &str)> = None;
    let mut part: Option<(usize, &str)> = None;
    for name in names {
        let lower = name.to_lowercase();
        let distance = strsim::osa_distance(&lower, &asked);
        if distance <= 1 + asked.chars().count() / 4 && misspelt.is_none_or(|(least, _)| distance < least) {
            misspelt = Some((distance, name));
        }
        let is_part = has_words(&lower, &asked) || has_words(&asked, &lower);
        if is_part && part.is_none_or(|(least, _)| name.len() < least) {
            part = Some((name.len(), name));
        }
    }
    misspelt.or(part).map(|(_, name)| name)
}

/// Whether the words of one name, which `_` parts, are in the other one side by side.
fn has_words(whole: &str, words: &str) -> bool {
    !words.is_empty() && format!("_{whole}_").contains(&format!("_{words}_"))
}

/// Returns what to say to who asked for a name that is not among these: the nearest one, or the first of all.
pub(crate) fn hint<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let mut seen = std::collections::HashSet::new();
    let names: Vec<&str> = names.into_iter().filter(|name| seen.insert(*name)).collect();
    if let Some(name) = nearest(asked, names.iter().copied()) {
        return format!("did you mean `{name}`?");
    }
    match names.len() {
        0 => "there are none".to_owned(),
        1 => format!("there is `{}`", names.concat()),
        count if count <= SHOWN => format!("there are `{}`", names.join("`, `")),
        count => format!("there are `{}` and {} others", names[..SHOWN].join("`, `"), count - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: &str, names: &[&str], expected: &str) {
        assert_eq!(hint(asked, names.iter().copied()), expected);
    }

    #[test]
    fn the_name_that_was_meant_or_those_that_there_are() {
        check("Incme", &["age", "income"], "did you mean `income`?");
        check("roc_acu", &["roc_auc", "roc_auc_ovr"], "did you mean `roc_auc`?");
        check("auc", &["ks", "roc_auc_ovr", "roc_auc"], "did you mean `roc_auc`?");
        check("f1_score", &["f1_macro", "f1"], "did you mean `f1`?");
        check("age", &["sex", "age_in_years"], "did you mean `age_in_years`?");
        check("salary", &["age", "score", "age"], "there are `age`, `score`");
        check("salary", &["age"], "there is `age`");
        check("salary", &[], "there are none");
        check("", &["long_name"], "there is `long_name`");
        let many: Vec<String> = (0..22).map(|name| format!("column{name:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(hint("salary", many).ends_with(", `column19` and 2 others"));
    }
}
