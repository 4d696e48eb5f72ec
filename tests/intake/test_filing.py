"""A coordinator keeps what was filed, compares it years later, and publishes a year once."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from flows.engine.turn import local_day
from intake import importing
from intake.installation import Installation
from storage import clock, registrations
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Audit, Frozen, Registration
from tests.intake.pages import Browser, all_ask_today
from tests.intake.test_template import send

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
LAST = local_day(clock.system_now()).year - 1
ADDRESS = f"/reports/filing?year={LAST}&desk=gent"


@pytest.fixture
def requests(database: Database, here: Installation, somebody: Browser) -> None:
    all_ask_today(database)
    rows = "\n".join(
        f"F{n},gent,{LAST}-05-01,{LAST}-02,asap,{'yes' if n < 3 else 'no'},no_place,full,{LAST}-06-01"
        for n in range(24)
    )
    head = "external_reference,desk,asked_on,birth,start,extended,outcome,outcome_reason,outcome_on"
    sent = f"{head}\n{rows}".encode()
    database.write(lambda session: importing.run(session, here, sent, datetime.now(UTC))).result()
    somebody.sign_in()


def test_what_is_filed_is_kept_and_compared_line_by_line(
    requests: None, somebody: Browser, database: Database, keys: Keys
) -> None:
    page = somebody.get(ADDRESS)
    assert "Bewaar wat u indient" in page and "Onbeantwoord: opgroeien-2023" in page
    somebody.post(f"/reports/filing/frozen.json?year={LAST}&desk=gent")
    kept = somebody.page
    assert kept.headers["content-disposition"] == f'attachment; filename="bewaard-{LAST}-gent.json"'
    assert json.loads(kept.text)["report"]["measures"][0]["unanswered"] == 24

    def change(session: Session) -> None:
        row = session.exec(select(Registration).where(Registration.external_reference == "F0")).first()
        assert row is not None
        day = local_day(clock.system_now()).replace(year=LAST, month=7, day=1)
        registrations.set_outcome(session, keys, row, "placed_via_desk", "", day, None, clock.system_now())
        registrations.override(session, keys, row, "extended", False, clock.system_now())

    somebody.get(ADDRESS)
    compare = f"/reports/filing/compare?year={LAST}&desk=gent"
    assert "Er is niets anders." in send(somebody, compare, kept.content)
    database.write(change).result()
    page = send(somebody, compare, kept.content)
    assert "Alle aanvragen, Onbeantwoord: was 24, is nu 23" in page
    assert "Ruimere uren was ja, is nu nee" in page
    assert f"onbeantwoord volgens opgroeien-2023 was ja, is nu nee, door het resultaat van 1 juli {LAST}" in page
    with database.read() as session:
        imported = select(Registration.id).where(col(Registration.external_reference).startswith("F"))
        assert len(session.exec(select(Frozen).where(col(Frozen.registration_id).in_(imported))).all()) == 24
        noted = session.exec(select(Audit.what).where(Audit.what.in_(["frozen", "compared"]))).all()  # type: ignore[attr-defined]
    assert noted == ["frozen", "compared", "compared"]


def test_another_file_changes_nothing_and_says_why(requests: None, somebody: Browser) -> None:
    somebody.get(ADDRESS)
    compare = f"/reports/filing/compare?year={LAST}&desk=gent"
    somebody.post(f"/reports/filing/frozen.json?year={LAST}&desk=gent")
    kept = somebody.page.text
    somebody.get(ADDRESS)
    for content, why in (
        (b"", "Dit is geen bewaard verslag"),
        (b"\xff\xfe", "Dit is geen bewaard verslag"),
        (b"[" * 100_000, "Dit is geen bewaard verslag"),
        (b'{"hash": "x", "rows": [{}], "report": {}}', "Dit is geen bewaard verslag"),
        (of_all_desks(kept), "Dit verslag is van een ander loket"),
        (kept.replace("true", "false", 1).encode(), "de vingerafdruk klopt niet"),
    ):
        assert why in send(somebody, compare, content), content[:40]
        assert somebody.page.status_code == 422


def of_all_desks(kept: str) -> bytes:
    """The same as a command keeps it that asks for all desks."""
    content = json.loads(kept)
    content["report"]["desk"] = None
    del content["hash"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return json.dumps({**content, "hash": hashlib.sha256(text.encode()).hexdigest()}).encode()


def test_a_year_is_published_once_with_its_small_numbers_hidden(
    requests: None, somebody: Browser, database: Database, here: Installation
) -> None:
    page = somebody.get(ADDRESS)
    assert f"Maak de tellingen van {LAST} openbaar, voorgoed" in page
    assert somebody.client.get(f"/reports/filing/public.csv?year={LAST}&desk=gent").status_code == 404
    assert "Vink aan dat het jaar" in somebody.post(f"/reports/filing/publish?year={LAST}&desk=gent")
    page = somebody.post(f"/reports/filing/publish?year={LAST}&desk=gent", sure="on")
    assert "De tellingen zijn vanaf nu openbaar" in page and "verborgen" in page
    table = somebody.client.get(f"/reports/filing/public.csv?year={LAST}&desk=gent").text
    assert "\nall,yes,24,24," in table and "extended.unique" in table
    more = f"external_reference,desk,asked_on,birth\nX,gent,{LAST}-05-01,{LAST}-02".encode()
    database.write(lambda session: importing.run(session, here, more, datetime.now(UTC))).result()
    assert somebody.client.get(f"/reports/filing/public.csv?year={LAST}&desk=gent").text == table
    somebody.get(ADDRESS)
    page = somebody.post(f"/reports/filing/publish?year={LAST}&desk=gent&definition=bruto", sure="on")
    assert somebody.page.status_code == 422 and "zou verborgen getallen verraden" in page
    page = somebody.get(f"/reports/filing?year={LAST + 1}&desk=gent")
    assert "Dit jaar is nog niet voorbij" in page
    somebody.get(f"/reports/filing?year={LAST - 1}&desk=gent")
    assert "Er zijn minder dan 10 aanvragen" in somebody.post(
        f"/reports/filing/publish?year={LAST - 1}&desk=gent", sure="on"
    )
