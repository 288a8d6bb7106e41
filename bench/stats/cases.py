"""What is measured: ours and each peer, on the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stats.child import Case

HERE = Path(__file__).resolve().parent
REPLICATES = 1_000
# One with whom ours is compared.
Peer = partial(Case, is_peer=True)


class OWN:
    """The names of the rows that budgets are about."""

    profile = "`lockgate stats profile`"
    decode = ("bare decode, pyarrow", "bare decode with least and greatest, Polars")
    stored = "`stats.drift` of two profiles"
    drift = "`stats.drift` of two tables"
    scipy = "scipy, the same measures"
    bias = "`stats.bias`"
    imports = "`import lockgate.stats`"


@dataclass(frozen=True)
class Place:
    """Where the tables are, and how many rows they have."""

    folder: Path
    profile_rows: int
    rows: int

    def file(self, name: str) -> Path:
        """Return a table of `made.py`."""
        return self.folder / f"{name}.parquet"


@dataclass(frozen=True)
class Section:
    """A table: its rows, and which of them the others are compared with."""

    title: str
    of: str
    own: str
    cases: list[Case]


class Maker:
    """Makes cases of the programs that there are."""

    def __init__(self, binary: Path, peers: Path, place: Place, *, small: bool) -> None:
        self.binary, self.peers, self.place = binary, peers, place
        self.runs, self.few_runs = (1, 1) if small else (3, 1)
        self.imports = 3 if small else 21

    def python(self, environment: str, script: str, *words: str | Path) -> list[str | Path]:
        """Return the command that runs a script of this folder in an environment."""
        return [self.peers / environment / "bin" / "python", HERE / script, *words]

    def ours(self, what: str, *words: str | Path) -> list[str | Path]:
        """Return the command that runs a case of Lockgate's in Python."""
        return self.python("tables", "ours.py", what, *words)

    def command(self, *words: str | Path) -> list[str | Path]:
        """Return Lockgate's command."""
        return [self.binary, "stats", *words, "--json"]


def sections(binary: Path, peers: Path, place: Place, *, small: bool) -> Iterator[Section]:
    """Return what is measured, each section when the one before it was."""
    made = Maker(binary, peers, place, small=small)
    yield profile(made)
    yield drift_of_profiles(made)
    yield drift_of_tables(made)
    yield bias(made)
    yield quality(made)
    yield intervals(made)
    yield imports(made)


def profile(made: Maker) -> Section:
    """Return a file of 20 columns, beside decoding it."""
    file, rows, runs = made.place.file("people"), made.place.profile_rows, made.runs
    part = rows // 10

    def peer(what: str) -> list[str | Path]:
        return made.python("tables", "profile_peers.py", what, file)

    return Section(
        f"Profile of {rows:,} x 20 Parquet",
        f"{rows:,} rows",
        OWN.profile,
        [
            Case(OWN.profile, made.command("profile", file), rows, runs, is_python=False),
            Case("`stats.profile`", made.ours("profile", file), rows, runs, note="from the file to the dictionary"),
            Peer(OWN.decode[0], peer("pyarrow"), rows, runs),
            Peer(OWN.decode[1], peer("polars"), rows, runs),
            Peer("DuckDB SUMMARIZE", peer("duckdb"), rows, runs, note="no histogram or frequent values"),
            Peer("Polars describe", peer("describe"), rows, runs, note="no distinct, histogram or frequent values"),
            Peer(
                "whylogs",
                made.python("whylogs", "profile_peers.py", "whylogs", file, str(part)),
                part,
                made.few_runs,
                scale=rows / part,
                note="of a frame in memory",
            ),
        ],
    )


def drift_of_profiles(made: Maker) -> Section:
    """Return two profiles that were stored."""
    sides = [made.place.file(name) for name in ("reference", "current")]
    kept = [side.with_suffix(".profile") for side in sides]
    for out in kept:
        out.unlink(missing_ok=True)  # else that of an earlier build would be compared where this one fails
    storing = [
        Case(
            f"`lockgate stats profile --out`, {side.stem}",
            made.command("profile", side, "--out", out),
            made.place.rows,
            1,
            is_python=False,
        )
        for side, out in zip(sides, kept, strict=True)
    ]
    return Section(
        "Drift of two stored profiles of 16 columns",
        "one comparison",
        OWN.stored,
        [
            *storing,
            Case(OWN.stored, made.ours("stored", *sides), 0, made.runs),
            Case(
                "`lockgate stats drift`",
                made.command("drift", *kept),
                0,
                5 * made.runs,
                is_python=False,
                note="the whole command",
            ),
        ],
    )


def drift_of_tables(made: Maker) -> Section:
    """Return two tables of 12 columns of numbers and 4 of categories."""
    sides, rows = [made.place.file(name) for name in ("reference", "current")], made.place.rows
    part = rows // 5
    return Section(
        f"Drift of 16 columns, {rows:,} and {rows:,} rows",
        f"{rows:,} rows",
        OWN.drift,
        [
            Case(
                OWN.drift,
                made.ours("drift", *sides),
                rows,
                made.runs,
                note="the same measures, intervals, all columns judged together",
            ),
            Case(
                "`lockgate stats drift`, defaults",
                made.command("drift", *sides),
                rows,
                made.runs,
                is_python=False,
                note="from the files",
            ),
            Peer(OWN.scipy, made.python("tables", "drift_peers.py", "scipy", *sides, str(rows)), rows, made.runs),
            *(
                Peer(
                    name,
                    made.python(name.lower(), "drift_peers.py", name.lower(), *sides, str(part)),
                    part,
                    made.few_runs,
                    scale=rows / part,
                    note=note,
                )
                for name, note in (("Evidently", "its preset"), ("NannyML", "one chunk"))
            ),
        ],
    )


def bias(made: Maker) -> Section:
    """Return a table of 10 columns: 8 metrics before training, 12 after it."""
    file, rows = made.place.file("judged"), made.place.rows
    asked = [
        "--facet",
        "sex",
        "--disadvantaged",
        "f",
        "--label",
        "label",
        "--positive",
        "1",
        "--prediction",
        "prediction",
        "--group",
        "region",
    ]
    return Section(
        f"Bias, 20 metrics of {rows:,} x 10",
        f"{rows:,} rows",
        OWN.bias,
        [
            Case(OWN.bias, made.ours("bias", file), rows, made.runs),
            Case(
                "`lockgate stats bias`",
                made.command("bias", file, *asked),
                rows,
                made.runs,
                is_python=False,
                note="from the file",
            ),
            Peer(
                "smclarify",
                made.python("smclarify", "bias_peer.py", file, str(rows)),
                rows,
                made.few_runs,
                note="no intervals",
            ),
        ],
    )


def quality(made: Maker) -> Section:
    """Return binary predictions."""
    file, rows = made.place.file("judged"), made.place.rows
    own = "`stats.quality`"
    peer = made.python("tables", "quality_peer.py", file, "0")
    return Section(
        f"Quality of {rows:,} binary predictions",
        f"{rows:,} rows",
        own,
        [
            Case(own, made.ours("quality", file), rows, made.runs),
            Peer("scikit-learn", peer, rows, made.runs, note="11 metrics, no curves"),
        ],
    )


def intervals(made: Maker) -> Section:
    """Return the same, with the interval of each metric by a bootstrap."""
    file, rows = made.place.file("judged"), made.place.rows
    own, replicates = "`stats.quality`, intervals", 5
    asked = ["--truth", "label", "--prediction", "prediction", "--score", "score", "--task", "binary", "--interval"]
    return Section(
        f"Quality of {rows:,} binary predictions, intervals of {REPLICATES:,} replicates",
        f"{REPLICATES:,} replicates",
        own,
        [
            Case(own, made.ours("quality", file, "0.95"), rows, made.few_runs),
            Case(
                "`lockgate stats quality --interval`",
                made.command("quality", file, *asked),
                rows,
                made.few_runs,
                is_python=False,
                note="from the file",
            ),
            Peer(
                f"scikit-learn, {replicates} replicates",
                made.python("tables", "quality_peer.py", file, str(replicates)),
                rows,
                made.few_runs,
                scale=REPLICATES / replicates,
                note="11 metrics, no curves",
            ),
        ],
    )


def imports(made: Maker) -> Section:
    """Return what a user waits for first."""
    peers = [("tables", name) for name in ("pyarrow", "polars", "duckdb", "scipy.stats", "sklearn.metrics")]
    peers += [(name, name) for name in ("whylogs", "evidently", "nannyml")]
    peers += [("smclarify", "smclarify.bias.report")]
    return Section(
        "Import, in a fresh interpreter each time",
        "one import",
        OWN.imports,
        [
            Case(OWN.imports, made.python("tables", "imports.py", "lockgate.stats"), 0, made.imports),
            *(
                Peer(f"`import {module}`", made.python(where, "imports.py", module), 0, min(made.imports, 5))
                for where, module in peers
            ),
        ],
    )
