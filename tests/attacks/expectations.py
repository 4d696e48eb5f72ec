"""What the catalogue expects of a case, one function a word of it; and what holds after every case."""

import html
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from httpx2 import Response
from sqlmodel import select

from channels.base import clean
from channels.twilio import EMPTY_TWIML
from storage import clock, recordings
from storage.models import Message
from tests.attacks.carriers import Case
from tests.attacks.world import ANOTHER, FAMILY, World
from tests.network import until
from tests.twiml_check import check

_SECONDS = 2.0
_TOLD_APART = 8  # letters that a word of a case must have to be looked for in a log
_OUR_SCRIPT = re.compile(r'<script type="module" src="/static/\w+\.js\?[0-9a-f]{12}"></script>')


@dataclass(frozen=True)
class Outcome:
    """`new`: what is kept more than before the case."""

    case: Case
    answers: Sequence[Response]
    seconds: float
    new: Counter[str]


Expectation = Callable[[World, Outcome, Any], bool]


def _state_of_message(world: World) -> str:
    with world.database.read() as session:
        return session.exec(select(Message.status).where(Message.provider_id != "", Message.direction == "out")).one()


def _stored(_: World, outcome: Outcome, expected: Any) -> bool:
    kept, aside = outcome.new["stored"], outcome.new["quarantined"]
    match expected:
        case "0 or quarantined" | "at most quarantined":
            return kept == 0
        case "at most 1":
            return kept + aside <= 1
        case _:
            return bool(kept == expected)


def _is_document(_: World, outcome: Outcome, _expected: Any) -> bool:
    return all(
        each.headers["content-type"].startswith("application/xml") and ET.fromstring(each.text).tag == "Response"
        for each in outcome.answers
    )


def _comes_back(world: World, outcome: Outcome, is_whole: bool) -> bool:
    """What the desk reads is what was sent, without signs that no person types."""
    told = [each.body for each in world.timeline() if each.direction == "in"]
    return not is_whole or clean(world.sent[-1]) == told[-1]


def _nothing_fetched(world: World, outcome: Outcome, expected: int) -> bool:
    """No address that a message names is ever asked: only files of our own account, by their id."""
    due = world.database.write(partial(recordings.due, now=clock.system_now())).result()
    return bool(len(due) == expected)


def _stands_where_it_stood(world: World, outcome: Outcome, _expected: bool) -> bool:
    now = world.state()
    return all(now.get(name) == world.known.get(name) for name in ("asking", "answers"))


def _is_waiting(world: World, _outcome: Outcome, _expected: bool) -> bool:
    """The desk sees it: the message stands on the timeline as failed, with a reason."""
    return any(each.status == "failed" and each.error for each in world.timeline())


EXPECTATIONS: Mapping[str, Expectation] = {
    "status": lambda _w, o, expected: all(each.status_code in expected for each in o.answers),
    "no_5xx": lambda _w, o, _e: all(each.status_code < 500 for each in o.answers),
    "xml": _is_document,
    "stored": _stored,
    "stored_max": lambda _w, o, expected: o.new["stored"] <= expected,
    "new_stored": lambda _w, o, expected: o.new["stored"] <= 1 if "at once" in o.case["about"] else not o.new["stored"],
    "replies": lambda _w, o, expected: o.new["replies"] == expected,
    "replies_new": lambda _w, o, expected: o.new["replies"] <= (1 if "at once" in o.case["about"] else 0),
    "requests": lambda _w, o, expected: o.new["requests"] == expected,
    "requests_new": lambda _w, o, expected: o.new["requests"] == (1 if o.case["id"] in HONEST else expected),
    "ms_max": lambda _w, o, expected: o.seconds * 1000 <= expected,
    "text_roundtrip": _comes_back,
    "fetched": _nothing_fetched,
    "fetched_local": _nothing_fetched,
    "rss_growth_max_mib": lambda w, o, _e: _nothing_fetched(w, o, 0),
    "flow_advanced": _stands_where_it_stood,
    "state_stays": lambda w, _o, expected: _state_of_message(w) == expected,
    "family_optout": lambda w, _o, _e: w.contact().opted_out,
    "desk_alert": _is_waiting,
    "channel_marked": lambda w, _o, _e: w.contact().cannot_text == "landline",
    "parallel": lambda _w, o, expected: o.new["conversations"] == expected == len(o.answers),
    "times": lambda _w, o, expected: len(o.answers) == expected and len({each.text for each in o.answers}) == 1,
}
HONEST = {"tgk-009", "tgk-043", "wha-009"}  # words of the family itself, by an unusual way: they are its answer


def check_expected(world: World, outcome: Outcome) -> list[str]:
    """The expectations that are not met."""
    return [
        f"{name}: {expected}" for name, expected in outcome.case["expect"].items()
        if not EXPECTATIONS[name](world, outcome, expected)
    ]  # fmt: skip


def check_always(world: World, outcome: Outcome, logged: Sequence[str]) -> None:
    """The invariants."""
    assert all(each.status_code < 500 for each in outcome.answers)
    assert outcome.seconds < _SECONDS
    for each in outcome.answers:
        kind = each.headers.get("content-type", "")
        if outcome.case["endpoint"].startswith("twilio"):
            assert kind.startswith("application/xml")
            if outcome.case["endpoint"] in ("twilio.sms", "twilio.status"):
                assert each.text == EMPTY_TWIML  # nothing of what was sent stands in it
            elif each.status_code == 200:
                assert check(each.text) == []
    if not {"requests", "requests_new"} & set(outcome.case["expect"]):
        assert outcome.new["requests"] <= 1
    _nothing_in(logged, outcome.case)
    _pages_are_inert(world)
    _goes_on(world)


def _nothing_in(logged: Sequence[str], case: Case) -> None:
    """No line holds what the case said."""
    lines = "\n".join(logged)
    assert FAMILY[1:] not in lines and "\x1b" not in lines
    for name, value in case["request"].get("fields", ()):
        if name in ("Body", "ProfileName", "SpeechResult") and len(value.strip()) >= _TOLD_APART:
            assert value.strip() not in lines and json.dumps(value)[1:-1] not in lines


def _pages_are_inert(world: World) -> None:
    for page in world.pages().values():
        assert page.count("<script") == len(_OUR_SCRIPT.findall(page))
        assert "javascript:" not in page and "evil.example" not in _links(page)
        assert ">49<" not in page
        for text in filter(None, (clean(each) for each in world.sent)):
            if html.escape(text) != text and len(text) > 2:
                assert text not in page


def _links(page: str) -> str:
    return "".join(piece.split('"')[0] for mark in ('href="', 'src="') for piece in page.split(mark)[1:])


def _goes_on(world: World) -> None:
    """The next good message of the same family, and of another one, is kept and answered."""
    until(lambda: world.client.get("/health/ready").status_code == 200, 20)  # a busy machine
    for sender in (FAMILY, ANOTHER):
        before = world.counts()
        world.text("status", sender=sender)
        assert (world.counts() - before)["stored"] == 1
        assert (world.counts() - before)["replies"] >= 1
    if world.address[0] == "telegram":
        before = world.counts()
        world.chat("status")
        assert (world.counts() - before)["stored"] == 1


def catalogue(folder: Path) -> list[Case]:
    """Every case of every group, a line each (and only "\n" ends one)."""
    lines = (line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").split("\n"))
    return [json.loads(line) for line in lines if line]
