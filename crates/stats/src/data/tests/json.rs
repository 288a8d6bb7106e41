//! Lines of JSON: types of fields, and bounds.
use super::*;

#[test]
fn fields_of_two_types_are_texts() {
    let folder = Folder::new();
    let data = Data::open(&folder.put("a.jsonl", "{\"a\": 1}\n{\"a\": \"x\"}\n{\"b\": {\"c\": 1}}\n")).unwrap();
    expect![[r#"a: Utf8, b: Struct("c": Int64) | None rows, 1 partitions"#]].assert_eq(&described(&data));
    let found = profile(&data, 0, None, &Run::quiet()).unwrap();
    let counts = *found.kernel().column("a").unwrap().counts();
    assert_eq!((counts.rows, counts.nulls, counts.integral, counts.text), (3, 1, 1, 1));
    assert_eq!(found.kernel().column("b").unwrap().counts().other, 1);
    let error = Data::open(&folder.put("b.json", "[{\"a\": 1}]")).unwrap_err();
    expect!["`DIR/b.json` cannot be read: it is one array: an object a line is expected"]
        .assert_eq(&folder.shown(error));
}

#[test]
fn lists_and_objects_beside_other_values_are_the_text_that_stands_there() {
    let folder = Folder::new();
    let texts = |text: &str, types: &str| {
        let data = Data::open(&folder.put("a.jsonl", text)).unwrap();
        assert!(described(&data).starts_with(types), "{}", described(&data));
        let found = profile(&data, 0, None, &Run::quiet()).unwrap();
        let summary = found.kernel().column("a").unwrap().summary();
        let top = summary.top(9);
        top.into_iter().map(|(value, _)| value.to_string()).collect::<Vec<_>>().join(" | ")
    };
    assert_eq!(texts("{\"a\": [1], \"b\": 1}\n\n{\"a\": 2, \"b\": 2}\n", "a: Utf8, b: Int64"), "2 | [1]");
    assert_eq!(texts("{\"a\": [1]}\n{\"a\": {\"b\": [2]}}\n{\"a\": null}\n", "a: Utf8"), "[1] | {\"b\": [2]}");
    // What stands beside them stays as it is written, all digits of it.
    let long: String =
        (3..6).map(|end| format!("{{\"a\": 1234567890123456789012{end}, \"m\": {}}}\n", end - 3)).collect();
    assert_eq!(
        texts(&(long + "{\"a\": \"x\", \"m\": [1.50, 2]}\n"), "a: Utf8, m: Utf8"),
        "12345678901234567890123 | 12345678901234567890124 | 12345678901234567890125 | x"
    );
    assert_eq!(texts("{\"a\": [1.50, 2]}\n{}\n{\"a\": 1}\n", "a: Utf8"), "1 | [1.50, 2]");
    // Further down, too; and where another file has other values.
    assert_eq!(
        texts("{\"a\": {\"b\": [1]}}\n{\"a\": {\"b\": 2}}\n{\"a\": {}}\n", "a: Utf8"),
        "{\"b\": 2} | {\"b\": [1]} | {}"
    );
    folder.put("two/a.jsonl", "{\"a\": [1]}\n");
    folder.put("two/b.jsonl", "{\"a\": 7}\n");
    let data = Data::open(&folder.0.path().join("two")).unwrap();
    let found = profile(&data, 0, None, &Run::quiet()).unwrap();
    assert_eq!(
        (described(&data).as_str(), found.kernel().column("a").unwrap().counts().rows),
        ("a: Utf8 | None rows, 2 partitions", 2)
    );
}

#[test]
fn lines_of_json_are_bounded_and_errors_say_where() {
    let folder = Folder::new();
    let fields = |row: u32| (0..100).map(|field| format!("\"{row}.{field}\": 1")).collect::<Vec<_>>().join(", ");
    let names = |text: &str| {
        let data = Data::open(&folder.put("a.jsonl", text)).unwrap();
        data.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>().join(" ")
    };
    // Columns are in the order of the file, whatever they are called.
    for _ in 0..5 {
        assert_eq!(names("\u{FEFF}{\"z\": 1, \"b\": 2}\n\n{\"a\": 1, \"y\": {\"d\": 1, \"c\": 2}}\r\n"), "z b a y");
    }
    let long = format!("{{\"a\": 1}}\n{{\"a\": \"{}\"}}\n", "x".repeat(9 << 20));
    for (text, expected) in [
        (
            long.as_str(),
            expect![
                "`DIR/a.jsonl` cannot be read: line 2 is longer than 8 MiB: an object a line is expected, and Parquet holds longer ones"
            ],
        ),
        ("{\"a\": 1}\n\n{\"a\": 1", expect!["`DIR/a.jsonl` cannot be read: line 3 is not valid JSON at byte 7"]),
        ("{\"a\": 1}\n17\n", expect!["`DIR/a.jsonl` cannot be read: line 2 is no object"]),
        ("{\"a\": 1} {\"a\": 2}\n", expect!["`DIR/a.jsonl` cannot be read: line 1 is not valid JSON at byte 10"]),
    ] {
        expected.assert_eq(&folder.shown(Data::open(&folder.put("a.jsonl", text)).unwrap_err()));
    }
    let wide: String = (0..70_000).map(|field| format!("{{\"a{field}\": 1}}\n")).collect();
    expect!["`DIR/a.jsonl` cannot be read: it has more than 65536 fields: one for each column is expected"]
        .assert_eq(&folder.shown(Data::open(&folder.put("a.jsonl", wide)).unwrap_err()));
    // Fields inside of others count, and what names are long are there once.
    let inside: String = (0..700).map(|row| format!("{{\"a\": {{{}}}}}\n", fields(row))).collect();
    expect!["`DIR/a.jsonl` cannot be read: it has more than 65536 fields: one for each column is expected"]
        .assert_eq(&folder.shown(Data::open(&folder.put("a.jsonl", inside)).unwrap_err()));
    let sparse: String = format!("{{\"a\": {{{}}}}}\n", fields(0)) + &"{\"a\": {}}\n".repeat(20_000);
    let found = profile(&Data::open(&folder.put("a.jsonl", sparse)).unwrap(), 0, None, &Run::quiet()).unwrap();
    assert_eq!(found.kernel().rows(), 20_001);
    // More rows than are decoded at once.
    let many: String = (0..20_001).map(|row| format!("{{\"a\": {row}}}\n")).collect();
    let found = profile(&Data::open(&folder.put("a.jsonl", many)).unwrap(), 0, None, &Run::quiet()).unwrap();
    assert_eq!(found.kernel().rows(), 20_001);
}
