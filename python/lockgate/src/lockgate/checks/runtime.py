"""The ONNX runtime, told before it is loaded that it is to report nothing to its makers and to keep no id in a home."""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort

ort.disable_telemetry_events()
ort.set_default_logger_severity(4)

__all__ = ["ort"]
