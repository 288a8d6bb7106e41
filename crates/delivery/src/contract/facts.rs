//! What the catalog knows of the datasets that a contract names, as far as everyone in the project may know it.
use base::{DatasetId, Principal, ProjectId, Timestamp};
use catalog::datasets::{self, DatasetState, Visibility};
use catalog::profile::ColumnProfile;
use db::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// What is known, by dataset; one that is not there, or hidden from the project, is missing.
pub type Facts = BTreeMap<String, DatasetFacts>;

/// What is known of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetFacts {
    pub rows: i64,
    pub columns: BTreeMap<String, ColumnFacts>,
}

/// What is known of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnFacts {
    /// Arrow's name of the type.
    pub data_type: String,
    /// None until a crawl has read the files. Its values are there only where everyone may see them.
    pub profile: Option<ColumnProfile>,
}

/// Returns what is known of `names`, for a check of `project`: listed datasets, and hidden ones that an environment of it may
/// read. Of a column, values are known only where a person has said that they harm nobody.
///
/// # Errors
/// The store's.
pub(crate) async fn facts_of(
    tx: &Tx,
    project: &ProjectId,
    names: &BTreeSet<String>,
    now: Timestamp,
) -> db::Result<Facts> {
    let environment = |name: &&str| Principal::Environment(format!("{project}/{name}").into());
    let principals: Vec<Principal> = environments::NAMES.iter().map(|name| environment(&&**name)).collect();
    let readable = catalog::grants::readable(tx, &principals, now).await?;
    let mut facts = Facts::new();
    for name in names {
        let id = DatasetId(name.clone());
        let Some(dataset) = datasets::find(tx, &id).await? else { continue };
        let known = dataset.visibility == Visibility::Listed || readable.contains(name);
        if !known || dataset.state == DatasetState::Retired {
            continue;
        }
        let mut profiles: BTreeMap<String, ColumnProfile> =
            datasets::open_profile(tx, &dataset).await?.into_iter().map(|one| (one.name.clone(), one)).collect();
        let columns = datasets::columns(tx, &id).await?.into_iter().filter(|column| column.present);
        let columns = columns.map(|column| {
            let profile = profiles.remove(&column.name);
            (column.name, ColumnFacts { data_type: column.data_type, profile })
        });
        facts.insert(name.clone(), DatasetFacts { rows: dataset.rows, columns: columns.collect() });
    }
    Ok(facts)
}
