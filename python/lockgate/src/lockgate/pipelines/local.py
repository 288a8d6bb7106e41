"""A pipeline on a laptop: in this process, step by step, each output written and read as on an engine."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockgate.errors import InvalidError
from lockgate.pipelines.perform import perform, surroundings
from lockgate.pipelines.plan import Planned
from lockgate.pipelines.signature import listed, nearest
from lockgate.pipelines.values import Kind, read

if TYPE_CHECKING:
    from lockgate.pipelines.declare import Pipeline

LOG = logging.getLogger("lockgate.pipelines")


@dataclass(frozen=True)
class LocalRun:
    """What a run on a laptop left behind.

    Attributes
    ----------
    folder
        The folder with the outputs: ``<step>/<output>``.
    seconds
        How long each step took.
    """

    folder: Path
    seconds: Mapping[str, float]
    made: Mapping[str, Mapping[str, Kind]] = field(repr=False)

    def path(self, step: str, output: str | None = None) -> Path:
        """Return where an output lies; its name may be left out where a step has one."""
        return self.folder / step / self._name(step, output)

    def value(self, step: str, output: str | None = None) -> Any:
        """Return an output as the step returned it."""
        name = self._name(step, output)
        return read(self.path(step, name), self.made[step][name], f"output `{name}` of step `{step}`")

    def _name(self, step: str, output: str | None) -> str:
        if step not in self.made:
            raise InvalidError(f"this run has no step `{step}`", code="sdk.bad_argument", hint=nearest(step, self.made))
        outputs = self.made[step]
        if output is None and len(outputs) == 1:
            return next(iter(outputs))
        if output is None or output not in outputs:
            raise InvalidError(
                f"step `{step}` has no output `{output}`" if output else f"step `{step}` has {len(outputs)} outputs",
                code="sdk.bad_argument",
                hint=f"there is {listed(outputs)}",
            )
        return output


def run(pipeline: Pipeline, parameters: Mapping[str, Any], folder: Path | None) -> LocalRun:
    """Run a pipeline; see :meth:`lockgate.pipelines.Pipeline.run`."""
    known = pipeline.parameters
    for name, value in parameters.items():
        pipeline.check_parameter(name, value, known)
    values = {name: one["default"] for name, one in known.items() if "default" in one} | dict(parameters)
    missing = [name for name in known if name not in values]
    if missing:
        raise InvalidError(
            f"pipeline `{pipeline.name}` needs {listed(missing)}",
            code="sdk.bad_argument",
            hint=f"call `{pipeline.name}.run({missing[0]}=…)`",
        )
    plan, root = pipeline.plan(), pipeline.root
    folder = _new_folder(root / ".lockgate" / "runs", pipeline.name) if folder is None else _empty(folder)
    seconds: dict[str, float] = {}
    for planned in plan.steps.values():
        started = time.monotonic()
        _perform(planned, {name: values[name] for name in planned.parameters}, root, folder)
        seconds[planned.step.name] = time.monotonic() - started
        LOG.info("%s  %.2f s", planned.step.name, seconds[planned.step.name])
    return LocalRun(folder, seconds, {name: one.step.signature.makes for name, one in plan.steps.items()})


def _perform(planned: Planned, parameters: Mapping[str, Any], root: Path, folder: Path) -> None:
    inputs = {name: _here(given, root, folder) for name, given in planned.inputs.items()}
    name = planned.step.name
    outputs = {output: folder / name / output for output in planned.step.signature.makes}
    with surroundings(root, planned.step.options.env):
        perform(planned.step, name, inputs, parameters, outputs)


def _here(given: Mapping[str, Any], root: Path, folder: Path) -> Mapping[str, Any]:
    """Return an input as a step gets it: where its file lies on this machine."""
    file = given.get("file", given.get("fixture"))
    if file is not None:
        path = root / file
        if not path.exists():
            raise InvalidError(f"`{file}` is not in the repository `{root}`", code="sdk.bad_pipeline")
        return {"path": path} if "file" in given else {**given, "path": path}
    if "step" in given:
        return {"path": folder / given["step"] / given["output"]}
    return given


def _new_folder(parent: Path, name: str) -> Path:
    for number in itertools.count(1):
        folder = parent / f"{name}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("counting ends never")


def _empty(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InvalidError(
            f"`{folder}` is not empty", code="sdk.bad_argument", hint="name a new folder, or leave `folder` out"
        )
    return folder.resolve()
