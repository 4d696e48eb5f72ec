"""One update of Telegram, whether it was brought (webhook) or fetched (`telegram poll`)."""

import logging
from collections.abc import Callable
from datetime import datetime

from channels import telegram
from channels.base import Malformed, Provider, SendError, clean
from channels.telegram import Blocked, Group, Press
from channels.telegram_sender import TelegramSender
from flows.desk import SOURCE
from flows.events import Prompt
from intake.conversations import receive
from intake.installation import Installation
from storage import outbox, turns
from storage.database import Session

log = logging.getLogger("intake.telegram")
_KEPT = 16_384  # characters of what could not be read
After = Press | Group
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
            case Group(chat) if not turns.is_new(session, Provider.TELEGRAM.value, "group", str(chat), at):
                return None  # it was told already
        return more

    return take


async def follow(sender: TelegramSender, here: Installation, after: After) -> None:
    """Take the buttons away that were used; say in a group that we talk in private. What fails here does no harm."""
    try:
        match after:
            case Press():
                await sender.acknowledge(after)
            case Group(chat):
                words = here.wording_of(here.form).text(Prompt("chat.private"), SOURCE)
                await sender.tell(chat, words)
    except SendError as problem:
        log.info("not_followed", extra={"code": problem.code})
