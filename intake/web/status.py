"""How the installation is doing, for its administrator: what waits, who works, what is kept safe. No family."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from channels.base import SendError
from intake import backups, reconciling, service
from intake.settings import Settings
from intake.web import words
from intake.web.auth import may
from intake.web.health import SILENT
from intake.web.pages import page, translate
from storage import mails, status
from storage.staff import Person
from storage.status import Status, Waiting

router = APIRouter(prefix="/desk/status", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("status"))]
_OUTBOX = {"queued": "Messages to send", "sending": "Messages being sent", "unknown": "Messages nobody knows were sent"}
_SLOW = timedelta(minutes=15)
_LONG = timedelta(days=5)
_BACKUP_WITHIN, _RETENTION_WITHIN = timedelta(days=2), timedelta(days=35)
_LITTLE_ROOM = 0.1  # of the disk


@dataclass(frozen=True)
class Line:
    """`advice`: what to do, where something asks for attention. `ask`: whether the answer is yet to be asked for."""

    what: str
    how: str
    advice: str = ""
    ask: bool = False


@router.get("")
def show(request: Request, _person: Reader, provider: str = "") -> HTMLResponse:
    """`provider`: whether to ask it too, which takes a moment."""
    state = request.app.state
    now = state.now()
    with state.database.read() as session:
        found, mail = status.of(session, now, backups.PROVEN), mails.figures(session, now)
    there = list(_at_the_provider(state.settings, now, provider))
    groups = [
        (translate("What waits"), [*_waits(found, state.spool, now), *_mails(mail, now)]),
        (translate("Who works"), list(_works(found, now))),
        (
            translate("Kept safe"),
            [*_kept(found, state.settings, now), *there],
        ),
    ]
    return page(request, "status.html", "status", groups=groups, at=words.moment_with_year(now))


def _waits(found: Status, spool: Any, now: datetime) -> Iterator[Line]:
    yield _waiting(
        translate("Families that wait for a person"),
        found.families,
        now,
        _LONG,
        translate("Somebody at a desk must answer."),
    )
    for code, waiting in found.outbox.items():
        yield _waiting(
            translate(_OUTBOX[code]),
            waiting,
            now,
            _SLOW,
            translate("Look at the worker below, and at the provider's own status page."),
        )
    refused = " ".join(f"{many}: {translate(words.ERRORS.get(code, code))}" for code, many in found.failed)
    yield Line(translate("Not delivered since yesterday"), refused or translate("none"))
    yield _waiting(translate("Recordings to fetch or to delete at the provider"), found.recordings, now, _SLOW * 4,
                   translate("Run `check`: it asks the provider."))  # fmt: skip
    yield _waiting(translate("Events nobody could read"), found.unplaced, now, _LONG * 73, "")
    yield _waiting(
        translate("Rows that cannot be read"),
        Waiting(found.damaged.count + (spool.damaged() if spool is not None else 0), found.damaged.since),
        now,
        timedelta(),
        translate("Look for `damaged` in the log. The last backup may have them whole; a start tries them again."),
    )
    if spool is not None:
        outside = Waiting(spool.count(), spool.oldest())
        yield _waiting(
            translate("Webhooks on the disk of this machine"),
            outside,
            now,
            _SLOW / 5,
            translate("The database server is away."),
        )


def _mails(found: mails.Figures, now: datetime) -> Iterator[Line]:
    advice, lost = translate("Run `check`: it asks the mail server."), found.given_up
    yield _waiting(translate("E-mails to send"), Waiting(found.waiting, found.since), now, _SLOW, advice)
    said = ", ".join(f"{code} ({many})" for code, many in lost)
    yield Line(translate("E-mails given up since yesterday"), said or translate("none"), advice if lost else "")


def _works(found: Status, now: datetime) -> Iterator[Line]:
    lively = [at for _, at in found.workers if now - at <= SILENT]
    last = found.workers[0][1] if found.workers else None
    advice = "" if lively else translate("Nothing is sent: start `worker`, or `serve` with its worker.")
    yield Line(translate("Workers"), f"{len(lively)}", advice)
    yield Line(translate("Last sign of life of a worker"), words.ago(last, now) if last else translate("never"))


def _kept(found: Status, settings: Any, now: datetime) -> Iterator[Line]:
    is_old = found.backup is None or now - found.backup > _BACKUP_WITHIN
    yield Line(translate("Last backup that was proven"), _when(found.backup),
               translate("Run `backup` every night.") if is_old else "")  # fmt: skip
    forgets = found.retention is not None and now - found.retention <= _RETENTION_WITHIN
    yield Line(translate("Last time that what is not kept went"), _when(found.retention),
               "" if forgets else translate("Run `retention run` every night."))  # fmt: skip
    disk = shutil.disk_usage(settings.data_dir)
    room = translate("%(free)s of %(total)s GB", free=f"{disk.free / 1e9:.0f}", total=f"{disk.total / 1e9:.0f}")
    is_full = disk.free < disk.total * _LITTLE_ROOM
    yield Line(translate("Room on the disk"), room, translate("Make room soon.") if is_full else "")


def _at_the_provider(settings: Settings, now: datetime, asked: str) -> Iterator[Line]:
    """What should be gone there: the words of messages, their media, the records of calls."""
    provider, what = service.history(settings), translate("At the provider for more than a week")
    if provider is None:
        return
    if not asked:
        yield Line(what, "", ask=True)
        return
    try:
        left = asyncio.run(reconciling.backlog(provider, now))
    except SendError:
        yield Line(what, translate("The provider does not answer."), translate("Run `check`: it asks the provider."))
        return
    advice = translate("Look at the worker: it deletes what is older than a week, every ten minutes.") if left else ""
    counted = translate("%(count)s or more", count=left) if left >= reconciling.AT_ONCE else str(left)
    yield Line(what, counted, advice)


def _waiting(what: str, waiting: Waiting, now: datetime, most: timedelta, advice: str) -> Line:
    since = f" · {words.ago(waiting.since, now)}" if waiting.count and waiting.since else ""
    is_late = waiting.since is not None and now - waiting.since > most
    return Line(what, f"{waiting.count}{since}", advice if is_late else "")


def _when(at: datetime | None) -> str:
    return words.moment_with_year(at) if at else translate("never")
