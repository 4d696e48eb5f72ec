"""Golden calls: a YAML file that a desk worker can read, played through the whole service on a database of its own.

`pytest --rewrite-transcripts` writes what is heard now into the files; the difference is read as text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels import simulator, voice
from channels.base import Provider
from flows.events import Channel
from intake import calls
from intake.conversations import receive
from intake.installation import Installation
from storage import call_backs, childcare, desks, dispatch, ledger, organisers
from storage.childcare import Place
from storage.database import Database, Session
from storage.keys import Keys
from tests.phone import Phone

FOLDER = Path(__file__).parent
OURS, CALLER, DESK_PHONE = "+3290000001", "+32470000001", "+3290000009"
OTHER, ACCOUNT = "+32470000002", "7001"
_WAYS = {  # how a family writes: the channel, and from where ("": the phone that calls)
    "texts": (Channel.SMS, ""), "whatsapp": (Channel.WHATSAPP, ""), "other phone": (Channel.SMS, OTHER),
    "telegram": (Channel.TELEGRAM, ACCOUNT),
}  # fmt: skip
_CODE = re.compile(r"\b(?:start|text)=(\w{6})\b")
_REFERENCE = re.compile(r"\d, \d, \d, \d; \d, \d, \d, \d")
_RECORDED_REFERENCE = re.compile(r"(\w+, recorded: )(?:digit\.\d\n\w+, recorded: ){7}digit\.\d\n")
_WRITTEN_REFERENCE = re.compile(r"\b\d{4} \d{4}\b")


@dataclass
class Line:
    """The telephone line between a caller and the service, and the desk behind it."""

    database: Database
    here: Installation
    script: Mapping[str, Any]
    now: datetime = field(init=False)
    phone: Phone = field(init=False)
    count: int = 0
    code: str = ""

    def __post_init__(self) -> None:
        self.now = datetime.fromisoformat(self.script["now"]).replace(tzinfo=UTC)
        self.number = str(self.script.get("caller", CALLER))
        choices = desks.Choices(
            languages=tuple(self.script["languages"]), hours=str(self.script.get("hours", "")),
            desk_phone=str(self.script.get("desk_phone", "")), address=str(self.script.get("address", "")),
        )  # fmt: skip
        self.database.write(partial(_add_desk, keys=self.here.keys, at=self.now, choices=choices)).result()
        if told := self.script.get("childcare"):
            self.database.write(partial(_add_childcare, lines=told, at=self.now)).result()
        if code := str(self.script.get("organiser", "")):
            self.database.write(partial(_add_organiser, keys=self.here.keys, at=self.now, code=code)).result()

    def play(self) -> Iterator[dict[str, Any]]:
        """The turns as they go today, with what is heard and written between them."""
        if self.script.get("begins") != "by message":
            yield from self._call()
        for turn in self.script["turns"]:
            if next(iter(turn)).startswith(("hears", "reads")):
                continue
            yield dict(turn)
            yield from self._turn(turn)

    def _turn(self, turn: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        self.now += timedelta(seconds=10)
        match turn:
            case {"keys": "(nummer)"}:
                self.phone.press(self._reference())
            case {"keys": keys}:
                self.phone.press(str(keys))
            case {"says": words}:
                self.phone.say(str(words))
            case {"silence": _}:
                self.phone.wait()
            case {"records": seconds}:
                self.count += 1
                self.phone.record(int(seconds), f"RE{self.count:032x}", str(turn.get("then", "#")))
            case {"the desk": what}:
                self.phone.dial_ends("completed" if what == "answers" else "no-answer")
            case {"hangs up": _}:
                here, at = self.here, self.now
                call_id = self.phone.call_id
                self.database.write(lambda s: calls.hang_up(s, here, Provider.TWILIO, call_id, at)).result()
                yield from self._reads()
                return
            case {"calls again": hours}:
                self.now += timedelta(hours=float(hours))
                yield from self._call()
                return
            case {"calls from": number}:
                self.number = str(number)
                yield from self._call()
                return
            case {"calls": _}:
                yield from self._call()
                return
            case {"texts": text} | {"whatsapp": text} | {"telegram": text} | {"other phone": text}:
                self._write(next(iter(turn)), str(text))
                yield from self._reads()
                return
        yield from self._hears()
        yield from self._reads()

    def _write(self, way: str, text: str) -> None:
        """A message. "(code)" stands for the code that came last."""
        channel, sender = _WAYS[way]
        said = text.replace("(code)", self.code)
        inbound = simulator.parse(said, sender or self.number, "" if way == "telegram" else OURS, self.now, channel)
        self.database.write(lambda session: receive(session, self.here, inbound)).result()

    def _reference(self) -> str:
        """Of the newest request that counts."""
        with self.database.read() as session:
            found = ledger.everything(session, self.here.keys)["registrations"]
        return str([each["reference"] for each in found if each["state"] != "ticket"][-1])

    def _call(self) -> Iterator[dict[str, Any]]:
        self.count += 1
        self.phone = Phone(self._post, self.number, OURS, f"CA{self.count:032x}")
        self.phone.ring("https://loket.example/twilio/voice")
        yield from self._hears()

    def _hears(self) -> Iterator[dict[str, Any]]:
        said = [f"{language}: {_REFERENCE.sub('(nummer)', words)}" for language, words in self.phone.heard]
        then = "(the call ends)" if self.phone.is_over else "(tone)" if self.phone.records else ""
        then = "(rings)" if self.phone.is_put_through else then
        told = _RECORDED_REFERENCE.sub(r"\1(nummer)\n", "".join(f"{each}\n" for each in said))
        yield {"hears": (told + then).rstrip("\n")}

    def _reads(self) -> Iterator[dict[str, Any]]:
        for message in self.database.write(partial(_sent, keys=self.here.keys, at=self.now)).result():
            text = _WRITTEN_REFERENCE.sub("(nummer)", message.text)
            if code := _CODE.search(text):
                self.code = code[1]
            buttons = "".join(f"\n[{label}]" for label, _ in message.buttons)
            where = {"sms": "reads", OTHER: "reads on the other phone"}.get(
                message.to if message.to == OTHER else message.channel, f"reads in {message.channel}"
            )
            yield {where: (text.replace(self.code, "(code)") if self.code else text) + buttons}

    def _post(self, address: str, fields: dict[str, str]) -> str:
        parts, form, at = urlsplit(address), list(fields.items()), self.now
        if parts.path.endswith("/voice"):
            return self.database.write(lambda s: calls.ring(s, self.here, voice.parse_call(form, at))).result()
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        inbound, pressed = voice.parse_call(form, at), voice.parse_turn(form)
        return self.database.write(
            lambda s: calls.answer(s, self.here, inbound, pressed, int(query["turn"]), query["mac"])
        ).result()

    def outcome(self) -> dict[str, Any]:
        """Where the conversation stands, what was registered, and which call is owed."""
        hidden = not self.number.startswith("+")
        asked = ("call", self.phone.call_id) if hidden else ("phone", self.number)
        with self.database.read() as session:
            keys = self.here.keys
            known = (asked, ("phone", OTHER), ("telegram", ACCOUNT))
            found: Any = next(filter(None, (ledger.of_address(session, keys, *each) for each in known)), {})
            registered = [
                ", ".join(filter(None, (each["state"], each["outcome"].replace("open", ""))))
                for each in ledger.everything(session, self.here.keys)["registrations"]
            ]
            desk_ids = frozenset(each.id for each in desks.everything(session))
            owed = [
                f"{each.row.reason}, not before {each.row.due_at:%Y-%m-%d %H:%M}"
                for each in call_backs.wanted(session, self.here.keys, desk_ids)
            ]
        return {
            "status": found.get("status"), "asking": found.get("asking") or "nothing",
            "answers": _plain(found.get("answers", {})), "registered": registered, "calls owed": owed,
        }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_plain(each) for each in value]
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)


def _add_desk(session: Session, keys: Keys, at: datetime, choices: desks.Choices) -> None:
    desks.add(session, keys, at, "gent", "Lokaal Loket Gent", OURS, ["9000", "9040"], choices)


def _add_childcare(session: Session, lines: list[str], at: datetime) -> None:
    """A line for each place: name; address; postcode; phone; price."""
    rows = (tuple(map(str.strip, line.split(";"))) for line in lines)
    places = [Place(name, address, postcode, "", phone, "", price) for name, address, postcode, phone, price in rows]
    childcare.replace(session, desks.everything(session)[0].id, places, at)


def _add_organiser(session: Session, keys: Keys, at: datetime, code: str) -> None:
    contact = organisers.Contact("Crèche De Zon", "9000", CALLER, "", True)
    organisers.keep(session, keys, desks.everything(session)[0].id, contact, code, at)


def _sent(session: Session, keys: Keys, at: datetime) -> list[dispatch.Due]:
    taken = []
    while due := dispatch.claim(session, keys, at):
        for message in due:
            taken.append(message)
            dispatch.sent(session, message.id, message.id)
            session.flush()
    return taken
