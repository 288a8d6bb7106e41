use super::Finding;
use super::rust::Parsed;
use super::tree::Tree;
use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};

const LIST: &str = "xtask/open-routes.toml";

/// Checks that the routes open to all (`Permit<Anyone>`) are those of the list, each with its reason.
pub fn check(tree: &Tree, parsed: &[Parsed<'_>]) -> Result<Vec<Finding>> {
    let listed: BTreeMap<String, String> = toml::from_str(tree.text(LIST)).with_context(|| LIST.to_owned())?;
    let mut findings = Vec::new();
    let mut open = Vec::new();
    for parsed in parsed.iter().filter(|parsed| !parsed.is_test) {
        let Ok(file) = &parsed.file else { continue };
        let mut walk = Walk::default();
        walk.visit_file(file);
        for (handler, line) in walk.open {
            if !listed.contains_key(&handler) {
                let text = format!(
                    "`{handler}` is open to all and not in {LIST}: ask for a permit; a new open route is a review of its own"
                );
                findings.push(Finding::new(parsed.path, line, "open-route", text));
            }
            open.push(handler);
        }
    }
    for (handler, reason) in &listed {
        if !open.contains(handler) {
            findings.push(Finding::new(
                LIST,
                1,
                "open-route",
                format!("`{handler}` is not open any more: delete its line"),
            ));
        }
        if reason.trim().is_empty() {
            findings.push(Finding::new(LIST, 1, "open-route", format!("`{handler}` has no reason")));
        }
    }
    Ok(findings)
}

#[derive(Default)]
struct Walk {
    open: Vec<(String, usize)>,
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let is_route = call.path.segments.last().is_some_and(|last| last.ident == "route" || last.ident == "protocol");
        if is_route {
            self.open.extend(open_route(&call.tokens));
        }
    }
}

fn open_route(tokens: &TokenStream) -> Option<(String, usize)> {
    let words: Vec<(String, usize)> =
        tokens.clone().into_iter().map(|token| (token.to_string(), token.span().start().line)).collect();
    let open = words.iter().any(|(word, _)| word == "Anyone");
    let handler = words.iter().rev().find(|(word, _)| word.starts_with(|first: char| first.is_ascii_lowercase()))?;
    open.then(|| handler.clone())
}

#[cfg(test)]
mod tests {
    use super::super::rust::parse_all;
    use super::*;

    #[track_caller]
    fn check_sample(code: &str, list: &str, expected: &[&str]) {
        let tree = Tree::of(&[("crates/a/src/http.rs", code), (LIST, list)]);
        let found: Vec<_> = check(&tree, &parse_all(&tree)).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        assert!(found.iter().zip(expected).all(|(found, expected)| found.contains(expected)), "{found:#?}");
    }

    #[test]
    fn open_routes_may_only_get_fewer() {
        let open = "fn routes() { Routes::new().with(web::route!(Permit<Anyone>, sign_in)) }";
        check_sample(open, "sign_in = \"nobody is signed in yet\"", &[]);
        check_sample(open, "", &["`sign_in` is open to all"]);
        check_sample(open, "sign_in = \" \"", &["no reason"]);
        check_sample(
            "fn routes() { web::route!(Permit<ReadLake>, get_lake); }",
            "sign_in = \"x\"",
            &["delete its line"],
        );
    }
}
