"""Running one step: its inputs read, its function called, its outputs written. The same on a laptop and an engine."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lockgate.errors import InvalidError
from lockgate.pipelines.signature import fields_of, hints_of, listed
from lockgate.pipelines.steps import Step
from lockgate.pipelines.values import TABLES, Dataset, Kind, kind_of, read, scratch_folder, write


class StepError(Exception):
    """The step's own code raised; the cause is what it raised."""


def perform(
    step: Step[Any] | Callable[..., Any],
    name: str,
    inputs: Mapping[str, Mapping[str, Any]],
    parameters: Mapping[str, Any],
    outputs: Mapping[str, Path],
) -> None:
    """Run a step.

    Parameters
    ----------
    step
        The step, or any function: one that is not decorated gets a `Path` where it says nothing else.
    name
        What the step is called in the pipeline.
    inputs
        By name ``{"path": …}``, ``{"dataset": …, "use": …, "purpose": …, "columns": …}``, with a ``path`` where a file
        stands in for it, or ``{"value": …}``.
    parameters
        Values by name.
    outputs
        Where each output goes.

    Raises
    ------
    StepError
        Its code raised; the cause says what.
    InvalidError
        Its inputs cannot be read as it wants them, or its outputs are not what it declares.
    """
    function = step.function if isinstance(step, Step) else step
    kinds = step.signature.takes if isinstance(step, Step) else _loose_kinds(step, name)
    arguments: dict[str, Any] = {one: _input(one, given, kinds, name) for one, given in inputs.items()}
    arguments |= parameters
    _check_arguments(function, arguments, name)
    declared = step.signature.makes if isinstance(step, Step) else dict.fromkeys(outputs)
    if isinstance(step, Step) and set(declared) != set(outputs):
        raise InvalidError(
            f"step `{name}` makes {listed(declared)}, but the pipeline wants {listed(outputs)}",
            code="sdk.bad_step",
            hint="write the pipeline again: `python -m lockgate.pipelines write`",
        )
    with scratch_folder():
        try:
            result = function(**arguments)
        except (Exception, SystemExit) as error:
            raise StepError(name) from error
        for one, value in _split(result, outputs, name).items():
            write(value, outputs[one], declared[one], f"output `{one}` of step `{name}`")


def _loose_kinds(function: Callable[..., Any], name: str) -> Mapping[str, Kind]:
    hints = hints_of(function, f"step `{name}`")
    hints.pop("return", None)
    return {one: kind_of(hint, f"`{one}` of step `{name}`") for one, hint in hints.items()}


def _input(one: str, given: Mapping[str, Any], kinds: Mapping[str, Kind], name: str) -> Any:
    if "value" in given:
        return given["value"]
    if "dataset" in given:
        return _dataset(given, kinds.get(one, "dataset"))
    return read(Path(given["path"]), kinds.get(one, "path"), f"`{one}` of step `{name}`")


def _dataset(given: Mapping[str, Any], kind: Kind) -> Any:
    file = given.get("path")
    dataset = Dataset(
        given["dataset"],
        given.get("use", "train"),
        given.get("purpose"),
        given.get("columns"),
        file=None if file is None else Path(file),
    )
    if kind not in TABLES:
        return dataset
    table = dataset.read()
    return table.to_pandas() if kind == "pandas" else table


def _check_arguments(function: Callable[..., Any], arguments: Mapping[str, Any], name: str) -> None:
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise InvalidError(
            f"step `{name}` cannot be called with {listed(arguments)}: {error}",
            code="sdk.bad_step",
            hint="the pipeline names other inputs than the function: write it again with `lockgate.pipelines`",
        ) from error


def _split(result: Any, outputs: Mapping[str, Path], name: str) -> dict[str, Any]:
    """Return the outputs by name; a step with one output returns it as it is."""
    fields = fields_of(type(result))
    if fields is not None:
        made = {one: getattr(result, one) for one in fields}
    elif isinstance(result, dict) and len(outputs) > 1:
        made = dict(result)
    elif len(outputs) == 1:
        return dict.fromkeys(outputs, result)
    elif result is None:
        made = {}
    else:
        raise InvalidError(
            f"step `{name}` returned a `{type(result).__name__}`, but has the outputs {listed(outputs)}",
            code="sdk.bad_output",
            hint="return a named tuple, a dataclass or a dict with these names" if outputs else "return nothing",
        )
    missing, extra = [one for one in outputs if one not in made], [one for one in made if one not in outputs]
    if missing or extra:
        parts = [f"without {listed(missing)}"] * bool(missing) + [f"with {listed(extra)}, not declared"] * bool(extra)
        raise InvalidError(
            f"step `{name}` returned its outputs {' and '.join(parts)}",
            code="sdk.bad_output",
            hint=f"declared are {listed(outputs)}",
        )
    return made


@contextmanager
def surroundings(folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Run the block in a folder and with these environment variables besides, as a step on an engine."""
    before, kept = Path.cwd(), {name: os.environ.get(name) for name in env}
    os.chdir(folder)
    os.environ.update(env)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
