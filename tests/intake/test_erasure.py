"""A family that wants to be forgotten is, after seven days; until then its request counts and it may change its mind."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlmodel import SQLModel, select

from intake import service, worker
from intake.installation import Installation
from storage import audit, conversations, erasure
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, Contact, Conversation, Family, Message, Registration, table
from tests.installed import command, installed, process, said
from tests.intake.test_conversations import ALL, NOW, here, text_us

__all__ = ["here"]  # the fixture
AFTER = NOW + timedelta(days=7, minutes=30)
OTHER = "+32470000002"


def look_after(database: Database, here: Installation, now: object) -> None:
    asyncio.run(worker.look_after(database, here, now, expire_days=60))  # type: ignore[arg-type]


def test_everything_of_a_family_goes_after_seven_days(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, *ALL, "vergeet mij", "1")
    text_us(database, here, *ALL, sender=OTHER)
    with database.read() as session:
        conversation = session.get_one(Conversation, id_)
        family, waits = conversation.family_id, conversation.waiting_why
        bodies = [each.body for each in session.exec(select(Message).where(Message.family_id == family)) if each.body]
    assert waits == "erasure"
    look_after(database, here, AFTER - timedelta(days=1))
    with database.read() as session:
        assert len(session.exec(select(Registration)).all()) == 2  # it still counts
    look_after(database, here, AFTER)
    with database.read() as session:
        assert session.get(Family, family) is None
        for model in SQLModel.metadata.tables.values():
            for column in ("family_id", "conversation_id"):
                if column in model.c and model.name != "tombstone":
                    found = session.connection().execute(select(model.c[column])).scalars().all()  # type: ignore[call-overload]
                    assert not {family, id_} & set(found), model.name
        assert len(session.exec(select(Contact)).all()) == len(session.exec(select(Registration)).all()) == 1
        assert list(erasure.tombstones(session)) == [family]
        assert audit.verify(session) is None
    if database.is_sqlite:
        path = Path(database.url.removeprefix("sqlite:///"))
        kept = path.read_bytes() + (path.with_name(f"{path.name}-wal").read_bytes())
        assert len(bodies) > 10 and not any(body in kept for body in bodies)
    text_us(database, here, "dag", at=AFTER)  # a stranger again
    with database.read() as session:
        assert len(session.exec(select(Conversation)).all()) == 2


def test_an_address_that_spoke_for_another_family_too_stays(database: Database, here: Installation) -> None:
    first = text_us(database, here, *ALL)
    text_us(database, here, "ik zoek opvang voor mijn kind", "3", "1", "05-2025", at=NOW + timedelta(hours=1))
    with database.read() as session:
        family = conversations.family_of(session, first)
    database.write(lambda session: erasure.erase(session, family, NOW)).result()
    with database.read() as session:
        assert len(session.exec(select(Contact)).all()) == 1
        (left,) = session.exec(select(Conversation)).all()
        assert left.status == "with_bot"


def test_the_commands_erase_and_verify(tmp_path: Path) -> None:
    settings, keys, database = installed(tmp_path)
    text_us(database, service.load(keys, settings), *ALL)
    with database.read() as session:
        reference = session.exec(select(Registration.reference)).one()
    assert run(tmp_path, "erase", reference[:4], reference[4:])[0] == 2  # one word
    assert run(tmp_path, "erase", f"{reference[:4]} {reference[4:]}") == (0, "Erased.")
    assert run(tmp_path, "erase", reference) == (2, f"{reference}: there is no request with this number")
    assert said(process(tmp_path, "audit", "verify")) == (0, "Every line fits.\n")
    database.write(lambda session: session.connection().execute(table(Audit).update().values(what="x"))).result()
    status, words = run(tmp_path, "audit", "verify")
    assert status == 1 and "was changed" in words
    database.close()


def run(folder: Path, *words: str) -> tuple[int, str]:
    status, text = said(command(folder, *words))
    return status, text.strip()
