//! What everyone who sees a dataset may know of its values.
use super::Dataset;
use super::store::DatasetStore;
use crate::profile::ColumnProfile;
use db::Tx;
use std::collections::BTreeMap;

/// Returns the profile of the current version: each column with its counts, and with its values where a person has said that
/// they harm nobody. Whether the asker may know of the dataset is the caller's to decide. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn open_profile(tx: &Tx, dataset: &Dataset) -> db::Result<Vec<ColumnProfile>> {
    let profile = tx.find_profile(&dataset.id, dataset.version).await?.unwrap_or_default();
    let levels: BTreeMap<String, _> =
        tx.list_columns(&dataset.id).await?.into_iter().map(|column| (column.name, column.sensitivity)).collect();
    let cut = |column: ColumnProfile| match levels.get(&column.name) {
        Some(known) if known.shows_values() => column,
        Some(known) if known.is_by_person() => {
            column.withheld(format!("the column is {}, so its values are not known to all", known.level))
        }
        _ => {
            column.withheld("no person has said how sensitive the column is, so its values are not known to all".into())
        }
    };
    Ok(profile.into_iter().map(cut).collect())
}
