"""Pipelines: steps of your own code, put together once, the same on a laptop and on an engine.

>>> from pathlib import Path
>>> from lockgate.pipelines import File, pipeline, step
>>> @step(output="lines")
... def count(rows: Path) -> int:
...     return len(rows.read_text().splitlines())
>>> @pipeline
... def train() -> None:
...     count(rows=File("data/fixture.csv"))
>>> train.run()  # doctest: +SKIP

What is committed is ``pipelines/train.json``; ``python -m lockgate.pipelines write pipelines/train.py`` writes it.
"""

from lockgate.pipelines.declare import Pipeline, pipeline
from lockgate.pipelines.inputs import File, Output, Parameter, Value
from lockgate.pipelines.local import LocalRun
from lockgate.pipelines.steps import Step, step
from lockgate.pipelines.values import Dataset, scratch

__all__ = [
    "Dataset",
    "File",
    "LocalRun",
    "Output",
    "Parameter",
    "Pipeline",
    "Step",
    "Value",
    "pipeline",
    "scratch",
    "step",
]
