"""What the SDK's tests share: a scripted server in this process and a connection to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import lockgate
import pytest
from far_side import FarSide, Handler, Server


@pytest.fixture
def far_side() -> Iterator[tuple[FarSide, str]]:
    """Run the scripted server; yield it and its address."""
    server = Server(("127.0.0.1", 0), Handler)
    server.far_side = FarSide()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.far_side, f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server(far_side: tuple[FarSide, str]) -> FarSide:
    """Return the scripted server."""
    return far_side[0]


@pytest.fixture
def client(far_side: tuple[FarSide, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[lockgate.Client]:
    """Yield a connection to the scripted server that waits for nothing between tries."""
    monkeypatch.setattr("lockgate.client.time.sleep", lambda _seconds: None)
    with lockgate.Client(far_side[1], "lgp-secret") as opened:
        yield opened
