"""Requests that no browser makes, to the service as it stands in the world: no demonstration, no test door."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from storage import clock, staff
from tests.attacks.carriers import Case
from tests.attacks.world import FORM, PUBLIC, TOKEN
from tests.installed import installed
from tests.network import free_port, wait_until_it_listens
from tests.transcript import ROOT

_HEAD = b"Host: x\r\nConnection: close\r\n"
_RAW: Mapping[str, bytes] = {
    "htp-001": b"GET /desk HTTP/1.1\r\n" + _HEAD + b"X-A: " + b"a" * 65536 + b"\r\n\r\n",
    "htp-007": b"POST /twilio/sms HTTP/1.1\r\n" + _HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nx",
    "htp-009": b"GET / HTTP/1.0\r\n\r\n",
    "htp-011": b"TRACE /desk HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "htp-013": b"GET //desk;/..;/queue HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "htp-015": b"GET /docs HTTP/1.1\r\n" + _HEAD + b"\r\n",
    "htp-017": b"GET /metrics HTTP/1.1\r\n" + _HEAD + b"\r\n",
}
_HEADERS = (  # of every page
    "strict-transport-security", "x-content-type-options: nosniff", "cache-control: no-store", "frame-ancestors 'none'",
    "referrer-policy:", "secure", "httponly", "samesite=lax",
)  # fmt: skip


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The port of a service of its own."""
    settings, _, database = installed(folder)
    database.write(lambda session: staff.add(session, clock.system_now(), "mieke", "worker", [])).result()
    database.close()
    number = free_port()
    surroundings = {
        **os.environ, "INTAKE_DATA_DIR": str(settings.data_dir), "INTAKE_PUBLIC_URL": PUBLIC,
        "TWILIO_AUTH_TOKEN": TOKEN,
    }  # fmt: skip
    command = [sys.executable, "-m", "intake", "serve", "--no-worker", "--port", str(number)]
    running = subprocess.Popen(command, env=surroundings, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(number)
        yield number
    finally:
        running.terminate()
        running.wait(timeout=15)


def check_request(port: int, case: Case) -> None:
    """Its status, and that the service answers others while and after it."""
    expect = case["expect"]
    match case["id"]:
        case "htp-003":
            _others_are_quick(port, [b"GET /desk HTTP/1.1\r\nX-"] * 200, expect["others_p95_ms_max"])
        case "htp-005":
            _others_are_quick(port, [b""] * 1000, expect["others_p95_ms_max"])
        case "htp-019":
            head = _send(port, b"GET /desk/sign-in HTTP/1.1\r\n" + _HEAD + b"\r\n").partition("\r\n\r\n")[0].lower()
            assert all(wanted in head for wanted in _HEADERS) and "server:" not in head and "unsafe-inline" not in head
        case "htp-021":
            _cannot_guess_for_ever(port)
        case name:
            assert int(_send(port, _RAW[name]).split(" ", 2)[1]) in expect["status"]
    assert " 200 " in _send(port, b"GET /health/live HTTP/1.1\r\n" + _HEAD + b"\r\n")


def _send(port: int, request: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(65536).decode("latin-1")


def _others_are_quick(port: int, begun: list[bytes], most_ms: int) -> None:
    """Nine of ten answers in time: what this machine does besides may hold up one."""
    idle = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in begun]
    for connection, first in zip(idle, begun, strict=True):
        connection.sendall(first)
    took = []
    for _ in range(20):
        began = time.perf_counter()
        assert " 200 " in _send(port, b"GET /health/live HTTP/1.1\r\n" + _HEAD + b"\r\n")
        took.append((time.perf_counter() - began) * 1000)
    for connection in idle:
        connection.close()
    assert sorted(took)[17] <= most_ms


def _cannot_guess_for_ever(port: int) -> None:
    """Wrong passwords make one wait, whatever one claims before the proxy adds where the request came from."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.request("GET", "/desk/sign-in")
        page = line.getresponse()
        cookie, text = (page.getheader("Set-Cookie") or "").split(";")[0], page.read().decode()
        csrf = text.partition('name="csrf" value="')[2].partition('"')[0]
        for number in range(9):
            fields = urlencode({"username": "mieke", "password": f"guess {number}", "code": "", "csrf": csrf})
            headers = {**FORM, "Cookie": cookie, "X-Forwarded-For": f"1.2.3.{number}, 203.0.113.9"}
            line.request("POST", "/desk/sign-in", fields, headers)
            answer = line.getresponse()
            answer.read()
        assert answer.status == 429
