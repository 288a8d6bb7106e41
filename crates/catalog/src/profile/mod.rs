//! The profile of a dataset version: what a crawl learns of each column while it reads, and what of it a viewer may see.
//!
//! Sketches of files merge into that of the version, so a file is read once for each state of it, and again only where another release
//! kept its sketches. Up to 1,024 different values, quantiles and histograms are exact, and estimated beyond.
mod scan;
mod sketch;
mod sort;
mod view;

pub use sort::{Same, Sort};
pub use view::{Bin, ColumnProfile, Datum, Quantile, TextLengths, TextShape, TopValue};

pub(crate) use scan::FileScan;
pub(crate) use sketch::{ColumnSketch, FileSketches, append_file};

use std::ops::Range;

/// So many columns are read at once: each takes up to 512 KiB while it is, and the counts of a dictionary beside it.
const ABREAST: usize = 256;

/// Returns the columns in runs that are read at once.
pub(crate) fn abreast(columns: usize) -> impl Iterator<Item = Range<usize>> {
    (0..columns).step_by(ABREAST).map(move |first| first..columns.min(first + ABREAST))
}

#[cfg(test)]
mod tests;
