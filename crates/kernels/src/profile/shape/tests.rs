use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(kind: TextType, shape: Shape, texts: &[&str]) {
    for text in texts {
        let found = look(text.as_bytes());
        assert_eq!((found.kind, found.shape), (kind, shape), "{text}");
        assert_eq!(found.characters, text.chars().count() as u64, "{text}");
    }
}

#[test]
fn each_shape_is_known_by_its_like() {
    use Shape as S;
    use TextType as T;
    check(T::Text, S::Blank, &["", " ", "\t \r\n"]);
    check(T::Integral, S::Digits, &["0", "007", "123456789012345678901234567890"]);
    check(T::Integral, S::Number, &["-1", "+12"]);
    check(T::Fractional, S::Number, &["1.5", "-.5", "5.", "1e5", "-1.25E-10", "+1e+3"]);
    check(T::Boolean, S::Boolean, &["true", "False", "TRUE"]);
    check(T::Datetime, S::Date, &["2026-01-31", "2026/01/31", "31.01.2026", "31/01/2026", "01/31/2026", "2024-02-29"]);
    check(T::Datetime, S::DateTime, &["2026-01-31T23:59", "2026-01-31 23:59:60", "2026-01-31T23:59:59.123456789"]);
    let zoned =
        ["2026-01-31T23:59Z", "2026-01-31 23:59:59+01:00", "2026-01-31T23:59:59.1 -0530", "2026-01-31 23:59:59 UTC"];
    check(T::Datetime, S::ZonedDateTime, &zoned);
    check(T::Datetime, S::ZonedDateTime, &["2026-01-31T23:59:59+01"]);
    check(T::Text, S::Time, &["23:59", "00:00:00", "12:34:56.789"]);
    check(T::Text, S::Letters, &["abc", "Ärger", "日本", "e", "truetrue", "nan"]);
    check(T::Text, S::Words, &["Jean-Luc O'Neill, Jr.", "a b", "e-mail"]);
    check(T::Text, S::Code, &["A1", "x86", "1e", "e5", "2026W01", "DE89370400440532013001"]);
    check(T::Text, S::Email, &["a@b.de", "first.last+tag@sub.example.co.uk", "jürgen@müller.de"]);
    check(T::Text, S::Url, &["https://example.org/a?b=c#d", "s3://bucket/key"]);
    check(T::Text, S::Uuid, &["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"]);
    // The examples of the IBAN registry.
    check(T::Text, S::Iban, &["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "NO9386011117947"]);
    check(T::Text, S::Ipv4, &["127.0.0.1", "255.255.255.255"]);
    check(T::Text, S::Phone, &["+49 (30) 123-4567", "+1.202.555.0100"]);
    check(T::Integral, S::Phone, &["+493012345678"]);
}

#[test]
fn what_only_resembles_a_shape_is_not_one() {
    use Shape as S;
    use TextType as T;
    check(
        T::Text,
        S::Other,
        &["2026-02-29", "2026-13-01", "2026-00-10", "2026-01/31", "31.02.2026", "1.2.3", "256.1.1.1", "1..2"],
    );
    check(
        T::Text,
        S::Other,
        &["24:00", "12:60", "12:34:56.", "2026-01-31T", "2026-01-31T23:59:59+1", "2026-01-31X23:59"],
    );
    check(
        T::Text,
        S::Other,
        &["@", "a@b", "a@@b.de", "@b.de", "a b@c.de", "a@b.d", "a@.de", "a@b.1e", "http://", "://x", "-", ".", "+"],
    );
    check(
        T::Text,
        S::Other,
        &[
            "GB29 NWBK 6016 1331 9268 18",
            "GB29 NWBK6016 1331 9268 19",
            "GB29NWBK 6016 1331 9268 19",
            "123e4567-e89b-12d3-a456-42661417400g",
            "1-1",
            "--1",
            "+",
        ],
    );
    check(T::Text, S::Other, &["e-5", "1e-", "1e5.5", "+49 30 1", "+49_30_1234567"]);
    check(T::Integral, S::Number, &["+1234567"]);
    check(T::Text, S::Code, &["1e5e5"]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(text in prop::collection::vec(any::<u8>(), 0..60)) {
        let found = look(&text);
        prop_assert!(found.characters <= text.len() as u64);
    }

    #[test]
    fn numbers_of_rust_are_numbers_here(number in prop::num::f64::NORMAL, whole: i64) {
        prop_assert_eq!(look(format!("{number:e}").as_bytes()).kind, TextType::Fractional);
        prop_assert_eq!(look(whole.to_string().as_bytes()).kind, TextType::Integral);
    }

    #[test]
    fn texts_of_few_marks_do_not_panic(text in "[0-9eTZ:. +/-]{0,30}") {
        look(text.as_bytes());
    }

    #[test]
    fn a_text_looks_the_same_whatever_came_before(
        text in "[0-9a-cT@:/. +-]{0,24}|[a-c]{1,3}[0-9]@[a-c]{2}[0-9]?\\.[a-c]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}|DE[0-9]{2}[0-9]{14,18}",
        digits in "[0-9]{24}",
        changed: u8,
    ) {
        // Another with other digits in the same places, and one byte that may be anything.
        let mut other: Vec<u8> =
            text.bytes().zip(digits.bytes()).map(|(own, digit)| if own.is_ascii_digit() { digit } else { own }).collect();
        prop_assert_eq!(look_after(&other, look(&other), text.as_bytes()), look(text.as_bytes()));
        prop_assert_eq!(look_after(text.as_bytes(), look(text.as_bytes()), &other), look(&other));
        if let Some(first) = other.first_mut() {
            *first = changed;
        }
        prop_assert_eq!(look_after(&other, look(&other), text.as_bytes()), look(text.as_bytes()));
        prop_assert_eq!(look_after(text.as_bytes(), look(text.as_bytes()), &other), look(&other));
    }
}
