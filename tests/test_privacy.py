"""Fifty planted names, numbers and texts go through every way in; none is found in the database, its logs or our logs."""

import json
import logging
from pathlib import Path

import pytest
from sqlmodel import select

from intake import logs
from intake.conversations import receive
from intake.installation import Installation
from storage import clock, erasure
from storage.database import Database, Session
from storage.models import Family, Message, Registration
from tests.faults.table import Tell
from tests.intake.pages import Browser, text_us
from tests.intake.test_conversations import message

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
NAMES = [f"Plantnaam{letter}{letter}" for letter in "abcdefghijklmnopqrst"]
NUMBERS = [f"+3249977{number:04d}" for number in range(10, 20)]
TEXTS = [f"geplante zin nummer {number} over thuis" for number in range(101, 121)]
PLANTED = (*NAMES, *(number[1:] for number in NUMBERS), *TEXTS)


def test_fifty_planted_values_stand_nowhere_in_clear(
    somebody: Browser,
    database: Database,
    here: Installation,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    tell: Tell,
) -> None:
    assert len({*NAMES, *NUMBERS, *TEXTS}) == 50
    caplog.set_level(logging.DEBUG)
    somebody.sign_in()
    for number, name, other, text, note in zip(NUMBERS, NAMES, NAMES[10:], TEXTS, TEXTS[10:], strict=False):
        story = ("dag", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", name, "3", "1", "2", text)
        address = f"/desk/conversations/{text_us(database, here, number, *story)}"
        somebody.get(address)
        somebody.post(f"{address}/claim")
        somebody.post(f"{address}/note", text=note)
        somebody.post(f"{address}/reply", text=f"Dag {other}")
        assert name in somebody.text and note in somebody.text
    inbound = message(TEXTS[0], clock.system_now(), NUMBERS[0], "+3290009999")  # to no desk: quarantine
    database.write(lambda session: receive(session, here, inbound)).result()
    with pytest.raises(Exception, match="planted"):
        database.write(lambda session: _fail(TEXTS[0])).result()
    formatted = "\n".join(logs.JsonLines().format(record) for record in caplog.records)
    contents = everything_in(tmp_path)
    assert any(path.name.endswith(".db-wal") for path in contents)
    found = [planted for planted in PLANTED if is_in(planted, formatted, contents)]
    tell("fifty planted names, numbers and texts looked for on the disk and in the logs", len(PLANTED), len(found))
    assert found == []
    sealed = erase_everybody(database)
    left = everything_in(tmp_path)
    found = [planted for planted in PLANTED if is_in(planted, "", left)]
    found += [each.hex() for each in sealed if any(each in content for content in left.values())]
    tell("the same, and what was sealed of them, after all were erased", len(PLANTED) + len(sealed), len(found))
    assert len(sealed) > 200 and found == []


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_in(planted: str, logged: str, contents: dict[Path, bytes]) -> bool:
    shapes = {planted, json.dumps(planted)[1:-1], planted.encode("utf-16-le").decode("latin-1")}
    return any(
        shape in logged or any(shape.encode("latin-1") in content for content in contents.values()) for shape in shapes
    )


def erase_everybody(database: Database) -> list[bytes]:
    """What was sealed with the keys of families that are gone now."""

    def erase(session: Session) -> list[bytes]:
        bodies = [body for body in session.exec(select(Message.body)) if body]
        answers = [each for each in session.exec(select(Registration.answers)) if each]
        for family_id in session.exec(select(Family.id)).all():
            erasure.erase(session, family_id, clock.system_now())
        return bodies + answers

    sealed = database.write(erase).result()
    database.scrub()
    return sealed


def _fail(text: str) -> None:
    logging.getLogger("intake.web").error("not_stored", exc_info=ValueError(f"planted {text}"))
    raise ValueError(f"planted {text}")
