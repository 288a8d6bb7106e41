//! The socket and its scripts. What a whole push says through them is in `crates/api/tests/it/git`.
use super::*;
use crate::tests::Place;
use std::os::unix::fs::PermissionsExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

async fn asked(place: &Place, text: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket_of(&place.cx.folder)).await.unwrap();
    stream.write_all(text).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn who_knows_no_secret_is_told_no() {
    let place = Place::new().await;
    let hooks = Hooks::bind(&place.cx).unwrap();
    let serving = tokio::spawn(serve(place.cx.clone(), hooks));
    let question = |version: u32, hook: &str, operation: &str| {
        format!("{}\n", serde_json::json!({"version": version, "hook": hook, "operation": operation}))
    };
    for (text, expected) in [
        (question(VERSION, "pre-receive", "push_guess"), "no such push is under way"),
        (question(VERSION, "post-receive", ""), "no such push is under way"),
        (question(VERSION + 1, "pre-receive", "push_guess"), "another version"),
        (question(VERSION, "update", "push_guess"), "not understood"),
        ("{}\n".into(), "not understood"),
        ("no line end".into(), "not understood"),
        (String::new(), "not understood"),
    ] {
        let answer = asked(&place, text.as_bytes()).await;
        assert!(answer.contains("\"go\":false") && answer.contains(expected), "{text}: {answer}");
    }
    // More than any hook says: it is not read to its end, and gets no yes.
    let mut stream = UnixStream::connect(socket_of(&place.cx.folder)).await.unwrap();
    let _cut_off = stream.write_all(&vec![b'x'; 4 << 20]).await;
    let mut answer = String::new();
    let _cut_off = stream.read_to_string(&mut answer).await;
    assert!(!answer.contains("\"go\":true"), "{answer}");

    crate::drain(&place.cx).await;
    serving.await.unwrap();
    assert!(!socket_of(&place.cx.folder).exists(), "a hook of a server that is gone does not wait");
}

#[tokio::test]
async fn the_folder_is_closed_to_others_and_the_scripts_are_the_same_for_all() {
    let place = Place::new().await;
    std::fs::create_dir_all(place.cx.folder.join("tmp/half-made.git/objects")).unwrap();
    drop(Hooks::bind(&place.cx).unwrap());
    let hooks = Hooks::bind(&place.cx).unwrap(); // what a killed server left behind does not matter
    let mode = |name: &str| std::fs::metadata(place.cx.folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("hooks"), mode("hooks.sock"), mode("hooks/pre-receive")), (0o700, 0o700, 0o600, 0o700));
    let mut names: Vec<_> =
        std::fs::read_dir(place.cx.folder.join("hooks")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["post-receive", "pre-receive"]);
    assert!(!place.cx.folder.join("tmp/half-made.git").exists());
    drop(hooks);
    let deep = Place::new().await;
    let folder = deep.folder.path().join("x".repeat(120));
    let cx = crate::Context { folder, ..deep.cx.clone() };
    let error = Hooks::bind(&cx).unwrap_err().to_string();
    assert!(error.contains("shorter path"), "{error}");
}

#[test]
fn a_hook_without_its_server_says_no() {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    assert!(!run_hook("pre-receive", &b""[..], &mut out, &mut errors));
    assert!(!run_hook("update", &b""[..], &mut out, &mut errors));
    assert_eq!(out, b"");
    let said = String::from_utf8(errors).unwrap();
    assert!(said.contains("did not come through the server"), "{said}");
}

/// The script takes nothing but the one clear yes: not a program that just ends well, nor one that is not there.
#[test]
fn the_script_fails_closed() {
    let place = tempfile::tempdir().unwrap();
    let script = place.path().join("pre-receive");
    std::fs::write(&script, client::PRE_RECEIVE).unwrap();
    let run = |program: Option<&str>| {
        let mut command = std::process::Command::new("/bin/sh");
        command.env_clear().env("PATH", "/usr/bin:/bin").arg(&script);
        if let Some(program) = program {
            command.env(PROGRAM, program);
        }
        command.output().unwrap().status.success()
    };
    let program = |text: &str| {
        let path = place.path().join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    assert!(run(Some(&program("echo 'lockgate: go on'"))));
    assert!(!run(Some(&program("echo 'lockgate: go on'; exit 1"))));
    assert!(!run(Some(&program("echo 'lockgate: go on, perhaps'"))));
    assert!(!run(Some("/bin/true")));
    assert!(!run(Some("/nonexistent")));
    assert!(!run(Some("")));
    assert!(!run(None));
}
