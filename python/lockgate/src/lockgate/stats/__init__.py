"""Statistics of tables: profiles, drift, quality and bias, computed on this machine, in one pass, the same each time.

>>> from lockgate import stats
>>> before = stats.profile({"age": [31, 45, 28, 52]})
>>> stats.drift(before, {"age": [30, 44, 29, 50]}).outcome
'within'

A table is a path (Parquet, CSV, JSON Lines, Arrow IPC; a file or a hive folder), or whatever hands over Arrow: tables
of pyarrow, pandas and Polars, relations of DuckDB, dictionaries of columns. Single columns may be arrays of NumPy,
series and lists. Files are read in bounded memory; what comes as a stream is held.

A number that the data does not have is ``None`` with a reason, never an exception; a wrong argument is a
``ValueError`` that names it, a column that is not there an :class:`UnknownColumnError`, a file that cannot be read an
``OSError``. Ctrl-C ends a computation; one of more than half a second says how far it is, in a terminal or a notebook.
No server is asked.

Equal data, arguments and seeds give the same bits on one build of the library and one kind of processor, on however
many threads. Numbers are computed in 64-bit floats, and sums so that neither the order of parts nor threads show.

Every number has an id. ``docs/reference/statistics.md`` lists them all with unit, range, formula and source;
``docs/concepts/statistics.md`` says where they differ from what other tools call the same.
"""

from __future__ import annotations

from lockgate.stats.biases import Bias, bias
from lockgate.stats.drifts import Drift, drift
from lockgate.stats.errors import UnknownColumnError
from lockgate.stats.profiles import Profile, count_partitions, profile
from lockgate.stats.qualities import Estimate, Quality, estimate, quality

__all__ = [
    "Bias",
    "Drift",
    "Estimate",
    "Profile",
    "Quality",
    "UnknownColumnError",
    "bias",
    "count_partitions",
    "drift",
    "estimate",
    "profile",
    "quality",
]
