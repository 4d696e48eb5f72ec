"""A worker alone shows what it counts about itself on a port of its own, as `/metrics` does for the web service."""

import hmac
from collections.abc import Iterable
from threading import Thread
from types import TracebackType
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CONTENT_TYPE_LATEST

from intake import measures


class MeasuresPage:
    """Answers in a thread of its own from `with` until its end. Raises `OSError` when the port is taken."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._expected = f"Bearer {token}".encode()
        self._server = make_server(host, port, self._answer, handler_class=_Silent)
        self.port = self._server.server_port

    def __enter__(self) -> None:
        Thread(target=self._server.serve_forever, name="measures", daemon=True).start()

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, surroundings: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Without the token, or elsewhere, there is nothing."""
        given = surroundings.get("HTTP_AUTHORIZATION", "").encode()
        if surroundings.get("PATH_INFO") != "/metrics" or not hmac.compare_digest(given, self._expected):
            start("404 Not Found", [("Content-Type", CONTENT_TYPE_LATEST)])
            return (b"",)
        start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return (measures.text().encode(),)


class _Silent(WSGIRequestHandler):
    """The standard library's own writes each address to standard error."""

    timeout = 5  # seconds: who says nothing holds up nobody

    def log_message(self, format: str, *args: object) -> None:
        pass
