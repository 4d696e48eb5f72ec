"""What a request may weigh before anybody reads it."""

from starlette.types import ASGIApp, Receive, Scope, Send

MOST_HEADERS = 16_384  # bytes, names and values together


class HeaderLimit:
    """431 for a request with longer headers (RFC 6585): the HTTP parser itself knows no limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
            await send({"type": "http.response.start", "status": 431, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send)
