"""What a step function takes and makes, read from its annotations."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lockgate.errors import InvalidError
from lockgate.pipelines.values import Kind, kind_of

PLAIN_PARAMETERS: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
"""The types that a pipeline's parameter may have, and what the API calls them."""


@dataclass(frozen=True)
class Signature:
    """The inputs of a step function with their kinds, those that have no default, and its outputs with their kinds."""

    takes: Mapping[str, Kind]
    needs: frozenset[str]
    makes: Mapping[str, Kind]


def signature_of(function: Callable[..., Any], name: str, output: str | None) -> Signature:
    """Return what a step function takes and makes.

    A result with several outputs is annotated with a named tuple or a dataclass, whose fields they are; ``output``
    names a single one, which is ``"result"`` otherwise.
    """
    hints = hints_of(function, f"step `{name}`")
    takes: dict[str, Kind] = {}
    needs: set[str] = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
            raise InvalidError(
                f"step `{name}` takes `{parameter}`", code="sdk.bad_step", hint="give each input a name of its own"
            )
        if parameter.name not in hints:
            raise InvalidError(
                f"step `{name}` does not say what `{parameter.name}` is",
                code="sdk.bad_step",
                hint=f"annotate it, for example `{parameter.name}: Path` or `{parameter.name}: pd.DataFrame`",
            )
        takes[parameter.name] = kind_of(hints[parameter.name], f"`{parameter.name}` of step `{name}`")
        if parameter.default is parameter.empty:
            needs.add(parameter.name)
    return Signature(takes, frozenset(needs), _outputs(hints, name, output))


def hints_of(function: Callable[..., Any], of: str) -> dict[str, Any]:
    """Return the annotations of a function as objects."""
    try:
        return typing.get_type_hints(function)
    except NameError as error:
        raise InvalidError(
            f"an annotation of {of} cannot be looked up: {error}",
            code="sdk.bad_step",
            hint="import it where the function can see it, not under `if TYPE_CHECKING:`",
        ) from error


def _outputs(hints: Mapping[str, Any], name: str, output: str | None) -> dict[str, Kind]:
    if "return" not in hints:
        raise InvalidError(
            f"step `{name}` does not say what it returns", code="sdk.bad_step", hint="annotate it; `-> None` is fine"
        )
    result = hints["return"]
    fields = fields_of(result) if isinstance(result, type) else None
    if fields is not None:
        if output is not None:
            raise InvalidError(
                f"step `{name}` names one output `{output}`, but returns the outputs {listed(fields)}",
                code="sdk.bad_step",
                hint="leave out `output=`",
            )
        found = typing.get_type_hints(result)
        return {one: kind_of(found[one], f"output `{one}` of step `{name}`") for one in fields}
    kind = kind_of(result, f"what step `{name}` returns")
    if kind == "dataset":
        raise InvalidError(
            f"step `{name}` returns a dataset",
            code="sdk.bad_step",
            hint="return a table, or publish it by `lockgate.publish`",
        )
    if kind == "nothing":
        if output is not None:
            raise InvalidError(f"step `{name}` names an output `{output}`, but returns nothing", code="sdk.bad_step")
        return {}
    return {output or "result": kind}


def fields_of(kind: type) -> tuple[str, ...] | None:
    """Return the names of the fields of a named tuple or dataclass; ``None`` of any other type."""
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return tuple(kind._fields)
    if dataclasses.is_dataclass(kind):
        return tuple(one.name for one in dataclasses.fields(kind))
    return None


def listed(names: Iterable[str]) -> str:
    """Return names as they stand in a sentence."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a hint that names what was perhaps meant, and what there is."""
    known = list(names)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"there is {listed(known)}"
