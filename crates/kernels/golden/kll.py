"""Prints the golden values of `src/kll`, as Rust: `python kll.py`. Versions: profile-requirements.txt.

The sketches of `datasketches` have no seed: each run prints other bytes, with the values that go with them.
"""

import re
from pathlib import Path

from datasketches import kll_doubles_sketch

SHARES = (0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999)


def show(sketch, data):
    """Print a sketch and what it answers; `data` names its bytes."""
    low, high = (sketch.get_min_value(), sketch.get_max_value()) if sketch.n else (0.0, 0.0)
    quantiles = [float(value) for value in sketch.get_quantiles(list(SHARES), True)] if sketch.n else []
    at = [low + (high - low) * share for share in (0.1, 0.5, 0.9)] if sketch.n else []
    ranks = [(value, sketch.get_rank(value, True), sketch.get_rank(value, False)) for value in at]
    print(f"    Golden {{\n        bytes: {data},\n        count: {sketch.n},\n        ends: ({low!r}, {high!r}),")
    print(f"        kept: {sketch.num_retained},")
    print(f"        error: ({sketch.normalized_rank_error(False)!r}, {sketch.normalized_rank_error(True)!r}),")
    print(f"        quantiles: &{quantiles},\n        ranks: &{ranks},\n    }},")


def of(k, values):
    """Return a sketch of these values."""
    sketch = kll_doubles_sketch(k)
    for value in values:
        sketch.update(float(value))
    return sketch


merged = of(16, range(300))
merged.merge(of(8, (value / 4 for value in range(-400, 0))))
theirs = {
    "NOTHING": of(200, []),
    "ONE": of(200, [1.5]),
    "FIVE": of(200, [3.5, -1.25, 8.0, -1.25, 1e300]),
    "THOUSAND": of(8, range(1000)),
    "MERGED": merged,
}
for name, sketch in theirs.items():
    print(f'pub const THEIRS_{name}: &str = "{sketch.serialize().hex()}";')
print("pub const THEIRS: [Golden; 5] = [")
for name, sketch in theirs.items():
    show(sketch, f"THEIRS_{name}")
# What our tests say we write, as `datasketches` reads it.
print("];\npub const OURS: [Golden; 7] = [")
ours = (Path(__file__).parent.parent / "src/kll/golden.rs").read_text()
for name, data in re.findall(r'pub const (OURS_\w+): &str =\s*"([0-9a-f]*)"', ours):
    sketch = kll_doubles_sketch.deserialize(bytes.fromhex(data))
    show(sketch, name)
    if sketch.n:
        for _ in range(50):
            sketch.merge(kll_doubles_sketch.deserialize(bytes.fromhex(data)))
        print(
            f"    // Goes on there: 51 of it have {sketch.n} values, half of them up to {sketch.get_quantile(0.5, True)}."
        )
print("];")
