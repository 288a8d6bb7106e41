use crate::profile::Profile;
use crate::{Data, StatsError};
use kernels::drift::{Settings, TestId};

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// What is known of a table.
    Profile(&'a Profile),
    /// The table itself.
    Data(&'a Data),
}

/// What is asked of two sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Names of columns; none for all that either side has.
    pub columns: Option<Vec<String>>,
    /// Measures beside the default of each column (`ks` of numbers and times, `chi_square` of categories) and `null_share`; none for
    /// just these.
    pub tests: Option<Vec<TestId>>,
    /// The rate of false alarms, between 0 and 1: of each test by itself, and of all columns together.
    pub alpha: f64,
    /// The only source of chance.
    pub seed: u64,
}

impl Default for Asked {
    /// All columns, default measures, 5 %.
    fn default() -> Self {
        Self { columns: None, tests: None, alpha: 0.05, seed: 0 }
    }
}

impl Asked {
    pub(super) fn tests(&self) -> &[TestId] {
        self.tests.as_deref().unwrap_or_default()
    }

    /// The settings of one of so many columns; the classifier that looks at all of them is one more.
    pub(super) fn settings(&self, columns: usize) -> Settings {
        let comparisons = u32::try_from(columns + 1).unwrap_or(u32::MAX);
        Settings { alpha: self.alpha, comparisons, seed: self.seed }
    }

    /// The names of the columns to compare, each once: those asked for, or the reference's and then the other ones.
    pub(super) fn names(&self, reference: &[&str], current: &[&str]) -> Result<Vec<String>, StatsError> {
        let known = || reference.iter().chain(current).copied();
        let asked: Vec<&str> = match &self.columns {
            None => known().collect(),
            Some(asked) => asked.iter().map(String::as_str).collect(),
        };
        let has: std::collections::HashSet<&str> = known().collect();
        if let Some(name) = asked.iter().find(|name| !has.contains(**name)) {
            let hint = nearest(name, known()).unwrap_or_else(|| format!("there are {} others", has.len()));
            return Err(StatsError::NoColumn { name: (*name).to_owned(), of: "either side".to_owned(), hint });
        }
        let mut seen = std::collections::HashSet::new();
        Ok(asked.into_iter().filter(|name| seen.insert(*name)).map(str::to_owned).collect())
    }
}

/// Returns the measures of these ids.
///
/// - **Errors**: [`StatsError::Argument`] for another id, with the one that is nearest.
pub fn test_ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Vec<TestId>, StatsError> {
    let one = |id: &str| {
        TestId::ALL.into_iter().find(|known| known.as_str() == id).ok_or_else(|| StatsError::Argument {
            name: "tests".to_owned(),
            found: format!("`{id}`"),
            expected: {
                let all = format!("one of {}", TestId::ALL.map(TestId::as_str).join(", "));
                nearest(id, TestId::ALL.iter().map(|id| id.as_str()))
                    .map_or(all.clone(), |hint| format!("{all}; {hint}"))
            },
        })
    };
    ids.into_iter().map(one).collect()
}

/// What to say to who asked for a name that is nearly one of these.
fn nearest<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let (distance, name) = names.map(|name| (strsim::osa_distance(name, asked), name)).min()?;
    (distance <= 1 + asked.chars().count() / 3).then(|| format!("did you mean `{name}`?"))
}
