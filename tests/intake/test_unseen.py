"""Roles without families see no name and no number of one, on any page that is open to them."""

import re
from collections.abc import Iterator

import pytest

from channels import simulator
from intake.conversations import receive
from storage import clock
from tests.intake.test_auditing import STORY
from tests.intake.test_matrix import LETTERS, TABLE, Service

NAME, NUMBER = "Samira", "+32470012345"
WITHOUT_FAMILIES = ("administrator", "auditor", "translator", "referrer")
MORE = (  # pages with a choice, which the table of roles does not ask for; a route -> what is chosen
    ("/reports/requests", "?measure=all&column=unique"),
    ("/reports/requests", "?measure=all&column=open_start_to_come"),
    ("/desk/audit", "?chain=1"),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With a family that gave its name and its number."""
    running = Service(tmp_path_factory.mktemp("unseen"))
    for text in STORY:
        inbound = simulator.parse(text, NUMBER, "+3290000001", clock.system_now())
        talk = running.database.write(lambda session, inbound=inbound: receive(session, running.here, inbound)).result()
    running.own.things["conversation_id"] = talk
    yield running
    running.database.close()


def tells(page: str) -> set[str]:
    """The name, and any number that families of this service wrote from, however it is written."""
    digits = re.sub(r"[\s./()\u00a0-]", "", page)
    return {*re.findall(NAME, page), *re.findall(r"4700(?:12345|0000[12])", digits)}


def pages(role: str) -> list[str]:
    """Everything that is open to a role: what it finds there are pages, files and redirects."""
    letter = next(letter for letter, each in LETTERS.items() if each == role)
    lines = ((name, line["may"]) for name, line in TABLE.items() if name.startswith("GET"))
    closed = ((name, may) for name, may in lines if may not in ("anybody", "machine"))
    routes = [name for name, may in closed if may == "signed in" or letter in may]
    return routes + [f"{page}{chosen}" for page, chosen in MORE if f"GET {page}" in routes]


@pytest.mark.parametrize("role", WITHOUT_FAMILIES)
def test_no_page_of_a_role_without_families_tells_who_they_are(service: Service, role: str) -> None:
    looked = 0
    for page in pages(role):
        address = page if page.startswith("GET ") else f"GET {page}"
        answer = service.ask(address, service.people[role])
        looked += answer.status_code == 200
        assert tells(answer.content.decode("utf-8", "replace")) == set(), page
    assert looked >= 3


def test_who_works_with_families_sees_them(service: Service) -> None:
    """So that the test above would see what it looks for."""
    page = "GET /desk/conversations/{conversation_id}"
    for role in ("worker", "coordinator"):
        assert tells(service.ask(page, service.people[role]).text) == {NAME, "470012345"}
    for role in WITHOUT_FAMILIES:
        assert service.ask(page, service.people[role]).status_code == 403
