use super::{Hold, Lifted};
use base::{PersonId, ProjectId, TeamId, Timestamp};
use db::sql::{all, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

const HOLD: &str = "id, project, environment, team, state, reason, placed_by, placed_at_us, lifted_reason, lifted_by, \
    lifted_at_us, revision, breach";

/// The table `holds`.
pub(crate) trait HoldStore {
    async fn find_hold(&self, id: &str) -> Result<Option<Hold>>;
    /// Like `find_hold`, and nobody else locks the row until this transaction ends.
    async fn lock_hold(&self, id: &str) -> Result<Option<Hold>>;
    /// [`db::Error::Taken`] if one was placed for the breach.
    async fn insert_hold(&self, hold: &Hold) -> Result<()>;
    /// Returns the one that was placed for a breach.
    async fn find_hold_for(&self, breach: &str) -> Result<Option<Hold>>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_hold(&self, hold: Hold) -> Result<Hold>;
    /// Returns up to `most` of a project, the newest first.
    async fn list_holds(&self, project: &ProjectId, most: u32) -> Result<Vec<Hold>>;
    /// Returns those that hold an environment now, the oldest first.
    async fn list_placed(&self, project: &ProjectId, environment: &str) -> Result<Vec<Hold>>;
}

fn hold_of(row: &QueryResult) -> Result<Hold> {
    let lifted = match (get::<Option<String>>(row, "lifted_reason")?, get::<Option<String>>(row, "lifted_by")?) {
        (Some(reason), Some(by)) => {
            let at = Timestamp(get::<Option<i64>>(row, "lifted_at_us")?.unwrap_or_default());
            Some(Lifted { reason, by: PersonId(by), at })
        }
        _ => None,
    };
    Ok(Hold {
        id: get(row, "id")?,
        project: ProjectId(get(row, "project")?),
        environment: get(row, "environment")?,
        team: get::<Option<String>>(row, "team")?.map(TeamId),
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        by: PersonId(get(row, "placed_by")?),
        at: Timestamp(get(row, "placed_at_us")?),
        breach: get(row, "breach")?,
        lifted,
        revision: get(row, "revision")?,
    })
}

impl HoldStore for Tx {
    async fn find_hold(&self, id: &str) -> Result<Option<Hold>> {
        let sql = format!("SELECT {HOLD} FROM holds WHERE id = $1");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(hold_of).transpose()
    }

    async fn lock_hold(&self, id: &str) -> Result<Option<Hold>> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {HOLD} FROM holds WHERE id = $1{hold}");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(hold_of).transpose()
    }

    async fn insert_hold(&self, hold: &Hold) -> Result<()> {
        let sql = format!("INSERT INTO holds ({HOLD}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");
        let lifted = hold.lifted.as_ref();
        let values = vec![
            hold.id.as_str().into(),
            hold.project.as_str().into(),
            hold.environment.as_str().into(),
            hold.team.as_ref().map(|team| team.0.clone()).into(),
            hold.state.as_str().into(),
            hold.reason.as_str().into(),
            hold.by.as_str().into(),
            hold.at.0.into(),
            lifted.map(|lifted| lifted.reason.clone()).into(),
            lifted.map(|lifted| lifted.by.0.clone()).into(),
            lifted.map(|lifted| lifted.at.0).into(),
            hold.revision.into(),
            hold.breach.clone().into(),
        ];
        run(self, &sql, values).await.map(|_| ())
    }

    async fn find_hold_for(&self, breach: &str) -> Result<Option<Hold>> {
        let sql = format!("SELECT {HOLD} FROM holds WHERE breach = $1");
        one(self, &sql, vec![breach.into()]).await?.as_ref().map(hold_of).transpose()
    }

    async fn save_hold(&self, hold: Hold) -> Result<Hold> {
        let sql = "UPDATE holds SET state = $3, lifted_reason = $4, lifted_by = $5, lifted_at_us = $6, \
            revision = revision + 1 WHERE id = $1 AND revision = $2";
        let lifted = hold.lifted.as_ref();
        let values = vec![
            hold.id.as_str().into(),
            hold.revision.into(),
            hold.state.as_str().into(),
            lifted.map(|lifted| lifted.reason.clone()).into(),
            lifted.map(|lifted| lifted.by.0.clone()).into(),
            lifted.map(|lifted| lifted.at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Hold { revision: hold.revision + 1, ..hold })
    }

    async fn list_holds(&self, project: &ProjectId, most: u32) -> Result<Vec<Hold>> {
        let sql = format!("SELECT {HOLD} FROM holds WHERE project = $1 ORDER BY placed_at_us DESC, id DESC LIMIT $2");
        all(self, &sql, vec![project.as_str().into(), i64::from(most).into()]).await?.iter().map(hold_of).collect()
    }

    async fn list_placed(&self, project: &ProjectId, environment: &str) -> Result<Vec<Hold>> {
        let sql = format!(
            "SELECT {HOLD} FROM holds WHERE project = $1 AND environment = $2 AND state = 'placed' \
             ORDER BY placed_at_us, id LIMIT 100"
        );
        all(self, &sql, vec![project.as_str().into(), environment.into()]).await?.iter().map(hold_of).collect()
    }
}
