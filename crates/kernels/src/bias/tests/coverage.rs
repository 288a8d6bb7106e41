//! Intervals hold the number of the population as often as they say, and tests are wrong no more often than they say.
use super::*;

/// Rows of the advantaged and the disadvantaged group of a sample.
const ROWS: [u64; 2] = [180, 120];
const SAMPLES: u64 = 400;

/// Weights of a facet value's cells: stratum (2), label (2), prediction (2).
type Weights = [u64; 8];

fn sample(population: &[Weights], rows: &[u64], seed: u64) -> Contingency {
    let mut columns = [const { Vec::new() }; 4];
    for (facet, (weights, &rows)) in (0..).zip(population.iter().zip(rows)) {
        let all: u64 = weights.iter().sum();
        for row in 0..rows {
            let mut place = mix(seed, row + 1_000_000 * u64::from(facet)) % all;
            let cell = weights.iter().position(|&weight| {
                let here = place < weight;
                place = place.saturating_sub(weight);
                here
            });
            let cell = cell.unwrap() as u32;
            for (column, code) in columns.iter_mut().zip([facet, cell / 4, cell / 2 % 2, cell % 2]) {
                column.push(code);
            }
        }
    }
    table_of(&columns, axes(population))
}

fn axes(population: &[Weights]) -> Axes {
    Axes { groups: 2, facets: population.len() as u32, ..AXES }
}

/// A table whose shares are those of the population.
fn everyone(population: &[Weights], rows: &[u64]) -> Contingency {
    let mut table = Contingency::new(axes(population)).unwrap();
    for (facet, (weights, &rows)) in (0..).zip(population.iter().zip(rows)) {
        for (cell, &weight) in (0u32..).zip(weights) {
            let same = |code: u32| vec![code; (weight * rows) as usize];
            let [facet, group, label, prediction] = [facet, cell / 4, cell / 2 % 2, cell % 2].map(same);
            let columns =
                Columns { group: Some(&group), facet: &facet, label: Some(&label), prediction: Some(&prediction) };
            table.add(&columns).unwrap();
        }
    }
    table
}

const UNEQUAL: [Weights; 2] = [[20, 8, 7, 25, 12, 5, 5, 18], [26, 5, 12, 13, 22, 4, 9, 9]];
const EQUAL: [Weights; 2] = [[20, 8, 7, 25, 12, 5, 5, 18]; 2];

fn check_held(id: &str, held: u64, found: u64, least: f64) {
    let share = held as f64 / found as f64;
    assert!(found * 10 > SAMPLES * 9, "{id}: only {found} of {SAMPLES} samples have an interval");
    assert!(share >= least, "{id}: {share} of the intervals hold the number");
}

#[test]
fn intervals_hold_what_they_should() {
    // Of 400 samples at 95 %, 92 % is 2.7 standard errors below.
    for population in [UNEQUAL, EQUAL] {
        let whole = Comparison::new(&everyone(&population, &ROWS), &QUESTION, &any_size()).unwrap();
        let samples: Vec<Comparison> = (0..SAMPLES)
            .map(|seed| Comparison::new(&sample(&population, &ROWS, seed), &QUESTION, &any_size()).unwrap())
            .collect();
        for (id, metric) in PRE_TRAINING.into_iter().chain(POST_TRAINING).chain(AIF360).filter(|(id, _)| *id != "CI") {
            let truth = metric(&whole).value.unwrap();
            let intervals = samples.iter().filter_map(|comparison| metric(comparison).interval.ok());
            let (mut held, mut found) = (0, 0);
            for interval in intervals {
                found += 1;
                held += u64::from(interval.low <= truth + 1e-12 && truth <= interval.high + 1e-12);
            }
            check_held(id, held, found, 0.92);
        }
    }
}

#[test]
fn intervals_of_several_groups_hold_what_they_should() {
    let population = [UNEQUAL[0], UNEQUAL[1], [15, 10, 5, 30, 10, 5, 5, 20], EQUAL[1]];
    let rows = [180, 120, 90, 60];
    let truths = groups_of(&everyone(&population, &rows), &any_size());
    let samples: Vec<Groups> =
        (0..SAMPLES).map(|seed| groups_of(&sample(&population, &rows, seed), &any_size())).collect();
    for (id, metric) in FAIRLEARN {
        let truth = metric(&truths).value.unwrap();
        let intervals = samples.iter().filter_map(|groups| metric(groups).interval.ok());
        let (mut held, mut found) = (0, 0);
        for interval in intervals {
            found += 1;
            held += u64::from(interval.low <= truth && truth <= interval.high);
        }
        check_held(id, held, found, 0.94);
    }
}

#[test]
fn divergences_of_many_classes_hold_what_they_should() {
    for (weights, least) in [
        ([[10u64; 10], [10; 10]], 0.94),
        ([[10; 10], [5, 15, 5, 15, 5, 15, 5, 15, 5, 15]], 0.9),
        ([[30, 20, 10, 10, 10, 5, 5, 4, 3, 3], [20, 20, 20, 10, 10, 5, 5, 4, 3, 3]], 0.9),
    ] {
        let whole = classes(&weights[0], &weights[1]);
        let samples: Vec<Comparison> = (0..SAMPLES)
            .map(|seed| {
                let mut counts = [[0u64; 10]; 2];
                for (side, rows) in [500, 300].into_iter().enumerate() {
                    for row in 0..rows {
                        let place = mix(seed + 7, row + 1_000_000 * side as u64) % 100;
                        let mut sum = 0;
                        let class = weights[side].iter().position(|weight| {
                            sum += weight;
                            place < sum
                        });
                        counts[side][class.unwrap()] += 1;
                    }
                }
                classes(&counts[0], &counts[1])
            })
            .collect();
        for (id, metric) in [("JS", js as fn(&Comparison) -> Metric), ("KL", kl), ("LP", lp), ("TVD", tvd), ("KS", ks)]
        {
            let truth = metric(&whole).value.unwrap();
            let intervals = samples.iter().filter_map(|comparison| metric(comparison).interval.ok());
            let (mut held, mut found) = (0, 0);
            for interval in intervals {
                found += 1;
                held += u64::from(interval.low <= truth + 1e-12 && truth <= interval.high);
            }
            check_held(id, held, found, least);
        }
    }
}

#[test]
fn equal_groups_are_called_different_as_often_as_they_should() {
    let compare = |seed: u64| Comparison::new(&sample(&EQUAL, &ROWS, seed + 5_000), &QUESTION, &any_size()).unwrap();
    let samples: Vec<Comparison> = (0..1_000).map(compare).collect();
    let ids = PRE_TRAINING.into_iter().chain(POST_TRAINING).chain(AIF360);
    for (id, metric) in ids.filter(|(id, _)| !["CI", "GE", "theil_index"].contains(id)) {
        let alarms = samples.iter().filter(|&comparison| metric(comparison).p_value.unwrap().value < 0.05).count();
        // Nominal 50 of 1,000, with a standard error of 7.
        assert!((20..=75).contains(&alarms), "{id}: {alarms} of 1,000");
    }
    let same = [EQUAL[0]; 3];
    let samples: Vec<Groups> =
        (0..1_000).map(|seed| groups_of(&sample(&same, &[100, 100, 100], seed + 9_000), &any_size())).collect();
    for (id, metric) in FAIRLEARN {
        let alarms = samples.iter().filter(|&groups| metric(groups).p_value.unwrap().value < 0.05).count();
        assert!((20..=75).contains(&alarms), "{id}: {alarms} of 1,000");
    }
}

#[test]
fn flips_hold_what_they_should() {
    let mut held = 0;
    let test = FlipTest::new(&[&[0.0, 1.0]], &[0, 1], &[0, 1], &any_size()).unwrap();
    for seed in 0..SAMPLES {
        let mut flips = Flips { rows: 60, ..Flips::default() };
        for row in 0..60 {
            let place = number(seed + 50_000, row, 0);
            flips.from_positive += u64::from(place < 0.2);
            flips.from_negative += u64::from(place > 0.95);
        }
        let found = test.metric(&flips).interval.unwrap();
        held += u64::from(found.low <= 0.15 && 0.15 <= found.high);
    }
    check_held("FT", held, SAMPLES, 0.92);
}
