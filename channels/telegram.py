"""Telegram's updates: is it really Telegram, and what does it tell us. Sending is `telegram_sender.py`.

Read from plain JSON and not by the library's types: those cost a web process 37 MB and raise on what an attacker
sends. The tests hold both to the same updates. Source: Telegram's "Bot API", Update, Message, CallbackQuery.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from channels.base import EDIT, LISTEN, Attachment, Inbound, Malformed, Provider, clean, pressed
from flows.events import Channel, Contact, Input, Option, Text

LARGEST_UPDATE = 256 * 1024  # bytes
_LONGEST_TEXT = 10_000  # characters; Telegram's own limit is 4,096
_LARGEST_ID = 2**52  # "at most 52 significant bits", and what a database keeps
_MEDIA = ("voice", "audio", "photo", "video", "video_note", "document", "sticker", "animation")
_KINDS = {"photo": "image/jpeg", "voice": "audio/ogg", "video": "video/mp4", "video_note": "video/mp4"}
_WORDLESS = ("contact", "location", "venue", "poll", "dice", "game", "story")  # noted that it came, never what it says
_LONGEST_LABEL = 100
_GREETING = Option("", "")  # a button of no question: whoever is in the middle of one hears it again


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: the question to acknowledge, and the message whose buttons are to go."""

    query: str
    chat: int
    message: int


@dataclass(frozen=True, slots=True)
class Listen:
    """Somebody wants to hear a message of ours."""

    update: int
    query: str
    chat: int
    message: int


@dataclass(frozen=True, slots=True)
class Group:
    """A group or channel that our bot was taken into: there we say one thing only."""

    chat: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """Who wants to hear nothing of us here any more."""

    account: str


@dataclass(frozen=True, slots=True)
class Update:
    """One update. `inbound`: None where no family said anything; `more`: what else there is to do about it."""

    inbound: Inbound | None
    more: Press | Listen | Group | Blocked | None = None


def is_secret(given: str | None, secret: str) -> bool:
    """Whether `X-Telegram-Bot-Api-Secret-Token` is ours, to the letter."""
    return bool(secret) and given is not None and hmac.compare_digest(given.encode(), secret.encode())


def parse(body: bytes, at: datetime) -> Update:
    """One update. Raises `Malformed` on what Telegram would not send; every other kind of update is nothing to us."""
    if len(body) > LARGEST_UPDATE:
        raise Malformed("the update is too large")
    try:
        update = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Malformed("the update is no JSON") from None
    if not isinstance(update, dict):
        raise Malformed("the update is no object")
    id_ = _whole(update, "update_id")
    for kind in ("message", "edited_message"):
        if kind in update:
            return _message(_object(update, kind), id_, at, EDIT if kind == "edited_message" else "update")
    if "callback_query" in update:
        return _press(_object(update, "callback_query"), id_, at)
    if "my_chat_member" in update:
        return _membership(_object(update, "my_chat_member"))
    return Update(None)


def _membership(change: Mapping[str, Any]) -> Update:
    """Somebody blocked our bot, or took it into a group."""
    chat, status = _whole(_object(change, "chat"), "id"), _object(change, "new_chat_member").get("status")
    if status in ("kicked", "left"):
        return Update(None, Blocked(str(chat))) if _is_private(change) else Update(None)
    return Update(None) if _is_private(change) else Update(None, Group(chat))


def _message(message: Mapping[str, Any], id_: int, at: datetime, kind: str) -> Update:
    if not _is_private(message):
        return Update(None, Group(_whole(_object(message, "chat"), "id"))) if _is_to_us(message) else Update(None)
    sender = _object(message, "from")
    if sender.get("is_bot") is True:  # two bots would go on for ever
        return Update(None)
    attachments = tuple(each for media in _MEDIA if (each := _attachment(message, media)) is not None)
    attachments += tuple(Attachment("", each) for each in _WORDLESS if each in message)
    given, desk = _given(message, _whole(sender, "id"))
    if isinstance(given, Contact):
        attachments = ()
    if given is None:
        if not attachments:
            return Update(None)  # a pinned message, a changed photograph: nobody said anything
        given = Text("")
    album = clean(str(message.get("media_group_id", "")))[:64]
    found = _inbound(id_, kind, _whole(sender, "id"), desk, at, given, attachments)
    return Update(replace(found, album=album) if album else found)


def _is_to_us(message: Mapping[str, Any]) -> bool:
    """In a group a bot is spoken to by a command."""
    text = message.get("text")
    return isinstance(text, str) and text.startswith("/")


def _given(message: Mapping[str, Any], sender: int) -> tuple[Input | None, str]:
    """What was sent, and the desk that a deep link named."""
    text = message.get("text", message.get("caption"))
    if isinstance(text, str):
        text = clean(text[:_LONGEST_TEXT])
        if text.startswith("/"):
            return _command(text)
        return Text(text), ""
    if "contact" in message:
        contact = _object(message, "contact")
        number = contact.get("phone_number")
        if contact.get("user_id") == sender and isinstance(number, str):
            return Contact(f"+{clean(number).lstrip('+')}"), ""
    return None, ""


def _command(text: str) -> tuple[Input, str]:
    """`/start gent` is a greeting at that desk; any other command is its word."""
    word, _, rest = text[1:].partition(" ")
    word = word.partition("@")[0]
    return (_GREETING, rest.strip()[:64]) if word == "start" else (Text(f"{word} {rest}".strip()), "")


def _press(query: Mapping[str, Any], id_: int, at: datetime) -> Update:
    sender, data, name = _whole(_object(query, "from"), "id"), query.get("data"), query.get("id")
    if not isinstance(data, str) or not isinstance(name, str):
        return Update(None)
    message = query.get("message")
    if not isinstance(message, dict) or not _is_private(message):
        return Update(None)
    if data == LISTEN:
        chat = _whole(_object(message, "chat"), "id")
        return Update(None, Listen(id_, clean(name)[:64], chat, _whole(message, "message_id")))
    press = Press(clean(name)[:64], _whole(_object(message, "chat"), "id"), _whole(message, "message_id"))
    inbound = _inbound(id_, "update", sender, "", at, pressed(data), (), _label(message, data))
    return Update(inbound, press)


def _label(message: Mapping[str, Any], data: str) -> str:
    """What stood on the button."""
    rows = message.get("reply_markup", {})
    rows = rows.get("inline_keyboard", []) if isinstance(rows, dict) else []
    buttons = (each for row in rows if isinstance(row, list) for each in row if isinstance(each, dict))
    found = (each.get("text") for each in buttons if each.get("callback_data") == data)
    label = next((each for each in found if isinstance(each, str)), "")
    return clean(label)[:_LONGEST_LABEL]


def _attachment(message: Mapping[str, Any], kind: str) -> Attachment | None:
    found = message.get(kind)
    if isinstance(found, list):  # a picture in several sizes, the largest last
        found = found[-1] if found else None
    if not isinstance(found, dict) or not isinstance(found.get("file_id"), str):
        return None
    media_type = found.get("mime_type", _KINDS.get(kind, kind))
    return Attachment(clean(found["file_id"])[:200], clean(str(media_type))[:80])


def _inbound(
    id_: int,
    kind: str,
    sender: int,
    desk: str,
    at: datetime,
    given: Input,
    attachments: tuple[Attachment, ...],
    shown: str = "",
) -> Inbound:
    return Inbound(
        provider=Provider.TELEGRAM, kind=kind, id=str(id_), channel=Channel.TELEGRAM, sender=str(sender),
        recipient=desk, at=at, input=given, attachments=attachments, shown=shown,
    )  # fmt: skip


def _is_private(message: Mapping[str, Any]) -> bool:
    return _object(message, "chat").get("type") == "private"


def _object(outer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = outer.get(name)
    if not isinstance(found, dict):
        raise Malformed(f"{name} is missing or no object")
    return found


def _whole(outer: Mapping[str, Any], name: str) -> int:
    found = outer.get(name)
    if type(found) is not int or abs(found) > _LARGEST_ID:
        raise Malformed(f"{name} is missing or no whole number that fits")
    return found
