"""Two desks with a person of each role, as whoever attacks them meets them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from httpx2 import Response
from sqlalchemy import text
from sqlmodel import select

from intake.settings import Settings
from intake.web.packing import masked
from storage import audit, clock, sessions, staff
from storage import second_factor as factors
from storage.database import Session
from storage.models import Staff
from tests.intake.pages import COOKIE, visit
from tests.intake.test_matrix import TABLE, Desk, Service

_T = TypeVar("_T")
_KEPT = ("conversation", "registration", "message", "staff", "desk", "audit", "outcome", "call_back", "organiser")


class Visit:
    """One browser, signed in or not."""

    def __init__(self, desks: "Desks", token: str, address: str) -> None:
        self.token = token
        self.client = visit(
            desks.service.app, follow_redirects=False, raise_server_exceptions=False, client=(address, 50000)
        )
        if token:
            self.client.cookies.set(COOKIE, token)
        self._keys = desks.service.keys

    @property
    def proof(self) -> str:
        """What a form of ours carries."""
        return masked(self._keys.blind("csrf", self.client.cookies.get(COOKIE, "")))

    def get(self, address: str, headers: dict[str, str] | None = None) -> Response:
        return self.client.get(address, headers=headers)

    def post(self, address: str, fields: dict[str, str] | None = None) -> Response:
        return self.client.post(address, data={"csrf": self.proof, **(fields or {})})

    def sign_in(self, name: str, password: str, code: str = "", query: str = "") -> Response:
        self.get("/desk/sign-in")
        return self.post(f"/desk/sign-in?{query}", {"username": name, "password": password, "code": code})


class Desks:
    """`service`: that of the table of roles, with the desks gent (own) and aalst (foreign)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.service = folder, Service(folder)
        self._made = 0

    def close(self) -> None:
        self.service.database.close()

    def write(self, work: Callable[[Session], _T]) -> _T:
        return self.service.database.write(work).result()

    def visit(self, role: str = "", address: str = "198.51.100.1") -> Visit:
        return Visit(self, self.token(role) if role else "", address)

    def colleague(self) -> Visit:
        """A second worker of the own desk."""
        id_ = self.service.person("worker", "gent", has_factor=True, name=self._name())
        return Visit(self, self._begin(id_), "198.51.100.2")

    def token(self, role: str) -> str:
        return self._begin(self.id(role))

    def id(self, role: str) -> str:
        return self.service.people[role]

    def address(self, route: str, things: Desk | None = None) -> str:
        return route.partition(" ")[2].format_map((things or self.service.own).things)

    def pages(self) -> Iterator[str]:
        """Every page that needs an account."""
        closed = (name for name, line in TABLE.items() if line["may"] not in ("anybody", "machine"))
        return (name for name in closed if name.startswith("GET"))

    def tells_of_a_family(self, page: str) -> bool:
        """Whether a number of a family stands on a page, however it is written."""
        return bool(re.search(r"47000000[12]", re.sub(r"[\s./()-]", "", page)))

    def passwords(self) -> dict[str, str | None]:
        with self.service.database.read() as session:
            return {each.username: each.password for each in session.exec(select(Staff))}

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        before = self._everything()
        yield
        assert self._everything() == before

    @contextmanager
    def role_of(self, who: str, role: str) -> Iterator[None]:
        """For a moment somebody has another role."""

        def change(session: Session, to: str) -> None:
            found = session.get_one(Staff, self.id(who))
            found.role = to
            session.add(found)

        self.write(lambda session: change(session, role))
        try:
            yield
        finally:
            self.write(lambda session: change(session, who))

    @contextmanager
    def account(self, password: str, secret: str = "") -> Iterator[str]:
        """The name of a worker with a password, and perhaps an app that shows codes."""
        name = self._name()
        id_ = self.service.person("worker", "gent", has_factor=False, name=name)

        def work(session: Session) -> None:
            staff.set_password(session, session.get_one(Staff, id_), password)
            if secret:
                factors.save(session, self.service.keys, id_, factors.Factor(secret))

        self.write(work)
        yield name

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """At another time."""
        self.service.app.state.now = lambda: now
        try:
            yield
        finally:
            self.service.app.state.now = clock.system_now

    def is_whole(self) -> bool:
        with self.service.database.read() as session:
            return audit.verify(session) is None

    def _name(self) -> str:
        self._made += 1
        return f"iemand{self._made}"

    def _begin(self, id_: str) -> str:
        now, lasts = clock.system_now(), Settings().lasts
        return self.write(lambda session: sessions.begin(session, id_, now, lasts, ""))

    def _everything(self) -> dict[str, list[Any]]:
        with self.service.database.read() as session:
            return {name: list(session.execute(text(f"select * from {name}"))) for name in _KEPT}
