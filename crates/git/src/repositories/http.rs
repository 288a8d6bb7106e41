use super::browse::{self, Branch, Entry, Found};
use super::{Commit, ReadRepository};
use crate::Context;
use crate::names::MAIN;
use access::http::Permit;
use base::{Next, ProjectId, Timestamp, Tone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Cursor, Json, Page, Paging, Path, Problem, Query, Routes, State};

/// Who wrote a commit, as the commit says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignatureView {
    pub name: String,
    pub email: String,
}

/// A commit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommitView {
    pub id: String,
    /// Equal for equal files.
    pub tree: String,
    /// The first line of the message.
    pub subject: String,
    pub message: String,
    pub author: SignatureView,
    #[schema(value_type = String, format = DateTime)]
    pub committed_at: Timestamp,
    pub parents: Vec<String>,
}

impl From<Commit> for CommitView {
    fn from(commit: Commit) -> Self {
        let subject = commit.subject().to_owned();
        let author = SignatureView { name: commit.author.name, email: commit.author.email };
        let (message, committed_at) = (commit.message, commit.committed_at);
        Self { id: commit.id, tree: commit.tree, subject, message, author, committed_at, parents: commit.parents }
    }
}

/// A branch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BranchView {
    pub name: String,
    pub commit: CommitView,
    /// Whether it moves by merge only.
    pub is_protected: bool,
    /// Who brought it where it is, by their token; null if nobody knows.
    pub pusher: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub moved_at: Timestamp,
    pub next: Next,
}

impl From<Branch> for BranchView {
    fn from(branch: Branch) -> Self {
        let is_protected = branch.name == MAIN;
        let (tone, text, reason) = match (&branch.tip.pusher, is_protected) {
            (None, _) => (
                Tone::Bad,
                "It moved without a push.".to_owned(),
                "Somebody changed the repository on the server's disk; tell your administrator.",
            ),
            (Some(_), true) => (Tone::Good, "Moves by merge only.".to_owned(), "Push a branch and ask for its merge."),
            (Some(pusher), false) => {
                (Tone::Idle, format!("Pushed by {pusher}."), "Runs can start from it; `main` takes it by merge.")
            }
        };
        let next = Next { tone, text, reason: reason.to_owned(), action: None };
        let (pusher, moved_at) = (branch.tip.pusher.map(|person| person.0), branch.tip.moved_at);
        Self { name: branch.name, commit: branch.commit.into(), is_protected, pusher, moved_at, next }
    }
}

/// What stands in a folder.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FileEntryView {
    pub name: String,
    pub kind: EntryKind,
    /// Of files and links.
    pub size_bytes: Option<u64>,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Folder,
    File,
    Executable,
    /// A symbolic link.
    Link,
    /// Another repository at one of its commits; its code is not here.
    Submodule,
}

impl From<Entry> for FileEntryView {
    fn from(entry: Entry) -> Self {
        let kind = match entry.mode.as_str() {
            "040000" => EntryKind::Folder,
            "100755" => EntryKind::Executable,
            "120000" => EntryKind::Link,
            "160000" => EntryKind::Submodule,
            _ => EntryKind::File,
        };
        Self { name: String::from_utf8_lossy(&entry.path).into_owned(), kind, size_bytes: entry.size }
    }
}

/// What lies at a path of a commit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FilesView {
    pub commit: CommitView,
    pub path: String,
    /// `folder` or `file`.
    pub kind: EntryKind,
    /// Of a folder.
    pub entries: Vec<FileEntryView>,
    /// Whether the folder has more entries than are shown.
    pub has_more: bool,
    /// Of a file.
    pub size_bytes: Option<u64>,
    /// Of a file of up to 1 MiB that is text in UTF-8.
    pub text: Option<String>,
}

/// Whose commits to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CommitQuery {
    /// A branch, a tag or a commit: `main` unless said.
    branch: Option<String>,
    /// What the page before called `next_cursor`.
    cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    limit: Option<u32>,
}

/// What to look at.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FileQuery {
    /// A branch, a tag or a commit: `main` unless said.
    rev: Option<String>,
    /// A file or a folder; the top unless said.
    path: Option<String>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadRepository>, list_branches))
        .with(web::route!(Permit<ReadRepository>, list_commits))
        .with(web::route!(Permit<ReadRepository>, get_files))
}

/// List the branches of a project's repository, by name.
#[utoipa::path(get, path = "/projects/{id}/branches", tag = "code", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<BranchView>), (status = "default", body = Problem)))]
pub(super) async fn list_branches(
    permit: Permit<ReadRepository>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<BranchView>>, Problem> {
    let (after, limit): (Option<String>, u32) = (paging.after()?, paging.limit());
    let (found, total) = browse::branches(&cx, &permit, &id, after.as_deref(), limit + 1).await?;
    let page = Page::of(found, limit, |branch| branch.name.clone()).map(BranchView::from);
    Ok(Json(Page { total: Some(total), ..page }))
}

/// List the commits behind a branch, the newest first.
#[utoipa::path(get, path = "/projects/{id}/commits", tag = "code", params(("id" = String, Path), CommitQuery),
    responses((status = 200, body = Page<CommitView>), (status = "default", body = Problem)))]
pub(super) async fn list_commits(
    permit: Permit<ReadRepository>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(asked): Query<CommitQuery>,
) -> Result<Json<Page<CommitView>>, Problem> {
    let paging = Paging { cursor: asked.cursor, limit: asked.limit };
    let (after, limit): (Option<browse::After>, u32) = (paging.after()?, paging.limit());
    let rev = asked.branch.as_deref().unwrap_or(MAIN);
    let (mut found, first) = browse::commits(&cx, &permit, &id, rev, after.as_ref(), limit + 1).await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let seen = after.map_or(0, |(_, seen)| seen).saturating_add(limit);
    let next_cursor = has_more.then(|| Cursor::encode(&(first, seen)));
    Ok(Json(Page { items: found.into_iter().map(CommitView::from).collect(), next_cursor, total: None }))
}

/// Show a folder's entries, or a file's text.
#[utoipa::path(get, path = "/projects/{id}/files", tag = "code", params(("id" = String, Path), FileQuery),
    responses((status = 200, body = FilesView), (status = "default", body = Problem)))]
pub(super) async fn get_files(
    permit: Permit<ReadRepository>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(asked): Query<FileQuery>,
) -> Result<Json<FilesView>, Problem> {
    let (rev, path) = (asked.rev.as_deref().unwrap_or(MAIN), asked.path.unwrap_or_default());
    let (commit, found) = browse::files(&cx, &permit, &id, rev, &path).await?;
    let commit = CommitView::from(commit);
    Ok(Json(match found {
        Found::Folder(entries, has_more) => {
            let entries = entries.into_iter().map(FileEntryView::from).collect();
            FilesView { commit, path, kind: EntryKind::Folder, entries, has_more, size_bytes: None, text: None }
        }
        Found::File(size, text) => {
            let size_bytes = Some(size);
            FilesView { commit, path, kind: EntryKind::File, entries: Vec::new(), has_more: false, size_bytes, text }
        }
    }))
}
