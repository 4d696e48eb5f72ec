"""Services that tests start: a free port for each, and patience until it listens."""

import socket
import time
from collections.abc import Callable
from urllib.error import URLError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_listens(port: int, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the service did not come up")


def until(is_so: Callable[[], bool], seconds: float) -> None:
    """Wait for something that other processes do."""
    last: Exception | None = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if is_so():
                return
        except URLError as problem:
            last = problem
        time.sleep(0.1)
    raise AssertionError(f"it did not happen within {seconds} s: {last}")
