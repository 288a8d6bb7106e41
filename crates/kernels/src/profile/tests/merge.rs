use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_order_and_any_split_of_the_partitions_gives_equal_bytes(keys in prop::collection::vec((any::<u64>(), 0usize..3), 1..14)) {
        let mut whole = Profile::default();
        let mut partitions: Vec<u64> = (0..keys.len() as u64).collect();
        for &partition in &partitions {
            whole.merge(part(partition)).unwrap();
        }
        partitions.sort_by_key(|&partition| keys[partition as usize].0);
        let mut processes = vec![Profile::default(); 3];
        for partition in partitions {
            processes[keys[partition as usize].1].merge(part(partition)).unwrap();
        }
        let mut merged = Profile::default();
        for process in &processes {
            merged.merge(Profile::from_bytes(&process.to_bytes()).unwrap()).unwrap();
        }
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(merged.to_bytes(), whole.to_bytes());
        let names: Vec<&str> = whole.columns().into_iter().map(|(name, _)| name).collect();
        let drawn = whole.column("a").unwrap().pieces.iter().any(|(_, _, piece)| piece.thinned > 0);
        prop_assert!(drawn || keys.len() < 3);
        prop_assert_eq!(names, if keys.len() > 5 { vec!["a", "c", "b"] } else { vec!["a", "c"] });
    }

    #[test]
    fn any_order_of_the_values_says_the_same_within_the_error(seed: u64, distinct in prop::sample::select(vec![50u64, 5_000, 1 << 40])) {
        let values: Vec<f64> = (0..6_000).map(|row| (mix(seed, row) % distinct) as f64).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let (one, two) = (column(&[Block::Real(&values)]), column(&[Block::Real(&sorted)]));
        let (one_summary, two_summary) = (one.summary(), two.summary());
        prop_assert_eq!((&one.counts, &one.ends, &one.distinct), (&two.counts, &two.ends, &two.distinct));
        near(one_summary.mean(), two_summary.mean().unwrap());
        if one_summary.is_exact() {
            prop_assert_eq!(&one, &two);
        }
        for q in SHARES {
            let value = two_summary.quantile(q).unwrap().unwrap();
            // A value of many rows covers all ranks from the first of them to the last.
            let first = sorted.partition_point(|other| *other < value) as f64 / 6_000.0;
            let last = sorted.partition_point(|other| *other <= value) as f64 / 6_000.0;
            let off = 1.5 * one_summary.rank_error() + 0.002;
            prop_assert!(first <= q + off && q - off <= last, "{} {} {}", q, first, last);
            let both = one_summary.ranks().rank(value).unwrap() - two_summary.ranks().rank(value).unwrap();
            prop_assert!(both.abs() <= 2.0 * one_summary.rank_error());
        }
    }

    #[test]
    fn two_partitions_say_what_one_does(values in prop::collection::vec(-50i64..50, 1..300), cut in any::<prop::sample::Index>(), nulls in 0u64..3) {
        let cut = cut.index(values.len());
        let (mut left, mut right) = (builder(0), builder(1));
        left.add(Block::Integer(&values[..cut])).unwrap();
        right.add(Block::Integer(&values[cut..])).unwrap();
        right.add_nulls(nulls).unwrap();
        let mut merged = left.finish();
        merged.merge(right.finish()).unwrap();
        let mut whole = builder(0);
        whole.add(Block::Integer(&values)).unwrap();
        whole.add_nulls(nulls).unwrap();
        let whole = whole.finish();
        let (one, two) = (whole.summary(), merged.summary());
        prop_assert_eq!((one.counts(), one.min(), one.max(), one.distinct()), (two.counts(), two.min(), two.max(), two.distinct()));
        prop_assert_eq!((one.top(9), one.entropy(), one.histogram(7)), (two.top(9), two.entropy(), two.histogram(7)));
        prop_assert!((one.mean().unwrap() - two.mean().unwrap()).abs() < 1e-12);
        for q in SHARES {
            prop_assert_eq!(one.quantile(q), two.quantile(q));
        }
    }
}

#[test]
fn what_is_merged_fits() {
    let mut profile = part(2);
    assert_eq!(profile.merge(part(2)), Err(ProfileError::Overlap(2)));
    assert_eq!(profile, part(2));
    let (age, other) = (builder(0).finish(), builder(1).finish());
    let twice = vec![("a".to_owned(), age.clone()), ("a".to_owned(), age.clone())];
    assert_eq!(Profile::of(0, 0, twice), Err(ProfileError::Twice("a".into())));
    assert_eq!(Profile::of(0, 0, vec![("a".to_owned(), other)]), Err(ProfileError::Rows("a".into())));
    assert_eq!(Profile::of(0, 3, vec![("a".to_owned(), age)]), Err(ProfileError::Rows("a".into())));
    assert_eq!(Profile::of(1 << 48, 0, vec![]), Err(ProfileError::Partition(1 << 48)));
    assert!(profile.has_partition(2) && !profile.has_partition(3));
    let most = |partition| Profile::of(partition, 1 << 53, vec![]).unwrap();
    assert_eq!(Profile::of(0, (1 << 53) + 1, vec![]), Err(ProfileError::TooMany));
    let mut full = most(0);
    assert_eq!((full.merge(most(1)), full.append(most(0))), (Err(ProfileError::TooMany), Err(ProfileError::TooMany)));
    assert_eq!(full, most(0));
    let nulls = |partition, count| {
        let mut builder = builder(partition);
        builder.add_nulls(count).unwrap();
        builder.finish()
    };
    let mut column = nulls(0, 1 << 53);
    assert_eq!(column.merge(nulls(1, 1)), Err(ProfileError::TooMany));
    assert_eq!(column, nulls(0, 1 << 53));
}

#[test]
fn a_column_that_comes_late_is_absent_before() {
    let (mut profile, rows) = (part(4), part(4).rows());
    profile.merge(part(5)).unwrap();
    let late = *profile.column("b").unwrap().summary().counts();
    assert_eq!((late.rows, late.absent, late.boolean, late.nulls), (profile.rows(), rows, profile.rows() - rows, 0));
    near(profile.column("b").unwrap().summary().completeness(), (profile.rows() - rows) as f64 / profile.rows() as f64);
}

#[test]
fn what_is_appended_comes_after_and_may_have_the_same_partitions() {
    let (mut day, mut next) = (part(0), part(0));
    day.merge(part(1)).unwrap();
    next.merge(part(1)).unwrap();
    next.merge(part(2)).unwrap();
    let (rows, before) = (day.rows() + next.rows(), day.clone());
    day.append(next.clone()).unwrap();
    assert_eq!((day.rows(), day.has_partition(4), day.has_partition(5)), (rows, true, false));
    let mut empty = Profile::default();
    empty.append(next.clone()).unwrap();
    assert_eq!(empty, next);
    // It is what a merge of the same partitions gives, had they been numbered so: both parts of the next day are a part here.
    let moved = |profile: &Profile, by: u64| {
        let mut moved = profile.clone();
        moved.partitions.shift(by);
        for column in moved.columns.values_mut() {
            column.place.0 += by;
            column.profile.pieces.shift(by);
        }
        moved
    };
    let mut merged = moved(&next, 2);
    merged.merge(before).unwrap();
    assert_eq!(merged.to_bytes(), day.to_bytes());
}

#[test]
fn halves_in_two_processes_are_the_whole_also_where_values_are_drawn() {
    let (mut first, mut second, mut whole) = (Profile::default(), Profile::default(), Profile::default());
    for partition in 0..8 {
        whole.merge(part(partition)).unwrap();
        if partition < 4 { first.merge(part(partition)).unwrap() } else { second.merge(part(partition)).unwrap() }
    }
    let thinned: u64 = whole.column("a").unwrap().pieces.iter().map(|(_, _, piece)| piece.thinned).sum();
    assert!(thinned > 0);
    let mut merged = Profile::from_bytes(&second.to_bytes()).unwrap();
    merged.merge(Profile::from_bytes(&first.to_bytes()).unwrap()).unwrap();
    assert_eq!(merged.to_bytes(), whole.to_bytes());
    assert_eq!(Profile::from_bytes(&whole.to_bytes()), Ok(whole));
}
