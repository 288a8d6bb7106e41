"""Write a pipeline's file, check that it is current, or run it here: ``python -m lockgate.pipelines --help``."""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

from lockgate.errors import LockgateError
from lockgate.pipelines.declare import Pipeline
from lockgate.pipelines.perform import StepError
from lockgate.step import tell


def main() -> int:
    """Do what was asked; 0 if it is done or current, 1 if not, 2 if the pipeline is wrong."""
    options = arguments()
    try:
        return run(options) if options.verb == "run" else documents(options.verb, files(options.files))
    except StepError as error:
        tell(error)
        return 1
    except LockgateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def documents(verb: str, paths: list[Path]) -> int:
    """Write, or check, the files of the pipelines in these modules."""
    stale = 0
    for path in paths:
        for pipeline in load(path):
            target, wanted = path.with_name(f"{pipeline.name}.json"), pipeline.to_json()
            found = target.read_text(encoding="utf-8") if target.exists() else ""
            if found == wanted:
                print(f"{target} is current")
            elif verb == "write":
                target.write_text(wanted, encoding="utf-8")
                print(f"{target} written")
            else:
                stale += 1
                lines = found.splitlines(), wanted.splitlines()
                print("\n".join(difflib.unified_diff(*lines, str(target), f"what {path} says", lineterm="")))
                print(f"{target} is not what {path} says: run `python -m lockgate.pipelines write {path}`")
    return 1 if stale else 0


def run(options: argparse.Namespace) -> int:
    """Run a pipeline on this machine."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("lockgate").setLevel(logging.INFO)
    found = load(options.file)
    named = [one for one in found if options.pipeline in {None, one.name}]
    if len(named) != 1:
        print(f"error: say --pipeline, one of {', '.join(one.name for one in found)}", file=sys.stderr)
        return 2
    values = dict(_parameter(one) for one in options.parameters)
    done = named[0].run(folder=options.folder, **values)
    print(f"outputs in {done.folder}")
    return 0


def load(path: Path) -> list[Pipeline]:
    """Return the pipelines that a module of the repository defines, in its order."""
    path = path.resolve()
    root = path.parent.parent
    sys.path[:0] = [str(root), str(root / "src")]
    module = importlib.import_module(f"{path.parent.name}.{path.stem}")
    return [one for one in vars(module).values() if isinstance(one, Pipeline)]


def files(given: list[Path]) -> list[Path]:
    """Return the modules to look at: those given, else all of ``pipelines/``."""
    return given or sorted(path for path in Path("pipelines").glob("*.py") if path.name != "__init__.py")


def _parameter(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m lockgate.pipelines", description="Pipelines of this repository.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, words in (("write", "write pipelines/<name>.json"), ("check", "say whether it is current")):
        one = verbs.add_parser(verb, help=words)
        one.add_argument("files", nargs="*", type=_module_file, help="modules; by default all of pipelines/")
    one = verbs.add_parser("run", help="run a pipeline on this machine")
    one.add_argument("file", type=_module_file, help="for example pipelines/train.py")
    one.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="for example seed=7")
    one.add_argument("--pipeline", help="which, where the module has several")
    one.add_argument("--folder", type=Path, help="where the outputs go; by default below .lockgate/runs")
    return parser.parse_args()


def _module_file(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".py" or not path.is_file():
        raise argparse.ArgumentTypeError(f"`{text}` is no Python file")
    if path.resolve().parent.name != "pipelines":
        raise argparse.ArgumentTypeError(f"`{text}` does not lie in the folder `pipelines` of a repository")
    return path


if __name__ == "__main__":
    raise SystemExit(main())
