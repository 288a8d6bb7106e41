use crate::names::hint;
use crate::profile::Profile;
use crate::{Data, StatsError};
use kernels::drift::{Settings, TestId};

/// The id, in `tests` and in the dictionary, of the model that is asked whether it tells the sides apart.
pub const DOMAIN_CLASSIFIER: &str = "domain_classifier";

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
    /// Whether a model is asked if it tells the sides apart by all columns together; none: if no `tests` are named. On small tables it takes
    /// longer than the default tests of all columns; it needs the rows of both sides.
    pub domain_classifier: Option<bool>,
    /// The rate of false alarms, between 0 and 1: of each test by itself, and of all columns together.
    pub alpha: f64,
    /// The only source of chance.
    pub seed: u64,
}

impl Default for Asked {
    /// All columns, default measures and the model, 5 %.
    fn default() -> Self {
        Self { columns: None, tests: None, domain_classifier: None, alpha: 0.05, seed: 0 }
    }
}

impl Asked {
    /// Returns this with the measures of these ids; [`DOMAIN_CLASSIFIER`] among them asks for the model.
    ///
    /// - **Errors**: [`StatsError::Argument`] for another id, with the one that is nearest, and for a model that is named and declined.
    pub fn with_tests<'a>(mut self, ids: impl IntoIterator<Item = &'a str>) -> Result<Self, StatsError> {
        let mut tests = Vec::new();
        for id in ids {
            if id == DOMAIN_CLASSIFIER {
                if self.domain_classifier == Some(false) {
                    let expected = "true or none, for `tests` names it".to_owned();
                    return Err(StatsError::Argument { name: id.to_owned(), found: "false".to_owned(), expected });
                }
                self.domain_classifier = Some(true);
                continue;
            }
            let known = TestId::ALL.into_iter().find(|known| known.as_str() == id);
            tests.push(known.ok_or_else(|| {
                let all = TestId::ALL.iter().map(|known| known.as_str()).chain([DOMAIN_CLASSIFIER]);
                let expected = format!("a measure of drift: {}", hint(id, all));
                StatsError::Argument { name: "tests".to_owned(), found: format!("`{id}`"), expected }
            })?);
        }
        self.tests = Some(tests);
        Ok(self)
    }

    /// Whether the model is asked.
    pub(super) fn asks_model(&self) -> bool {
        self.domain_classifier.unwrap_or(self.tests.is_none())
    }

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
            let hint = hint(name, known());
            let (argument, of) = (Some("columns"), "either side".to_owned());
            return Err(StatsError::NoColumn { argument, name: (*name).to_owned(), of, hint });
        }
        let mut seen = std::collections::HashSet::new();
        Ok(asked.into_iter().filter(|name| seen.insert(*name)).map(str::to_owned).collect())
    }
}
