//! The reading machinery: SQL over governed tables. It knows no database, no HTTP and no caller; who sees what is a
//! [`Policy`] given to it.
mod bounds;
mod encode;
mod exec;
pub(crate) mod files;
mod kept;
mod measured;
mod mistakes;
mod policy;
mod pump;
mod runtime;
mod scan;
mod session;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod widest;

pub use encode::Encoding;
pub use files::PinnedFile;
pub use mistakes::nearest;
pub use policy::{Key, Policy, Side, Split, Term};
pub use pump::{Piece, pump};
pub use runtime::{Engine, Limits, Slot};
pub use scan::Format;
pub use session::{BROKE_OFF, Pinned, Prepared, Rows, Session};
pub use statement::Statement;

/// A dataset as SQL names it: `lake.schema.table`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName {
    /// The lake.
    pub lake: String,
    /// The schema: a folder of the lake.
    pub schema: String,
    /// The table: a folder or a file of the schema.
    pub table: String,
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.lake, self.schema, self.table)
    }
}

/// Why a query gives no rows. No variant carries a value, a path or a name that the reader may not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The statement does more, or tells more, than reading governed tables.
    #[error("{0}")]
    Refused(String),
    /// The text is not a query over the visible tables and columns; found before any data is touched.
    #[error("{detail}")]
    Mistake {
        /// What is wrong, and where.
        detail: String,
        /// The nearest thing that would be right.
        hint: Option<String>,
    },
    /// A file of this dataset is not the one that its version names.
    #[error("dataset changed: `{0}` was written to while it was read")]
    Changed(TableName),
    /// It needs more memory than it may use.
    #[error("the query needs more memory than it may use")]
    TooLarge,
    /// It failed while it was prepared or ran; the words come from a closed list.
    #[error("{0}")]
    Failed(&'static str),
}
