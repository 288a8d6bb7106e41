use super::Finding;
use super::tree::{Tree, line_of};
use std::collections::BTreeSet;

/// Checks that links between Markdown files lead somewhere, headings included.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.matching("", ".md") {
        for (line, target) in links(text) {
            if let Err(why) = resolve(tree, path, text, target) {
                findings.push(Finding::new(path, line, "dead-link", format!("`{target}`: {why}")));
            }
        }
    }
    findings
}

/// Returns line and target of every link and picture outside code.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let offset = line.as_ptr() as usize - text.as_ptr() as usize;
        for (at, _) in line.match_indices("](") {
            let in_code = line[..at].matches('`').count() % 2 == 1;
            let rest = &line[at + 2..];
            if let (false, Some((target, _))) = (in_code, rest.split_once(')')) {
                found.push((line_of(text, offset), target.split(' ').next().unwrap_or(target)));
            }
        }
    }
    found
}

fn resolve(tree: &Tree, path: &str, text: &str, target: &str) -> Result<(), String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let full = if file.is_empty() { path.to_owned() } else { join(path, file)? };
    let is_folder = tree.paths.iter().any(|known| known.starts_with(&format!("{full}/")));
    if !is_folder && tree.paths.binary_search(&full).is_err() {
        return Err(format!("there is no `{full}`; correct the link or write the page"));
    }
    let text = if file.is_empty() { text } else { tree.text(&full) };
    if !heading.is_empty() && full.ends_with(".md") && !anchors(text).contains(heading) {
        return Err(format!("`{full}` has no heading that makes `#{heading}`"));
    }
    Ok(())
}

fn join(from: &str, to: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in to.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop().ok_or("leads out of the repository")?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let slug = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
    };
    headings.map(slug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_sample(text: &str, expected: usize) {
        let tree = Tree::of(&[("docs/a.md", text), ("docs/b/c.md", "# The end\n"), ("README.md", "x")]);
        assert_eq!(check(&tree).len(), expected, "{:?}", check(&tree));
    }

    #[test]
    fn a_link_leads_somewhere() {
        check_sample("[x](b/c.md) [y](../README.md) [z](b/) [w](https://example.org) [v](#title)\n# Title", 0);
        check_sample("[x](b/c.md#the-end)", 0);
        check_sample("[x](b/c.md#the-start)", 1);
        check_sample("[x](d.md)", 1);
        check_sample("[x](../../d.md)", 1);
        check_sample("`[x](d.md)`\n```\n[x](d.md)\n```\n", 0);
    }
}
