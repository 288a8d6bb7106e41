mod columns;
mod merge;
mod odd;
mod wire;

use super::*;
use crate::{Computed, Reason, WireError, hash_bytes, mix};
use proptest::prelude::*;

fn builder(partition: u64) -> ColumnBuilder {
    ColumnBuilder::new(Settings::default(), "c", partition).unwrap()
}

fn column(blocks: &[Block<'_>]) -> ColumnProfile {
    let mut builder = builder(0);
    for block in blocks {
        builder.add(*block).unwrap();
    }
    builder.finish()
}

fn slices(texts: &[impl AsRef<[u8]>]) -> Vec<&[u8]> {
    texts.iter().map(AsRef::as_ref).collect()
}

fn text_column(texts: &[impl AsRef<[u8]>]) -> ColumnProfile {
    column(&[Block::Text(&slices(texts))])
}

fn near(found: Computed, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} is not {expected}");
}

/// The amounts of `golden/profile.py`.
fn amount(row: u64) -> f64 {
    let unit = (mix(1, row) >> 11) as f64 / (1u64 << 53) as f64;
    (unit * unit * unit * unit * 200_000.0).floor() / 100.0
}

const SHARES: [f64; 8] = [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

/// Partitions of a table whose column `b` comes later, and whose column `c` is missing in some.
fn part(partition: u64) -> Profile {
    let seed = mix(77, partition);
    let rows = 400 + seed % 9_000;
    let column = |name: &str, feed: &dyn Fn(&mut ColumnBuilder)| {
        // Every second column is thinned, as those of long tables are.
        let values = if name == "a" { 5_000 } else { 0 };
        let settings = Settings { seed: 5, k: 32, values };
        let mut builder = ColumnBuilder::new(settings, name, partition).unwrap();
        feed(&mut builder);
        (name.to_owned(), builder.finish())
    };
    let numbers: Vec<f64> = (0..rows).map(|row| mix(seed, row) as f64 / 1e15).collect();
    let texts: Vec<String> = (0..rows).map(|row| (mix(seed ^ 1, row) % 900).to_string()).collect();
    let mut columns = vec![column("a", &|builder| builder.add(Block::Real(&numbers)).unwrap())];
    if partition % 5 != 3 {
        columns.push(column("c", &|builder| {
            builder.add(Block::Text(&slices(&texts[1..]))).unwrap();
            builder.add_nulls(1).unwrap();
        }));
    }
    if partition > 4 {
        columns.push(column("b", &|builder| builder.add(Block::Flag(&vec![true; rows as usize])).unwrap()));
    }
    Profile::of(partition, rows, columns).unwrap()
}

/// Whatever was read, everything can be asked of it.
fn ask(profile: &Profile) {
    for (_, column) in profile.columns() {
        let summary = column.summary();
        let _ = (summary.inferred(), summary.types(), summary.shapes(), summary.completeness(), summary.times());
        let _ = (summary.distinct(), summary.distinctness(), summary.uniqueness(), summary.unique_value_ratio());
        let _ = (
            summary.share_error(),
            summary.categories().map(|counts| counts.iter().map(|(_, count)| count).sum::<u64>()),
        );
        for share in
            [summary.completeness(), summary.distinctness(), summary.uniqueness(), summary.unique_value_ratio()]
        {
            assert!(share.is_err() || (0.0..=1.0).contains(&share.unwrap()));
        }
        for number in [summary.mean(), summary.variance(), summary.population_variance(), summary.mean_length()] {
            assert!(number.is_err() || number.unwrap().is_finite());
        }
        let _ = summary.entropy();
        let _ =
            (summary.top(3), summary.histogram(9), summary.between(&[-1.0, 0.0, f64::INFINITY]), summary.rank_error());
        for value in [summary.min(), summary.max()].into_iter().flatten() {
            assert!(value.to_string().len() < 400);
        }
        for q in [0.0, 0.3, 1.0] {
            assert!(summary.quantile(q).is_ok());
        }
    }
}
