"""The pipeline `train`: prepare, fit, evaluate, export.

The engine runs `train.json`, which `python -m lockgate.pipelines write
pipelines/train.py` writes from this file.

Each step is a process of its own. What only some of them need is imported
inside these: scikit-learn alone takes seconds to import.
"""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
from lockgate.pipelines import File, pipeline, scratch, step

from classifier import rows
from classifier.contract import Contract


class Split(NamedTuple):
    """The rows to train on, and those held out."""

    train: pd.DataFrame
    holdout: pd.DataFrame


class Fitted(NamedTuple):
    """A model, and how well it does on what it has seen."""

    model: Path
    metrics: dict[str, float]


class Exported(NamedTuple):
    """The model as ONNX, and rows as the trained one predicts them."""

    onnx: Path
    rows: pd.DataFrame


@step(timeout_s=600)
def prepare(table: Path, contract: Path, seed: int) -> Split:
    """Check the rows against the contract, and split them."""
    terms = Contract.read(contract)
    checked = rows.read(table, terms)
    train, holdout = rows.split(checked, terms.key, seed)
    print(f"{len(train)} rows to train on, {len(holdout)} held out")
    return Split(train, holdout)


@step(timeout_s=1800, memory_mib=2048)
def fit(train: pd.DataFrame, contract: Path, seed: int, c: float) -> Fitted:
    """Train the model on the features that the contract names."""
    from classifier import model, tracking

    terms = Contract.read(contract)
    features, outcome = train[terms.features], train[terms.target]
    with tracking.logged("fit") as is_logged:
        fitted = model.build(terms.words, terms.numbers, c, seed)
        fitted.fit(features, outcome)
        metrics = model.measure(fitted, features, outcome, terms.positive)
        if is_logged:
            tracking.log_fit(fitted, features, metrics)
    print(f"auc on the training rows: {metrics['auc']:.3f}")
    return Fitted(model.save(fitted, scratch("model.skops")), metrics)


@step(output="metrics", timeout_s=600)
def evaluate(
    fitted: Path, holdout: pd.DataFrame, contract: Path
) -> dict[str, float]:
    """Measure the model on the rows that it has not seen."""
    from classifier import model, tracking

    terms = Contract.read(contract)
    features, outcome = holdout[terms.features], holdout[terms.target]
    metrics = model.measure(
        model.load(fitted), features, outcome, terms.positive
    )
    with tracking.logged("evaluate") as is_logged:
        if is_logged:
            tracking.log_metrics("holdout", metrics)
    print(f"auc on the held-out rows: {metrics['auc']:.3f}")
    return metrics


@step(timeout_s=600)
def export(fitted: Path, train: pd.DataFrame, contract: Path) -> Exported:
    """Write the model as ONNX: what the platform judges and serves."""
    from classifier import export as onnx
    from classifier import model

    terms, trained = Contract.read(contract), model.load(fitted)
    features = train[terms.features]
    return Exported(
        onnx.save(trained, features, scratch("model.onnx")),
        onnx.predicted(trained, features, terms.positive),
    )


@pipeline
def train(seed: int = 7, c: float = 1.0) -> None:
    """Train on the fixture."""
    contract = File("contract.yaml")
    parts = prepare(File("data/fixture.csv"), contract, seed)
    fitted = fit(parts.train, contract, seed, c)
    evaluate(fitted.model, parts.holdout, contract)
    export(fitted.model, parts.train, contract)
