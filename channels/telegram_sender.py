"""Sends by python-telegram-bot's `Bot`, takes used buttons away, and asks for updates where there is no webhook.

Telegram tells nothing about a message afterwards and cannot be asked for one: a message whose answer was lost may
arrive twice, and is never lost.
"""

import asyncio
import os
from datetime import datetime
from typing import Any

from channels.base import SHARE_NUMBER, Outgoing, SendError, Sent
from channels.media import LARGEST, checked
from channels.telegram import Press

ORIGIN = "https://api.telegram.org"
LONGEST_TEXT = 4096  # characters, Telegram's limit
TIMEOUT = 10.0  # seconds
_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
_POLL = 25  # seconds that Telegram holds an answer back until there is something


class TelegramSender:
    """One bot. `origin`: another one than Telegram's, and `timeout` a shorter one, for tests."""

    def __init__(self, token: str, origin: str = "", timeout: float = TIMEOUT) -> None:
        self._token, self._origin, self._timeout = token, origin, timeout
        self._bot: Any = None
        self._lock = asyncio.Lock()

    async def send(self, outgoing: Outgoing) -> Sent:
        """Hand one message to Telegram. Raises `SendError`."""
        if not 1 <= len(outgoing.text) <= LONGEST_TEXT:
            raise SendError("wrong_length")
        bot = await self._ready()
        sent = await _asked(bot.send_message(int(outgoing.to), outgoing.text, reply_markup=_keyboard(outgoing)))
        return Sent(f"{outgoing.to}:{sent.message_id}")

    async def find(self, outgoing: Outgoing, since: datetime) -> tuple[Sent, ...]:
        """Telegram has no way to look."""
        return ()

    async def acknowledge(self, press: Press) -> None:
        """The button stops turning and its message loses all of them. Raises `SendError`."""
        bot = await self._ready()
        await _asked(bot.answer_callback_query(press.query))
        await _asked(bot.edit_message_reply_markup(press.chat, press.message, reply_markup=None))

    async def speak(self, query: str, chat: int, sound: bytes) -> None:
        """Play this sound (MP3) to who pressed a button for it. Raises `SendError`."""
        bot = await self._ready()
        await _asked(bot.answer_callback_query(query))
        if sound:
            await _asked(bot.send_audio(chat, sound, filename="luister.mp3", title="luister"))

    async def tell(self, chat: int, text: str) -> None:
        """A word to a group, outside every conversation. Raises `SendError`."""
        bot = await self._ready()
        await _asked(bot.send_message(chat, text))

    async def fetch(self, recording_id: str) -> tuple[bytes, str]:
        """A voice note or a picture, and its media type; nothing else is kept. Raises `SendError`."""
        bot = await self._ready()
        file = await _asked(bot.get_file(recording_id))
        if (file.file_size or 0) > LARGEST:
            raise SendError("too_large")
        return checked(bytes(await _asked(file.download_as_bytearray(read_timeout=self._timeout))))

    async def delete(self, recording_id: str) -> None:
        """Telegram lets nobody delete a file; it lives in the family's own conversation."""

    async def set_webhook(self, url: str, secret: str) -> None:
        """Updates come to `url` from now on. Raises `SendError`."""
        bot = await self._ready()
        await _asked(bot.set_webhook(url, secret_token=secret, allowed_updates=_UPDATES))

    async def webhook(self) -> tuple[str, str]:
        """The address that updates go to, "" without one, and what last went wrong there. Raises `SendError`."""
        bot = await self._ready()
        found = await _asked(bot.get_webhook_info())
        return found.url or "", found.last_error_message or ""

    async def updates(self, offset: int) -> list[tuple[int, bytes]]:
        """What came from `offset` on: (update_id, JSON); waits for it a while. Raises `SendError`."""
        bot = await self._ready()
        found = await _asked(bot.get_updates(offset, timeout=_POLL, allowed_updates=_UPDATES, read_timeout=_POLL + 5))
        return [(each.update_id, each.to_json().encode()) for each in found]

    async def delete_webhook(self) -> None:
        """Updates wait to be asked for. Raises `SendError`."""
        bot = await self._ready()
        await _asked(bot.delete_webhook())

    async def close(self) -> None:
        """Leave no connection behind."""
        if self._bot is not None:
            await self._bot.shutdown()
            self._bot = None

    async def _ready(self) -> Any:
        async with self._lock:
            if self._bot is None:
                os.environ.setdefault("PTB_TIMEDELTA", "1")  # what a later version gives anyway
                from telegram import Bot  # heavy, and only a sender needs it
                from telegram.request import HTTPXRequest

                request = HTTPXRequest(
                    read_timeout=self._timeout, write_timeout=self._timeout, connect_timeout=self._timeout
                )
                where = self._origin or ORIGIN
                bot = Bot(self._token, f"{where}/bot", f"{where}/file/bot", request)
                await _asked(bot.initialize())
                self._bot = bot
        return self._bot


def _keyboard(outgoing: Outgoing) -> Any:
    if not outgoing.buttons:
        return None
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

    if outgoing.buttons[0].data == SHARE_NUMBER:
        keys = [[KeyboardButton(each.label, request_contact=True)] for each in outgoing.buttons]
        return ReplyKeyboardMarkup(keys, resize_keyboard=True, one_time_keyboard=True)
    rows = [[InlineKeyboardButton(each.label, callback_data=each.data)] for each in outgoing.buttons]
    return InlineKeyboardMarkup(rows)


async def _asked(work: Any) -> Any:
    """What the bot was asked to do. Its errors in our vocabulary: one table for all of them."""
    from telegram import error

    try:
        return await work
    except error.RetryAfter as problem:
        wait = problem.retry_after
        raise SendError(
            "too_fast", retryable=True, wait=wait if isinstance(wait, int) else wait.total_seconds()
        ) from None
    except error.Forbidden:
        raise SendError("blocked") from None
    except error.BadRequest as problem:
        raise SendError("not_there" if "not found" in problem.message.lower() else "refused") from None
    except error.InvalidToken:
        raise SendError("wrong_token") from None
    except error.NetworkError:  # also a timeout and a 5xx: nobody knows
        raise SendError("unreachable", uncertain=True) from None
    except error.TelegramError:
        raise SendError("refused") from None
