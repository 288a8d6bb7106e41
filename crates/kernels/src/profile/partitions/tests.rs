use super::*;
use proptest::prelude::*;

/// Remembers how it was merged.
impl Absorb for String {
    fn absorb(&mut self, right: Self) {
        *self = format!("({self} {right})");
    }
}

fn of(partition: u64) -> Partitions<String> {
    Partitions::of(partition, partition.to_string())
}

#[test]
fn halves_become_one_part() {
    let mut all = of(0);
    for partition in [3, 1, 6, 2] {
        all.merge(of(partition)).unwrap();
    }
    let parts: Vec<_> = all.iter().map(|(start, level, part)| (start, level, part.as_str())).collect();
    assert_eq!(parts, [(0, 2, "((0 1) (2 3))"), (6, 0, "6")]);
    assert_eq!(*all.all().unwrap(), "(((0 1) (2 3)) 6)");
    assert_eq!((all.end(), all.top_level()), (7, 2));
    assert_eq!(all.clone().merge(of(2)), Err(ProfileError::Overlap(2)));
    let mut wide = of(8);
    wide.merge(of(9)).unwrap();
    assert_eq!(wide.try_insert(8, 2, String::new()), Err(ProfileError::Overlap(8)));
}

#[test]
fn few_parts_are_open_while_few_partitions_are_being_read() {
    // Four threads take the next partition each; which of them is done first is drawn.
    let (mut all, mut reading, mut next, mut most) = (Partitions::none(), vec![], 0u64, 0);
    while next < 1_000 || !reading.is_empty() {
        while reading.len() < 4 && next < 1_000 {
            reading.push(next);
            next += 1;
        }
        let done = reading.swap_remove(crate::mix(1, next ^ (reading.len() as u64) << 32) as usize % reading.len());
        all.merge(Partitions::of(done, 1u64)).unwrap();
        most = most.max(all.iter().count());
    }
    assert!((10..=40).contains(&most), "{most}");
    assert_eq!(all.iter().map(|(_, _, rows)| *rows).sum::<u64>(), 1_000);
    // Every other partition: nothing ever merges, which is why processes take ranges.
    let mut striped = Partitions::none();
    for partition in (0..1_000).step_by(2) {
        striped.merge(Partitions::of(partition, 1u64)).unwrap();
    }
    assert_eq!(striped.iter().count(), 500);
}

proptest! {
    #[test]
    fn any_order_and_any_split_gives_equal_parts(partitions in prop::collection::btree_set(0u64..40, 1..40), keys in prop::collection::vec((any::<u64>(), 0usize..3), 40)) {
        let mut whole: Option<Partitions<String>> = None;
        for &partition in &partitions {
            match &mut whole {
                Some(whole) => whole.merge(of(partition)).unwrap(),
                None => whole = Some(of(partition)),
            }
        }
        let mut shuffled: Vec<u64> = partitions.iter().copied().collect();
        shuffled.sort_by_key(|&partition| keys[partition as usize].0);
        let mut processes: Vec<Option<Partitions<String>>> = vec![None; 3];
        for partition in shuffled {
            match &mut processes[keys[partition as usize].1] {
                Some(process) => process.merge(of(partition)).unwrap(),
                process => *process = Some(of(partition)),
            }
        }
        let mut processes = processes.into_iter().flatten();
        let mut merged = processes.next().unwrap();
        for process in processes {
            merged.merge(process).unwrap();
        }
        prop_assert_eq!(Some(merged), whole);
    }
}
