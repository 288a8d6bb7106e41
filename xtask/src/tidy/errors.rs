use super::Finding;
use super::rust::Parsed;
use super::tree::Tree;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};

const FOLDER: &str = "docs/errors/";

/// Checks that every error code has a page and every page a code.
pub fn check(tree: &Tree, parsed: &[Parsed<'_>]) -> Vec<Finding> {
    let codes = codes(parsed);
    let mut findings = Vec::new();
    for (code, (path, line)) in &codes {
        if !tree.files.contains_key(&format!("{FOLDER}{code}.md")) {
            let text = format!(
                "`{code}` has no page: write {FOLDER}{code}.md (title with the code, meaning, likely cause, what to do)"
            );
            findings.push(Finding::new(path, *line, "error-page", text));
        }
    }
    for (path, text) in tree.matching(FOLDER, ".md") {
        let code = path[FOLDER.len()..].trim_end_matches(".md");
        if code == "README" {
            continue;
        }
        if !codes.contains_key(code) {
            findings.push(Finding::new(
                path,
                1,
                "error-page",
                format!("nothing answers `{code}`: delete the page, or mend the code"),
            ));
        }
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("# ") || !first.contains(code) {
            findings.push(Finding::new(path, 1, "error-page", format!("the title names the code: `# {code}: …`")));
        }
        if text.lines().filter(|line| !line.trim().is_empty()).count() < 4 {
            let text = "four lines at least: title, meaning, likely cause, what to do";
            findings.push(Finding::new(path, 1, "error-page", text));
        }
    }
    findings
}

/// Returns every code that product code answers with, and where it stands.
pub fn codes<'a>(parsed: &[Parsed<'a>]) -> BTreeMap<String, (&'a str, usize)> {
    let mut codes = BTreeMap::new();
    for parsed in parsed.iter().filter(|parsed| !parsed.is_test && parsed.path.starts_with("crates/")) {
        if let Ok(file) = &parsed.file {
            let mut walk = Walk { in_fault: false, found: Vec::new() };
            walk.visit_file(file);
            for (code, line) in walk.found {
                codes.entry(code).or_insert((parsed.path, line));
            }
        }
    }
    codes
}

struct Walk {
    in_fault: bool,
    found: Vec<(String, usize)>,
}

impl Walk {
    fn literal(&mut self, literal: &syn::LitStr) {
        let value = literal.value();
        let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if value.contains('.') && value.split('.').all(word) {
            self.found.push((value, literal.span().start().line));
        }
    }

    /// A kind followed by a literal is a code, in a tuple or in a call.
    fn pairs<'ast>(&mut self, expressions: impl Iterator<Item = &'ast syn::Expr>) {
        let mut after_kind = false;
        for expression in expressions {
            match expression {
                syn::Expr::Path(path) => after_kind = names_kind(&path.path),
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(literal), .. }) if after_kind => self.literal(literal),
                _ => after_kind = false,
            }
        }
    }
}

/// `Kind::Invalid` of a fault, `StatusCode::BAD_REQUEST` of a problem.
fn names_kind(path: &syn::Path) -> bool {
    path.segments.iter().any(|segment| segment.ident == "Kind" || segment.ident == "StatusCode")
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let was = self.in_fault;
        self.in_fault |= item.sig.ident == "fault";
        visit::visit_impl_item_fn(self, item);
        self.in_fault = was;
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        if self.in_fault {
            self.literal(literal);
        }
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast syn::ExprTuple) {
        self.pairs(tuple.elems.iter());
        visit::visit_expr_tuple(self, tuple);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        self.pairs(call.args.iter());
        visit::visit_expr_call(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::super::rust::parse_all;
    use super::*;

    const CODE: &str = "impl Fault for Error {\n    fn fault(&self) -> (Kind, &'static str) {\n        match self {\n            Self::A => (Kind::Invalid, \"a.b_c\"),\n            Self::B(inner) => inner.fault(),\n        }\n    }\n}\nfn g() { Problem::new(StatusCode::BAD_REQUEST, \"web.bad\", \"no.\") }\n";

    #[track_caller]
    fn check_sample(pages: &[(&str, &str)], expected: &[&str]) {
        let mut files = vec![("crates/a/src/error.rs", CODE)];
        files.extend(pages);
        let tree = Tree::of(&files);
        let found: Vec<_> = check(&tree, &parse_all(&tree)).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        assert!(found.iter().zip(expected).all(|(found, expected)| found.contains(expected)), "{found:#?}");
    }

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let page = "# web.bad: x\nMeaning.\nCause.\nDo.\n";
        let good = ("docs/errors/a.b_c.md", "# `a.b_c`: x\n\nMeaning.\n\nCause.\n\nDo.\n");
        check_sample(&[good, ("docs/errors/web.bad.md", page), ("docs/errors/README.md", "")], &[]);
        check_sample(&[good], &["`web.bad` has no page"]);
        check_sample(
            &[good, ("docs/errors/web.bad.md", page), ("docs/errors/a.d.md", "# a.d\n1\n2\n3")],
            &["nothing answers `a.d`"],
        );
        check_sample(&[good, ("docs/errors/web.bad.md", "# Bad\n1\n2\n3\n")], &["the title names the code"]);
        check_sample(&[good, ("docs/errors/web.bad.md", "# web.bad\n")], &["four lines"]);
    }
}
