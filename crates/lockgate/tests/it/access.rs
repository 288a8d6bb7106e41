//! How people and scripts get in.
use crate::{Folder, ask, fails, text, told};
use std::os::unix::fs::PermissionsExt;
use testkit::Server;

fn create(folder: &Folder, more: &[&str]) -> Vec<String> {
    let data = folder.data();
    let output = testkit::run(&[&["token", "create", "--data", text(&data)], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_token_is_made_with_and_without_a_server() {
    let folder = Folder::new();
    let before = create(&folder, &["--user", "ana", "--group", "model-developers"]);
    let server = Server::start(&folder.data());
    let during = create(&folder, &["--user", "dora", "--group", "data-stewards", "auditors", "--ttl", "30m"]);
    for (printed, name) in [(before, "ana"), (during, "dora")] {
        let [token] = printed.as_slice() else { unreachable!("prints the token and nothing else: {printed:?}") };
        let (status, me) = ask("GET", &format!("{}/api/v1/me", server.listen), token, None).await;
        assert_eq!((status, me["person"]["id"].as_str()), (200, Some(name)), "{me}");
    }
    let data = folder.data();
    let (code, said) = fails(&["token", "create", "--data", text(&data), "--user", "eli", "--group", "data-steward"]);
    assert_ne!(code, 1, "{said}");
    assert!(said.contains("data-stewards"), "suggests the group that was meant: {said}");
}

#[test]
fn a_token_that_is_too_short_is_refused_in_the_words_of_the_command_line() {
    let folder = Folder::new();
    let data = folder.data();
    let order = ["token", "create", "--data", text(&data), "--user", "ana", "--ttl", "2s"];
    let check = || {
        let (code, said) = fails(&order);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("1 minute to 365 days") && said.contains("say `--ttl`"), "{said}");
    };
    check();
    let _server = Server::start(&data);
    check();
}

#[test]
fn an_admin_link_is_made_with_and_without_a_server() {
    let folder = Folder::new();
    let data = folder.data();
    let link = || {
        let output = testkit::run(&["admin", "link", "--data", text(&data)]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(link().starts_with("http://127.0.0.1:8080/link#"));
    let server = Server::start(&data);
    assert!(!data.join("admin-link").exists(), "an administrator was let in already");
    assert!(link().starts_with(&format!("{}/link#", server.listen)));
}

#[test]
fn login_keeps_a_token_that_works_and_nothing_else() {
    let folder = Folder::new();
    let server = Server::start(&folder.data());
    let token = server.token(&folder.data(), "ana", &["model-developers"]);
    let home = folder.data().with_extension("home");
    let url = server.listen.clone();
    let login = |token: &str| {
        let mut command = testkit::command(&["login", &url]);
        command.env("LOCKGATE_TOKEN", token).env("XDG_CONFIG_HOME", &home).output().unwrap()
    };
    let (code, said) = told(login("wrong"));
    assert_eq!(code, 3, "{said}");
    assert!(!home.exists());
    let output = login(&token);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("as ana"));
    let kept = home.join("lockgate/credentials.json");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    server.kill();
    let (code, said) = told(login(&token));
    assert_eq!(code, 6, "{said}");
}
