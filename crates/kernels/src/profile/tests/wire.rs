use super::*;
use crate::bytes::{put_bytes, put_varint};

proptest! {
    #[test]
    fn no_bytes_make_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5), cut in any::<prop::sample::Index>(), is_cut: bool, is_small: bool) {
        let mut profile = if is_small { small() } else { part(4) };
        profile.merge(part(7)).unwrap();
        let mut bytes = profile.to_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(mut read) = Profile::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
            ask(&read);
            if read.append(part(1)).is_ok() {
                ask(&read);
            }
        }
    }

    #[test]
    fn bytes_of_anything_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), is_begun: bool) {
        let bytes = if is_begun { [b"LGPF\x01", &bytes[..]].concat() } else { bytes };
        if let Ok(read) = Profile::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
            ask(&read);
        }
    }
}

/// One value of each kind.
fn small() -> Profile {
    let mut a = ColumnBuilder::new(Settings { seed: 1, k: 8, values: 0 }, "a", 3).unwrap();
    let long = "x".repeat(70);
    a.add(Block::Real(&[0.5, 3.0, f64::NAN, f64::INFINITY])).unwrap();
    a.add(Block::Integer(&[-7])).unwrap();
    a.add(Block::Decimal { unscaled: &[12_345_678_901_234_567_890_123], scale: 3 }).unwrap();
    a.add(Block::Time { micros: &[1_700_000_000_000_000], kind: TimeKind::Local }).unwrap();
    a.add(Block::Flag(&[true])).unwrap();
    a.add(Block::Text(&[b"a@b.de", long.as_bytes()])).unwrap();
    a.add(Block::Other(1)).unwrap();
    a.add_nulls(2).unwrap();
    Profile::of(3, 13, vec![("a".to_owned(), a.finish())]).unwrap()
}

#[test]
fn bytes_of_version_1_stay_what_they_are() {
    let bytes = small().to_bytes();
    assert_eq!(Profile::from_bytes(&bytes).unwrap(), small());
    assert_eq!((bytes.len(), hash_bytes(0, &bytes)), (455, 17182354443500949927));
    let large = [0, 1, 2, 5, 6].into_iter().fold(Profile::default(), |mut all, partition| {
        all.merge(part(partition)).unwrap();
        all
    });
    assert_eq!((large.to_bytes().len(), hash_bytes(0, &large.to_bytes())), (33_968, 17413643189764726925));
    assert_eq!(Profile::from_bytes(b"LGPF\x02\0\0"), Err(WireError::Format(2)));
    assert_eq!(Profile::from_bytes(b"PAR1"), Err(WireError::Format(b'P')));
    assert_eq!(Profile::from_bytes(&bytes[..bytes.len() - 1]), Err(WireError::Short));
    assert_eq!(Profile::from_bytes(&[&bytes[..], b"."].concat()), Err(WireError::Long(1)));
}

#[test]
fn what_is_read_is_what_was_written() {
    let of = |rows: u64, blocks: &[Block<'_>]| Profile::of(0, rows, vec![("c".to_owned(), column(blocks))]).unwrap();
    let written = [
        of(1, &[Block::Real(&[1.5])]),
        of(1, &[Block::Text(&[b"a"])]),
        of(3, &[Block::Real(&[1.7e308, -1.7e308, 1.6e308])]),
        of(2, &[Block::Real(&[f64::MAX, f64::MAX])]),
        of(0, &[]),
        Profile::default(),
    ];
    for profile in written {
        assert_eq!(Profile::from_bytes(&profile.to_bytes()), Ok(profile));
    }
}

/// The head of a profile of partitions of one level, each with its start and rows.
fn head(level: u8, partitions: &[(u64, u64)]) -> Vec<u8> {
    let mut bytes = b"LGPF\x01".to_vec();
    put_varint(&mut bytes, partitions.len() as u64);
    for &(start, rows) in partitions {
        put_varint(&mut bytes, start);
        bytes.push(level);
        put_varint(&mut bytes, rows);
    }
    bytes
}

#[test]
fn partitions_of_more_rows_than_are_counted_are_refused() {
    let most = 1 << 53;
    for step in [1, 2] {
        let partitions: Vec<(u64, u64)> = (0..2_048).map(|partition| (step * partition, most)).collect();
        let mut bytes = head(0, &partitions);
        bytes.push(0);
        assert_eq!(Profile::from_bytes(&bytes), Err(WireError::Damaged("more rows than are counted")));
    }
    let mut bytes = head(0, &[(0, most - 1), (2, 1)]);
    bytes.push(0);
    assert_eq!(Profile::from_bytes(&bytes).map(|profile| profile.rows()), Ok(most));
}

/// The bytes of a column whose parts can be changed one by one before they are written.
struct Parts {
    /// Twelve counts, shapes, times.
    counts: [u64; 33],
    lengths: [u64; 4],
    ends: Vec<u8>,
    moments: (u64, f64, f64),
    kll: Option<Kll>,
    thinned: u64,
    error: u64,
    top: Vec<(u8, u64)>,
}

impl Parts {
    /// Of four rows: 3 and 7, a null, and a text of one letter.
    fn new() -> Self {
        let mut counts = [0; 33];
        (counts[0], counts[1], counts[6], counts[10]) = (4, 1, 2, 1);
        counts[12 + Shape::Letters as usize] = 1;
        let mut kll = Kll::new(8, 0).unwrap();
        kll.update_block(&[3.0, 7.0]);
        Self {
            counts,
            lengths: [1, 1, 1, 1],
            ends: vec![1, 1, 6, 5, 1, b'a'],
            moments: (2, 5.0, 8.0),
            kll: Some(kll),
            thinned: 0,
            error: 0,
            top: vec![(6, 1), (14, 1)],
        }
    }

    fn read(&self) -> Result<Profile, WireError> {
        let mut bytes = head(0, &[(0, 4)]);
        bytes.extend_from_slice(&[1, 1, b'c', 0, 0]);
        for &count in self.counts.iter().chain(&self.lengths) {
            put_varint(&mut bytes, count);
        }
        bytes.extend_from_slice(&self.ends);
        bytes.extend_from_slice(&[0, 0]);
        put_varint(&mut bytes, self.moments.0);
        bytes.extend_from_slice(&self.moments.1.to_le_bytes());
        bytes.extend_from_slice(&self.moments.2.to_le_bytes());
        bytes.push(u8::from(self.kll.is_some()));
        if let Some(kll) = &self.kll {
            bytes.extend_from_slice(&0u64.to_le_bytes());
            put_bytes(&mut bytes, &kll.to_bytes());
        }
        put_varint(&mut bytes, self.thinned);
        put_varint(&mut bytes, self.error);
        put_varint(&mut bytes, self.top.len() as u64 + 1);
        for &(integer, count) in &self.top {
            bytes.extend_from_slice(&[1, integer]);
            put_varint(&mut bytes, count);
        }
        // The text, which is there once.
        bytes.extend_from_slice(&[5, 1, b'a', 1]);
        Profile::from_bytes(&bytes)
    }
}

#[test]
fn counts_that_do_not_fit_each_other_are_refused() {
    Parts::new().read().unwrap();
    #[track_caller]
    fn check(what: &'static str, change: impl Fn(&mut Parts)) {
        let mut parts = Parts::new();
        change(&mut parts);
        assert_eq!(parts.read(), Err(WireError::Damaged(what)));
    }
    let counts = "counts that do not fit each other";
    // Rows of others; more nulls than rows; infinite, times and flags without any; a text of no shape, and of two.
    check(counts, |parts| (parts.counts[0], parts.counts[1]) = (5, 2));
    check(counts, |parts| parts.counts[1] = 9);
    check(counts, |parts| parts.counts[4] = 1);
    check(counts, |parts| parts.counts[32] = 1);
    check(counts, |parts| parts.counts.swap(12 + Shape::Letters as usize, 12 + Shape::Boolean as usize));
    check(counts, |parts| parts.counts[12 + Shape::Letters as usize] = 0);
    check(counts, |parts| parts.counts[12] = 1);
    check(counts, |parts| parts.lengths = [1, 2, 1, 1]);
    check(counts, |parts| parts.lengths[3] = 2);
    check(counts, |parts| {
        parts.counts[12 + Shape::Letters as usize] = 0;
        parts.lengths[0] = 0;
    });
    check("ends", |parts| parts.ends = vec![1, 1, 14, 1, 6]);
    let moments = "moments";
    check(moments, |parts| parts.moments.0 = 5);
    check(moments, |parts| parts.moments.1 = f64::NAN);
    check(moments, |parts| parts.moments.1 = f64::NEG_INFINITY);
    check(moments, |parts| parts.moments.2 = f64::NAN);
    check(moments, |parts| parts.moments.2 = -1.0);
    check("a mean of nothing", |parts| parts.moments.0 = 0);
    let sketch = |values: &[f64]| {
        let mut kll = Kll::new(8, 0).unwrap();
        kll.update_block(values);
        Some(kll)
    };
    check("a sketch of other values", |parts| parts.kll = sketch(&[1.0, 2.0, 3.0, 4.0, 5.0]));
    check("a sketch of other values", |parts| parts.kll = sketch(&[1.0, f64::INFINITY]));
    check("a sketch of other values", |parts| parts.kll = sketch(&[]));
    let frequent = "frequent values";
    check(frequent, |parts| (parts.kll, parts.thinned) = (None, 16));
    check(frequent, |parts| parts.error = 5);
    check(frequent, |parts| parts.top[0].1 = 2);
    check(frequent, |parts| (parts.top[0].1, parts.error) = (1 << 52, 1));
    check(frequent, |parts| parts.top.truncate(1));
    check(frequent, |parts| parts.top.reverse());
    // Where counts are not exact, some values need not be listed.
    let mut estimated = Parts::new();
    (estimated.error, estimated.top) = (1, vec![(6, 1)]);
    estimated.read().unwrap();
}
