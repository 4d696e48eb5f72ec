"""For those who watch over the service and those who test it: measures, and the test door. Ids and codes only."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime, BaseModel

from intake import measures
from storage import clock, ledger, mails
from storage.spool import Spool

metrics = APIRouter(tags=["health"])
test_door = APIRouter(prefix="/test", tags=["test"])


@metrics.get("/metrics", response_class=PlainTextResponse)
def show_metrics(request: Request) -> str:
    """Prometheus' text format. Without the token in `Authorization: Bearer …` it is not there."""
    state = request.app.state
    expected = f"Bearer {state.settings.metrics_token.get_secret_value()}"
    if expected == "Bearer " or not hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), expected.encode()
    ):
        raise HTTPException(404)
    with state.database.read() as session:
        lines = [_line(*measure) for measure in ledger.measures(session, state.now())]
        mail = mails.figures(session, state.now())
    lines.append(_line("opvanglijn_mails_waiting", {}, mail.waiting))
    lines += [_line("opvanglijn_mails_given_up_day", {"code": code}, many) for code, many in mail.given_up]
    return "".join((*lines, *_waiting_outside(state.spool, state.now()), measures.text()))


def _waiting_outside(spool: Spool | None, now: datetime) -> Iterator[str]:
    """What waits on this machine's disk until the database is back."""
    oldest = spool.oldest() if spool else None
    yield _line("opvanglijn_spool", {}, spool.count() if spool else 0)
    yield _line("opvanglijn_spool_oldest_seconds", {}, max(0.0, (now - oldest).total_seconds()) if oldest else 0)


@test_door.get("/ledger")
def show_ledger(request: Request) -> dict[str, Any]:
    """Everything that stands in the database."""
    state = request.app.state
    with state.database.read() as session:
        return ledger.everything(session, state.installation.keys)


@test_door.get("/conversation")
def show_conversation(request: Request, channel: str, address: str) -> dict[str, Any]:
    """Where the conversation of an address stands."""
    state = request.app.state
    kind = "telegram" if channel == "telegram" else "phone"
    with state.database.read() as session:
        found = ledger.of_address(session, state.installation.keys, kind, address)
    if found is None:
        raise HTTPException(404)
    return found


class Now(BaseModel):
    now: AwareDatetime


@test_door.post("/clock")
def set_clock(request: Request, given: Now) -> dict[str, datetime]:
    """From here on it is that time, for all processes, and it ticks on."""
    request.app.state.database.write(lambda session: clock.set_now(session, given.now)).result()
    return {"now": request.app.state.now()}


def _line(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value:g}\n" if inside else f"{name} {value:g}\n"
