use super::Purpose;
use crate::{from_text, to_text};
use base::{PersonId, PurposeId, Timestamp};
use db::Tx;
use db::sql::{self, get};
use sea_orm::QueryResult;

const COLUMNS: &str = "id, name, text, lawful_basis, controller, impact_assessment, allowed_uses, retention_days, owner, \
    created_by, created_at_us";

/// The `purposes` table.
pub(crate) trait PurposeStore {
    /// Returns `None` if there is no such row.
    async fn find_purpose(&self, id: &PurposeId) -> db::Result<Option<Purpose>>;
    /// Returns up to `most` of them by id, after `after`.
    async fn list_purposes(&self, after: Option<&str>, most: u32) -> db::Result<Vec<Purpose>>;
    /// Inserts a new one; [`db::Error::Taken`] if its id is.
    async fn insert_purpose(&self, purpose: &Purpose) -> db::Result<()>;
}

fn purpose(row: &QueryResult) -> db::Result<Purpose> {
    Ok(Purpose {
        id: PurposeId(get(row, "id")?),
        name: get(row, "name")?,
        text: get(row, "text")?,
        lawful_basis: get(row, "lawful_basis")?,
        controller: get(row, "controller")?,
        impact_assessment: get(row, "impact_assessment")?,
        allowed_uses: from_text(&get::<String>(row, "allowed_uses")?)?,
        retention_days: get(row, "retention_days")?,
        owner: PersonId(get(row, "owner")?),
        created_by: PersonId(get(row, "created_by")?),
        created_at: Timestamp(get(row, "created_at_us")?),
    })
}

impl PurposeStore for Tx {
    async fn find_purpose(&self, id: &PurposeId) -> db::Result<Option<Purpose>> {
        let sql = format!("SELECT {COLUMNS} FROM purposes WHERE id = $1");
        sql::one(self, &sql, vec![id.as_str().into()]).await?.as_ref().map(purpose).transpose()
    }

    async fn list_purposes(&self, after: Option<&str>, most: u32) -> db::Result<Vec<Purpose>> {
        let sql = format!("SELECT {COLUMNS} FROM purposes WHERE id > $1 ORDER BY id LIMIT $2");
        let rows = sql::all(self, &sql, vec![after.unwrap_or_default().into(), i64::from(most).into()]).await?;
        rows.iter().map(purpose).collect()
    }

    async fn insert_purpose(&self, purpose: &Purpose) -> db::Result<()> {
        let sql = format!("INSERT INTO purposes ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        let values = vec![
            purpose.id.as_str().into(),
            purpose.name.as_str().into(),
            purpose.text.as_str().into(),
            purpose.lawful_basis.as_str().into(),
            purpose.controller.as_str().into(),
            purpose.impact_assessment.clone().into(),
            to_text(&purpose.allowed_uses).into(),
            purpose.retention_days.into(),
            purpose.owner.as_str().into(),
            purpose.created_by.as_str().into(),
            purpose.created_at.0.into(),
        ];
        sql::run(self, &sql, values).await?;
        Ok(())
    }
}
