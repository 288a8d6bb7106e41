//! What can be wrong at a start: each names the input and the way out, and leaves nothing behind.
use crate::{Folder, fails, text, told};
use std::process::Command;
use testkit::Server;

fn start(folder: &Folder, more: &[&str]) -> (i32, String) {
    let data = folder.data();
    let free = ["--listen", "127.0.0.1:0", "--serving-listen", "127.0.0.1:0"];
    fails(&[&["server", "--data", text(&data)], &free[..], more].concat())
}

#[test]
fn an_unknown_key_suggests_the_right_one() {
    let folder = Folder::new();
    let file = folder.file("lockgate.toml", "[database]\nurll = \"postgres://x\"\n");
    let (code, said) = start(&folder, &["--config", text(&file)]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`[database] urll`") && said.contains("did you mean `url`?"), "{said}");
    let output = testkit::command(&["server", "--data", text(&folder.data())]).env("LOCKGATE__LOG__LEVL", "x").output();
    let (code, said) = told(output.unwrap());
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`[log] levl` in the environment") && said.contains("did you mean `level`?"), "{said}");
    assert!(!folder.data().exists(), "nothing was made");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (option, other, key) in [
        ("--listen", "--serving-listen", "`server.listen`"),
        ("--serving-listen", "--listen", "`server.serving_listen`"),
    ] {
        let folder = Folder::new();
        let data = folder.data();
        let (code, said) = fails(&["server", "--data", text(&data), option, &address, other, "127.0.0.1:0"]);
        assert_eq!(code, 7, "{said}");
        assert!(said.contains(&format!("{key}: cannot listen on `{address}`: address already in use")), "{said}");
        assert!(said.contains("hint: "), "{said}");
        assert!(!data.join("lockgate.db").exists(), "nothing was made");
    }
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let Some(server) = testkit::postgres() else { return };
    let url = format!("{}/nowhere", server.replace("://lockgate@", "://lockgate:hunter2@"));
    let folder = Folder::new();
    let file = folder.file("lockgate.toml", &format!("[database]\nurl = \"{url}\"\n"));
    let (code, said) = start(&folder, &["--config", text(&file)]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("nowhere") && said.contains("hint: ") && !said.contains("hunter2"), "{said}");
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let folder = Folder::new();
    let first = Server::start(&folder.data());
    let (code, said) = start(&folder, &[]);
    assert_eq!(code, 7, "{said}");
    assert!(said.contains(&format!("is in use by process {}", first.id())), "{said}");
    first.kill();
    Server::start(&folder.data()).kill();
}

#[test]
fn a_data_folder_that_cannot_be_one_is_named() {
    let folder = Folder::new();
    let file = folder.file("data", "a file");
    let (code, said) = start(&folder, &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(&format!("the data folder `{}`", text(&file))), "{said}");
    assert!(said.contains("hint: "), "{said}");
}

#[test]
fn a_wrong_database_url_is_named_without_its_password() {
    let folder = Folder::new();
    let file = |url: &str| folder.file("lockgate.toml", &format!("[database]\nurl = \"{url}\"\n"));
    // Nothing listens on port 1.
    let (code, said) = start(&folder, &["--config", text(&file("postgres://lockgate:hunter2@127.0.0.1:1/lockgate"))]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("`postgres://lockgate:***@127.0.0.1:1/lockgate`"), "{said}");
    assert!(said.contains("`[database] url`") && !said.contains("hunter2"), "{said}");
    let (code, said) = start(&folder, &["--config", text(&file("mysql://127.0.0.1/lockgate"))]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`mysql://127.0.0.1/lockgate`") && said.contains("postgres://"), "{said}");
}

#[test]
fn a_wrong_database_file_is_named() {
    let folder = Folder::new();
    let file = folder.file("lockgate.toml", "[database]\nurl = \"sqlite:///nowhere/x.db\"\n");
    let (code, said) = start(&folder, &["--config", text(&file)]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`sqlite:///nowhere/x.db`") && said.contains("`[database] url`"), "{said}");
    let database = folder.data().join("lockgate.db");
    std::fs::write(&database, "no database ".repeat(1_000)).unwrap();
    let (code, said) = start(&folder, &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(text(&database)) && said.contains("hint: restore it from a backup"), "{said}");
    assert!(std::fs::read(&database).unwrap().starts_with(b"no database"), "it is left as it was");
}

#[test]
fn what_is_no_address_is_named() {
    for (option, other) in [("--listen", "--serving-listen"), ("--serving-listen", "--listen")] {
        let folder = Folder::new();
        let (code, said) = fails(&["server", "--data", text(&folder.data()), option, "foo", other, "127.0.0.1:0"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("cannot listen on `foo`") && said.contains("for example `127.0.0.1:8080`"), "{said}");
    }
}

#[test]
fn a_level_that_is_none_is_named() {
    let folder = Folder::new();
    let mut command = testkit::command(&["server", "--data", text(&folder.data())]);
    let (code, said) = told(command.env("LOCKGATE__LOG__LEVEL", "warning").output().unwrap());
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`warning` is not a level") && said.contains("did you mean `warn`?"), "{said}");
    assert!(!folder.data().exists(), "nothing was made");
}

#[test]
fn a_missing_key_is_not_replaced_in_silence() {
    let folder = Folder::new();
    Server::start(&folder.data()).kill();
    let key = folder.data().join("keys/audit.key");
    std::fs::remove_file(&key).unwrap();
    let (code, said) = start(&folder, &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(text(&key)) && said.contains("backup"), "{said}");
    assert!(!key.exists());
}

#[test]
fn a_full_disk_is_named() {
    // Small disks of the test's own, in a mount namespace of their own: full at the first file, and in the midst of things.
    for size in ["40k", "200k"] {
        let folder = Folder::new();
        let data = folder.data();
        std::fs::create_dir(&data).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={size} none {data} && \
             exec {lockgate} server --data {data} --listen 127.0.0.1:0 --serving-listen 127.0.0.1:0",
            data = text(&data),
            lockgate = text(&testkit::binary()),
        );
        let mut command = Command::new("unshare");
        let (code, said) =
            told(command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).output().unwrap());
        assert_eq!(code, 8, "{size}: {said}");
        assert!(said.contains("hint: free space"), "{size}: {said}");
    }
}
