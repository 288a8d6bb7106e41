//! A histogram as a word.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Returns a bar for each count, the largest of full height; `·` where there is nothing, so that few and none differ.
pub fn bars(counts: &[f64]) -> String {
    let largest = counts.iter().copied().filter(|count| count.is_finite()).fold(0.0, f64::max);
    let bar = |count: f64| {
        if count.is_nan() || count <= 0.0 || largest <= 0.0 {
            return '·';
        }
        let place = BARS.iter().zip(1_u32..).find(|(_, step)| count <= largest / BARS.len() as f64 * f64::from(*step));
        place.map_or(BARS[BARS.len() - 1], |(bar, _)| *bar)
    };
    counts.iter().map(|count| bar(*count)).collect()
}
