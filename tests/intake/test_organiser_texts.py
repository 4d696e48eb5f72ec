"""Organisers tell of requests by text message, as the golden conversation says; no family is ever taken for one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from channels import simulator
from intake.conversations import receive
from intake.installation import Installation
from storage import desks, dispatch
from storage import organisers as kept
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Conversation, Organiser, OrganiserText, Registration
from tests import transcript

PATH = Path(__file__).parent / "organiser_texts.yaml"
NUMBER, PHONE, CODE = "+3290000001", "+32470000065", "482913"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


class Line:
    """A desk's number, and telephones that text it."""

    def __init__(self, database: Database, keys: Keys, here: Installation) -> None:
        self.database, self.keys, self.here, self.now = database, keys, here, NOW
        database.write(self._make).result()

    def _make(self, session: Session) -> None:
        desk = desks.add(session, self.keys, NOW, "gent", "Loket Gent", NUMBER, ["9000", "9040"], desks.Choices())
        kept.keep(session, self.keys, desk.id, kept.Contact("Crèche De Zon", "9000", PHONE, "", True), CODE, NOW)

    def text(self, words: str, number: str = PHONE) -> list[str]:
        """What comes back."""
        self.now += timedelta(minutes=1)
        inbound = simulator.parse(words, number, NUMBER, self.now)
        self.database.write(lambda session: receive(session, self.here, inbound)).result()
        said = []
        while due := self.database.write(lambda session: dispatch.claim(session, self.keys, self.now)).result():
            assert {each.to for each in due} == {number} and {each.channel for each in due} == {"sms"}
            said += [each.text for each in due]
            for each in due:
                self.database.write(lambda session, each=each: dispatch.sent(session, each.id, each.id)).result()
        return said

    def told(self) -> list[dict[str, str]]:
        with self.database.read() as session:
            rows = session.exec(
                select(Registration).where(Registration.source == "organiser").order_by(Registration.id)
            )
            return [
                {"channel": each.channel, "place": each.postcode, "start": each.start, "born": each.birth_quarter}
                for each in rows
            ]


@pytest.fixture
def line(database: Database, keys: Keys, here: Installation) -> Line:
    return Line(database, keys, here)


def test_an_organiser_tells_of_requests_as_it_is_written(line: Line, pytestconfig: pytest.Config) -> None:
    script = transcript.read(PATH)
    turns = []
    for turn in script["turns"]:
        if "organiser" in turn:
            turns += [turn, *({"us": text} for text in line.text(turn["organiser"]))]
    played = {**script, "turns": turns, "told": line.told()}
    if pytestconfig.getoption("rewrite_transcripts"):
        transcript.write(PATH, played)
        return
    assert played == script


@sqlite
def test_a_family_is_never_taken_for_an_organiser(line: Line) -> None:
    mother = "+32470000041"
    line.text("dag", mother)
    line.text("1", mother)
    with line.database.read() as session:
        assert session.exec(select(Conversation)).one().asking == "birth"
    line.text("112025", mother)  # a month, though it might be somebody's code
    line.database.write(lambda session: _recode(session, line.keys, "092026")).result()
    line.text("9000", mother)
    assert "code" not in " ".join(line.text("092026", mother)).lower()
    with line.database.read() as session:
        row = session.exec(select(Registration)).one()
        assert (row.source, row.start) == ("desk", "2026-09")
        assert session.exec(select(OrganiserText)).all() == []
    assert line.text("ik ken een organisator die plaats heeft", "+32470000042") != []
    with line.database.read() as session:
        assert session.exec(select(OrganiserText)).all() == []


@sqlite
def test_silence_stop_and_three_wrong_codes_end_it(line: Line) -> None:
    assert "Wanneer is het kind" in line.text(f"organisator: {CODE}")[0]
    line.now += timedelta(hours=13)
    assert "kinderopvang" not in " ".join(line.text("03-2026")) and line.told() == []
    other = "+32470000066"
    assert "Wanneer is het kind" in line.text(CODE, other)[0]  # its code as a first message, from another phone
    assert line.text("STOP", other) == [] and line.told() == []
    third = "+32470000067"
    line.text("organisator", third)
    assert "zes cijfers" in line.text("123456", third)[-1] and "zes cijfers" in line.text("9", third)[-1]
    assert "Bedankt" in line.text("654321", third)[-1]
    assert "Wanneer" not in " ".join(line.text("03-2026", third))
    line.text("organisator 482913", third)
    later = line.now + timedelta(hours=13)
    line.database.write(lambda session: kept.prune(session, later)).result()
    with line.database.read() as session:
        assert session.exec(select(OrganiserText)).all() == []
        assert {each.status for each in session.exec(select(Conversation))} >= {"closed"}


def _recode(session: Session, keys: Keys, code: str) -> None:
    row = session.exec(select(Organiser)).one()
    row.code_blind = kept.blind(keys, code)
    session.add(row)
