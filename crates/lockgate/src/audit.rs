//! Checks an export of the audit log offline, and fetches one.
use crate::cli::Remote;
use crate::failure::{Exit, Failure, Result};
use crate::remote::Server;
use access::audit::{self, Checkpoint, PublicKey};
use std::io::{BufReader, Write};
use std::path::Path;

/// Checks the export `file` against the pinned `key` and the last `checkpoint` known from elsewhere.
pub fn verify(file: &Path, key: &Path, checkpoint: Option<&Path>, whole: bool) -> Result<String> {
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path);
        text.map_err(|error| Failure::io(format!("`{}` cannot be read", path.display()), &error))
    };
    let public: PublicKey = read(key)?.parse().map_err(|error| {
        Failure::new(Exit::Usage, format!("`{}`: {error}", key.display()), "give the public key, `DIR/keys/audit.pub`")
    })?;
    let known = checkpoint.map(|path| last_checkpoint(path, &read(path)?)).transpose()?;
    let export = std::fs::File::open(file);
    let export = export.map_err(|error| Failure::io(format!("`{}` cannot be read", file.display()), &error))?;
    match audit::verify(BufReader::new(export), &public, known.as_ref()) {
        Ok(report) if whole => {
            let vouched = report.signed == report.sealed && report.unsealed == 0;
            Ok(serde_json::json!({ "intact": true, "vouched": vouched, "report": report }).to_string())
        }
        Ok(report) => {
            let end = if known.is_some() {
                ""
            } else {
                "; without a known checkpoint, a log that was cut off looks whole too"
            };
            Ok(format!(
                "intact: {} sealed entries, signed up to entry {} by {} checkpoints; not vouched for yet: {} sealed later, {} not sealed{end}",
                report.sealed,
                report.signed,
                report.checkpoints,
                report.sealed - report.signed,
                report.unsealed
            ))
        }
        Err(broken) => {
            let detail = format!("`{}` is not what was recorded: {broken}", file.display());
            let hint = match broken {
                audit::Broken::Unsigned => {
                    "a server signs within a minute of its first entries: export again then; if it stays so, the log was tampered with"
                }
                _ => "export again; if it stays so, the log was tampered with",
            };
            Err(Failure::new(Exit::Broken, detail, hint))
        }
    }
}

/// Reads the last line of a file of checkpoints.
fn last_checkpoint(path: &Path, text: &str) -> Result<Checkpoint> {
    let last = text.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    last.ok_or_else(|| {
        let detail = format!("`{}` holds no checkpoint", path.display());
        Failure::new(Exit::Usage, detail, "give a copy of `DIR/audit-checkpoints.jsonl`")
    })
}

/// Writes the whole log to standard output.
pub async fn export(remote: &Remote) -> Result<()> {
    let mut answer = Server::find(remote)?.open("/audit/export").await?;
    let mut out = std::io::stdout().lock();
    while let Some(piece) = answer.chunk().await.map_err(|error| Server::broke_off(&error))? {
        out.write_all(&piece).map_err(|error| Failure::io("standard output", &error))?;
    }
    Ok(())
}
