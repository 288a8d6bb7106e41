use super::*;
use crate::KernelError;

// Golden values: numpy 2.3.3 (`quantile` with `inverted_cdf`), pandas 2.3.2, scipy 1.17.1; golden/profile.py.

#[test]
fn few_numbers_are_as_pandas_has_them() {
    let rows = (0..5_000).map(|row| (row % 10 > 0).then(|| mix(2, row) % 40));
    let values: Vec<f64> = rows.flatten().map(|value| value as f64).collect();
    let mut builder = builder(0);
    builder.add(Block::Real(&values)).unwrap();
    builder.add_nulls(500).unwrap();
    let found = builder.finish();
    let summary = found.summary();
    assert_eq!((summary.counts().rows, summary.counts().nulls, summary.distinct()), (5_000, 500, Ok(40)));
    near(summary.mean(), 19.364444444444445);
    near(summary.variance(), 132.75801536143834);
    near(summary.population_variance(), 132.7285135802469);
    assert_eq!((summary.min(), summary.max()), (Some(Value::Integer(0)), Some(Value::Integer(39))));
    assert_eq!(SHARES.map(|q| summary.quantile(q).unwrap().unwrap()), [0.0, 0.0, 4.0, 9.0, 19.0, 29.0, 35.0, 39.0]);
    assert_eq!(summary.histogram(8).unwrap().unwrap().counts, [565, 578, 554, 591, 547, 543, 576, 546]);
    near(summary.entropy(), 3.6851923176485575);
    assert_eq!(summary.top(3), [(&Value::Integer(15), 127), (&Value::Integer(30), 127), (&Value::Integer(0), 125)]);
    assert_eq!((summary.top_error(), summary.rank_error(), summary.completeness()), (0, 0.0, Ok(0.9)));
}

#[test]
fn many_numbers_are_as_numpy_has_them_within_the_errors() {
    let values: Vec<f64> = (0..30_000).map(amount).collect();
    let found = column(&[Block::Real(&values)]);
    let summary = found.summary();
    near(summary.mean(), 394.29794533333336);
    near(summary.variance(), 281842.01411770895);
    near(summary.population_variance(), 281832.619383905);
    assert_eq!((summary.min(), summary.max()), (Some(Value::Integer(0)), Some(Value::Real(1_999.9))));
    assert!(summary.distinct().unwrap().abs_diff(19_901) < 19_901 * 48 / 1_000, "{:?}", summary.distinct());
    for (q, truth) in SHARES.into_iter().zip([0.0, 0.0, 0.17, 7.24, 120.34, 622.28, 1311.47, 1923.53]) {
        // Zeros are there 1,457 times, so their rank is not the share that was asked for.
        let expected = if truth == 0.0 { 1_457.0 / 30_000.0 } else { q };
        assert!((summary.ranks().rank(truth).unwrap() - expected).abs() <= summary.rank_error(), "{q}");
    }
    let histogram = summary.histogram(8).unwrap().unwrap();
    for (count, truth) in histogram.counts.into_iter().zip([18037u64, 3332, 2246, 1716, 1373, 1239, 1086, 971]) {
        assert!(count.abs_diff(truth) as f64 <= summary.share_error() * 30_000.0, "{count} {truth}");
    }
    let top = summary.top(1);
    assert!(*top[0].0 == Value::Integer(0) && (1_457 - summary.top_error()..=1_457).contains(&top[0].1));
}

#[test]
fn texts_are_as_pandas_has_them() {
    let words = ["alpha", "Beta 2", "gämma", "", "a@b.de", "17", "-2.5", "true"];
    let found = text_column(&(0..2_000).map(|row| words[mix(3, row) as usize % 8]).collect::<Vec<_>>());
    let summary = found.summary();
    let counts = [
        ("", 281),
        ("true", 265),
        ("a@b.de", 258),
        ("Beta 2", 242),
        ("alpha", 242),
        ("gämma", 239),
        ("-2.5", 237),
        ("17", 236),
    ];
    let top: Vec<(String, u64)> = summary.top(8).into_iter().map(|(value, count)| (value.to_string(), count)).collect();
    assert_eq!(top, counts.map(|(text, count)| (text.to_owned(), count)));
    assert_eq!((summary.lengths().least, summary.lengths().most, summary.mean_length()), (0, 6, Ok(3.9425)));
    near(summary.entropy(), 2.077610036199359);
    let [min, max] = [summary.min(), summary.max()].map(|value| value.unwrap().to_string());
    assert_eq!((min.as_str(), max.as_str(), summary.inferred()), ("", "true", Inferred::Text));
}

#[test]
fn where_blocks_begin_and_end_makes_no_difference() {
    let reals: Vec<f64> = (0..30_000).map(amount).collect();
    let few: Vec<f64> = reals.iter().map(|value| value.floor().min(700.0)).collect();
    let whole: Vec<i64> = (0..10_000).map(|row| mix(5, row) as i64).collect();
    let wide: Vec<i128> = whole.iter().map(|&value| i128::from(value) * 1_000_000_007).collect();
    let texts: Vec<String> = (0..10_000).map(|row| format!("text {}", mix(7, row) % 3_000)).collect();
    let texts = slices(&texts);
    for size in [1, 999, 4_096, 8_192] {
        fn split<'a, T>(values: &'a [T], size: usize, block: impl Fn(&'a [T]) -> Block<'a>) -> ColumnProfile {
            column(&values.chunks(size).map(block).collect::<Vec<_>>())
        }
        assert_eq!(split(&reals, size, Block::Real), column(&[Block::Real(&reals)]), "{size}");
        assert_eq!(split(&few, size, Block::Real), column(&[Block::Real(&few)]), "{size}");
        assert_eq!(split(&whole, size, Block::Integer), column(&[Block::Integer(&whole)]), "{size}");
        let times = |micros| Block::Time { micros, kind: TimeKind::Local };
        assert_eq!(split(&whole, size, times), column(&[times(&whole)]), "{size}");
        let decimals = |unscaled| Block::Decimal { unscaled, scale: 3 };
        assert_eq!(split(&wide, size, decimals), column(&[decimals(&wide)]), "{size}");
        assert_eq!(split(&texts, size, Block::Text), column(&[Block::Text(&texts)]), "{size}");
    }
}

#[test]
fn a_dictionary_says_the_same_as_its_values() {
    let words = ["b", "a", "17", "never", "true"];
    let codes: Vec<u32> = (0..5_000).map(|row| [0, 1, 2, 4][mix(1, row) as usize % 4]).collect();
    let mut counts = vec![0; 5];
    for codes in codes.chunks(700) {
        count_codes(&mut counts, codes).unwrap();
    }
    let mut text = builder(0);
    text.add_counted(&slices(&words), &counts).unwrap();
    assert_eq!(text.finish(), text_column(&codes.iter().map(|&code| words[code as usize]).collect::<Vec<_>>()));
    for (found, code) in [(count_codes(&mut counts, &[1u32, 5]), "5"), (count_codes(&mut counts, &[-1i32]), "-1")] {
        assert_eq!(found.unwrap_err().to_string(), format!("`codes` is {code}: expected a place in `counts`"));
    }
    assert_eq!(builder(0).add_counted(&[b"a"], &[1, 2]), Err(KernelError::Shape(1, 2)));
    let (mut counted, flags) = (builder(0), [true, false, true]);
    counted.add_flags([1, 2]).unwrap();
    assert_eq!(counted.finish(), column(&[Block::Flag(&flags)]));
}

#[test]
fn a_dictionary_of_many_values_and_a_fall_back_to_plain_ones_are_within_the_errors() {
    let texts: Vec<String> = (0..4_000).map(|value| format!("{value:04}")).collect();
    let texts = slices(&texts);
    let counts: Vec<u64> = (0..4_000).map(|value| if value < 3 { 5_000 } else { 1 + value % 7 }).collect();
    let mut builder = builder(0);
    builder.add(Block::Text(&texts[..1_000])).unwrap();
    // Within the dictionary there are too many to be only counted.
    builder.add_counted(&texts, &counts).unwrap();
    builder.add(Block::Text(&texts[1_000..])).unwrap();
    let total = counts.iter().sum::<u64>() + 4_000;
    let found = builder.finish();
    let summary = found.summary();
    assert_eq!((summary.counts().values(), summary.counts().integral, summary.counts().rows), (total, total, total));
    assert!(summary.distinct().unwrap().abs_diff(4_000) < 4_000 / 20);
    assert!(!summary.is_distinct_exact() && !summary.is_exact() && summary.top_error() < 1_000);
    let mut top: Vec<String> = Vec::new();
    for (value, count) in summary.top(3) {
        assert!(count <= 5_001 && 5_001 <= count + summary.top_error(), "{value} {count}");
        top.push(value.to_string());
    }
    top.sort();
    assert_eq!(top, ["0000", "0001", "0002"]);
    assert_eq!((summary.lengths().count, summary.lengths().total), (total, 4 * total));
    let ends = [summary.min(), summary.max()].map(|value| value.unwrap().to_string());
    assert_eq!(ends, ["0000", "3999"]);
}

#[test]
fn of_many_rows_a_part_is_enough_for_the_sketch() {
    // Ten partitions, as of the million rows that there are.
    let settings = Settings { values: 1_000_000, k: 200, seed: 3 };
    assert_eq!((settings.weight(0), settings.weight(2_000_000), Settings::default().weight(1 << 40)), (16, 32, 4_096));
    let mut all = Profile::default();
    for partition in 0..10 {
        let mut builder = ColumnBuilder::new(settings, "c", partition).unwrap();
        let values: Vec<f64> = (0..100_000).map(|row| (mix(9, partition * 100_000 + row) % 1_000_003) as f64).collect();
        builder.add(Block::Real(&values)).unwrap();
        all.merge(Profile::of(partition, 100_000, vec![("c".to_owned(), builder.finish())]).unwrap()).unwrap();
    }
    let mut truth: Vec<f64> = (0..1_000_000).map(|row| (mix(9, row) % 1_000_003) as f64).collect();
    truth.sort_unstable_by(f64::total_cmp);
    let summary = all.column("c").unwrap().summary();
    assert_eq!((summary.kll().unwrap().count(), summary.moments().count()), (1_000_000, 1_000_000));
    for value in summary.ranks().values() {
        let rank = truth.partition_point(|other| other <= value) as f64;
        assert!((summary.ranks().at_most(*value) as f64 - rank).abs() <= summary.rank_error() * 1e6, "{value}");
    }
    near(summary.mean(), truth.iter().sum::<f64>() / 1e6);
    assert_eq!((summary.min(), summary.max()), (Some(Value::real(truth[0])), Some(Value::real(truth[999_999]))));
    let read = Profile::from_bytes(&all.to_bytes()).unwrap();
    assert_eq!(read, all);
    for summary in [summary, read.column("c").unwrap().summary()] {
        let histogram = summary.histogram(10).unwrap().unwrap();
        let ends =
            [summary.quantile(0.0).unwrap(), summary.quantile(1.0).unwrap(), Ok(histogram.low), Ok(histogram.high)];
        assert_eq!(ends, [truth[0], truth[999_999], truth[0], truth[999_999]].map(Ok));
    }
}

#[test]
fn a_value_that_is_not_drawn_is_still_an_end() {
    let settings = Settings { values: 1_000_000_000, ..Settings::default() };
    let mut builder = ColumnBuilder::new(settings, "c", 0).unwrap();
    let mut values: Vec<f64> = (0..100_000).map(f64::from).collect();
    values[50_000] = 1e12;
    builder.add(Block::Real(&values)).unwrap();
    let found = builder.finish();
    let summary = found.summary();
    assert_eq!((summary.max(), summary.quantile(1.0)), (Some(Value::Integer(1_000_000_000_000)), Ok(Ok(1e12))));
    assert_eq!(summary.histogram(10).unwrap().unwrap().high, 1e12);
}

#[test]
fn the_error_says_what_drawing_costs_also_where_there_are_fewer_values_than_were_said() {
    // A column that is null in nearly all of 100 million rows, profiled as if it were not.
    let settings = Settings { values: 100_000_000, ..Settings::default() };
    let outside = (0..100).filter(|&run| {
        let mut keyed: Vec<(u64, f64)> = (0..10_000).map(|value| (mix(run, value), value as f64)).collect();
        keyed.sort_unstable_by_key(|(key, _)| *key);
        let values: Vec<f64> = keyed.into_iter().map(|(_, value)| value + 0.5).collect();
        let mut builder = ColumnBuilder::new(Settings { seed: run, ..settings }, "c", 0).unwrap();
        builder.add(Block::Real(&values)).unwrap();
        let found = builder.finish();
        let summary = found.summary();
        assert!((0.05..0.25).contains(&summary.rank_error()) && summary.rank_error() < summary.share_error());
        let off = |value: &f64| (summary.ranks().at_most(*value) as f64 - value - 0.5).abs() / 10_000.0;
        summary.ranks().values().iter().map(off).fold(0.0, f64::max) > summary.rank_error()
    });
    let outside = outside.count();
    assert!(outside <= 3, "{outside} of 100");
}

#[test]
fn frequent_values_among_very_many_are_found() {
    // Half of the rows are one of 20 texts, the others are all different.
    let texts: Vec<String> = (0..200_000u64)
        .map(|row| if row % 2 == 0 { format!("frequent {}", mix(1, row) % 20) } else { format!("{row}") })
        .collect();
    let found = text_column(&texts);
    let summary = found.summary();
    let truth = |text: &str| texts.iter().filter(|other| *other == text).count() as u64;
    let top = summary.top(20);
    assert_eq!(top.len(), 20);
    for (value, count) in top {
        let truth = truth(&value.to_string());
        assert!(truth > 4_500 && count <= truth && truth <= count + summary.top_error(), "{value}: {count}, {truth}");
    }
    assert!(summary.top_error() < 200_000 / 500, "{}", summary.top_error());
    assert_eq!(summary.inferred(), Inferred::Text);
    assert_eq!((summary.counts().text, summary.counts().integral), (100_000, 100_000));
    assert!(matches!(summary.entropy(), Err(Reason::Undefined(_))) && summary.categories().is_err());
}

#[test]
fn a_million_categories_are_counted_in_bounded_memory() {
    let mut builder = builder(0);
    for block in 0..100u64 {
        let texts: Vec<String> = (0..10_000).map(|row| format!("{:x}", block * 10_000 + row)).collect();
        builder.add(Block::Text(&slices(&texts))).unwrap();
    }
    let found = builder.finish();
    let summary = found.summary();
    assert!((summary.distinct().unwrap() as f64 / 1e6 - 1.0).abs() < 0.048, "{:?}", summary.distinct());
    assert_eq!(
        (summary.counts().values(), summary.lengths().most, summary.min().unwrap().to_string()),
        (1_000_000, 5, "0".to_owned())
    );
    assert_eq!(summary.max().unwrap().to_string(), "ffff");
    assert_eq!((summary.top(3), summary.uniqueness().is_err()), (vec![], true));
    assert!((summary.distinctness().unwrap() - 1.0).abs() < 0.048);
    // 3 KiB of registers, and what is kept of frequent values.
    let bytes = Profile::of(0, 1_000_000, vec![("c".to_owned(), found)]).unwrap().to_bytes();
    assert!(bytes.len() < 3_500, "{}", bytes.len());
}
