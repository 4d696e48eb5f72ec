"""The second net between desks, on PostgreSQL: what a desk's page reads and writes shows rows of its own desks alone.

The rule is that every query names its desks. Should one forget it, the database hides the others all the same: a page's
transaction takes a role that cannot sign in, and policies hold for that role. Everything that belongs to no desk yet,
or to all (what comes in, the worker, the command line), works as the owner of the tables, whom no policy touches.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.models import Desk

OPEN = {  # tables with a desk that a page of another desk needs too, and why
    "desk_number": "to which desk a number of ours belongs",
    "desk_postcode": "which desk a town belongs to",
    "staff_desk": "who works where: asked before anybody's desks are known",
    "mail_wish": "a colleague's own choice, for each of their desks",
}
_OF_ALL = ("audit", "publication")  # a row without a desk belongs to the installation
_POLICY = "own_desks"  # a condition that changes needs a new name: what is in place is left alone
_ROLE = "(select tableowner || '_desk' from pg_tables where schemaname = current_schema() and tablename = 'desk')"
_TAKEN = "restricted"  # in a session's `info`: the desks it was restricted to
_IN_PLACE = text(
    "select c.relname from pg_class c join pg_policies p on p.tablename = c.relname and p.policyname = :policy "
    "where c.relnamespace = current_schema()::regnamespace and p.schemaname = current_schema() and c.relrowsecurity"
)
_READABLE = text(
    "select c.relname from pg_class c, pg_roles r where c.relnamespace = current_schema()::regnamespace "
    f"and r.rolname = {_ROLE} and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')"
)
_MAY_TAKE = "case when current_setting('server_version_num')::int < 160000 then 'member' else 'set' end"
_USABLE = text(f"select rolname from pg_roles where rolname = {_ROLE} and pg_has_role(oid, {_MAY_TAKE})")
_SCHEMA = text("select current_schema()")
_RESTRICT = text("select set_config('role', :role, true), set_config('intake.desks', :desks, true)")
_LIFT = text("select set_config('role', 'none', true)")


def guarded() -> dict[str, str]:
    """The tables under a policy, and what a row must fulfil to be seen."""
    ours = "desk_id = any ((select string_to_array(current_setting('intake.desks', true), ','))::text[])"  # asked once
    return {
        each.name: f"{ours} or desk_id is null" if each.name in _OF_ALL else ours
        for each in Desk.metadata.sorted_tables
        if "desk_id" in each.columns and each.name not in OPEN
    }


def ensure(connection: Connection) -> None:
    """Role, rights and policies, as far as they are missing. Nothing on SQLite.

    Who may make no roles gets the policies alone, and `role` stays None.
    """
    if connection.dialect.name != "postgresql" or _is_in_place(connection):
        return
    connection.execute(text("select pg_advisory_xact_lock(732)"))  # several processes start at once
    name = str(connection.execute(text(f"select {_ROLE}")).scalar_one())
    quoted = connection.dialect.identifier_preparer.quote(name)
    if _make_role(connection, name, quoted):
        tables = ", ".join(f'"{each.name}"' for each in Desk.metadata.sorted_tables)  # not parts of one: see there
        connection.execute(text(f"grant select, insert, update, delete on {tables} to {quoted}"))
        schema = connection.dialect.identifier_preparer.quote(connection.execute(_SCHEMA).scalar_one())
        connection.execute(text(f"grant usage on all sequences in schema {schema} to {quoted}"))
    for table in sorted(guarded().keys() - _under_policy(connection)):
        connection.execute(text(f'create policy {_POLICY} on "{table}" using ({guarded()[table]})'))
        connection.execute(text(f'alter table "{table}" enable row level security'))


def _is_in_place(connection: Connection) -> bool:
    if role(connection) is None or not _under_policy(connection) >= guarded().keys():
        return False
    return set(connection.execute(_READABLE).scalars()) >= Desk.metadata.tables.keys()


def _under_policy(connection: Connection) -> set[str]:
    return set(connection.execute(_IN_PLACE, {"policy": _POLICY}).scalars())


def _make_role(connection: Connection, name: str, quoted: str) -> bool:
    """Whether it is there now and we are of it."""
    if role(connection) is not None:
        return True
    known = connection.execute(text("select 1 from pg_roles where rolname = :name"), {"name": name}).first()
    try:
        with connection.begin_nested():
            if known is None:
                connection.execute(text(f"create role {quoted} nologin"))
            connection.execute(text(f"grant {quoted} to current_user"))
    except DBAPIError:  # an owner who may make no roles, or another installation was first
        return role(connection) is not None
    return True


def role(connection: Connection) -> str | None:
    """The role that a page's transaction takes; None where it is missing, or on SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    found: str | None = connection.execute(_USABLE).scalar_one_or_none()
    return found


def missing(connection: Connection) -> str:
    """What somebody else must do before other desks' rows are hidden; "" when nothing."""
    if connection.dialect.name != "postgresql" or _is_in_place(connection):
        return ""
    owner, found = connection.execute(text(f"select tableowner, {_ROLE} from pg_tables where tablename = 'desk'")).one()
    return (
        "PostgreSQL does not hide the rows of other desks from a desk's pages: let whoever may make roles run "
        f'`create role "{found}"; grant "{found}" to "{owner}";`, then run `python -m intake migrate` and restart'
    )


def restrict(session: Session, role: str, desk_ids: Iterable[str]) -> None:
    """Until the end of the transaction this session sees and changes rows of these desks alone."""
    session.info[_TAKEN] = {"role": role, "desks": ",".join(sorted(desk_ids))}
    session.connection().execute(_RESTRICT, session.info[_TAKEN])


def reach(session: Session, desk_id: str) -> None:
    """A row goes to this desk: for the rest of the transaction it is one of ours, to finish there what was begun."""
    if taken := session.info.get(_TAKEN):
        restrict(session, taken["role"], {desk_id, *taken["desks"].split(",")})


@contextmanager
def across(session: Session) -> Iterator[None]:
    """Without the restriction, only for as long as it takes."""
    taken: dict[str, Any] | None = session.info.get(_TAKEN)
    if taken is None:
        yield
        return
    session.flush()
    session.connection().execute(_LIFT)
    yield
    session.flush()
    session.connection().execute(_RESTRICT, taken)
