"""Make the model of the measurement: gradient boosting, 100 trees, 23 features."""

import sys
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier

random = np.random.default_rng(7)
rows = random.normal(size=(4_000, 23)).astype(np.float32)
truth = (rows @ random.normal(size=23) + random.normal(size=4_000) > 0).astype(np.int64)
model = GradientBoostingClassifier(n_estimators=100).fit(rows, truth)
exported = to_onnx(
    model,
    initial_types=[("X", FloatTensorType([None, 23]))],
    options={id(model): {"zipmap": False}},
    target_opset=17,
)
Path(sys.argv[1]).write_bytes(exported.SerializeToString())
