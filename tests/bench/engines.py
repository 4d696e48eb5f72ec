"""A turn without a database: our engine; python-telegram-bot's ConversationHandler and a FLOIP flow on its questions.

Ours reads each answer in the family's language, derives categories, writes what the family gets, and goes to JSON and
back at every turn. The other one matches a pattern, keeps the text and names the next state; what it persists it writes
once a minute when left alone, or, to lose nothing, the whole file after each message. `@floip/flow-runner` goes to
JSON and back at every turn as ours does, chooses among the same options, and understands nothing either.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationBuilder, ContextTypes, ConversationHandler, MessageHandler, filters
from telegram.ext import PicklePersistence as Persistence

from channels import twilio
from flows.desk import Desk
from intake import installation
from intake.installation import Installation
from storage.keys import Keys
from tests.bench import flows
from tests.bench.baselines import bare
from tests.faults.families import OURS, SCRIPT
from tests.faults.provider import Provider

_FAMILIES = 100
_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
_ids = count(1)


@dataclass(frozen=True)
class Speeds:
    """Turns a second."""

    ours: float
    handler: float
    handler_kept: float
    flow_runner: float | None  # None: no Node here


def compare() -> Speeds:
    found = flows.turns_a_second(_installation().form, SCRIPT, _FAMILIES)
    return Speeds(_ours(), asyncio.run(_handler(keep=False)), asyncio.run(_handler(keep=True)), found)


def _ours() -> float:
    here = _installation()
    take = bare(here, Desk(here.rules, here.words, here.places))

    def tell(family: int, text: str) -> None:
        form = [
            ("MessageSid", f"SM{next(_ids):032x}"), ("From", f"+3247{family:07d}"), ("To", OURS), ("Body", text),
            ("NumMedia", "0"),
        ]  # fmt: skip
        take(twilio.parse(form, _AT))

    for text in SCRIPT:  # makes the tables
        tell(0, text)
    began = time.perf_counter()
    for family in range(1, _FAMILIES + 1):
        for text in SCRIPT:
            tell(family, text)
    return _FAMILIES * len(SCRIPT) / (time.perf_counter() - began)


def _installation() -> Installation:
    with tempfile.TemporaryDirectory() as folder:
        return installation.load(Keys.create(Path(folder) / "keys.json"), "https://loket.example")


async def _handler(*, keep: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, Provider(0, 0) as provider:
        persistence = Persistence(Path(folder) / "kept", update_interval=60)
        app: Application[Any, Any, Any, Any, Any, Any] = (
            ApplicationBuilder().token("1:token").base_url(f"{provider.origin}/bot").persistence(persistence).build()
        )
        app.add_handler(_questions())
        async with app:
            began = time.perf_counter()
            for family in range(1, _FAMILIES + 1):
                for text in SCRIPT:
                    await app.process_update(_update(app, family, text))
                    if keep:
                        await app.update_persistence()
            seconds = time.perf_counter() - began
            assert all(len(answers) == len(SCRIPT) - 1 for answers in app.user_data.values())
            assert len(app.user_data) == _FAMILIES
    return _FAMILIES * len(SCRIPT) / seconds


def _questions() -> "ConversationHandler[ContextTypes.DEFAULT_TYPE]":
    answer = filters.Regex(r"^\S.*$")
    states = {place: [MessageHandler(answer, partial(_answered, place=place))] for place in range(1, len(SCRIPT))}
    return ConversationHandler([MessageHandler(answer, _begin)], states, [], name="questions", persistent=True)


async def _begin(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    return 1


async def _answered(update: Update, context: ContextTypes.DEFAULT_TYPE, *, place: int) -> int:
    assert update.message is not None and context.user_data is not None
    context.user_data[place] = update.message.text
    return place + 1 if place + 1 < len(SCRIPT) else ConversationHandler.END


def _update(app: "Application[Any, Any, Any, Any, Any, Any]", family: int, text: str) -> Update:
    message = {
        "message_id": next(_ids), "date": 1_772_442_000, "text": text, "chat": {"id": family, "type": "private"},
        "from": {"id": family, "is_bot": False, "first_name": "N"},
    }  # fmt: skip
    return Update.de_json({"update_id": next(_ids), "message": message}, app.bot)
