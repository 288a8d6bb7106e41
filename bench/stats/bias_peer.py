"""Bias by smclarify, the metrics that need no nearest neighbours: `bias_peer.py FILE ROWS`."""

from __future__ import annotations

import sys

import pandas as pd
import pyarrow.parquet as pq
from smclarify.bias import report
from smclarify.bias.metrics import POSTTRAINING_METRICS
from timed import timed


def bias(frame: pd.DataFrame) -> str:
    """Ask for all metrics before training and all but the flip test after it; say how many."""
    facet = report.FacetColumn("sex", ["f"])
    label = report.LabelColumn("label", frame["label"], [1])
    predicted = report.LabelColumn("prediction", frame["prediction"], [1])
    group = frame["region"]
    before = report.bias_report(frame, facet, label, report.StageType.PRE_TRAINING, group_variable=group)
    names = [metric.__name__ for metric in POSTTRAINING_METRICS if metric.__name__ != "FT"]
    after = report.bias_report(frame, facet, label, report.StageType.POST_TRAINING, predicted, names, group)
    found = [metric for side in (before, after) for value in side for metric in value["metrics"]]
    wrong = [metric["name"] for metric in found if metric.get("error")]
    return f"{len(found)} metrics" + (f", of which failed: {', '.join(wrong)}" if wrong else "")


if __name__ == "__main__":
    frame = pq.read_table(sys.argv[1]).slice(0, int(sys.argv[2])).to_pandas()
    timed(lambda: bias(frame))
