//! Steps that try what they may not: each is refused or bounded, and seen to be.
use crate::bed::{Bed, interpreter, text};
use runs::engine::Engine;
use runs::protocol::{LONGEST_LINE, Outcome, Source};
use std::os::unix::net::UnixListener;
use std::time::Duration;

/// Says of each thing tried what came of it, a line each.
const TRY: &str = "
import os, socket, sys, ctypes, errno
def attempt(name, work):
    try: print(name, 'DONE', repr(work())[:80])
    except OSError as error: print(name, errno.errorcode.get(error.errno, error.errno))
    except Exception as error: print(name, type(error).__name__)
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    result = libc.syscall(*args)
    if result < 0: raise OSError(ctypes.get_errno(), 'call')
    return result
def unix(path):
    s = socket.socket(socket.AF_UNIX); s.connect(path); return 'connected'
def tcp(host, port):
    s = socket.create_connection((host, port), timeout=5); return 'connected'
";

/// Runs a program that tries things, and asserts that none of them was done.
async fn none_is_done(bed: &Bed, tries: &str) -> String {
    let (report, heard) = bed.python(&format!("{TRY}{tries}")).await;
    let said = heard.text(Source::Stdout);
    assert_eq!(report.outcome, Outcome::Succeeded, "{:?}\n{}", report.detail, heard.text(Source::Stderr));
    assert!(!said.is_empty() && !said.contains("DONE") && !said.contains("SECRET"), "{said}");
    said
}

#[tokio::test]
async fn what_the_server_keeps_is_not_there() {
    let bed = Bed::new();
    let data = bed.data();
    let admin = UnixListener::bind(data.join("admin.sock")).unwrap();
    let hooks = UnixListener::bind(data.join("git/hooks.sock")).unwrap();
    let other = data.join("attempts/a-other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("launch.json"), "SECRET token").unwrap();
    let lake = bed.folder.path().join("lake");
    let files = [
        data.join("lockgate.db"),
        data.join("keys/audit"),
        data.join("keys"),
        lake.join("customers.csv"),
        lake,
        other.join("launch.json"),
        data.join("attempts"),
        data.clone(),
        "/root/.ssh".into(),
        "/root/.bashrc".into(),
        "/etc/shadow".into(),
        "/home".into(),
        "/var/log".into(),
        "/sys/kernel".into(),
        "/proc/1/root/work/main".into(),
    ];
    let mut tries = String::new();
    for path in &files {
        let path = text(path);
        tries += &format!(
            "attempt({path:?}, lambda: open({path:?}).read() if os.path.isfile({path:?}) else os.listdir({path:?}))\n"
        );
        tries += &format!("attempt('write ' + {path:?}, lambda: open({path:?}, 'a'))\n");
    }
    for path in [data.join("admin.sock"), data.join("git/hooks.sock"), data.join("runner.sock")] {
        tries += &format!("attempt('connect', lambda: unix({:?}))\n", text(&path));
    }
    let said = none_is_done(&bed, &tries).await;
    assert!(
        said.lines().all(|line| ["ENOENT", "EACCES", "EISDIR", "EROFS"].iter().any(|word| line.ends_with(word))),
        "{said}"
    );
    admin.set_nonblocking(true).unwrap();
    hooks.set_nonblocking(true).unwrap();
    assert!(admin.accept().is_err() && hooks.accept().is_err(), "nobody came");
}

#[tokio::test]
async fn other_processes_are_not_there() {
    let bed = Bed::new();
    let me = std::process::id();
    let tries = format!(
        "
attempt('environ', lambda: open('/proc/{me}/environ').read())
attempt('memory', lambda: open('/proc/{me}/mem', 'rb').read(1))
attempt('kill', lambda: os.kill({me}, 0))
attempt('ptrace', lambda: call(101, 16, 1, 0, 0))
attempt('read memory', lambda: call(310, 1, 0, 0, 0, 0, 0))
attempt('first process memory', lambda: open('/proc/1/mem', 'rb').read(1))
attempt('first process root', lambda: os.listdir('/proc/1/root/'))
attempt('first process files', lambda: os.readlink('/proc/1/fd/0'))
attempt('first process control', lambda: open('/proc/1/fd/3', 'rb').read(1))
attempt('first process environment', lambda: open('/proc/1/environ').read())
attempt('end the first process', lambda: os.kill(1, 15))
attempt('the first process again', lambda: os.kill(1, 9))
print('files', sorted(os.readlink('/proc/self/fd/' + fd) for fd in os.listdir('/proc/self/fd') if int(fd) > 2 and os.path.islink('/proc/self/fd/' + fd)))
print('processes', sorted(pid for pid in os.listdir('/proc') if pid.isdigit()))
print('first', repr(open('/proc/1/cmdline').read()))
"
    );
    let said = none_is_done(&bed, &tries).await;
    let processes = said.lines().find(|line| line.starts_with("processes")).unwrap();
    assert_eq!(processes.split(',').count(), 2, "itself and the first: {said}");
    assert!(said.contains("files []"), "nothing was left open for it: {said}");
    assert!(!said.contains("runner-secret") && !said.contains("step-secret"), "{said}");
}

#[tokio::test]
async fn the_kernels_back_doors_are_shut() {
    let bed = Bed::new();
    let said = none_is_done(
        &bed,
        "
attempt('user namespace', lambda: call(272, 0x10000000))
attempt('mount namespace', lambda: call(272, 0x00020000))
attempt('clone3', lambda: call(435, 0, 0))
attempt('mount', lambda: call(165, b'none', b'/tmp', b'tmpfs', 0, 0))
attempt('umount', lambda: call(166, b'/work/code', 2))
attempt('move mount', lambda: call(429, -1, b'', -1, b'', 0))
attempt('chroot', lambda: os.chroot('/tmp'))
attempt('keyring', lambda: call(250, 0, -3, 1))
attempt('bpf', lambda: call(321, 0, 0, 0))
attempt('perf', lambda: call(298, 0, 0, -1, -1, 0))
attempt('io_uring', lambda: call(425, 1, 0))
attempt('userfaultfd', lambda: call(323, 0))
attempt('setns', lambda: call(308, 0, 0))
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM))
attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt('root', lambda: os.setuid(0))
attempt('hostname', lambda: socket.sethostname('x'))
attempt('device', lambda: os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0)))
attempt('memory limit', lambda: __import__('resource').setrlimit(__import__('resource').RLIMIT_DATA, (1 << 40, 1 << 40)))
",
    )
    .await;
    assert_eq!(said.lines().count(), 20, "{said}");
}

#[tokio::test]
async fn the_forwarder_is_the_only_way_out() {
    let bed = Bed::new();
    let outside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = outside.local_addr().unwrap().port();
    let tries = format!(
        "
attempt('loopback of the machine', lambda: tcp('127.0.0.1', {port}))
attempt('outside', lambda: tcp('1.1.1.1', 53))
attempt('metadata', lambda: tcp('169.254.169.254', 80))
attempt('outside, IPv6', lambda: tcp('2606:4700:4700::1111', 53))
attempt('names', lambda: socket.getaddrinfo('example.com', 80))
attempt('datagrams', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53)))
print('interfaces', [name for _, name in socket.if_nameindex()])
"
    );
    let said = none_is_done(&bed, &tries).await;
    assert!(said.contains("interfaces ['lo']"), "{said}");
    outside.set_nonblocking(true).unwrap();
    assert!(outside.accept().is_err(), "nobody came");
}

#[tokio::test]
async fn what_is_shared_cannot_be_changed() {
    let bed = Bed::new();
    let (input, venv) = (bed.folder.path().join("rows.csv"), bed.folder.path().join("venv"));
    std::fs::write(&input, "rows").unwrap();
    std::fs::create_dir_all(venv.join("bin")).unwrap();
    std::os::unix::fs::symlink(interpreter().program, venv.join("bin/python")).unwrap();
    let tries = "
for path in ['/work/code/train.py', '/work/code/new', '/work/sdk/lockgate/step.py', '/work/venv/bin/python', '/work/venv/new', '/work/in/rows',
             '/work/in/new', '/work/step.json', '/work/new', '/usr/bin/new', '/etc/passwd', '/etc/new', '/dev/new', '/new', '/run/new', '/proc/sys/kernel/hostname']:
    attempt(path, lambda: open(path, 'w'))
    attempt('remove ' + path, lambda: os.remove(path) if os.path.exists(path) else 1/0)
attempt('mode', lambda: os.chmod('/work/code/train.py', 0o777))
attempt('link', lambda: os.link('/work/in/rows', '/work/out/rows'))
attempt('rename', lambda: os.rename('/work/code', '/work/old'))
";
    let program = format!("{TRY}{tries}");
    let (report, heard) = bed
        .python_with(&program, &|launch| {
            launch.inputs.insert("rows".into(), input.clone());
            launch.python = Some(venv.clone());
        })
        .await;
    let said = heard.text(Source::Stdout);
    assert_eq!(report.outcome, Outcome::Succeeded, "{:?} {}", report.detail, heard.text(Source::Stderr));
    assert!(said.lines().count() == 35 && !said.contains("DONE"), "{said}");
    assert_eq!(std::fs::read_to_string(bed.data().join("code/train.py")).unwrap(), "print('from the tree')");
    assert_eq!(std::fs::read_to_string(&input).unwrap(), "rows");
}

#[tokio::test]
async fn tricks_in_outputs_are_refused_by_name() {
    let bed = Bed::new();
    for (script, words) in [
        ("ln -s /etc/passwd /work/out/x", "`x` is a symbolic link"),
        ("ln -s ../../launch.json /work/out/x", "`x` is a symbolic link"),
        ("mkdir /work/out/x; ln -s /etc /work/out/x/etc", "`etc` is a symbolic link"),
        ("mkdir /work/out/x; echo a > /work/out/x/a; ln /work/out/x/a /work/out/x/b", "`a` is a hard link"),
        ("mkfifo /work/out/x", "`x` is a pipe"),
        ("mkdir /work/out/x; mkfifo /work/out/x/p", "`p` is a pipe"),
        ("mkdir -p /work/out/x/rows-in-etc; mkfifo /work/out/x/rows-in-etc/p", "`rows-in-etc/p` is a pipe"),
        ("python3 -c \"import socket; socket.socket(1).bind('/work/out/x')\"", "`x` is a socket"),
        ("truncate -s 1T /work/out/x", "SIGXFSZ"),
        ("mkdir /work/out/x; for n in 1 2; do truncate -s 10G /work/out/x/$n; done", "larger than"),
        ("python3 -c \"import os; os.mkdir('/work/out/x'); open(b'/work/out/x/\\xff', 'w')\"", "is not UTF-8"),
        ("mkdir /work/out/x; cd /work/out/x; for n in $(seq 70); do mkdir d; cd d; done", "deeper than 64"),
        ("mkdir /work/out/x; cd /work/out/x; seq 100001 | xargs touch", "more than 100000 files"),
    ] {
        let (report, heard) =
            bed.run_with(&["/bin/sh", "-c", script], &|launch| launch.spec.outputs = vec!["x".into()]).await;
        let logged = [Source::Stderr, Source::Runner].map(|source| heard.text(source)).join(" ");
        let said = format!("{:?} {logged}", report.detail);
        assert_eq!(report.outcome, Outcome::User, "{script}: {said}");
        assert!(said.contains(words), "{script}: {said}");
        // The log, which is data as outputs are, says where; the reason, which all see who see the run, says what.
        let reason = report.detail.unwrap_or_default();
        assert!(!reason.contains("etc") && !reason.contains("/work"), "{script}: {reason}");
        assert!(!heard.outputs.values().any(|bytes| bytes.windows(5).any(|word| word == b"root:")), "{script}");
    }
    let names = vec!["../home".to_owned()];
    let (report, _) = bed.run_with(&["/bin/true"], &|launch| launch.spec.outputs.clone_from(&names)).await;
    assert!(report.outcome == Outcome::User && report.outputs.is_empty(), "{report:?}");
}

#[tokio::test]
async fn too_much_memory_ends_a_step_as_that() {
    for (bed, program) in [
        (Bed::new(), "x = bytearray(1 << 30)"),
        (Bed::unprotected(), "x = bytearray(1 << 30)"),
        // Shared memory, which no limit of the process counts.
        (
            Bed::new(),
            "import mmap, time\nm = mmap.mmap(-1, 1 << 30)\nfor n in range(1 << 10): m.write(b'x' * (1 << 20))\ntime.sleep(30)",
        ),
        (
            Bed::new(),
            "import os, time\nfor n in range(6):\n  if not os.fork(): break\nx = bytearray(os.urandom(1 << 20)) * 100\ntime.sleep(30)",
        ),
    ] {
        let (report, heard) = bed.python_with(program, &|launch| launch.spec.memory_mib = 256).await;
        let said = heard.text(Source::Stderr);
        assert_eq!(report.outcome, Outcome::Memory, "{program}: {report:?} {said}");
        assert!(report.detail.unwrap().contains("its memory limit of 256 MiB"), "{said}");
        assert!(report.usage.max_rss_bytes < 1 << 30);
    }
}

#[tokio::test]
async fn a_fork_bomb_is_bounded() {
    let bed = Bed::new();
    let program = "import os, time\nwhile True:\n  try: os.fork()\n  except OSError: time.sleep(0.1)";
    let (report, _) = bed.python_with(program, &|launch| launch.spec.memory_mib = 8_192).await;
    let detail = report.detail.unwrap();
    assert!(detail.contains("more than 512 processes") || report.outcome == Outcome::Memory, "{detail}");
}

#[tokio::test]
async fn a_step_that_ignores_sigterm_and_its_children_end_all_the_same() {
    for bed in [Bed::new(), Bed::unprotected()] {
        let number = 5_000 + std::process::id() % 1_000;
        let script = format!("trap '' TERM; setsid sleep {number}000 & while :; do sleep 1; done");
        let (report, _) = bed.run_with(&["/bin/sh", "-c", &script], &|launch| launch.spec.timeout_s = 1).await;
        assert_eq!(report.outcome, Outcome::Timeout);
        assert!(!runs_sleep(&format!("{number}000")));
    }
}

#[tokio::test]
async fn children_do_not_outlive_their_step() {
    for bed in [Bed::new(), Bed::unprotected()] {
        let number = format!("{}001", 6_000 + std::process::id() % 1_000);
        let script =
            format!("setsid nohup sleep {number} > /dev/null 2>&1 < /dev/null & (sleep {number} &) ; echo started");
        let (report, heard) = bed.run(&["/bin/sh", "-c", &script]).await;
        assert_eq!(report.outcome, Outcome::Succeeded);
        assert!(heard.text(Source::Runner).contains("2 processes that the step left behind"), "{:?}", heard.lines);
        assert!(!runs_sleep(&number));
    }
}

fn runs_sleep(number: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("cmdline"));
    processes.filter_map(|path| std::fs::read_to_string(path).ok()).any(|line| line == format!("sleep\0{number}\0"))
}

#[tokio::test]
async fn logs_of_any_shape_are_bounded_and_readable() {
    let bed = Bed::new();
    let program = "
import sys, os
os.write(1, os.urandom(100000) + b'\\n')
os.write(1, b'\\0\\0zero\\n')
os.write(1, b'x' * 100000 + b'\\n')
os.write(2, b'last without an end')
";
    let (report, heard) = bed.python(program).await;
    assert_eq!(report.outcome, Outcome::Succeeded);
    assert!(heard.lines.iter().all(|line| line.text.len() <= LONGEST_LINE && !line.text.contains('\0')));
    assert!(heard.lines.iter().any(|line| line.text == "\u{fffd}\u{fffd}zero"));
    assert_eq!(heard.text(Source::Stdout).matches('x').count() / 1_000, 100);
    assert_eq!(heard.text(Source::Stderr), "last without an end");

    let endless = "import os\nfor n in range(80): os.write(1, b'y' * (1 << 20))\nos.write(2, b'end')";
    let (report, heard) = bed.python(endless).await;
    assert_eq!(report.outcome, Outcome::Succeeded);
    let kept: usize = heard.lines.iter().map(|line| line.text.len()).sum();
    assert!((30 << 20..=33 << 20).contains(&kept), "{kept}");
    assert!(heard.text(Source::Runner).contains("more lines were not kept: a log holds 32 MiB"));
}

#[tokio::test]
async fn the_token_of_the_runner_is_out_of_reach() {
    let bed = Bed::new();
    let launch = bed.launch(
        &[
            "/bin/sh",
            "-c",
            "cat /proc/*/environ /proc/*/cmdline /work/step.json /work/* 2>/dev/null | tr '\\0' '\\n'; ls -laR /run /tmp /work/home; echo end",
        ],
        &|_| (),
    );
    let attempt = launch.attempt.clone();
    bed.engine.submit(launch).await.unwrap();
    let heard = bed.far.until(attempt.as_str(), |heard| heard.report.is_some()).await;
    let said = heard.text(Source::Stdout);
    assert!(said.contains("LOCKGATE_TOKEN=step-secret") && said.ends_with("end"), "{said}");
    assert!(!said.contains("runner-secret") && !said.contains("launch.json"), "{said}");
}

#[tokio::test]
async fn a_step_that_floods_the_server_with_connections_is_bounded() {
    let bed = Bed::new();
    let program = "
import socket
open_ones = []
for n in range(500):
    s = socket.create_connection(('127.0.0.1', 7411), timeout=5); open_ones.append(s)
print('still up')
for s in open_ones: s.close()
";
    let (report, heard) = bed.python(program).await;
    assert_eq!(report.outcome, Outcome::Succeeded, "{} {:?}", heard.text(Source::Stderr), report.detail);
    tokio::time::timeout(Duration::from_secs(5), bed.run(&["/bin/true"])).await.expect("others run as before");
}
