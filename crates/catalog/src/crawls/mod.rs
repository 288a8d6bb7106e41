//! Crawls: how a lake's tables are found, read and profiled, file by file, and how datasets follow.
//!
//! A crawl reads only files whose size or time of change differ from what is known. What it cannot read it lists; it
//! never fails for it. Each dataset's outcome is one transaction, so a crawl killed half-way is repaired by the next.
mod csv;
mod effort;
mod error;
mod find;
mod http;
mod jobs;
mod model;
mod pages;
mod published;
mod read;
mod service;
pub(crate) mod store;
mod table;
mod unite;

pub use error::Error;
pub use http::{BrokenView, CrawlView, routes};
pub use jobs::register;
pub use model::{Broken, Crawl, CrawlState, FileKind};
pub use pages::{batch_rows, row_bytes};
pub use read::check_name;
pub use service::{get, request, run};
pub(crate) use unite::compared;

access::actions! {
    /// Crawl a lake now.
    CrawlLake,
    /// See a crawl and what it could not read.
    ReadCrawl,
}

#[cfg(test)]
mod tests;
