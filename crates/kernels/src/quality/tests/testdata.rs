//! The rows that golden values are of: made by `mix`, here and in golden/quality.py alike.
use crate::mix;

/// A number in `[0, 1)` from a stream and a row.
pub fn unit(stream: u64, row: u64) -> f64 {
    (mix(stream, row) >> 11) as f64 / (1u64 << 53) as f64
}

/// Whether two numbers are equal to twelve digits.
pub fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * (1.0 + b.abs())
}

#[track_caller]
pub fn check(metrics: &[(&'static str, crate::Computed)], golden: &[(&str, f64)]) {
    for (id, value) in metrics {
        let expected = golden.iter().find(|known| known.0 == *id).map(|known| known.1);
        assert!(value.as_ref().ok().zip(expected).is_some_and(|(&a, b)| near(a, b)), "{id}: {value:?} {expected:?}");
    }
    assert_eq!(metrics.len(), golden.len());
}

/// Forty rows of a binary task, with ties in the score and weights of which some are 0.
pub struct BinaryRows {
    pub truth: Vec<bool>,
    pub prediction: Vec<bool>,
    pub score: Vec<f64>,
    pub weight: Vec<f64>,
}

pub fn rows() -> BinaryRows {
    let score: Vec<f64> = (0..40).map(|row| (unit(1, row) * 20.0).floor() / 20.0).collect();
    BinaryRows {
        truth: (0..40).map(|row| unit(2, row) < 0.2 + 0.6 * score[row as usize]).collect(),
        prediction: score.iter().map(|&score| score >= 0.5).collect(),
        weight: (0..40).map(|row| (unit(3, row) * 9.0).floor() / 4.0).collect(),
        score,
    }
}

/// Sixty rows of a task with four classes; a fifth is predicted and never true.
pub struct ClassRows {
    pub truth: Vec<u32>,
    pub prediction: Vec<u32>,
    pub scores: Vec<Vec<f64>>,
    pub weight: Vec<f64>,
}

pub fn class_rows() -> ClassRows {
    let truth: Vec<u32> = (0..60).map(|row| (unit(5, row) * 4.0) as u32).collect();
    let raw =
        |class: u64, row: u64| unit(10 + class, row) + if truth[row as usize] == class as u32 { 0.5 } else { 0.0 };
    let sum = |row: u64| (0..4).fold(0.0, |sum, class| sum + raw(class, row));
    ClassRows {
        prediction: (0..60)
            .map(|row| if unit(6, row) < 0.6 { truth[row as usize] } else { (unit(7, row) * 5.0) as u32 })
            .collect(),
        scores: (0..4).map(|class| (0..60).map(|row| raw(class, row) / sum(row)).collect()).collect(),
        weight: (0..60).map(|row| (unit(3, row) * 9.0).floor() / 4.0).collect(),
        truth,
    }
}

/// Fifty rows of a quantity.
pub struct QuantityRows {
    pub truth: Vec<f64>,
    pub prediction: Vec<f64>,
    pub weight: Vec<f64>,
}

pub fn quantity_rows() -> QuantityRows {
    let truth: Vec<f64> = (0..50).map(|row| 10.0 * unit(20, row) + 0.5).collect();
    QuantityRows {
        prediction: (0..50).map(|row| truth[row as usize] + 3.0 * unit(21, row) - 0.4).collect(),
        weight: (0..50).map(|row| (unit(3, row) * 9.0).floor() / 4.0).collect(),
        truth,
    }
}

/// Expects the refusal of an argument.
#[track_caller]
pub fn wrong<T>(argument: &str, found: Result<T, crate::KernelError>) {
    match found {
        Err(crate::KernelError::Argument { name, .. }) => assert_eq!(name, argument),
        Err(other) => panic!("{other} is not about {argument}"),
        Ok(_) => panic!("{argument} is not refused"),
    }
}
