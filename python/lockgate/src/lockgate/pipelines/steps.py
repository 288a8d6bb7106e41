"""Steps: functions with options, put into a pipeline by being called in it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast, overload

from lockgate.errors import InvalidError
from lockgate.pipelines.plan import PLAN
from lockgate.pipelines.signature import Signature, nearest, signature_of

R = TypeVar("R")
NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
"""What a step or a pipeline may be called."""

LIMITS: Mapping[str, tuple[int, int]] = {
    "timeout_s": (1, 7 * 86_400),
    "retries": (0, 10),
    "cpus": (1, 256),
    "memory_mib": (16, 1 << 20),
}
TAKEN = "PATH$|HOME$|LD_PRELOAD$|LD_LIBRARY_PATH$|LOCKGATE|MLFLOW_TRACKING|PYTHON"
VARIABLE = re.compile(rf"(?!{TAKEN})[A-Za-z_][A-Za-z0-9_]*")
"""Environment variables that a step may be given; the runner sets the others."""


@dataclass(frozen=True)
class Options:
    """How a step is executed; none of it is part of the cache key but ``env``."""

    cache: bool = True
    timeout_s: int = 3600
    retries: int = 0
    cpus: int = 1
    memory_mib: int = 1024
    env: Mapping[str, str] = field(default_factory=dict)

    def checked(self, name: str) -> Options:
        """Return these options if they make sense."""
        for one, (least, most) in LIMITS.items():
            given = getattr(self, one)
            if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
                raise InvalidError(
                    f"`{one}` of step `{name}` is `{given!r}`",
                    code="sdk.bad_step",
                    hint=f"use a whole number from {least} to {most:,}",
                )
        for one, value in self.env.items():
            if not VARIABLE.fullmatch(one) or not isinstance(value, str):
                raise InvalidError(
                    f"`env` of step `{name}` has `{one}={value!r}`",
                    code="sdk.bad_step",
                    hint="use text, and names other than those that the runner sets (PYTHON…, LOCKGATE…, …)",
                )
        return self


class Step(Generic[R]):
    """A function of yours as a step. Called in a pipeline it is put into it; called anywhere else it just runs."""

    def __init__(
        self, function: Callable[..., R], name: str, output: str | None, options: Options, after: tuple[Any, ...] = ()
    ) -> None:
        if not NAME.fullmatch(name):
            raise InvalidError(
                f"`{name}` cannot be the name of a step",
                code="sdk.bad_step",
                hint="use lower-case letters, digits, `_` and `-`, a letter first",
            )
        self.function = function
        self.name = name
        self.options = options.checked(name)
        self._output = output
        self._after = after
        functools.update_wrapper(self, function)

    @functools.cached_property
    def signature(self) -> Signature:
        """What it takes and makes."""
        return signature_of(self.function, self.name, self._output)

    def __call__(self, *arguments: Any, **inputs: Any) -> R:
        """Put it into the pipeline that is being put together, or run the function if there is none."""
        plan = PLAN.get()
        if plan is None:
            return self.function(*arguments, **inputs)
        return cast("R", plan.add(self, arguments, inputs, self._after))

    def using(self, *, name: str | None = None, after: Iterable[Any] = (), **options: Any) -> Step[R]:
        """Return this step under another name, after other steps, or with other options, for one place in a pipeline.

        Parameters
        ----------
        name
            Name in the pipeline; needed where a step is there twice.
        after
            Steps, as their calls returned them, that must be over before, though nothing of theirs is an input.
        **options
            As for :func:`step`.
        """
        changed = _changed(self.options, options, name or self.name)
        return Step(self.function, name or self.name, self._output, changed, (*self._after, *after))


def _changed(options: Options, changes: Mapping[str, Any], name: str) -> Options:
    known = tuple(Options.__dataclass_fields__)
    for one in changes:
        if one not in known:
            raise InvalidError(f"step `{name}` has no option `{one}`", code="sdk.bad_step", hint=nearest(one, known))
    return replace(options, **changes)


@overload
def step(function: Callable[..., R], /) -> Step[R]: ...
@overload
def step(
    *, output: str | None = None, name: str | None = None, **options: Any
) -> Callable[[Callable[..., R]], Step[R]]: ...
def step(
    function: Callable[..., R] | None = None,
    /,
    *,
    output: str | None = None,
    name: str | None = None,
    **options: Any,
) -> Step[R] | Callable[[Callable[..., R]], Step[R]]:
    """Make a function a step. Its parameters are its inputs, what it returns are its outputs.

    Annotations say how values travel: ``pd.DataFrame`` and ``pa.Table`` as Parquet, numbers, text, lists and dicts as
    JSON, ``bytes`` and ``Path`` (a file or folder) as they are. A `Dataset` is read by the
    step itself; where it is given for a table, it is read before.

    Parameters
    ----------
    output
        Name of the output, where there is one; by default ``"result"``. Several outputs are the fields of a named
        tuple or dataclass.
    name
        Name of the step; by default the function's.
    cache
        Whether an earlier result for the same code, inputs, parameters and environment may be used; say ``False`` for
        a step that does something outside.
    timeout_s, retries, cpus, memory_mib
        Longest time, how often a failure is tried again, processors and memory.
    env
        Environment variables, which are part of the cache key.

    Examples
    --------
    >>> @step(output="doubled", timeout_s=60)
    ... def double(number: int) -> int:
    ...     return number * 2
    >>> double(number=21)
    42
    """

    def decorate(decorated: Callable[..., R]) -> Step[R]:
        called = name or decorated.__name__
        return Step(decorated, called, output, _changed(Options(), options, called))

    return decorate if function is None else decorate(function)
