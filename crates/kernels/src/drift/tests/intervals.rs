//! How often intervals hold the number of the populations, and whether draws have their distribution.
use super::calibration::{categories, categories_of, numbers, numbers_of};
use super::*;
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
