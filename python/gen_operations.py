"""Write the SDK's table of operations from the API document; `--check` only says whether it is current."""

from __future__ import annotations

import json
import re
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


def is_creating(path: str, operation: dict[str, object]) -> bool:
    """Return whether a POST makes something new, so that a repeat needs an `Idempotency-Key` to be known as one."""
    parameters = operation.get("parameters", [])
    assert isinstance(parameters, list)
    if any(one.get("in") == "header" and one.get("name", "").lower() == "idempotency-key" for one in parameters):
        return True
    collection = re.fullmatch(r"/[a-z-]+", path) and path not in {"/sessions", "/query"}
    return bool(collection) or path.endswith(("/publish", "/crawl"))


def table(document: dict[str, dict[str, dict[str, dict[str, object]]]]) -> str:
    """Return the text of the module."""
    operations: dict[str, tuple[str, str]] = {}
    creates: set[str] = set()
    for full_path, verbs in document["paths"].items():
        path = full_path.removeprefix(PREFIX)
        for method in sorted(verbs.keys() & {"get", "post", "put", "patch", "delete"}):
            name = str(verbs[method]["operationId"])
            operations[name] = (method.upper(), PREFIX + path)
            if method == "post" and is_creating(path, verbs[method]):
                creates.add(name)
    lines = [f'    "{name}": ("{method}", "{path}"),' for name, (method, path) in sorted(operations.items())]
    text = HEAD + "OPERATIONS: Final[dict[str, tuple[str, str]]] = {\n" + "\n".join(lines) + "\n}\n"
    text += '"""Method and path of each operation."""\n\nCREATES: Final[frozenset[str]] = frozenset(\n    {\n'
    text += "".join(f'        "{name}",\n' for name in sorted(creates))
    return text + '    }\n)\n"""Operations that create something and so take an ``Idempotency-Key``."""\n'


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
