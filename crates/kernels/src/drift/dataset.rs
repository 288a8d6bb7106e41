use super::model::{Column, Verdict, check_alpha};
use crate::KernelError;
use serde::{Deserialize, Serialize};

/// What is kept at α when many columns are judged at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// The share of false alarms among the alarms (Benjamini & Hochberg 1995).
    BenjaminiHochberg,
    /// The probability of any false alarm.
    Bonferroni,
}

/// Many columns, judged together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// Adjusted p-values in the order of the columns; none where a column has none.
    pub adjusted: Vec<Option<f64>>,
    /// Which columns drifted, as judged together.
    pub drifted: Vec<bool>,
    /// Columns with a verdict.
    pub computed: usize,
    /// Drifted if any column is; not computable if no column has a verdict.
    pub verdict: Verdict,
}

/// Returns what `columns` say together.
///
/// - **Rule**: a column drifted if its adjusted p-value is at most `alpha`, or if it has become nothing but nulls. Where nothing
///   drifted the data set alarms with probability `alpha` at most: by Bonferroni however columns depend on each other, by Benjamini &
///   Hochberg where they are independent or move together. Columns that are not computable neither count nor alarm.
/// - **Errors**: [`KernelError::Argument`] for an `alpha` not between 0 and 1, and for more columns than the [`super::Settings`] of each
///   were told: its p-values then do not tell apart what is rare enough.
/// - **Source**: golden values from scipy 1.17.1 `stats.false_discovery_control`.
pub fn over_columns(columns: &[&Column], alpha: f64, control: Control) -> Result<Dataset, KernelError> {
    check_alpha(alpha)?;
    if let Some(column) = columns.iter().find(|column| (column.comparisons.max(1) as usize) < columns.len()) {
        let found = format!("{} columns, judged as {}", columns.len(), column.comparisons);
        return Err(KernelError::Argument {
            name: "columns",
            found,
            expected: "at most `comparisons` of the settings",
        });
    }
    let judged = |column: &Column| column.verdict != Verdict::NotComputable;
    let p_values: Vec<Option<f64>> = columns.iter().map(|c| c.p_value.filter(|_| judged(c))).collect();
    let adjusted = adjust(&p_values, control);
    let drifted: Vec<bool> = columns
        .iter()
        .zip(&adjusted)
        .map(|(column, adjusted)| adjusted.is_some_and(|p| p <= alpha) || column.was_emptied())
        .collect();
    let computed = columns.iter().filter(|column| judged(column)).count();
    let verdict = match (computed, drifted.contains(&true)) {
        (0, _) => Verdict::NotComputable,
        (_, true) => Verdict::Drifted,
        (_, false) => Verdict::Within,
    };
    Ok(Dataset { adjusted, drifted, computed, verdict })
}

fn adjust(p_values: &[Option<f64>], control: Control) -> Vec<Option<f64>> {
    let mut ascending: Vec<usize> = (0..p_values.len()).filter(|&at| p_values[at].is_some()).collect();
    let count = ascending.len() as f64;
    ascending.sort_by(|&a, &b| p_values[a].partial_cmp(&p_values[b]).unwrap_or(std::cmp::Ordering::Equal));
    let mut adjusted = vec![None; p_values.len()];
    let mut least: f64 = 1.0;
    for (rank, &at) in ascending.iter().enumerate().rev() {
        let p = p_values[at].unwrap_or(1.0);
        adjusted[at] = Some(match control {
            Control::Bonferroni => (p * count).min(1.0),
            Control::BenjaminiHochberg => {
                least = least.min(p * count / (rank + 1) as f64);
                least
            }
        });
    }
    adjusted
}
