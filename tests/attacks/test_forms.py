"""Every form of the desk, by every role, with whatever fits its fields and whatever does not.

Never a 5xx, never a row of the other desk changed, never a page without a way on, a sentence on every refusal,
and what was typed stands in the page that asks again.
`FORMS_EXAMPLES` for each form (2); with it, other ones each time.
"""

import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import staff
from tests.attacks import forms
from tests.attacks.desk import Desks, Visit
from tests.attacks.forms import Fields
from tests.intake.test_matrix import LETTERS, TABLE

CHOSEN = os.environ.get("FORMS_EXAMPLES", "")
EXAMPLES = int(CHOSEN or "2")
Typed = list[tuple[str, str]]
ROUTES = [name for name, line in TABLE.items() if name.startswith("POST") and line["may"] != "machine"]
CLAIM = "POST /desk/conversations/{conversation_id}/claim"
_NASTY = (
    "", " ", "\0", "\n\n", "-1", "0", "9" * 30, "1e309", "NaN", "٣", "2026-13-45", "0001-01-01", "9999-12-31", "99:99",
    "\u202e1 euro", "\u2067", "a\u0301" * 99, "🙏" * 70, "é" * 5_000, "=1+1", "${7*7}", "{{7*7}}", "%s%n", "../../etc/passwd",
    "' or 1=1 --", "on", "null", "[]", "{}", '{"a":', "gent", "aalst", "0" * 32, "+32470000001", "a@b", "x" * 300,
)  # fmt: skip


def _of_the_catalogue() -> list[str]:
    """What families send us to do harm, as far as a form may hold it."""
    files = Path(__file__).with_name("catalogue").glob("*.jsonl")
    cases = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]
    values = {
        value for each in cases for _, value in each.get("request", {}).get("fields") or () if isinstance(value, str)
    }
    return sorted(value for value in values if value.isprintable() or "\n" in value)


NASTY = sorted({*_NASTY, *_of_the_catalogue()})


class Ground:
    """Two desks that are as they were before each request: a copy of their database is laid back."""

    def __init__(self, folder: Path) -> None:
        self.desks = Desks(folder)
        self.visits = {role: self.desks.visit(role) for role in self.desks.service.people}
        self.desks.service.database.scrub()
        self._file = folder / "matrix.db"
        self._kept = {"": self._copy()}
        for role in ("worker", "coordinator"):  # who holds the conversation: few forms do anything without it
            self.lay_back("")
            self.visits[role].post(self.desks.address(CLAIM))
            self._kept[role] = self._copy()
        self.forms, self.stands_on = self._read_pages()
        self.tables = [
            name for (name,) in self._kept[""].execute("select name from sqlite_master where type = 'table'")
        ]
        self.theirs = self._of_the_other_desk()

    def lay_back(self, role: str) -> None:
        with closing(sqlite3.connect(self._file)) as live:
            self._kept[role if role in self._kept else ""].backup(live)

    def _copy(self) -> sqlite3.Connection:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self._file)) as live:
            live.backup(kept)
        return kept

    def is_theirs_untouched(self) -> bool:
        """What the other desk had is there as it was; a family may have been moved to it."""
        now = self._of_the_other_desk()
        return all(rows <= now[name] for name, rows in self.theirs.items())

    def _of_the_other_desk(self) -> dict[str, set[tuple[object, ...]]]:
        desk, found = self.desks.service.foreign.things["desk_id"], {}
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as live:
            for name in self.tables:
                columns = {row[1] for row in live.execute(f"pragma table_info({name})")}
                column = "id" if name == "desk" else "desk_id"
                if column in columns:
                    found[name] = set(live.execute(f"select * from {name} where {column} = ?", (desk,)))
        return found

    def _read_pages(self) -> tuple[Mapping[str, Mapping[str, Fields]], Mapping[str, str]]:
        """The forms of each route, and a page on which each stands. Each page is read by the first role that may."""
        self.lay_back("coordinator")
        waiting = [self.desks.address(page) for page in self.desks.pages() if not page.endswith("stream")]
        pages: dict[str, str] = {}
        for role in ("coordinator", *(each for each in self.visits if each != "coordinator")):
            for address in [each for each in waiting if each not in pages]:
                answer = self.visits[role].get(address)
                if answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
                    pages[address] = answer.text
                    waiting += re.findall(r'href="(/desk/settings/[^"#?]+)"', answer.text)
        return forms.by_route(ROUTES, pages.values()), {
            form: address for address, page in pages.items() for form in forms.read(page)
        }


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    laid = Ground(tmp_path_factory.mktemp("forms"))
    yield laid
    laid.desks.close()


def filled(fields: Fields, others: list[str]) -> st.SearchStrategy[Typed]:
    """All of a form with what fits, or any of its fields with anything; one or two twice, or of another form."""
    anything = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
    offered = {name: sorted(values - {""} or values) for name, values in sorted(fields.items()) if name != "csrf"}
    fit = [st.tuples(st.just(name), st.sampled_from(values)) for name, values in offered.items()]
    odd = [st.tuples(st.just(name), st.one_of(st.sampled_from(values), anything)) for name, values in offered.items()]
    some = st.tuples(*(st.one_of(line, line, st.none()) for line in odd))
    more = st.lists(st.one_of(*odd, st.tuples(st.sampled_from(others), anything)), max_size=2)
    typed = st.tuples(st.one_of(st.tuples(*fit), st.tuples(*fit), some), more)
    return typed.map(lambda both: [line for line in (*both[0], *both[1]) if line])


def test_no_form_breaks_the_desk(ground: Ground) -> None:
    """Of what a page sends, and of what none does: what stands on no page here is sent what stands on others."""
    assert sum(bool(found) for found in ground.forms.values()) > 40
    broken = {}
    for route in ROUTES:
        try:
            _attack(ground, route)
        except AssertionError as problem:
            broken[route] = str(problem)
    assert not broken, "\n\n".join(f"{route}: {problem}" for route, problem in broken.items())


def _attack(ground: Ground, route: str) -> None:
    others = sorted(
        {name for found in ground.forms.values() for fields in found.values() for name in fields} - {"csrf"}
    )
    own = ground.forms[route] or {ground.desks.address(route): {}}
    sent = st.sampled_from(sorted(own)).flatmap(lambda to: st.tuples(st.just(to), filled(own[to], others)))

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=not CHOSEN, suppress_health_check=list(HealthCheck))
    @given(role=st.sampled_from(_may(route)), sent=sent, is_own=st.sampled_from((True, True, True, False)))
    def send(role: str, sent: tuple[str, Typed], is_own: bool) -> None:
        ground.lay_back(role)
        visit, (address, typed) = ground.visits[role], sent
        if not is_own:
            address = ground.desks.address(route, ground.desks.service.foreign)
        answer = _send(visit, route, address, typed)
        lost = [
            value
            for value in _own(typed, own.get(address, {}))
            if answer.status_code == 422 and value not in unescape(answer.text)
        ]
        assert is_right(answer) and not lost, f"{answer.status_code} to {role} at {address}: {typed}"
        assert ground.is_theirs_untouched() and ground.desks.is_whole(), (
            f"{role} changed the other desk at {address}: {typed}"
        )
        if answer.status_code < 400:  # what was taken can be looked at
            for page in filter(None, (answer.headers.get("Location"), ground.stands_on.get(address))):
                assert is_right(visit.get(page)), f"{page} after {address}: {typed}"

    send()


def _own(typed: Typed, fields: Fields) -> list[str]:
    """What somebody typed into this very form, sent whole as a browser does: hidden fields too, each once."""
    offered = {name: values for name, values in fields.items() if name != "csrf"}
    is_whole = sorted(name for name, _ in typed) == sorted(offered)
    if not is_whole or any(value not in offered[name] for name, value in typed):
        return []
    return [value for _, value in typed if value in forms.TYPED]


def _may(route: str) -> list[str]:
    may = TABLE[route]["may"]
    return sorted(staff.ROLES if may in ("anybody", "signed in") else (LETTERS[each] for each in may))


def _send(visit: Visit, route: str, address: str, typed: Typed) -> Response:
    if TABLE[route].get("sends") == "file":
        content = next((value for name, value in typed if name == "file"), "")
        fields = {"csrf": visit.proof, **{name: value for name, value in typed if name != "file"}}
        return visit.client.post(address, data=fields, files={"file": ("x.csv", content.encode())})
    body = urlencode([*typed, ("csrf", visit.proof)])
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRF": visit.proof}
    return visit.client.post(address, content=body, headers=headers)


def is_right(answer: Response) -> bool:
    """Not our fault; leads on within our pages, or is a whole page; a refusal says in a sentence what is wrong."""
    if answer.status_code >= 500:
        return False
    if "Location" in answer.headers:
        return bool(re.match(r"/(?!/)", answer.headers["Location"]))
    if answer.status_code < 400 or "html" not in answer.headers.get("Content-Type", ""):
        return True
    return "</html>" in answer.text and bool(
        re.search(r'class="[^"]*\bwrong\b[^"]*"|<main[^>]*>\s*<div class="paper"><h1>', answer.text)
    )
