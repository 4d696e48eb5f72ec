"""The second net between desks, on PostgreSQL: what a query forgets to leave out is hidden all the same."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, SQLModel, col, select, update

from channels import simulator
from intake.conversations import receive
from intake.installation import Installation
from storage import audit, clock, conversations, desks, registrations, row_security, schema
from storage.database import Database
from storage.keys import Keys
from storage.models import Conversation, DeskPostcode, Message, Registration, table
from storage.of_desks import OfDesks
from storage.row_security import OPEN, guarded
from tests.databases import new_database

GENT, AALST = "+3290000001", "+3290000002"
STORY = ("dag", "1", "02-2026", "{place}", "zo snel mogelijk")


@pytest.fixture
def database(migrated_postgresql: str) -> Iterator[Database]:
    found = Database(migrated_postgresql)
    yield found
    found.close()


@pytest.fixture
def two(database: Database, keys: Keys, here: Installation) -> dict[str, str]:
    """Two desks with a family each; slug -> id of the desk."""
    now = clock.system_now()

    def found(session: Session) -> dict[str, str]:
        choices = desks.Choices(languages=("nl",))
        places = (("gent", GENT, "9000"), ("aalst", AALST, "9300"))
        return {
            slug: desks.add(session, keys, now, slug, slug, ours, [place], choices).id for slug, ours, place in places
        }

    ids = database.write(found).result()
    for ours, family, place in ((GENT, "+32470000001", "9000"), (AALST, "+32470000002", "9300")):
        for said in STORY:
            inbound = simulator.parse(said.format(place=place), family, ours, clock.system_now())
            database.write(lambda session, inbound=inbound: receive(session, here, inbound)).result()
    return ids


def test_a_row_of_another_desk_is_neither_seen_nor_changed_whatever_is_asked(
    database: Database, two: dict[str, str]
) -> None:
    gent, aalst = OfDesks(database, {two["gent"]}), OfDesks(database, {two["aalst"]})
    kept = set()
    for name in guarded():
        rows = SQLModel.metadata.tables[name]
        with database.read() as session:
            everything = session.connection().execute(rows.select()).all()
        for there, id_ in ((gent, two["gent"]), (aalst, two["aalst"])):
            with there.read() as session:
                seen = session.connection().execute(rows.select()).all()
            assert seen == [row for row in everything if row.desk_id in (id_, None)], name
        kept |= {name} if everything else set()
    assert {"conversation", "message", "registration", "fact"} <= kept

    def spoil(session: Session) -> int:
        return session.connection().execute(update(Conversation).values(waiting_why="spoiled")).rowcount

    assert gent.write(spoil).result() == 1
    assert gent.write(lambda session: session.connection().execute(table(Message).delete()).rowcount).result() > 5
    with database.read() as session:
        assert set(session.exec(select(Conversation.desk_id).where(Conversation.waiting_why != "spoiled"))) == {
            two["aalst"]
        }
        assert set(session.exec(select(Message.desk_id))) == {two["aalst"]}


def test_who_is_of_no_desk_sees_nothing_of_any(database: Database, two: dict[str, str]) -> None:
    with OfDesks(database, ()).read() as session:
        assert session.exec(select(Registration)).all() == []
        assert len(session.exec(select(DeskPostcode)).all()) == len(two)


def test_the_restriction_ends_with_its_transaction(database: Database, two: dict[str, str]) -> None:
    """Or the next one that gets the same connection would miss a family's message."""
    for _ in range(20):
        with OfDesks(database, {two["gent"]}).read() as session:
            assert len(session.exec(select(Registration)).all()) == 1
        with database.read() as session:
            assert len(session.exec(select(Registration)).all()) == 2


def test_nothing_is_written_for_another_desk_except_what_goes_there(
    database: Database, two: dict[str, str], keys: Keys
) -> None:
    now, gent = clock.system_now(), OfDesks(database, {two["gent"]})
    with pytest.raises(ProgrammingError, match="row-level security"):
        gent.write(lambda session: audit.add(session, now, two["aalst"], "", "looked")).result()
    with gent.read() as session:
        id_ = session.exec(select(Conversation.id)).one()

    def move(session: Session) -> None:
        registrations.move(session, keys, id_, two["aalst"], now)
        conversations.set_waiting(session, id_, now, "handed_over")
        audit.add(session, now, two["aalst"], "", "handed_to_desk", id_)

    gent.write(move).result()
    with gent.read() as session:
        assert session.exec(select(Message)).all() == []
    with OfDesks(database, {two["aalst"]}).read() as session:
        assert len(session.exec(select(Registration)).all()) == 2


def test_the_chain_of_the_audit_goes_through_all_desks(database: Database, two: dict[str, str]) -> None:
    now = clock.system_now()
    for slug in ("gent", "aalst", "gent"):
        within = OfDesks(database, {two[slug]})
        within.write(lambda session, slug=slug: audit.add(session, now, two[slug], "", "looked")).result()
    with database.read() as session:
        assert audit.verify(session) is None


def test_every_table_of_a_desk_is_under_a_policy_or_explained(database: Database) -> None:
    of_desks = {each.name for each in SQLModel.metadata.sorted_tables if "desk_id" in each.columns}
    assert guarded().keys() | OPEN.keys() == of_desks
    assert not guarded().keys() & OPEN.keys()
    with database.connect() as connection:
        assert row_security.missing(connection) == ""


@pytest.fixture
def owned(postgresql: str) -> Iterator[str]:
    """A new database whose owner may make no roles, as a hosted one often is; the address for the owner."""
    with new_database(postgresql) as url, psycopg.connect(url, autocommit=True) as boss:
        name = urlsplit(url).path.strip("/")
        boss.execute(f"create role {name} login password 'made-for-a-test'")
        boss.execute(f"alter database {name} owner to {name}")
        boss.execute(f"grant all on schema public to {name}")
        yield url.replace(urlsplit(url).netloc, f"{name}:made-for-a-test@{urlsplit(url).netloc.rpartition('@')[2]}")
        boss.execute(f"reassign owned by {name} to current_user")
        boss.execute(f"drop owned by {name}, {name}_desk")
        boss.execute(f"drop role {name}, {name}_desk")


def test_an_owner_who_may_make_roles_makes_the_one_that_is_needed(owned: str, postgresql: str) -> None:
    with psycopg.connect(postgresql, autocommit=True) as boss:
        boss.execute(f"alter role {urlsplit(owned).username} createrole")
    database = Database(owned)
    schema.migrate(database)
    with OfDesks(database, ()).read() as session:
        found = session.connection().exec_driver_sql("select current_user").scalar_one()
    assert found == database.role_of_desks == f"{urlsplit(owned).username}_desk"
    database.close()


def test_an_owner_who_may_make_no_roles_is_told_what_to_let_run(owned: str, postgresql: str) -> None:
    database = Database(owned)
    schema.migrate(database)
    with database.connect() as connection:
        told = row_security.missing(connection)
    assert database.role_of_desks is None
    with OfDesks(database, ()).read() as session:  # it works, without the net
        assert session.exec(select(col(DeskPostcode.postcode))).all() == []
    database.close()

    with psycopg.connect(postgresql, autocommit=True) as boss:
        for statement in told.split("`")[1].split(";"):
            if statement.strip():
                boss.execute(statement)
    database = Database(owned)
    schema.migrate(database)
    with database.connect() as connection:
        assert row_security.missing(connection) == ""
    assert database.role_of_desks
    with OfDesks(database, ()).read() as session:
        assert session.connection().exec_driver_sql("select current_user").scalar_one() == database.role_of_desks
    database.close()
