use super::Finding;
use super::tree::Tree;

/// Files that other programs write whole: only the rules about machines and hosts hold for them.
const GENERATED: [&str; 3] = ["Cargo.lock", "package-lock.json", "requirements.lock"];

/// How addresses of package registries begin: in a committed file they break where packages come from somewhere else.
const HOSTS: [&str; 8] = ["index", "static", "registry", "pypi", "files", "deb", "proxy", "repo"];

/// Folders of somebody's machine.
const FOLDERS: [&str; 3] = [concat!("/roo", "t/"), concat!("/hom", "e/"), concat!("/Use", "rs/")];

const SOURCES: [&str; 9] = [".rs", ".ts", ".tsx", ".py", ".sh", ".css", ".toml", ".yaml", "Makefile"];

const MOST_COMPONENT_LINES: usize = 200;

/// Checks machine paths, registry hosts, the size of components, and that every TODO has an issue.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(|(path, text)| check_one(path, text)).collect()
}

fn check_one(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if path.starts_with("ui/src/") && path.ends_with(".tsx") && !path.contains(".test.") && lines > MOST_COMPONENT_LINES
    {
        let why = format!(
            "{lines} lines, at most {MOST_COMPONENT_LINES}: a component takes data as props and shows one thing"
        );
        findings.push(Finding::new(path, 1, "component-size", why));
    }
    let is_source = SOURCES.iter().any(|end| path.ends_with(end));
    let is_generated = GENERATED.iter().any(|end| path.ends_with(end));
    for (at, line) in text.lines().enumerate() {
        let mut add = |rule, text: String| findings.push(Finding::new(path, at + 1, rule, text));
        if let Some(host) = HOSTS.iter().find(|host| line.contains(&format!("://{host}."))) {
            add("no-registry-host", format!("`{host}`: name the package, not where one machine gets it from"));
        }
        if let Some(folder) = FOLDERS.iter().find(|folder| names_folder(line, folder)) {
            add(
                "no-machine-path",
                format!("`{folder}` is a folder of one machine: take it from an argument or `$HOME`"),
            );
        }
        if is_source && !is_generated && has_loose_todo(line) {
            add("todo-has-issue", "who does this, and when: `TODO(#12): …` with the number of an issue".to_owned());
        }
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            add("merge-conflict", "a conflict was committed: settle it".to_owned());
        }
    }
    findings
}

/// Whether `folder` starts a path here, and is not the middle of another path or address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let starts = before.is_none_or(|before| !before.is_alphanumeric() && !"._-~}/*)>".contains(before));
        starts && line[at + folder.len()..].starts_with(|after: char| after.is_alphanumeric())
    })
}

fn has_loose_todo(line: &str) -> bool {
    ["TODO", "FIXME", "XXX"].iter().any(|word| {
        let Some(at) = line.find(word) else { return false };
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let in_comment = ["//", "#", "/*", "--"].iter().any(|mark| before.trim_end().ends_with(mark));
        let digits = after.strip_prefix("(#").and_then(|rest| rest.split_once(')')).map_or("", |(digits, _)| digits);
        let numbered = *word == "TODO" && !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        in_comment && !numbered
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_sample(path: &str, text: &str, expected: &[&str]) {
        let found: Vec<_> = check_one(path, text).into_iter().map(|finding| finding.rule).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_todo_has_an_issue() {
        let todo = concat!("TO", "DO");
        check_sample("a.rs", &format!("// {todo}: later"), &["todo-has-issue"]);
        check_sample("a.py", &format!("x = 1  # {todo} later"), &["todo-has-issue"]);
        check_sample("a.ts", concat!("// FIX", "ME"), &["todo-has-issue"]);
        check_sample("a.rs", &format!("// {todo}(#12): when sqlx can"), &[]);
        check_sample("a.md", &format!("// {todo} in prose"), &[]);
        check_sample("a.rs", &format!("let {todo} = 1;"), &[]);
    }

    #[test]
    fn components_stay_small() {
        let long = "<p />\n".repeat(201);
        check_sample("ui/src/features/a/A.tsx", &long, &["component-size"]);
        check_sample("ui/src/features/a/A.test.tsx", &long, &[]);
        check_sample("ui/src/features/a/A.tsx", &"<p />\n".repeat(200), &[]);
    }

    #[test]
    fn no_file_names_a_machine_or_a_registry() {
        check_sample("a.md", &format!("see https://{}.example/x", HOSTS[3]), &["no-registry-host"]);
        check_sample("package-lock.json", &format!("\"https://{}.example/x\"", HOSTS[2]), &["no-registry-host"]);
        check_sample("a.sh", &format!("cd {}x", FOLDERS[0]), &["no-machine-path"]);
        check_sample("a.sh", "cd $HOME/home/work/x", &[]);
        check_sample("a.py", &format!("LEAKS = 'x|{}|y'", FOLDERS[2]), &[]);
        check_sample("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"", &[]);
        check_sample("a.md", "<<<<<<< HEAD\n=======\n", &["merge-conflict"]);
    }
}
