"""How long each request took, by its route as it is declared: no address, no id, no query."""

import time

from opentelemetry.trace import Span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intake import measures, tracing

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

        if scope["path"].endswith("/stream"):
            await self._app(scope, receive, send)
            return
        with tracing.span("request", tracing.SpanKind.SERVER) as span:
            try:
                await self._app(scope, receive, sent)
            finally:
                _note(scope, status, time.perf_counter() - begun, span)


def _note(scope: Scope, status: int, seconds: float, span: Span) -> None:
    route = getattr(scope.get("route"), "path", "") or "none"
    measures.request(route, status, seconds)
    span.update_name(f"{scope['method']} {route}")
    span.set_attributes({"http.route": route, "http.response.status_code": status})
    if CHANNEL in scope and status == 200:
        measures.turn(scope[CHANNEL], seconds)
        span.set_attribute("opvanglijn.channel", scope[CHANNEL])
