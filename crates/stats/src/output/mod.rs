//! What reports look like: plain words first, then tables; as text, Markdown and HTML.
//!
//! Owns how numbers look to people, and what keeps data from acting on whoever looks at it. Invariants: nothing that a table holds
//! moves a cursor, turns text about, is HTML or addresses anybody; equal reports look equal. It deliberately does not choose what
//! is shown: each report does.
mod bars;
mod clean;
mod html;
mod markdown;
mod number;
mod text;

pub use bars::bars;
pub use clean::{harmless, json_line};
pub use html::{to_html, to_html_page};
pub use markdown::to_markdown;
pub(crate) use number::counted;
pub use number::{NO_NUMBER, count, interval, number, number_or_dash, p_value, share};
use serde_json::Value;
pub use text::to_text;

/// What a report says in the end; the exit code of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing that was asked is outside of its limits: 0.
    Within,
    /// Something is: 1.
    Breached,
    /// What was asked could not be computed: 3.
    NotComputable,
}

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table for people. Every row has a cell for each heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows, in a few words.
    pub title: String,
    /// The columns.
    pub headings: Vec<(String, Align)>,
    /// The cells, as they are shown.
    pub rows: Vec<Vec<String>>,
}

/// What was computed, ready to be shown.
pub trait Report {
    /// Returns one or two sentences in plain words: what was found, and whether it is as it should be.
    fn headline(&self) -> String;
    /// Returns what the exit code says.
    fn outcome(&self) -> Outcome;
    /// Returns the verdict to show before the headline. What was held against nothing has none: it is within, and that says nothing.
    fn verdict(&self) -> Option<Outcome> {
        Some(self.outcome()).filter(|outcome| *outcome != Outcome::Within)
    }
    /// Returns the tables, the most telling one first.
    fn tables(&self) -> Vec<Table>;
    /// Returns what a reader must know besides: assumptions, rows that were left out.
    fn notes(&self) -> Vec<String>;
    /// Returns metrics that such a report may have, each with what has to be done for it: a limit on one that is not there says so.
    fn possible(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Returns the public dictionary: what `--json` prints and `.to_dict()` returns.
    fn to_json(&self) -> Value;
}

#[cfg(test)]
mod tests;
