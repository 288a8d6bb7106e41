use super::*;
use crate::mix;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn a_full_table_says_so_and_keeps_what_it_has() {
    let mut table = Table::new();
    for value in 0..1_000u64 {
        assert!(table.insert(mix(0, value), value, 1_000, || value).is_ok());
    }
    assert!(table.insert(mix(0, 1_000), 1, 1_000, || 1_000).is_err() && !table.count(mix(0, 1_000), 1, |_| true));
    assert!(table.count(mix(0, 7), 5, |_| true));
    let counts: Vec<(u64, u64)> = table.into_entries().into_iter().map(|(_, count, value)| (value, count)).collect();
    assert_eq!(counts, (0..1_000).map(|value| (value, if value == 7 { 12 } else { value })).collect::<Vec<_>>());
}

#[test]
fn values_that_were_chosen_to_collide_cost_no_more() {
    let mut table = Table::new();
    let taken = (0..500u64).filter(|&value| table.insert(value + 1, 1, 1_000, || value).is_ok()).count();
    assert_eq!(taken, MOST_PROBES);
    for value in 0..500 {
        table.count_or_forget(value + 1, 1, |other| *other == value, || value);
    }
    assert_eq!(table.error(), 500 - MOST_PROBES as u64);
}

#[test]
fn values_of_one_hash_are_told_apart() {
    let mut table = Table::new();
    for value in [3u64, 5, 3, 0, 3] {
        table.count_or_forget(value % 2, 1, |other| *other == value, || value);
    }
    let counts: Vec<(u64, u64)> = table.into_entries().into_iter().map(|(_, count, value)| (value, count)).collect();
    assert_eq!(counts, [(3, 3), (5, 1), (0, 1)]);
}

proptest! {
    #[test]
    fn what_is_forgotten_is_within_the_error(seed: u64, skew in 1i32..6) {
        let (mut table, mut truth) = (Table::new(), BTreeMap::<u64, u64>::new());
        for n in 0..20_000 {
            let value = ((mix(seed, n) as f64 / u64::MAX as f64).powi(skew) * 20_000.0) as u64;
            table.count_or_forget(mix(1, value), 1, |other| *other == value, || value);
            *truth.entry(value).or_default() += 1;
        }
        let error = table.error();
        prop_assert!(error <= 20_000 / (Table::<u64>::BOUND as u64 / 2));
        let mut counted: BTreeMap<u64, u64> = BTreeMap::new();
        for (_, count, value) in table.into_entries() {
            *counted.entry(value).or_default() += count;
        }
        for (value, truth) in truth {
            let count = counted.get(&value).copied().unwrap_or(0);
            prop_assert!(count <= truth && truth <= count + error);
        }
    }
}
