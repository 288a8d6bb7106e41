"""The pipeline as the platform reads it: `pipelines/<name>.json`, version 1."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockgate.errors import InvalidError
from lockgate.pipelines.plan import Planned

if TYPE_CHECKING:
    from lockgate.pipelines.declare import Pipeline
    from lockgate.pipelines.steps import Step

VERSION = 1


def document(pipeline: Pipeline) -> str:
    """Return the text of the file: the same for the same pipeline, with every default spelled out."""
    return json.dumps(as_json(pipeline), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_json(pipeline: Pipeline) -> dict[str, Any]:
    """Return the pipeline as JSON; the files that it names must be there."""
    root = pipeline.root
    steps = [_step(one, root) for one in pipeline.plan().steps.values()]
    for one in steps:
        for name, given in one["inputs"].items():
            file = given.get("file", given.get("fixture"))
            if file is not None and not (root / file).exists():
                raise InvalidError(
                    f"`{name}` of step `{one['name']}` is `{file}`, which is not in the repository",
                    code="sdk.bad_pipeline",
                    hint=f"add the file below `{root}`, and commit it",
                )
    return {"version": VERSION, "name": pipeline.name, "parameters": dict(pipeline.parameters), "steps": steps}


def _step(planned: Planned, root: Path) -> dict[str, Any]:
    options = planned.step.options
    return {
        "name": planned.step.name,
        "run": {"python": where(planned.step, root)},
        "inputs": dict(planned.inputs),
        "parameters": list(planned.parameters),
        "outputs": list(planned.step.signature.makes),
        "after": list(planned.after),
        "cache": options.cache,
        "timeout_s": options.timeout_s,
        "retries": options.retries,
        "cpus": options.cpus,
        "memory_mib": options.memory_mib,
        "env": dict(sorted(options.env.items())),
    }


def where(step: Step[Any], root: Path) -> str:
    """Return where the engine finds the step: ``module:function``, seen from the root or its folder ``src``."""
    function = step.function
    if function.__qualname__ != function.__name__ or function.__name__ == "<lambda>":
        raise InvalidError(
            f"step `{step.name}` is `{function.__qualname__}`, which an engine cannot find",
            code="sdk.bad_pipeline",
            hint="write it as a function of its module, not inside of another function or class",
        )
    return f"{_module(step, root)}:{function.__name__}"


def _module(step: Step[Any], root: Path) -> str:
    file = Path(inspect.getfile(step.function)).resolve()
    for folder in (root / "src", root):
        if file.is_relative_to(folder):
            parts = file.relative_to(folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            if parts and all(part.isidentifier() for part in parts):
                return ".".join(parts)
    if step.function.__module__ in {None, "__main__"}:
        raise InvalidError(
            f"step `{step.name}` lies in `{file}`, not in the repository `{root}`",
            code="sdk.bad_pipeline",
            hint="put it into a module of the repository",
        )
    return step.function.__module__
