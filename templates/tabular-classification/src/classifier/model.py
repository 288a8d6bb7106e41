"""The model: built, saved, loaded and measured."""

from pathlib import Path

import pandas as pd
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from classifier.contract import Outcome


def build(
    words: list[str], numbers: list[str], c: float, seed: int
) -> Pipeline:
    """Return a model on these columns that has seen nothing yet."""
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer(
        [("words", encoder, words), ("numbers", StandardScaler(), numbers)]
    )
    classifier = LogisticRegression(C=c, max_iter=1000, random_state=seed)
    return Pipeline([("columns", columns), ("classifier", classifier)])


def save(model: Pipeline, path: Path) -> Path:
    """Write the model as skops, which runs no code when it is loaded."""
    skops.io.dump(model, path)
    return path


def load(path: Path) -> Pipeline:
    """Return a saved model; one that holds anything unknown is refused."""
    return skops.io.load(path, trusted=[])


def measure(
    model: Pipeline,
    features: pd.DataFrame,
    outcome: pd.Series,
    positive: Outcome,
) -> dict[str, float]:
    """Return how well the model tells the positive outcome from others."""
    scores = probability(model, features, positive)
    return {
        "accuracy": float(accuracy_score(outcome, model.predict(features))),
        "auc": float(roc_auc_score(outcome == positive, scores)),
        "rows": float(len(outcome)),
    }


def probability(
    model: Pipeline, features: pd.DataFrame, positive: Outcome
) -> pd.Series:
    """Return how likely the model holds an outcome to be, for each row."""
    position = list(model.classes_).index(positive)
    return model.predict_proba(features)[:, position]
