use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_ends_of_a_block_are_those_of_its_values(
        texts in prop::collection::vec((0usize..70, prop::collection::vec(97u8..99, 0..20)), 1..30),
    ) {
        // Many share a start of some length, up to beyond what is kept of a text.
        let texts: Vec<Vec<u8>> = texts.into_iter().map(|(shared, rest)| [vec![97; shared], rest].concat()).collect();
        let slices: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let hashes: Vec<u64> = slices.iter().map(|text| hash_text(SEED, text)).collect();
        let values: Vec<Value> = slices.iter().zip(&hashes).map(|(text, hash)| Value::text(text, *hash)).collect();
        let (low, high) = ends_of(&slices, &hashes).unwrap();
        prop_assert_eq!((values.iter().min(), values.iter().max()), (Some(&values[low]), Some(&values[high])));
    }

    #[test]
    fn a_start_is_in_the_order_of_its_text(
        a in prop::collection::vec(0u8..3, 0..20),
        b in prop::collection::vec(0u8..3, 0..20),
    ) {
        let order = start_of(&a).cmp(&start_of(&b));
        prop_assert!(order.is_eq() || order == a.cmp(&b), "{:?} {:?}", a, b);
    }
}
