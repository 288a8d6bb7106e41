use super::GitAddress;
use base::{PersonId, ProjectId, Timestamp};
use db::sql::{all, get, one, run};
use db::{Result, Tx};
use sea_orm::QueryResult;

const ADDRESS: &str = "address, person, mapped_by, mapped_at_us";

/// The table `git_addresses`, and what merges say of who merged.
pub(crate) trait AddressStore {
    async fn find_git_address(&self, address: &str) -> Result<Option<GitAddress>>;
    /// Keeps it, in the place of what was said of the address before.
    async fn put_git_address(&self, address: &GitAddress) -> Result<()>;
    /// Returns up to `most` behind `after`, by address.
    async fn list_git_addresses(&self, after: Option<&str>, most: u32) -> Result<Vec<GitAddress>>;
    /// Returns the commits of a project that were merged, and by whom.
    async fn list_merged(&self, project: &ProjectId) -> Result<Vec<(String, PersonId)>>;
}

fn address_of(row: &QueryResult) -> Result<GitAddress> {
    Ok(GitAddress {
        address: get(row, "address")?,
        person: PersonId(get(row, "person")?),
        mapped_by: PersonId(get(row, "mapped_by")?),
        mapped_at: Timestamp(get(row, "mapped_at_us")?),
    })
}

impl AddressStore for Tx {
    async fn find_git_address(&self, address: &str) -> Result<Option<GitAddress>> {
        let sql = format!("SELECT {ADDRESS} FROM git_addresses WHERE address = $1");
        one(self, &sql, vec![address.into()]).await?.as_ref().map(address_of).transpose()
    }

    async fn put_git_address(&self, address: &GitAddress) -> Result<()> {
        let sql = format!(
            "INSERT INTO git_addresses ({ADDRESS}) VALUES ($1, $2, $3, $4) ON CONFLICT (address) DO UPDATE SET \
             person = excluded.person, mapped_by = excluded.mapped_by, mapped_at_us = excluded.mapped_at_us"
        );
        let values = vec![
            address.address.as_str().into(),
            address.person.as_str().into(),
            address.mapped_by.as_str().into(),
            address.mapped_at.0.into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn list_git_addresses(&self, after: Option<&str>, most: u32) -> Result<Vec<GitAddress>> {
        let sql = format!("SELECT {ADDRESS} FROM git_addresses WHERE address > $1 ORDER BY address LIMIT $2");
        let values = vec![after.unwrap_or_default().into(), i64::from(most).into()];
        all(self, &sql, values).await?.iter().map(address_of).collect()
    }

    async fn list_merged(&self, project: &ProjectId) -> Result<Vec<(String, PersonId)>> {
        let sql =
            "SELECT commit_id, merged_by FROM merges WHERE project = $1 AND state = 'merged' ORDER BY asked_at_us, id";
        let rows = all(self, sql, vec![project.as_str().into()]).await?;
        rows.iter().map(|row| Ok((get(row, "commit_id")?, PersonId(get(row, "merged_by")?)))).collect()
    }
}
