"""Logging with stock mlflow, where `MLFLOW_TRACKING_URI` says whereto."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
from sklearn.pipeline import Pipeline

EXPERIMENT = "train"


@contextmanager
def logged(name: str, autolog: bool = False) -> Iterator[bool]:
    """Open a run for the block; yield whether there is one.

    With `autolog`, what scikit-learn does in the block is logged by itself.
    """
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
    if autolog:
        mlflow.sklearn.autolog(log_models=False, silent=True)
    mlflow.set_experiment(EXPERIMENT)
    with warnings.catch_warnings(), mlflow.start_run(run_name=name):
        warnings.simplefilter("ignore", FutureWarning)
        yield True


def log_model(model: Pipeline, example: pd.DataFrame) -> None:
    """Log a model into the run that is open, as skops instead of a pickle."""
    import mlflow

    mlflow.sklearn.log_model(
        model,
        name="model",
        serialization_format="skops",
        signature=mlflow.models.infer_signature(
            example, model.predict(example)
        ),
        pip_requirements=["scikit-learn", "skops"],
    )


def log_metrics(metrics: dict[str, float]) -> None:
    """Log numbers into the run that is open."""
    import mlflow

    mlflow.log_metrics(metrics)
