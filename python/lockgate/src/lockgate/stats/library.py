"""Finds the compiled library that computes, and says what to do where it is not."""

from __future__ import annotations

try:
    from lockgate import _kernels
except ImportError as error:
    raise ImportError(
        f"`lockgate.stats` computes with the library `lockgate._kernels`, which is not to be had here ({error}). "
        "Install the wheel of `lockgate` that was built for this system and for Python 3.10 or newer: `pip install "
        "lockgate`. In a checkout, `make check` builds the library, and the environment there has it. A step of a "
        "pipeline has that of the server, which is `lib_kernels.so` in the folder of its program",
        name="lockgate._kernels",
    ) from error

__all__ = ["_kernels"]
