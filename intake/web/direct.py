"""The short way in for what providers bring: what FastAPI does for a page around its function costs as much as a turn's
engine, and a webhook uses none of it."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute


class Direct(APIRoute):
    """A route whose function takes the request and nothing else: no parameters, no dependencies, no body to read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


def put_first(app: FastAPI, *routers: APIRouter) -> None:
    """On the app itself, before all others: an included router is looked through twice for each request."""
    app.router.routes[:0] = [route for router in routers for route in router.routes]
