//! The configuration: one struct per section, read once, here.
use crate::failure::{Exit, Failure, Result};
use crate::logs;
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// A text that prints as `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns the text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A section as the reference page shows it.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    pub word: &'static str,
    pub about: &'static str,
    pub keys: &'static [Key],
}

/// A key of a section.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub default: &'static str,
    pub about: &'static str,
}

/// Declares a section: its struct, its defaults, and its part of the reference page.
macro_rules! section {
    ($(#[doc = $about:literal])+ $name:ident $word:literal {
        $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr, $shown:literal;)+
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[doc = $doc])+ pub $field: $type,)+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            const SECTION: Section = Section {
                word: $word,
                about: concat!($($about),+),
                keys: &[$(Key { name: stringify!($field), default: $shown, about: concat!($($doc),+) }),+],
            };
        }
    };
}

section! {
    /// Where the server listens.
    Server "server" {
        /// The address of the UI and the API; port 0 picks a free one.
        listen: String = "127.0.0.1:8080".to_owned(), "127.0.0.1:8080";
        /// The address of the Open Inference Protocol; port 0 picks a free one.
        serving_listen: String = "127.0.0.1:8081".to_owned(), "127.0.0.1:8081";
        /// The address that people reach the server at, where a proxy stands before it; with `https`, cookies are secure.
        public_url: Option<String> = None, "";
    }
}

section! {
    /// Where the metadata lies.
    Database "database" {
        /// `postgres://USER:PASSWORD@HOST/NAME`, or `sqlite://FILE`; without it SQLite in the data folder. A secret: it is never shown.
        url: Option<Secret> = None, "";
    }
}

section! {
    /// The folders that data lakes may be connected from.
    Lakes "lakes" {
        /// A name for each folder: `[lakes.roots]`, then `retail = "/srv/retail"`.
        roots: BTreeMap<String, PathBuf> = BTreeMap::new(), "";
    }
}

section! {
    /// The log, JSON lines.
    Log "log" {
        /// `error`, `warn`, `info`, `debug` or `trace`; also per target, as in `info,db=debug`.
        level: String = "info".to_owned(), "info";
        /// A file to append to; without it the log goes to standard error.
        file: Option<PathBuf> = None, "";
    }
}

section! {
    /// Who may do what, beyond the built-in policies.
    Access "access" {
        /// A folder of Cedar policies of your company (`*.cedar`); they may only forbid.
        policies: Option<PathBuf> = None, "";
    }
}

section! {
    /// What the steps of projects run on.
    Environments "environments" {
        /// The Python interpreter: a name on the path, or a file; `python3.11`, else `python3`, unless said.
        python: Option<String> = None, "";
        /// The installer of packages, likewise.
        uv: Option<String> = None, "uv";
    }
}

section! {
    /// How the steps of runs are started on this machine.
    Runs "runs" {
        /// How steps are kept apart: `bubblewrap`, or `none`, with which a step can do whatever the server's user can.
        isolation: runs::engine::Isolation = runs::engine::Isolation::Bubblewrap, "bubblewrap";
        /// How many CPUs steps may take together; all of the machine unless said.
        cpus: Option<u32> = None, "";
        /// How much memory, in MiB; three quarters of the machine's unless said.
        memory_mib: Option<u64> = None, "";
    }
}

section! {
    /// What MLflow's clients log.
    Tracking "tracking" {
        /// The largest file of a run or a model, in bytes.
        artifact_bytes: u64 = 10_737_418_240, "10737418240";
    }
}

section! {
    /// How released models are served.
    Serving "serving" {
        /// The ONNX runtime's shared library, `libonnxruntime.so`; unless said, where `scripts/need onnxruntime` puts it.
        onnxruntime: Option<PathBuf> = None, "";
        /// How often captured calls are brought into the lake, in seconds.
        capture_s: u64 = 60, "60";
    }
}

/// All of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub lakes: Lakes,
    pub log: Log,
    pub access: Access,
    pub environments: Environments,
    pub runs: Runs,
    pub tracking: Tracking,
    pub serving: Serving,
}

/// What the command line says of the configuration; it wins over file and environment.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serving_listen: Option<String>,
}

impl Config {
    /// The sections, in the order of the reference page.
    pub const SECTIONS: &[Section] = &[
        Server::SECTION,
        Database::SECTION,
        Lakes::SECTION,
        Log::SECTION,
        Access::SECTION,
        Environments::SECTION,
        Runs::SECTION,
        Tracking::SECTION,
        Serving::SECTION,
    ];

    /// Reads `file`, then `LOCKGATE__SECTION__KEY`, then `flags`; the later wins.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::io(format!("the configuration file `{}` cannot be read", file.display()), &error)
            })?;
            figment = figment.merge(Toml::string(&text));
        }
        figment = figment.merge(Env::prefixed("LOCKGATE__").split("__"));
        figment = figment.merge(Serialized::default("server", flags));
        let config: Self = figment.extract().map_err(|error| explain(error, file))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        logs::filter(&self.log.level).map(drop)?;
        for (name, path) in &self.lakes.roots {
            base::plain_name(name).map_err(|bad| {
                Failure::new(Exit::Usage, format!("`[lakes.roots] {name}`: {bad}"), "choose another name for the root")
            })?;
            if !path.is_absolute() {
                let detail = format!("`[lakes.roots] {name}`: `{}` is not an absolute path", path.display());
                return Err(Failure::new(Exit::Usage, detail, "write the path from `/`"));
            }
        }
        if let Some(url) = &self.server.public_url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            let detail = format!("`[server] public_url`: `{url}` is not a web address");
            return Err(Failure::new(Exit::Usage, detail, "write it as `https://lockgate.example`"));
        }
        Ok(())
    }
}

/// Says which key is wrong, where it stands, and which was probably meant.
fn explain(error: figment::Error, file: Option<&Path>) -> Failure {
    let source = match &error.metadata {
        Some(found) if found.name.contains("environment") => "the environment".to_owned(),
        _ => file.map_or_else(|| "the command line".to_owned(), |file| format!("`{}`", file.display())),
    };
    let (key, detail, hint) = match &error.kind {
        Kind::UnknownField(key, known) => {
            let near = base::nearest(key, known.iter().copied());
            let hint = near
                .map_or_else(|| format!("known here: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            (place(&error.path, Some(key)), "is not a key".to_owned(), hint)
        }
        // A value may be a secret, so only its sort is repeated.
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            let sort = match found {
                figment::error::Actual::Str(_) => "a text".to_owned(),
                other => other.to_string(),
            };
            let wanted = in_words(wanted);
            (place(&error.path, None), format!("holds {sort}, but takes {wanted}"), "correct the value".to_owned())
        }
        // What is one of a few words is no secret.
        Kind::UnknownVariant(found, known) => {
            let words = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
            (place(&error.path, None), format!("holds `{found}`, but takes {words}"), "write one of these".to_owned())
        }
        kind if !error.path.is_empty() => {
            (place(&error.path, None), format!("cannot be read: {kind}"), "correct the value".to_owned())
        }
        _ => {
            let text = error.kind.to_string();
            return Failure::new(
                Exit::Usage,
                format!("the configuration in {source} cannot be read: {text}"),
                "correct it: it is TOML",
            );
        }
    };
    Failure::new(Exit::Usage, format!("{key} in {source} {detail}"), hint)
}

/// Says what a key takes where only a type of Rust is known.
fn in_words(wanted: &str) -> &str {
    match wanted {
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0 on",
        other => other,
    }
}

/// Writes a path as the file shows it: `[server] listen`.
fn place(path: &[String], key: Option<&str>) -> String {
    let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
    if let Some(key) = key
        && words.last() != Some(&key)
    {
        words.push(key);
    }
    match words.split_last() {
        Some((key, [])) => format!("`{key}`"),
        Some((key, section)) => format!("`[{}] {key}`", section.join(".")),
        None => "a key".to_owned(),
    }
}

/// Returns the reference page.
pub fn reference() -> String {
    let mut page = vec![
        "# Configuration\nGenerated by `lockgate reference configuration`.\n".to_owned(),
        "The server reads a TOML file (`--config FILE`), then the environment (`LOCKGATE__SECTION__KEY`), then its flags; the \
         later wins. An unknown key is an error."
            .to_owned(),
    ];
    for section in Config::SECTIONS {
        page.push(format!("\n## `[{}]`\n{}\n", section.word, section.about.trim()));
        page.push("| key | default | meaning | environment |\n| --- | --- | --- | --- |".to_owned());
        for key in section.keys {
            let default = if key.default.is_empty() { "–".to_owned() } else { format!("`{}`", key.default) };
            let variable = format!("LOCKGATE__{}__{}", section.word, key.name).to_uppercase();
            page.push(format!("| `{}` | {default} | {} | `{variable}` |", key.name, key.about.trim()));
        }
    }
    page.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(toml: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lockgate.toml");
        std::fs::write(&file, toml).unwrap();
        let text = match Config::load(Some(&file), &Flags::default()) {
            Ok(config) => format!("{config:?}"),
            Err(failure) => failure.to_string().replace(&file.display().to_string(), "FILE"),
        };
        assert!(text.contains(expected), "{toml}: {text}");
    }

    #[test]
    fn an_unknown_key_suggests_the_right_one() {
        check("[server]\nlistn = \"x\"", "`[server] listn` in `FILE` is not a key\n  hint: did you mean `listen`?");
        check("[sever]\nlisten = \"x\"", "`sever` in `FILE` is not a key\n  hint: did you mean `server`?");
        check("[log]\nzzz = 1", "hint: known here: level, file");
        // Whether it is called signed depends on what else is built.
        check("[server]\nlisten = 7", "`[server] listen` in `FILE` holds ");
        check("[server]\nlisten = 7", "int `7`, but takes a string");
        check("[server", "cannot be read");
    }

    #[test]
    fn a_value_that_does_not_fit_is_named_by_its_key() {
        check(
            "[runs]\nisolation = \"nope\"",
            "`[runs] isolation` in `FILE` holds `nope`, but takes `bubblewrap` or `none`",
        );
        check("[serving]\ncapture_s = -1", "`[serving] capture_s` in `FILE` holds ");
        check("[serving]\ncapture_s = -1", "int `-1`, but takes a whole number from 0 on\n  hint: correct the value");
        check("[runs]\ncpus = 4294967296", "`[runs] cpus` in `FILE` holds ");
        check("[runs]\ncpus = 4294967296", "takes a whole number from 0 to 4294967295");
        check("[log]\nlevel = \"warning\"", "`[log] level`: `warning` is not a level\n  hint: did you mean `warn`?");
    }

    #[test]
    fn values_are_checked_and_secrets_are_not_shown() {
        check("[lakes.roots]\nretail = \"relative\"", "`relative` is not an absolute path");
        check("[lakes.roots]\nRetail = \"/srv\"", "`[lakes.roots] Retail`: `Retail` is not a name");
        check("[server]\npublic_url = \"lockgate.example\"", "is not a web address");
        check("[database]\nurl = \"postgres://u:hunter2@h/d\"", "url: Some(***)");
    }

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lockgate.toml");
        std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:1\"\nserving_listen = \"127.0.0.1:2\"").unwrap();
        let flags = Flags { listen: Some("127.0.0.1:9".into()), serving_listen: None };
        let config = Config::load(Some(&file), &flags).unwrap();
        assert_eq!(
            (config.server.listen.as_str(), config.server.serving_listen.as_str()),
            ("127.0.0.1:9", "127.0.0.1:2")
        );
    }

    #[test]
    fn every_section_is_on_the_page() {
        let page = reference();
        for word in
            ["`[server]`", "LOCKGATE__DATABASE__URL", "LOCKGATE__LAKES__ROOTS", "`info`", "A folder of Cedar policies"]
        {
            assert!(page.contains(word), "{word}");
        }
    }
}
