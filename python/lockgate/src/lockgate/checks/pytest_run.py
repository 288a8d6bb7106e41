"""Runs the repository's tests in its own environment: the engine starts this file's text with ``python -c``.

It judges nothing: what pytest wrote, and how it ended, goes to the check ``unit``, which runs where no test reaches.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

told = json.loads(Path(os.environ["LOCKGATE_STEP"]).read_text(encoding="utf-8"))
junit, ended = (Path(told["outputs"][name]) for name in ("junit", "ended"))
words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junitxml={junit}"]
done = subprocess.run([sys.executable, *words], check=False)  # noqa: S603
if not junit.is_file():
    junit.write_text("", encoding="utf-8")
ended.write_text(json.dumps({"exit_code": done.returncode}), encoding="utf-8")
