//! How reports look, whatever the data holds.
use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

struct Given {
    headline: String,
    outcome: Outcome,
    tables: Vec<Table>,
    notes: Vec<String>,
}

impl Report for Given {
    fn headline(&self) -> String {
        self.headline.clone()
    }
    fn outcome(&self) -> Outcome {
        self.outcome
    }
    fn tables(&self) -> Vec<Table> {
        self.tables.clone()
    }
    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
    fn to_json(&self) -> Value {
        json!({})
    }
}

fn table(headings: &[(&str, Align)], rows: &[&[&str]]) -> Table {
    Table {
        title: "Columns".to_owned(),
        headings: headings.iter().map(|(heading, align)| ((*heading).to_owned(), *align)).collect(),
        rows: rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect(),
    }
}

fn of_cell(cell: &str) -> Given {
    let tables = vec![table(&[("value", Align::Left), ("rows", Align::Right)], &[&[cell, "1"], &["plain", "1,234"]])];
    Given {
        headline: "`age` drifted.".to_owned(),
        outcome: Outcome::Breached,
        tables,
        notes: vec!["2 rows left out.".to_owned()],
    }
}

#[track_caller]
fn check(text: String, expected: Expect) {
    expected.assert_eq(&text);
}

#[test]
fn plain_words_come_first() {
    let report = of_cell("north");
    check(
        to_text(&report, 80),
        expect![[r#"
            breached: `age` drifted.

            Columns
            value   rows
            north      1
            plain  1,234

            - 2 rows left out.
        "#]],
    );
    check(
        to_markdown(&report),
        expect![[r#"
            ❌ **breached**: `age` drifted.

            **Columns**

            | value | rows |
            | --- | ---: |
            | north | 1 |
            | plain | 1,234 |

            - 2 rows left out.
        "#]],
    );
    let html = to_html(&report);
    assert!(html.contains("<p><span class=\"lockgate-verdict lockgate-breached\">breached</span><bdi><code>age</code></bdi> drifted.</p>"), "{html}");
    assert!(
        html.contains("<tr><td dir=\"auto\">plain</td><td dir=\"auto\" class=\"lockgate-number\">1,234</td></tr>"),
        "{html}"
    );
    assert!(to_html_page(&report, "a & b").contains("<title>a &amp; b</title>"));
}

#[test]
fn a_table_without_rows_and_a_report_without_notes_take_no_place() {
    let tables = vec![table(&[("value", Align::Left)], &[])];
    let report = Given { headline: "Nothing to say.".to_owned(), outcome: Outcome::Within, tables, notes: Vec::new() };
    assert_eq!(to_text(&report, 80), "Nothing to say.\n");
    assert_eq!(to_markdown(&report), "Nothing to say.\n");
    assert!(!to_html(&report).contains("<table>"));
}

#[test]
fn a_table_that_is_too_wide_is_cut_in_words_and_then_goes_on_below() {
    let words = "a category whose name is longer than any terminal is wide";
    let mut report = of_cell(words);
    check(
        to_text(&report, 40),
        expect![[r#"
            breached: `age` drifted.

            Columns
            value                               rows
            a category whose name is longer …      1
            plain                              1,234

            - 2 rows left out.
        "#]],
    );
    let headings =
        [("column", Align::Left), ("first", Align::Right), ("second", Align::Right), ("third", Align::Right)];
    report.tables = vec![table(&headings, &[&["age", "1234567890", "1234567890", "12345678901234567890"]])];
    check(
        to_text(&report, 40),
        expect![[r#"
            breached: `age` drifted.

            Columns
            column       first      second
            age     1234567890  1234567890

            column                 third
            age     12345678901234567890

            - 2 rows left out.
        "#]],
    );
}

#[test]
fn words_at_the_end_of_a_row_are_whole() {
    let headings = [("metric", Align::Left), ("value", Align::Right), ("what it is", Align::Left)];
    let rows: [&[&str]; 3] = [
        &["DPL", "0.25", "share of positive labels: the rest's less the group's"],
        &["CI", "-0.2", ""],
        &["expected_calibration_error", "0.1", "mean distance"],
    ];
    let mut report = of_cell("x");
    report.tables = vec![table(&headings, &rows)];
    check(
        to_text(&report, 60),
        expect![[r#"
            breached: `age` drifted.

            Columns
            metric                      value  what it is
            DPL                          0.25  share of positive labels:
                                               the rest's less the
                                               group's
            CI                           -0.2
            expected_calibration_error    0.1  mean distance

            - 2 rows left out.
        "#]],
    );
    check(
        to_text(&report, 48),
        expect![[r#"
            breached: `age` drifted.

            Columns
            metric                      value
            DPL                          0.25
            CI                           -0.2
            expected_calibration_error    0.1

            metric                      what it is
            DPL                         share of positive
                                        labels: the rest's
                                        less the group's
            expected_calibration_error  mean distance

            - 2 rows left out.
        "#]],
    );
}

#[test]
fn numbers_and_bars_stay_whole_where_words_are_cut() {
    let bars = "▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█▁▂▃▄";
    let headings = [("column", Align::Left), ("least", Align::Right), ("bars", Align::Left)];
    let mut report = of_cell("x");
    report.tables =
        vec![table(&headings, &[&["a name that is much longer than the others", "also a long text here", bars]])];
    let shown = to_text(&report, 60);
    assert!(shown.contains(bars) && shown.lines().all(|line| clean::columns(line) <= 60), "{shown}");
    assert_eq!(shown.matches('…').count(), 2, "{shown}");
}

#[test]
fn wide_letters_and_marks_on_letters_keep_columns_aligned() {
    let shown = to_text(&of_cell("東京 e\u{301}"), 80);
    assert!(shown.contains("value    rows\n東京 e\u{301}      1\nplain   1,234\n"), "{shown}");
}

#[test]
fn what_acts_on_a_terminal_is_spelled_out() {
    for (data, shown) in [
        ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
        ("a\r\n\tb", "a\\r\\n\\tb"),
        ("a\u{9b}2Jb", "a\\u{9b}2Jb"),
        ("invoice\u{202e}fdp.exe", "invoice\\u{202e}fdp.exe"),
        ("\u{2066}a\u{200f}", "\\u{2066}a\\u{200f}"),
        ("no\u{200b}rth", "no\\u{200b}rth"),
        ("\u{e0041}", "\\u{e0041}"),
        ("\u{7f}", "\\u{7f}"),
        ("grün 👩\u{200d}🔬", "grün 👩\u{200d}🔬"),
    ] {
        assert_eq!(harmless(data), shown);
        assert!(to_text(&of_cell(data), 80).contains(shown), "{shown}");
        let html = to_html(&of_cell(data));
        assert!(html.contains(shown), "{html}");
    }
    let blank = to_text(&of_cell("  "), 80);
    assert!(blank.contains("\n\"  \""), "blanks are seen: {blank}");
}

#[test]
fn json_in_one_line_has_nothing_that_acts_and_means_the_same() {
    let value = json!({"a\u{9b}b": "\u{202e}\u{e0041}\u{1b}\n", "grün": 1});
    let line = json_line(&value);
    assert_eq!(line, r#"{"a\u009bb":"\u202e\udb40\udc41\u001b\n","grün":1}"#);
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
}

#[test]
fn markdown_of_data_is_text() {
    for (data, shown) in [
        ("a|b", "a&#124;b"),
        ("is :white_check_mark: here", "is `:white_check_mark:` here"),
        (":x:", "`:x:`"),
        ("at 10:30:00, a:b", "at 10:30:00, a:b"),
        ("a\\|b", "a\\\\&#124;b"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"),
        ("[x](javascript:y)", "\\[x\\](javascript:y)"),
        ("**b** _i_ `c`", "\\*\\*b\\*\\* \\_i\\_ \\`c\\`"),
        ("ask @admin now", "ask `@admin` now"),
        ("@a|b`", "<code>&#64;a&#124;b&#96;</code>"),
        ("closes #12", "closes `#12`"),
        ("see https://evil.example/", "see `https://evil.example/`"),
        ("12 %", "12 %"),
        ("<0.01 %", "&lt;0.01 %"),
        ("line\n/close", "line\\\\n/close"),
    ] {
        let markdown = to_markdown(&of_cell(data));
        assert!(markdown.contains(&format!("| {shown} | 1 |\n")), "{shown}: {markdown}");
    }
    let mut report = of_cell("x");
    report.headline = "/close `a`b` c".to_owned();
    report.notes = vec!["- `x|y` and `it's`".to_owned()];
    let markdown = to_markdown(&report);
    assert!(markdown.starts_with("❌ **breached**: \\/close \\`a\\`b\\` c\n"), "{markdown}");
    assert!(markdown.ends_with("- \\- <code>x&#124;y</code> and <code>it&#39;s</code>\n"), "{markdown}");
}

#[test]
fn html_of_data_is_text() {
    let html = to_html(&of_cell("</td><script>alert('x')</script>&\""));
    assert!(html.contains("&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"), "{html}");
    assert!(!html.contains("<script"), "{html}");
}

#[test]
fn numbers_have_four_digits_and_whole_ones_all() {
    for (value, shown) in [
        (0.0, "0"),
        (-0.0, "0"),
        (0.123_456, "0.1235"),
        (0.5, "0.5"),
        (-1.0, "-1"),
        (12.345_6, "12.35"),
        (999.96, "1,000"),
        (999.94, "999.9"),
        (12_345.678, "12,346"),
        (1_234_567.0, "1,234,567"),
        (-1_234_567.8, "-1,234,568"),
        (1e15, "1e15"),
        (1.234_56e20, "1.235e20"),
        (0.000_012_345, "1.234e-5"),
        (0.000_1, "0.0001"),
        (f64::NAN, "–"),
        (f64::INFINITY, "∞"),
        (f64::NEG_INFINITY, "-∞"),
        (f64::MIN_POSITIVE, "2.225e-308"),
    ] {
        assert_eq!(number(value), shown, "{value:?}");
    }
    assert_eq!(
        (count(0), count(999), count(1_000), count(u64::MAX)),
        ("0".into(), "999".into(), "1,000".into(), "18,446,744,073,709,551,615".into())
    );
    assert_eq!((number_or_dash(None), interval(0.712_34, 0.8)), ("–".into(), "0.7123 to 0.8".into()));
}

#[test]
fn little_is_not_nothing_and_nearly_all_is_not_all() {
    for (value, shown) in [
        (0.0, "0 %"),
        (0.000_001, "<0.01 %"),
        (-0.000_001, ">-0.01 %"),
        (0.001_234, "0.12 %"),
        (0.123_45, "12.3 %"),
        (0.999_99, ">99.99 %"),
        (0.999_6, "99.96 %"),
        (1.0, "100 %"),
        (12.0, "1,200 %"),
        (f64::NAN, "–"),
    ] {
        assert_eq!(share(value), shown, "{value}");
    }
    for (value, shown) in [(0.0, "<0.0001"), (0.000_09, "<0.0001"), (0.031_24, "0.0312"), (1.0, "1"), (f64::NAN, "–")]
    {
        assert_eq!(p_value(value), shown, "{value}");
    }
}

#[test]
fn bars_tell_few_from_none() {
    assert_eq!(bars(&[0.0, 1.0, 50.0, 100.0, f64::NAN]), "·▁▄█·");
    assert_eq!((bars(&[]), bars(&[0.0]), bars(&[f64::MAX, 1.0])), (String::new(), "·".into(), "█▁".into()));
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_its_cell(data in any::<String>(), width in 0_usize..200) {
        let report = of_cell(&data);
        let text = to_text(&report, width);
        prop_assert_eq!(text.lines().count(), 8, "{}", text);
        prop_assert!(text.lines().all(|line| !line.chars().any(char::is_control)));
        for line in text.lines() {
            prop_assert!(clean::columns(line) <= width.max(80), "{}", line);
        }
        let markdown = to_markdown(&report);
        prop_assert_eq!(markdown.lines().count(), 10, "{}", markdown);
        for line in markdown.lines().skip(4).take(4) {
            prop_assert_eq!(line.matches('|').count(), 3, "{}", line);
        }
        prop_assert!(!markdown.contains("<img") && !markdown.contains("<script"));
        let html = to_html(&report);
        prop_assert_eq!(html.matches("<td").count(), 4);
        prop_assert_eq!(html.matches('<').count(), to_html(&of_cell("x")).matches('<').count());
    }

    #[test]
    fn words_at_the_end_stay_in_their_column(name in any::<String>(), words in any::<String>(), width in 40_usize..200) {
        let mut report = of_cell("x");
        report.tables = vec![table(&[("name", Align::Left), ("words", Align::Left)], &[&[&name, &words]])];
        for line in to_text(&report, width).lines() {
            prop_assert!(!line.chars().any(char::is_control) && clean::columns(line) <= width, "{}", line);
        }
    }

    #[test]
    fn what_differs_looks_different(one in "[a-b\u{200b}\u{202e}\n ]{0,5}", other in "[a-b\u{200b}\u{202e}\n ]{0,5}") {
        prop_assert_eq!(one == other, harmless(&one) == harmless(&other));
    }
}
