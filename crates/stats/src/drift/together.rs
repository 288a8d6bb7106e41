//! All columns together: what they say as many comparisons, and whether a model tells the sides apart.
use super::model::DomainDrift;
use super::{Asked, ColumnDrift, ColumnSide, Compared, Drift, Look, TableSide};
use crate::StatsError;
use kernels::Reason;
use kernels::bias::MISSING;
use kernels::drift::{Column, Control, Domain, Feature, Settings, Verdict, domain_classifier, over_columns};

/// Some rows of a column, of the reference and of the current side.
pub(super) enum Sampled {
    /// NaN where missing.
    Numbers([Vec<f64>; 2]),
    /// Codes of both sides from 0 on without gaps.
    Categories { codes: [Vec<u32>; 2], values: u32 },
}

impl Sampled {
    /// Takes codes of both sides' categories, of which few are there: they are numbered anew.
    pub fn of_codes(codes: [Vec<u32>; 2]) -> Self {
        let mut kept: Vec<u32> = codes.iter().flatten().copied().filter(|&code| code != MISSING).collect();
        kept.sort_unstable();
        kept.dedup();
        let anew = |code: u32| kept.binary_search(&code).map_or(MISSING, |place| place as u32);
        let codes = codes.map(|codes| codes.into_iter().map(anew).collect());
        Self::Categories { codes, values: kept.len() as u32 }
    }

    fn feature(&self, side: usize) -> Feature<'_> {
        match self {
            Self::Numbers(values) => Feature::Numbers(&values[side]),
            Self::Categories { codes, values } => Feature::Categories { codes: &codes[side], values: *values },
        }
    }
}

/// Asks the model, and returns it with the names of the columns that it was given.
pub(super) fn classify(
    samples: Vec<(String, Sampled)>,
    settings: &Settings,
) -> Result<(Domain, Vec<String>), StatsError> {
    let names: Vec<String> = samples.iter().map(|(name, _)| name.clone()).collect();
    if let [name] = &names[..] {
        let why = format!("`{name}` is the only column whose values are compared: its own tests say what there is");
        return Ok((Domain::not_computable(Reason::Undefined(why)), vec![]));
    }
    let side = |side| samples.iter().map(|(_, sample)| sample.feature(side)).collect::<Vec<Feature<'_>>>();
    let found = domain_classifier(&side(0), &side(1), settings)?;
    Ok((found, names))
}

/// Returns the model that nobody asked.
pub(super) fn not_asked() -> Domain {
    Domain::not_computable(Reason::Undefined("it was not asked for".to_owned()))
}

/// Judges all columns and the model as comparisons of one kind.
pub(super) fn together(
    mut columns: Vec<ColumnDrift>,
    found: Domain,
    names: Vec<String>,
    [reference, current]: [TableSide; 2],
    asked: &Asked,
) -> Result<Drift, StatsError> {
    let as_column = found.as_column(asked.settings(columns.len()).comparisons);
    let all: Vec<&Column> = columns.iter().map(|column| &column.found).chain([&as_column]).collect();
    let judged = over_columns(&all, asked.alpha, Control::BenjaminiHochberg)?;
    // What nulls alone said is within for nobody: the values were not compared.
    let verdict = |own: Verdict, why: Option<&Reason>, is_drifted: bool| match own {
        Verdict::NotComputable => Verdict::NotComputable,
        _ if is_drifted => Verdict::Drifted,
        _ if why.is_some() => Verdict::NotComputable,
        _ => Verdict::Within,
    };
    let each = judged.adjusted.iter().copied().zip(judged.drifted.iter().copied());
    for (column, (adjusted, is_drifted)) in columns.iter_mut().zip(each) {
        column.adjusted = adjusted;
        column.verdict = verdict(column.found.verdict, column.found.reason.as_ref(), is_drifted);
    }
    let (adjusted, is_drifted) =
        judged.adjusted.last().copied().zip(judged.drifted.last().copied()).unwrap_or((None, false));
    let domain =
        DomainDrift { verdict: verdict(found.test.verdict, None, is_drifted), found, columns: names, adjusted };
    let untold = |verdict: Verdict| verdict == Verdict::NotComputable;
    let mut drift = Drift { columns, verdict: judged.verdict, domain, reference, current, asked: asked.clone() };
    let is_lacking = asked.columns.is_some() && drift.columns.iter().any(|column| untold(column.verdict))
        || asked.domain_classifier == Some(true) && untold(drift.domain.verdict)
        || drift.untested().next().is_some();
    if drift.verdict == Verdict::Within && is_lacking {
        drift.verdict = Verdict::NotComputable;
    }
    Ok(drift)
}

impl ColumnDrift {
    /// Returns a column by itself, not yet judged with the others.
    pub(super) fn new(
        name: &str,
        compared: Compared,
        note: Option<String>,
        found: Column,
        [reference, current]: [ColumnSide; 2],
        look: Look,
    ) -> Self {
        let (name, verdict) = (name.to_owned(), found.verdict);
        Self { name, compared, note, found, adjusted: None, verdict, reference, current, look }
    }
}
