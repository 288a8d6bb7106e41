//! The interpreter and the installer of this machine.
use super::Error;
use super::error::Result;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// The oldest interpreter that the SDK runs on.
const OLDEST: (u32, u32) = (3, 10);
/// What an interpreter says of itself. `_base_executable`: inside a virtual environment, the interpreter behind it.
const ASK: &str = "import json, os, sys, sysconfig; print(json.dumps({\
    'program': os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable), \
    'version': '%d.%d.%d' % sys.version_info[:3], 'implementation': sys.implementation.name, \
    'platform': sysconfig.get_platform(), 'prefixes': sorted({sys.base_prefix, sys.base_exec_prefix}), \
    'libc': ' '.join(__import__('platform').libc_ver())}))";

/// What configuration says of interpreter and installer.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The interpreter: a name on the path, or a file; `python3.11`, else `python3`, unless said.
    pub python: Option<String>,
    /// The installer, likewise; `uv` unless said.
    pub uv: Option<String>,
    /// How steps are kept apart, for environments to show: `bubblewrap` unless said.
    pub isolation: Option<String>,
    /// The variables that both are given, and nothing else; see [`is_passed`].
    pub variables: Vec<(String, String)>,
}

/// Returns whether interpreter and installer are given this variable of the server's: what finds files and the package index,
/// and nothing of the server's own.
pub fn is_passed(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "NETRC",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
    ];
    const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"];
    let upper = name.to_ascii_uppercase();
    NAMES.contains(&name) || PROXIES.contains(&upper.as_str()) || name.starts_with("UV_") || name.starts_with("PIP_")
}

/// An interpreter that steps run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program itself, no link to it.
    pub program: PathBuf,
    /// `3.11.7`.
    pub version: String,
    /// What a sandbox must see, read-only, to run it, besides `/usr`, `/lib*`, `/etc/ssl` and `/etc/ld.so.cache`.
    pub roots: Vec<PathBuf>,
    /// What wheels must fit: implementation, machine, C library.
    pub platform: String,
}

#[derive(Deserialize)]
struct Said {
    program: PathBuf,
    version: String,
    implementation: String,
    platform: String,
    prefixes: Vec<PathBuf>,
    libc: String,
}

/// The interpreter and the installer of this machine, found once, at start.
#[derive(Clone, Debug)]
pub struct Python(Arc<Found>);

#[derive(Debug)]
struct Found {
    interpreter: std::result::Result<Interpreter, String>,
    settings: Settings,
}

impl Python {
    /// Looks for the interpreter: blocks for the moment that one needs to start. One that is not there, or too old, is told to
    /// who needs it; a server that runs no code needs none.
    pub fn find(settings: Settings) -> Self {
        let names: Vec<&str> = match &settings.python {
            Some(name) => vec![name.as_str()],
            None => vec!["python3.11", "python3"],
        };
        let mut interpreter = Err(String::new());
        for name in names {
            interpreter = ask(name, &settings.variables);
            if interpreter.is_ok() {
                break;
            }
        }
        Self(Arc::new(Found { interpreter, settings }))
    }

    /// Returns the interpreter.
    ///
    /// # Errors
    /// [`Error::NoInterpreter`].
    pub fn interpreter(&self) -> Result<&Interpreter> {
        self.0.interpreter.as_ref().map_err(|why| Error::NoInterpreter(why.clone()))
    }

    /// Returns how steps are kept apart.
    pub fn isolation(&self) -> &str {
        self.0.settings.isolation.as_deref().unwrap_or("bubblewrap")
    }

    /// Returns the installer as it was named.
    pub(super) fn uv(&self) -> &str {
        self.0.settings.uv.as_deref().unwrap_or("uv")
    }

    /// Returns the variables that the installer is given: pip's index counts where none of uv's own is named.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.0.settings.variables.clone();
        let named =
            |name: &str| self.0.settings.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        if let Some(index) = named("PIP_INDEX_URL")
            && named("UV_DEFAULT_INDEX").or(named("UV_INDEX_URL")).is_none()
        {
            variables.push(("UV_DEFAULT_INDEX".to_owned(), index.clone()));
        }
        variables
    }
}

fn ask(name: &str, variables: &[(String, String)]) -> std::result::Result<Interpreter, String> {
    let mut command = Command::new(name);
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value))).args(["-I", "-c", ASK]);
    let output = command.output().map_err(|error| format!("`{name}` cannot be started: {}", error.kind()))?;
    if !output.status.success() {
        return Err(format!("`{name}` does not run: {}", output.status));
    }
    let said: Said =
        serde_json::from_slice(&output.stdout).map_err(|_| format!("`{name}` is not a Python that we understand"))?;
    let parts: Vec<u32> = said.version.split('.').filter_map(|part| part.parse().ok()).collect();
    match parts[..] {
        [major, minor, ..] if (major, minor) >= OLDEST => {}
        _ => {
            return Err(format!(
                "`{name}` is Python {}, and {}.{} is the oldest that fits",
                said.version, OLDEST.0, OLDEST.1
            ));
        }
    }
    let roots = said.prefixes.into_iter().filter(|prefix| !prefix.starts_with("/usr")).collect();
    let platform = format!("{} {} {}", said.implementation, said.platform, said.libc);
    Ok(Interpreter { program: said.program, version: said.version, roots, platform })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_servers_own_is_passed_on() {
        for name in ["PATH", "HOME", "https_proxy", "HTTPS_PROXY", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "SSL_CERT_FILE"]
        {
            assert!(is_passed(name), "{name}");
        }
        for name in ["LOCKGATE__DATABASE__URL", "LOCKGATE_TOKEN", "PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "path"] {
            assert!(!is_passed(name), "{name}");
        }
    }

    #[test]
    fn pips_index_counts_where_uv_has_none_of_its_own() {
        let with = |pairs: &[(&str, &str)]| {
            let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let found =
                Found { interpreter: Err(String::new()), settings: Settings { variables, ..Settings::default() } };
            let index = Python(Arc::new(found)).variables();
            index.into_iter().find(|(name, _)| name == "UV_DEFAULT_INDEX").map(|(_, value)| value)
        };
        assert_eq!(with(&[("PIP_INDEX_URL", "pip")]).as_deref(), Some("pip"));
        assert_eq!(with(&[("PIP_INDEX_URL", "pip"), ("UV_DEFAULT_INDEX", "uv")]).as_deref(), Some("uv"));
        assert_eq!(with(&[("PIP_INDEX_URL", "pip"), ("UV_INDEX_URL", "uv")]), None);
    }

    #[test]
    fn an_interpreter_that_is_not_there_is_told_to_who_needs_it() {
        let settings = Settings { python: Some("/no/such/python".into()), ..Settings::default() };
        let error = Python::find(settings).interpreter().unwrap_err().to_string();
        assert!(error.contains("`/no/such/python` cannot be started"), "{error}");
        let settings = Settings { python: Some("/bin/false".into()), ..Settings::default() };
        assert!(Python::find(settings).interpreter().unwrap_err().to_string().contains("does not run"));
        let settings = Settings { python: Some("/bin/true".into()), ..Settings::default() };
        assert!(Python::find(settings).interpreter().unwrap_err().to_string().contains("is not a Python"));
    }
}
