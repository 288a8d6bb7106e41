"""Drift between two tables in memory, by others than Lockgate: `drift_peers.py WHAT REFERENCE CURRENT ROWS`."""

from __future__ import annotations

import logging
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from timed import timed

CATEGORIES = "category_"
SMALL = 1e-4


def read(path: str, rows: str) -> pa.Table:
    """Return the first rows."""
    return pq.read_table(path).slice(0, int(rows)).combine_chunks()


def shares(counts: np.ndarray) -> np.ndarray:
    """Return shares, without a zero."""
    found = np.maximum(counts / counts.sum(), SMALL)
    return found / found.sum()


def psi(left: np.ndarray, right: np.ndarray) -> float:
    """Return the population stability index of two rows of shares."""
    return float(((right - left) * np.log(right / left)).sum())


def numbers(left: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Measure two samples of numbers, as one does by hand."""
    from scipy import stats  # noqa: PLC0415
    from scipy.spatial.distance import jensenshannon  # noqa: PLC0415

    inner = np.quantile(left, np.linspace(0, 1, 11))[1:-1]
    p, q = (shares(np.bincount(np.searchsorted(inner, side), minlength=10)) for side in (left, right))
    return {
        "ks": stats.ks_2samp(left, right),
        "wasserstein": stats.wasserstein_distance(left, right),
        "psi": psi(p, q),
        "jensen_shannon": jensenshannon(p, q),
    }


def categories(left: pa.ChunkedArray, right: pa.ChunkedArray) -> dict[str, Any]:
    """Measure two samples of categories, as one does by hand."""
    from scipy import stats  # noqa: PLC0415
    from scipy.spatial.distance import jensenshannon  # noqa: PLC0415

    counted = [{item["values"]: item["counts"] for item in pc.value_counts(side).to_pylist()} for side in (left, right)]
    names = sorted(counted[0].keys() | counted[1].keys())
    table = np.array([[side.get(name, 0) for name in names] for side in counted])
    p, q = shares(table[0]), shares(table[1])
    chi_square = stats.chi2_contingency(table)
    effect = np.sqrt(chi_square.statistic / table.sum())  # of two rows
    return {"chi_square": chi_square, "cramers_v": effect, "psi": psi(p, q), "jensen_shannon": jensenshannon(p, q)}


def with_scipy(reference: str, current: str, rows: str) -> None:
    """Ask for PSI and Jensen-Shannon; of numbers also KS and Wasserstein, of categories chi-square and Cramér's V."""
    import scipy.spatial.distance  # noqa: PLC0415
    import scipy.stats  # noqa: F401, PLC0415

    left, right = read(reference, rows), read(current, rows)

    def work() -> None:
        for name in left.column_names:
            if name.startswith(CATEGORIES):
                categories(left[name], right[name])
            else:
                numbers(left[name].to_numpy(), right[name].to_numpy())

    timed(work)


def with_evidently(reference: str, current: str, rows: str) -> None:
    """Make the preset report of drift, as a dictionary."""
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415
    from evidently.presets import DataDriftPreset  # noqa: PLC0415

    left, right = (read(path, rows).to_pandas() for path in (reference, current))
    names = list(left.columns)
    definition = DataDefinition(
        numerical_columns=[name for name in names if not name.startswith(CATEGORIES)],
        categorical_columns=[name for name in names if name.startswith(CATEGORIES)],
    )

    def work(rows: int | None = None) -> None:
        sides = [Dataset.from_pandas(side[:rows], data_definition=definition) for side in (right, left)]
        assert Report([DataDriftPreset()]).run(*sides).dict()

    work(100)  # it imports much more when it is first used
    timed(work)


def with_nannyml(reference: str, current: str, rows: str) -> None:
    """Ask for KS, Wasserstein and Jensen-Shannon of numbers; chi-square and Jensen-Shannon of categories; one chunk."""
    import nannyml  # noqa: PLC0415

    logging.disable(logging.WARNING)
    left, right = (read(path, rows).to_pandas() for path in (reference, current))

    def work(rows: int | None = None) -> None:
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=list(left.columns),
            treat_as_categorical=[name for name in left.columns if name.startswith(CATEGORIES)],
            continuous_methods=["kolmogorov_smirnov", "wasserstein", "jensen_shannon"],
            categorical_methods=["chi2", "jensen_shannon"],
            chunk_number=1,
        )
        assert len(calculator.fit(left[:rows]).calculate(right[:rows]).to_df())

    work(100)
    timed(work)


if __name__ == "__main__":
    {"scipy": with_scipy, "evidently": with_evidently, "nannyml": with_nannyml}[sys.argv[1]](*sys.argv[2:])
