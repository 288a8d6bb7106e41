"""The peer: FastAPI and onnxruntime, one worker and thread, JSON only, without tokens, validation or capture."""

import sys
from typing import Any

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options)
app = FastAPI()


@app.post("/v2/models/{model}/infer")
async def infer(model: str, body: dict[str, Any]) -> dict[str, Any]:
    """Answer as the protocol has it."""
    given = body["inputs"][0]
    rows = np.array(given["data"], dtype=np.float32).reshape(given["shape"])
    label, odds = session.run(None, {given["name"]: rows})
    return {
        "model_name": model,
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": list(label.shape), "data": label.ravel().tolist()},
            {"name": "probabilities", "datatype": "FP32", "shape": list(odds.shape), "data": odds.ravel().tolist()},
        ],
    }


uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
