//! Formats, by the ending of a file's name.
use std::path::Path;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    Csv,
    JsonLines,
    Ipc,
}

impl Format {
    /// What a file's name may end with.
    pub(super) const ENDINGS: &str =
        "`.parquet`, `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json`, `.arrow`, `.feather` or `.ipc`";

    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "parquet" | "pq" => Some(Self::Parquet),
            "csv" | "tsv" => Some(Self::Csv),
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            "arrow" | "feather" | "ipc" | "arrows" => Some(Self::Ipc),
            _ => None,
        }
    }
}
