use crate::repositories::tidy_all;
use crate::tests::{Place, author, file, project};
use crate::{Error, NewFile, create, export, fast_forward, read_file, resolve};
use base::Fault;
use expect_test::expect;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.map_or_else(|error| error.fault().1, |found| panic!("{found:?}"))
}

#[tokio::test]
async fn a_repository_is_made_once_and_is_found_again() {
    let place = Place::new().await;
    let (cx, project) = (&place.cx, project());
    let files = [
        file("README.md", "hello\n"),
        NewFile { executable: true, ..file("bin/run \"it\"\\now.sh", "#!/bin/sh\n") },
        NewFile { bytes: vec![0, 255, b'\n', 10], ..file("data/bytes", "") },
        file("empty", ""),
    ];
    // Cut off anywhere, the next call finds it or makes it.
    let make =
        async || create(cx, &project, &files, &author(), "First\n\nWith a body").await.map_err(|e| e.to_string());
    let (_, made) = testkit::drop_at_every_wait(make, async || {}).await;
    let first = made.unwrap();
    let again = create(cx, &project, &[], &author(), "Other").await.unwrap();
    assert_eq!(first, again);
    assert_eq!((first.subject(), first.message.as_str()), ("First", "First\n\nWith a body"));
    assert_eq!((first.author.clone(), first.parents.len()), (author(), 0));
    assert_eq!(first.committed_at, testkit::NEW_YEAR);
    assert_eq!(place.events().await, [format!("main by lockgate: - -> {}", first.id)]);
    expect!["refs/heads/main applied lockgate"].assert_eq(&place.pushes().await);
    expect![[r#"
        100644 README.md
        100755 "bin/run \"it\"\\now.sh"
        100644 data/bytes
        100644 empty"#]]
    .assert_eq(&place.git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", "main"]).await);
    assert_eq!(read_file(cx, &project, &first.id, "data/bytes", 4).await.unwrap(), Some(vec![0, 255, b'\n', 10]));
    assert_eq!(place.git(&["symbolic-ref", "HEAD"]).await, "refs/heads/main", "so that a clone is not empty");
    place.git(&["fsck", "--strict"]).await;
}

#[tokio::test]
async fn nothing_is_made_of_what_cannot_be() {
    let place = Place::new().await;
    for project in ["", "../x", "a/b", "-x", "A", "x.git"] {
        assert_eq!(code(create(&place.cx, &project.into(), &[], &author(), "x").await), "git.repository_name");
    }
    for path in ["", "/etc/passwd", "../x", ".git/hooks/pre-receive", "a\nM 100644 inline b"] {
        let made = create(&place.cx, &project(), &[file(path, "x")], &author(), "x").await;
        assert_eq!(code(made), "git.bad_path", "{path:?}");
    }
    let twice = [file("a", "1"), file("a", "2")];
    assert_eq!(code(create(&place.cx, &project(), &twice, &author(), "x").await), "git.bad_path");
    let odd = crate::Signature { name: "A <b>\ncommitter Eve".into(), email: "a>b\n@x".into() };
    let made = create(&place.cx, &project(), &[file("done", "done\n")], &odd, "done\nM 1").await.unwrap();
    assert_eq!((made.author.name.as_str(), made.author.email.as_str()), ("A bcommitter Eve", "ab@x"));
    assert_eq!(made.message, "done\nM 1");
}

#[tokio::test]
async fn two_that_make_it_at_once_get_one() {
    let place = Place::new().await;
    let (project, one, two) = (project(), [file("a", "1")], [file("a", "2")]);
    let (cx, by) = (&place.cx, &author());
    let both = tokio::join!(create(cx, &project, &one, by, "x"), create(cx, &project, &two, by, "x"));
    assert_eq!(both.0.unwrap(), both.1.unwrap());
    assert_eq!(place.events().await.len(), 1);
}

#[tokio::test]
async fn a_revision_is_a_branch_a_tag_or_a_commit_and_nothing_else() {
    let place = Place::new().await;
    let (cx, project, first) = (&place.cx, project(), place.created().await);
    let second = place.commit(&first, "second").await;
    place.git(&["update-ref", "refs/heads/x", &second]).await;
    place.git(&["update-ref", "refs/tags/v1", &second]).await;
    place.git(&["-c", "user.name=a", "-c", "user.email=a", "tag", "-a", "-m", "x", "v2", &second]).await;
    for (rev, expected) in [
        ("main", &first),
        ("x", &second),
        ("v1", &second),
        ("v2", &second),
        (&first, &first),
        (&first[..7], &first),
        (&first[..8], &first),
    ] {
        assert_eq!(&resolve(cx, &project, rev).await.unwrap().id, expected, "{rev}");
    }
    // No push makes a branch whose name looks like the beginning of a commit's id. Should one be there, it is not taken.
    place.git(&["update-ref", &format!("refs/heads/{}", &first[..8]), &second]).await;
    assert!(resolve(cx, &project, &first[..8]).await.is_err());
    let tree = resolve(cx, &project, "main").await.unwrap().tree;
    for rev in [
        "",
        "HEAD",
        "main~0",
        "main^{commit}",
        "main:README.md",
        "refs/heads/main",
        "heads/main",
        ":/First",
        "--all",
        "-x",
        "@",
        "main@{0}",
        "main\nx",
        "x..main",
        "nope",
        &first[..6],
        &"0".repeat(40),
        &tree,
        "../x",
    ] {
        assert_eq!(code(resolve(cx, &project, rev).await), "git.unknown_revision", "{rev:?}");
    }
    for other in ["nope", "../credit", ""] {
        assert_eq!(code(resolve(cx, &other.into(), "main").await), "git.repository_not_found");
    }
}

#[tokio::test]
async fn a_file_is_read_within_its_bounds() {
    let place = Place::new().await;
    let (cx, project, first) = (&place.cx, project(), place.created().await);
    let read = async |path: &str, limit| read_file(cx, &project, &first, path, limit).await;
    assert_eq!(read("README.md", 6).await.unwrap().as_deref(), Some(&b"hello\n"[..]));
    assert_eq!(code(read("README.md", 5).await), "git.too_large");
    for absent in ["nope", "src", "", "README.md/x", "src/", "readme.md"] {
        let found = read(absent, 1 << 20).await;
        assert!(matches!(found, Ok(None) | Err(Error::BadPath { .. })), "{absent}: {found:?}");
    }
    for bad in ["../credit.git/config", "/etc/passwd", ".git/config", "a\nb"] {
        assert_eq!(code(read(bad, 9).await), "git.bad_path", "{bad}");
    }
    assert_eq!(code(read_file(cx, &project, "main", "README.md", 9).await), "git.unknown_revision");
}

/// Makes a tree of entries `mode path content`.
async fn tree(place: &Place, entries: &[(&str, &str, &str)]) -> String {
    let mut stream = "commit refs/heads/made\ncommitter a <a> 1 +0000\ndata 1\nx\ndeleteall\n".to_owned();
    for (mode, path, content) in entries {
        write!(stream, "M {mode} inline {path}\ndata {}\n{content}\n", content.len()).unwrap();
    }
    place.git_with(&["fast-import", "--quiet", "--force", "--done"], &format!("{stream}done\n")).await;
    place.git(&["rev-parse", "refs/heads/made^{tree}"]).await
}

async fn exported(place: &Place, tree: &str) -> (tempfile::TempDir, Result<(), Error>) {
    let into = tempfile::tempdir().unwrap();
    let done = export(&place.cx, &project(), tree, into.path()).await;
    (into, done)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o100
}

#[tokio::test]
async fn an_export_is_what_was_committed_byte_for_byte() {
    let place = Place::new().await;
    place.created().await;
    let made = tree(
        &place,
        &[
            // Each of these would change or hide a file in an archive or a checkout.
            ("100644", ".gitattributes", "secret.py export-ignore\n*.txt text eol=crlf ident export-subst\n"),
            ("100644", "secret.py", "import os\n"),
            ("100644", "a.txt", "$Id$ $Format:%H$\nline\n"),
            ("100755", "bin/run", "#!/bin/sh\n"),
            ("120000", "link", "a.txt"),
            ("120000", "bin/up", "../a.txt"),
            ("120000", "folder", "bin"),
            ("120000", "through", "folder/up"),
            ("120000", "nowhere", "not/there"),
            ("100644", "deep/er/x", ""),
        ],
    )
    .await;
    let (into, done) = exported(&place, &made).await;
    done.unwrap();
    let text = |path: &str| std::fs::read_to_string(into.path().join(path)).unwrap();
    assert_eq!(text("a.txt"), "$Id$ $Format:%H$\nline\n");
    assert_eq!((text("link"), text("through"), text("deep/er/x")), (text("a.txt"), text("a.txt"), String::new()));
    assert_eq!(text("secret.py"), "import os\n");
    assert_ne!(mode(&into.path().join("bin/run")), 0);
    assert_eq!(mode(&into.path().join("a.txt")), 0);
    assert!(!into.path().join(".git").exists());
    // A commit stands for its tree; a folder that is not empty is left alone.
    let commit = place.git(&["rev-parse", "refs/heads/made"]).await;
    exported(&place, &commit).await.1.unwrap();
    let full = export(&place.cx, &project(), &made, into.path()).await;
    assert_eq!(code(full), "git.failed");
}

#[tokio::test]
async fn no_link_leads_out_of_an_export() {
    let place = Place::new().await;
    place.created().await;
    for (links, why) in [
        (&[("120000", "x", "/etc/passwd")][..], "absolute"),
        (&[("120000", "x", "../outside")], "up"),
        (&[("120000", "a/x", "../../outside")], "up from below"),
        (&[("120000", "a/x", "nope/../../../outside")], "up through nothing"),
        // Read as text it stays inside; followed, each `d` goes nowhere.
        (&[("120000", "d", "."), ("120000", "x", "d/d/d/../../outside")], "through another link"),
        (&[("120000", "a/d", "../a"), ("120000", "x", "a/d/d/d/../../../outside")], "through a link below"),
        (&[("120000", "x", "y"), ("120000", "y", "../outside")], "by a second link"),
        (&[("120000", "x", "y"), ("120000", "y", "x")], "round in a circle"),
    ] {
        let made = tree(&place, links).await;
        let (into, done) = exported(&place, &made).await;
        std::fs::write(into.path().parent().unwrap().join("outside"), "").unwrap();
        assert_eq!(code(done), "git.unsafe_tree", "{why}");
    }
    // Trees that git itself would refuse in a push, made by hand.
    let blob = place.git_with(&["hash-object", "-w", "--stdin"], "x").await;
    for (name, why) in [("..", "up"), (".git", "git's own"), (".GIT", "git's own"), (".", "here")] {
        let inner = place.git_with(&["mktree"], &format!("100644 blob {blob}\tconfig")).await;
        let mut raw = format!("40000 {name}\0").into_bytes();
        raw.extend((0..20).map(|at| u8::from_str_radix(&inner[at * 2..at * 2 + 2], 16).unwrap()));
        let file = place.folder.path().join("raw");
        std::fs::write(&file, raw).unwrap();
        let bad = place.git(&["hash-object", "-w", "-t", "tree", "--literally", file.to_str().unwrap()]).await;
        assert_eq!(code(exported(&place, &bad).await.1), "git.unsafe_tree", "{why}");
    }
    assert_eq!(code(exported(&place, "main").await.1), "git.unknown_revision");
    assert_eq!(code(exported(&place, &blob).await.1), "git.unknown_revision");
}

/// Returns the most memory that this process has held at once, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A file of zeros is a push of a few kilobytes, however large it is.
#[tokio::test]
async fn a_large_file_is_laid_out_without_being_held() {
    const SIZE: u64 = 300 << 20;
    let place = Place::new().await;
    place.created().await;
    let large = place.folder.path().join("large");
    std::fs::File::create(&large).unwrap().set_len(SIZE).unwrap();
    let blob = place.git(&["hash-object", "-w", large.to_str().unwrap()]).await;
    let made = place.git_with(&["mktree"], &format!("100644 blob {blob}\tlarge")).await;
    let before = peak_kib();
    let (into, done) = exported(&place, &made).await;
    done.unwrap();
    assert_eq!(std::fs::metadata(into.path().join("large")).unwrap().len(), SIZE);
    let more = peak_kib() - before;
    assert!(more < 100 << 10, "{more} KiB");
}

#[tokio::test]
async fn only_so_many_trees_are_laid_out_at_once() {
    let mut place = Place::new().await;
    let first = place.created().await;
    let limits = crate::Limits { exports: 1, wait: std::time::Duration::ZERO, ..crate::Limits::default() };
    place.cx.live = std::sync::Arc::new(crate::live::Live::new(limits));
    let taken = place.cx.live.place_to_export().await.unwrap();
    assert_eq!(code(exported(&place, &first).await.1), "git.busy");
    drop(taken);
    exported(&place, &first).await.1.unwrap();
    exported(&place, &first).await.1.unwrap(); // the place came back
}

#[tokio::test]
async fn a_branch_only_moves_forward_from_where_it_is() {
    let place = Place::new().await;
    let (cx, project, first) = (&place.cx, project(), place.created().await);
    let second = place.commit(&first, "second").await;
    let other = place.commit(&first, "other").await;
    let by = &"ben".into();
    let to = async |from: &str, to: &str| fast_forward(cx, &project, "main", from, to, by).await;
    to(&first, &second).await.unwrap();
    to(&first, &second).await.unwrap(); // again: nothing changes
    assert_eq!(code(to(&first, &other).await), "git.branch_moved");
    assert_eq!(code(to(&second, &other).await), "git.not_forward");
    assert_eq!(code(to(&second, &first).await), "git.not_forward");
    assert_eq!(code(to(&second, &"1".repeat(40)).await), "git.unknown_revision");
    assert_eq!(code(to("main", &other).await), "git.unknown_revision");
    assert_eq!(code(fast_forward(cx, &project, "-d", &first, &second, by).await), "git.bad_branch");
    assert_eq!(code(fast_forward(cx, &project, "nope", &first, &second, by).await), "git.branch_moved");
    assert_eq!(place.events().await.len(), 2);
    expect![[r#"
        refs/heads/main applied ben
        refs/heads/main applied lockgate"#]]
    .assert_eq(&place.pushes().await);
}

#[tokio::test]
async fn of_two_merges_at_once_one_is_made() {
    let place = Place::new().await;
    let (cx, project, first) = (&place.cx, project(), place.created().await);
    let (one, two) = (place.commit(&first, "one").await, place.commit(&first, "two").await);
    let (ana, ben) = (&"ana".into(), &"ben".into());
    let merges = tokio::join!(
        fast_forward(cx, &project, "main", &first, &one, ana),
        fast_forward(cx, &project, "main", &first, &two, ben)
    );
    assert_ne!(merges.0.is_ok(), merges.1.is_ok(), "{merges:?}");
    assert_eq!(place.events().await.len(), 2);
}

/// What nothing reaches any more may be what a run was made from.
#[tokio::test]
async fn tidying_throws_nothing_away() {
    let place = Place::new().await;
    let first = place.created().await;
    let lost = place.commit(&first, "no branch reaches this").await;
    for number in 0..25 {
        // A pack each.
        let next = place.commit(&first, &number.to_string()).await;
        place.git_with(&["pack-objects", "--quiet", "objects/pack/pack"], &next).await;
    }
    super::tidy_all(&place.cx).await.unwrap();
    assert_eq!(resolve(&place.cx, &project(), &lost).await.unwrap().subject(), "no branch reaches this");
    let counted = place.git(&["count-objects", "-v"]).await;
    assert!(counted.contains("packs: 1\n"), "{counted}");
    place.git(&["fsck", "--strict"]).await;
}

/// A push around the server has no secret, so no hook says yes.
#[tokio::test]
async fn nothing_is_pushed_around_the_server() {
    let place = Place::new().await;
    crate::Hooks::bind(&place.cx).unwrap();
    let first = place.created().await;
    let repository = place.cx.repository(&project()).unwrap();
    let clone = place.folder.path().join("clone");
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        let quiet = command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        quiet.args(["-c", "safe.directory=*"]).args(arguments).output().unwrap()
    };
    let done = git(&["clone", "--quiet", repository.to_str().unwrap(), clone.to_str().unwrap()]);
    assert!(done.status.success(), "{done:?}");
    let pushed = git(&["-C", clone.to_str().unwrap(), "push", "origin", "HEAD:refs/heads/x"]);
    assert!(!pushed.status.success());
    let said = String::from_utf8_lossy(&pushed.stderr).into_owned();
    assert!(said.contains("nothing may be pushed here directly"), "{said}");
    assert_eq!(
        place.git(&["for-each-ref", "--format=%(refname) %(objectname)"]).await,
        format!("refs/heads/main {first}")
    );
}

/// A `git` that is killed leaves its lock: nobody holds it, and nothing would ever move again.
#[tokio::test]
async fn a_lock_of_a_git_that_was_killed_is_taken_away_once_it_is_old_enough_to_be_nobodys() {
    let place = Place::new().await;
    let (cx, project, first) = (&place.cx, project(), place.created().await);
    let next = place.commit(&first, "second").await;
    let repository = cx.repository(&project).unwrap();
    let merge = async || fast_forward(cx, &project, "main", &first, &next, &"ben".into()).await;
    let left = ["refs/heads/main.lock", "packed-refs.lock", "packed-refs.new"].map(|name| repository.join(name));
    for lock in &left {
        std::fs::write(lock, "").unwrap();
    }
    // One that is young may be that of a git which a killed server had started.
    assert!(matches!(merge().await, Err(Error::Busy)));
    assert_eq!(resolve(cx, &project, "main").await.unwrap().id, first);
    for lock in &left {
        aged(lock, 11);
    }
    merge().await.unwrap();
    assert_eq!(resolve(cx, &project, "main").await.unwrap().id, next);
    assert!(!left.iter().any(|lock| lock.exists()));
}

#[tokio::test]
async fn what_a_push_left_that_was_cut_off_is_deleted_after_a_day() {
    let place = Place::new().await;
    place.created().await;
    let objects = place.cx.repository(&project()).unwrap().join("objects");
    for (name, seconds) in [("young", 3_600), ("old", 25 * 3_600)] {
        let folder = objects.join(format!("tmp_objdir-incoming-{name}"));
        std::fs::create_dir_all(folder.join("pack")).unwrap();
        let file = objects.join("pack").join(format!("tmp_pack_{name}"));
        std::fs::write(&file, "x").unwrap();
        let packed = objects.join("pack").join(format!(".tmp-7-pack-{name}"));
        std::fs::write(&packed, "x").unwrap();
        for left in [file, packed, folder] {
            aged(&left, seconds);
        }
    }
    tidy_all(&place.cx).await.unwrap();
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        entries.filter(|name| name.contains("tmp")).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&objects), ["tmp_objdir-incoming-young".to_owned()].into());
    assert_eq!(names(&objects.join("pack")), [".tmp-7-pack-young".to_owned(), "tmp_pack_young".to_owned()].into());
}

/// Makes a file look as if it had been written that long ago.
fn aged(path: &Path, seconds: u64) {
    let file = std::fs::File::open(path).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - std::time::Duration::from_secs(seconds)).unwrap();
}
