use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much harm it does when a column's values are seen by the wrong eyes; ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Public,
    Internal,
    Confidential,
    Restricted,
}

/// A word that is no level.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a level: public, internal, confidential or restricted")]
pub struct UnknownLevel(String);

impl Level {
    /// Every level, ascending.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }

    /// Returns whether it does no harm to show values, ranges and histograms to anyone who may see the dataset.
    pub fn is_open(self) -> bool {
        self <= Self::Internal
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Level {
    type Err = UnknownLevel;
    fn from_str(word: &str) -> Result<Self, UnknownLevel> {
        let found = Self::ALL.into_iter().find(|level| level.as_str() == word);
        found.ok_or_else(|| UnknownLevel(word.chars().take(40).flat_map(char::escape_debug).collect()))
    }
}

base::states! {
    /// Where a column's level comes from.
    Source {
        Unclassified "unclassified" => Warn "help" "Unclassified" [classify],
        Proposed "proposed" => Waiting "user-question" "Proposed" [classify],
        Confirmed "confirmed" => Good "circle-check" "Confirmed" [classify],
        Corrected "corrected" => Good "pencil" "Corrected" [classify],
    }
}

/// A column's level and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    pub level: Level,
    pub source: Source,
    /// The rules that proposed it.
    pub rule: Option<String>,
    /// How sure the rules are: a fraction.
    pub confidence: Option<f64>,
}

impl Sensitivity {
    /// Returns what holds for a column that nobody has classified: it counts as restricted.
    pub fn unclassified() -> Self {
        Self { level: Level::Restricted, source: Source::Unclassified, rule: None, confidence: None }
    }

    /// Returns whether a person has spoken; no crawl changes that.
    pub fn is_by_person(&self) -> bool {
        matches!(self.source, Source::Confirmed | Source::Corrected)
    }

    /// Returns what a person's `level` makes of it: confirmed if it was proposed so, else corrected.
    #[must_use]
    pub fn classified(&self, level: Level) -> Self {
        let agrees = level == self.level && matches!(self.source, Source::Proposed | Source::Confirmed);
        let source = if agrees { Source::Confirmed } else { Source::Corrected };
        Self { level, source, ..self.clone() }
    }

    /// Returns what publishing makes of it: what was `inherited` from what was read, where that is higher, also than a
    /// person's word. Publishing never lowers a level; where it names nothing that was read, the level stands.
    #[must_use]
    pub fn published(&self, inherited: Self) -> Self {
        let names_nothing = inherited.source == Source::Unclassified;
        if inherited.level > self.level && !names_nothing { inherited } else { self.clone() }
    }

    /// Returns whether values, ranges and histograms may be shown to anyone who may see the dataset: a person said so.
    pub fn shows_values(&self) -> bool {
        self.level.is_open() && self.is_by_person()
    }

    /// Returns what a crawl's `found` makes of it: nothing, where a person has spoken.
    #[must_use]
    pub fn crawled(&self, found: Self) -> Self {
        if self.is_by_person() { self.clone() } else { found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_never_lowers_a_level() {
        let inherited = |level| Sensitivity {
            level,
            source: Source::Proposed,
            rule: Some("inherited from what was read".into()),
            confidence: Some(1.0),
        };
        let said = Sensitivity::unclassified().classified(Level::Internal);
        assert_eq!(said.published(inherited(Level::Public)), said);
        assert_eq!(said.published(inherited(Level::Restricted)), inherited(Level::Restricted));
        assert_eq!(said.published(Sensitivity::unclassified()), said, "a version that names nothing it read");
        assert_eq!(Sensitivity::unclassified().published(inherited(Level::Public)), Sensitivity::unclassified());
    }

    #[test]
    fn a_persons_word_is_never_overwritten_by_a_crawl() {
        let proposed = Sensitivity {
            level: Level::Confidential,
            source: Source::Proposed,
            rule: Some("name e-mail".into()),
            confidence: Some(0.9),
        };
        for level in Level::ALL {
            let word = proposed.classified(level);
            assert_eq!(word.source == Source::Confirmed, level == Level::Confidential);
            assert_eq!(word.crawled(Sensitivity::unclassified()), word);
            assert_eq!(Sensitivity::unclassified().classified(level).source, Source::Corrected);
        }
        assert_eq!(Sensitivity::unclassified().crawled(proposed.clone()), proposed);
        assert!(!Sensitivity { level: Level::Public, ..proposed.clone() }.shows_values(), "no person has looked at it");
        assert!(proposed.classified(Level::Internal).shows_values());
        assert!(!proposed.classified(Level::Confidential).shows_values());
        assert!(Level::Public < Level::Restricted && "secret".parse::<Level>().is_err());
    }
}
