//! The first wall: what `bwrap` is told, and where things lie inside.
use super::plan::Walls;
use crate::engine::{Isolation, LocalLaunch};
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where the attempt's socket lies inside.
const SOCKET: &str = "/work/api.sock";

/// Where a step finds things: inside the sandbox, or, without one, where they lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub code: PathBuf,
    pub sdk: PathBuf,
    pub inputs: PathBuf,
    pub out: PathBuf,
    pub home: PathBuf,
    pub tmp: PathBuf,
    pub step_file: PathBuf,
    pub python: Option<PathBuf>,
    pub socket: PathBuf,
}

/// What an attempt's folder holds for its step: one folder, since each mount of a sandbox costs bubblewrap a third of a millisecond.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// All that the step may write, and where what is shared appears.
    pub work: PathBuf,
    pub out: PathBuf,
    pub home: PathBuf,
    pub tmp: PathBuf,
    /// An empty folder, for a run without code.
    pub empty: PathBuf,
    /// Links to the inputs, for a step that runs without a sandbox.
    pub inputs: PathBuf,
    pub step_file: PathBuf,
    pub socket: PathBuf,
}

impl Own {
    pub(super) fn below(folder: &Path) -> Self {
        let work = folder.join("work");
        let at = |name: &str| work.join(name);
        Self {
            out: at("out"),
            home: at("home"),
            tmp: at("tmp"),
            empty: folder.join("empty"),
            inputs: at("in"),
            step_file: at("step.json"),
            socket: at("api.sock"),
            work,
        }
    }
}

impl Places {
    pub(super) fn of(local: &LocalLaunch, own: &Own) -> Self {
        let launch = &local.launch;
        match local.isolation {
            Isolation::Bubblewrap => Self {
                code: "/work/code".into(),
                sdk: "/work/sdk".into(),
                inputs: "/work/in".into(),
                out: "/work/out".into(),
                home: "/work/home".into(),
                tmp: "/tmp".into(),
                step_file: "/work/step.json".into(),
                python: launch.python.as_ref().map(|_| "/work/venv".into()),
                socket: SOCKET.into(),
            },
            Isolation::None => Self {
                code: launch.code.clone().unwrap_or_else(|| own.empty.clone()),
                sdk: launch.sdk.clone(),
                inputs: own.inputs.clone(),
                out: own.out.clone(),
                home: own.home.clone(),
                tmp: own.tmp.clone(),
                step_file: own.step_file.clone(),
                python: launch.python.clone(),
                socket: own.socket.clone(),
            },
        }
    }
}

/// The folders of the system that a program needs for running at all.
const SYSTEM: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// What it needs below `/etc`, where it is there: it is copied, but for what only its owner may read.
const SYSTEM_ETC: [&str; 6] =
    ["ld.so.cache", "localtime", "ssl/openssl.cnf", "ssl/certs", "alternatives", "mime.types"];
/// The devices that mean nothing to other processes.
const DEVICES: [&str; 3] = ["null", "zero", "urandom"];

/// Makes the folders that every sandbox mounts as its `/etc` and `/dev`: who is who, and places for what is mounted in them. Files are
/// replaced one by one and never removed: sandboxes that an earlier server started have these very folders mounted.
pub(crate) fn make_shared(folder: &Path) -> std::io::Result<()> {
    let (etc, dev) = (folder.join("etc"), folder.join("dev"));
    std::fs::create_dir_all(etc.join("ssl"))?;
    let files = [
        ("passwd", "step:x:1000:1000:step:/work/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"),
        ("group", "step:x:1000:\nnogroup:x:65534:\n"),
        ("hosts", "127.0.0.1 localhost\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    ];
    for (name, text) in files {
        let new = etc.join(format!("{name}.new"));
        std::fs::write(&new, text)?;
        std::fs::rename(new, etc.join(name))?;
    }
    for name in SYSTEM_ETC {
        copy(&Path::new("/etc").join(name), &etc.join(name))?;
    }
    std::fs::create_dir_all(dev.join("shm"))?;
    for name in DEVICES {
        std::fs::write(dev.join(name), "")?;
    }
    for (name, target) in [("random", "urandom"), ("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        let target = if name == "random" { target.to_owned() } else { format!("/proc/self/fd{target}") };
        link(Path::new(&target), &dev.join(name))?;
    }
    Ok(())
}

/// Makes a symbolic link, or lets the same one stand.
fn link(target: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::read_link(to).is_ok_and(|found| found == target) {
        return Ok(());
    }
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::os::unix::fs::symlink(target, to),
    }
}

/// Copies a file, a link, or a folder of them; what is not there, or not for everybody to read, is left out.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let Ok(found) = std::fs::symlink_metadata(from) else { return Ok(()) };
    if found.is_symlink() && from.parent().is_some_and(|folder| folder != Path::new("/etc")) {
        return link(&std::fs::read_link(from)?, to);
    }
    if found.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    let for_all = std::fs::metadata(from).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o004 != 0);
    if !for_all {
        return Ok(());
    }
    let new = to.with_extension("new");
    std::fs::copy(from, &new)?;
    std::fs::rename(new, to)
}

/// Returns the arguments for `bwrap` up to the command. `filter` is the number of the file that holds the system call filter.
pub(super) fn arguments(local: &LocalLaunch, own: &Own, filter: u32) -> Vec<OsString> {
    let mut told = Told(Vec::with_capacity(128));
    // The identity inside is nobody's outside but the server's own user, with no capability there or here.
    told.say(["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]);
    told.say(["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "step", "--clearenv"]);
    told.bind("--ro-bind", Path::new("/usr"), "/usr");
    for path in SYSTEM.map(Path::new) {
        match std::fs::read_link(path) {
            Ok(target) => told.pair("--symlink", target, path),
            Err(_) if path.is_dir() => told.bind("--ro-bind", path, path),
            Err(_) => {}
        }
    }
    told.bind("--ro-bind", local.shared.join("etc"), "/etc");
    told.bind("--ro-bind", local.shared.join("dev"), "/dev");
    for name in DEVICES {
        let path = Path::new("/dev").join(name);
        told.bind("--dev-bind", &path, &path);
    }
    told.say(["--size", &(local.launch.spec.memory_mib << 20).to_string(), "--tmpfs", "/dev/shm"]);
    told.say(["--proc", "/proc"]);
    for root in roots(local) {
        told.bind("--ro-bind", &root, &root);
    }
    told.work(local, own);
    told.say(["--remount-ro", "/", "--chdir", "/work/code", "--seccomp", &filter.to_string(), "--"]);
    told.0
}

/// Returns what the interpreter needs beside `/usr`.
fn roots(local: &LocalLaunch) -> impl Iterator<Item = PathBuf> {
    let roots = local.launch.interpreter.roots.iter();
    roots.filter(|root| !root.starts_with("/usr") && root.exists()).cloned()
}

struct Told(Vec<OsString>);

impl Told {
    fn say<const N: usize>(&mut self, words: [&str; N]) {
        self.0.extend(words.map(OsString::from));
    }

    fn pair(&mut self, word: &str, from: impl Into<OsString>, to: impl Into<OsString>) {
        self.0.extend([word.into(), from.into(), to.into()]);
    }

    fn bind(&mut self, word: &str, from: impl AsRef<Path>, to: impl AsRef<Path>) {
        self.pair(word, from.as_ref(), to.as_ref());
    }

    /// What is the attempt's own, and what it shares read-only with others of its run.
    fn work(&mut self, local: &LocalLaunch, own: &Own) {
        let launch = &local.launch;
        self.bind("--bind", &own.work, "/work");
        self.pair("--symlink", "work/tmp", "/tmp");
        self.bind("--ro-bind", launch.code.as_deref().unwrap_or(&own.empty), "/work/code");
        self.bind("--ro-bind", &launch.sdk, "/work/sdk");
        if let Some(python) = &launch.python {
            self.bind("--ro-bind", python, "/work/venv");
        }
        for (name, path) in &launch.inputs {
            self.bind("--ro-bind", path, Path::new("/work/in").join(name));
        }
    }
}

/// Returns the second wall, which says the same again in the kernel's other language.
pub(super) fn walls(local: &LocalLaunch) -> Walls {
    let fixed =
        ["/usr", "/etc", "/dev", "/proc", "/work/code", "/work/sdk", "/work/venv", "/work/in", "/work/step.json"];
    let read = SYSTEM.iter().chain(&fixed).map(PathBuf::from).chain(roots(local)).collect();
    let devices = DEVICES.iter().map(|name| Path::new("/dev").join(name));
    let write = ["/work/out", "/work/home", "/tmp", "/dev/shm"].map(PathBuf::from).into_iter().chain(devices).collect();
    Walls { read, write }
}
