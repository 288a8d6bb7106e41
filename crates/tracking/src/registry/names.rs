use crate::error::{Error, Result};
use base::plain_name;

/// The stages of MLflow.
const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];

/// The stage of a version that nobody moved.
pub(super) const NO_STAGE: &str = "None";

/// Checks the name of a registered model.
pub(super) fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::invalid("Registered model name cannot be empty."));
    }
    if name.contains(['/', ':']) || name.contains(char::is_control) {
        return Err(Error::invalid(format!(
            "Invalid model name '{}'. Names cannot contain '/' or ':'.",
            crate::shown(name)
        )));
    }
    if name.chars().count() > 256 {
        return Err(Error::invalid("'name' exceeds the maximum length of 256 characters"));
    }
    Ok(())
}

/// Takes `project.name` apart; `None` for a name whose first part can be no project's.
pub(super) fn qualified(name: &str) -> Option<(&str, &str)> {
    name.split_once('.').filter(|(project, _)| plain_name(project).is_ok())
}

/// Checks an alias.
pub(super) fn check_alias(alias: &str) -> Result<()> {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    if alias.is_empty() || alias.chars().count() > 255 || !alias.chars().all(word) {
        return Err(Error::invalid(format!(
            "Invalid alias name: '{}'. Names may only contain alphanumerics, underscores (_), and dashes (-), and have 255 \
             characters at most.",
            crate::shown(alias)
        )));
    }
    let lower = alias.to_ascii_lowercase();
    let number =
        lower.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if lower == "latest" || number {
        return Err(Error::invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}

/// Reads a stage, in any case.
pub(super) fn stage(text: &str) -> Result<&'static str> {
    let known = STAGES.into_iter().find(|stage| stage.eq_ignore_ascii_case(text));
    known.ok_or_else(|| {
        let known = STAGES.join(", ");
        Error::invalid(format!("Invalid Model Version stage: {}. Value must be one of {known}.", crate::shown(text)))
    })
}

/// Reads the number of a version.
pub(super) fn number(text: &str) -> Result<i64> {
    let bad = || Error::invalid(format!("Parameter 'version' must be an integer, got '{}'.", crate::shown(text)));
    text.parse().map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_another_projects_by_what_stands_before_its_first_dot() {
        assert_eq!(qualified("cards.pd"), Some(("cards", "pd")));
        assert_eq!(qualified("cards.pd.v2"), Some(("cards", "pd.v2")));
        for bare in ["pd", "PD.v2", ".pd", "1.0", "a b.c"] {
            assert_eq!(qualified(bare), None, "{bare}");
        }
    }

    #[test]
    fn names_stages_and_aliases_are_checked() {
        assert!(check_name("credit").is_ok() && check_name("a.b c").is_ok());
        assert_eq!(
            check_name("a/b").unwrap_err().to_string(),
            "Invalid model name 'a/b'. Names cannot contain '/' or ':'."
        );
        for good in ["champion", "v", "v1x", "a-b_c"] {
            check_alias(good).unwrap();
        }
        for bad in ["", "latest", "LATEST", "v3", "V12", "a b", "a/b"] {
            assert!(check_alias(bad).is_err(), "{bad}");
        }
        assert_eq!(check_alias("v3").unwrap_err().to_string(), "Version alias name 'v3' is reserved.");
        assert_eq!(stage("production").unwrap(), "Production");
        assert_eq!(
            stage("Live").unwrap_err().to_string(),
            "Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived."
        );
        assert_eq!(number("x").unwrap_err().to_string(), "Parameter 'version' must be an integer, got 'x'.");
    }
}
