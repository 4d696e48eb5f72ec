"""The tables: migrated as declared, sealed or explained."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    func,
    inspect,
    select,
    text,
)
from sqlmodel import SQLModel

from storage import schema
from storage.database import Database
from storage.migrations import HEAD

IN_CLEAR = {
    "process": "a machine and a number of ours",
    "id": "made by us, says nothing", "ids": "of requests: made by us, say nothing", "slug": "a desk's short name", "key": "a question's name",
    "number": "our own number", "settings": "a coordinator's choices", "channel": "a code", "postcode": "where childcare is looked for",
    "hash": "of a form, of an audit line, or of an exported file", "text": "of a form: our own words; of a template: headers and names of measures", "blind": "a keyed index", "cannot_text": "an error code",
    "provider": "a code", "our_number": "our own number", "language": "needed to find an interpreter", "status": "a code",
    "form": "a hash", "asking": "a question's name", "waiting_why": "a code", "direction": "a code",
    "provider_id": "the provider's id of a message", "error": "a code", "question": "a question's name", "kind": "a code", "digest": "a code",
    "about": "a request's number, made by us; of an organiser's call its id, a month and a town", "code_blind": "a keyed index", "expects": "a code", "reference": "made by us", "external_reference": "made by a colleague's register", "state": "a code", "source": "a code",
    "counted_in": "a code", "start": "needed to count", "birth_quarter": "needed to count", "birth_blind": "a keyed index",
    "rules": "ids of rules", "rules_hash": "of a file", "code": "a code", "reason": "a code; a care need is sealed",
    "username": "of staff", "role": "a code", "permission": "a code", "password": "argon2id", "invitation": "a hash", "token": "a hash",
    "event": "a code", "who": "id of staff", "what": "a code", "name": "of a desk, of a childcare place",
    "address": "of a childcare place: made known by itself", "town": "of a childcare place", "phone": "of a childcare place: made known by itself", "price": "a code",
    "subject": "a keyed index", "device": "browser and system of a colleague", "before": "codes, names of staff and desks", "after": "the same",
    "hint": "of a phrase: our own words", "author": "id of staff",
    "dutch": "our own words", "texts": "a proposed translation of our own words", "follows": "id of a proposal",
    "events": "ids of a provider: what is not taken in from there again",
    "decision": "a code", "decided_by": "id of staff",
    "media_type": "of a recording", "outcome": "of a try to call: a code", "name_blind": "a keyed index",
    "alike": "a keyed index", "asked_as": "names of definitions",
    "content": "a desk's words about counting; of a publication: the totals that are public",
}  # fmt: skip


def test_a_new_database_is_as_the_models_declare_it(database: Database) -> None:
    assert schema.differences(database) == []
    assert schema.is_current(database)


def test_indexes_of_some_rows_hold_those_that_the_models_name(database: Database) -> None:
    declared = {i.name: i.info["where"] for each in SQLModel.metadata.sorted_tables for i in each.indexes if i.info}
    with database.connect() as connection:
        option = f"{connection.dialect.name}_where"
        apart = {name for names in schema.parts(connection).values() for name in names}
        kept = inspect(connection).get_multi_indexes().items()
        indexes = [i for (_, table), each in kept if table not in apart for i in each]
    found = {i["name"]: str(i["dialect_options"][option]) for i in indexes if option in i.get("dialect_options", {})}
    assert found.keys() == declared.keys()
    assert found == declared or not database.is_sqlite  # PostgreSQL writes a condition in its own way


def test_what_lies_in_parts_does_so_as_the_models_declare_it(database: Database) -> None:
    """What a comparison of tables does not see: by which column, in how many parts, and the key and indexes of each."""
    declared = {each.name: each.info["parts"] for each in SQLModel.metadata.sorted_tables if "parts" in each.info}
    with database.connect() as connection:
        found = schema.parts(connection)
        if database.is_sqlite:
            assert found == {} and declared
            return
        assert {name: len(names) for name, names in found.items()} == {name: n for name, (_, n) in declared.items()}
        look = inspect(connection)
        for name, (column, _) in declared.items():
            ask = text("select pg_get_partkeydef(cast(:name as regclass))")
            assert connection.execute(ask, {"name": name}).scalar_one() == f"HASH ({column})"
            for part in (name, *found[name]):
                assert look.get_pk_constraint(part)["constrained_columns"] == ["id", column]
                assert len(look.get_indexes(part)) == len(SQLModel.metadata.tables[name].indexes)
                assert len(look.get_foreign_keys(part)) == len(SQLModel.metadata.tables[name].foreign_keys)


def test_what_points_to_a_family_or_its_request_is_found_by_an_index() -> None:
    """Or erasing one family reads every message that was ever kept: both databases look for what points to a row that goes."""
    grows = {"family", "contact", "conversation", "registration"}
    few = {("organiser", "conversation_id"), ("organiser_text", "conversation_id"), ("join_code", "contact_id")}
    for each in SQLModel.metadata.sorted_tables:
        led = {next(iter(each.primary_key.columns)).name} | {column.name for column in each.c if column.unique}
        for index in each.indexes:
            where = index.info.get("where")
            if where is None or where == f"{next(iter(index.columns)).name} is not null":
                led.add(next(iter(index.columns)).name)
        led |= {next(iter(of.columns)).name for of in each.constraints if isinstance(of, UniqueConstraint)}
        for column in each.c:
            if {key.column.table.name for key in column.foreign_keys} & grows:
                assert column.name in led or (each.name, column.name) in few, f"{each.name}.{column.name}"


def test_the_newest_revision_is_the_one_a_start_looks_for() -> None:
    assert schema.newest_revision() == HEAD


def test_migrating_again_changes_nothing(database: Database) -> None:
    schema.migrate(database)
    assert schema.is_current(database)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_kept_already_goes_through_every_migration(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A row in each table as it first was, with whatever its columns hold; all of them are there at the end."""
    is_sqlite = kind == "sqlite"
    database = Database(
        f"sqlite:///{tmp_path / 'old.db'}" if is_sqlite else request.getfixturevalue("empty_postgresql")
    )
    request.addfinalizer(database.close)
    schema.migrate(database, "0001")
    with database.connect() as connection:
        old = MetaData()
        old.reflect(connection)
        tables = [each for each in old.sorted_tables if each.name != "alembic_version"]
        for each in tables:
            connection.execute(each.insert().values({column.name: _something(column.type) for column in each.c}))
        connection.commit()
    schema.migrate(database)
    with database.connect() as connection:
        left = {each.name: connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables}
    assert left.pop("staff_session") == 0  # everybody signs in once more
    assert set(left.values()) == {1} and len(left) > 15


def _something(kind: object) -> object:
    """The same in every column of a kind, so that all rows belong together."""
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | Float):
        return 1
    if isinstance(kind, Date | DateTime):
        return date(2026, 3, 2) if isinstance(kind, Date) else datetime(2026, 3, 2)
    return b"x" if isinstance(kind, LargeBinary) else "2026-03-02"


def test_every_text_column_is_sealed_or_explained() -> None:
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            if (
                isinstance(column.type, String)
                and not isinstance(column.type, LargeBinary)
                and not column.name.endswith(("_id", "_by", "_to"))
            ):
                assert column.name in IN_CLEAR or column.foreign_keys, (
                    f"{table.name}.{column.name}: seal it, or explain it"
                )


def test_every_row_of_a_desk_says_which_desk() -> None:
    without = {
        "desk",
        "form_text",
        "contact",
        "family",
        "contact_family",
        "budget",
        "early_status",
        "tombstone",
        "seen",
        "staff",
        "staff_session",
        "staff_device",
        "sign_in_attempt",
        "quarantine",
        "clock",
        "kept_template",
        "suggestion",
        "import_draft",
        "heartbeat",
        "damaged",
        "mail",
        "staff_mail",
    }
    for table in SQLModel.metadata.tables.values():
        assert ("desk_id" in table.columns) == (table.name not in without), table.name
