//! What a request is about, as the catalog knows it.
use super::{ColumnFamily, Error, RequestKind};
use crate::datasets::store::DatasetStore;
use crate::datasets::{self, Column, DatasetState, ReadDataset};
use crate::lakes::ReadLake;
use crate::lakes::store::LakeStore;
use crate::live_models::{LiveModel, LiveModelState, LiveModelStore, ReadLiveModel};
use crate::sensitivity::Level;
use access::http::Held;
use base::{DatasetId, LakeId, PurposeId, Securable, TeamId};
use db::Tx;
use std::collections::BTreeMap;

/// The object of a request.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub active: bool,
    /// Where roles for it are held.
    pub scope: String,
    pub team: TeamId,
    /// What a model may be used for: what it was trained for; nothing where that is no matter.
    pub purposes: Vec<PurposeId>,
    /// The dataset's columns; `None` where the object is a schema or an endpoint.
    pub columns: Option<Vec<Column>>,
}

impl Object {
    /// Refuses a purpose that a model was not trained for.
    pub fn serves(&self, purpose: &PurposeId) -> Result<(), Error> {
        if self.purposes.is_empty() || self.purposes.contains(purpose) {
            return Ok(());
        }
        Err(Error::NotItsPurpose { purpose: purpose.clone(), of: self.purposes.clone() })
    }

    /// Returns the levels of the columns.
    pub fn levels(&self) -> BTreeMap<String, Level> {
        let columns = self.columns.iter().flatten();
        columns.map(|column| (column.name.clone(), column.sensitivity.level)).collect()
    }

    /// Returns the families of the columns' types.
    pub fn families(&self) -> Option<BTreeMap<String, ColumnFamily>> {
        let family = |column: &Column| (column.name.clone(), family_of(&column.data_type));
        Some(self.columns.as_ref()?.iter().map(family).collect())
    }
}

/// Returns what kind of values a column of Arrow's type `data_type` has.
fn family_of(data_type: &str) -> ColumnFamily {
    let starts = |words: &[&str]| words.iter().any(|word| data_type.starts_with(word));
    if starts(&["Utf8", "LargeUtf8"]) {
        ColumnFamily::Text
    } else if starts(&["Int8", "Int16", "Int32", "Int64", "UInt"]) {
        ColumnFamily::Whole
    } else if starts(&["Float", "Decimal"]) {
        ColumnFamily::Fraction
    } else if starts(&["Boolean"]) {
        ColumnFamily::Bool
    } else if starts(&["Date", "Timestamp"]) {
        ColumnFamily::Time
    } else {
        ColumnFamily::Other
    }
}

/// Returns the object, or `None` if there is none of this name or this caller may not know of it: both alike.
pub(crate) async fn seen(tx: &Tx, held: &Held<'_>, kind: RequestKind, object: &str) -> db::Result<Option<Object>> {
    match kind {
        RequestKind::Write => {
            let lake = lake_of(tx, object).await?;
            return Ok(lake.filter(|(resource, _)| held.can::<ReadLake>(resource).is_some()).map(|(_, object)| object));
        }
        RequestKind::Use => {
            let model = tx.find_live_model(object).await?;
            let seen = model.filter(|model| held.can::<ReadLiveModel>(&model.resource()).is_some());
            return Ok(seen.map(|model| of_model(&model)));
        }
        RequestKind::Read => {}
    }
    let Some(dataset) = datasets::find(tx, &DatasetId(object.to_owned())).await? else { return Ok(None) };
    if held.can::<ReadDataset>(&dataset.resource()).is_none() {
        return Ok(None);
    }
    find(tx, kind, object).await
}

/// Returns the object as it stays until this transaction ends: no level changes between what a decision saw and what it
/// grants.
pub(crate) async fn lock(tx: &Tx, kind: RequestKind, object: &str) -> db::Result<Option<Object>> {
    if kind == RequestKind::Read {
        tx.lock_dataset(&DatasetId(object.to_owned())).await?;
    }
    find(tx, kind, object).await
}

/// Returns the object, whoever asks.
pub(crate) async fn find(tx: &Tx, kind: RequestKind, object: &str) -> db::Result<Option<Object>> {
    match kind {
        RequestKind::Write => return Ok(lake_of(tx, object).await?.map(|(_, object)| object)),
        RequestKind::Use => return Ok(tx.find_live_model(object).await?.map(|model| of_model(&model))),
        RequestKind::Read => {}
    }
    let id = DatasetId(object.to_owned());
    let Some(dataset) = datasets::find(tx, &id).await? else { return Ok(None) };
    let mut columns = datasets::columns(tx, &id).await?;
    columns.retain(|column| column.present);
    let (active, scope) = (dataset.state == DatasetState::Active, super::scope_of(object));
    Ok(Some(Object { active, scope, team: dataset.team, purposes: Vec::new(), columns: Some(columns) }))
}

fn of_model(model: &LiveModel) -> Object {
    let active = model.state == LiveModelState::Live;
    let (scope, team) = (model.resource().scope, model.team.clone());
    Object { active, scope, team, purposes: model.purposes.clone(), columns: None }
}

async fn lake_of(tx: &Tx, object: &str) -> db::Result<Option<(base::Resource, Object)>> {
    let (lake, scope) = (object.split('.').next().unwrap_or_default(), super::scope_of(object));
    let Some(lake) = tx.find_lake(&LakeId(lake.to_owned())).await? else { return Ok(None) };
    Ok(Some((lake.resource(), Object { active: true, scope, team: lake.team, purposes: Vec::new(), columns: None })))
}

/// Returns whether `object` has the form that `kind` needs: `lake.schema.table` to read, `lake.schema` to write, `prod.credit` to call.
pub(crate) fn is_named(kind: RequestKind, object: &str) -> bool {
    let parts: Vec<&str> = object.split('.').collect();
    if kind == RequestKind::Use {
        return parts.len() == 2 && parts.iter().all(|part| base::plain_name(part).is_ok());
    }
    let inner = |part: &&str| crate::lakes::plain_part(part);
    let wanted = if kind == RequestKind::Write { 2 } else { 3 };
    parts.len() == wanted && base::plain_name(parts[0]).is_ok() && parts[1..].iter().all(inner)
}
