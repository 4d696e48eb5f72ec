"""Phones in a browser, in the demonstration: they reach the desk through the same `receive` as a real provider.

Two that text, one with WhatsApp and one with Telegram. They work without JavaScript, but for the microphone.
"""

import json
import secrets
import time
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from channels import simulator
from channels.base import LISTEN, SHARE_NUMBER, Button, Provider, pressed
from channels.segments import segments
from channels.simulator import SimulatorTelephone
from flows.events import Channel, Contact, Input, Text
from intake import demo
from intake.conversations import receive
from intake.desk import DeskError
from intake.web.auth import Visitor, posted, recorded, visitor
from intake.web.pages import Form, back_to, page, translate
from storage import conversations
from storage.conversations import Entry
from storage.database import Database, Session

router = APIRouter(prefix="/simulator", tags=["simulator"], include_in_schema=False)
Visited = Annotated[Visitor, Depends(visitor)]
Posted = Annotated[Form, Depends(posted)]
_THEIRS, _OURS = 0.15, 0.08  # euro a segment: an example of a prepaid card and of a provider
_ARRIVED = ("sent", "delivered", "read")
_PATIENCE = 2.0  # seconds that a page without JavaScript waits for the answer


@dataclass(frozen=True)
class Device:
    """What a family holds. `address`: E.164, or an account of Telegram."""

    channel: Channel
    address: str
    page: str

    @property
    def kind(self) -> str:
        return "telegram" if self.channel is Channel.TELEGRAM else "phone"


_DEVICES = {
    **{number: Device(Channel.SMS, number, "/simulator") for number in demo.PHONES},
    demo.CHATS[0]: Device(Channel.WHATSAPP, demo.CHATS[0], "/simulator/chat"),
    demo.CHATS[1]: Device(Channel.TELEGRAM, demo.CHATS[1], "/simulator/chat"),
}
_NAMES = {Channel.SMS: "", Channel.WHATSAPP: "WhatsApp", Channel.TELEGRAM: "Telegram"}


@dataclass(frozen=True)
class Bubble:
    mine: bool
    text: str
    cost: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Phone:
    address: str
    name: str
    conversation: str | None
    messages: tuple[Bubble, ...]
    total: str
    is_last: bool
    speaks: bool  # whether it sends voice notes


@router.get("")
def show(request: Request, visited: Visited) -> HTMLResponse:
    return _page(request, "/simulator")


@router.get("/chat")
def show_chat(request: Request, visited: Visited) -> HTMLResponse:
    return _page(request, "/simulator/chat")


@router.post("/message")
def write_us(request: Request, visited: Visited, form: Posted) -> RedirectResponse:
    """A text, or a button that was pressed."""
    device, text, data = _DEVICES.get(form.get("from", "")), form.get("text", "").strip(), form.get("press", "")
    if device is None or not (text or data):
        raise DeskError(400, "Write a message first.")
    if data == SHARE_NUMBER:
        _receive(request, device, Contact(demo.PHONES[1]))
    elif data:
        _receive(request, device, pressed(data), shown=form.get("label", ""))
    else:
        _receive(request, device, Text(text[: simulator.LONGEST_TEXT]))
    return back_to(f"{device.page}?{urlencode({'from': device.address})}")


@router.post("/voice-note")
def speak(request: Request, visited: Visited, sound: Annotated[bytes, Depends(recorded)], phone: str = "") -> Response:
    """A voice note, from the microphone."""
    device, telephone = _DEVICES.get(phone), request.app.state.telephones.get(Provider.SIMULATOR)
    if device is None or not isinstance(telephone, SimulatorTelephone):
        raise DeskError(404, "This page is not there.")
    recording_id = secrets.token_hex(16)
    telephone.keep(recording_id, sound)
    _receive(request, device, Text(""), sound=recording_id)
    return Response(status_code=204)


def _receive(request: Request, device: Device, what: Input, shown: str = "", sound: str = "") -> None:
    state = request.app.state
    database: Database = state.database
    recipient = "" if device.channel is Channel.TELEGRAM else demo.NUMBER
    inbound = simulator.given(
        what, device.address, recipient, state.now(), device.channel, shown=shown, sound=sound
    )  # fmt: skip
    database.write(lambda session: receive(session, state.installation, inbound)).result()
    _wait_for_answer(request, device)


def _page(request: Request, path: str) -> HTMLResponse:
    shown = [device for device in _DEVICES.values() if device.page == path]
    last = request.query_params.get("from", shown[0].address)
    with request.app.state.database.read() as session:
        phones = [_phone(request, session, device, last) for device in shown]
    return page(
        request, "simulator.html", "simulator", phones=phones, desk_number=demo.NUMBER, desk_name=demo.NAME,
        is_chat=path.endswith("/chat"),
    )  # fmt: skip


def _entries(request: Request, session: Session, device: Device) -> tuple[str | None, list[Entry]]:
    """What went to and fro there; SMS and WhatsApp of one number are two screens."""
    keys = request.app.state.installation.keys
    conversation, entries = conversations.of_address(session, keys, device.kind, device.address)
    return conversation, [each for each in entries if each.channel == device.channel]


def _wait_for_answer(request: Request, device: Device) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with request.app.state.database.read() as session:
            _, entries = _entries(request, session, device)
        if not any(entry.direction == "out" and entry.status in ("queued", "sending") for entry in entries):
            return
        time.sleep(0.05)


def _phone(request: Request, session: Session, device: Device, last: str) -> Phone:
    conversation, entries = _entries(request, session, device)
    shown = [each for each in entries if each.direction == "in" or _has_arrived(each)]
    return Phone(
        device.address, _NAMES[device.channel] or device.address, conversation, tuple(_bubbles(shown, device)),
        _costs(shown) if device.channel is Channel.SMS else "", device.address == last,
        device.channel is Channel.TELEGRAM,
    )  # fmt: skip


def _costs(shown: list[Entry]) -> str:
    mine = sum(segments(each.body) for each in shown if each.direction == "in")
    ours = sum(each.segments for each in shown if each.direction == "out")
    return translate(
        "%(mine)s text messages from this phone, about € %(costs)s. %(ours)s from the desk, about € %(price)s.",
        mine=mine, costs=_euro(mine * _THEIRS), ours=ours, price=_euro(ours * _OURS),
    )  # fmt: skip


def _has_arrived(entry: Entry) -> bool:
    return entry.direction == "out" and entry.status in _ARRIVED


def _bubbles(shown: list[Entry], device: Device) -> list[Bubble]:
    """Buttons stand under the newest messages alone: used ones go away."""
    newest = max((place for place, each in enumerate(shown) if each.direction == "in"), default=-1)
    return [_bubble(each, device, can_press=place > newest) for place, each in enumerate(shown)]


def _bubble(entry: Entry, device: Device, *, can_press: bool) -> Bubble:
    mine = entry.direction == "in"
    found = json.loads(entry.buttons) if entry.buttons and can_press else ()
    buttons = tuple(Button(label, data) for label, data in found if data != LISTEN)
    if device.channel is not Channel.SMS:
        text = translate("voice note") if entry.body.startswith("[recording:") else entry.body
        return Bubble(mine, text, "", buttons)
    count = segments(entry.body) if mine else entry.segments
    cost = translate("%(count)s text message", count=count) if count == 1 else translate(
        "%(count)s text messages", count=count
    )  # fmt: skip
    return Bubble(mine, entry.body, cost, buttons)


def _euro(amount: float) -> str:
    return f"{amount:.2f}".replace(".", ",")
