"""One update of Telegram, whether it was brought (webhook) or fetched (`telegram poll`)."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from channels import telegram
from channels.base import LISTEN, Malformed, Provider, SendError, clean
from channels.telegram import Blocked, Group, Listen, Press
from channels.telegram_sender import TelegramSender
from flows.desk import SOURCE
from flows.events import Prompt
from flows.wording import Wording
from intake import listening
from intake.conversations import receive
from intake.installation import Installation
from intake.prompts import load_prompts
from storage import conversations, outbox, turns
from storage.database import Session

log = logging.getLogger("intake.telegram")
_KEPT = 16_384  # characters of what could not be read


@dataclass(frozen=True)
class Spoken:
    """A message that somebody wants to hear."""

    listen: Listen
    language: str
    body: str
    prompts: tuple[Prompt, ...]
    wording: Wording


After = Press | Group | Spoken
Take = Callable[[Session, Installation], After | None]


def read(body: bytes, at: datetime) -> Take:
    """What to do with it in one transaction; what it returns is for `follow`. What cannot be read is kept."""
    try:
        update = telegram.parse(body, at)
    except Malformed as problem:
        reason = str(problem)
        return lambda session, here: turns.quarantine(
            session, here.keys, Provider.TELEGRAM.value, reason, clean(body.decode("utf-8", "replace")[:_KEPT]), at
        )
    inbound, more = update.inbound, update.more

    def take(session: Session, here: Installation) -> After | None:
        if inbound is not None:
            receive(session, here, inbound)
        match more:
            case Blocked(account):
                outbox.block(session, here.keys, Provider.TELEGRAM.value, account)
                return None
            case Listen() as listen:
                is_first = turns.is_new(session, Provider.TELEGRAM.value, "listen", str(listen.update), at)
                return _spoken(session, here, listen) if is_first else None
            case Group(chat) if not turns.is_new(session, Provider.TELEGRAM.value, "group", str(chat), at):
                return None  # it was told already
        return more

    return take


def _spoken(session: Session, here: Installation, listen: Listen) -> Spoken:
    """What that message says; nothing when it is none of ours."""
    name = f"{listen.chat}:{listen.message}"
    found = conversations.sent_as(session, here.keys, Provider.TELEGRAM.value, name)
    if found is None:
        return Spoken(listen, SOURCE, "", (), here.wording_of(here.form))
    entry, talk = found
    wording = here.wording_of(here.form_of(session, talk.form))
    choices = (label for label, data in json.loads(entry.buttons or "[]") if data != LISTEN)
    body = "\n".join((entry.body, *choices))
    return Spoken(listen, talk.language, body, load_prompts(entry.prompts), wording)


async def follow(sender: TelegramSender, here: Installation, after: After) -> None:
    """Take used buttons away, play a message, say in a group that we talk in private. What fails here does no harm."""
    try:
        match after:
            case Press():
                await sender.acknowledge(after)
            case Spoken(listen, language, body, prompts, wording):
                sound = await asyncio.to_thread(listening.sound, here, language, body, prompts, wording)
                await sender.speak(listen.query, listen.chat, sound)
            case Group(chat):
                words = here.wording_of(here.form).text(Prompt("chat.private"), SOURCE)
                await sender.tell(chat, words)
    except SendError as problem:
        log.info("not_followed", extra={"code": problem.code})
