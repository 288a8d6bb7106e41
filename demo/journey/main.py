"""What `make demo` runs: a clean start, the journey, and a way to look around afterwards."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lockgate
from lockgate import Client, LockgateError

from journey.build import Build
from journey.checks import Checked
from journey.laptop import Laptop, LaptopError
from journey.operate import Operated
from journey.process import Server, ServerError
from journey.prove import Proved
from journey.release import Released
from journey.tables import BadTableError, Lakes, make_lakes
from journey.walk import GROUPS, NEXT, StoryError, Walk
from journey.watch import Watched

HERE = Path(__file__).resolve().parent.parent
MARK = ".lockgate-demo"


def main() -> int:
    """Run the demo and return its exit code: 0 as told, 1 not as told, 2 wrong input."""
    options = arguments()
    try:
        home = clean_home(options.home)
        lakes = make_lakes(options.data_file, options.target, options.sensitive, home / "lakes")
    except BadTableError as error:
        print(f"this table cannot be shown: {error}", file=sys.stderr)
        return 2
    print(f"{lakes.rows:,} rows of {options.data_file.name}: binary target {lakes.target}, in lakes retail and risk")
    server = Server(options.binary, home / "data", {"retail": lakes.root / "retail", "risk": lakes.root / "risk"})
    with stopped_by_signals():
        try:
            return tell(server, lakes, options.stay)
        except KeyboardInterrupt:
            return 130
        finally:
            server.stop()


def tell(server: Server, lakes: Lakes, stay: bool) -> int:
    """Start the server, walk the journey, and say what comes next, or what went wrong and what to do."""
    started = time.monotonic()
    try:
        fix_split(server.data)
        server.start()
        print(f"server ready after {time.monotonic() - started:.2f} s  → {server.url}")
        clients = {name: Client(server.url, server.token(name, groups)) for name, groups in GROUPS.items()}
        walk = Walk(server.url, lakes, clients, say=lambda line: print(line, flush=True))
        _, token = lockgate.tokens.create("laptop", ttl_seconds=12 * 3600, client=clients["ana"])
        build = Build(walk, Laptop(server.data.with_name("laptop"), server.url, "ana", token))
        checked = Checked(build)
        released = Released(build, checked, server.serving)
        for part in parts(walk, build, checked, released, Operated(released, server)):
            part()
            if released.refused:
                break
    except LockgateError as error:
        # What the SDK itself says has no page; its way out stands in its words.
        page = "read what it says" if error.code.startswith("sdk.") else f"see docs/errors/{error.code}.md"
        return failed(server, str(error), page)
    except (StoryError, ServerError, LaptopError) as error:
        return failed(server, str(error), "this is a fault of Lockgate")
    seconds = f"told in {time.monotonic() - started:.1f} s"
    if released.refused:
        print(f"{seconds}, up to the gate, which keeps a model out that is not good enough; next: a better model")
    else:
        print(f"as far as the product reaches, {seconds}; next: {NEXT}")
    if stay:
        print("\nlook around; each link signs in once and sets a password:")
        for name in GROUPS:
            print(f"  {name.title():5} {sign_in_link(server.url, lockgate.people.link(name, client=clients['pat']))}")
        print("press Ctrl-C to stop", flush=True)
        while server.process is not None and server.process.poll() is None:
            time.sleep(0.2)
    return 0


def parts(
    walk: Walk, build: Build, checked: Checked, released: Released, operated: Operated
) -> Sequence[Callable[[], None]]:
    """Return all parts of the journey, in their order."""
    return (
        walk.find_data,
        build.project,
        build.begun,
        walk.get_access,
        build.clone,
        build.described,
        build.begun,
        released.granted,
        build.trained,
        released.prepared,
        checked.push_mistakes,
        build.changed,
        build.tracked,
        released.begun,
        build.at_home,
        checked.stopped,
        released.cut,
        released.biased,
        released.release,
        released.roll_back,
        released.stopped,
        *operated.steps(),
        *Watched(operated).steps(),
        *Proved(operated).steps(),
    )


def fix_split(data: Path) -> None:
    """Give the demo's bank a known key, not a random one: the same fifth of the records is held out each time.

    Of 200 held-out records some 40 are young: how the bias of a model comes out depends on which.
    """
    keys = data / "keys"
    keys.mkdir(parents=True, mode=0o700)
    data.chmod(0o700)
    (keys / "masks.key").touch(0o600)
    (keys / "masks.key").write_text(f"{4:064x}")


def failed(server: Server, what: str, page: str) -> int:
    """Say what went wrong and what to do."""
    print(f"\nstopped: {what}", file=sys.stderr)
    print(f"what to do: {page}; the server's log is {server.log}", file=sys.stderr)
    print(f"its last lines: {server.last_words()}", file=sys.stderr)
    return 1


def sign_in_link(url: str, link: str) -> str:
    """Return a link to open, whether the server gave a whole one, its path or its secret."""
    if link.startswith(("http://", "https://")):
        return link
    return f"{url}{link}" if link.startswith("/") else f"{url}/link#{link}"


def clean_home(home: Path) -> Path:
    """Return the demo's own folder, emptied; a folder that is not ours is left alone."""
    if home.exists() and any(home.iterdir()):
        if not (home / MARK).exists():
            raise BadTableError(f"`{home}` exists and is not a demo's; name another folder with --home")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).write_text("made by `make demo`, which empties this folder each time\n")
    return home


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Turn SIGTERM into the same end as Ctrl-C, so that the server is stopped too."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def arguments() -> argparse.Namespace:
    """Return what was asked for, on the command line or by `DATA`, `TARGET` and `SENSITIVE`."""
    own = os.environ.get("DATA")
    share = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    parser = argparse.ArgumentParser(description="Walk the journey on a fresh Lockgate.")
    parser.add_argument("--binary", type=Path, default=os.environ.get("LOCKGATE_BIN"), help="the built `lockgate`")
    parser.add_argument("--home", type=Path, default=Path(share) / "lockgate-demo", help="folder, emptied at the start")
    parser.add_argument("--data-file", type=Path, default=Path(own or HERE / "data" / "german_credit.csv"))
    parser.add_argument("--target", default=os.environ.get("TARGET") or (None if own else "creditability"))
    parser.add_argument("--sensitive", default=os.environ.get("SENSITIVE") or (None if own else "age_in_years"))
    parser.add_argument(
        "--stay",
        action=argparse.BooleanOptionalAction,
        default=sys.stdout.isatty() and os.environ.get("CI") != "true",
        help="leave the server up afterwards (default: at a terminal)",
    )
    options = parser.parse_args()
    if options.binary is None or not options.binary.is_file():
        parser.error("say --binary FILE (`make demo` builds it and does so)")
    if options.target is None:
        parser.error("say TARGET=column together with DATA=file.csv")
    return options
