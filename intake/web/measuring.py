"""How long each request took, by its route as it is declared: no address, no id, no query."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intake import measures

CHANNEL = "opvanglijn.channel"  # in a scope: on which channel a family spoke


class Measured:
    """Around everything else. What streams for as long as somebody looks is not measured."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            _note(scope, status, time.perf_counter() - begun)


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "")
    if not route.endswith("/stream"):
        measures.request(route or "none", status, seconds)
    if CHANNEL in scope and status == 200:
        measures.turn(scope[CHANNEL], seconds)
