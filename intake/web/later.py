"""Pages that are read a moment after the start: they are an eighth of its work, and what families send comes first."""

import asyncio
from threading import Lock

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from intake.web import direct, pages


class Pages:
    """Stands where a request ends that no route takes, until the pages are read."""

    def __init__(self, app: FastAPI) -> None:
        self._app, self._not_found, self._lock = app, app.router.default, Lock()
        app.router.default = self

    def read(self) -> None:
        """Once, by whoever comes first: somebody who asks for a page, or the start that goes on in the background."""
        with self._lock:
            if self._app.router.default is not self:
                return
            from intake.web import every_page  # what this module is for

            pages.read(self._app)
            direct.put_last(self._app, *every_page.routers(self._app.state.settings))
            self._app.router.default = self._not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(self.read)
        await self._app.router(scope, receive, send)
