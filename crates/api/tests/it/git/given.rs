//! What the tests of repositories begin with: the product on a port of its own, a project's repository, and stock git.
use crate::app::TestApp;
use base::ProjectId;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::task::JoinSet;

/// What the test's hook does besides: a file of this name in the data folder says so.
pub const ASKS_TWICE: &str = "hook-asks-twice";
pub const DOES_NOT_TELL: &str = "hook-does-not-tell";
/// Before it asks, as long as the file is there; another one says so.
pub const WAITS: &str = "hook-waits";
pub const IS_WAITING: &str = "hook-is-waiting";

/// Returns the program that git's hooks call here: this test's own binary, as [`acts_as_gits_hook`].
pub fn hook_program(folder: &Path) -> PathBuf {
    let path = folder.join("hook-program");
    let test = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\n\
         cd '{folder}'\n\
         test \"$2\" = post-receive && test -e {DOES_NOT_TELL} && exit 0\n\
         ask() {{ LOCKGATE_TEST_HOOK=\"$1\" '{test}' --exact git::given::acts_as_gits_hook --nocapture; }}\n\
         lines=$(cat)\n\
         while test -e {WAITS}; do touch {IS_WAITING}; sleep 0.02; done\n\
         answer=$(echo \"$lines\" | ask \"$2\") || exit 1\n\
         if test -e {ASKS_TWICE}; then answer=$(echo \"$lines\" | ask \"$2\") || exit 1; fi\n\
         case \"$answer\" in *'lockgate: go on') echo 'lockgate: go on';; esac\n",
        folder = folder.display(),
        test = test.display(),
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// Not a test of its own: what `lockgate git-hook` is in the product.
#[test]
fn acts_as_gits_hook() {
    #[expect(clippy::disallowed_methods, reason = "git hands nothing to its hooks but the environment")]
    let Ok(hook) = std::env::var("LOCKGATE_TEST_HOOK") else { return };
    let goes_on = git::run_hook(&hook, std::io::stdin(), std::io::stdout(), std::io::stderr());
    std::process::exit(i32::from(!goes_on));
}

/// The product on a port, with the repository `credit`.
pub struct Served {
    pub app: TestApp,
    /// `127.0.0.1:…`.
    pub address: String,
    pub first: git::Commit,
    /// For clones.
    pub clones: tempfile::TempDir,
    _tasks: JoinSet<()>,
}

/// What git did: whether it succeeded, and all that it said.
#[derive(Debug)]
pub struct Said {
    pub ok: bool,
    pub text: String,
}

impl Said {
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.ok, "{}", self.text);
        self.text
    }

    #[track_caller]
    pub fn refused(self, why: &str) {
        assert!(!self.ok && self.text.contains(why), "`{why}` is not in: {}", self.text);
    }
}

fn file(path: &str, text: &str) -> git::NewFile {
    git::NewFile { path: path.into(), bytes: text.into(), executable: false }
}

impl Served {
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        let router = app.services.public.clone();
        let cx = app.build.git.clone();
        Self::on(app, cx, router).await
    }

    /// Serves repositories within these bounds, and nothing else.
    pub async fn within(limits: git::Limits) -> Self {
        let app = TestApp::start().await;
        let ours = app.build.git.clone();
        let mut cx = git::Context::open_with(ours.db, ours.clock, ours.ids, ours.folder, limits);
        cx.hook_program = ours.hook_program;
        let routes = git::protocol_routes().mount(cx.clone());
        let router = web::serve(vec![("/git", routes)], || "x".into(), &web::Limits::default());
        let router = router.layer(axum::Extension(app.gate.clone()));
        Self::on(app, cx, router).await
    }

    async fn on(app: TestApp, cx: git::Context, router: axum::Router) -> Self {
        let by = git::Signature { name: "Lockgate".into(), email: "lockgate@example.com".into() };
        let files = [file("README.md", "hello\n"), file("src/train.py", "print()\n")];
        let first = git::create(&cx, &Self::project(), &files, &by, "First").await.unwrap();
        let hooks = git::Hooks::bind(&cx).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut tasks = JoinSet::new();
        tasks.spawn(git::serve(cx, hooks));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { app, address, first, clones: tempfile::tempdir().unwrap(), _tasks: tasks }
    }

    pub fn project() -> ProjectId {
        "credit".into()
    }

    /// Returns the address that `person` clones from; git takes name and token from it.
    pub fn url(&self, person: &str) -> String {
        format!("http://{person}:{}@{}/git/credit.git", self.app.token(person), self.address)
    }

    /// Runs stock git in the folder `clone`, with nothing of this machine's settings.
    pub async fn git(&self, clone: &str, arguments: &[&str]) -> Said {
        let folder = self.clones.path().join(clone);
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = tokio::process::Command::new("git");
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.clones.path());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").current_dir(folder);
        for (role, name) in [("AUTHOR", "Ana"), ("COMMITTER", "Ana")] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), "ana@example.com");
        }
        let output = command.args(arguments).kill_on_drop(true).output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        Said { ok: output.status.success(), text: String::from_utf8_lossy(&text).trim().to_owned() }
    }

    /// Clones as `person` into the folder of this name.
    pub async fn cloned(&self, person: &str, clone: &str) {
        self.git(clone, &["clone", "--quiet", &self.url(person), "."]).await.ok();
    }

    /// Commits `text` to the file `change.txt` and returns the commit.
    pub async fn committed(&self, clone: &str, text: &str) -> String {
        std::fs::write(self.clones.path().join(clone).join("change.txt"), text).unwrap();
        self.git(clone, &["add", "change.txt"]).await.ok();
        self.git(clone, &["commit", "--quiet", "--message", text.get(..20).unwrap_or(text)]).await.ok();
        self.git(clone, &["rev-parse", "HEAD"]).await.ok()
    }

    /// Returns a list of the API as `person` sees it.
    pub async fn list(&self, person: &str, path: &str) -> Vec<Value> {
        let answer = self.app.user(person).get(&format!("/projects/credit/{path}")).await;
        assert!(answer.starts_with("200"), "{answer}");
        let page: Value = serde_json::from_str(&answer[4..]).unwrap();
        page["items"].as_array().unwrap().clone()
    }

    /// Returns the records of pushes, the newest first: `refs/heads/x applied ana`.
    pub async fn pushes(&self) -> Vec<String> {
        let shown = |push: &Value| {
            let word = |name: &str| push[name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", word("reference"), word("state"), word("pusher"))
        };
        self.list("ana", "pushes").await.iter().map(shown).collect()
    }

    /// Returns what was published, in order: `x by ana`.
    pub async fn events(&self) -> Vec<String> {
        use sea_orm::{ConnectionTrait, Statement};
        let sql = "SELECT payload FROM outbox WHERE name = 'BranchUpdated' ORDER BY id";
        let rows =
            self.app.db.migrator().query_all_raw(Statement::from_string(self.app.db.engine(), sql)).await.unwrap();
        let event = |row: &sea_orm::QueryResult| {
            let event: Value = serde_json::from_str(&row.try_get::<String>("", "payload").unwrap()).unwrap();
            format!("{} by {}", event["branch"].as_str().unwrap(), event["pusher"].as_str().unwrap())
        };
        rows.iter().map(event).collect()
    }
}
