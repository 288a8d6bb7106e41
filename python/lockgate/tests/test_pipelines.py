"""Pipelines: what is put together, what is written, what travels between steps, and what a laptop runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import lockgate
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lockgate.pipelines import Dataset, File, Pipeline, Value, pipeline, scratch, step
from lockgate.pipelines.document import as_json
from lockgate.pipelines.perform import StepError, perform


class Split(NamedTuple):
    """Two tables."""

    train: pa.Table
    holdout: pa.Table


@step(timeout_s=60, env={"LANG": "C"})
def prepare(rows: Path, seed: int) -> Split:
    """Split the numbers of a file."""
    numbers = [int(line) + seed for line in rows.read_text().split()]
    return Split(pa.table({"n": numbers[:-1]}), pa.table({"n": numbers[-1:]}))


@step(output="total", cache=False, retries=2, cpus=2, memory_mib=64)
def add(train: pa.Table, weights: dict[str, float], share: float = 0.5) -> dict[str, float]:
    """Add up."""
    return {"sum": sum(train["n"].to_pylist()) * weights["a"], "share": share}


@step
def announce(text: str) -> None:
    """Say something."""
    print(text)


@step(output="rows")
def fetch(customers: Dataset) -> int:
    """Count the rows of a dataset."""
    return int(customers.read(columns=["age"]).num_rows)


def nothing() -> None:
    """Put no step into a pipeline."""


DATA = File("README.md")


def put_together(body: Callable[..., None], name: str = "train") -> dict[str, Any]:
    return as_json(Pipeline(body, name))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that pipelines of this module take for their repository."""
    (tmp_path / "README.md").write_text("1 2 3")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("repository")
def test_what_is_written_is_what_the_platform_reads() -> None:
    def train(seed: int = 7, share: float = 0.2) -> None:
        parts = prepare(DATA, seed)
        total = add(parts.train, weights={"b": 2, "a": 1}, share=share)
        announce.using(after=[total])("done")

    document = put_together(train)
    assert document["version"] == 1
    assert document["parameters"] == {
        "seed": {"type": "integer", "default": 7},
        "share": {"type": "number", "default": 0.2},
    }
    first, second, third = document["steps"]
    assert first == {
        "name": "prepare",
        "run": {"python": f"{__name__}:prepare"},
        "inputs": {"rows": {"file": "README.md"}},
        "parameters": ["seed"],
        "outputs": ["train", "holdout"],
        "after": [],
        "cache": True,
        "timeout_s": 60,
        "retries": 0,
        "cpus": 1,
        "memory_mib": 1024,
        "env": {"LANG": "C"},
    }
    assert second["inputs"] == {
        "train": {"step": "prepare", "output": "train"},
        "weights": {"value": {"b": 2, "a": 1}},
    }
    assert (second["parameters"], second["outputs"], second["cache"]) == (["share"], ["total"], False)
    assert (third["after"], third["outputs"], third["inputs"]) == (["add"], [], {"text": {"value": "done"}})


@pytest.mark.usefixtures("repository")
def test_a_dataset_says_use_and_purpose() -> None:
    def train() -> None:
        fetch(Dataset("retail.core.customers", use="train", purpose="p-1"))
        fetch.using(name="again")(Dataset("retail.core.customers"))

    first, second = put_together(train)["steps"]
    assert first["inputs"]["customers"] == {"dataset": "retail.core.customers", "use": "train", "purpose": "p-1"}
    assert second["inputs"]["customers"] == {"dataset": "retail.core.customers", "use": "train"}
    assert second["name"] == "again"


@step(output="ages")
def ages(customers: Dataset, others: pa.Table) -> list[int]:
    """List the ages of customers, and of others."""
    young = customers.read(where=[("age", "<", 30)])
    return [*young["age"].to_pylist(), *others["age"].to_pylist()]


def of_fixtures() -> None:
    """Read two datasets, each with a file in its place."""
    ages(
        Dataset("retail.core.customers", columns=["age"], fixture="customers.csv"),
        Dataset("retail.core.others", use="score", fixture="others.parquet"),
    )


def with_fixtures(folder: Path) -> None:
    (folder / "customers.csv").write_text("id,age\na,17\nb,40\n", encoding="utf-8")
    pq.write_table(pa.table({"age": [50]}), folder / "others.parquet")


def test_a_fixture_stands_in_for_a_dataset_on_a_laptop(repository: Path) -> None:
    with pytest.raises(lockgate.InvalidError, match=r"`customers.csv`, which is not in the repository"):
        put_together(of_fixtures)
    with_fixtures(repository)
    (written,) = put_together(of_fixtures)["steps"]
    assert written["inputs"] == {
        "customers": {
            "dataset": "retail.core.customers",
            "use": "train",
            "columns": ["age"],
            "fixture": "customers.csv",
        },
        "others": {"dataset": "retail.core.others", "use": "score", "fixture": "others.parquet"},
    }
    done = Pipeline(of_fixtures, "train").run(folder=repository / "run")
    assert done.value("ages") == [17, 50]


def test_on_an_engine_the_step_is_told_where_the_fixture_lies(repository: Path) -> None:
    with_fixtures(repository)
    inputs: dict[str, dict[str, Any]] = {
        "customers": {"dataset": "retail.core.customers", "use": "train", "path": str(repository / "customers.csv")},
        "others": {"dataset": "a.b.c", "use": "train", "columns": ["age"], "path": str(repository / "others.parquet")},
    }
    perform(ages, "ages", inputs, {}, {"ages": repository / "out"})
    assert json.loads((repository / "out").read_text()) == [17, 50]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"where": "age > 3"}, "cannot be filtered by"),
        ({"where": [("age", "in", [3])]}, "cannot be filtered by"),
        ({"where": [("height", ">", 3)]}, "cannot be read as that"),
        ({"columns": ["height"]}, "cannot be read as that"),
    ],
)
def test_a_fixture_says_what_it_cannot_answer(repository: Path, asked: dict[str, Any], words: str) -> None:
    with_fixtures(repository)
    dataset = Dataset("a.b.c", file=repository / "customers.csv")
    assert dataset.read(columns=["age"], limit=1).to_pylist() == [{"age": 17}]
    with pytest.raises(lockgate.InvalidError, match=words):
        dataset.read(**asked)


def test_columns_are_a_list() -> None:
    nothing_named: list[str] = []
    for columns in ("age", nothing_named):
        with pytest.raises(lockgate.InvalidError, match="`columns`"):
            Dataset("a.b.c", columns=columns)


def bad_pipelines() -> dict[str, Callable[..., None]]:
    """Return pipelines that are wrong, by what is said about them."""

    def twice() -> None:
        announce("a")
        announce("b")

    def unknown_output(seed: int = 1) -> None:
        add(prepare(DATA, seed).trian, {})  # type: ignore[attr-defined]

    def which_output(seed: int = 1) -> None:
        add(prepare(DATA, seed), {})

    def other_kind(seed: int = 1) -> None:
        add.using(name="more")(add(prepare(DATA, seed).train, {}), {})

    def other_name(number: int = 1) -> None:
        prepare(DATA, number)

    def not_plain(rows: int = 1) -> None:
        prepare(rows, 7)

    def missing() -> None:
        prepare(DATA)

    def too_much() -> None:
        announce("a", words=1)

    def file_as_value() -> None:
        announce(DATA)

    def dataset_as_file() -> None:
        prepare(Dataset("a.b.c"), 7)

    def value_as_dataset() -> None:
        fetch("a.b.c")

    def no_json() -> None:
        announce(object())

    def decided(seed: int = 1) -> None:
        if seed:
            prepare(DATA, seed)

    def looped(seed: int = 1) -> None:
        for part in prepare(DATA, seed):
            add(part, {})

    def idle(seed: int = 1, other: int = 2) -> None:
        prepare(DATA, seed)

    def of_another(seed: int = 1) -> None:
        announce.using(after=["prepare"])("x")

    return {
        "there are two steps `announce`": twice,
        "step `prepare` has no output `trian`.*did you mean `train`": unknown_output,
        "`train` of step `add` is given step `prepare`, which has 2 outputs": which_output,
        r"`text` of step `announce` is a plain value \(JSON\), but `README.md` is a file": file_as_value,
        "`train` of step `more` is an Arrow table, but output `total`": other_kind,
        "takes the parameter `number` as `seed`": other_name,
        "`rows` of step `prepare` is not plain": not_plain,
        "cannot be called like this: missing a required argument: 'seed'": missing,
        "cannot be called like this: got an unexpected keyword argument 'words'": too_much,
        "`rows` of step `prepare` is a file or folder": dataset_as_file,
        "`customers` of step `fetch` is a dataset": value_as_dataset,
        "cannot be a `object` in a pipeline": no_json,
        "the parameter `seed` has no value yet": decided,
        "step `prepare` has no value yet": looped,
        "parameters that no step takes: `other`": idle,
        "`after` of step `announce` names no step": of_another,
        "has no step": nothing,
    }


BAD = bad_pipelines()


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("said", BAD)
def test_what_does_not_fit_is_said_while_it_is_put_together(said: str) -> None:
    with pytest.raises(lockgate.InvalidError, match=said):
        put_together(BAD[said])


def test_a_file_that_is_not_there_is_named(repository: Path) -> None:
    (repository / "README.md").unlink()

    def train() -> None:
        prepare(DATA, 7)

    with pytest.raises(lockgate.InvalidError, match=r"`rows` of step `prepare` is `README\.md`, which is not in"):
        put_together(train)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../b", "./a", "a//b", "", ".git/config", "a\\b"])
def test_a_file_lies_in_the_repository(path: str) -> None:
    with pytest.raises(lockgate.InvalidError, match="is not a path in the repository"):
        File(path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout_s": 0}, "`timeout_s` of step `made` is `0`"),
        ({"cpus": True}, "`cpus` of step `made` is `True`"),
        ({"memory_mib": 1}, "`memory_mib`"),
        ({"retries": 11}, "`retries`"),
        ({"env": {"PYTHONPATH": "x"}}, "`env` of step `made` has `PYTHONPATH='x'`"),
        ({"env": {"A": 1}}, "has `A=1`"),
        ({"timeout": 5}, "has no option `timeout`.*did you mean `timeout_s`"),
        ({"name": "Made"}, "`Made` cannot be the name of a step"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], said: str) -> None:
    def made() -> None:
        pass

    with pytest.raises(lockgate.InvalidError, match=said):
        step(**options)(made)


def unannotated(rows) -> None:  # type: ignore[no-untyped-def]
    pass


def returns_nothing_said(rows: Path):  # type: ignore[no-untyped-def]
    pass


def takes_anything(**rows: Path) -> None:
    pass


def takes_object(model: Pipeline) -> None:
    pass


def takes_tuple(pair: tuple[int, int]) -> None:
    pass


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (unannotated, "does not say what `rows` is"),
        (returns_nothing_said, "does not say what it returns"),
        (takes_anything, "takes `"),
        (takes_object, "`model` of step `takes_object` is a `Pipeline`, which does not travel"),
        (takes_tuple, "which does not travel between steps"),
    ],
)
def test_a_step_says_what_it_takes_and_makes(function: Callable[..., Any], said: str) -> None:
    with pytest.raises(lockgate.InvalidError, match=said):
        _ = step(function).signature


def test_outside_of_a_pipeline_a_step_is_its_function(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("1 2 3")
    assert prepare(tmp_path / "rows", seed=1).train["n"].to_pylist() == [2, 3]
    assert prepare.__doc__ == "Split the numbers of a file."


def test_a_laptop_runs_it_and_keeps_the_outputs(repository: Path) -> None:
    def train(seed: int, share: float = 0.2) -> None:
        parts = prepare(DATA, seed)
        add(parts.train, Value({"a": 2.0}), share)
        add.using(name="more")(parts.holdout, {"a": 1})

    done = Pipeline(train, "train").run(seed=1)
    assert done.folder == repository / ".lockgate" / "runs" / "train-1"
    assert done.value("prepare", "train")["n"].to_pylist() == [2, 3]
    assert done.value("add") == {"sum": 10.0, "share": 0.2}
    assert done.value("more") == {"sum": 4.0, "share": 0.5}
    assert json.loads(done.path("add", "total").read_text()) == {"sum": 10.0, "share": 0.2}
    assert list(done.seconds) == ["prepare", "add", "more"]
    again = Pipeline(train, "train").run(seed=1, folder=repository / "mine")
    assert again.path("prepare", "train").read_bytes() == done.path("prepare", "train").read_bytes()
    for parameters, said in (
        ({}, "needs `seed`"),
        ({"seed": 1, "shar": 2}, "did you mean `share`"),
        ({"seed": "1"}, "parameter `seed` is `'1'`, not of type integer"),
        ({"seed": True}, "not of type integer"),
        ({"seed": 1, "folder": repository / "mine"}, "is not empty"),
    ):
        with pytest.raises(lockgate.InvalidError, match=said):
            Pipeline(train, "train").run(**parameters)
    with pytest.raises(lockgate.InvalidError, match=r"this run has no step `ad`.*did you mean `add`"):
        done.value("ad")
    with pytest.raises(lockgate.InvalidError, match="step `prepare` has 2 outputs"):
        done.path("prepare")


@pytest.mark.usefixtures("repository")
def test_a_step_that_raises_ends_the_run_with_its_own_error() -> None:
    @step(output="x")
    def fail(text: str) -> int:
        raise KeyError(text)

    def train() -> None:
        fail("boom")

    with pytest.raises(StepError) as raised:
        Pipeline(train, "train").run()
    assert isinstance(raised.value.__cause__, KeyError)


class Estimator:
    """Stands for a model."""


TRAVELS: list[tuple[Any, Any]] = [
    ({"b": [1, 2.5, None, True], "a": "ä"}, dict[str, Any]),
    ([1, 2], list[int]),
    (None, int | None),
    ("text", str),
    (b"\x00\xff", bytes),
]


@pytest.mark.parametrize(("value", "annotation"), TRAVELS)
def test_a_value_comes_back_as_it_was(repository: Path, value: Any, annotation: Any) -> None:
    def produce() -> Any:
        return value

    def consume(value: Any) -> Any:
        seen.append(value)

    produce.__annotations__["return"] = annotation
    consume.__annotations__ = {"value": annotation, "return": None}
    seen: list[Any] = []

    made, took = step(output="it")(produce), step(consume)

    def train() -> None:
        took(made())

    Pipeline(train, "train").run(folder=repository / "run")
    assert seen == [value]


REFUSED = {
    "is a `Estimator`, which does not travel.*scratch": Estimator(),
    "would not come back from JSON as it is": {1: "a"},
    "Out of range float values": {"a": float("nan")},
    "cannot be written as JSON.*Estimator": [Estimator()],
    "is a plain value .JSON. .`str`., but declared as bytes": "text",
    "is `/nowhere/at/all`, which is not there": Path("/nowhere/at/all"),
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_value_that_would_not_is_refused(repository: Path, said: str) -> None:
    value = REFUSED[said]
    kinds = {"declared as bytes": bytes, "/nowhere": Path}
    annotation = next((kind for words, kind in kinds.items() if words in said), dict[str, Any])
    annotation = list[Any] if isinstance(value, list) else annotation

    def produce() -> Any:
        return value

    produce.__annotations__["return"] = annotation
    made = step(produce)

    def train() -> None:
        made()

    with pytest.raises(lockgate.InvalidError, match=said):
        Pipeline(train, "train").run(folder=repository / "run")


def test_files_and_folders_travel_and_the_scratch_folder_is_gone(repository: Path) -> None:
    places: list[Path] = []

    @step(output="folder")
    def produce() -> Path:
        folder = scratch("model")
        folder.mkdir()
        (folder / "weights").write_bytes(b"w")
        places.append(folder)
        return folder

    @step(output="copy")
    def consume(folder: Path) -> Path:
        return folder / "weights"

    def train() -> None:
        consume(produce())

    done = Pipeline(train, "train").run()
    assert (done.value("produce") / "weights").read_bytes() == b"w"
    assert done.value("consume").read_bytes() == b"w"
    assert not places[0].parent.exists()
    assert (repository / "README.md").exists()
    with pytest.raises(lockgate.InvalidError, match="is not the name of a file"):
        scratch("../x")


def test_a_step_gets_its_variables_and_the_repository_as_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @step(output="it", env={"SOME_NAME": "yes"})
    def look() -> list[str]:
        import os  # noqa: PLC0415 - as a step might

        return [os.environ["SOME_NAME"], str(Path.cwd())]

    def train() -> None:
        look()

    elsewhere = tmp_path_factory.mktemp("elsewhere")
    made = Pipeline(train, "train")
    monkeypatch.setattr(Pipeline, "root", repository)
    monkeypatch.chdir(elsewhere)
    assert made.run().value("look") == ["yes", str(repository)]
    assert Path.cwd() == elsewhere


MODULE = """
from pathlib import Path
from typing import NamedTuple

from helper import double
from lockgate.pipelines import File, pipeline, step


@step(output="lines")
def count(rows: Path) -> int:
    return double(len(rows.read_text().splitlines()))


@pipeline
def train(seed: int = 7) -> None:
    count(rows=File("data/rows.csv"))
    say(seed)


@step
def say(seed: int) -> None:
    print(f"the seed is {seed}")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a repository with a pipeline."""
    for name in ("pipelines", "src", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "pipelines" / "train.py").write_text(MODULE)
    (tmp_path / "src" / "helper.py").write_text("def double(n):\n    return 2 * n\n")
    (tmp_path / "data" / "rows.csv").write_text("a\n1\n2\n")
    return tmp_path


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "lockgate.pipelines", *words], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_file_is_written_checked_and_told_from_what_it_was(checkout: Path) -> None:
    stale = command(checkout, "check")
    assert stale.returncode == 1
    assert "is not what pipelines/train.py says" in stale.stdout
    assert command(checkout, "write").stdout == "pipelines/train.json written\n"
    written = (checkout / "pipelines" / "train.json").read_bytes()
    assert [one["run"] for one in json.loads(written)["steps"]] == [
        {"python": "pipelines.train:count"},
        {"python": "pipelines.train:say"},
    ]
    assert command(checkout, "check", "pipelines/train.py").stdout == "pipelines/train.json is current\n"
    assert command(checkout.parent, "write", f"{checkout.name}/pipelines/train.py").returncode == 0
    assert (checkout / "pipelines" / "train.json").read_bytes() == written
    changed = MODULE.replace("seed: int = 7", "seed: int = 8")
    (checkout / "pipelines" / "train.py").write_text(changed)
    stale = command(checkout, "check")
    assert stale.returncode == 1
    assert '-      "default": 7' in stale.stdout
    assert '+      "default": 8' in stale.stdout


def test_the_command_runs_a_pipeline(checkout: Path) -> None:
    done = command(checkout, "run", "pipelines/train.py", "seed=9")
    assert done.returncode == 0, done.stderr
    assert "the seed is 9" in done.stdout
    assert (checkout / ".lockgate" / "runs" / "train-1" / "count" / "lines").read_text() == "6"
    wrong = command(checkout, "run", "pipelines/train.py", "sed=9")
    assert (wrong.returncode, "did you mean `seed`?" in wrong.stderr) == (2, True)
    (checkout / "data" / "rows.csv").write_bytes(b"\xff")
    failed = command(checkout, "run", "pipelines/train.py")
    assert failed.returncode == 1
    assert "step `count` failed: UnicodeDecodeError" in failed.stderr.splitlines()[-1]
    assert "lockgate" not in failed.stderr
    assert command(checkout, "run", "src/helper.py").returncode == 2


def test_a_step_that_an_engine_cannot_find_is_not_written(checkout: Path) -> None:
    nested = (
        MODULE
        + "\n\ndef make():\n    @step\n    def inner() -> None:\n        pass\n    return inner\n\n\nhidden = make()\n"
    )
    nested = nested.replace("    say(seed)", "    say(seed)\n    hidden()")
    (checkout / "pipelines" / "train.py").write_text(nested)
    refused = command(checkout, "write")
    assert refused.returncode == 2
    assert "`make.<locals>.inner`, which an engine cannot find" in refused.stderr


def test_the_decorator_takes_a_name() -> None:
    made = pipeline(name="other")(nothing)
    assert made.name == "other"
    with pytest.raises(lockgate.InvalidError, match=r"call `other.run\(\)`"):
        made()
