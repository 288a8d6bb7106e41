//! Divergences `Σ f(p, q)` that behave as a multiple of χ² where `p` and `q` are close: one law serves them all.
use super::model::TestId;
use super::table::View;
use libm::log;
use std::f64::consts::LN_2;

/// A divergence on the scale where it is first-order a multiple of χ².
#[derive(Clone, Copy)]
pub(super) struct Divergence {
    /// The sum.
    pub sum: fn(&View<'_>) -> f64,
    /// `sum · per_chi · n m/N` follows χ² with `cells − 1` degrees of freedom where nothing drifted.
    pub per_chi: f64,
    /// From the sum to the value reported; ascending.
    pub finish: fn(f64) -> f64,
    /// The partial derivatives of the sum by `p` and by `q`, at shares above 0.
    pub slope: fn(f64, f64) -> (f64, f64),
}

pub(super) fn divergence(id: TestId) -> Option<Divergence> {
    let same: fn(f64) -> f64 = |sum| sum;
    Some(match id {
        TestId::Psi => Divergence {
            sum: psi,
            per_chi: 1.0,
            finish: same,
            slope: |p, q| (log(p / q) - q / p + 1.0, log(q / p) - p / q + 1.0),
        },
        TestId::Kl => Divergence { sum: kl, per_chi: 2.0, finish: same, slope: |p, q| (log(p / q) + 1.0, -p / q) },
        TestId::JensenShannon => Divergence {
            sum: jensen_shannon_nats,
            per_chi: 8.0,
            finish: |nats| (nats / LN_2).sqrt().min(1.0),
            slope: |p, q| (0.5 * log(2.0 * p / (p + q)), 0.5 * log(2.0 * q / (p + q))),
        },
        TestId::Hellinger => Divergence {
            sum: hellinger_squared,
            per_chi: 8.0,
            finish: |square| square.sqrt().min(1.0),
            slope: |p, q| (-0.5 * (q / p).sqrt(), -0.5 * (p / q).sqrt()),
        },
        _ => return None,
    })
}

fn psi(view: &View<'_>) -> f64 {
    view.smoothed().map(|(p, q)| (q - p) * log(q / p)).sum()
}

fn kl(view: &View<'_>) -> f64 {
    view.smoothed().map(|(p, q)| p * log(p / q)).sum::<f64>().max(0.0)
}

fn jensen_shannon_nats(view: &View<'_>) -> f64 {
    let part =
        |share: f64, other: f64| if share > 0.0 { 0.5 * share * log(2.0 * share / (share + other)) } else { 0.0 };
    view.shares().map(|(p, q)| part(p, q) + part(q, p)).sum::<f64>().max(0.0)
}

/// `1 − Σ √(p q)`, as `½ Σ (√p − √q)²`, which keeps its digits where the two are close.
fn hellinger_squared(view: &View<'_>) -> f64 {
    let part = |(p, q): (f64, f64)| p.sqrt() - q.sqrt();
    0.5 * view.shares().map(part).map(|gap| gap * gap).sum::<f64>()
}
