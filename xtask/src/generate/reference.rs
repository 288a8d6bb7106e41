use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const NOTE: &str = "<!-- Written by `make gen`: do not edit. -->\n";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Returns the page that lists every operation, by context.
pub fn api(document: &serde_json::Value) -> Result<String> {
    let mut by_tag: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().context("the document has no paths")? {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let tag = operation["tags"][0].as_str().unwrap_or_else(|| subject(path)).to_owned();
            let id =
                operation["operationId"].as_str().with_context(|| format!("{method} {path} has no operation id"))?;
            let says = operation["summary"].as_str().or_else(|| operation["description"].as_str()).unwrap_or_default();
            let says = says.lines().next().unwrap_or_default().replace('|', "\\|");
            by_tag.entry(tag).or_default().push(format!("| `{} {path}` | `{id}` | {says} |", method.to_uppercase()));
        }
    }
    let mut page = format!(
        "# HTTP API\n\n{NOTE}\nEvery operation below `/api/v1`, with its operation id, which is also the permit it asks for. Bodies and \
         answers: [openapi/v1.json](../../openapi/v1.json), or `/docs` on a running server. What a failure means: \
         [error codes](errors.md).\n"
    );
    for (tag, lines) in by_tag {
        write!(page, "\n## {tag}\n\n| call | operation | what it does |\n| --- | --- | --- |\n{}\n", lines.join("\n"))?;
    }
    Ok(page)
}

/// Returns what an untagged path is about: `grants` of `/api/v1/grants/{id}`.
fn subject(path: &str) -> &str {
    path.trim_start_matches("/api/v1").split('/').find(|part| !part.is_empty()).unwrap_or("other")
}

/// Returns the page that lists every state of every lifecycle, with the verbs that fit from there.
pub fn states(kinds: &serde_json::Value) -> Result<String> {
    let mut page = format!(
        "# States\n\n{NOTE}\nEvery state that is stored or shown, as the enums in the code declare it. What they mean and promise: \
         [lifecycles](../lifecycles.md).\n"
    );
    for (kind, states) in kinds.as_object().context("kinds of state")? {
        write!(
            page,
            "\n## {}\n\n| state | shown as | verbs that fit |\n| --- | --- | --- |\n",
            kind.replace('_', " ")
        )?;
        for (state, look) in states.as_object().with_context(|| format!("states of {kind}"))? {
            let verbs: Vec<&str> =
                look["verbs"].as_array().into_iter().flatten().filter_map(|verb| verb.as_str()).collect();
            let verbs = if verbs.is_empty() { "none: final, or left by itself".to_owned() } else { verbs.join(", ") };
            let (word, tone) = (look["word"].as_str().unwrap_or_default(), look["tone"].as_str().unwrap_or_default());
            writeln!(page, "| `{state}` | {word} ({tone}) | {verbs} |")?;
        }
    }
    Ok(page)
}

/// Returns the page that lists every error code with the title of its page.
pub fn errors(root: &Path) -> Result<String> {
    let folder = root.join("docs/errors");
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("reads {}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(code) = name.strip_suffix(".md").filter(|code| *code != "README") else { continue };
        let text = std::fs::read_to_string(folder.join(&name))?;
        lines.push(format!("| [`{code}`](../errors/{name}) | {} |", meaning(&text).replace('|', "\\|")));
    }
    lines.sort();
    let head = "Every failure answers a stable code. Its page says what it means, the likely cause, and what to do.";
    Ok(format!("# Error codes\n\n{NOTE}\n{head}\n\n| code | meaning |\n| --- | --- |\n{}\n", lines.join("\n")))
}

/// Returns the first line of text below the title.
fn meaning(page: &str) -> &str {
    let line = page.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = line.trim_start_matches(['*', '-', ' ']);
    line.strip_prefix("Meaning").map_or(line, |rest| rest.trim_start_matches([':', '*', '.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_listed_by_context() {
        let document = serde_json::json!({"paths": {"/grants/{id}/revoke": {"post": {
            "tags": ["access"], "operationId": "revoke_grant", "summary": "End a grant now.\nMore."}}}});
        let page = api(&document).unwrap();
        assert!(page.contains("\n## access\n"), "{page}");
        assert!(page.contains("| `POST /grants/{id}/revoke` | `revoke_grant` | End a grant now. |"), "{page}");
        assert_eq!(subject("/api/v1/grants/{id}"), "grants");
        assert!(api(&serde_json::json!({"paths": {"/x": {"get": {}}}})).is_err());
    }

    #[test]
    fn states_are_listed_with_their_verbs() {
        let look = serde_json::json!({"tone": "good", "icon": "key", "word": "Active", "verbs": ["revoke", "suspend"]});
        let page = states(&serde_json::json!({"grant_state": {"active": look}})).unwrap();
        assert!(
            page.contains("## grant state\n") && page.contains("| `active` | Active (good) | revoke, suspend |"),
            "{page}"
        );
    }

    #[test]
    fn a_page_gives_its_meaning() {
        assert_eq!(meaning("# `a.b`: x\n\n**Meaning.** It is gone.\n"), "It is gone.");
        assert_eq!(meaning("# a.b\n\nIt is gone.\n"), "It is gone.");
    }
}
