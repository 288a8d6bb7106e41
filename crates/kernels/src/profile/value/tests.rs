use super::*;
use proptest::prelude::*;

/// Values of which many are nearly equal.
fn any_value() -> impl Strategy<Value = Value> {
    let kind = || prop::sample::select(TimeKind::ALL.to_vec());
    prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        any::<i64>().prop_map(Value::Integer),
        (-20i64..20).prop_map(Value::Integer),
        prop::num::f64::NORMAL.prop_map(Value::real),
        (-40i32..40).prop_map(|n| Value::real(f64::from(n) / 4.0)),
        (any::<i128>(), 0u8..=38).prop_map(|(unscaled, scale)| Value::decimal(unscaled, scale)),
        (-2_000i128..2_000, 0u8..4).prop_map(|(unscaled, scale)| Value::decimal(unscaled, scale)),
        near_a_tenth(),
        (-3i64..3, kind()).prop_map(|(micros, kind)| Value::Time { micros, kind }),
        prop::collection::vec(97u8..100, 0..4).prop_map(|text| Value::text(&text, 0)),
        (60usize..70, 0u64..3).prop_map(|(length, hash)| Value::text(&vec![b'a'; length], hash)),
    ]
}

/// Decimals of 17 to 20 digits, and the floats nearest to them: the same floats come of many decimals, and those of one scale are
/// rounded otherwise than those of another.
fn near_a_tenth() -> impl Strategy<Value = Value> {
    (0u8..4, -3i128..4, any::<bool>(), any::<bool>()).prop_map(|(more, off, is_real, is_negative)| {
        let scale = 17 + more;
        let unscaled = (10i128.pow(u32::from(scale) - 1) + off) * if is_negative { -1 } else { 1 };
        if is_real { Value::real(decimal_to_f64(unscaled, scale)) } else { Value::decimal(unscaled, scale) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn the_order_is_total(a in any_value(), b in any_value(), c in any_value()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        if a <= b && b <= c {
            prop_assert!(a <= c, "{:?} {:?} {:?}", a, b, c);
        }
        let is_number = |value: &Value| matches!(value, Value::Integer(_) | Value::Real(_));
        if let (true, true, Some(x), Some(y)) = (is_number(&a), is_number(&b), a.number(), b.number()) {
            prop_assert!(x == y || (x < y) == (a < b), "{:?} {:?}", a, b);
        }
    }

    #[test]
    fn numbers_near_each_other_are_in_one_order(a in near_a_tenth(), b in near_a_tenth(), c in near_a_tenth()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert!(!(a <= b && b <= c) || a <= c, "{:?} {:?} {:?}", a, b, c);
    }

    #[test]
    fn a_text_compares_as_the_value_it_becomes(a in prop::collection::vec(97u8..99, 60..68), b in prop::collection::vec(97u8..99, 60..68), shared in 0usize..68) {
        let mut b = b;
        let shared = shared.min(a.len()).min(b.len());
        b[..shared].copy_from_slice(&a[..shared]);
        let (hash_a, hash_b) = (crate::hash_bytes(0, &a), crate::hash_bytes(0, &b));
        prop_assert_eq!(Value::text(&a, hash_a).cmp_text(&b, hash_b), Value::text(&a, hash_a).cmp(&Value::text(&b, hash_b)));
        if a[..a.len().min(Value::TEXT)] != b[..b.len().min(Value::TEXT)] {
            prop_assert_eq!(Value::text(&a, hash_a).cmp(&Value::text(&b, hash_b)), a.cmp(&b));
        }
    }
}

#[track_caller]
fn check(value: Value, expected: &str) {
    assert_eq!(value.to_string(), expected);
}

#[test]
fn values_read_as_they_would_be_written() {
    check(Value::real(5.0), "5");
    check(Value::real(-0.0), "0");
    check(Value::real(0.1), "0.1");
    check(Value::real(1e300), "1e300");
    check(Value::real(f64::NEG_INFINITY), "-inf");
    check(Value::real(9_223_372_036_854_775_807.0), "9.223372036854776e18");
    check(Value::real(-9_223_372_036_854_775_808.0), "-9223372036854775808");
    check(Value::decimal(-5, 3), "-0.005");
    check(Value::decimal(12_340, 2), "123.4");
    check(Value::decimal(12_300, 2), "123");
    check(Value::decimal(i128::MAX, 0), "170141183460469231731687303715884105727");
    check(Value::Text((*b"a\xFFb").into()), "a\u{FFFD}b");
    check(Value::text("ä".repeat(40).as_bytes(), 1), &format!("{}…", "ä".repeat(32)));
    check(Value::text(format!("a{}", "ä".repeat(40)).as_bytes(), 1), &format!("a{}…", "ä".repeat(31)));
    check(Value::text(&[0xFF; 70], 1), &format!("{}…", "\u{FFFD}".repeat(64)));
    assert!(Value::Integer(i64::MAX) < Value::real(1e19) && Value::Integer(i64::MIN) > Value::real(-1e19));
    assert_eq!(Value::decimal(1, 1), Value::real(0.1));
    let long = Value::decimal(1_000_000_000_000_000_001, 19);
    assert!(Value::real(0.1) < long && long < Value::real(0.100_000_1));
    check(long, "0.1000000000000000001");
}

#[test]
fn a_decimal_that_is_rounded_up_is_less_than_the_float_it_becomes() {
    let ascending = [
        Value::decimal(999_999_999_999_999_999, 19),
        Value::decimal(1, 1),
        Value::decimal(1_000_000_000_000_000_001, 19),
        Value::real(0.100_000_000_000_000_02),
        Value::decimal(10_000_000_000_000_002, 17),
        Value::decimal(i128::MAX, 38),
        Value::real(f64::INFINITY),
    ];
    assert!(ascending.is_sorted_by(|a, b| a < b), "{ascending:?}");
    let negative = [
        Value::decimal(-1_000_000_000_000_000_001, 19),
        Value::real(-0.1),
        Value::decimal(-999_999_999_999_999_999, 19),
    ];
    assert!(negative.is_sorted_by(|a, b| a < b), "{negative:?}");
    assert!(Value::real(1.7014118346046923e38) < Value::decimal(i128::MAX, 0));
    assert!(Value::real(-1.7014118346046923e38) > Value::decimal(i128::MIN, 0));
}

#[test]
fn a_longer_text_is_where_its_bytes_put_it() {
    let (cut, whole) = (format!("{}é", "a".repeat(63)), format!("{}b", "a".repeat(63)));
    assert!(cut.as_bytes() > whole.as_bytes());
    assert!(Value::text(cut.as_bytes(), 1) > Value::text(whole.as_bytes(), 2));
    check(Value::text(cut.as_bytes(), 1), &format!("{}…", "a".repeat(63)));
}

#[test]
fn times_are_those_of_the_calendar() {
    let instant = |micros| Value::Time { micros, kind: TimeKind::Instant };
    // Python 3.11 `datetime`, proleptic Gregorian.
    check(instant(0), "1970-01-01T00:00:00Z");
    check(instant(1_709_164_800_000_000), "2024-02-29T00:00:00Z");
    check(instant(-1), "1969-12-31T23:59:59.999999Z");
    check(instant(951_868_799_001_000), "2000-02-29T23:59:59.001Z");
    check(instant(-2_203_891_200_000_000), "1900-03-01T00:00:00Z");
    check(instant(-62_135_596_800_000_000), "0001-01-01T00:00:00Z");
    check(instant(253_402_300_799_999_999), "9999-12-31T23:59:59.999999Z");
    check(Value::Time { micros: 1_500_000, kind: TimeKind::Local }, "1970-01-01T00:00:01.500");
    check(Value::Time { micros: -86_400_000_000, kind: TimeKind::Date }, "1969-12-31");
}
