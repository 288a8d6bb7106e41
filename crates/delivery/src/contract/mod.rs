//! Data contracts: `contract.yaml`, a subset of the Open Data Contract Standard, judged against what the catalog knows.
//!
//! Nothing here reads a row: schema, counts and, where everyone may see a column's values, its profile. What cannot be judged
//! from that says so, and does not fail.
mod facts;
mod judge;
mod read;
mod yaml;

pub(crate) use facts::facts_of;
pub use facts::{ColumnFacts, DatasetFacts, Facts};
pub use judge::judge;
pub use read::{Claim, Contract, Part, Rule, Table};
pub use yaml::{Error, most_bytes};

/// The file of a repository that holds the contract.
pub(crate) const FILE: &str = "contract.yaml";

#[cfg(test)]
mod tests;
