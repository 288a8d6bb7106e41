#!/usr/bin/env python3
"""Measure a prediction: `LOCKGATE_BIN=… PEER_PYTHON=… bench/predict/measure.py`.

PEER_PYTHON has requirements.txt of this folder; `make bench` makes it.

Both servers answer the same rows of the same model over loopback; what is counted is the processor time of the
server's process, since machines are shared. Ours checks the token and the signature, and captures.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
RUNTIME = Path(os.environ.get("LOCKGATE_VENV") or REPO / ".venv") / "onnxruntime" / "libonnxruntime.so"
FEATURES = 23
CALLS = int(os.environ.get("CALLS", "2000"))
WARM = 20
# Milliseconds of processor time for a call, by rows and form.
BUDGETS = {(1, "JSON"): 0.12, (100, "JSON"): 0.6, (100, "bytes"): 0.3}
HEADERS = {"authorization": "Bearer lg_bench", "content-type": "application/json"}


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def body(rows: int) -> bytes:
    """Return a request of this many rows."""
    source = random.Random(7)
    data = [round(source.gauss(0, 1), 5) for _ in range(rows * FEATURES)]
    given = {"name": "X", "datatype": "FP32", "shape": [rows, FEATURES], "data": data}
    return json.dumps({"inputs": [given]}).encode()


def binary_body(rows: int) -> tuple[bytes, dict[str, str]]:
    """Return a request of this many rows as bytes, answered in bytes, with its headers."""
    source = random.Random(7)
    tensor = struct.pack(f"<{rows * FEATURES}f", *(source.gauss(0, 1) for _ in range(rows * FEATURES)))
    size = {"binary_data_size": len(tensor)}
    given = {"name": "X", "datatype": "FP32", "shape": [rows, FEATURES], "parameters": size}
    head = json.dumps({"inputs": [given], "parameters": {"binary_data_output": True}}).encode()
    return head + tensor, {**HEADERS, "inference-header-content-length": str(len(head))}


def measure(port: int, pid: int, payload: bytes, headers: dict[str, str]) -> tuple[float, float]:
    """Return the median time of a call and the server's processor time for one, both in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for call in range(CALLS + WARM):
        if call == WARM:
            before = cpu_s(pid)
        started = time.perf_counter()
        connection.request("POST", "/v2/models/prod.bench/infer", payload, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status} {text[:300]!r}")
        times.append(time.perf_counter() - started)
    return statistics.median(times[WARM:]) * 1_000, (cpu_s(pid) - before) / CALLS * 1_000


def wait(ready: Callable[[], bool]) -> float:
    """Return how many seconds it took until `ready`."""
    started = time.perf_counter()
    while time.perf_counter() - started < 60:
        try:
            if ready():
                return time.perf_counter() - started
        except OSError:
            pass
        time.sleep(0.01)
    raise SystemExit("a server did not get ready")


def answers(port: int) -> bool:
    """Say whether a server answers a prediction."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", "/v2/models/prod.bench/infer", body(1), HEADERS)
    return connection.getresponse().status == 200


def digest(data: bytes) -> str:
    """Return a digest as manifests have it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def manifest(folder: Path, model: bytes) -> str:
    """Write a signed manifest that serves the model, and return the key that it is checked with."""
    key = Ed25519PrivateKey.generate()
    (folder / "models").mkdir(parents=True)
    (folder / "models" / hashlib.sha256(model).hexdigest()).write_bytes(model)

    def stamp(seconds: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    def tensor(name: str, datatype: str, shape: list[int]) -> dict[str, Any]:
        return {"name": name, "datatype": datatype, "shape": shape}

    signature = {
        "inputs": [tensor("X", "FP32", [-1, FEATURES])],
        "outputs": [tensor("label", "INT64", [-1]), tensor("probabilities", "FP32", [-1, 2])],
    }
    release = {"rollout": "ro-1", "candidate": digest(b""), "version": 1, "onnx": digest(model), "signature": signature}
    endpoint = {"name": "prod.bench", "serving": "ro-1", "stopped": None, "releases": [release]}
    token = {
        "token": hashlib.sha256(b"lg_bench").hexdigest(),
        "until": stamp(time.time() + 3_600),
        "endpoints": [0],
        "outside": [],
        "captured": True,
    }
    said = {"sequence": 1, "made_at": stamp(time.time()), "endpoints": [endpoint], "callers": [token]}
    text = json.dumps(said).encode()
    signed = key.sign(b"lockgate serving manifest 1\n" + text).hex().encode()
    (folder / "manifest").write_bytes(signed + b"\n" + text + b"\n")
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def report(name: str, cold_s: float, port: int, pid: int, *, with_bytes: bool) -> dict[tuple[int, str], float]:
    """Print the lines of a server, and return the processor time of a call by rows and form."""
    print(f"{name}: first answer after {cold_s:.2f} s, {resident_mib(pid):.0f} MiB")
    found = {}
    for rows in (1, 100):
        forms = [("JSON", body(rows), HEADERS)]
        if with_bytes:
            forms.append(("bytes", *binary_body(rows)))
        for form, payload, headers in forms:
            median, cpu = measure(port, pid, payload, headers)
            found[rows, form] = cpu
            print(f"  {rows:>3} rows, {form:<5}: {median:.3f} ms at the median, {cpu:.3f} ms of processor time")
    return found


def captured(folder: Path) -> int:
    """Return how many calls the serving process has captured."""
    return sum(len(file.read_bytes().splitlines()) for file in (folder / "out" / "capture").rglob("*.jsonl*"))


def verdict(ours: dict[tuple[int, str], float], peer: dict[tuple[int, str], float]) -> int:
    """Print each budget beside what was measured and the peer's, and return 1 where one is missed."""
    print("| a prediction | CPU | budget | FastAPI + onnxruntime | of it |\n| --- | --- | --- | --- | --- |")
    missed = 0
    for (rows, form), budget in BUDGETS.items():
        cpu, other = ours[rows, form], peer[rows, "JSON"]
        missed |= cpu > budget
        word = "missed" if cpu > budget else "met"
        print(f"| {rows} rows, {form} | {cpu:.3f} ms | ≤ {budget:g} ms: {word} | {other:.3f} ms | {cpu / other:.2f} |")
    return missed


def main() -> int:
    """Measure both servers, print the table, and fail where a budget is missed or a call was not captured."""
    binary, python = os.environ["LOCKGATE_BIN"], os.environ["PEER_PYTHON"]
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "model.onnx"
        subprocess.run([python, HERE / "model.py", model], check=True)
        folder = Path(place) / "serving"
        key = manifest(folder, model.read_bytes())
        command = [
            binary,
            "serve",
            "--folder",
            folder,
            "--key",
            key,
            "--listen",
            "127.0.0.1:0",
            "--onnxruntime",
            RUNTIME,
        ]
        with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as ours:
            try:
                assert ours.stdout is not None
                port = int(json.loads(ours.stdout.readline())["serving"].rsplit(":", 1)[1])
                own = report("lockgate serve", wait(lambda: answers(port)), port, ours.pid, with_bytes=True)
            finally:
                ours.terminate()
        calls, kept = len(own) * (CALLS + WARM), captured(folder)
        if kept < calls:
            raise SystemExit(f"{kept} of {calls} calls were captured")
        port = 18_431
        with subprocess.Popen([python, HERE / "fastapi_peer.py", model, str(port)]) as peer:
            try:
                other = report("FastAPI + onnxruntime", wait(lambda: answers(port)), port, peer.pid, with_bytes=False)
            finally:
                peer.terminate()
    print(f"load while measured: {os.getloadavg()[0]:.1f}")
    return verdict(own, other)


if __name__ == "__main__":
    raise SystemExit(main())
