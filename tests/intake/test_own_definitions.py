"""A desk's own meaning of unanswered: kept in versions, checked, used by command and page, never another desk's."""

import json

import pytest
from sqlmodel import select

from intake import breakdowns, freezing, own_definitions, reports
from intake.desk import DeskError
from intake.installation import Installation
from intake.own_definitions import Given
from intake.reports import Wanted, WrongReport
from storage import desks, staff
from storage.database import Database
from storage.models import Audit, OwnDefinition
from storage.staff import Person
from tests.intake.pages import Browser
from tests.intake.test_reports import NOW, filled

__all__ = ["filled"]  # the fixture
FULL = Given(
    "gent", "alles-vol", "Alles vol", "Geen plaats omdat alles vol was.", "besluit van 3 maart", "", "2025", "2026",
    ("no_place:full", "unreachable"),
)  # fmt: skip
ANOTHER = {"open": "nog te bespreken", "outcomes": ("no_place", "unreachable")}


def person(database: Database, *slugs: str) -> Person:
    with database.read() as session:
        found = staff.find(session, "lut")
        assert found
        own = frozenset(each.id for each in desks.everything(session) if each.slug in slugs)
        return Person(found.id, "lut", "coordinator", own)


def keep(database: Database, given: Given, who: Person) -> str:
    return database.write(lambda session: own_definitions.keep(session, who, given, NOW)).result()


def unanswered(
    database: Database, here: Installation, definition: str, desk_ids: frozenset[str], year: int = 2025
) -> tuple[int | None, str]:
    with database.read() as session:
        found = reports.counts(session, here, Wanted(year, definition=definition), NOW, desk_ids)
    return found.everybody.unanswered, found.definition.id


def given(**changes: object) -> Given:
    return Given(**{**{name: getattr(FULL, name) for name in Given.__dataclass_fields__}, **changes})  # type: ignore[arg-type]


def test_a_change_is_a_new_version_and_the_old_one_still_counts_as_it_did(filled: Database, here: Installation) -> None:
    lut = person(filled, "gent")
    assert keep(filled, FULL, lut) == "alles-vol@1"
    assert unanswered(filled, here, "alles-vol", lut.desk_ids) == (2, "alles-vol@1")
    frozen = filled.write(
        lambda session: freezing.freeze(session, here, Wanted(2025, "gent", "alles-vol"), NOW, lut.desk_ids)
    ).result()
    assert sum(row["unanswered"]["alles-vol@1"] for row in frozen["rows"]) == 2
    assert keep(filled, given(**ANOTHER, before_start=True), lut) == "alles-vol@2"
    assert unanswered(filled, here, "alles-vol", lut.desk_ids) == (5, "alles-vol@2")
    assert unanswered(filled, here, "alles-vol@1", lut.desk_ids) == (2, "alles-vol@1")
    with filled.read() as session:
        assert list(freezing.diff(session, here, json.dumps(frozen), NOW, lut.desk_ids)) == []
        told = session.exec(select(Audit.about).where(Audit.what == "defined").order_by(Audit.id)).all()
        years = breakdowns.years(session, here, Wanted(2025, definition="alles-vol"), NOW, lut.desk_ids)
    assert told == ["alles-vol@1", "alles-vol@2"]
    assert [each.year for each in years] == [2025]  # it was not for 2024


def test_it_is_for_its_years_and_its_desk_alone(filled: Database, here: Installation) -> None:
    lut, other = person(filled, "gent"), person(filled, "aalst")
    keep(filled, FULL, lut)
    for definition, desk_ids, year in (
        ("alles-vol", lut.desk_ids, 2024), ("alles-vol", other.desk_ids, 2025), ("alles-vol@7", lut.desk_ids, 2025),
    ):  # fmt: skip
        with pytest.raises(WrongReport):
            unanswered(filled, here, definition, desk_ids, year)
    with pytest.raises(DeskError, match="Another desk"):
        keep(filled, given(desk="aalst", explanation="Iets anders."), other)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"desk": "aalst"}, "one of your desks"),
        ({"name": "bruto"}, "short name"),
        ({"name": "Alles vol"}, "short name"),
        ({"name": "a@2"}, "short name"),
        ({"explanation": "  "}, "say in Dutch"),
        ({"source": ""}, "where it comes from"),
        ({"title": "x" * 61}, "too long"),
        ({"outcomes": ("no_place:moon",)}, "of the list"),
        ({"outcomes": ()}, "at least one outcome"),
        ({"from_year": "1999"}, "from %(least)s to"),
        ({"from_year": "²"}, "from %(least)s to"),
        ({"from_year": "2026", "until_year": "2025"}, "first year comes after"),
        ({"reply_within": "0"}, "from %(least)s to"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_would_count_nothing_or_wrongly_is_refused(
    filled: Database, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(DeskError) as problem:
        keep(filled, given(**changes), person(filled, "gent"))
    assert said in problem.value.sentence
    with filled.read() as session:
        assert session.exec(select(OwnDefinition)).all() == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_coordinator_makes_one_on_the_page_and_loses_nothing_typed(somebody: Browser) -> None:
    somebody.sign_in()
    address = "/reports/definitions/own"
    typed = {
        "desk": "gent",
        "name": "alles-vol",
        "title": "Alles <vol>",
        "explanation": "Alles was vol.",
        "source": "besluit",
    }
    somebody.get(address)
    page = somebody.post(address, **typed)
    assert somebody.page.status_code == 422 and "Kies minstens één resultaat" in page and "Alles was vol." in page
    page = somebody.post(address, **typed, **{"outcome.no_place:full": "on", "outcome.open": "on"})
    assert "De definitie is bewaard" in page and "Alles <vol>" in page and "Geen plaats gevonden: alles vol" in page
    assert "Alles <vol>" in somebody.get("/reports?definition=alles-vol")
    page = somebody.get(f"{address}?name=alles-vol")
    assert 'name="outcome.open" checked' in somebody.page.text and "Alles was vol." in page
    somebody.post(address, **typed, **{"outcome.open": "on"})
    page = somebody.get("/reports/definitions")
    assert "alles-vol@2" in page and "alles-vol@1" in page and "oudere versie" in page
    assert "alles-vol@1" in somebody.get("/reports?definition=alles-vol@1")
