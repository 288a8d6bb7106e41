use crate::error::{Error, Result};

/// The longest path of a file, in bytes.
const LONGEST: usize = 1_024;

/// What files belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Run(String),
    Model(String),
    Version(String),
}

/// A path of the artifact proxy, taken apart: whose, and which file or folder. The folder of all is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// What clients call the experiment; a version lies in none.
    pub experiment: String,
    pub owner: Owner,
    pub path: String,
}

impl Owner {
    /// Returns the id that files are kept under.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Run(id) | Self::Model(id) | Self::Version(id) => id,
        }
    }
}

impl Place {
    /// Reads `E/RUN/artifacts/…`, `E/models/MODEL/artifacts/…` or `versions/VERSION/artifacts/…`; `None` for other
    /// paths, where nothing lies.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        let path = folder(text)?;
        let parts: Vec<&str> = path.splitn(5, '/').collect();
        let place = |experiment: &str, owner, path: &[&str]| {
            Some(Self { experiment: experiment.to_owned(), owner, path: path.join("/") })
        };
        Ok(match parts.as_slice() {
            ["versions", version, "artifacts", path @ ..] => place("", Owner::Version((*version).to_owned()), path),
            [experiment, "models", model, "artifacts", path @ ..] => {
                place(experiment, Owner::Model((*model).to_owned()), path)
            }
            [experiment, run, "artifacts", path @ ..] => place(experiment, Owner::Run((*run).to_owned()), path),
            _ => None,
        })
    }

    /// Returns the folder of a URI of ours, or `None` for one of another kind.
    pub(crate) fn of_uri(uri: &str) -> Result<Option<Self>> {
        let Some(rest) = uri.strip_prefix("mlflow-artifacts:") else { return Ok(None) };
        let path = rest.strip_prefix("///").or_else(|| rest.strip_prefix('/')).unwrap_or("");
        Self::parse(path)
    }
}

/// Checks the path of a file.
pub(crate) fn clean(path: &str) -> Result<String> {
    let plain = folder(path)?;
    if plain.is_empty() { Err(Error::invalid("Invalid path")) } else { Ok(plain) }
}

/// Checks the path of a folder; the empty one is the root, and a slash at the end is no matter.
pub(crate) fn folder(path: &str) -> Result<String> {
    let bad = || Error::invalid("Invalid path");
    let plain = path.strip_suffix('/').unwrap_or(path);
    if plain.is_empty() {
        return if path.is_empty() { Ok(String::new()) } else { Err(bad()) };
    }
    let barred = |letter: char| letter.is_control() || "\\#;?\u{fffd}".contains(letter);
    let bytes = plain.as_bytes();
    // What would decode again was encoded twice, to get past a check.
    let encoded = bytes.windows(3).any(|at| at[0] == b'%' && at[1].is_ascii_hexdigit() && at[2].is_ascii_hexdigit());
    let drive = bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    if plain.len() > LONGEST || plain.contains(barred) || encoded || drive || plain.contains("://") {
        return Err(bad());
    }
    let part_fits = |part: &str| !part.is_empty() && part != "." && part != ".." && part.len() <= 255 && part != "~";
    if plain.split('/').all(part_fits) && !plain.starts_with("file:") { Ok(plain.to_owned()) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        for good in ["a", "model/MLmodel", "a b.txt", "100%.txt", "größe.csv", "x/y/z", "a..b", "a=b@c+d"] {
            assert_eq!(clean(good).unwrap(), good);
        }
        let long = "a/".repeat(600);
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "a/..",
            "a/../b",
            "./a",
            "a//b",
            "a\\..\\b",
            "a\0",
            "%2e%2e/x",
            "%252e",
            "a%00",
            "a#b",
            "a;x=..",
            "file:///etc",
            "file:x",
            "C:/x",
            "c:x",
            "http://x",
            "a?b",
            "~/x",
            long.as_str(),
        ] {
            assert!(clean(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_says_whose_file_it_is() {
        let parse = |text: &str| Place::parse(text).unwrap();
        let run = Place { experiment: "0".into(), owner: Owner::Run("r1".into()), path: "model/MLmodel".into() };
        assert_eq!(parse("0/r1/artifacts/model/MLmodel"), Some(run.clone()));
        assert_eq!(Place::of_uri("mlflow-artifacts:/0/r1/artifacts/model/MLmodel").unwrap(), Some(run));
        let deep = parse("0/models/m-1/artifacts/a/b/c").unwrap();
        assert_eq!((deep.owner, deep.path.as_str()), (Owner::Model("m-1".into()), "a/b/c"));
        assert_eq!(parse("versions/v-1/artifacts").unwrap().owner, Owner::Version("v-1".into()));
        assert_eq!((parse("0"), parse("0/r1"), parse("0/r1/other/x")), (None, None, None));
        assert_eq!(Place::of_uri("s3://bucket/x").unwrap(), None);
        assert!(Place::of_uri("mlflow-artifacts://host/0/r1/artifacts").is_err());
    }

    proptest! {
        #[test]
        fn a_clean_path_never_leads_upwards(text in ".{0,40}") {
            if let Ok(path) = clean(&text) {
                prop_assert!(!path.starts_with('/') && !path.split('/').any(|part| matches!(part, "" | "." | "..")));
            }
        }
    }
}
