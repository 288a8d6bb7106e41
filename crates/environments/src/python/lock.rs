//! The lock of a project: `requirements.lock`, complete and with hashes. What could lead the installer elsewhere is refused.
use super::Error;
use super::error::Result;
use std::collections::BTreeMap;

/// The largest lock.
const LARGEST: usize = 1 << 20;
/// The longest requirement that a message repeats.
const SHOWN: usize = 80;

/// A lock, line by line as the installer gets it: one requirement each, by name, without comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lock {
    pub text: String,
    /// `iniconfig` → `2.0.0`.
    pub packages: BTreeMap<String, String>,
}

/// Reads a lock. Allowed is `name[extras]==version ; marker --hash=sha256:…` and comments: no index, no address, no path, no
/// further file, no variable.
pub(super) fn read(lock: &[u8]) -> Result<Lock> {
    if lock.len() > LARGEST {
        return Err(Error::TooLarge(LARGEST));
    }
    let text = std::str::from_utf8(lock).map_err(|_| Error::Lock { line: 1, why: "it is not UTF-8".into() })?;
    let (mut lines, mut packages) = (Vec::new(), BTreeMap::new());
    for (line, logical) in logical_lines(text) {
        let bad = |why: String| Error::Lock { line, why };
        let (name, version, written) = requirement(&logical).map_err(bad)?;
        lines.push(written + "\n");
        packages.insert(name, version);
    }
    lines.sort();
    lines.dedup();
    Ok(Lock { text: lines.concat(), packages })
}

/// Joins lines that end with a backslash, and drops comments and what is empty. Each comes with the number of its first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        let bare = if is_comment { "" } else { line.split(" #").next().unwrap_or_default().trim() };
        let (part, goes_on) = bare.strip_suffix('\\').map_or((bare, false), |part| (part.trim_end(), true));
        let (first, mut joined) = open.take().unwrap_or((number + 1, String::new()));
        if !joined.is_empty() && !part.is_empty() {
            joined.push(' ');
        }
        joined.push_str(part);
        if goes_on {
            open = Some((first, joined));
        } else if !joined.is_empty() {
            found.push((first, joined));
        }
    }
    found.extend(open.filter(|(_, joined)| !joined.is_empty()));
    found
}

/// Returns name, version and the requirement as the installer gets it.
fn requirement(line: &str) -> std::result::Result<(String, String, String), String> {
    let shown: String = line.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if line.starts_with('-') {
        return Err(format!(
            "`{shown}` is an option: a lock names packages alone, and the server's configuration the index"
        ));
    }
    if line.contains('$') || line.contains('\\') {
        return Err(format!("`{shown}` holds a character that no requirement has"));
    }
    let (what, hashes) = line.split_once(" --hash=").unwrap_or((line, ""));
    let (pinned, marker) = what.split_once(';').map_or((what, None), |(pinned, marker)| (pinned, Some(marker.trim())));
    let Some((named, version)) = pinned.trim().split_once("==") else {
        return Err(format!("`{shown}` is not pinned: write `name==version`"));
    };
    let (named, version) = (named.trim(), version.trim());
    let (name, extras) = match named.split_once('[') {
        Some((name, extras)) => {
            (name.trim(), Some(extras.strip_suffix(']').ok_or_else(|| format!("`{shown}` is broken"))?))
        }
        None => (named, None),
    };
    let word = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let ends = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    if !word(name, "-_.")
        || !ends(name)
        || !word(version, "-_.!+")
        || extras.is_some_and(|extras| !word(extras, "-_., "))
    {
        return Err(format!("`{shown}` is not `name==version`"));
    }
    if marker.is_some_and(|marker| !word(marker, " _-.'\"<>=!()~,") || marker.contains("--")) {
        return Err(format!("the marker of `{shown}` is not understood"));
    }
    let mut hashes: Vec<&str> = hashes.split(" --hash=").map(str::trim).filter(|hash| !hash.is_empty()).collect();
    hashes.sort_unstable();
    let is_digest = |hash: &&str| {
        let digits = hash.strip_prefix("sha256:").unwrap_or_default();
        digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
    };
    if hashes.is_empty() {
        return Err(format!("`{name}=={version}` has no hash"));
    }
    if let Some(bad) = hashes.iter().find(|hash| !is_digest(hash)) {
        let bad: String = bad.chars().take(SHOWN).flat_map(char::escape_debug).collect();
        return Err(format!("`{bad}` is not `sha256:` and 64 hex digits"));
    }
    let name = plain(name);
    let extras = extras.map(|extras| format!("[{}]", extras.replace(' ', ""))).unwrap_or_default();
    let marker = marker.map(|marker| format!(" ; {marker}")).unwrap_or_default();
    let hashes = hashes.join(" --hash=");
    Ok((name.clone(), version.to_owned(), format!("{name}{extras}=={version}{marker} --hash={hashes}")))
}

/// Returns a package's name in its one spelling: lower case, `-` for every run of `-`, `_` and `.`.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.chars() {
        match letter {
            '-' | '_' | '.' if plain.ends_with('-') => {}
            '-' | '_' | '.' => plain.push('-'),
            _ => plain.push(letter.to_ascii_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    #[track_caller]
    fn check(lock: &str, expected: Expect) {
        let lock = lock.replace("sha256:A", &format!("sha256:{A}")).replace("sha256:B", &format!("sha256:{B}"));
        let text = match read(lock.as_bytes()) {
            Ok(lock) => lock.text.replace(A, "A").replace(B, "B"),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn a_lock_is_written_one_way() {
        let compiled = "# made by hand\nPy_Test==8.0 ; python_version >= '3.10' \\\n    --hash=sha256:B \\\n    --hash=sha256:A\n    # via -r in\n\niniconfig==2.0.0 --hash=sha256:A # why\n";
        check(
            compiled,
            expect![[r"
                iniconfig==2.0.0 --hash=sha256:A
                py-test==8.0 ; python_version >= '3.10' --hash=sha256:A --hash=sha256:B
            "]],
        );
        check("a[x, y]==1 --hash=sha256:A", expect!["a[x,y]==1 --hash=sha256:A\n"]);
        check("", expect![""]);
    }

    #[test]
    fn nothing_leads_the_installer_elsewhere() {
        let refused = |lock: &str, expected: &str| {
            let error = read(lock.replace("sha256:A", &format!("sha256:{A}")).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{lock}: {error}");
        };
        refused(
            "--index-url https://example.org/simple",
            "line 1 of the lock: `--index-url https://example.org/simple` is an option",
        );
        refused("\n-r /etc/passwd", "line 2 of the lock: `-r /etc/passwd` is an option");
        refused("a @ https://example.org/a.whl --hash=sha256:A", "is not pinned");
        refused("./a.whl", "`./a.whl` is not pinned: write `name==version`");
        refused("a @ x==${UV_INDEX_PASSWORD} --hash=sha256:A", "holds a character that no requirement has");
        refused("a==1 --hash=sha256:A --index-url x", "is not `sha256:` and 64 hex digits");
        refused("a==1 -r x --hash=sha256:A", "is not `name==version`");
        refused("_r==1 --hash=sha256:A", "is not `name==version`");
        refused("a==1 ; x --find-links=y --hash=sha256:A", "the marker of");
        refused("a>=1 --hash=sha256:A", "is not pinned");
        refused("a==1", "`a==1` has no hash");
        refused("a==1 --hash=md5:00", "`md5:00` is not `sha256:` and 64 hex digits");
    }

    proptest! {
        /// Whatever a lock holds, each line that the installer gets is a pinned package with hashes.
        #[test]
        fn only_pinned_packages_get_through(text in "[ -~\n]{0,200}", lines in proptest::collection::vec("[a-z=@/:$ \\\\.-]{0,20}==[0-9 ;-]{0,9} --hash=sha256:a{64}", 0..4)) {
            let text = format!("{text}\n{}", lines.join("\n"));
            if let Ok(lock) = read(text.as_bytes()) {
                for line in lock.text.lines() {
                    prop_assert!(line.starts_with(|c: char| c.is_ascii_alphanumeric()), "{line}");
                    let (what, hashes) = line.split_once(" --hash=sha256:").expect("has a hash");
                    prop_assert!(what.contains("==") && !what.contains([':', '/', '@', '$', '\\']), "{line}");
                    prop_assert!(!hashes.replace(" --hash=sha256:", "").contains([' ', '/', '$']), "{line}");
                }
                // Written once more, it stays as it is.
                prop_assert_eq!(read(lock.text.as_bytes()).expect("reads").text, lock.text);
            }
        }
    }
}
