//! Datasets: tables found in lakes by crawls, or published there. What a person says of one (description, levels,
//! visibility) is never overwritten by a crawl.
mod changes;
mod error;
mod http;
mod model;
mod next;
mod open;
mod service;
pub(crate) mod store;
mod table;
mod views;

pub use changes::{CAPTURED, Published, is_made_by_endpoint, publish};
pub(crate) use changes::{Crawled, crawled, found_again, lost, profiled};
pub use error::Error;
pub use http::routes;
pub use model::{Change, Column, Dataset, DatasetState, Lineage, Origin, Version, Visibility};
pub use open::open_profile;
pub(crate) use service::readable;
pub use service::{Cut, columns, confirm_levels, cut, find, is_active};
pub(crate) use table::{Content, Partition, decode_schema, encode_schema};
pub use table::{Format, Table, TableFile, table_of};
pub use views::{ColumnView, DatasetView, MadeFrom, ProfileView, VersionView};

access::actions! {
    /// See a dataset, its columns and versions.
    ReadDataset,
    /// Search and browse datasets.
    ListDatasets,
    /// Describe a dataset and its columns.
    DescribeDataset,
    /// Say how sensitive a column is.
    ClassifyColumn,
    /// Say which columns name a record.
    SetRecordKey,
    /// List a dataset for everyone, or hide it.
    SetVisibility,
    /// Take a dataset out of use for good.
    RetireDataset,
}

#[cfg(test)]
pub(crate) mod tests;
