//! Whether this machine can keep steps apart.
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where distributions put it. The server's own search path is not asked: what stands first there must not become the wall.
const PLACES: [&str; 3] = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"];

/// Returns where bubblewrap is, once it has made a sandbox; else why it could not, and the way out.
pub(super) fn bubblewrap() -> Result<PathBuf, String> {
    let found = PLACES.iter().map(Path::new).find(|path| path.is_file());
    let found = found.ok_or_else(|| {
        format!(
            "bubblewrap is missing, without which steps could read all that the server can: install it \
             (`apt-get install bubblewrap`), then restart the server. {INSTEAD}"
        )
    })?;
    let tried = Command::new(found)
        .args(["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"])
        .args(["--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--", "/bin/true"])
        .env_clear()
        .output();
    match tried {
        Ok(output) if output.status.success() => Ok(found.to_owned()),
        Ok(output) => Err(format!(
            "bubblewrap cannot make a sandbox here ({}): let the server's user make user namespaces \
             (`sysctl kernel.unprivileged_userns_clone`, `user.max_user_namespaces`, \
             `kernel.apparmor_restrict_unprivileged_userns`; in a container, its security profile). {INSTEAD}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("bubblewrap cannot be started: {error}. {INSTEAD}")),
    }
}

const INSTEAD: &str =
    "Or let steps run unprotected, as the server's user: `[runs] isolation = \"none\"`; runs then show it";
