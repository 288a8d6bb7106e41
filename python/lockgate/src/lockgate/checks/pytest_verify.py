"""Runs the tests in one folder of the repository against an endpoint: the engine starts this with ``python -c``.

They pass if all do and at least one was not skipped: a test that called nothing verified nothing.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

PATIENCE_S = 30.0


def ready() -> bool:
    """Say whether the endpoint answers this attempt: it may have to hear of its token first."""
    request = urllib.request.Request(  # noqa: S310
        f"{os.environ['LOCKGATE_URL'].rstrip('/')}/v2/models/{os.environ['LOCKGATE_ENDPOINT']}/ready",
        headers={"Authorization": f"Bearer {os.environ['LOCKGATE_TOKEN']}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310
            return True
    except OSError as error:
        print(f"waiting for the endpoint: {error}")
        return False


folder = sys.argv[1]
until = time.monotonic() + PATIENCE_S
while not ready():
    if time.monotonic() > until:
        sys.exit(f"the endpoint `{os.environ['LOCKGATE_ENDPOINT']}` does not answer")
    time.sleep(0.25)
junit = Path(tempfile.mkdtemp()) / "junit.xml"
words = ["-m", "pytest", "-v", "-p", "no:cacheprovider", f"--junitxml={junit}", folder]
done = subprocess.run([sys.executable, *words], check=False)  # noqa: S603
if done.returncode != 0:
    sys.exit(f"the tests in `{folder}` did not pass (exit code {done.returncode})")
# A configuration of the repository's own may end well without any test, or without a report.
cases = list(ElementTree.parse(junit).iter("testcase")) if junit.is_file() else []  # noqa: S314
called = [case for case in cases if case.find("skipped") is None]
if not called:
    sys.exit(f"no test in `{folder}` ran" + (": all were skipped" if cases else ""))
print(f"{len(called)} tests in `{folder}` passed")
