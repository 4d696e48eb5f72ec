"""Every route of the service, for every role, for one's own desk and another one: no wrong cell, no route without a line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from fastapi import FastAPI
from httpx2 import Response
from sqlmodel import select

from channels import simulator
from intake import installation
from intake.conversations import receive
from intake.settings import Settings
from intake.web import cookies
from intake.web.app import make_app
from intake.web.cookies import Cookie
from intake.web.packing import masked
from storage import call_backs, clock, desks, organisers, recordings, sessions, staff, turns
from storage import second_factor as factors
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import CallBack, Registration, Staff
from tests.databases import migrated_sqlite
from tests.intake.pages import PUBLIC, visit

TABLE: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text(encoding="utf-8"))
LETTERS = dict(zip("wcaurt", staff.ROLES, strict=True))
UNKNOWN = "0" * 32
ONLY_IN_A_DEMONSTRATION = ("/simulator", "/test", "/docs", "/openapi.json")


@dataclass
class Desk:
    """What one desk has, by the names that routes give it."""

    things: dict[str, str]


class Service:
    """The service as it really runs, with two desks, and a person of each role at the first."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(migrated_sqlite(folder / "matrix.db"))
        self.keys = Keys.create(folder / "keys.json")
        self.here = installation.load(self.keys, PUBLIC)
        self.own = self._desk("gent", "+3290000001", "9000")
        self.foreign = self._desk("aalst", "+3290000002", "9300")
        self.people = {role: self.person(role, "gent", has_factor=True) for role in staff.ROLES}
        self.without_factor = self.person("coordinator", "gent", name="zonder", has_factor=False)
        self.app = make_app(
            Settings(public_url=PUBLIC, data_dir=folder), self.database, self.here, is_stopping=lambda: True
        )

    def ask(self, route: str, who: str = "", things: Desk | None = None, *, csrf: bool = True) -> Response:
        """One request. `who`: the id of an account, "" for nobody. Redirects are not followed."""
        method, _, path = route.partition(" ")
        client = visit(self.app, follow_redirects=False, raise_server_exceptions=False)
        token = "x" * 40
        if who:
            now, lasts = clock.system_now(), Settings().lasts
            token = self.database.write(lambda session: sessions.begin(session, who, now, lasts, "")).result()
        client.cookies.set(cookies.name(self.app.state.settings, Cookie.SESSION), token)
        address = path.format_map({**(things or self.own).things})
        if method == "GET":
            return client.get(address)
        proof = masked(self.keys.blind("csrf", token)) if csrf else "0" * 64
        headers = {"X-CSRF": proof}
        if TABLE[route].get("sends") == "file":
            return client.post(address, data={"csrf": proof}, files={"file": ("x.csv", b"")}, headers=headers)
        return client.post(address, data={"csrf": proof}, headers=headers)

    def person(self, role: str, slug: str, *, has_factor: bool, name: str = "") -> str:
        def work(session: Session) -> str:
            at = desks.by_slug(session, slug)
            assert at
            staff.add(session, clock.system_now(), name or f"{role}-{slug}", role, [at.id])
            session.flush()
            found = staff.find(session, name or f"{role}-{slug}")
            assert found
            if has_factor:
                factors.save(session, self.keys, found.id, factors.Factor("A" * 32))
            return found.id

        return self.database.write(work).result()

    def _desk(self, slug: str, number: str, postcode: str) -> Desk:
        def work(session: Session) -> None:
            desks.add(
                session, self.keys, clock.system_now(), slug, slug.title(), number, [postcode],
                desks.Choices(languages=("nl",)),
            )  # fmt: skip

        self.database.write(work).result()
        conversation = self._family(number, postcode)

        def more(session: Session) -> dict[str, str]:
            at = desks.by_slug(session, slug)
            request = session.exec(select(Registration).where(Registration.conversation_id == conversation)).one()
            call = session.exec(select(CallBack).where(CallBack.conversation_id == conversation)).one()
            assert at
            now = clock.system_now()
            interpreter = call_backs.add_interpreter(
                session, self.keys, at.id, at.key, "tr", "Invented", "+32470000090", now
            )
            thread = turns.of_conversation(session, self.keys, conversation, frozenset({at.id}))
            assert thread
            sound = recordings.record(session, thread, f"RE{slug}", 3, now)
            recordings.fetched(session, self.keys, sound, b"not really a sound", "audio/wav")
            contact = organisers.Contact("Invented", postcode, "", "", wants_reminders=False)
            organiser = organisers.keep(session, self.keys, at.id, contact, number[-6:], now)
            return {
                "desk_id": at.id, "registration_id": request.id, "call_id": call.id, "interpreter_id": interpreter,
                "recording_id": sound, "organiser_id": organiser,
            }  # fmt: skip

        things = self.database.write(more).result()
        colleague = self.person("worker", slug, has_factor=False, name=f"collega-{slug}")
        return Desk(
            {
                **things, "conversation_id": conversation, "staff_id": colleague, "slug": slug, "language": "so", "section": "hours", "key": "phrase.found",
                "name": "unknown", "secret": "unknown", "kind": "staff", "id_": UNKNOWN, "proof": "0" * 32, "draft_id": UNKNOWN, "export_id": UNKNOWN, "referral_id": UNKNOWN,
            }
        )  # fmt: skip

    def _family(self, number: str, postcode: str) -> str:
        found = ""
        for text in ("dag", "1", "02-2026", postcode, "1", "2"):
            inbound = simulator.parse(text, f"+3247{number[-7:]}", number, clock.system_now())
            found = self.database.write(lambda session, inbound=inbound: receive(session, self.here, inbound)).result()
        return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("matrix"))
    yield running
    running.database.close()


def routes(of: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Each route with a method, in the routers that were put together."""
    for each in of:
        if hasattr(each, "original_router"):
            yield from routes(each.original_router.routes)
        elif hasattr(each, "endpoint"):
            for method in sorted(each.methods - {"HEAD"}):
                yield f"{method} {each.path}", each


def test_every_route_has_a_line_and_every_line_a_route(service: Service) -> None:
    app: FastAPI = service.app
    assert {name for name, _ in routes(app.routes)} == set(TABLE)


def test_a_demonstration_opens_nothing_else(service: Service, tmp_path: Path) -> None:
    settings = Settings(demo=True, test=True, data_dir=tmp_path)
    more = {name for name, _ in routes(make_app(settings, service.database, service.here).routes)} - set(TABLE)
    assert all(name.partition(" ")[2].startswith(ONLY_IN_A_DEMONSTRATION) for name in more)


@pytest.mark.parametrize("route", TABLE)
def test_each_role_gets_what_the_table_says(service: Service, route: str) -> None:
    line = SimpleNamespace(**{"foreign": None, "mark": "", **TABLE[route]})
    own = line.own if isinstance(line.own, list) else [line.own]
    if line.may in ("anybody", "machine"):
        assert service.ask(route).status_code in own
        if line.may == "anybody" and route.startswith("POST"):
            assert service.ask(route, csrf=False).status_code == 403
        return
    roles = set(staff.ROLES) if line.may == "signed in" else {LETTERS[each] for each in line.may}
    anonymous = service.ask(route)
    assert (anonymous.status_code, anonymous.headers["Location"]) == (303, "/desk/sign-in")
    bare = service.ask(route, service.without_factor)
    if line.mark == "without factor":
        assert bare.status_code in own
    else:
        assert (bare.status_code, bare.headers["Location"]) == (303, "/desk/second-factor")
    for role, id_ in service.people.items():
        if role not in roles:
            assert service.ask(route, id_).status_code == 403, role
            continue
        if route.startswith("POST"):
            assert service.ask(route, id_, csrf=False).status_code == 403, role
        if line.foreign is not None:
            foreign = service.ask(route, id_, service.foreign)
            unknown = service.ask(route, id_, Desk(dict.fromkeys(service.own.things, UNKNOWN)))
            assert foreign.status_code == unknown.status_code == line.foreign, role
            assert _words(foreign) == _words(unknown), "whether it exists is told"
        assert service.ask(route, id_).status_code in own, role


def test_nothing_of_the_other_desk_was_changed(service: Service) -> None:
    """After all of the above."""
    with service.database.read() as session:
        colleague = session.get_one(Staff, service.foreign.things["staff_id"])
        request = session.get_one(Registration, service.foreign.things["registration_id"])
    assert not colleague.disabled and colleague.role == "worker" and request.same_as is None


def _words(answer: Response) -> str:
    """What the page says, without what differs from one session to the next."""
    return re.sub(r'name="csrf" value="\w+"', "", answer.text.partition("<main")[2])
