"""Ana's laptop: a folder of its own, stock `git`, stock `uv`, and her token. Nothing of the server's is in reach."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SDK = Path(__file__).resolve().parents[2] / "python" / "lockgate" / "src"


def caches() -> Path:
    """Return the folder for what a later demo may use again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lockgate"


class LaptopError(Exception):
    """A command on the laptop failed; the text has what it said."""


@dataclass
class Laptop:
    """A machine that knows the server by its address only."""

    home: Path
    url: str
    person: str
    token: str

    def set_up(self) -> Laptop:
        """Make the folder, and give git name and token: the token in a file that only its owner reads."""
        self.home.mkdir(parents=True, exist_ok=True)
        address = urlsplit(self.url)
        store = self.home / "git-credentials"
        store.touch(0o600)
        store.write_text(f"{address.scheme}://{self.person}:{self.token}@{address.netloc}\n")
        for name, value in {
            "user.name": self.person.title(),
            "user.email": f"{self.person}@example.org",
            "credential.helper": f"store --file '{store}'",
            "advice.detachedHead": "false",
        }.items():
            self.run("git", "config", "--global", name, value)
        return self

    def git(self, *words: str, folder: Path | None = None) -> str:
        """Run git and return what it printed."""
        return self.run("git", *words, folder=folder)

    def python(self, *words: str, folder: Path, venv: Path | None = None, **variables: str) -> str:
        """Run the Python that was installed from the lock of the repository in `folder`, or in `venv`, with the SDK."""
        program = (venv or folder) / ".venv" / "bin" / "python"
        return self.run(str(program), *words, folder=folder, PYTHONPATH=str(SDK), **variables)

    def install(self, folder: Path) -> None:
        """Install what the lock of a repository names, each file checked by its hash.

        Laptops of this machine share it, as they share what uv has downloaded: Python compiles it once.
        """
        program = shutil.which("python3.11") or shutil.which("python3") or sys.executable
        digest = hashlib.sha256((folder / "requirements.lock").read_bytes()).hexdigest()
        shared = caches() / f"laptop-{digest[:16]}"
        if not (shared / "bin" / "python").exists():
            self.run("uv", "venv", "--quiet", "--python", program, str(shared), folder=folder)
        (folder / ".venv").symlink_to(shared)
        lock = ("--require-hashes", "requirements.lock")
        self.run("uv", "pip", "sync", "--quiet", "--python", str(shared / "bin" / "python"), *lock, folder=folder)

    def run(self, *command: str, folder: Path | None = None, **variables: str) -> str:
        """Run a command and return what it printed, both of its streams.

        Raises
        ------
        LaptopError
            It failed.
        """
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("LOCKGATE", "GIT_", "PYTHON"))
        }
        own = {
            "GIT_CONFIG_GLOBAL": str(self.home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        done = subprocess.run(
            command,
            cwd=folder or self.home,
            env=kept | own | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            raise LaptopError(f"`{' '.join(command[:3])} …` ended with {done.returncode}: {done.stdout.strip()}")
        return done.stdout
