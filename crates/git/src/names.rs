//! What may be a branch, a revision, a path. Everything that reaches a command line of git has passed here.
use crate::{Error, Result};

/// The branch that production code comes from: it moves by merge only.
pub const MAIN: &str = "main";

/// Where branches stand among the refs.
pub(crate) const HEADS: &str = "refs/heads/";
/// Where tags stand among the refs.
pub(crate) const TAGS: &str = "refs/tags/";

/// The longest name of a branch or tag.
const LONGEST_NAME: usize = 200;
/// The longest path of a file.
const LONGEST_PATH: usize = 1_024;

/// Returns `text` fit for a message: short, and with nothing that a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(120).flat_map(char::escape_debug).collect()
}

/// Returns whether `text` is a whole commit or object id.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 40 && is_hexadecimal(text)
}

/// Returns whether `text` is the beginning of an object id, long enough to mean one.
pub(crate) fn is_short_id(text: &str) -> bool {
    (7..40).contains(&text.len()) && is_hexadecimal(text)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Checks the name of a branch or tag, without `refs/heads/`: stricter than git, so that it can be shown, quoted and
/// typed, and means a branch wherever it stands.
pub(crate) fn branch_name(name: &str) -> Result<&str> {
    let bad = |why| Err(Error::BadBranch { name: shown(name), why });
    let fits = |c: char| c.is_alphanumeric() || "-_./+#@=,".contains(c);
    if name.is_empty() || name.len() > LONGEST_NAME {
        return bad("it has to have 1 to 200 bytes");
    }
    if !name.chars().all(fits) {
        return bad("letters, digits and `-_./+#@=,` only");
    }
    // What reads like `main`, a commit or the path of a ref would be taken for it by people, if not by git.
    let first = name.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let reads_as_main = name != MAIN && first == MAIN && !name.contains('/');
    if ["head", "refs", "heads", "tags", "remotes", "@"].contains(&first.as_str())
        || reads_as_main
        || is_id(name)
        || is_short_id(name)
    {
        return bad("it means something else");
    }
    let bad_part = |part: &str| {
        part.is_empty() || part.starts_with(['.', '-']) || part.ends_with('.') || part.to_lowercase().ends_with(".lock")
    };
    if name.contains("..") || name.split('/').any(bad_part) {
        return bad("no part may be empty, begin with `.` or `-`, or end with `.` or `.lock`");
    }
    Ok(name)
}

/// Checks the path of a file or folder within a tree: plain parts, none of which a file system or git takes for
/// something else. The empty text is the top.
pub(crate) fn tree_path(path: &str) -> Result<&str> {
    let bad = |why| Err(Error::BadPath { path: shown(path), why });
    if path.is_empty() {
        return Ok(path);
    }
    if path.len() > LONGEST_PATH {
        return bad("it is longer than 1,024 bytes");
    }
    if path.chars().any(char::is_control) {
        return bad("it holds a control character");
    }
    for part in path.split('/') {
        match part {
            "" => return bad("a part of it is empty"),
            "." | ".." => return bad("it is not plain (`.` or `..`)"),
            _ if part.eq_ignore_ascii_case(".git") => return bad("`.git` is git's own"),
            _ => {}
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_plain() {
        for good in
            ["main", "feature/x-1", "v1.2", "ümlaut", "fix#12", "a@b", "dead-beef", "a/HEAD", "mainly", "maintenance/x"]
        {
            assert!(branch_name(good).is_ok(), "{good}");
        }
        let (hex, long) = ("a".repeat(40), "b".repeat(201));
        for bad in [
            "",
            "-d",
            "a/-d",
            "--upload-pack=x",
            "a b",
            "a..b",
            "../x",
            ".x",
            "a/.x",
            "a/",
            "/a",
            "a//b",
            "x.lock",
            "x.LOCK",
            "x.",
            "a~1",
            "a^",
            "a:b",
            "a?b",
            "a*",
            "[a",
            "a\\b",
            "a\nb",
            "a\0b",
            "@",
            "HEAD",
            "MAIN",
            "refs/heads/main",
            "heads/main",
            "Tags/x",
            "deadbeef",
            "a\u{202e}b",
            "$(x)",
            "`x`",
            "a;b",
            "a|b",
            "a'b",
            "a\"b",
            "@{u}",
            hex.as_str(),
            long.as_str(),
        ] {
            assert!(branch_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_path_stays_below_the_top() {
        for good in ["", "a", "a/b.py", "-x", "a b", "ä", ".gitignore", "a/..b"] {
            assert!(tree_path(good).is_ok(), "{good}");
        }
        let long = "a/".repeat(600);
        for bad in [
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            "./a",
            ".git/config",
            "a/.GIT/x",
            "a\nb",
            "a\0",
            "a\u{7f}",
            long.as_str(),
        ] {
            assert!(tree_path(bad).is_err(), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn git_agrees_on_every_branch(name in "[a-zA-Z0-9._/@{}~^:\\\\ -]{1,12}") {
            if branch_name(&name).is_ok() {
                let done = std::process::Command::new("git").args(["check-ref-format", &format!("refs/heads/{name}")]).status();
                proptest::prop_assert!(done.unwrap().success(), "{}", name);
            }
        }
    }
}
