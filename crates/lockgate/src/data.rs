//! The data folder: its lock, its identity, its keys. One process at a time holds it.
use crate::failure::{Exit, Failure, Result};
use rand::TryRngCore;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file with the first administrator's link, as long as that works.
pub const ADMIN_LINK: &str = "admin-link";
/// How long to wait for a command that holds the folder for a moment.
const PATIENCE: Duration = Duration::from_secs(1);

/// A data folder that this process holds until it ends, however it ends.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Whose folder this is; written last at the first start, so what it vouches for is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// Names this server in leases, over restarts.
    pub server: String,
    /// `sqlite` or `postgres`: so that a command without configuration does not open another database.
    pub database: String,
}

/// The deployment's keys. Losing them makes the audit log unverifiable and changes every token in masked columns.
pub struct Keys {
    pub audit: [u8; 32],
    pub masks: [u8; 32],
    /// What manifests of the serving process are signed with.
    pub serving: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl DataFolder {
    /// Makes the folder if absent, for its owner alone, and takes it.
    pub fn take(path: &Path) -> Result<Self> {
        let named = |what: &str| format!("the data folder `{}` {what}", path.display());
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::new(Exit::Usage, named("is a file"), "give `--data` a folder"),
            _ => Failure::io(named("cannot be made"), &error),
        })?;
        std::fs::set_permissions(path, Permissions::from_mode(0o700))
            .map_err(|error| Failure::io(named("cannot be closed to others"), &error))?;
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(|error| Failure::io(named("cannot be written"), &error))?;
        let started = Instant::now();
        while let Err(error) = rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(Failure::io(named("cannot be locked"), &error.into()));
            }
            if started.elapsed() > PATIENCE {
                let holder = std::fs::read_to_string(path.join("lock")).unwrap_or_default();
                let detail = named(&format!("is in use by process {}", holder.trim()));
                return Err(Failure::new(Exit::InUse, detail, "stop that server, or give this one another `--data`"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let write = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        write.map_err(|error| Failure::io(named("cannot be written"), &error))?;
        // Absolute: what is started from other folders (git, the installer, runners) is told places below it.
        let path = path.canonicalize().map_err(|error| Failure::io(named("cannot be found again"), &error))?;
        Ok(Self { path, _lock: lock })
    }

    /// Returns the path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns the folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads who this folder belongs to; `None` before the first start has ended.
    pub fn identity(&self) -> Result<Option<Identity>> {
        let path = self.file("identity.json");
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::io(format!("`{}` cannot be read", path.display()), &error)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            let detail = format!("`{}` is damaged: {error}", path.display());
            Failure::new(Exit::Internal, detail, "restore it from a backup of the data folder")
        })
    }

    /// Writes who this folder belongs to.
    pub fn set_identity(&self, identity: &Identity) -> Result<()> {
        let text = serde_json::to_vec(identity).expect("two texts serialise");
        self.write_secret("identity.json", &text)
    }

    /// Reads the keys, or makes them at the first start. A key that is missing later is an error: a new one would not
    /// verify what the old one signed.
    pub fn keys(&self, first_start: bool) -> Result<Keys> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(self.file("keys"));
        made.map_err(|error| Failure::io(format!("`{}` cannot be made", self.file("keys").display()), &error))?;
        Ok(Keys {
            audit: self.key("keys/audit.key", first_start)?,
            masks: self.key("keys/masks.key", first_start)?,
            // A new one costs nothing: what the old one signed is signed anew.
            serving: self.key("keys/serving.key", true)?,
        })
    }

    fn key(&self, name: &str, first_start: bool) -> Result<[u8; 32]> {
        let path = self.file(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let mut key = [0; 32];
                hex::decode_to_slice(text.trim(), &mut key).map_err(|_| {
                    let detail = format!("`{}` is damaged: it should hold 64 hexadecimal digits", path.display());
                    Failure::new(Exit::Internal, detail, "restore it from a backup of the data folder")
                })?;
                Ok(key)
            }
            Err(error) if error.kind() == ErrorKind::NotFound && first_start => {
                let mut key = [0; 32];
                rand::rngs::OsRng.try_fill_bytes(&mut key).map_err(|error| {
                    Failure::new(Exit::Internal, format!("no random bytes: {error}"), "look into the operating system")
                })?;
                self.write_secret(name, hex::encode(key).as_bytes())?;
                Ok(key)
            }
            Err(error) => {
                let what = format!("the key `{}` cannot be read", path.display());
                Err(Failure {
                    hint: Some("restore it from a backup of the data folder".into()),
                    ..Failure::io(what, &error)
                })
            }
        }
    }

    /// Writes a file that only its owner reads: whole and on the disk, or not at all.
    pub fn write_secret(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.file(name);
        write_secret(&path, content)
            .map_err(|error| Failure::io(format!("`{}` cannot be written", path.display()), &error))
    }
}

/// Writes `path`, mode 0600, by way of a temporary file beside it.
pub fn write_secret(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
