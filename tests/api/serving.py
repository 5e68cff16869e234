"""An API for a test: the real application on a real server, in a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from collinear.api.main import create_server
from collinear.settings import Settings
from tests.waiting import wait_until


@contextmanager
def running_api(settings: Settings) -> Iterator[httpx2.Client]:
    """A client of an API that serves with these settings, gone with the block."""
    server = create_server(settings)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, args=([listener],), name="api")
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), "the API to start")
            with httpx2.Client(
                base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False
            ) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
