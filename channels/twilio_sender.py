"""Sends text and WhatsApp messages by Twilio's own SDK, and finds out whether an uncertain one was taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from channels.base import Outgoing, SendError, Sent
from channels.twilio import WHATSAPP
from channels.twilio_client import TwilioClient
from flows.events import Channel

LONGEST_TEXT = 1600  # characters, Twilio's limit


@dataclass(frozen=True, slots=True)
class Number:
    """How one number stands at Twilio. `can`: sms, voice, mms; the addresses that messages and calls go to."""

    can: frozenset[str]
    texts_to: str = ""
    calls_to: str = ""
    fallback: str = ""  # what callers get while we are down


class TwilioSender:
    """`callback`: where Twilio reports what became of a message; `templates`: of the notice, by language."""

    def __init__(
        self, client: TwilioClient, callback: str, templates: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._client, self._callback, self._templates = client, callback, templates

    async def send(self, outgoing: Outgoing) -> Sent:
        """Hand one message to Twilio. Raises `SendError`."""
        if not 1 <= len(outgoing.text) <= LONGEST_TEXT:
            raise SendError("wrong_length")
        template = self._templates.get(outgoing.notice) if outgoing.channel is Channel.WHATSAPP else None
        says = {"content_sid": template} if template else {"body": outgoing.text}
        message = await self._client.call(
            lambda client: client.messages.create(
                to=_at(outgoing, outgoing.to),
                from_=_at(outgoing, outgoing.sender),
                status_callback=self._callback,
                **says,
            )
        )
        return Sent(str(message.sid))

    async def find(self, outgoing: Outgoing, since: datetime) -> tuple[Sent, ...]:
        """The same text to the same number since then, the oldest first. Raises `SendError`."""
        found = await self._client.call(
            lambda client: client.messages.list(
                to=_at(outgoing, outgoing.to), from_=_at(outgoing, outgoing.sender), date_sent_after=since, limit=50
            )
        )
        return tuple(Sent(str(each.sid)) for each in reversed(found) if each.body == outgoing.text)  # newest first

    async def numbers(self) -> dict[str, Number]:
        """The account's numbers. Raises `SendError`."""
        found = await self._client.call(lambda client: client.incoming_phone_numbers.list())
        return {
            str(each.phone_number): Number(
                frozenset(name for name, can in dict(each.capabilities or {}).items() if can),
                each.sms_url or "", each.voice_url or "", each.voice_fallback_url or "",
            )
            for each in found
        }  # fmt: skip


def _at(outgoing: Outgoing, number: str) -> str:
    return f"{WHATSAPP}{number}" if outgoing.channel is Channel.WHATSAPP else number
