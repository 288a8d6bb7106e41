use crate::{KernelError, check_fraction};

/// Returns the `q`-quantile of ascending values, interpolated linearly between neighbours (numpy's default, type 7).
///
/// - **Shapes**: `sorted`: `[n]`, `n ≥ 1`, ascending, no NaN (the caller's duty).
/// - **Units**: `q` is a fraction in `[0, 1]`; the result has the values' unit.
/// - **Errors**: [`KernelError::Shape`] for no values; [`KernelError::Argument`] for another `q`.
/// - **Source**: Hyndman & Fan (1996), definition 7; golden values from numpy 2 `quantile`.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> Result<f64, KernelError> {
    if sorted.is_empty() {
        return Err(KernelError::Shape(0, 1));
    }
    check_fraction("q", q)?;
    let place = q * (sorted.len() - 1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    let (below, above) = (at(place.floor()), at(place.ceil()));
    let share = place - place.floor();
    // Equal neighbours first: infinite ones would give NaN.
    Ok(if below == above || share == 0.0 { below } else { below + (above - below) * share })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_values_of_numpy() {
        let mut values = [3.5, -1.25, 8.0, 0.5, 12.75, 4.0, 4.0, -7.5, 2.25, 6.125];
        values.sort_by(f64::total_cmp);
        let golden = [
            (0.0, -7.5),
            (0.05, -4.6875),
            (0.25, 0.9375),
            (0.5, 3.75),
            (0.75, 5.593_75),
            (0.95, 10.612_5),
            (1.0, 12.75),
        ];
        for (q, expected) in golden {
            assert!((quantile(&values, q).unwrap() - expected).abs() < 1e-12, "{q}");
        }
        assert_eq!(quantile(&[], 0.5), Err(KernelError::Shape(0, 1)));
        assert_eq!(quantile(&[1.0], 1.5).unwrap_err().to_string(), "`q` is 1.5: expected a number from 0 to 1");
    }

    proptest! {
        #[test]
        fn quantiles_ascend_and_scale(mut values in prop::collection::vec(-1e6f64..1e6, 1..50), a in 0.0f64..=1.0, b in 0.0f64..=1.0) {
            values.sort_by(f64::total_cmp);
            let at = |q| quantile(&values, q).unwrap();
            prop_assert!(at(a.min(b)) <= at(a.max(b)));
            let doubled: Vec<f64> = values.iter().map(|v| v * 2.0).collect();
            prop_assert_eq!(quantile(&doubled, a).unwrap(), at(a) * 2.0);
        }
    }
}
