use crate::error::{Error, Result};

/// The longest key of a metric, a parameter or a tag.
const KEY: usize = 250;

/// Checks the name of a metric; `what` says of what, in MLflow's words.
pub(crate) fn check_key(what: &'static str, key: &str) -> Result<()> {
    let shown = || crate::shown(key);
    let fits = |letter: char| letter.is_alphanumeric() || "_/.- :".contains(letter);
    if key.is_empty() || !key.chars().all(fits) {
        return Err(Error::invalid(format!(
            "Invalid {what} name: '{}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), \
             spaces ( ), colon(:) and slashes (/).",
            shown()
        )));
    }
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if !key.split('/').all(plain) {
        return Err(Error::invalid(format!(
            "Invalid {what} name: '{}'. Names may be treated as files in certain cases, and must not resolve to other \
             names when treated as such.",
            shown()
        )));
    }
    if key.chars().count() > KEY {
        return Err(Error::invalid(format!("'key' exceeds the maximum length of {KEY} characters")));
    }
    Ok(())
}

/// Checks the name of a parameter.
pub(crate) fn check_param_key(key: &str) -> Result<()> {
    check_key("parameter", key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_own_path() {
        for good in ["rmse", "val/loss", "a.b-c_d", "learning rate", "größe", "a:b"] {
            check_key("metric", good).unwrap();
        }
        let long = "x".repeat(251);
        for bad in ["", "../x", "/x", "a//b", "a/", ".", "a/./b", "a\nb", "a;b", long.as_str()] {
            assert!(check_key("metric", bad).is_err(), "{bad}");
        }
    }
}
