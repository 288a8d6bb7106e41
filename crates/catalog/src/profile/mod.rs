//! The profile of a dataset version: what a crawl learns of each column while it reads, and what of it a viewer may see.
//!
//! Sketches of files merge into that of the version, so an unchanged file is never read again. Quantiles and histograms
//! are exact up to 2,048 values and estimated from a uniform sample of so many beyond.
mod scan;
mod sketch;
mod view;

pub use view::{Bin, ColumnProfile, Datum, Quantile, TopValue};

pub(crate) use scan::{FileScan, form_of};
#[cfg(test)]
pub(crate) use sketch::SAMPLE;
pub(crate) use sketch::{ColumnSketch, Form};
