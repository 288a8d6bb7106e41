use super::*;

#[track_caller]
fn check_sample(path: &str, text: &str, expected: &[(usize, &str)]) {
    let parsed = [parse(path, text)];
    let mut found: Vec<_> = check(&parsed).into_iter().map(|finding| (finding.line, finding.rule)).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn panics_are_for_tests() {
    check_sample("crates/a/src/b.rs", "fn f() {\n    x().unwrap();\n}", &[(2, "no-panic")]);
    check_sample("crates/a/src/b.rs", "fn f() {\n    todo!()\n}", &[(2, "no-panic")]);
    check_sample("crates/a/src/b.rs", "fn f() {\n    format!(\"{}\", x.unwrap())\n}", &[(2, "no-panic")]);
    check_sample("crates/a/src/b.rs", "fn f() {\n    select! { _ = a => panic!(\"no\") }\n}", &[(2, "no-panic")]);
    check_sample("crates/a/src/b.rs", "fn f() {\n    x().expect(\"why\").unwrap_or(1);\n}", &[]);
    check_sample("crates/a/src/tests.rs", "fn f() {\n    x().unwrap();\n}", &[]);
    check_sample("crates/a/src/b.rs", "#[cfg(test)]\nmod tests {\n    fn f() { x().unwrap(); panic!() }\n}", &[]);
    check_sample(
        "crates/a/src/b.rs",
        "#[cfg(not(test))]\nmod x {\n    fn f() { y().unwrap(); }\n}",
        &[(3, "no-panic")],
    );
}

#[test]
fn a_module_for_tests_alone_is_known() {
    let tree = Tree::of(&[
        ("crates/a/src/b/mod.rs", "//! B.\n#[cfg(test)]\nmod rules;\nmod ruler;"),
        ("crates/a/src/b/rules.rs", "fn f() { x().unwrap(); }"),
        ("crates/a/src/b/rules/deep.rs", "fn f() { x().unwrap(); }"),
        ("crates/a/src/b/ruler.rs", "fn f() { x().unwrap(); }"),
    ]);
    let found: Vec<_> = check(&parse_all(&tree)).into_iter().map(|finding| finding.file).collect();
    assert_eq!(found, ["crates/a/src/b/ruler.rs"]);
}

#[test]
fn lints_are_expected_with_a_reason_and_tests_run() {
    check_sample("crates/a/src/b.rs", "#[allow(dead_code)]\nfn f() {}", &[(1, "no-allow")]);
    check_sample("crates/a/src/b.rs", "#![allow(dead_code)]\nfn f() {}", &[(1, "no-allow")]);
    check_sample("crates/a/src/b.rs", "#[cfg_attr(test, allow(dead_code))]\nfn f() {}", &[(1, "no-allow")]);
    check_sample("crates/a/src/b.rs", "macro_rules! m { () => { #[allow(dead_code)] fn f() {} } }", &[(1, "no-allow")]);
    check_sample("crates/a/src/b.rs", "#[expect(dead_code)]\nfn f() {}", &[(1, "no-allow")]);
    check_sample("crates/a/src/b.rs", "#[expect(dead_code, reason = \"used by the macro\")]\nfn f() {}", &[]);
    check_sample("crates/a/tests/it/b.rs", "#[test]\n#[ignore]\nfn f() {}", &[(2, "no-ignore")]);
    check_sample("crates/a/tests/it/b.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}", &[(2, "no-ignore")]);
}

#[test]
fn public_items_speak() {
    check_sample("crates/a/src/b.rs", "pub fn f() {}", &[(1, "doc-comment")]);
    check_sample("crates/a/src/b.rs", "/// Returns.\npub fn f() {}", &[]);
    check_sample("crates/a/src/b.rs", "pub(crate) fn f() {}\nfn g() {}", &[]);
    check_sample("crates/a/src/b.rs", "/// A.\npub struct A {\n    pub b: u8,\n}", &[]);
    check_sample("crates/a/src/b.rs", "/// A.\npub trait A {\n    fn b();\n}", &[(3, "doc-comment")]);
    check_sample("crates/a/src/b.rs", "trait A {\n    fn b();\n}", &[]);
    check_sample(
        "crates/a/src/b.rs",
        "impl A {\n    pub fn b() {}\n}\nimpl B for A {\n    fn c() {}\n}",
        &[(2, "doc-comment")],
    );
    check_sample("crates/a/src/b.rs", "mod row {\n    pub struct Model;\n}", &[]);
    check_sample("crates/a/src/b.rs", "#[macro_export]\nmacro_rules! m { () => {} }", &[(2, "doc-comment")]);
    check_sample("crates/a/src/lib.rs", "fn f() {}", &[(1, "doc-comment")]);
    check_sample("crates/a/src/lib.rs", "//! Owns f.\nfn f() {}", &[]);
}

#[test]
fn files_and_functions_stay_small() {
    let long = format!("fn f() {{\n{}}}", "    g();\n".repeat(81));
    check_sample("crates/a/src/b.rs", &long, &[(1, "function-size")]);
    let fits = format!("fn f() {{\n{}{}}}", "    g();\n".repeat(80), "    // why\n\n".repeat(9));
    check_sample("crates/a/src/b.rs", &fits, &[]);
    let excused = format!("#[expect(clippy::too_many_lines, reason = \"a table\")]\n{long}");
    check_sample("crates/a/src/b.rs", &excused, &[]);
    check_sample("crates/a/src/tests.rs", &long, &[]);
    check_sample("crates/a/src/b.rs", &"fn f() {}\n".repeat(501), &[(1, "file-size")]);
    let tested =
        format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(400), "    fn g() {}\n".repeat(400));
    check_sample("crates/a/src/b.rs", &tested, &[]);
}

#[test]
fn unsafe_says_why() {
    check_sample("crates/a/src/b.rs", "fn f() {\n    unsafe { g() }\n}", &[(2, "unsafe")]);
    check_sample("crates/a/src/b.rs", "fn f() {\n    // SAFETY: g has no precondition.\n    unsafe { g() }\n}", &[]);
    check_sample("crates/a/src/b.rs", "fn f( {", &[(1, "syntax")]);
}
