"""What a model's file says of itself, read without running any of it.

The runtime would run operators of its own domain as well. What is served must run on ONNX's operators alone, so that is
what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lockgate.checks.measure import NotComputableError

LARGEST: Final = 256 << 20
DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml"})
MOST_NODES: Final = 100_000
DEEPEST: Final = 8

# Numbers of fields in the format's messages.
MODEL_GRAPH, MODEL_OPSETS, MODEL_FUNCTIONS = 7, 8, 25
GRAPH_NODES, GRAPH_TENSORS, GRAPH_SPARSE = 1, 5, 15
NODE_ATTRIBUTES, NODE_DOMAIN = 5, 7
FUNCTION_NODES, FUNCTION_OPSETS, FUNCTION_DOMAIN = 7, 9, 10
ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS, ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
TENSOR_PLACES, TENSOR_LOCATION = 13, 14


def check(model: bytes) -> None:
    """Refuse a file that is too large, that keeps tensors elsewhere, or that uses operators of others."""
    if len(model) > LARGEST:
        raise NotComputableError(f"the model has {len(model)} bytes; {LARGEST} are the most")
    try:
        _check_model(memoryview(model))
    except (IndexError, ValueError) as error:
        raise NotComputableError("the file is no ONNX model") from error


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield the fields of a message of the protocol-buffer format: number, and what it holds."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
        elif kind in {1, 5}:
            at += 8 if kind == 1 else 4
        elif kind == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field goes beyond the end")
            yield number, message[at : at + length]
            at += length
        else:
            raise ValueError("a kind of field that is not used")
    if at != len(message):
        raise ValueError("a field goes beyond the end")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number that is too long")


def _inside(message: memoryview, *numbers: int) -> Iterator[memoryview]:
    for number, value in fields(message):
        if number in numbers and isinstance(value, memoryview):
            yield value


def _check_domain(name: memoryview) -> None:
    if bytes(name[:100]).decode("utf-8", "replace") not in DOMAINS:
        raise NotComputableError("the model uses operators that are not ONNX's own, and only those are run")


def _check_model(model: memoryview) -> None:
    _check_opsets(model, MODEL_OPSETS)
    todo: list[tuple[memoryview, int, int]] = [(graph, GRAPH_NODES, 0) for graph in _inside(model, MODEL_GRAPH)]
    if not todo:
        raise ValueError("there is no graph")
    for function in _inside(model, MODEL_FUNCTIONS):
        _check_opsets(function, FUNCTION_OPSETS)
        for domain in _inside(function, FUNCTION_DOMAIN):
            _check_domain(domain)
        todo.append((function, FUNCTION_NODES, 0))
    nodes = 0
    while todo:
        holder, number, depth = todo.pop()
        if depth > DEEPEST:
            raise NotComputableError(f"the model's graphs lie deeper than {DEEPEST}")
        if number == GRAPH_NODES:
            for tensor in _inside(holder, GRAPH_TENSORS):
                _check_tensor(tensor)
            for pair in _inside(holder, GRAPH_SPARSE):
                _check_sparse(pair)
        for node in _inside(holder, number):
            nodes += 1
            if nodes > MOST_NODES:
                raise NotComputableError(f"the model has more than {MOST_NODES} nodes")
            todo.extend((graph, GRAPH_NODES, depth + 1) for graph in _check_node(node))


def _check_opsets(holder: memoryview, number: int) -> None:
    for opset in _inside(holder, number):
        for domain in _inside(opset, 1):
            _check_domain(domain)


def _check_node(node: memoryview) -> list[memoryview]:
    """Look at a node, and return the graphs that lie in it."""
    below: list[memoryview] = []
    for domain in _inside(node, NODE_DOMAIN):
        _check_domain(domain)
    for attribute in _inside(node, NODE_ATTRIBUTES):
        # Once through: the attributes of a forest hold millions of numbers.
        for number, value in fields(attribute):
            if not isinstance(value, memoryview):
                continue
            if number in ATTRIBUTE_GRAPHS:
                below.append(value)
            elif number in ATTRIBUTE_TENSORS:
                _check_tensor(value)
            elif number in ATTRIBUTE_SPARSE:
                _check_sparse(value)
    return below


def _check_sparse(pair: memoryview) -> None:
    for tensor in _inside(pair, 1, 2):
        _check_tensor(tensor)


def _check_tensor(tensor: memoryview) -> None:
    for number, value in fields(tensor):
        if number == TENSOR_PLACES or (number == TENSOR_LOCATION and value != 0):
            raise NotComputableError("the model keeps a tensor in another file: export it as one file")
