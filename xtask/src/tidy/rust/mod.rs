//! Size, panics, attributes, doc comments: what the syntax of a file shows.
use super::Finding;
use super::tree::{Tree, is_test};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const MOST_FILE_LINES: usize = 500;
const MOST_FUNCTION_LINES: usize = 80;

/// A Rust file, its syntax, and whether it holds only tests.
pub struct Parsed<'a> {
    pub path: &'a str,
    pub text: &'a str,
    pub is_test: bool,
    pub file: Result<syn::File, (usize, String)>,
}

/// Parses every Rust file of ours.
pub fn parse_all(tree: &Tree) -> Vec<Parsed<'_>> {
    let mut parsed: Vec<Parsed<'_>> = tree.matching("", ".rs").map(|(path, text)| parse(path, text)).collect();
    let tests: Vec<String> = parsed.iter().flat_map(test_modules).collect();
    for file in &mut parsed {
        let stem = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
        file.is_test |= tests
            .iter()
            .any(|test| stem.strip_prefix(test.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    }
    parsed
}

/// Returns the paths, less `.rs`, of the modules that a file declares for tests alone: `#[cfg(test)] mod rules;`.
fn test_modules(parsed: &Parsed<'_>) -> Vec<String> {
    let Ok(file) = &parsed.file else { return Vec::new() };
    let stem = parsed.path.trim_end_matches(".rs");
    let folder = ["/mod", "/lib", "/main"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    let modules = file.items.iter().filter_map(|item| match item {
        syn::Item::Mod(item) if item.content.is_none() && is_test_only(&item.attrs) => Some(&item.ident),
        _ => None,
    });
    modules.map(|name| format!("{folder}/{name}")).collect()
}

fn parse<'a>(path: &'a str, text: &'a str) -> Parsed<'a> {
    let file = syn::parse_file(text).map_err(|error| (error.span().start().line, error.to_string()));
    Parsed { path, text, is_test: is_test(path), file }
}

/// Checks size, panics, attributes and doc comments.
pub fn check(parsed: &[Parsed<'_>]) -> Vec<Finding> {
    parsed.iter().flat_map(check_one).collect()
}

fn check_one(parsed: &Parsed<'_>) -> Vec<Finding> {
    let file = match &parsed.file {
        Ok(file) => file,
        Err((line, why)) => return vec![Finding::new(parsed.path, *line, "syntax", why.as_str())],
    };
    let mut walk = Walk { parsed, in_test: parsed.is_test, hidden: false, test_lines: 0, findings: Vec::new() };
    for attribute in &file.attrs {
        walk.visit_attribute(attribute);
    }
    for item in &file.items {
        walk.visit_item(item);
    }
    walk.file(file);
    walk.findings
}

struct Walk<'a> {
    parsed: &'a Parsed<'a>,
    in_test: bool,
    /// Inside a function or a private inline module: nothing there is public.
    hidden: bool,
    test_lines: usize,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    fn add(&mut self, spanned: impl Spanned, rule: &'static str, text: impl Into<String>) {
        let line = spanned.span().start().line;
        self.findings.push(Finding::new(self.parsed.path, line, rule, text));
    }

    fn file(&mut self, file: &syn::File) {
        let path = self.parsed.path;
        let lines = self.parsed.text.lines().count().saturating_sub(self.test_lines);
        if !self.parsed.is_test && lines > MOST_FILE_LINES {
            let text = format!("{lines} lines without tests, at most {MOST_FILE_LINES}: split it by what it is about");
            self.findings.push(Finding::new(path, 1, "file-size", text));
        }
        let opens = ["/lib.rs", "/main.rs", "/mod.rs"].iter().any(|end| path.ends_with(end));
        let documented = file.attrs.iter().any(|attribute| attribute.path().is_ident("doc"));
        if opens && !self.parsed.is_test && !documented {
            let text = "open with `//!`: what it owns, its invariants, and one thing it deliberately does not do";
            self.findings.push(Finding::new(path, 1, "doc-comment", text));
        }
    }

    fn documented(
        &mut self,
        what: &str,
        name: &syn::Ident,
        visibility: Option<&syn::Visibility>,
        attributes: &[syn::Attribute],
    ) {
        let public = visibility.is_none_or(|visibility| matches!(visibility, syn::Visibility::Public(_)));
        if public
            && !self.in_test
            && !self.hidden
            && !attributes.iter().any(|attribute| attribute.path().is_ident("doc"))
        {
            self.add(
                name,
                "doc-comment",
                format!("public {what} `{name}` says nothing: one sentence above it, third person"),
            );
        }
    }

    fn function(&mut self, name: &syn::Ident, attributes: &[syn::Attribute], block: &syn::Block) {
        let excused = attributes.iter().any(|attribute| {
            attribute.path().is_ident("expect") && tokens_of(attribute).to_string().contains("too_many_lines")
        });
        let (open, close) = (block.brace_token.span.open().start().line, block.brace_token.span.close().start().line);
        let body = self.parsed.text.lines().take(close.saturating_sub(1)).skip(open);
        let lines = body.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        // A test's length is mostly that of its snapshots.
        if lines > MOST_FUNCTION_LINES && !excused && !self.in_test {
            let text = format!(
                "`{name}` has {lines} lines, at most {MOST_FUNCTION_LINES}: split it, or `#[expect(clippy::too_many_lines, reason = \"…\")]`"
            );
            self.add(name, "function-size", text);
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| tokens.get(at));
            let after = tokens.get(at + 1);
            match token {
                TokenTree::Ident(name) if is_punct(before, '.') && matches!(after, Some(TokenTree::Group(_))) => {
                    self.method(name);
                }
                TokenTree::Ident(name) if is_punct(after, '!') => self.macro_name(name),
                TokenTree::Group(group) if is_punct(before, '#') && group.delimiter() == Delimiter::Bracket => {
                    if let Ok(attribute) = syn::parse::Parser::parse2(syn::Attribute::parse_outer, quote(group)) {
                        for attribute in &attribute {
                            self.visit_attribute(attribute);
                        }
                    }
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
        }
    }

    fn method(&mut self, name: &proc_macro2::Ident) {
        if !self.in_test && (name == "unwrap" || name == "unwrap_err") {
            self.add(name, "no-panic", "`unwrap` outside tests: return the error, or `expect(\"why it cannot fail\")`");
        }
    }

    fn macro_name(&mut self, name: &proc_macro2::Ident) {
        if !self.in_test && ["panic", "todo", "unimplemented"].iter().any(|banned| name == banned) {
            self.add(name, "no-panic", format!("`{name}!` outside tests: return an error, or `unreachable!(\"why\")`"));
        }
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn quote(group: &proc_macro2::Group) -> TokenStream {
    [TokenTree::Punct(proc_macro2::Punct::new('#', proc_macro2::Spacing::Alone)), TokenTree::Group(group.clone())]
        .into_iter()
        .collect()
}

fn tokens_of(attribute: &syn::Attribute) -> TokenStream {
    match &attribute.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let last = path.segments.last().map(|segment| segment.ident.to_string());
        last.as_deref() == Some("test") || path.is_ident("cfg") && tokens_of(attribute).to_string() == "test"
    })
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (was_test, was_hidden) = (self.in_test, self.hidden);
        if !self.in_test && is_test_only(attributes_of(item)) {
            self.in_test = true;
            let span = item.span();
            self.test_lines += span.end().line - span.start().line + 1;
        }
        match item {
            syn::Item::Const(item) => self.documented("constant", &item.ident, Some(&item.vis), &item.attrs),
            syn::Item::Enum(item) => self.documented("enum", &item.ident, Some(&item.vis), &item.attrs),
            syn::Item::Fn(item) => self.documented("function", &item.sig.ident, Some(&item.vis), &item.attrs),
            syn::Item::Static(item) => self.documented("static", &item.ident, Some(&item.vis), &item.attrs),
            syn::Item::Struct(item) => self.documented("struct", &item.ident, Some(&item.vis), &item.attrs),
            syn::Item::Type(item) => self.documented("type", &item.ident, Some(&item.vis), &item.attrs),
            syn::Item::Trait(item) => {
                self.documented("trait", &item.ident, Some(&item.vis), &item.attrs);
                self.hidden |= !matches!(item.vis, syn::Visibility::Public(_));
            }
            syn::Item::Macro(item) => {
                let exported = item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
                if let (Some(name), true) = (&item.ident, exported) {
                    self.documented("macro", name, None, &item.attrs);
                }
            }
            syn::Item::Mod(item) => self.hidden |= matches!(item.vis, syn::Visibility::Inherited),
            _ => {}
        }
        visit::visit_item(self, item);
        (self.in_test, self.hidden) = (was_test, was_hidden);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let was = self.in_test;
        self.in_test |= is_test_only(&item.attrs);
        if matches!(item.vis, syn::Visibility::Public(_)) {
            self.documented("method", &item.sig.ident, Some(&item.vis), &item.attrs);
        }
        self.function(&item.sig.ident, &item.attrs, &item.block);
        visit::visit_impl_item_fn(self, item);
        self.in_test = was;
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.documented("method", &item.sig.ident, None, &item.attrs);
        if let Some(block) = &item.default {
            self.function(&item.sig.ident, &item.attrs, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, &item.attrs, &item.block);
        let was = self.hidden;
        self.hidden = true;
        visit::visit_item_fn(self, item);
        self.hidden = was;
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.method(&call.method);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(last) = call.path.segments.last() {
            self.macro_name(&last.ident);
        }
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let path = attribute.path();
        let tokens = tokens_of(attribute).to_string();
        let conditional = path.is_ident("cfg_attr") && tokens.contains("allow (");
        if path.is_ident("allow") || conditional {
            self.add(
                attribute,
                "no-allow",
                "`#[allow]`: `#[expect(…, reason = \"…\")]` instead, which ends with its cause",
            );
        }
        if path.is_ident("expect") && !tokens.contains("reason =") {
            self.add(attribute, "no-allow", "`#[expect]` without a reason: `#[expect(…, reason = \"…\")]`");
        }
        if path.is_ident("ignore") {
            self.add(
                attribute,
                "no-ignore",
                "`#[ignore]`: a test that does not run proves nothing; mend it or delete it",
            );
        }
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        let line = block.unsafe_token.span.start().line;
        let above = self.parsed.text.lines().take(line).skip(line.saturating_sub(4));
        if !above.into_iter().any(|line| line.contains("SAFETY:")) {
            self.add(&block.unsafe_token, "unsafe", "say above the block why it is sound: `// SAFETY: …`");
        }
        visit::visit_expr_unsafe(self, block);
    }
}

#[cfg(test)]
mod tests;
