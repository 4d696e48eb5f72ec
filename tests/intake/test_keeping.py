"""Backup and restore from one database into the other, rotation of keys under load, and what is not kept for ever."""

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from intake import backups, forgetting, importing, rotation, service, tombstones
from intake.backups import WrongBackup
from intake.settings import Settings
from storage import audit, conversations, desks, erasure, registrations, retention, turns
from storage.database import Database
from storage.keys import Keys, KeysProblem
from storage.models import Contact, Conversation, Family, Message, Recording, Registration
from tests.intake.test_conversations import ALL, NOW, here, text_us

__all__ = ["here"]  # the fixture
OTHER = "+32470000002"


def counted(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            each.name: session.connection().execute(select(func.count()).select_from(each)).scalar_one()
            for each in SQLModel.metadata.sorted_tables
        }


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    """An installation with two families, one of which has a request of two children."""
    identity, key = backups.new_identity()
    (tmp_path / "identity").write_text(identity)
    found = Settings(data_dir=tmp_path, database_url=url, backup_key=key)
    service.migrate(found)
    keys, database = service.opened(found)
    here = service.load(keys, found)
    here.limits = type(here.limits)()

    def work(session: Session) -> None:
        desks.add(session, keys, NOW, "gent", "Gent", "+3290000001", ["9000"], desks.Choices(languages=("nl", "fr")))

    database.write(work).result()
    text_us(database, here, *ALL)
    text_us(database, here, *ALL, sender=OTHER)
    database.close()
    return found


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_backup_comes_back_whole_also_in_the_other_database(
    settings: Settings, tmp_path: Path, target: str, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "backup.age"
    keys, before = service.opened(settings)
    had = counted(before)  # the audit of the backup itself comes after it
    before.close()
    total = backups.backup(settings, file)
    assert total.rows["registration"] == 2 and not list(tmp_path.glob("*.part"))
    raw = file.read_bytes()
    assert raw.startswith(b"age-encryption.org/v1") and b"registration" not in raw
    url = f"sqlite:///{tmp_path / 'new.db'}" if target == "sqlite" else request.getfixturevalue("empty_postgresql")
    there = settings.model_copy(update={"database_url": url})
    restored, again = backups.restore(there, file, (tmp_path / "identity").read_text())
    assert (restored.rows, again) == (total.rows, 0)
    _, after = service.opened(there)
    assert {name: many for name, many in had.items() if name != "budget"} == {
        name: many for name, many in counted(after).items() if name != "budget"
    }
    with after.read() as session:
        (first, _) = session.scalars(select(Conversation).order_by(col(Conversation.id))).all()
        view = conversations.view(session, keys, frozenset({first.desk_id}), first.id)
        assert view is not None and view.address == "+32470000001" and view.entries[0].body == "dag"
        assert audit.verify(session) is None
    text_us(after, service.load(keys, there), "status", at=NOW + timedelta(days=1))  # and it goes on
    after.close()


def test_who_was_erased_since_stays_erased_after_a_restore(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.age"
    backups.backup(settings, file)
    _, database = service.opened(settings)
    with database.read() as session:
        family = session.scalars(select(Family.id).order_by(col(Family.id))).first()
    assert family
    database.write(lambda session: erasure.erase(session, family, NOW)).result()
    with database.read() as session:
        tombstones.keep(settings.erased, erasure.tombstones(session))
        tombstones.keep(settings.erased, erasure.tombstones(session))
    assert len(settings.erased.read_text().splitlines()) == 1
    database.close()
    there = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'new.db'}"})
    _, again = backups.restore(there, file, (tmp_path / "identity").read_text())
    assert again == 1
    _, after = service.opened(there)
    assert counted(after)["registration"] == counted(after)["family"] == 1
    after.close()


def test_a_backup_that_cannot_be_used_says_why(settings: Settings, tmp_path: Path) -> None:
    file, identity = tmp_path / "backup.age", (tmp_path / "identity").read_text()
    for wrong in ({"backup_key": ""}, {"backup_key": "age1x"}):
        with pytest.raises(WrongBackup):
            backups.backup(settings.model_copy(update=wrong), file)
    backups.backup(settings, file)
    with pytest.raises(WrongBackup, match="is there already"):
        backups.backup(settings, file)
    with pytest.raises(WrongBackup, match="not empty"):
        backups.restore(settings, file, identity)
    fresh = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'new.db'}"})
    with pytest.raises(WrongBackup, match="cannot be opened"):
        backups.restore(fresh, file, backups.new_identity()[0])
    with pytest.raises(WrongBackup, match="none of age"):
        backups.restore(fresh, file, "secret")
    damaged = tmp_path / "damaged.age"
    damaged.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(WrongBackup):
        backups.restore(fresh, damaged, identity)
    keys = tmp_path / "other-keys.json"
    Keys.create(keys)
    with pytest.raises(KeysProblem):
        backups.restore(fresh.model_copy(update={"keys_file": keys}), file, identity)
    backups.restore(fresh, file, identity)  # and nothing of all that is left there


def test_keys_are_rotated_while_families_write(settings: Settings) -> None:
    keys, database = service.opened(settings)
    here = service.load(keys, settings)
    here.limits = type(here.limits)()
    enough = threading.Event()

    def write() -> None:
        number = 100
        while not enough.is_set():
            text_us(database, here, "dag", "1", sender=f"+32470{number:06d}")
            number += 1

    family = threading.Thread(target=write)
    family.start()
    try:
        said = [rotation.rotate(settings.keys, database) for _ in range(4)]
    finally:
        enough.set()
        family.join()
    assert all("data keys are closed" in each for each in said)
    rotation.rotate(settings.keys, database)
    fresh = Keys.load(settings.keys)
    with database.read() as session:
        for row in session.scalars(select(Conversation)):
            thread = turns.of_conversation(session, fresh, row.id, None)
            assert thread is not None and thread.state
        for message in session.scalars(select(Message).where(col(Message.body).is_not(None))):
            key = session.get_one(Family, message.family_id).key
            assert key and fresh.open(key, "message", "body", message.id, message.body or b"")
    text_us(database, here, "status", at=NOW + timedelta(days=1))  # the running one goes on with what it has
    database.close()


def test_an_old_master_key_goes_when_nothing_needs_it(settings: Settings) -> None:
    keys, database = service.opened(settings)
    assert keys.current == "1"
    rotation.rotate(settings.keys, database)
    assert '"1":' in settings.keys.read_text()
    assert "are gone" not in rotation.rotate(settings.keys, database)  # too soon
    os.utime(settings.keys, (1, 1))
    said = rotation.rotate(settings.keys, database)
    assert "The master keys 1, 2 are gone" in said and Keys.load(settings.keys).current == "4"
    assert (settings.keys.stat().st_mode & 0o777) == 0o600
    database.close()


def test_words_go_a_month_after_the_end_and_names_after_the_year_that_follows(
    database: Database, keys: Keys, here: object
) -> None:
    old = datetime(2023, 5, 1, 9, tzinfo=NOW.tzinfo)
    first = text_us(database, here, *ALL, at=old)  # type: ignore[arg-type]
    text_us(database, here, *ALL, sender=OTHER, at=NOW)  # type: ignore[arg-type]

    def close(session: Session) -> None:
        for row in session.scalars(select(Conversation)):
            row.status, row.closed_at = "closed", row.opened_at
            session.add(Recording(id=row.id, desk_id=row.desk_id, family_id=row.family_id, conversation_id=row.id,
                                  provider="twilio", provider_id=row.id, at=row.opened_at, due_at=row.opened_at))  # fmt: skip
        sent = b"external_reference,desk,asked_on,birth,contact\nA,gent,2022-05-01,2022-01,0470000003"
        importing.run(session, here, sent, NOW)  # type: ignore[arg-type]

    database.write(close).result()
    with database.read() as session:
        assert retention.plan(session, NOW + timedelta(days=10)) == retention.Plan(1, 2, 2)
    done = forgetting.run(database, keys, NOW + timedelta(days=10))
    assert done == retention.Plan(1, 2, 2)
    with database.read() as session:
        kept = session.scalars(select(Registration).order_by(col(Registration.asked_on))).all()
        assert len(kept) == 3  # what is counted stays
        assert [row.answers == b"" for row in kept] == [True, True, False]
        assert [row.birth_quarter for row in kept[:2]] == ["", ""] and kept[
            2
        ].birth_quarter  # fewer than five are alike
        assert session.get_one(Family, session.get_one(Conversation, first).family_id).key is None
        addresses = {turns.address_of(session, keys, row.id) for row in session.scalars(select(Contact))}
        assert addresses == {"", OTHER}
        assert len(session.scalars(select(Recording)).all()) == 1
        assert registrations.opened(session, keys, kept[0]).answers == "{}"
    later = NOW + timedelta(days=40)
    assert forgetting.run(database, keys, later) == retention.Plan(1, 0, 0)
    assert forgetting.run(database, keys, later) == retention.Plan(0, 0, 0)
    with database.read() as session:
        assert session.scalars(select(Message).where(col(Message.body).is_not(None))).all() == []
