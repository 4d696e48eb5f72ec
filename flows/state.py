"""Where one conversation stands: a value that goes to JSON and back at every turn.

One upgrade function per version lives in `_UPGRADES`; an old State is upgraded when it is read.
"""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from flows.answers import Answer

VERSION = 1
FAMILY = "family"
CHILD = "child"


class Status(StrEnum):
    """Who has the word. In WITH_DESK the bot is silent; in WAITING it answers only a few commands."""

    WITH_BOT = "with_bot"
    WAITING = "waiting"
    WITH_DESK = "with_desk"
    CLOSED = "closed"


class Child(BaseModel):
    """One child of the request. Ids are 1, 2, … in order of asking, stable and never used again."""

    model_config = ConfigDict(frozen=True)

    id: int
    answers: dict[str, Answer] = {}
    registered: str = ""  # "", ticket, draft, complete: what storage was asked to keep last


class State(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int = 1  # not VERSION: what is not said in JSON stays what it was; whoever makes a State says VERSION
    form: str  # the form's hash
    language: str
    status: Status = Status.WITH_BOT
    asked_on: str  # the local day of the first message, ISO 8601
    family: dict[str, Answer] = {}
    children: tuple[Child, ...] = ()
    path: tuple[tuple[str, str], ...] = ()  # what was answered, oldest first: ("family" | child id, key)
    asking: str = ""  # the key that waits for an answer, "" when none
    child: int = 0  # the child the question is about, 0 when it is about the family
    misses: int = 0  # answers in a row that were not understood
    silences: int = 0  # the same for silence on the phone
    asides: tuple[str, ...] = ()  # questions outside the order that wait for an answer, the next one first
    page: int = 0  # of a list that is too long to be offered at once
    keyed: tuple[str, ...] = ()  # keys pressed so far of an answer that takes several entries
    is_hidden: bool = False  # whoever writes or calls shows no number (Telegram shows none): it is asked for one
    informed: tuple[str, ...] = ()  # the subjects that were told
    listed: int = 0  # places of childcare in the town that was asked about, while they are told
    places: tuple[str, ...] = ()  # postcodes to choose from, when a name has several
    held: dict[str, Answer] = {}  # read from an opening message, counts only after it was confirmed
    ticket: bool = False  # a call-back ticket was registered before anything about a child was known
    texted: tuple[int, ...] = ()  # the children whose numbers a caller has had as a text message
    done: bool = False  # the goodbye was said
    asked_for_by: str = ""  # who filed this for the family, as the family knows them
    about: str = ""  # what we asked about on our own account, as long as that may be answered

    def answers_of(self, child: int) -> dict[str, Answer]:
        """Family and child answers together, as rules read them."""
        return {**self.family, **self.children[child - 1].answers} if child else dict(self.family)


def dump(state: State) -> str:
    return state.model_dump_json(exclude_defaults=True)


def load(text: str) -> State:
    """The State kept as JSON, upgraded to this version. Raises `ValueError` when it is newer than this code."""
    raw = json.loads(text)
    for version in range(raw.get("version", 1), VERSION):
        raw = _UPGRADES[version](raw)
    if raw.get("version", VERSION) > VERSION:
        raise ValueError(f"a conversation of version {raw['version']}: this code knows {VERSION}; upgrade it")
    return State.model_validate(raw)


_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From version n to n + 1. The first one is written together with version 2."""
