"""What several files of tests share: one run of the pipeline."""

import pytest


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """Return a run of the pipeline, which logs nowhere."""
    from pipelines.train import train  # not where an endpoint is tested

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return train.run(folder=tmp_path_factory.mktemp("run"), seed=7)
