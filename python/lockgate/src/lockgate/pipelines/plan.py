"""The steps of a pipeline in their places, checked while they are put there."""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockgate.errors import InvalidError
from lockgate.pipelines.inputs import File, Made, Output, Parameter, Value
from lockgate.pipelines.signature import listed
from lockgate.pipelines.values import PLAIN, TABLES, TAKES, WORDS, Dataset

if TYPE_CHECKING:
    from lockgate.pipelines.steps import Step


@dataclass(frozen=True)
class Planned:
    """A step in its place in a pipeline: its inputs as the API takes them, and the parameters that it is given."""

    step: Step[Any]
    inputs: Mapping[str, Mapping[str, Any]]
    parameters: tuple[str, ...]
    after: tuple[str, ...]


class Plan:
    """The steps of a pipeline, in the order in which they were called."""

    def __init__(self) -> None:
        self.steps: dict[str, Planned] = {}

    def add(self, step: Step[Any], arguments: tuple[Any, ...], inputs: Mapping[str, Any], after: Iterable[Any]) -> Made:
        """Add a step with its inputs."""
        if step.name in self.steps:
            raise InvalidError(
                f"there are two steps `{step.name}`",
                code="sdk.bad_pipeline",
                hint=f'name one of them: `{step.name}.using(name="…")(…)`',
            )
        signature = step.signature
        try:
            bound = inspect.signature(step.function).bind(*arguments, **inputs).arguments
        except TypeError as error:
            raise InvalidError(
                f"step `{step.name}` cannot be called like this: {error}",
                code="sdk.bad_pipeline",
                hint=f"it takes {listed(signature.takes)}",
            ) from error
        given: dict[str, Mapping[str, Any]] = {}
        parameters: list[str] = []
        for name, value in bound.items():
            if isinstance(value, Parameter):
                parameters.append(self._parameter(step, name, value))
            else:
                given[name] = self._input(step, name, value)
        before = tuple(dict.fromkeys(self._name_of(step, one) for one in after))
        self.steps[step.name] = Planned(step, given, tuple(parameters), before)
        return Made(step.name, signature.makes)

    def _parameter(self, step: Step[Any], name: str, value: Parameter) -> str:
        if value.name != name:
            raise InvalidError(
                f"step `{step.name}` takes the parameter `{value.name}` as `{name}`",
                code="sdk.bad_pipeline",
                hint="call it the same in the pipeline and in the step",
            )
        if step.signature.takes[name] != "json":
            raise InvalidError(
                f"`{name}` of step `{step.name}` is not plain, so the parameter `{name}` cannot be it",
                code="sdk.bad_pipeline",
                hint="a parameter is a number, text or truth value",
            )
        return name

    def _input(self, step: Step[Any], name: str, value: Any) -> Mapping[str, Any]:
        kind, of = step.signature.takes[name], f"`{name}` of step `{step.name}`"
        if isinstance(value, Made):
            outputs = value._outputs
            if len(outputs) != 1:
                raise InvalidError(
                    f"{of} is given step `{value._step}`, which has {len(outputs)} outputs",
                    code="sdk.bad_pipeline",
                    hint=f"say which, of {listed(outputs)}" if outputs else "order steps by `.using(after=[…])`",
                )
            value = Output(value._step, outputs[0])
        if isinstance(value, Output):
            made = self._planned(step, value.step).step.signature.makes[value.output]
            if kind not in TAKES[made]:
                raise InvalidError(
                    f"{of} is {WORDS[kind]}, but output `{value.output}` of step `{value.step}` is {WORDS[made]}",
                    code="sdk.bad_pipeline",
                    hint="give both the same annotation",
                )
            return {"step": value.step, "output": value.output}
        if isinstance(value, File):
            if kind in {"path", "bytes"} or (kind in TABLES and value.path.endswith(".parquet")):
                return {"file": value.path}
            raise InvalidError(
                f"{of} is {WORDS[kind]}, but `{value.path}` is a file",
                code="sdk.bad_pipeline",
                hint="annotate it as `Path` and read it in the step",
            )
        if isinstance(value, Dataset) != (kind == "dataset") and not (isinstance(value, Dataset) and kind in TABLES):
            raise InvalidError(
                f"{of} is {WORDS[kind]}",
                code="sdk.bad_pipeline",
                hint="`Dataset(…)` goes with the annotation `Dataset`, or with that of a table",
            )
        if isinstance(value, Dataset):
            return _dataset(value)
        return {"value": _plain(value.value if isinstance(value, Value) else value, kind, of)}

    def _name_of(self, step: Step[Any], one: Any) -> str:
        name = one._step if isinstance(one, Made) else getattr(one, "step", None)
        if not isinstance(name, str):
            raise InvalidError(
                f"`after` of step `{step.name}` names no step of this pipeline",
                code="sdk.bad_pipeline",
                hint="use what the call of the other step returned",
            )
        self._planned(step, name)
        return name

    def _planned(self, step: Step[Any], name: str) -> Planned:
        if name not in self.steps:
            raise InvalidError(
                f"step `{step.name}` takes from step `{name}`, which is not in this pipeline", code="sdk.bad_pipeline"
            )
        return self.steps[name]


def _dataset(value: Dataset) -> Mapping[str, Any]:
    given: dict[str, Any] = {"dataset": value.name, "use": value.use}
    if value.purpose is not None:
        given["purpose"] = value.purpose
    if value.columns is not None:
        given["columns"] = list(value.columns)
    if value.fixture is not None:
        given["fixture"] = File(value.fixture).path
    return given


def _plain(value: Any, kind: str, of: str) -> Any:
    if kind != "json" or not isinstance(value, PLAIN):
        raise InvalidError(
            f"{of} cannot be a `{type(value).__name__}` in a pipeline",
            code="sdk.bad_pipeline",
            hint="hand over an output of a step, a parameter, `File(…)`, `Dataset(…)` or a plain value",
        )
    return value


PLAN: contextvars.ContextVar[Plan | None] = contextvars.ContextVar("plan", default=None)
"""The pipeline that is being put together, if one is."""
