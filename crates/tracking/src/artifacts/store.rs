use base::{Digest, Timestamp};
use db::sql::{all, count, get, one, run, whole, word};
use db::{Result, Tx};
use sea_orm::{DbBackend, QueryResult};

/// A file: a path of its owner, and what lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub path: String,
    pub digest: Digest,
    pub size_bytes: u64,
}

/// A line of a folder's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name alone.
    pub name: String,
    /// Its size in bytes; nothing for a folder.
    pub size_bytes: Option<u64>,
}

/// The statements on files. An owner goes by its id.
pub(crate) trait FileStore {
    /// Keeps a file, in the place of the one that was there.
    async fn put_file(&self, owner: &str, file: &File, now: Timestamp) -> Result<()>;
    async fn find_file(&self, owner: &str, path: &str) -> Result<Option<File>>;
    /// Returns whether a file lies below `path`, or where a folder on the way to it would have to be.
    async fn is_in_the_way(&self, owner: &str, path: &str) -> Result<bool>;
    /// Returns up to `limit` lines of a folder's list by name, behind the name `after`.
    async fn list_folder(&self, owner: &str, folder: &str, after: &str, limit: u32) -> Result<Vec<Entry>>;
    /// Returns the files below a folder by path, the file itself where it is one; those of all for the empty path.
    async fn list_files(&self, owner: &str, folder: &str) -> Result<Vec<File>>;
    /// Deletes a file, or a folder with all below it, and returns how many files it were.
    async fn delete_files(&self, owner: &str, path: &str) -> Result<u64>;
    /// Gives another owner the files of a folder, without the folder's path before them.
    async fn copy_files(&self, from: &str, folder: &str, to: &str, now: Timestamp) -> Result<u64>;
}

fn file(row: &QueryResult) -> Result<File> {
    Ok(File { path: get(row, "path")?, digest: word(row, "digest")?, size_bytes: count(row, "size_bytes")? })
}

/// Returns the condition that a path is `$2` or lies below it: `0` follows `/`, and `LIKE` would take `_` for any letter.
const BELOW: &str = "owner = $1 AND ($2 = '' OR path = $2 OR (path > $2 || '/' AND path < $2 || '0'))";

impl FileStore for Tx {
    async fn put_file(&self, owner: &str, file: &File, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO logged_artifacts (owner, path, digest, size_bytes, stored_at_us) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (owner, path) DO UPDATE SET digest = excluded.digest, size_bytes = excluded.size_bytes, \
            stored_at_us = excluded.stored_at_us";
        let (path, digest) = (file.path.as_str(), file.digest.to_string());
        let values = vec![owner.into(), path.into(), digest.into(), whole(file.size_bytes).into(), now.0.into()];
        run(self, sql, values).await.map(|_| ())
    }

    async fn find_file(&self, owner: &str, path: &str) -> Result<Option<File>> {
        let sql = "SELECT path, digest, size_bytes FROM logged_artifacts WHERE owner = $1 AND path = $2";
        one(self, sql, vec![owner.into(), path.into()]).await?.as_ref().map(file).transpose()
    }

    async fn is_in_the_way(&self, owner: &str, path: &str) -> Result<bool> {
        let above: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
        let fits = crate::search::listed_texts(self.engine(), "$3");
        let sql = format!(
            "SELECT 1 AS one FROM logged_artifacts WHERE owner = $1 AND \
             (path IN {fits} OR (path > $2 || '/' AND path < $2 || '0')) LIMIT 1"
        );
        Ok(one(self, &sql, vec![owner.into(), path.into(), crate::rows::list(&above)]).await?.is_some())
    }

    async fn list_folder(&self, owner: &str, folder: &str, after: &str, limit: u32) -> Result<Vec<Entry>> {
        let slash = if self.engine() == DbBackend::Postgres { "strpos(rest, '/')" } else { "instr(rest, '/')" };
        let sql = format!(
            "SELECT name, is_folder, max(size_bytes) AS size_bytes FROM ( \
                SELECT CASE WHEN {slash} = 0 THEN rest ELSE substr(rest, 1, {slash} - 1) END AS name, \
                    CAST(CASE WHEN {slash} = 0 THEN 0 ELSE 1 END AS bigint) AS is_folder, size_bytes FROM ( \
                    SELECT CASE WHEN $2 = '' THEN path ELSE substr(path, length($2) + 2) END AS rest, size_bytes \
                    FROM logged_artifacts WHERE {BELOW} AND path <> $2) below) named \
             WHERE name > $3 GROUP BY name, is_folder ORDER BY name LIMIT $4"
        );
        let values = vec![owner.into(), folder.into(), after.into(), i64::from(limit).into()];
        let entry = |row: &QueryResult| {
            let is_folder = get::<i64>(row, "is_folder")? == 1;
            let size_bytes = if is_folder { None } else { Some(count(row, "size_bytes")?) };
            Ok(Entry { name: get(row, "name")?, size_bytes })
        };
        all(self, &sql, values).await?.iter().map(entry).collect()
    }

    async fn list_files(&self, owner: &str, folder: &str) -> Result<Vec<File>> {
        let sql = format!("SELECT path, digest, size_bytes FROM logged_artifacts WHERE {BELOW} ORDER BY path");
        all(self, &sql, vec![owner.into(), folder.into()]).await?.iter().map(file).collect()
    }

    async fn delete_files(&self, owner: &str, path: &str) -> Result<u64> {
        let sql = format!("DELETE FROM logged_artifacts WHERE {BELOW}");
        run(self, &sql, vec![owner.into(), path.into()]).await
    }

    async fn copy_files(&self, from: &str, folder: &str, to: &str, now: Timestamp) -> Result<u64> {
        let sql = format!(
            "INSERT INTO logged_artifacts (owner, path, digest, size_bytes, stored_at_us) \
             SELECT $3, CASE WHEN $2 = '' THEN path ELSE substr(path, length($2) + 2) END, digest, size_bytes, $4 \
             FROM logged_artifacts WHERE {BELOW} AND path <> $2"
        );
        run(self, &sql, vec![from.into(), folder.into(), to.into(), now.0.into()]).await
    }
}
