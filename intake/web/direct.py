"""Routes on the app itself: a router that is included makes each of its routes anew when it is first asked, and is
looked through twice for each request.

And the short way in for what providers bring: what FastAPI does for a page around its function costs as much as a
turn's engine, and a webhook uses none of it.
"""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send


class Direct(APIRoute):
    """A route whose function takes the request and nothing else: no parameters, no dependencies, no body to read."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.methods and scope["method"] not in self.methods:
            await super().handle(scope, receive, send)  # says which ones it takes
            return
        answer: Response = await self.endpoint(Request(scope, receive, send))
        await answer(scope, receive, send)


def put_first(app: FastAPI, *routers: APIRouter) -> None:
    app.router.routes[:0] = _of(routers)


def put_last(app: FastAPI, *routers: APIRouter) -> None:
    app.router.routes.extend(_of(routers))


def _of(routers: Iterable[APIRouter]) -> list[BaseRoute]:
    return [route for router in routers for route in router.routes]
