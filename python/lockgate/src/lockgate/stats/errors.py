"""Errors of statistics that Python has no class for; other wrong arguments are ``ValueError``, files ``OSError``."""

from __future__ import annotations


class UnknownColumnError(KeyError):
    """The data does not have a column of that name; says which it has, or which was probably meant."""

    def __str__(self) -> str:
        """Return the sentence, which ``KeyError`` alone would show in quotes."""
        return str(self.args[0]) if self.args else ""
