"""Write the SDK's table of operations from the API document; `--check` only says whether it is current."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "openapi" / "v1.json"
TABLE = ROOT / "python" / "lockgate" / "src" / "lockgate" / "operations.py"
PREFIX = "/api/v1"

HEAD = '''"""Operations of the API by their id. Generated from ``openapi/v1.json`` by ``make gen``; do not edit."""

from __future__ import annotations

from typing import Final

'''


KEYLESS = {"/sessions", "/links/redeem", "/query"}
"""What is posted and never repeated by a key: it signs in, or reads."""


def takes_key(path: str) -> bool:
    """Return whether a POST is sent with an `Idempotency-Key`, so that a repeat is known as one."""
    return path not in KEYLESS


def table(document: dict[str, dict[str, dict[str, dict[str, object]]]]) -> str:
    """Return the text of the module."""
    operations: dict[str, tuple[str, str]] = {}
    creates: set[str] = set()
    for full_path, verbs in document["paths"].items():
        path = full_path.removeprefix(PREFIX)
        for method in sorted(verbs.keys() & {"get", "post", "put", "patch", "delete"}):
            name = str(verbs[method]["operationId"])
            operations[name] = (method.upper(), PREFIX + path)
            if method == "post" and takes_key(path):
                creates.add(name)
    lines = [f'    "{name}": ("{method}", "{path}"),' for name, (method, path) in sorted(operations.items())]
    text = HEAD + "OPERATIONS: Final[dict[str, tuple[str, str]]] = {\n" + "\n".join(lines) + "\n}\n"
    text += '"""Method and path of each operation."""\n\nCREATES: Final[frozenset[str]] = frozenset(\n    {\n'
    text += "".join(f'        "{name}",\n' for name in sorted(creates))
    said = "Operations that are sent with an ``Idempotency-Key``: a repeat is answered as the first call was."
    return text + f'    }}\n)\n"""{said}"""\n'


def main() -> int:
    """Write or check the table."""
    wanted = table(json.loads(DOCUMENT.read_text()))
    if TABLE.read_text() == wanted:
        return 0
    if "--check" in sys.argv:
        print(f"{TABLE.relative_to(ROOT)} is not what openapi/v1.json says; run `make gen`")
        return 1
    TABLE.write_text(wanted)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
