use super::model::{Push, Tip};
use base::{PersonId, ProjectId, Timestamp};
use db::sql::{all, count, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::{QueryResult, Value};

const PUSH: &str =
    "id, project, reference, old, new, pusher, state, rewritten, recorded_at_us, settled_at_us, revision";

/// Where a page of pushes goes on: the last one's time and id.
pub(crate) type After = (i64, String);

/// The tables `repositories`, `pushes` and `tips`.
pub(crate) trait PushStore {
    /// Returns whether the project has a repository.
    async fn has_repository(&self, project: &ProjectId) -> Result<bool>;
    /// Like `has_repository`, and nobody else locks the row until this transaction ends.
    async fn lock_repository(&self, project: &ProjectId) -> Result<bool>;
    /// [`db::Error::Taken`] if the project has one.
    async fn insert_repository(&self, project: &ProjectId, now: Timestamp) -> Result<()>;
    /// Returns the projects that have one, by name.
    async fn list_repositories(&self) -> Result<Vec<ProjectId>>;
    async fn insert_push(&self, push: &Push) -> Result<()>;
    async fn save_push(&self, push: &Push) -> Result<()>;
    /// Returns up to `limit` pushes behind `after`, the newest first.
    async fn list_pushes(&self, project: &ProjectId, after: Option<&After>, limit: u32) -> Result<Vec<Push>>;
    async fn count_pushes(&self, project: &ProjectId) -> Result<u64>;
    /// Returns every push that was made or may have been, the oldest first.
    async fn list_all_pushes(&self, project: &ProjectId) -> Result<Vec<Push>>;
    /// Returns what may explain a move: records that are open, and those dropped since, the oldest first.
    async fn list_open_pushes(&self, project: &ProjectId, since: Timestamp) -> Result<Vec<Push>>;
    /// Returns where each ref stands, by name.
    async fn list_tips(&self, project: &ProjectId) -> Result<Vec<Tip>>;
    async fn save_tip(&self, project: &ProjectId, tip: &Tip) -> Result<()>;
    async fn delete_tip(&self, project: &ProjectId, reference: &str) -> Result<()>;
}

fn push_of(row: &QueryResult) -> Result<Push> {
    Ok(Push {
        id: get(row, "id")?,
        project: ProjectId(get(row, "project")?),
        reference: get(row, "reference")?,
        old: get(row, "old")?,
        new: get(row, "new")?,
        pusher: get::<Option<String>>(row, "pusher")?.map(PersonId),
        state: word(row, "state")?,
        rewritten: get(row, "rewritten")?,
        recorded_at: Timestamp(get(row, "recorded_at_us")?),
        settled_at: get::<Option<i64>>(row, "settled_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

fn tip_of(row: &QueryResult) -> Result<Tip> {
    Ok(Tip {
        reference: get(row, "reference")?,
        commit: get(row, "tip")?,
        push: get(row, "push")?,
        pusher: get::<Option<String>>(row, "pusher")?.map(PersonId),
        moved_at: Timestamp(get(row, "moved_at_us")?),
    })
}

fn text(of: Option<&PersonId>) -> Value {
    of.map(|person| person.0.clone()).into()
}

impl PushStore for Tx {
    async fn has_repository(&self, project: &ProjectId) -> Result<bool> {
        let sql = "SELECT 1 AS one FROM repositories WHERE project = $1";
        Ok(one(self, sql, vec![project.as_str().into()]).await?.is_some())
    }

    async fn lock_repository(&self, project: &ProjectId) -> Result<bool> {
        let hold = if self.engine() == sea_orm::DbBackend::Postgres { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT 1 AS one FROM repositories WHERE project = $1{hold}");
        Ok(one(self, &sql, vec![project.as_str().into()]).await?.is_some())
    }

    async fn insert_repository(&self, project: &ProjectId, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO repositories (project, created_at_us) VALUES ($1, $2)";
        run(self, sql, vec![project.as_str().into(), now.0.into()]).await?;
        Ok(())
    }

    async fn list_repositories(&self) -> Result<Vec<ProjectId>> {
        let rows = all(self, "SELECT project FROM repositories ORDER BY project", vec![]).await?;
        rows.iter().map(|row| Ok(ProjectId(get(row, "project")?))).collect()
    }

    async fn insert_push(&self, push: &Push) -> Result<()> {
        let sql = format!("INSERT INTO pushes ({PUSH}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        let values = vec![
            push.id.as_str().into(),
            push.project.as_str().into(),
            push.reference.as_str().into(),
            push.old.clone().into(),
            push.new.clone().into(),
            text(push.pusher.as_ref()),
            push.state.as_str().into(),
            push.rewritten.into(),
            push.recorded_at.0.into(),
            push.settled_at.map(|at| at.0).into(),
            push.revision.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_push(&self, push: &Push) -> Result<()> {
        let sql = "UPDATE pushes SET state = $1, rewritten = $2, settled_at_us = $3, revision = revision + 1 \
                   WHERE id = $4 AND revision = $5";
        let values = vec![
            push.state.as_str().into(),
            push.rewritten.into(),
            push.settled_at.map(|at| at.0).into(),
            push.id.as_str().into(),
            push.revision.into(),
        ];
        run_one(self, sql, values).await
    }

    async fn list_pushes(&self, project: &ProjectId, after: Option<&After>, limit: u32) -> Result<Vec<Push>> {
        let (at, id) = after.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
        let sql = format!(
            "SELECT {PUSH} FROM pushes WHERE project = $1 AND (recorded_at_us < $2 OR (recorded_at_us = $2 AND id < $3)) \
             ORDER BY recorded_at_us DESC, id DESC LIMIT $4"
        );
        let values = vec![project.as_str().into(), at.into(), id.into(), i64::from(limit).into()];
        all(self, &sql, values).await?.iter().map(push_of).collect()
    }

    async fn count_pushes(&self, project: &ProjectId) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM pushes WHERE project = $1";
        let row = one(self, sql, vec![project.as_str().into()]).await?.ok_or(db::Error::Stale)?;
        count(&row, "n")
    }

    async fn list_all_pushes(&self, project: &ProjectId) -> Result<Vec<Push>> {
        let sql =
            format!("SELECT {PUSH} FROM pushes WHERE project = $1 AND state <> 'dropped' ORDER BY recorded_at_us, id");
        all(self, &sql, vec![project.as_str().into()]).await?.iter().map(push_of).collect()
    }

    async fn list_open_pushes(&self, project: &ProjectId, since: Timestamp) -> Result<Vec<Push>> {
        let sql = format!(
            "SELECT {PUSH} FROM pushes WHERE project = $1 AND state IN ('recorded', 'dropped') \
             AND (state = 'recorded' OR settled_at_us > $2) ORDER BY recorded_at_us, id"
        );
        let values = vec![project.as_str().into(), since.0.into()];
        all(self, &sql, values).await?.iter().map(push_of).collect()
    }

    async fn list_tips(&self, project: &ProjectId) -> Result<Vec<Tip>> {
        let sql = "SELECT reference, tip, push, pusher, moved_at_us FROM tips WHERE project = $1 ORDER BY reference";
        all(self, sql, vec![project.as_str().into()]).await?.iter().map(tip_of).collect()
    }

    async fn save_tip(&self, project: &ProjectId, tip: &Tip) -> Result<()> {
        let sql = "INSERT INTO tips (project, reference, tip, push, pusher, moved_at_us) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (project, reference) DO UPDATE SET tip = excluded.tip, push = excluded.push, \
                   pusher = excluded.pusher, moved_at_us = excluded.moved_at_us";
        let values = vec![
            project.as_str().into(),
            tip.reference.as_str().into(),
            tip.commit.as_str().into(),
            tip.push.as_str().into(),
            text(tip.pusher.as_ref()),
            tip.moved_at.0.into(),
        ];
        run(self, sql, values).await?;
        Ok(())
    }

    async fn delete_tip(&self, project: &ProjectId, reference: &str) -> Result<()> {
        let sql = "DELETE FROM tips WHERE project = $1 AND reference = $2";
        run(self, sql, vec![project.as_str().into(), reference.into()]).await?;
        Ok(())
    }
}
