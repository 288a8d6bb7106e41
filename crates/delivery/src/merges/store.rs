use super::Merge;
use base::{PersonId, ProjectId, Timestamp};
use db::sql::{all, count, get, one, run, run_one, word};
use db::{Result, Tx};
use sea_orm::QueryResult;

const MERGE: &str =
    "id, project, branch, from_commit, commit_id, merged_by, state, reason, asked_at_us, ended_at_us, revision";

/// Where a page of merges goes on: the last one's time and id.
pub(crate) type After = (i64, String);

/// The table `merges`.
pub(crate) trait MergeStore {
    async fn find_merge(&self, id: &str) -> Result<Option<Merge>>;
    /// Returns the merge of a commit that is under way or done.
    async fn find_merge_of(&self, project: &ProjectId, commit: &str) -> Result<Option<Merge>>;
    /// [`db::Error::Taken`] if one of the same commit is under way or done.
    async fn insert_merge(&self, merge: &Merge) -> Result<()>;
    /// Writes what changes; [`db::Error::Stale`] if the row changed since it was read.
    async fn save_merge(&self, merge: Merge) -> Result<Merge>;
    /// Returns up to `most` behind `after`, the newest first.
    async fn list_merges(&self, project: &ProjectId, after: Option<&After>, most: u32) -> Result<Vec<Merge>>;
    async fn count_merges(&self, project: &ProjectId) -> Result<u64>;
}

fn merge_of(row: &QueryResult) -> Result<Merge> {
    Ok(Merge {
        id: get(row, "id")?,
        project: ProjectId(get(row, "project")?),
        branch: get(row, "branch")?,
        from: get(row, "from_commit")?,
        commit: get(row, "commit_id")?,
        merged_by: PersonId(get(row, "merged_by")?),
        state: word(row, "state")?,
        reason: get(row, "reason")?,
        asked_at: Timestamp(get(row, "asked_at_us")?),
        ended_at: get::<Option<i64>>(row, "ended_at_us")?.map(Timestamp),
        revision: get(row, "revision")?,
    })
}

impl MergeStore for Tx {
    async fn find_merge(&self, id: &str) -> Result<Option<Merge>> {
        let sql = format!("SELECT {MERGE} FROM merges WHERE id = $1");
        one(self, &sql, vec![id.into()]).await?.as_ref().map(merge_of).transpose()
    }

    async fn find_merge_of(&self, project: &ProjectId, commit: &str) -> Result<Option<Merge>> {
        let sql = format!(
            "SELECT {MERGE} FROM merges WHERE project = $1 AND commit_id = $2 AND state IN ('asked', 'merged')"
        );
        let values = vec![project.as_str().into(), commit.into()];
        one(self, &sql, values).await?.as_ref().map(merge_of).transpose()
    }

    async fn insert_merge(&self, merge: &Merge) -> Result<()> {
        let sql = format!("INSERT INTO merges ({MERGE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        let values = vec![
            merge.id.as_str().into(),
            merge.project.as_str().into(),
            merge.branch.as_str().into(),
            merge.from.as_str().into(),
            merge.commit.as_str().into(),
            merge.merged_by.as_str().into(),
            merge.state.as_str().into(),
            merge.reason.clone().into(),
            merge.asked_at.0.into(),
            merge.ended_at.map(|at| at.0).into(),
            merge.revision.into(),
        ];
        run(self, &sql, values).await?;
        Ok(())
    }

    async fn save_merge(&self, merge: Merge) -> Result<Merge> {
        let sql = "UPDATE merges SET state = $3, reason = $4, ended_at_us = $5, revision = revision + 1 \
            WHERE id = $1 AND revision = $2";
        let values = vec![
            merge.id.as_str().into(),
            merge.revision.into(),
            merge.state.as_str().into(),
            merge.reason.clone().into(),
            merge.ended_at.map(|at| at.0).into(),
        ];
        run_one(self, sql, values).await?;
        Ok(Merge { revision: merge.revision + 1, ..merge })
    }

    async fn list_merges(&self, project: &ProjectId, after: Option<&After>, most: u32) -> Result<Vec<Merge>> {
        let (at, id) = after.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
        let sql = format!(
            "SELECT {MERGE} FROM merges WHERE project = $1 AND (asked_at_us < $2 OR (asked_at_us = $2 AND id < $3)) \
             ORDER BY asked_at_us DESC, id DESC LIMIT $4"
        );
        let values = vec![project.as_str().into(), at.into(), id.into(), i64::from(most).into()];
        all(self, &sql, values).await?.iter().map(merge_of).collect()
    }

    async fn count_merges(&self, project: &ProjectId) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM merges WHERE project = $1";
        let row = one(self, sql, vec![project.as_str().into()]).await?.ok_or(db::Error::Stale)?;
        count(&row, "n")
    }
}
