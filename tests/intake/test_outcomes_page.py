"""A coordinator keeps one outcome for many requests: chooses, sees what changes, keeps it."""

import pytest
from sqlmodel import select

from storage.database import Database
from storage.models import Outcome, Registration
from tests.intake.pages import Browser
from tests.intake.test_desk import colleague

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PAGE = "/reports/outcomes"


def kept(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(row.code, row.reason) for row in session.exec(select(Outcome))]


def numbers(database: Database) -> list[str]:
    with database.read() as session:
        rows = select(Registration.reference).where(Registration.state != "ticket").order_by(Registration.asked_on)
        return list(session.exec(rows))


def test_nothing_is_kept_before_it_was_seen(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    said = somebody.get(PAGE)
    assert "Eén resultaat voor veel aanvragen" in said
    asked = " en ".join(numbers(database))
    today = somebody.page.text.split('max="')[1][:10]
    said = somebody.post(f"{PAGE}/preview", numbers=f"{asked} 11111111", outcome="lapsed:moved", on=today)
    assert f"Verandert: {len(numbers(database))}" in said and "Blijft zoals het is: 1" in said
    assert "van een ander loket" in said and kept(database) == []
    said = somebody.post(PAGE, numbers=asked, outcome="lapsed:moved", on=today)
    assert f"Bewaard voor {len(numbers(database))} aanvragen." in said
    assert kept(database) == [("lapsed", "moved")] * len(numbers(database))
    said = somebody.post(PAGE, numbers=asked, outcome="lapsed:moved", on=today)
    assert "Bewaard voor 0 aanvragen." in said and "Dit resultaat staat er al." in said


def test_ticked_requests_go_along_and_a_mistake_loses_nothing(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    somebody.get(f"{PAGE}?list=started")
    (first, *_) = numbers(database)
    said = somebody.post(f"{PAGE}/preview", **{f"pick.{first}": "1"}, numbers="", outcome="", on="2026-01-01")
    assert "Kies een resultaat." in said and somebody.page.status_code == 422
    said = somebody.post(f"{PAGE}/preview", numbers="geen nummers", outcome="lapsed:moved", on="2020-01-01")
    assert "Kies aanvragen, of plak hun nummers." in said and "geen nummers" in somebody.page.text
    said = somebody.post(
        f"{PAGE}/preview", **{f"pick.{first}": "1"}, numbers="", outcome="lapsed:moved", on="2020-01-01"
    )
    assert "De datum ligt voor de dag van de aanvraag." in said


def test_only_a_coordinator_may(somebody: Browser, database: Database) -> None:
    worker = colleague(somebody, database)
    worker.get(PAGE)
    assert worker.page.status_code == 403
