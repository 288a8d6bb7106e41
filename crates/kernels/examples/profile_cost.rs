//! Prints what a profile costs, in nanoseconds per value: `cargo run --release -p lockgate-kernels --example profile_cost`.
//!
//! A rough figure of one run on one core, for who changes the code; what is promised is measured in `bench/`.
use kernels::profile::{Block, ColumnBuilder, ColumnProfile, Profile, Settings, count_codes};
use kernels::{Kll, mix};
use std::hint::black_box;
use std::time::Instant;

const COUNT: u64 = 2_000_000;
const BLOCK: usize = 8_192;

fn unit(seed: u64, row: u64) -> f64 {
    (mix(seed, row) >> 11) as f64 / (1u64 << 53) as f64
}

fn measure<T>(name: &str, values: u64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    println!("{name:<48} {:>8.1} ns", start.elapsed().as_nanos() as f64 / values as f64);
    result
}

fn column(values: u64, feed: impl FnOnce(&mut ColumnBuilder)) -> ColumnProfile {
    let settings = Settings { values, ..Settings::default() };
    let mut builder = ColumnBuilder::new(settings, "c", 0).expect("the default `k`");
    feed(&mut builder);
    builder.finish()
}

fn reals(name: &str, rows: u64, values: &[f64]) -> ColumnProfile {
    measure(name, COUNT, || {
        column(rows, |builder| values.chunks(BLOCK).for_each(|block| builder.add(Block::Real(block)).expect("floats")))
    })
}

fn texts(name: &str, values: &[String]) {
    let slices: Vec<&[u8]> = values.iter().map(String::as_bytes).collect();
    measure(name, COUNT, || {
        column(0, |builder| slices.chunks(BLOCK).for_each(|block| builder.add(Block::Text(block)).expect("texts")))
    });
}

fn main() {
    let uniform: Vec<f64> = (0..COUNT).map(|row| unit(1, row)).collect();
    measure("KLL, k = 200, one by one", COUNT, || {
        let mut kll = Kll::new(200, 0).expect("a `k` from 8 on");
        uniform.iter().for_each(|&value| kll.update(value));
        kll
    });
    measure("KLL, k = 200, blocks of 4,096", COUNT, || {
        let mut kll = Kll::new(200, 0).expect("a `k` from 8 on");
        uniform.chunks(4_096).for_each(|values| kll.update_block(values));
        kll
    });
    let parts: Vec<Kll> = uniform
        .chunks(10_000)
        .take(100)
        .zip(0..)
        .map(|(values, part)| {
            let mut kll = Kll::new(200, part).expect("a `k` from 8 on");
            kll.update_block(values);
            kll
        })
        .collect();
    measure("KLL, k = 200, a merge", 100, || {
        let mut all = Kll::new(200, 0).expect("a `k` from 8 on");
        parts.iter().for_each(|part| all.merge(part).expect("a million values"));
        all
    });

    reals("floats, all different", 0, &uniform);
    let many = reals("floats, all different, of 100 million rows", 100_000_000, &uniform);
    let few: Vec<f64> = uniform.iter().map(|value| (value * 500.0).floor()).collect();
    reals("floats, 500 different", 0, &few);
    let skewed: Vec<f64> = uniform.iter().map(|value| (value.powi(8) * 1e5).floor()).collect();
    reals("floats, 100,000 different, skewed", 100_000_000, &skewed);
    let whole: Vec<i64> = (0..COUNT).map(|row| mix(2, row) as i64 >> 20).collect();
    measure("integers, all different, of 100 million rows", COUNT, || {
        column(100_000_000, |builder| {
            whole.chunks(BLOCK).for_each(|block| builder.add(Block::Integer(block)).expect("integers"));
        })
    });
    let unscaled: Vec<i128> = whole.iter().map(|&value| i128::from(value)).collect();
    measure("decimals, all different, of 100 million rows", COUNT, || {
        column(100_000_000, |builder| {
            unscaled
                .chunks(BLOCK)
                .for_each(|unscaled| builder.add(Block::Decimal { unscaled, scale: 2 }).expect("decimals"));
        })
    });
    texts("texts, 200 different", &(0..COUNT).map(|row| format!("category {}", mix(3, row) % 200)).collect::<Vec<_>>());
    texts("texts, all different", &(0..COUNT).map(|row| format!("customer-{:08x}", mix(4, row))).collect::<Vec<_>>());
    let dictionary: Vec<String> = (0..5_000).map(|value| format!("category {value}")).collect();
    let dictionary: Vec<&[u8]> = dictionary.iter().map(String::as_bytes).collect();
    let codes: Vec<u32> = (0..COUNT).map(|row| (mix(5, row) % 5_000) as u32).collect();
    measure("a dictionary of 5,000 texts", COUNT, || {
        column(0, |builder| {
            let mut counts = vec![0; dictionary.len()];
            codes.chunks(BLOCK).for_each(|block| count_codes(&mut counts, block).expect("codes of the dictionary"));
            builder.add_counted(&dictionary, &counts).expect("a count each");
        })
    });

    let profile = Profile::of(0, COUNT, vec![("c".to_owned(), many)]).expect("one column");
    let bytes = profile.to_bytes();
    println!("a column of different floats in {} bytes", bytes.len());
    measure("reading it", 1, || Profile::from_bytes(&bytes).expect("just written"));
    measure("its median", 1, || profile.columns()[0].1.summary().quantile(0.5).ok());
}
