//! How often intervals hold the number of the populations, and whether draws have their distribution.
use super::calibration::{categories, categories_of, numbers, numbers_of};
use super::*;
use crate::drift::cells::Cells;
use crate::drift::hypergeometric::Stream;

const REPETITIONS: u32 = 400;

#[test]
fn intervals_hold_what_they_promise() {
    let (p, q) = ([0.4, 0.3, 0.2, 0.1], [0.3, 0.3, 0.2, 0.2]);
    let sum = |of: fn(f64, f64) -> f64| p.iter().zip(&q).map(|(&p, &q)| of(p, q)).sum::<f64>();
    let (a, b) = (1_000.0 / 1_800.0, 800.0 / 1_800.0);
    let phi: f64 = p.iter().zip(&q).map(|(p, q)| a * b * (p - q) * (p - q) / (a * p + b * q)).sum();
    let truth = [
        (TestId::Psi, sum(|p, q| (q - p) * (q / p).ln())),
        (TestId::Kl, sum(|p, q| p * (p / q).ln())),
        (TestId::Hellinger, (1.0 - sum(|p, q| (p * q).sqrt())).sqrt()),
        (
            TestId::JensenShannon,
            sum(|p, q| 0.5 * (p * (2.0 * p / (p + q)).log2() + q * (2.0 * q / (p + q)).log2())).sqrt(),
        ),
        (TestId::TotalVariation, 0.1),
        (TestId::LInfinity, 0.1),
        (TestId::CramersV, phi.sqrt()),
    ];
    let ids: Vec<TestId> = truth.iter().map(|&(id, _)| id).collect();
    holds(&truth, |stream, seed| {
        categories_of(
            &categories(stream, &p, 1_000),
            &categories(stream, &q, 800),
            &ids,
            &Settings { seed, ..settings() },
        )
    });
    // Uniform on [0, 1] and on [0.1, 1.1].
    let squared: f64 = 0.1 * 0.1 * 0.9 + 2.0 * 0.1f64.powi(3) / 3.0;
    let truth = [
        (TestId::Ks, 0.1),
        (TestId::Wasserstein, 0.1),
        (TestId::WassersteinNormed, 0.1 * 12f64.sqrt()),
        (TestId::Energy, (2.0 * squared).sqrt()),
    ];
    let ids: Vec<TestId> = truth.iter().map(|&(id, _)| id).collect();
    holds(&truth, |stream, seed| {
        numbers_of(
            &numbers(stream, 600, |u| u),
            &numbers(stream, 500, |u| u + 0.1),
            &ids,
            &Settings { seed, ..settings() },
        )
    });
}

#[track_caller]
fn holds(truth: &[(TestId, f64)], mut column: impl FnMut(&mut Stream, u64) -> Column) {
    let mut inside = vec![0u32; truth.len()];
    for repetition in 0..u64::from(REPETITIONS) {
        let found = column(&mut Stream::new(repetition + 13_000), repetition);
        for (count, (id, value)) in inside.iter_mut().zip(truth) {
            let Interval { low, high } = found.tests[id].interval.unwrap();
            *count += u32::from(low <= *value && *value <= high);
        }
    }
    for ((id, _), count) in truth.iter().zip(inside) {
        let share = f64::from(count) / f64::from(REPETITIONS);
        assert!(share >= 0.914, "{id}: the interval holds the value in {share} of the runs"); // 95 % less 3.3 standard errors
        assert!(share <= 0.986 || matches!(id, TestId::Ks), "{id}: {share}, wider than it says");
    }
}

#[test]
fn tables_without_replacement_have_their_distribution() {
    // Coins for light cells at halves and at other shares, rows that are picked one by one, and cells by the normal law.
    let many: Vec<u64> = (0..40).map(|cell| 3 + 17 * (cell % 9)).collect();
    let mixed: Vec<u64> = [5_000, 40, 90_000, 1, 300, 0, 12].into();
    for (pooled, share) in [(&many, 0.5), (&many, 0.3), (&many, 0.01), (&mixed, 0.5), (&mixed, 0.2), (&mixed, 0.0001)] {
        let total: u64 = pooled.iter().sum();
        let drawn = (total as f64 * share) as u64;
        let (cells, mut stream) = (Cells::of(pooled, drawn, total), Stream::new(5));
        let mut into = vec![0; pooled.len()];
        let mut sums = vec![(0.0, 0.0); pooled.len()];
        for _ in 0..20_000 {
            cells.draw(&mut stream, pooled, (drawn, total), &mut into);
            assert_eq!(into.iter().sum::<u64>(), drawn);
            for ((sum, &taken), &rows) in sums.iter_mut().zip(&into).zip(pooled) {
                assert!(taken <= rows);
                *sum = (sum.0 + taken as f64, sum.1 + (taken * taken) as f64);
            }
        }
        for (&rows, (sum, squares)) in pooled.iter().zip(sums) {
            let (k, n, all) = (rows as f64, drawn as f64, total as f64);
            let variance = n * k / all * (1.0 - k / all) * (all - n) / (all - 1.0);
            let (mean, spread) = (sum / 20_000.0, squares / 20_000.0 - (sum / 20_000.0).powi(2));
            // Where hardly any row is drawn, the variance of the variance is that of a Poisson law.
            let wide = 6.0 * (variance * (1.0 + 3.0 * variance) / 20_000.0).sqrt();
            assert!((mean - n * k / all).abs() <= 4.5 * (variance / 20_000.0).sqrt(), "{rows} {drawn} {total}: {mean}");
            assert!((spread - variance).abs() <= wide, "{rows} {drawn} {total}: {spread} for {variance}");
        }
    }
}

#[test]
fn draws_without_replacement_have_their_distribution() {
    // One by one, from the mode, and by the normal law; 20,000 draws each against mean and variance.
    for (marked, drawn, total) in [(7, 30, 100), (60, 50, 300), (300, 20, 1_000), (400_000, 300_000, 1_000_000)] {
        let mut stream = Stream::new(5);
        let draws: Vec<f64> = (0..20_000).map(|_| stream.hypergeometric(marked, drawn, total) as f64).collect();
        let (k, n, all) = (marked as f64, drawn as f64, total as f64);
        let variance = n * k / all * (1.0 - k / all) * (all - n) / (all - 1.0);
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let spread = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - n * k / all).abs() < 4.0 * (variance / 20_000.0).sqrt(), "{marked} {drawn} {total}: {mean}");
        assert!((spread / variance - 1.0).abs() < 0.05, "{marked} {drawn} {total}: {spread} for {variance}");
    }
}
