use super::golden::{Golden, OURS, SHARES, THEIRS};
use super::*;
use crate::{Reason, WireError};
use proptest::prelude::*;

/// Returns 0, 1, …, count − 1 in an order that follows from the seed.
fn shuffled(count: u64, seed: u64) -> Vec<f64> {
    let mut keyed: Vec<(u64, f64)> = (0..count).map(|n| (mix(seed, n), n as f64)).collect();
    keyed.sort_unstable_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, value)| value).collect()
}

fn of_blocks(k: u16, seed: u64, values: &[f64], block: usize) -> Kll {
    let mut kll = Kll::new(k, seed).unwrap();
    for block in values.chunks(block) {
        kll.update_block(block);
    }
    kll
}

fn of_single(k: u16, seed: u64, values: &[f64]) -> Kll {
    let mut kll = Kll::new(k, seed).unwrap();
    for &value in values {
        kll.update(value);
    }
    kll
}

fn of_counts(k: u16, seed: u64, values: &[f64], counts: &[u64]) -> Kll {
    let mut kll = Kll::new(k, seed).unwrap();
    kll.update_sorted_counts(values, counts).unwrap();
    kll
}

fn merged(mut parts: impl Iterator<Item = Kll>) -> Kll {
    let mut all = parts.next().unwrap();
    for part in parts {
        all.merge(&part).unwrap();
    }
    all
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn check(kll: &Kll, golden: &Golden) {
    let ranks = kll.ranks();
    assert_eq!((kll.count(), kll.kept()), (golden.count, golden.kept));
    assert_eq!(kll.ends(), (golden.count > 0).then_some(golden.ends));
    for (&share, &expected) in SHARES.iter().zip(golden.quantiles) {
        assert_eq!(ranks.quantile(share), Ok(Ok(expected)), "{share}");
    }
    for &(value, inclusive, exclusive) in golden.ranks {
        assert_eq!(ranks.rank(value), Ok(inclusive));
        assert_eq!(ranks.below(value) as f64 / kll.count() as f64, exclusive);
    }
    if !kll.is_exact() {
        assert!((kll.rank_error() - golden.error.0).abs() < 1e-12, "{}", kll.rank_error());
        assert!((kll.share_error() - golden.error.1).abs() < 1e-12, "{}", kll.share_error());
    }
}

#[test]
fn sketches_of_datasketches_are_read_and_written_again() {
    for golden in &THEIRS {
        let kll = Kll::from_bytes(&bytes_of(golden.bytes), 5).unwrap();
        check(&kll, golden);
        assert_eq!(hex_of(&kll.to_bytes()), golden.bytes);
    }
}

#[test]
fn datasketches_reads_ours_and_says_the_same() {
    let counts: Vec<u64> = (0..40).map(|n| n * n).collect();
    let quarters: Vec<f64> = (0..40).map(|n| f64::from(n) / 4.0).collect();
    let part = |at: u64| of_blocks(16 - at as u16, at, &shuffled(100 + 300 * at, at), 4_096);
    let made = [
        Kll::new(200, 1).unwrap(),
        of_single(200, 1, &[1.5]),
        of_single(200, 1, &[3.5, -1.25, f64::NAN, 8.0]),
        of_single(16, 1, &shuffled(500, 1)),
        of_blocks(16, 1, &shuffled(3_000, 2), 700),
        of_counts(8, 1, &quarters, &counts),
        merged((0..5).map(part)),
    ];

    assert_eq!(made.each_ref().map(|kll| hex_of(&kll.to_bytes())), OURS.each_ref().map(|golden| golden.bytes));
    for (kll, golden) in made.iter().zip(&OURS) {
        check(kll, golden);
        assert_eq!(Kll::from_bytes(&kll.to_bytes(), kll.seed()).unwrap().to_bytes(), kll.to_bytes());
    }
}

/// Returns the largest error of any rank of a sketch of the values 0, 1, …, count − 1.
fn largest_error(kll: &Kll) -> f64 {
    let ranks = kll.ranks();
    let off = |value: f64| {
        let (above, below) = (ranks.at_most(value) as f64 - (value + 1.0), ranks.below(value) as f64 - value);
        above.abs().max(below.abs())
    };
    ranks.values().iter().map(|&value| off(value)).fold(0.0, f64::max) / kll.count() as f64
}

/// Counts how many of a hundred sketches have a rank that is off by more than is stated.
#[track_caller]
fn check_error(count: u64, make: impl Fn(u64, Vec<f64>) -> Kll) {
    let outside = (0..100).filter(|&run| {
        let kll = make(run, shuffled(count, 1_000 + run));
        assert_eq!((kll.count(), kll.ends()), (count, Some((0.0, count as f64 - 1.0))));
        largest_error(&kll) > kll.rank_error()
    });
    // One in a hundred is stated; more than three are in two of a hundred such tests, and these seeds are fixed.
    let outside = outside.count();
    assert!(outside <= 3, "{outside} of 100");
}

#[test]
fn ranks_are_within_the_stated_error_however_values_come() {
    check_error(10_000, |run, values| of_single(200, run, &values));
    check_error(10_000, |run, values| of_blocks(200, run, &values, 4_096));
    check_error(10_000, |run, values| of_blocks(200, run, &values, 100));
    check_error(10_000, |run, values| of_blocks(8, run, &values, 1_000));
    check_error(10_000, |run, mut values| {
        values.sort_unstable_by(f64::total_cmp);
        of_blocks(200, run, &values, 1_000)
    });
    check_error(20_000, |run, values| {
        merged(values.chunks(500).zip(0..).map(|(part, at)| of_blocks(200, mix(run, at), part, 500)))
    });
}

#[test]
fn counted_and_drawn_values_are_within_the_stated_error() {
    check_error(10_000, |run, _| {
        // All at once, as runs of one value each; and in four parts by weight.
        let values: Vec<f64> = (0..10_000).map(f64::from).collect();
        of_counts(200, run, &values, &vec![1; 10_000])
    });
    check_error(80_000, |run, values| {
        let mut kll = Kll::new(200, run).unwrap();
        // One of each two, as `n/k²` has it.
        for (at, block) in values.chunks(8_000).enumerate() {
            let draw = |(pair, two): (usize, &[f64])| two[mix(run, (at * 4_000 + pair) as u64) as usize % 2];
            let mut drawn: Vec<f64> = block.chunks(2).enumerate().map(draw).collect();
            drawn.sort_unstable_by(f64::total_cmp);
            kll.update_drawn(&drawn.iter().map(|value| key_of(*value)).collect::<Vec<_>>(), 2);
        }
        // The ends of what was not drawn are the caller's to know, as `profile` does.
        kll.widen(0.0, 79_999.0);
        kll
    });
}

#[test]
fn few_values_of_great_weight_keep_their_shares() {
    let counts = [1_000_000, 0, 3_000_000, 1, 5_000_000];
    let kll = of_counts(200, 3, &[1.0, 2.0, 3.0, 4.0, 5.0], &counts);
    assert_eq!((kll.count(), kll.ends()), (9_000_001, Some((1.0, 5.0))));
    for (value, truth) in [(1.0, 1e6), (2.0, 1e6), (3.0, 4e6), (4.0, 4e6 + 1.0), (5.0, 9e6 + 1.0)] {
        assert!((kll.ranks().at_most(value) as f64 / truth - 1.0).abs() < 0.013, "{value}");
    }
}

#[test]
fn odd_input_has_an_answer() {
    let mut kll = Kll::new(200, 1).unwrap();
    kll.update(f64::NAN);
    kll.update_block(&[f64::NAN, f64::NAN]);
    kll.update_sorted(&[]).unwrap();
    kll.update_drawn(&[key_of(1.0)], 0);
    kll.update_sorted_counts(&[1.0, 2.0, f64::NAN], &[0, 0, 1]).unwrap();
    kll.merge(&Kll::new(8, 2).unwrap()).unwrap();
    assert_eq!(kll, Kll::new(200, 1).unwrap());
    let empty = Err(Reason::Empty("the column".into()));
    assert_eq!((kll.ranks().quantile(0.5), kll.ranks().rank(1.0)), (Ok(empty.clone()), empty));
    assert_eq!(kll.ranks().quantile(1.5).unwrap_err().to_string(), "`q` is 1.5: expected a number from 0 to 1");
    assert!(kll.ranks().quantile(f64::NAN).is_err());
    kll.update_block(&[f64::INFINITY, 1.0, f64::NEG_INFINITY, f64::NAN, -0.0, 0.0]);
    assert_eq!(
        [f64::NEG_INFINITY, 0.0, 1e300, f64::INFINITY].map(|at| kll.ranks().rank(at)),
        [0.2, 0.6, 0.8, 1.0].map(Ok)
    );
    assert_eq!(kll.ranks().rank(f64::NAN), Err(Reason::Undefined("NaN has no rank".into())));
    assert_eq!(kll.update_sorted_counts(&[1.0], &[1, 2]), Err(KernelError::Shape(1, 2)));
    assert_eq!(Kll::new(7, 1).unwrap_err().to_string(), "`k` is 7: expected at least 8");
    let constant = of_blocks(200, 1, &vec![7.5; 100_000], 4_096);
    assert_eq!([0.0, 0.3, 1.0].map(|q| constant.ranks().quantile(q).unwrap().unwrap()), [7.5; 3]);
    assert_eq!((constant.ranks().at_most(7.5), constant.ranks().below(7.5)), (100_000, 0));
}

#[test]
fn no_sketch_has_more_values_than_are_counted() {
    let words = "`counts` is too much: expected no more than 2^53 values in all";
    let mut full = Kll::new(8, 1).unwrap();
    assert_eq!(full.update_sorted_counts(&[1.0, 2.0], &[u64::MAX, 1]).unwrap_err().to_string(), words);
    full.update_sorted_counts(&[1.0], &[Kll::MOST - 1]).unwrap();
    assert_eq!(full.update_sorted_counts(&[1.0], &[2]).unwrap_err().to_string(), words);
    full.update_drawn(&[1.0, 2.0].map(key_of), u64::MAX);
    assert_eq!(full.count(), Kll::MOST - 1);
    full.update(2.0);
    let before = full.clone();
    full.update(3.0);
    full.update_block(&[3.0, 4.0]);
    assert_eq!(full.update_sorted(&[3.0]).unwrap_err().to_string(), words.replace("counts", "values"));
    let words = words.replace("counts", "other");
    assert_eq!(full.merge(&of_single(8, 1, &[3.0])).unwrap_err().to_string(), words);
    assert_eq!((&full, full.count()), (&before, Kll::MOST));
    assert_eq!(Kll::from_bytes(&full.to_bytes(), 1).unwrap().count(), Kll::MOST);
}

#[test]
fn minus_zero_is_zero_whatever_comes_first() {
    let bytes = of_single(8, 1, &[0.0, 0.0]).to_bytes();
    for zeros in [[0.0, -0.0], [-0.0, 0.0], [-0.0, -0.0]] {
        assert_eq!(of_single(8, 1, &zeros).to_bytes(), bytes);
        let mut block = of_blocks(8, 1, &zeros, 2);
        block.is_bottom_sorted = false;
        assert_eq!(block.to_bytes(), bytes);
        let mut sorted = Kll::new(8, 1).unwrap();
        sorted.update_sorted(&zeros).unwrap();
        sorted.is_bottom_sorted = false;
        assert_eq!(sorted.to_bytes(), bytes);
        let mut counted = of_counts(8, 1, &zeros, &[1, 1]);
        counted.is_bottom_sorted = false;
        assert_eq!(counted.to_bytes(), bytes);
    }
    // Others keep it; the ends then follow from the set.
    let mut theirs = Kll::new(8, 1).unwrap();
    theirs.widen(-0.0, -0.0);
    theirs.widen(0.0, 0.0);
    assert_eq!(theirs.ends.map(|(low, high)| (low.to_bits(), high.to_bits())), Some(((-0.0f64).to_bits(), 0)));
}

#[test]
fn a_single_value_reads_back_as_it_was() {
    let mut one = of_single(200, 7, &[1.5]);
    one.settle();
    assert_eq!(Kll::from_bytes(&one.to_bytes(), 7), Ok(one));
}

#[test]
fn what_cannot_be_a_sketch_is_refused() {
    let good = of_blocks(16, 1, &shuffled(3_000, 2), 700).to_bytes();
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Kll::from_bytes(&bytes, 0)
    };
    assert_eq!(changed(0, 3), Err(WireError::Format(1)));
    assert_eq!(changed(2, 7), Err(WireError::Format(7)));
    assert_eq!(changed(4, 7), Err(WireError::Damaged("a `k` below 8")));
    assert_eq!(changed(6, 9), Err(WireError::Damaged("levels of another least size")));
    assert_eq!(changed(8, 0), Err(WireError::Damaged("weights that do not add up to the count")));
    assert_eq!(changed(18, 0), Err(WireError::Damaged("the number of levels, or the least `k`")));
    assert_eq!(Kll::from_bytes(&good[..good.len() - 1], 0), Err(WireError::Short));
    assert_eq!(Kll::from_bytes(&[&good[..], &[0]].concat(), 0), Err(WireError::Long(1)));
    assert_eq!(changed(good.len() - 1, 0xFF), Err(WireError::Damaged("values outside the ends")));
    let single = of_single(8, 1, &[f64::MAX]).to_bytes();
    let nan = [&single[..8], &f64::NAN.to_le_bytes()].concat();
    assert_eq!(Kll::from_bytes(&nan, 0), Err(WireError::Damaged("a value that is NaN")));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut bytes in prop::sample::select(vec![0u64, 1, 2, 300, 3_000]).prop_map(|n| of_blocks(8, 1, &shuffled(n, 1), 64).to_bytes()), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in any::<prop::sample::Index>(), is_cut: bool) {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        if let Ok(mut kll) = Kll::from_bytes(&bytes, 1) {
            for q in [0.0, 0.3, 1.0] {
                prop_assert!(kll.ranks().quantile(q).is_ok());
            }
            kll.update_block(&shuffled(500, 2));
            let _ = kll.merge(&of_single(200, 1, &shuffled(999, 3)));
            kll.update(3.0);
            prop_assert!(Kll::from_bytes(&kll.to_bytes(), 1).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_asked(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(kll) = Kll::from_bytes(&bytes, 1) {
            prop_assert!(kll.ranks().quantile(0.5).is_ok());
        }
    }

    #[test]
    fn equal_calls_give_equal_bytes_and_reading_goes_on_where_writing_stopped(values in prop::collection::vec(-1e9f64..1e9, 1..2_000), block in 1usize..600, k in 8u16..40, seed: u64, cut in any::<prop::sample::Index>()) {
        let whole = of_blocks(k, seed, &values, block);
        prop_assert_eq!(&whole, &of_blocks(k, seed, &values, block));
        let blocks = values.len().div_ceil(block);
        let cut = cut.index(blocks) * block;
        let mut resumed = Kll::from_bytes(&of_blocks(k, seed, &values[..cut], block).to_bytes(), seed).unwrap();
        for block in values[cut..].chunks(block) {
            resumed.update_block(block);
        }
        prop_assert_eq!(resumed.to_bytes(), whole.to_bytes());
        prop_assert_eq!(whole.kept() as u64, whole.levels.iter().map(|level| level.len() as u64).sum::<u64>());
        prop_assert!(whole.kept() <= whole.capacity);
    }

    #[test]
    fn up_to_k_values_every_order_is_exact(values in prop::collection::vec(-100i32..100, 1..150), shift: bool) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let kll = if shift { of_single(200, 1, &values) } else { of_blocks(200, 9, &values, 7) };
        prop_assert!(kll.is_exact() && kll.rank_error() == 0.0);
        for (at, &value) in sorted.iter().enumerate() {
            let q = (at + 1) as f64 / sorted.len() as f64;
            prop_assert_eq!(kll.ranks().nth(at as u64 + 1), Some(value));
            prop_assert_eq!(kll.ranks().at_most(value), sorted.iter().filter(|other| **other <= value).count() as u64);
            prop_assert!(kll.ranks().quantile(q).unwrap().unwrap() >= value);
        }
    }

    #[test]
    fn quantiles_scale_with_the_values(values in prop::collection::vec(-1e6f64..1e6, 1..1_500), q in 0.0f64..=1.0) {
        // Coins depend on the values, so only what is exact scales to the bit.
        let values = &values[..values.len().min(200)];
        let doubled: Vec<f64> = values.iter().map(|value| value * 2.0).collect();
        let (one, two) = (of_blocks(200, 1, values, 64), of_blocks(200, 1, &doubled, 64));
        prop_assert_eq!(one.ranks().quantile(q).unwrap().unwrap() * 2.0, two.ranks().quantile(q).unwrap().unwrap());
    }

    #[test]
    fn a_merge_is_within_the_error_of_both_orders(seed: u64, cut in 1_000usize..9_000) {
        let values = shuffled(10_000, seed);
        let (left, right) = (of_blocks(100, 1, &values[..cut], 512), of_blocks(100, 2, &values[cut..], 512));
        for kll in [merged([left.clone(), right.clone()].into_iter()), merged([right, left].into_iter())] {
            prop_assert_eq!(kll.count(), 10_000);
            prop_assert!(largest_error(&kll) < 1.5 * kll.rank_error());
        }
    }
}
