"""Quality of a binary classifier by scikit-learn: `quality_peer.py FILE REPLICATES`, each of rows drawn anew."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow.parquet as pq
from sklearn import metrics
from timed import timed


def quality(truth: np.ndarray, prediction: np.ndarray, score: np.ndarray) -> dict[str, float]:
    """Return what Lockgate answers, too, but for curves."""
    return {
        "accuracy": metrics.accuracy_score(truth, prediction),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, prediction),
        "precision": metrics.precision_score(truth, prediction),
        "recall": metrics.recall_score(truth, prediction),
        "f1": metrics.f1_score(truth, prediction),
        "matthews_corrcoef": metrics.matthews_corrcoef(truth, prediction),
        "cohen_kappa": metrics.cohen_kappa_score(truth, prediction),
        "roc_auc": metrics.roc_auc_score(truth, score),
        "average_precision": metrics.average_precision_score(truth, score),
        "log_loss": metrics.log_loss(truth, score),
        "brier": metrics.brier_score_loss(truth, score),
    }


def main() -> None:
    """Measure the metrics, or the replicates that an interval is made of."""
    table, replicates = pq.read_table(sys.argv[1]), int(sys.argv[2])
    truth, prediction, score = (table[name].to_numpy() for name in ("label", "prediction", "score"))
    random = np.random.default_rng(0)

    def work() -> None:
        for _ in range(replicates):
            rows = random.integers(0, len(truth), len(truth))
            quality(truth[rows], prediction[rows], score[rows])

    timed(work if replicates else lambda: quality(truth, prediction, score) is None)


if __name__ == "__main__":
    main()
