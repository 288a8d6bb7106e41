//! The verbs of evidence. Checking a dossier asks no server.
use crate::cli::Remote;
use crate::evidence_cli::{ClockVerb, EvidenceVerb};
use crate::failure::{Exit, Failure, Result};
use crate::remote::{Server, encoded};
use crate::table::{Column, card, table};
use access::audit::PublicKey;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

const LIVE: &[Column] = &[
    ("ENDPOINT", "/endpoint"),
    ("CANDIDATE", "/candidate"),
    ("MODEL", "/model"),
    ("VERSION", "/version"),
    ("KIND", "/kind"),
    ("APPROVED BY", "/approvers"),
    ("FROM", "/live_from"),
    ("UNTIL", "/live_until"),
    ("VERIFYING", "/verifying"),
    ("SUSPENDED", "/suspended/reason"),
];
const STAGE: &[Column] = &[
    ("STAGE", "/stage"),
    ("FROM", "/from"),
    ("TO", "/to"),
    ("TOOK", "/took"),
    ("PEOPLE", "/people"),
    ("MACHINES", "/machines"),
    ("WORK", "/work"),
    ("NOTE", "/note"),
];
const SUMMARY: &[Column] = &[
    ("STAGE", "/stage"),
    ("MEDIAN", "/median"),
    ("PROJECTS", "/n"),
    ("OPEN", "/open"),
    ("BASELINE", "/baseline"),
    ("SAVED", "/saved"),
    ("NOTE", "/note"),
];
const RUN_TIME: &[Column] = &[("RUNS", "/what"), ("MEDIAN", "/median"), ("N", "/n")];
const BASELINE: &[Column] =
    &[("Baseline", "/id"), ("Digest", "/digest"), ("Imported by", "/imported_by"), ("At", "/imported_at")];

/// Runs a verb on evidence that asks a server.
pub async fn evidence(verb: EvidenceVerb) -> Result<String> {
    match verb {
        EvidenceVerb::Export { project, number, output, remote } => {
            let path = format!("/projects/{}/candidates/{number}/dossier", encoded(&project));
            let answer = Server::find(&remote)?.open(&path).await?;
            let document = answer.bytes().await.map_err(|error| Server::broke_off(&error))?;
            match output {
                Some(file) => {
                    let written = std::fs::write(&file, &document);
                    written.map_err(|error| Failure::io(format!("`{}` cannot be written", file.display()), &error))?;
                    Ok(format!(
                        "{} bytes in {}: check them with `lockgate evidence verify`",
                        document.len(),
                        file.display()
                    ))
                }
                None => {
                    // The very bytes: a line end behind them would be one more.
                    let mut out = std::io::stdout().lock();
                    let done = out.write_all(&document).and_then(|()| out.flush());
                    done.map_err(|error| Failure::io("standard output", &error))?;
                    Ok(String::new())
                }
            }
        }
        EvidenceVerb::Key { remote } => {
            let found = Server::find(&remote)?.get("/evidence/key").await?;
            Ok(if remote.json { found.to_string() } else { found["key"].as_str().unwrap_or_default().to_owned() })
        }
        EvidenceVerb::Live { at, project, environment, remote } => {
            let asked = [("at", at), ("project", project), ("environment", environment)];
            let asked = asked.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(&value?))));
            let path = format!("/live?{}", asked.collect::<Vec<_>>().join("&"));
            let mut found = Server::find(&remote)?.list(&path).await?;
            if remote.json {
                return Ok(Value::from(found).to_string());
            }
            found.iter_mut().for_each(|row| row["approvers"] = approvers(row));
            Ok(table(&found, LIVE, "nothing was live then, as far as you may see"))
        }
        EvidenceVerb::Verify { file, key, json } => verify(&file, &key, json),
    }
}

fn approvers(row: &Value) -> Value {
    let all = row["approved_by"].as_array().cloned().unwrap_or_default();
    let name = |one: &Value| {
        let roles = one["roles"].as_array().cloned().unwrap_or_default();
        let roles: Vec<&str> = roles.iter().filter_map(Value::as_str).collect();
        format!("{} ({})", one["person"].as_str().unwrap_or_default(), roles.join(", "))
    };
    let named: Vec<String> = all.iter().map(name).collect();
    if named.is_empty() { row["no_approval"].clone() } else { Value::from(named.join(", ")) }
}

/// Checks the dossier `file` against the pinned key, given as text or as a file.
pub fn verify(file: &Path, key: &str, whole: bool) -> Result<String> {
    let unreadable =
        |path: &Path, error: &std::io::Error| Failure::io(format!("`{}` cannot be read", path.display()), error);
    let digits = key.trim();
    let is_hex = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = match (is_hex, digits.starts_with("ed25519:")) {
        (true, _) => format!("ed25519:{digits}"),
        (_, true) => digits.to_owned(),
        _ => std::fs::read_to_string(key).map_err(|error| unreadable(Path::new(key), &error))?,
    };
    let public: PublicKey = text.parse().map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("`--key`: {error}"),
            "give what `lockgate evidence key` printed, or `DIR/keys/audit.pub`",
        )
    })?;
    let document = std::fs::read(file).map_err(|error| unreadable(file, &error))?;
    match ::evidence::dossier::verify(&document, &public) {
        Ok(verified) if whole => Ok(json!({ "verified": true, "header": verified.header }).to_string()),
        Ok(verified) => {
            let header = verified.header;
            Ok(format!(
                "verified: candidate {} of {}, {} ({} sections, {} bytes), made {} by {}",
                header.candidate,
                header.project,
                header.digest,
                header.sections.len(),
                verified.bytes,
                header.made_at,
                header.made_by
            ))
        }
        Err(altered) => {
            let detail = format!("`{}` is not what was signed: {altered}", file.display());
            // One code for every way in which it does not hold.
            Err(Failure::new(Exit::Broken, detail, "export it again; if it stays so, it was tampered with"))
        }
    }
}

/// Runs a verb on the clock.
pub async fn clock(verb: ClockVerb) -> Result<String> {
    match verb {
        ClockVerb::Import { file, remote } => {
            let body = std::fs::read(&file);
            let body = body.map_err(|error| Failure::io(format!("`{}` cannot be read", file.display()), &error))?;
            let made = Server::find(&remote)?.post_text("/baselines", "text/csv", body).await?;
            Ok(if remote.json { made.to_string() } else { card(&made, BASELINE) })
        }
        ClockVerb::Show { project: Some(project), remote } => {
            let found = Server::find(&remote)?.get(&format!("/projects/{}/clock", encoded(&project))).await?;
            Ok(if remote.json { found.to_string() } else { of_project(&found) })
        }
        ClockVerb::Show { project: None, remote } => of_all(&remote).await,
    }
}

async fn of_all(remote: &Remote) -> Result<String> {
    let found = Server::find(remote)?.get("/clock?limit=200").await?;
    if remote.json {
        return Ok(found.to_string());
    }
    let mut stages = found["stages"].as_array().cloned().unwrap_or_default();
    for stage in &mut stages {
        stage["median"] = lasting(&stage["median_s"]);
        if let Some(compared) = stage["comparisons"].get(0).cloned() {
            stage["baseline"] = lasting(&compared["baseline_s"]);
            stage["saved"] = lasting(&compared["saving_s"]);
            stage["note"] = compared["note"].clone();
        }
    }
    let said = found["headline"].as_array().cloned().unwrap_or_default();
    let said: Vec<&str> = said.iter().filter_map(Value::as_str).collect();
    Ok([table(&stages, SUMMARY, "no stages"), run_times(&found), said.join("\n")].join("\n\n"))
}

fn of_project(found: &Value) -> String {
    let mut stages = found["stages"].as_array().cloned().unwrap_or_default();
    for stage in &mut stages {
        let open = stage["open"].as_bool().unwrap_or_default();
        let took = lasting(&stage["seconds"]);
        stage["took"] = if open && !took.is_null() { Value::from(format!("> {}", text(&took))) } else { took };
        stage["people"] = lasting(&stage["people_s"]);
        stage["machines"] = lasting(&stage["machines_s"]);
        stage["work"] = lasting(&stage["working_s"]);
    }
    [table(&stages, STAGE, "no stages"), run_times(found)].join("\n\n")
}

fn run_times(found: &Value) -> String {
    let mut times = found["run_times"].as_array().cloned().unwrap_or_default();
    times.iter_mut().for_each(|time| time["median"] = lasting(&time["median_s"]));
    table(&times, RUN_TIME, "no runs")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Returns seconds as people say them.
fn lasting(seconds: &Value) -> Value {
    let Some(seconds) = seconds.as_f64() else { return Value::Null };
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];
    let fits = units.iter().find(|(size, _)| seconds.abs() >= *size);
    Value::from(fits.map_or_else(|| format!("{seconds:.2} s"), |(size, name)| format!("{:.1} {name}", seconds / size)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::audit::AuditKey;

    #[test]
    fn what_was_not_signed_ends_like_an_altered_log() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{}").unwrap();
        let key = AuditKey::from_seed([7; 32]).public().to_string();
        let failure = verify(file.path(), &key, false).unwrap_err();
        assert_eq!(failure.exit, Exit::Broken, "{failure}");
    }

    #[test]
    fn what_was_still_being_verified_is_told_from_what_was_live() {
        let rows =
            [json!({ "endpoint": "prod.pd", "verifying": false }), json!({ "endpoint": "prod.pd", "verifying": true })];
        let shown = table(&rows, LIVE, "none");
        let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<Vec<String>> = shown.lines().map(cells).collect();
        let verifying = |line: usize| lines[line][lines[line].len() - 2].clone();
        assert_eq!([verifying(0), verifying(1), verifying(2)], ["VERIFYING", "false", "true"], "{shown}");
    }
}
