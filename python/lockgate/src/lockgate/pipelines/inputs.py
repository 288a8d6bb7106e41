"""What may be handed to a step while a pipeline is put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from lockgate.errors import InvalidError
from lockgate.pipelines.signature import nearest


@dataclass(frozen=True)
class File:
    """A file or folder of the repository as an input; its content is part of the cache key.

    Parameters
    ----------
    path
        Path from the root of the repository, for example ``"data/fixture.csv"``.
    """

    path: str

    def __post_init__(self) -> None:
        if {"", ".", "..", ".git"} & {*self.path.split("/")} or "\\" in self.path:
            raise InvalidError(
                f"`{self.path}` is not a path in the repository",
                code="sdk.bad_pipeline",
                hint="write it from the repository's root, like `data/fixture.csv`",
            )


@dataclass(frozen=True)
class Value:
    """A fixed plain value as an input; a bare number, text, list or dict means the same."""

    value: Any


@dataclass(frozen=True)
class Parameter:
    """A parameter of the pipeline, which has no value yet while the pipeline is put together."""

    name: str
    type: str

    def __bool__(self) -> bool:
        raise _without_value(f"the parameter `{self.name}`")


@dataclass(frozen=True)
class Output:
    """An output of a step, to be handed to a later one."""

    step: str
    output: str

    def __bool__(self) -> bool:
        raise _without_value(f"the output `{self.output}` of step `{self.step}`")


class Made:
    """What a step will have made: its outputs, by name. The only output of a step may be handed on as it is."""

    def __init__(self, step: str, outputs: Iterable[str]) -> None:
        self._step = step
        self._outputs = tuple(outputs)

    def __getattr__(self, name: str) -> Output:
        """Return the output of that name."""
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._outputs:
            raise InvalidError(
                f"step `{self._step}` has no output `{name}`",
                code="sdk.bad_pipeline",
                hint=nearest(name, self._outputs),
            )
        return Output(self._step, name)

    def __bool__(self) -> bool:
        raise _without_value(f"step `{self._step}`")

    def __iter__(self) -> NoReturn:
        raise _without_value(f"step `{self._step}`")


def _without_value(what: str) -> InvalidError:
    return InvalidError(
        f"{what} has no value yet while the pipeline is put together",
        code="sdk.bad_pipeline",
        hint="decide inside a step, where it has one",
    )
