"""The stock client of the Open Inference Protocol, against a real `lockgate serve` with a signed manifest."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from bank import REPO
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tritonclient.http.auth import BasicAuth
from tritonclient.utils import InferenceServerException

CREDIT = REPO / "crates" / "serving" / "fixtures" / "credit.onnx"
RUNTIME = Path(os.environ.get("LOCKGATE_VENV") or REPO / ".venv") / "onnxruntime" / "libonnxruntime.so"
ANA = {"authorization": "Bearer lg_ana"}
PATIENCE_S = 30.0


def digest(data: bytes) -> str:
    """Return the digest as manifests write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tensor(name: str, datatype: str, shape: list[int]) -> dict[str, Any]:
    """Return a tensor of a signature."""
    return {"name": name, "datatype": datatype, "shape": shape}


@dataclass
class Process:
    """A serving process with whoever signs its manifests."""

    binary: Path
    folder: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    running: subprocess.Popen[bytes] | None = None
    address: str = ""
    sequence: int = 0

    def start(self, listen: str = "127.0.0.1:0") -> None:
        """Start the process and wait until it says where it listens."""
        (self.folder / "models").mkdir(parents=True, exist_ok=True)
        (self.folder / "models" / digest(CREDIT.read_bytes()).removeprefix("sha256:")).write_bytes(CREDIT.read_bytes())
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        command = [self.binary, "serve", "--folder", self.folder, "--key", public, "--listen", listen]
        with (self.folder / "serve.log").open("ab") as log:
            self.running = subprocess.Popen(
                [*map(str, command), "--onnxruntime", str(RUNTIME)], stdout=subprocess.PIPE, stderr=log, env={}
            )
        assert self.running.stdout is not None
        ready = json.loads(self.running.stdout.readline())
        self.address = ready["serving"].removeprefix("http://")

    def tell(self, stopped: str | None = None, version: int = 3) -> None:
        """Sign and put a manifest, and wait until the process serves it."""
        self.sequence += 1
        now = time.time()
        manifest = {
            "sequence": self.sequence,
            "made_at": stamp(now),
            "endpoints": [
                {
                    "name": "prod.credit",
                    "serving": f"ro-{version}",
                    "stopped": stopped,
                    "releases": [self.release(version)],
                }
            ],
            "callers": [
                {
                    "token": hashlib.sha256(name).hexdigest(),
                    "until": stamp(now + 600),
                    "endpoints": endpoints,
                    "outside": [],
                    "captured": True,
                }
                for name, endpoints in ((b"lg_ana", [0]), (b"lg_ben", list[int]()))
            ],
        }
        body = json.dumps(manifest).encode()
        signature = self.key.sign(b"lockgate serving manifest 1\n" + body)
        new = self.folder / "manifest.new"
        new.write_bytes(signature.hex().encode() + b"\n" + body + b"\n")
        new.rename(self.folder / "manifest")
        self.until(lambda said: said["sequence"] == self.sequence and f"ro-{version}" in said["rollouts"])

    def release(self, version: int) -> dict[str, Any]:
        """Return what the manifest says of a version."""
        return {
            "rollout": f"ro-{version}",
            "candidate": digest(b"candidate"),
            "version": version,
            "onnx": digest(CREDIT.read_bytes()),
            "signature": {
                "inputs": [tensor("X", "FP32", [-1, 3])],
                "outputs": [tensor("label", "INT64", [-1]), tensor("probabilities", "FP32", [-1, 2])],
                "columns": ["income", "debt", "age"],
            },
        }

    def until(self, said: Any) -> dict[str, Any]:
        """Return the process's report once it says what is looked for."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            path = self.folder / "out" / "report.json"
            report = json.loads(path.read_text()) if path.exists() else None
            if report is not None and said(report):
                return dict(report)
        raise AssertionError((self.folder / "serve.log").read_text())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait until it is gone."""
        if self.running is not None:
            self.running.send_signal(how)
            self.running.wait(PATIENCE_S)
            self.running = None

    def client(self) -> triton.InferenceServerClient:
        """Return a stock client."""
        return triton.InferenceServerClient(self.address)


def stamp(seconds: float) -> str:
    """Return an instant as our JSON has it."""
    whole, part = divmod(int(seconds * 1_000_000), 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{part:06d}Z"


@pytest.fixture
def process(binary: Path, tmp_path: Path) -> Iterator[Process]:
    """Yield a process that serves version 3 of one model."""
    found = Process(binary, tmp_path / "serving")
    found.start()
    found.tell()
    yield found
    found.stop()


def rows() -> triton.InferInput:
    """Return two applicants, as bytes, as the client sends them unless told otherwise."""
    given = triton.InferInput("X", [2, 3], "FP32")
    given.set_data_from_numpy(np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32))
    return given


def test_the_stock_client_works_with_its_defaults(process: Process) -> None:
    """Health, metadata and predictions, with nothing set but the token."""
    client = process.client()
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    assert client.is_model_ready("prod.credit", headers=ANA)
    about = client.get_model_metadata("prod.credit", headers=ANA)
    assert [known["name"] for known in about["inputs"]] == ["X", "record_id"]
    answer = client.infer("prod.credit", [rows()], headers=ANA, request_id="7")
    assert answer.as_numpy("label").tolist() == [1, 0]
    # Python's onnxruntime on the same rows.
    expected = [[0.02734295, 0.9726571], [0.9930712, 0.0069288]]
    assert np.allclose(answer.as_numpy("probabilities"), expected, atol=1e-6)
    assert answer.get_response()["id"] == "7"


def test_json_columns_record_ids_versions_and_compression(process: Process) -> None:
    """What the client can do beside its defaults."""
    client = process.client()
    inputs = []
    for name, values in {"debt": [0.0, 1.0], "income": [1.0, 0.0], "age": [0.0, 0.0]}.items():
        column = triton.InferInput(name, [2], "FP32")
        column.set_data_from_numpy(np.array(values, dtype=np.float32), binary_data=False)
        inputs.append(column)
    records = triton.InferInput("record_id", [2], "BYTES")
    records.set_data_from_numpy(np.array([b"r-1", b"r-2"], dtype=object))
    wanted = triton.InferRequestedOutput("label", binary_data=False)
    answer = client.infer(
        "prod.credit",
        [*inputs, records],
        outputs=[wanted],
        model_version="3",
        headers=dict(ANA),  # the client puts the encoding into it
        request_compression_algorithm="gzip",
        response_compression_algorithm="deflate",
    )
    assert answer.as_numpy("label").tolist() == [1, 0]
    assert answer.as_numpy("probabilities") is None
    again = client.infer("prod.credit", [rows()], headers=dict(ANA), request_compression_algorithm="deflate")
    assert again.as_numpy("label").tolist() == [1, 0]
    process.stop()
    lines = [
        json.loads(line)
        for path in (process.folder / "out" / "capture" / "prod.credit").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert [line["record_id"] for line in lines] == [["r-1", "r-2"], None]


def test_refusals_name_the_tensor_and_hide_what_is_not_yours(process: Process) -> None:
    """Every failure is one that the client can show."""
    client = process.client()

    def refused(model: str, given: list[triton.InferInput], headers: dict[str, str]) -> str:
        with pytest.raises(InferenceServerException) as caught:
            client.infer(model, given, headers=headers)
        return f"{caught.value.status()} {caught.value.message()}"

    wrong = triton.InferInput("X", [1, 3], "FP64")
    wrong.set_data_from_numpy(np.zeros((1, 3)))
    assert refused("prod.credit", [wrong], ANA) == "400 input `X`: is FP64, the model takes FP32"
    wide = triton.InferInput("X", [1, 4], "FP32")
    wide.set_data_from_numpy(np.zeros((1, 4), dtype=np.float32))
    assert "input `X`: has the shape [1, 4]" in refused("prod.credit", [wide], ANA)
    ben = {"authorization": "Bearer lg_ben"}
    assert refused("prod.credit", [rows()], ben) == "404 model `prod.credit` does not exist"
    assert refused("prod.absent", [rows()], ANA) == "404 model `prod.absent` does not exist"
    assert refused("prod.credit", [rows()], {}) == "401 a valid token is needed"


def test_basic_authentication_is_taken(process: Process) -> None:
    """The token is the password."""
    client = process.client()
    client.register_plugin(BasicAuth("ana", "lg_ana"))
    assert client.infer("prod.credit", [rows()]).as_numpy("label").tolist() == [1, 0]


def test_a_stop_holds_and_a_killed_process_comes_back(process: Process) -> None:
    """What is suspended is refused in its words; what was served is served again after a kill."""
    process.tell(stopped="drift")
    with pytest.raises(InferenceServerException, match="model suspended"):
        process.client().infer("prod.credit", [rows()], headers=ANA)
    assert not process.client().is_model_ready("prod.credit", headers=ANA)
    process.tell(version=4)
    assert process.client().infer("prod.credit", [rows()], headers=ANA).get_response()["model_version"] == "4"
    address, before = process.address, process.running
    assert before is not None
    process.stop(signal.SIGKILL)
    process.start(address)
    assert process.address == address
    process.until(lambda said: said["pid"] != before.pid and "ro-4" in said["rollouts"])
    assert process.client().infer("prod.credit", [rows()], headers=ANA).as_numpy("label").tolist() == [1, 0]
