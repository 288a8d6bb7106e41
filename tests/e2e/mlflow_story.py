"""What a data scientist does with stock `mlflow`, in client 3 or 2, told as facts: one JSON object on standard output.

Run by `test_mlflow.py` with the interpreter of each client; it imports nothing of ours.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
NEW = int(mlflow.__version__.split(".")[0]) >= 3
FACTS: dict[str, Any] = {"version": mlflow.__version__}


def training_data() -> tuple[pd.DataFrame, Any]:
    """Return rows and their target, always the same."""
    rows, target = make_classification(n_samples=120, n_features=4, random_state=7)
    return pd.DataFrame(rows, columns=["a", "b", "c", "d"]), target


def refusal(call: Any, *args: Any, **kwargs: Any) -> list[str]:
    """Return error code and message of a call that is refused."""
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        return [error.error_code, str(error)]
    return ["", "nothing was refused"]


def autolog(client: MlflowClient) -> None:
    """Train under autolog, and look at what it logged."""
    rows, target = training_data()
    mlflow.set_experiment("credit")
    mlflow.sklearn.autolog(log_datasets=True)
    with mlflow.start_run(run_name="first") as run:
        LogisticRegression(C=0.5).fit(rows, target)
    mlflow.sklearn.autolog(disable=True)
    seen = client.get_run(run.info.run_id)
    model = f"runs:/{run.info.run_id}/model"
    loaded, again = mlflow.sklearn.load_model(model), LogisticRegression(C=0.5).fit(rows, target)
    FACTS["autolog"] = {
        "name": seen.info.run_name,
        "status": seen.info.status,
        "c": seen.data.params["C"],
        "metrics": sorted(seen.data.metrics),
        "datasets": len(seen.inputs.dataset_inputs),
        "files": sorted(file.path for file in client.list_artifacts(run.info.run_id)),
        "same_predictions": bool((loaded.predict(rows) == again.predict(rows)).all()),
    }


def registry(client: MlflowClient) -> None:
    """Log a model, register it, point at it, and load it back every way."""
    rows, target = training_data()
    trained = LogisticRegression().fit(rows, target)
    place = {"name": "model"} if NEW else {"artifact_path": "model"}
    versions = []
    for number in range(2):
        with mlflow.start_run(run_name=f"registered-{number}") as run:
            mlflow.log_metric("auc", 0.7 + number / 10)
            mlflow.sklearn.log_model(trained, **place, input_example=rows.head(2), registered_model_name="scorecard")
            versions.append(run.info.run_id)
    client.set_registered_model_alias("scorecard", "champion", "2")
    client.set_model_version_tag("scorecard", "1", "checked", "yes")
    client.update_model_version("scorecard", "1", description="the first")
    client.transition_model_version_stage("scorecard", "1", "Production")
    client.transition_model_version_stage("scorecard", "2", "Production", archive_existing_versions=True)
    first, second = (
        client.get_model_version("scorecard", "1"),
        client.get_model_version_by_alias("scorecard", "champion"),
    )
    expected = trained.predict(rows)
    same = [
        bool((mlflow.sklearn.load_model(uri).predict(rows) == expected).all())
        for uri in ("models:/scorecard@champion", "models:/scorecard/1", "models:/scorecard/Production")
    ]
    served = mlflow.pyfunc.load_model("models:/scorecard/latest").predict(rows)
    copied = client.copy_model_version("models:/scorecard/1", "scorecard-copy")
    FACTS["registry"] = {
        "stages": [first.current_stage, second.current_stage],
        "runs": [first.run_id, second.run_id] == versions,
        "tags": first.tags,
        "description": first.description,
        "same": same,
        "served": bool((np.asarray(served) == expected).all()),
        "copied": [copied.name, str(copied.version)],
        "aliases": client.get_registered_model("scorecard").aliases,
        "found": sorted(int(v.version) for v in client.search_model_versions("name = 'scorecard'")),
        "of_run": [int(v.version) for v in client.search_model_versions(f"run_id = '{versions[1]}'")],
        "tagged": sorted(f"{v.name} {v.version}" for v in client.search_model_versions("tags.checked = 'yes'")),
        "models": [model.name for model in client.search_registered_models("name LIKE 'score%'")],
        "reserved": refusal(client.set_registered_model_alias, "scorecard", "v3", "1"),
        "no_alias": refusal(client.get_model_version_by_alias, "scorecard", "nobody"),
        "no_version": refusal(client.get_model_version, "scorecard", "9"),
    }
    client.delete_registered_model_alias("scorecard", "champion")
    client.delete_model_version("scorecard-copy", "1")
    client.delete_registered_model("scorecard-copy")
    client.rename_registered_model("scorecard", "scorecard-2")
    FACTS["renamed"] = [model.name for model in client.search_registered_models()]
    overwritten = Path(tempfile.mkdtemp()) / "MLmodel"
    overwritten.write_text("broken: true\n")
    client.log_artifact(versions[0], str(overwritten), "model")
    FACTS["registry"]["never_changes"] = bool(
        (mlflow.sklearn.load_model("models:/scorecard-2/1").predict(rows) == expected).all()
    )


def searches(client: MlflowClient) -> None:
    """Log runs and find them by filters, orders and pages."""
    experiment = client.create_experiment("searched", tags={"team": "risk"})
    for number in range(7):
        run = client.create_run(
            experiment,
            run_name=f"r{number}",
            start_time=1_000 + number,
            tags={"kind": "even" if number % 2 == 0 else "odd"},
        )
        client.log_batch(
            run.info.run_id,
            metrics=[
                Metric("auc", number / 10, 1_000, 0),
                Metric("loss", math.nan if number == 3 else -number, 1_000, 0),
            ],
            params=[Param("seed", str(number))],
            tags=[RunTag("batch", "yes")],
        )
        client.set_terminated(run.info.run_id, "FINISHED" if number < 5 else "FAILED")

    def found(text: str, *order_by: str) -> list[str]:
        runs = client.search_runs([experiment], text, order_by=list(order_by))
        return [run.info.run_name or "" for run in runs]

    pages, token = [], None
    while True:
        page = client.search_runs([experiment], max_results=3, order_by=["metrics.loss ASC"], page_token=token)
        pages.append([run.info.run_name for run in page])
        token = page.token
        if not token:
            break
    frame = mlflow.search_runs(experiment_names=["searched"], filter_string="metrics.auc >= 0.5")
    FACTS["searches"] = {
        "metric": found("metrics.auc > 0.35 and metrics.auc <= 0.5", "metrics.auc DESC"),
        "param": found("params.seed = '3'"),
        "not_param": found("params.seed != '3' AND attributes.start_time < 1003"),
        "tag_like": found("tags.kind LIKE 'ev%'", "attributes.start_time ASC"),
        "like_minds_case": found("tags.kind LIKE 'EV%'"),
        "ilike": found("tags.kind ILIKE 'EV%' AND params.`seed` = '4'"),
        "status": found("status = 'FAILED'", "start_time"),
        "name_in": found("run_name = 'r1'"),
        "nothing": found("metrics.nothing > 0"),
        "pages": pages,
        "frame": sorted(frame["tags.mlflow.runName"]),
        "experiments": [e.name for e in client.search_experiments(filter_string="tags.team = 'risk'")],
        "bad": refusal(client.search_runs, [experiment], "params.a = 'x' OR params.b = 'y'"),
        "injected": refusal(client.search_runs, [experiment], "params.a = 'x'; DROP TABLE experiments --'"),
    }


def values(client: MlflowClient) -> None:
    """Log what is special about values."""
    with mlflow.start_run(run_name="values") as run:
        run_id = run.info.run_id
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metric("loss", 9.0, step=2)
        mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "third": 1 / 3})
        mlflow.log_param("p", 1)
        changed = refusal(mlflow.log_param, "p", 2)
        mlflow.log_param("p", 1)
        mlflow.set_tag("note", "a")
        client.delete_tag(run_id, "note")
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_param("deep", "yes")
    seen = client.get_run(run_id)
    history = client.get_metric_history(run_id, "loss")
    FACTS["values"] = {
        "latest": seen.data.metrics["loss"],
        "history": len(history),
        "nan": math.isnan(seen.data.metrics["nan"]),
        "inf": seen.data.metrics["inf"],
        "third": seen.data.metrics["third"] == 1 / 3,
        "param": seen.data.params,
        "changed": changed,
        "no_note": "note" not in seen.data.tags,
        "parent": client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run_id,
        "no_run": refusal(client.get_run, "0" * 32),
    }
    client.delete_run(run_id)
    deleted = [
        r.info.run_id for r in client.search_runs([seen.info.experiment_id], run_view_type=ViewType.DELETED_ONLY)
    ]
    FACTS["values"]["deleted"] = deleted == [run_id]
    FACTS["values"]["refuses"] = refusal(client.set_tag, run_id, "x", "y")
    client.restore_run(run_id)
    gone = client.create_experiment("gone")
    client.delete_experiment(gone)
    again = client.create_experiment("gone")
    FACTS["values"]["name_is_free"] = again != gone
    FACTS["values"]["taken"] = refusal(client.create_experiment, "gone")


def files(client: MlflowClient) -> None:
    """Send files and folders, list them, and get them back."""
    folder = Path(tempfile.mkdtemp())
    (folder / "plots" / "deep").mkdir(parents=True)
    (folder / "plots" / "a b.txt").write_text("space")
    (folder / "plots" / "deep" / "größe.csv").write_text("x\n1\n")
    (folder / "empty.bin").write_bytes(b"")
    (folder / "large.bin").write_bytes(bytes(range(256)) * 20_000)
    with mlflow.start_run(run_name="files") as run:
        mlflow.log_artifacts(str(folder), "out")
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": 1}, "notes/a.json")
    run_id = run.info.run_id
    back = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="out", dst_path=tempfile.mkdtemp()))
    sent = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    got = {str(p.relative_to(back)): p.read_bytes() for p in back.rglob("*") if p.is_file()}
    one = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/notes/hello.txt", dst_path=tempfile.mkdtemp()))
    FACTS["files"] = {
        "root": sorted((f.path, f.is_dir) for f in client.list_artifacts(run_id)),
        "out": sorted((f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, "out")),
        "a_file_lists_nothing": client.list_artifacts(run_id, "notes/hello.txt") == [],
        "same": sent == got,
        "one": one.read_text(),
        "dict": mlflow.artifacts.load_dict(f"runs:/{run_id}/notes/a.json"),
    }


def main() -> None:
    """Tell the story."""
    client = MlflowClient()
    for part in (autolog, registry, searches, values, files):
        part(client)
    if NEW:
        found = mlflow.search_logged_models(filter_string="name = 'model'", output_format="list")
        FACTS["logged_models"] = len(found)
    print(json.dumps(FACTS))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
