"""Pipelines: functions that call steps and hand their outputs on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, overload

from lockgate.errors import InvalidError
from lockgate.pipelines.document import document
from lockgate.pipelines.inputs import Parameter
from lockgate.pipelines.local import LocalRun, run
from lockgate.pipelines.plan import PLAN, Plan
from lockgate.pipelines.signature import PLAIN_PARAMETERS, hints_of, listed, nearest
from lockgate.pipelines.steps import NAME

RESERVED = frozenset({"folder"})
"""Names that a pipeline's parameter cannot have, since `Pipeline.run` takes them."""


class Pipeline:
    """A pipeline: parameters, and the steps that its function calls."""

    def __init__(self, function: Callable[..., None], name: str) -> None:
        if not NAME.fullmatch(name):
            raise InvalidError(
                f"`{name}` cannot be the name of a pipeline",
                code="sdk.bad_pipeline",
                hint="use lower-case letters, digits, `_` and `-`, a letter first",
            )
        self.function = function
        self.name = name
        functools.update_wrapper(self, function)

    @property
    def root(self) -> Path:
        """The repository's root: the folder that ``pipelines/`` lies in."""
        folder = Path(inspect.getfile(self.function)).resolve().parent
        return folder.parent if folder.name == "pipelines" else Path.cwd()

    @functools.cached_property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """Its parameters as the API takes them: type, and default where there is one."""
        hints = hints_of(self.function, f"pipeline `{self.name}`")
        found: dict[str, Mapping[str, Any]] = {}
        for one in inspect.signature(self.function).parameters.values():
            if hints.get(one.name) not in PLAIN_PARAMETERS or one.name in RESERVED:
                raise InvalidError(
                    f"`{one.name}` cannot be a parameter of pipeline `{self.name}`",
                    code="sdk.bad_pipeline",
                    hint=f"annotate it as `int`, `float`, `str` or `bool`; {listed(RESERVED)} is taken",
                )
            default = {} if one.default is one.empty else {"default": one.default}
            found[one.name] = {"type": PLAIN_PARAMETERS[hints[one.name]], **default}
            if default:
                self.check_parameter(one.name, one.default, found)
        return found

    def check_parameter(self, name: str, value: object, known: Mapping[str, Mapping[str, Any]]) -> None:
        """Refuse a value that is not of the parameter's type."""
        if name not in known:
            raise InvalidError(
                f"pipeline `{self.name}` has no parameter `{name}`", code="sdk.bad_argument", hint=nearest(name, known)
            )
        fits: Mapping[str, tuple[type, ...]] = {
            "integer": (int,),
            "number": (int, float),
            "string": (str,),
            "boolean": (bool,),
        }
        wanted = str(known[name]["type"])
        if not isinstance(value, fits[wanted]) or (isinstance(value, bool) and wanted != "boolean"):
            raise InvalidError(f"parameter `{name}` is `{value!r}`, not of type {wanted}", code="sdk.bad_argument")

    def plan(self) -> Plan:
        """Return its steps, put together anew."""
        plan = Plan()
        placeholders = {name: Parameter(name, str(one["type"])) for name, one in self.parameters.items()}
        before = PLAN.set(plan)
        try:
            self.function(**placeholders)
        finally:
            PLAN.reset(before)
        used = {name for one in plan.steps.values() for name in one.parameters}
        if not plan.steps or set(self.parameters) - used:
            idle = listed(sorted(set(self.parameters) - used))
            raise InvalidError(
                f"pipeline `{self.name}` has "
                + ("no step" if not plan.steps else f"parameters that no step takes: {idle}"),
                code="sdk.bad_pipeline",
            )
        return plan

    def to_json(self) -> str:
        """Return what ``pipelines/<name>.json`` must hold: always the same text for the same pipeline."""
        return document(self)

    def run(self, *, folder: Path | str | None = None, **parameters: Any) -> LocalRun:
        """Run it here, in this process, step by step; each gets the same values as on an engine.

        Parameters
        ----------
        folder
            Where the outputs go; by default a new folder below ``.lockgate/runs`` of the repository.
        **parameters
            Values of the pipeline's parameters; those with a default may be left out.

        Examples
        --------
        >>> train.run(seed=7).value("fit", "metrics")  # doctest: +SKIP
        {'accuracy': 0.74}
        """
        return run(self, parameters, None if folder is None else Path(folder))

    def __call__(self, *_arguments: Any, **_parameters: Any) -> NoReturn:
        """Refuse: a pipeline is run by :meth:`run`."""
        raise InvalidError(
            f"pipeline `{self.name}` is not a function any more",
            code="sdk.bad_argument",
            hint=f"call `{self.name}.run()`",
        )


@overload
def pipeline(function: Callable[..., None], /) -> Pipeline: ...
@overload
def pipeline(*, name: str | None = None) -> Callable[[Callable[..., None]], Pipeline]: ...
def pipeline(
    function: Callable[..., None] | None = None, /, *, name: str | None = None
) -> Pipeline | Callable[[Callable[..., None]], Pipeline]:
    """Make a function a pipeline. It calls steps and hands their outputs on; its parameters are the pipeline's.

    Parameters
    ----------
    name
        Name of the pipeline, and of its file; by default the function's.
    """

    def decorate(decorated: Callable[..., None]) -> Pipeline:
        return Pipeline(decorated, name or decorated.__name__)

    return decorate if function is None else decorate(function)
