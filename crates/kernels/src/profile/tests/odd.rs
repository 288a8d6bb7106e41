use super::super::kinds::SEED;
use super::*;
use crate::KernelError;
use crate::hash::hash_text;

#[test]
fn odd_columns_have_an_answer() {
    #[track_caller]
    fn check(found: &ColumnProfile, inferred: Inferred, completeness: Computed, distinct: u64, ends: &str) {
        let summary = found.summary();
        let show = |value: Option<Value>| value.map_or("none".to_owned(), |value| value.to_string());
        assert_eq!(
            (summary.inferred(), summary.completeness(), summary.distinct()),
            (inferred, completeness, Ok(distinct))
        );
        assert_eq!(format!("{} {}", show(summary.min()), show(summary.max())), ends);
    }
    let empty = || Err(Reason::Empty("the column".into()));
    let no_numbers = || Err(Reason::None("numbers in the column".into()));
    check(&column(&[]), Inferred::Unknown, empty(), 0, "none none");
    let mut nulls = builder(0);
    nulls.add_nulls(7).unwrap();
    let nulls = nulls.finish();
    check(&nulls, Inferred::Unknown, Ok(0.0), 0, "none none");
    let summary = nulls.summary();
    assert_eq!((summary.mean(), summary.variance(), summary.entropy()), (no_numbers(), no_numbers(), empty()));
    let shares = [summary.distinctness(), summary.uniqueness(), summary.unique_value_ratio()];
    assert_eq!(shares, [empty(), empty(), empty()]);
    assert_eq!(
        (summary.quantile(0.5), summary.histogram(3)),
        (Ok(no_numbers()), Ok(Err(Reason::None("numbers in the column".into()))))
    );
    assert_eq!(summary.mean_length(), Err(Reason::None("texts in the column".into())));
    assert!(summary.types().is_err() && summary.shapes().is_err() && summary.top(3).is_empty());
    assert_eq!(summary.between(&[1.0]), Ok(vec![0, 0]));

    check(&column(&[Block::Real(&[f64::NAN, f64::NAN])]), Inferred::Unknown, Ok(0.0), 0, "none none");
    let infinite = column(&[Block::Real(&[f64::INFINITY, 1.5, f64::NAN, f64::NEG_INFINITY])]);
    check(&infinite, Inferred::Fractional, Ok(0.75), 3, "-inf inf");
    let summary = infinite.summary();
    assert_eq!((summary.mean(), summary.counts().nan), (Ok(1.5), 1));
    assert_eq!(
        [0.0, 0.3, 0.5, 0.7, 1.0].map(|q| summary.quantile(q).unwrap().unwrap()),
        [f64::NEG_INFINITY, f64::NEG_INFINITY, 1.5, f64::INFINITY, f64::INFINITY]
    );
    assert_eq!(summary.between(&[0.0, f64::INFINITY]), Ok(vec![1, 2, 0]));
    assert_eq!(summary.histogram(2).unwrap().unwrap().counts, [0, 1]);
    let above = column(&[Block::Real(&[f64::INFINITY; 3])]);
    check(&above, Inferred::Fractional, Ok(1.0), 1, "inf inf");
    assert_eq!((above.summary().mean(), above.summary().quantile(0.0)), (no_numbers(), Ok(Ok(f64::INFINITY))));

    let single = column(&[Block::Integer(&[i64::MIN])]);
    check(&single, Inferred::Integral, Ok(1.0), 1, "-9223372036854775808 -9223372036854775808");
    assert!(matches!(single.summary().variance(), Err(Reason::TooFew { have: 1, need: 2, .. })));
    assert_eq!((single.summary().population_variance(), single.summary().entropy()), (Ok(0.0), Ok(0.0)));
    assert!(single.summary().histogram(4).unwrap().is_err());
    let constant = column(&[Block::Real(&vec![-0.0; 5_000])]);
    check(&constant, Inferred::Integral, Ok(1.0), 1, "0 0");
    assert_eq!((constant.summary().variance(), constant.summary().uniqueness()), (Ok(0.0), Ok(0.0)));
    assert_eq!(constant.summary().distinctness(), Ok(1.0 / 5_000.0));
    assert_eq!(
        constant.summary().histogram(2).unwrap().unwrap(),
        crate::Histogram { low: -0.5, high: 0.5, counts: vec![0, 5_000] }
    );
    let huge = column(&[Block::Real(&[1.7e308, -1.7e308, 1.6e308])]);
    assert!(huge.summary().variance().is_err() && huge.summary().histogram(2).unwrap().is_err());
    assert_eq!(huge.summary().quantile(0.5), Ok(Ok(1.6e308)));

    check(&column(&[Block::Flag(&[true, false, true])]), Inferred::Boolean, Ok(1.0), 2, "false true");
    near(column(&[Block::Flag(&[true, false, true])]).summary().mean(), 2.0 / 3.0);
    check(
        &column(&[Block::Time { micros: &[0, 1_500_000], kind: TimeKind::Instant }]),
        Inferred::Datetime,
        Ok(1.0),
        2,
        "1970-01-01T00:00:00Z 1970-01-01T00:00:01.500Z",
    );
}

#[test]
fn values_that_are_not_looked_into_have_no_number_by_convention() {
    let nested = column(&[Block::Other(4)]);
    let summary = nested.summary();
    let reason = || Reason::Undefined("lists, structures, bytes and times beyond 64 bits are not looked into".into());
    assert_eq!((summary.inferred(), summary.completeness(), summary.min()), (Inferred::Other, Ok(1.0), None));
    assert_eq!((summary.distinct(), summary.categories()), (Err(reason()), Err(reason())));
    let shares = [summary.distinctness(), summary.uniqueness(), summary.unique_value_ratio(), summary.entropy()];
    assert_eq!(shares, [(); 4].map(|()| Err(reason())));
}

#[test]
fn values_that_are_there_once_are_told_from_different_ones() {
    let found = text_column(&["a", "a", "b"]);
    let summary = found.summary();
    near(summary.distinctness(), 2.0 / 3.0);
    near(summary.uniqueness(), 1.0 / 3.0);
    near(summary.unique_value_ratio(), 0.5);
}

#[test]
fn a_column_of_several_sorts_of_numbers_has_no_mean() {
    let mixed = Err(Reason::Undefined("numbers, flags and times are mixed".into()));
    let time = Block::Time { micros: &[5], kind: TimeKind::Instant };
    let infinite = Block::Real(&[f64::INFINITY]);
    for blocks in [[Block::Integer(&[1]), Block::Flag(&[true])], [time, Block::Flag(&[true])], [infinite, time]] {
        let found = column(&blocks);
        let summary = found.summary();
        let numbers = [summary.mean(), summary.variance(), summary.quantile(0.5).unwrap()];
        assert_eq!(numbers, [mixed.clone(), mixed.clone(), mixed.clone()]);
        assert_eq!(summary.histogram(2).unwrap().map(|_| 0.0), mixed);
        // A number that is the same as a flag or a time is still another value.
        assert_eq!((summary.distinct(), summary.categories().map(<[_]>::len)), (Ok(2), Ok(2)));
    }
    let texts = Err(Reason::Undefined("the numbers are texts: read them as numbers".into()));
    let found = text_column(&["1", "2.5"]);
    assert_eq!((found.summary().inferred(), found.summary().mean()), (Inferred::Fractional, texts));
}

#[test]
fn numbers_of_many_digits_have_the_spread_and_the_quantiles_of_small_ones() {
    const FAR: i64 = 9_223_372_036_854_770_000;
    let small: Vec<i64> = (0..500).map(|row| row * row % 97).collect();
    let large: Vec<i64> = small.iter().map(|number| FAR + number).collect();
    let (near_by, far) = (column(&[Block::Integer(&small)]), column(&[Block::Integer(&large)]));
    let (near_by, far) = (near_by.summary(), far.summary());
    near(far.variance(), near_by.variance().unwrap());
    near(far.population_variance(), near_by.population_variance().unwrap());
    for q in [0.0, 0.01, 0.3, 0.5, 0.9, 1.0] {
        let expected = FAR + near_by.quantile(q).unwrap().unwrap() as i64;
        assert_eq!((far.quantile_value(q), near_by.quantile_value(q)), (Some(&Value::Integer(expected)), None), "{q}");
    }
    assert!(!far.is_rounded() && far.quantile_value(1.1).is_none());
}

#[test]
fn wrong_arguments_are_named_and_change_nothing() {
    #[track_caller]
    fn check<T: std::fmt::Debug>(found: Result<T, KernelError>, expected: &str) {
        assert_eq!(found.unwrap_err().to_string(), expected);
    }
    let few = column(&[Block::Real(&[1.0])]);
    check(few.summary().quantile(1.1), "`q` is 1.1: expected a number from 0 to 1");
    check(few.summary().histogram(0), "`bins` is 0: expected at least one");
    check(few.summary().between(&[2.0, 1.0]), "`edges` is [2.0, 1.0]: expected numbers that ascend");
    check(few.summary().between(&[f64::NAN]), "`edges` is [NaN]: expected numbers that ascend");
    check(few.summary().between(&[1.0, f64::NAN]), "`edges` is [1.0, NaN]: expected numbers that ascend");
    let settings = Settings { k: 7, ..Settings::default() };
    check(ColumnBuilder::new(settings, "c", 0).map(|_| ()), "`k` is 7: expected at least 8");
    let mut wrong = builder(0);
    let too_much = |name: &str| format!("`{name}` is too much: expected no more than 2^53 rows in all");
    wrong.add_nulls(1 << 53).unwrap();
    check(wrong.add_nulls(u64::MAX), &too_much("count"));
    check(wrong.add(Block::Flag(&[true])), &too_much("block"));
    check(wrong.add_counted(&[b"a", b"b"], &[u64::MAX, 1]), &too_much("counts"));
    check(wrong.add_counted(&[b"a"], &[1 << 60]), &too_much("counts"));
    check(wrong.add_flags([0, 1]), &too_much("counts"));
    let mut nulls = builder(0);
    nulls.add_nulls(1 << 53).unwrap();
    assert_eq!(wrong.finish(), nulls.finish());
    let mut begun = builder(0);
    begun.add(Block::Decimal { unscaled: &[1], scale: 2 }).unwrap();
    begun.add(Block::Time { micros: &[1], kind: TimeKind::Date }).unwrap();
    let scale = "`scale` is 3: expected the scale of the decimals before";
    check(begun.add(Block::Decimal { unscaled: &[1], scale: 3 }), scale);
    check(begun.add(Block::Decimal { unscaled: &[1], scale: 39 }), &scale.replace('3', "39"));
    check(builder(0).add(Block::Decimal { unscaled: &[1], scale: 39 }), "`scale` is 39: expected at most 38");
    let kind = "`kind` is instant: expected the kind of the times before";
    check(begun.add(Block::Time { micros: &[1], kind: TimeKind::Instant }), kind);
    // As many as there may be: sums, lengths and weights stay where they can be written.
    let mut full = builder(0);
    full.add_counted(&[b"many", b""], &[1 << 52, 1]).unwrap();
    full.add_flags([0, (1 << 52) - 1]).unwrap();
    let full = Profile::of(0, 1 << 53, vec![("c".to_owned(), full.finish())]).unwrap();
    assert_eq!(Profile::from_bytes(&full.to_bytes()), Ok(full));
}

#[test]
fn dates_local_times_and_instants_are_told_apart() {
    let midnight = Block::Time { micros: &[0], kind: TimeKind::Instant };
    let mut all = column(&[midnight]);
    for (kind, partition) in [(TimeKind::Date, 1), (TimeKind::Local, 2)] {
        let mut builder = builder(partition);
        builder.add(Block::Time { micros: &[0], kind }).unwrap();
        all.merge(builder.finish()).unwrap();
    }
    let mut texts = builder(3);
    texts.add(Block::Text(&[b"2026-01-31", b"2026-01-31T12:00Z"])).unwrap();
    all.merge(texts.finish()).unwrap();
    let summary = all.summary();
    assert_eq!((summary.inferred(), summary.distinct()), (Inferred::Datetime, Ok(5)));
    assert_eq!(summary.times(), [(TimeKind::Date, 2), (TimeKind::Local, 1), (TimeKind::Instant, 2)]);
    let values: Vec<String> = summary.categories().unwrap().iter().map(|(value, _)| value.to_string()).collect();
    let times = ["1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00Z"];
    assert_eq!(values[..3], times);
    assert_eq!((summary.mean(), summary.quantile(0.5)), (Ok(0.0), Ok(Ok(0.0))));
}

#[test]
fn numbers_are_the_same_values_in_every_type() {
    let decimals = [Block::Decimal { unscaled: &[150, 200, 1_000_000_000_000_000_000_100], scale: 2 }];
    let found = column(&decimals);
    let summary = found.summary();
    assert_eq!(
        summary.top(5).iter().map(|(value, _)| value.to_string()).collect::<Vec<_>>(),
        ["1.5", "2", "10000000000000000001"]
    );
    assert_eq!((summary.counts().integral, summary.counts().fractional), (2, 1));
    // Whole numbers on both sides of 2^53, and at both ends of 64 bits.
    let beyond = (1i64 << 53) + 2;
    let mut whole = column(&[Block::Integer(&[2, (1 << 53) + 1, 1 << 53, beyond, -beyond, i64::MIN])]);
    assert_eq!(whole.summary().distinct(), Ok(6));
    let mut other = builder(1);
    let floats = [1.5, 2.0, 9_007_199_254_740_992.0, beyond as f64, -beyond as f64, i64::MIN as f64];
    other.add(Block::Real(&floats)).unwrap();
    whole.merge(other.finish()).unwrap();
    let mut third = builder(2);
    third.add(decimals[0]).unwrap();
    third.add(Block::Integer(&[beyond])).unwrap();
    whole.merge(third.finish()).unwrap();
    assert_eq!(whole.summary().distinct(), Ok(8));
    let counts: Vec<u64> = whole.summary().categories().unwrap().iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [2, 2, 2, 3, 2, 1, 3, 1]);
}

#[test]
fn the_least_of_several_decimals_is_never_more_than_the_most() {
    let mut all = column(&[Block::Decimal { unscaled: &[999_999_999_999_999_999], scale: 19 }]);
    let mut other = builder(1);
    other.add(Block::Decimal { unscaled: &[1_000_000_000_000_000_000], scale: 19 }).unwrap();
    all.merge(other.finish()).unwrap();
    let ends = [all.summary().min(), all.summary().max()].map(|value| value.unwrap().to_string());
    assert_eq!(ends, ["0.0999999999999999999", "0.1"]);
}

#[test]
fn texts_are_what_they_say_and_time_zones_are_told_apart() {
    let times = ["2026-01-31T12:00Z", "2026-01-31 13:00+01:00", "2026-01-31T12:00", "2026-01-31"];
    let found = text_column(&times);
    let summary = found.summary();
    assert_eq!(summary.inferred(), Inferred::Datetime);
    let shapes = [(Shape::Date, 0.25), (Shape::DateTime, 0.25), (Shape::ZonedDateTime, 0.5)];
    assert_eq!(summary.shapes().unwrap(), shapes);
    assert_eq!(
        (text_column(&["1", "-2"]).summary().inferred(), text_column(&["1", "2.5"]).summary().inferred()),
        (Inferred::Integral, Inferred::Fractional)
    );
    assert_eq!(
        (text_column(&["true", "False"]).summary().inferred(), text_column(&["1", "true"]).summary().inferred()),
        (Inferred::Boolean, Inferred::Text)
    );
    near(Ok(text_column(&["1", "", "a"]).summary().types().unwrap()[4].1), 2.0 / 3.0);
    let long = ["x".repeat(200), "x".repeat(201), "y".repeat(64), String::new()];
    let found = text_column(&long);
    let summary = found.summary();
    assert_eq!((summary.distinct(), summary.categories().unwrap().len()), (Ok(4), 4));
    assert_eq!(
        (summary.min().unwrap().to_string(), summary.max().unwrap().to_string()),
        (String::new(), "y".repeat(64))
    );
    assert_eq!(*summary.lengths(), Lengths { count: 4, least: 0, most: 201, total: 465 });
}

#[test]
fn texts_that_were_made_to_share_a_hash_are_told_apart() {
    // Eight bytes that make a product of wyhash zero, so that the eight after them do not count.
    let made = |name: &[u8; 8]| {
        [0x8BB8_4B93_962E_ACC9u64.to_le_bytes(), *name, *b"the same", *b" ending "].as_flattened().to_vec()
    };
    let (first, second) = (made(b"hidden 1"), made(b"hidden 2"));
    assert_eq!(hash_text(SEED, &first), hash_text(SEED, &second));
    let other: Vec<String> = (0..2_000).map(|row| format!("other {row}")).collect();
    for many in [0, 2_000] {
        // Counted one by one, and in blocks once there are too many different ones.
        let block: Vec<&[u8]> = other[..many].iter().map(String::as_bytes).collect();
        let rows: Vec<&[u8]> = (0..5_000).map(|row| if row % 5 == 0 { &first[..] } else { &second }).collect();
        let mut all = Profile::default();
        for partition in 0..2 {
            let mut builder = builder(partition);
            builder.add(Block::Text(&block)).unwrap();
            builder.add(Block::Text(&rows)).unwrap();
            builder.add_counted(&[&first], &[1_000]).unwrap();
            let columns = vec![("c".to_owned(), builder.finish())];
            all.merge(Profile::of(partition, 6_000 + many as u64, columns).unwrap()).unwrap();
        }
        let read = Profile::from_bytes(&all.to_bytes()).unwrap();
        let summary = read.column("c").unwrap().summary();
        let counts: Vec<u64> = summary.top(2).into_iter().map(|(_, count)| count).collect();
        let within = |count: u64, truth: u64| (truth - summary.top_error()..=truth).contains(&count);
        assert!(within(counts[0], 8_000) && within(counts[1], 4_000), "{counts:?} {}", summary.top_error());
        if many == 0 {
            assert_eq!((summary.distinct(), summary.uniqueness(), summary.top_error()), (Ok(2), Ok(0.0), 0));
        }
    }
}

#[test]
fn numbers_of_one_hash_are_told_apart() {
    // Integers beyond 2^53 are hashed with another seed, which can be reckoned away.
    let small = (1u64..).map(|value| (value, (value as f64).to_bits())).find_map(|(value, bits)| {
        let step = 0x9E37_79B9_7F4A_7C15u64;
        let inverse =
            (0..6).fold(step, |inverse, _| inverse.wrapping_mul(2u64.wrapping_sub(step.wrapping_mul(inverse))));
        let state = bits.wrapping_add(1).wrapping_mul(step) ^ SEED ^ (SEED + 1);
        let wide = state.wrapping_mul(inverse).wrapping_sub(1) as i64;
        (wide.unsigned_abs() > 1 << 53).then_some((value as i64, wide))
    });
    let (small, wide) = small.unwrap();
    let found = column(&[Block::Integer(&[small, wide, wide])]);
    let summary = found.summary();
    assert_eq!((summary.distinct(), summary.counts().integral), (Ok(2), 3));
    assert_eq!(summary.top(2), [(&Value::Integer(wide), 2), (&Value::Integer(small), 1)]);
}
