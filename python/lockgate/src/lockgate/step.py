"""What runs a step on an engine: ``python -m lockgate.step module:function``, told by ``$LOCKGATE_STEP`` what to do.

Exit codes: 0 done, 1 the step's own code or what it returned is wrong, 2 this was not called as an engine calls it.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from lockgate.errors import InvalidError, LockgateError
from lockgate.pipelines.perform import StepError, perform
from lockgate.pipelines.signature import nearest
from lockgate.pipelines.steps import Step

# As frames name it: not resolved, since an environment may hold the package by links.
OURS = str(Path(__file__).absolute().parent)


def main() -> int:
    """Run the step and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)  # logs are read while the step runs
    try:
        where, told = _told()
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        print(f"cannot see what to do: {error!r}; `$LOCKGATE_STEP` names the file that says so", file=sys.stderr)
        return 2
    name = str(told["step"])
    try:
        function = find(where, name)
        outputs = {output: Path(path) for output, path in told["outputs"].items()}
        perform(function, name, told["inputs"], told["parameters"], outputs)
    except StepError as error:
        tell(error)
        return 1
    except LockgateError as error:
        print(str(error), file=sys.stderr)
        return 1
    return 0


def find(where: str, name: str) -> Step[Any] | Callable[..., Any]:
    """Return the step or function that ``module:function`` names; the repository and its ``src`` are looked through.

    Raises
    ------
    StepError
        The module raised while it was imported.
    InvalidError
        There is no such function.
    """
    module_name, _, function_name = where.partition(":")
    source = str(Path.cwd() / "src")
    if Path(source).is_dir() and source not in sys.path:
        sys.path.insert(1, source)
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise StepError(name) from error
    found = getattr(module, function_name, None)
    if not callable(found):
        functions = [one for one, value in vars(module).items() if callable(value)]
        raise InvalidError(
            f"step `{name}` is `{where}`, but `{module_name}` has no function `{function_name}`",
            code="sdk.bad_step",
            hint=nearest(function_name, functions),
        )
    return cast("Callable[..., Any]", found)


def tell(error: StepError) -> None:
    """Say on stderr what the step's code raised: its own part of the traceback, and last one line of plain words."""
    cause = error.__cause__ or error
    if isinstance(cause, SystemExit):
        print(f"step `{error}` failed: it called `sys.exit({cause.code!r})`", file=sys.stderr)
        return
    traceback.print_exception(type(cause), cause, _theirs(cause.__traceback__))
    words = str(cause).splitlines() or [""]
    print(f"step `{error}` failed: {type(cause).__name__}: {words[0]}".rstrip(": "), file=sys.stderr)


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from where it enters code that is not ours; none if it never does."""
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_ours(file: str) -> bool:
    return file.startswith((OURS, "<frozen importlib")) or Path(file).parent.name == "importlib"


def _told() -> tuple[str, dict[str, Any]]:
    told = json.loads(Path(os.environ["LOCKGATE_STEP"]).read_text(encoding="utf-8"))
    for name in ("step", "inputs", "parameters", "outputs"):
        told[name]
    return sys.argv[1], told


if __name__ == "__main__":
    raise SystemExit(main())
