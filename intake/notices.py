"""Mails to colleagues when somebody waits: an overview at fixed hours, and at once what is urgent or late.

Off until a colleague chose it and confirmed an address. Quiet while the desk is closed: what came up then is told when
it opens. A mail says how many wait and how long, never who. Each is written in the transaction that notes that it was,
so that no hour and no wait is told twice.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import partial

from flows.engine.turn import BRUSSELS, local_day
from intake import letters, mailing, opening_hours, promises
from intake.desk import MAY
from intake.installation import Installation
from intake.letters import Waiting
from storage import call_backs, desks, mails, notices, queue
from storage.database import Database, Session
from storage.models import CallBack, Desk, MailWish
from storage.notices import Reader

HOURS: Mapping[str, tuple[int, ...]] = {"": (), "once": (9,), "twice": (9, 14)}  # o'clock, by what was chosen
_DIGEST_USEFUL, _AT_ONCE_USEFUL = timedelta(hours=4), timedelta(hours=2)
_WITH_INTERPRETER = timedelta(minutes=30)  # after the time that was booked


async def tell(database: Database, here: Installation, now: datetime) -> None:
    """Write every mail that is due now."""
    await asyncio.wrap_future(database.write(lambda session: mails.prune(session, now)))
    wishes = await asyncio.to_thread(_awake, database, now)
    for staff_id in dict.fromkeys(each.staff_id for each in wishes if _is_due(each, now)):
        await asyncio.wrap_future(database.write(partial(digest, here=here, staff_id=staff_id, now=now)))
    for desk_id in dict.fromkeys(each.desk_id for each in wishes if each.at_once):
        to = [each.staff_id for each in wishes if each.at_once and each.desk_id == desk_id]
        await asyncio.wrap_future(database.write(partial(at_once, here=here, desk_id=desk_id, to=to, now=now)))


def digest(session: Session, here: Installation, staff_id: str, now: datetime) -> None:
    """One mail about every desk whose hour came and where somebody waits."""
    found = []
    for desk_id, wish in notices.lock(session, staff_id).items():
        desk = session.get_one(Desk, desk_id)
        if not (_is_due(wish, now) and _is_open(desk, now)):
            continue
        wish.digested_at = now
        session.add(wish)
        if (waiting := _waiting(session, desk, now)).all:
            found.append(waiting)
    reader = _reader(session, here, staff_id)
    if found and reader is not None:
        letter = letters.digest(reader.language, reader.address, found, here.public_url, off_address(here, reader), now)
        mailing.post(session, here.keys, "digest", letter, now, _DIGEST_USEFUL)


def at_once(session: Session, here: Installation, desk_id: str, to: list[str], now: datetime) -> None:
    """One mail to each of these about urgent families that began to wait, and calls that are late."""
    desk = session.get_one(Desk, desk_id)
    urgent = queue.untold(session, desk_id, now)
    late = [each for each in call_backs.untold(session, desk_id, now) if _is_late(desks.choices(desk), each, now)]
    for talk in urgent:
        talk.mailed_since = talk.waiting_since
        session.add(talk)
    for call in late:
        call.mailed_due = call.booked_at or call.due_at
        session.add(call)
    if not (urgent or late):
        return
    waits = [each.waiting_since for each in urgent if each.waiting_since] + [each.due_at for each in late]
    for staff_id in to:
        if (reader := _reader(session, here, staff_id)) is not None:
            letter = letters.at_once(
                reader.language, reader.address, desk.name, len(urgent), len(late), min(waits), here.public_url,
                off_address(here, reader), now,
            )  # fmt: skip
            mailing.post(session, here.keys, "urgent", letter, now, _AT_ONCE_USEFUL)


def off_address(here: Installation, reader: Reader) -> str:
    return letters.off_address(here.keys, here.public_url, letters.STAFF, reader.staff_id)


def _awake(database: Database, now: datetime) -> list[MailWish]:
    """The wishes about desks that are open now."""
    with database.read() as session:
        wishes = notices.wanted(session)
        is_open = {id_: _is_open(session.get_one(Desk, id_), now) for id_ in {each.desk_id for each in wishes}}
    return [each for each in wishes if is_open[each.desk_id]]


def _reader(session: Session, here: Installation, staff_id: str) -> Reader | None:
    """None for who may not see the queue any more."""
    reader = notices.reader(session, here.keys, staff_id)
    return reader if reader is not None and "queue" in MAY[reader.role] else None


def _is_due(wish: MailWish, now: datetime) -> bool:
    """Whether one of its hours came since the last overview; of several that were missed, one mail tells."""
    today = local_day(now)
    hours = [datetime.combine(today, time(hour), BRUSSELS) for hour in HOURS[wish.digest]]
    return any(wish.digested_at < hour <= now for hour in hours)


def _is_open(desk: Desk, now: datetime) -> bool:
    return opening_hours.is_open(desks.choices(desk).hours or promises.USUAL_HOURS, now)


def _is_late(chosen: desks.Choices, call: CallBack, now: datetime) -> bool:
    if call.booked_at is not None:
        return call.booked_at + _WITH_INTERPRETER <= now
    return promises.answer_by(chosen, 0, queue.CALLS[0], call.due_at) <= now


def _waiting(session: Session, desk: Desk, now: datetime) -> Waiting:
    counts = queue.counts(session, frozenset({desk.id}), "", now)
    urgent, since = queue.weight(session, desk.id, now)
    return Waiting(
        desk.name,
        counts["waiting"],
        urgent,
        counts["overdue"],
        counts["new"],
        counts["questions"],
        counts["calls"],
        since,
    )
