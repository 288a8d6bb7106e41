//! What the tests of this crate begin with: a database, a folder, and one project's repository with stock git beside it.
use crate::pushes::store::PushStore;
use crate::{Context, NewFile, Signature};
use base::ProjectId;
use db::{Db, Tx};
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigrationTrait;
use std::fmt::Debug;

/// Returns this context's migrations and those of what it writes to.
pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut all: Vec<Box<dyn MigrationTrait>> = vec![Box::new(db::schema::CreateOutbox)];
    all.extend(crate::migrations::all());
    all
}

/// Returns the id of an object that exists nowhere.
pub(crate) fn id(digit: u8) -> String {
    char::from(b'0' + digit).to_string().repeat(40)
}

pub(crate) async fn write<T>(db: &Db, work: impl AsyncFn(&Tx) -> db::Result<T>) -> db::Result<T> {
    let work = &work;
    db.write(|tx| async move { work(&tx).await }).await
}

pub(crate) async fn read<T: Debug>(db: &Db, work: impl AsyncFn(&Tx) -> db::Result<T>) -> T {
    let work = &work;
    db.read(|tx| async move { work(&tx).await }).await.unwrap()
}

/// One project and its repository.
pub(crate) struct Place {
    pub(crate) cx: Context,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn file(path: &str, text: &str) -> NewFile {
    NewFile { path: path.into(), bytes: text.into(), executable: false }
}

/// Returns the project that each [`Place`] has.
pub(crate) fn project() -> ProjectId {
    "credit".into()
}

pub(crate) fn author() -> Signature {
    Signature { name: "Ana Example".into(), email: "ana@example.com".into() }
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::on(testkit::sqlite(&migrations()).await).await
    }

    pub(crate) async fn on(db: Db) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cx = Context::open(db, testkit::clock(), testkit::ids(), folder.path().join("git"));
        Self { cx, folder }
    }

    /// Makes the repository and returns its first commit's id.
    pub(crate) async fn created(&self) -> String {
        let files = [file("README.md", "hello\n"), file("src/train.py", "print()\n")];
        crate::create(&self.cx, &project(), &files, &author(), "First").await.unwrap().id
    }

    /// Runs stock git in the repository, as somebody on the machine would, and returns what it printed.
    pub(crate) async fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, "").await
    }

    pub(crate) async fn git_with(&self, arguments: &[&str], input: &str) -> String {
        let repository = self.cx.repository(&project()).unwrap();
        let output = self.cx.run_git(&repository, arguments, Some(input.as_bytes())).await.unwrap();
        String::from_utf8(output).unwrap().trim().to_owned()
    }

    /// Makes a commit on top of `parent` that no ref names yet.
    pub(crate) async fn commit(&self, parent: &str, message: &str) -> String {
        let tree = format!("{parent}^{{tree}}");
        let name = [
            "-c",
            "user.name=Ben",
            "-c",
            "user.email=ben@example.com",
            "commit-tree",
            "-p",
            parent,
            "-m",
            message,
            &tree,
        ];
        self.git(&name).await
    }

    /// Returns what was published, in order.
    pub(crate) async fn events(&self) -> Vec<String> {
        let db = self.cx.db.migrator();
        let sql = "SELECT payload FROM outbox ORDER BY id";
        let rows = db.query_all_raw(sea_orm::Statement::from_string(self.cx.db.engine(), sql)).await.unwrap();
        let event = |row: &sea_orm::QueryResult| {
            let payload: String = row.try_get("", "payload").unwrap();
            let event: events::BranchUpdated = serde_json::from_str(&payload).unwrap();
            let shown = |id: Option<String>| id.unwrap_or_else(|| "-".into());
            format!("{} by {}: {} -> {}", event.branch, event.pusher, shown(event.old), shown(event.new))
        };
        rows.iter().map(event).collect()
    }

    /// Returns the records, the newest first.
    pub(crate) async fn pushes(&self) -> String {
        let found = read(&self.cx.db, async |tx| tx.list_pushes(&project(), None, 99).await).await;
        let shown = |push: crate::pushes::Push| {
            format!("{} {} {}", push.reference, push.state, push.pusher.map_or("-".into(), |person| person.0))
        };
        found.into_iter().map(shown).collect::<Vec<_>>().join("\n")
    }
}
