"""`python -m tests.bench.partitions [CONVERSATIONS]`: what it brings and costs that the timeline lies in parts.

Two databases of one PostgreSQL server with the same rows, ten messages a conversation over three hundred desks: one as
it is migrated, the other with the timeline in one table. Both are asked the same in turn. What counts is processor
time, of ours and of the server's process together: the medians, and the median of the ratios.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session, select

from channels import simulator
from intake import service
from intake.conversations import receive
from intake.installation import Installation
from intake.settings import Settings
from storage import clock, conversations, dispatch, erasure, ledger, outbox, registrations, retention, turns
from storage.database import Database
from storage.models import Conversation, Family, Message, table
from tests.bench.million import DESKS, some, some_desks
from tests.databases import new_database
from tests.faults.families import PUBLIC, SCRIPT
from tests.faults.server import server

_CHUNK, _STATE = 5_000, 1200
_FAMILIES, _QUEUED, _CLAIMS, _SENDS = 16, 2_000, 20, 400
_FILL = """
insert into message (id, desk_id, family_id, conversation_id, contact_id, direction, channel, provider, provider_id,
    status, error, question, segments, attempts, at, due_at, prompts, body)
select lpad(to_hex((extract(epoch from opened_at) * 1000)::bigint + n), 12, '0') || substr(md5(id), 1, 20), desk_id,
    family_id, id, contact_id, case mod(n, 2) when 1 then 'out' else 'in' end, 'sms', 'twilio', 'SM' || md5(n || id),
    case mod(n, 2) when 1 then 'delivered' else 'received' end, '', '', 1, 1, opened_at, opened_at,
    substr(decode(repeat(md5(id || n), 8), 'hex'), 1, 120), substr(decode(repeat(md5(n || id), 13), 'hex'), 1, 200)
from conversation, generate_series(0, 9) n
"""
Work = Callable[[Session], Any]


class Both:
    """The database whose timeline lies in parts, and the other one."""

    def __init__(self, parts: Database, whole: Database, here: Installation, now: datetime) -> None:
        self.both, self.here, self.now = (parts, whole), here, now
        self.later = now + timedelta(minutes=1)

    def ask(self, what: str, works: Iterable[tuple[Work, Work]], first: int = 3) -> tuple[list[Any], list[Any]]:
        """Prints what it costs, and gives what both said. The first ones make plans and caches, and do not count."""
        found = [tuple(map(_cost, self.both, each)) for each in works]
        pairs = [(one, other) for (one, _), (other, _) in found[first:]]
        parts, whole = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        print(f"{what:<44}{whole:>10.2f}{parts:>10.2f}{ratio:>8.2f}", flush=True)
        return [said for (_, said), _ in found], [said for _, (_, said) in found]

    def same(self, what: str, work: Work, times: int) -> tuple[list[Any], list[Any]]:
        return self.ask(what, [(work, work)] * times)


def _cost(database: Database, work: Work) -> tuple[float, Any]:
    """Milliseconds of processor time until it is ready to be committed; what it gave."""

    def measured(session: Session) -> tuple[float, Any]:
        process = session.connection().exec_driver_sql("select pg_backend_pid()").scalar_one()
        before = _used(process)
        said = work(session)
        session.flush()
        return (_used(process) - before) / 1e6, said

    return database.write(measured).result()


def _used(process: int) -> int:
    """Nanoseconds, of this thread and of the server's process."""
    return time.thread_time_ns() + int(Path(f"/proc/{process}/schedstat").read_text().split()[0])


def main(many: int) -> None:
    with tempfile.TemporaryDirectory() as folder, server() as running, new_database(running.url) as url:
        settings = Settings(data_dir=Path(folder), public_url=PUBLIC, database_url=url, test=True)
        service.migrate(settings)
        keys, database = service.opened(settings)
        here, now = service.load(keys, settings), clock.system_now()
        _fill(database, here, now, many)
        database.close()
        with new_database(running.url, like=urlsplit(url).path[1:]) as other:
            parts, whole = Database(url), Database(other)
            _alone(parts, ())
            _alone(whole, _in_one_table())
            print(f"{many * 10:,} messages\n{'processor time, ms':<44}{'whole':>10}{'parts':>10}{'ratio':>8}")
            measure(Both(parts, whole, here, now))
            parts.close()
            whole.close()


def _fill(database: Database, here: Installation, now: datetime, many: int) -> None:
    chance = random.Random(1)
    made = database.write(partial(some_desks, keys=here.keys, now=now, many=DESKS)).result()
    state = chance.randbytes(_STATE)
    for first in range(0, many, _CHUNK):
        work = partial(
            some, keys=here.keys, made=made, now=now, chance=chance, first=first, many=min(_CHUNK, many - first),
            state=state,
        )  # fmt: skip
        database.write(work).result()
    database.write(lambda session: session.connection().exec_driver_sql(_FILL)).result()


def _in_one_table() -> Iterator[str]:
    """The timeline as SQLite has it too, with all its indexes."""
    whole = table(Message)
    yield "alter table message rename to message_parts"
    yield "create table message (like message_parts including defaults)"
    yield "insert into message select * from message_parts"
    yield "drop table message_parts"
    yield "alter table message add primary key (id)"
    for key in whole.foreign_keys:
        yield f"alter table message add foreign key ({key.parent.name}) references {key.column.table.name}"
    for index in whole.indexes:
        where = f" where {index.info['where']}" if index.info else ""
        yield f"create index {index.name} on message ({', '.join(each.name for each in index.columns)}){where}"


def _alone(database: Database, statements: Iterable[str]) -> None:
    """Outside every transaction; then the database looks at what it has."""
    with database.connect() as connection:
        bare = connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in (*statements, "vacuum analyze"):
            bare.exec_driver_sql(statement)


def measure(both: Both) -> None:
    here, now, later = both.here, both.now, both.later
    told = both.ask("a text from a family", _texts(here, now), 2 * len(SCRIPT))
    talks = [list(dict.fromkeys(each)) for each in told]  # in the one and in the other
    with both.both[0].read() as session:
        desks = session.exec(select(Conversation.desk_id).distinct().order_by(Conversation.desk_id)).all()
    look = partial(conversations.view, keys=here.keys, desk_ids=frozenset(desks))
    both.ask("a conversation with its timeline", [_each(look, "conversation_id", pair) for pair in _pairs(talks)] * 3)
    for each in both.both:
        each.write(partial(_queue, here=here, now=now)).result()
    _sending(both)
    both.same("what is to be watched (/metrics)", lambda session: list(ledger.measures(session, later)), 12)
    both.same("what is due to be forgotten", lambda session: retention.plan(session, later), 8)
    moves = [partial(registrations.move, keys=here.keys, desk_id=each, at=later) for each in desks]
    both.ask(
        "a conversation goes to another desk",
        [_each(move, "conversation_id", pair) for move, pair in zip(moves, _pairs(talks), strict=False)],
    )
    families = [_families(each, some) for each, some in zip(both.both, talks, strict=True)]
    erase = partial(erasure.erase, at=later)
    both.ask("a family is erased", [_each(erase, "family_id", pair) for pair in _pairs(families)])


def _texts(here: Installation, now: datetime) -> Iterator[tuple[Work, Work]]:
    for place in range(_FAMILIES):
        for minutes, words in enumerate(SCRIPT):
            inbound = simulator.parse(words, f"+3248{place:07d}", "+3290000000", now + timedelta(seconds=minutes))
            work = partial(receive, installation=here, inbound=inbound)
            yield work, work


def _queue(session: Session, here: Installation, now: datetime) -> None:
    """One message to go out in each of many conversations."""
    found = session.exec(select(Conversation).where(Conversation.status == "waiting").limit(_QUEUED)).all()
    for row in found:
        thread = turns.Thread(
            row.contact_id, False, "", row.family_id, session.get_one(Family, row.family_id).key or b"", row.id,
            row.desk_id, row.channel, row.provider, row.our_number, row.language,
        )  # fmt: skip
        turns.add_message(session, here.keys, thread, direction="out", status="queued", at=now, due_at=now, body="dag")


def _sending(both: Both) -> None:
    """The way of a message: claimed with others, taken by the provider, reported on."""
    claim = partial(dispatch.claim, keys=both.here.keys, now=both.later, limit=50)
    claimed = both.same("the worker claims fifty of thousands", claim, _CLAIMS)
    due = [[each for some in side for each in some] for side in claimed]
    names = [f"SM-{place}" for place in range(_SENDS)]
    both.ask(
        "one was sent",
        [
            (_sent(one, name), _sent(other, name))
            for (one, other), name in zip(islice(_pairs(due), _SENDS), names, strict=True)
        ],
    )
    report = partial(outbox.apply_status, provider="twilio", status="delivered", code="", at=both.later)
    both.ask("one was delivered", [_each(report, "provider_id", (name, name)) for name in names])


def _sent(due: dispatch.Due, name: str) -> Work:
    return partial(dispatch.sent, message_id=due.id, provider_id=name, desk_id=due.desk_id)


def _each(work: Callable[..., Any], name: str, pair: tuple[Any, Any]) -> tuple[Work, Work]:
    one, other = (partial(work, **{name: each}) for each in pair)
    return one, other


def _pairs(sides: list[list[Any]]) -> Iterator[tuple[Any, Any]]:
    one, other = sides
    return zip(one, other, strict=True)


def _families(database: Database, ids: list[str]) -> list[str]:
    with database.read() as session:
        return [session.get_one(Conversation, id_).family_id for id_ in ids]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60_000)
