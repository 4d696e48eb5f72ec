"""An organiser tells of requests by text message: "organisator 482913", then what is asked by keys on the phone.

It never stands in a family's way: only that word, or its own code as a first message, begins it; "stop" ends it, as it
does everywhere. Its messages stand in a conversation that is closed, as the reminders do.
"""

import re
from datetime import date, datetime, timedelta

from channels import sms
from channels.base import Inbound
from flows.desk import SOURCE
from flows.engine.turn import local_day
from flows.events import Channel, Closed, Prompt, Text
from flows.grammar.dates import read_birth, read_start
from intake.calls import organiser
from intake.installation import Installation
from intake.prompts import dump_prompts
from intake.turn import Turn, open_conversation
from locales.languages import Languages
from storage import organisers, turns
from storage.database import Session
from storage.desks import Front
from storage.models import OrganiserText
from storage.turns import Thread

_BEGINS = re.compile(r"\W*organisat(?:or|oren|rice|ie)\b\W*(?:(\d{6})\W*)?", re.IGNORECASE)
_BARE = re.compile(r"\s*(\d{6})\s*")
_POSTCODE = re.compile(r"(?<!\d)[1-9]\d{3}(?!\d)")
_ENDS = ("stop", "stopall", "unsubscribe")  # a provider acts on them, and so do we, where families are
_SILENCE = timedelta(hours=12)
_AS_SOON, _YES, _NO = "000000", "1", "2"


def is_for(session: Session, here: Installation, inbound: Inbound, thread: Thread) -> bool:
    """Whether this text is an organiser's, and no family's."""
    if inbound.channel is not Channel.SMS or not isinstance(inbound.input, Text) or thread.opted_out:
        return False
    text = inbound.input.text
    if text.strip().lower() in _ENDS:
        return False
    is_telling = thread.tells_until is not None and thread.tells_until > inbound.at
    if is_telling or _BEGINS.fullmatch(text):
        return True
    bare = _BARE.fullmatch(text)
    is_first = not thread.conversation_id
    return bool(bare and is_first and organisers.of_code(session, here.keys, bare[1]))


def take(
    session: Session, here: Installation, inbound: Inbound, thread: Thread, front: Front, why_not: str
) -> str:  # fmt: skip
    """Keep it and answer it, unless `why_not` says why nothing is; the conversation in which it stands."""
    text = inbound.input.text if isinstance(inbound.input, Text) else ""
    row = organisers.texting(session, thread.contact_id, inbound.at)
    began = _BEGINS.fullmatch(text) or (_BARE.fullmatch(text) if row is None else None)
    if row is None:
        there = thread.conversation_id or organisers.conversation_of(session, thread.contact_id)
        there = there or _conversation(session, here, inbound, thread, front)
        row = OrganiserText(
            contact_id=thread.contact_id, desk_id=front.id, conversation_id=there, about="", until=inbound.at
        )
    where = turns.of_conversation(session, here.keys, row.conversation_id, None)
    assert where is not None
    where = where._replace(
        channel=inbound.channel.value, provider=inbound.provider.value, our_number=inbound.recipient
    )  # fmt: skip
    turns.add_message(
        session, here.keys, where, direction="in", status="received", at=inbound.at, provider_id=inbound.id,
        question=organisers.TEXTED, body=text,
    )  # fmt: skip
    if not why_not:
        about, given = ("code:0", began[1] or "") if began else (row.about, text)
        heard = _hear(session, here, about, given, inbound.at)
        organisers.text_on(session, row, heard.about if heard.digits else "", inbound.at + _SILENCE)
        _say(session, here, where, heard.says, inbound.at)
    return row.conversation_id


def _hear(session: Session, here: Installation, about: str, given: str, at: datetime) -> organiser.Heard:
    """What comes next: the same steps as by keys."""
    step = about.partition(":")[0]
    if step == "code" and not given:
        return organiser.hear(session, here, "", "", at)
    digits = _as_keys(step, given, here.words, local_day(at))
    return organiser.hear(session, here, about, digits, at, "sms")


def _as_keys(step: str, text: str, words: Languages, today: date) -> str:
    """The keys somebody would press for what was written; "" where nobody would."""
    match step:
        case "birth":
            month = (read_birth(text, words, SOURCE, today) or "").removeprefix("due:")
            return f"{month[5:7]}{month[:4]}"
        case "start":
            month = read_start(text, words, SOURCE, today) or ""
            return _AS_SOON if month == "asap" else f"{month[5:7]}{month[:4]}"
        case "place":
            found = _POSTCODE.findall(text)
            return found[0] if len(found) == 1 else ""
        case "more":
            said = text.strip().lower()
            return _YES if said in (_YES, "ja") else _NO
        case _:
            return "".join(text.split())


def _say(session: Session, here: Installation, where: Thread, keys: tuple[str, ...], at: datetime) -> None:
    prompts = tuple(Prompt(key.replace("organiser.", "organiser.text.", 1)) for key in keys)
    for body in sms.render(prompts, SOURCE, here.wording_of(here.form)):
        turns.add_message(
            session, here.keys, where, direction="out", status="queued", at=at, due_at=at, segments=body.segments,
            body=body.text, prompts=dump_prompts(prompts),
        )  # fmt: skip


def _conversation(session: Session, here: Installation, inbound: Inbound, thread: Thread, front: Front) -> str:
    """A closed one, of nobody's request."""
    opened = thread._replace(
        desk_id=front.id, channel=inbound.channel.value, provider=inbound.provider.value,
        our_number=inbound.recipient, language=SOURCE,
    )  # fmt: skip
    opened = open_conversation(session, here, opened, here.seen(front)[0], inbound.at)
    Turn(session, here, front, opened, inbound.at).take(Closed(inbound.at))
    return opened.conversation_id
