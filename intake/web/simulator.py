"""Phones in a browser, in the demonstration: they text the desk through the same `receive` as a real provider."""

import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from channels import simulator
from channels.segments import segments
from intake import demo
from intake.conversations import receive
from intake.desk import DeskError
from intake.web.auth import Visitor, posted, visitor
from intake.web.pages import Form, back_to, page, translate
from storage import conversations
from storage.conversations import Entry
from storage.database import Database, Session

router = APIRouter(tags=["simulator"], include_in_schema=False)
_THEIRS, _OURS = 0.15, 0.08  # euro a segment: an example of a prepaid card and of a provider
_ARRIVED = ("sent", "delivered", "read")
_PATIENCE = 2.0  # seconds that a page without JavaScript waits for the answer


@dataclass(frozen=True)
class Bubble:
    mine: bool
    text: str
    cost: str


@dataclass(frozen=True)
class Phone:
    number: str
    conversation: str | None
    messages: tuple[Bubble, ...]
    total: str
    is_last: bool


@router.get("/simulator")
def show(request: Request, visitor: Annotated[Visitor, Depends(visitor)]) -> HTMLResponse:
    last = request.query_params.get("from", demo.PHONES[0])
    with request.app.state.database.read() as session:
        phones = [_phone(request, session, number, last) for number in demo.PHONES]
    return page(request, "simulator.html", "simulator", phones=phones, desk_number=demo.NUMBER, desk_name=demo.NAME)


@router.post("/simulator/sms")
def text_us(
    request: Request, visitor: Annotated[Visitor, Depends(visitor)], form: Annotated[Form, Depends(posted)]
) -> RedirectResponse:
    number, text = form.get("from", ""), form.get("text", "").strip()
    if number not in demo.PHONES or not text:
        raise DeskError(400, "Write a message first.")
    state = request.app.state
    database: Database = state.database
    inbound = simulator.parse(text, number, demo.NUMBER, state.now())
    database.write(lambda session: receive(session, state.installation, inbound)).result()
    _wait_for_answer(request, number)
    return back_to(f"/simulator?from=%2B{number[1:]}")


def _wait_for_answer(request: Request, number: str) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with request.app.state.database.read() as session:
            _, entries = conversations.of_address(session, request.app.state.installation.keys, "phone", number)
        if not any(entry.direction == "out" and entry.status in ("queued", "sending") for entry in entries):
            return
        time.sleep(0.05)


def _phone(request: Request, session: Session, number: str, last: str) -> Phone:
    conversation, entries = conversations.of_address(session, request.app.state.installation.keys, "phone", number)
    shown = [each for each in entries if each.direction == "in" or _has_arrived(each)]
    mine = sum(segments(each.body) for each in shown if each.direction == "in")
    ours = sum(each.segments for each in shown if each.direction == "out")
    total = translate(
        "%(mine)s text messages from this phone, about € %(costs)s. %(ours)s from the desk, about € %(price)s.",
        mine=mine, costs=_euro(mine * _THEIRS), ours=ours, price=_euro(ours * _OURS),
    )  # fmt: skip
    return Phone(number, conversation, tuple(_bubble(each) for each in shown), total, number == last)


def _has_arrived(entry: Entry) -> bool:
    return entry.direction == "out" and entry.status in _ARRIVED


def _bubble(entry: Entry) -> Bubble:
    mine = entry.direction == "in"
    count = segments(entry.body) if mine else entry.segments
    cost = translate("%(count)s text message", count=count) if count == 1 else translate(
        "%(count)s text messages", count=count
    )  # fmt: skip
    return Bubble(mine, entry.body, cost)


def _euro(amount: float) -> str:
    return f"{amount:.2f}".replace(".", ",")
