"""How long a fresh interpreter takes to import a module, and what comes with it: `imports.py MODULE`."""

import sys
import time

there = set(sys.modules)
cpu, wall = time.process_time(), time.perf_counter()
__import__(sys.argv[1])
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

import json  # noqa: E402  # not before: who is measured may need it, too

own = sys.argv[1].split(".", maxsplit=1)[0]
others = sorted({name.split(".")[0] for name in set(sys.modules) - there} - set(sys.stdlib_module_names) - {own})
others = [name for name in others if not name.startswith("_")]
shown = ", ".join(others[:6]) + (f" and {len(others) - 6} others" if len(others) > 6 else "")
note = f"{len(set(sys.modules) - there)} modules; beside the standard library: {shown or 'none'}"
print(json.dumps({"cpu": cpu, "wall": wall, "note": note}))
