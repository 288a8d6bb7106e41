"""Where the library of `lockgate.stats` lies: beside the sources, in an environment of the checkout and in a step."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import lockgate
import pytest
from lockgate.stats import library

REPO = Path(__file__).resolve().parents[3]
SOURCES = REPO / "python" / "lockgate" / "src" / "lockgate"
LIBRARY = "_kernels.abi3.so"
PROFILE = "from lockgate import stats; print(stats.profile({'a': [1, 2]}).to_dict()['rows'])"
# As the runner starts the platform's own steps: without the package's `__init__`.
PLATFORM = f"""\
import sys, types
package = types.ModuleType('lockgate')
package.__path__ = [sys.argv[1] + '/lockgate']
sys.modules['lockgate'] = package
{PROFILE}
"""


def run(*words: str | Path, **variables: str) -> str:
    command = [str(word) for word in words]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    """Return a folder like the one that a server unpacks for steps."""
    shutil.copytree(SOURCES, tmp_path / "lockgate", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "lockgate" / LIBRARY).symlink_to(Path(library._kernels.__file__ or "").resolve())
    return tmp_path


def test_steps_import_it_from_what_the_server_unpacks(sdk: Path) -> None:
    where = run(sys.executable, "-B", "-c", f"{PROFILE}; print(stats.__file__)", PYTHONPATH=f"{sdk}{os.pathsep}.")
    assert where.split() == ["2", str(sdk / "lockgate" / "stats" / "__init__.py")]
    assert run(sys.executable, "-I", "-B", "-c", PLATFORM, sdk) == "2"


def test_steps_without_it_have_all_else(sdk: Path) -> None:
    (sdk / "lockgate" / LIBRARY).unlink()
    code = "from lockgate import errors\ntry: from lockgate import stats\nexcept ImportError as error: print(error)"
    said = run(sys.executable, "-B", "-c", code, PYTHONPATH=str(sdk))
    assert "A step of a pipeline has that of the server" in said


class Checkout:
    """A package with a library, and an environment that has it by links."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "package" / "src" / "some"
        self.source.mkdir(parents=True)
        (self.source / "__init__.py").touch()
        (self.source / "old.py").touch()
        kernels = folder / "package" / "kernels"
        kernels.mkdir()
        (kernels / "Cargo.toml").touch()
        run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
        (self.site,) = (folder / "venv" / "lib").glob("python3*/site-packages")

    def link(self, **variables: str) -> dict[str, Path]:
        run(
            "env", "--chdir", self.folder, REPO / "scripts" / "link-package", "venv", "package",
            **{"LOCKGATE_KERNELS": ""} | variables,
        )  # fmt: skip
        entries = (self.site / "some").iterdir()
        return {one.name: one.readlink() for one in entries if one.is_symlink()}


def test_an_environment_has_the_sources_and_the_library_by_links(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    links = checkout.link(CARGO_TARGET_DIR="out")
    # A folder that is said from here is found from there; the library need not be built.
    assert links == {
        "__init__.py": checkout.source / "__init__.py",
        "old.py": checkout.source / "old.py",
        LIBRARY: tmp_path / "out" / "debug" / "lib_kernels.so",
    }
    kept = (checkout.site / "some" / "__init__.py").lstat()
    (checkout.source / "old.py").unlink()
    (checkout.source / "new.py").touch()
    (checkout.source / LIBRARY).touch()  # a stray build
    links = checkout.link(LOCKGATE_KERNELS="/release/lib_kernels.so")
    assert set(links) == {"__init__.py", "new.py", LIBRARY}
    assert links[LIBRARY] == Path("/release/lib_kernels.so")
    again = (checkout.site / "some" / "__init__.py").lstat()
    assert (again.st_ino, again.st_ctime_ns) == (kept.st_ino, kept.st_ctime_ns), "who imports meanwhile finds it"


def test_the_package_of_these_tests_is_the_checkout() -> None:
    assert Path(lockgate.__file__ or "").resolve() == SOURCES / "__init__.py"
