"""Logging with stock mlflow, where `MLFLOW_TRACKING_URI` says whereto."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
from sklearn.pipeline import Pipeline

EXPERIMENT = "train"
METRICS = {"accuracy": "accuracy_score", "auc": "roc_auc"}
"""What `mlflow.sklearn.autolog` calls a number, so that both compare."""


@contextmanager
def logged(name: str) -> Iterator[bool]:
    """Open a run for the block; yield whether there is one."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        yield False
        return
    # On by default, it would report to mlflow's makers.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    if "LOCKGATE_STEP" in os.environ:
        # There the address is the sandbox's own, which nobody can open.
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    import mlflow  # slow to import, and not needed without an address

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_experiment(EXPERIMENT)
    with warnings.catch_warnings(), mlflow.start_run(run_name=name):
        warnings.simplefilter("ignore", FutureWarning)
        yield True


def log_fit(
    model: Pipeline, example: pd.DataFrame, metrics: dict[str, float]
) -> None:
    """Log what a fit was told, how well it does, and the model itself.

    By hand: `autolog` would import every part of scikit-learn, which takes
    longer than the fit. The model is logged as skops instead of a pickle.
    """
    import mlflow

    mlflow.log_params(
        {
            name: value
            for name, value in model.get_params().items()
            if isinstance(value, str | int | float | None)
        }
    )
    log_metrics("training", metrics)
    mlflow.sklearn.log_model(
        model,
        name="model",
        serialization_format="skops",
        signature=mlflow.models.infer_signature(
            example, model.predict(example)
        ),
        pip_requirements=["scikit-learn", "skops"],
    )


def log_metrics(of: str, metrics: dict[str, float]) -> None:
    """Log numbers into the run that is open: `training_roc_auc`, …."""
    import mlflow

    mlflow.log_metrics(
        {
            f"{of}_{METRICS.get(name, name)}": value
            for name, value in metrics.items()
        }
    )
