"""What Twilio remembers of our account: what came in (so that nothing is missed), and what is old enough to be deleted.

Read by its own SDK and turned into the form that a webhook would have brought, so that there is one way of reading it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from channels import twilio, voice
from channels.base import Inbound, Malformed, SendError
from channels.twilio_client import TwilioClient

_MOST = 1000  # at once; the next look finds the rest
_OVER = ("completed", "busy", "failed", "no-answer", "canceled")

Kind = Literal["message", "call"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A record at the provider."""

    kind: Kind
    provider_id: str
    at: datetime


class TwilioHistory:
    def __init__(self, client: TwilioClient) -> None:
        self._client = client

    async def messages(self, since: datetime) -> list[Inbound]:
        """Texts and WhatsApp messages that families sent since then, the oldest first. Raises `SendError`."""
        found = await self._client.call(lambda client: client.messages.list(date_sent_after=since, limit=_MOST))
        told = [each for each in found if each.direction == "inbound"]
        return [each for each in [await self._message(one) for one in _by_time(told, "date_sent")] if each is not None]

    async def calls(self, since: datetime) -> list[Inbound]:
        """Calls that came in since then and are over, the oldest first. Raises `SendError`."""
        found = await self._client.call(lambda client: client.calls.list(start_time_after=since, limit=_MOST))
        told = [each for each in found if each.direction == "inbound" and each.status in _OVER]
        return list(filter(None, map(_call, _by_time(told, "start_time"))))

    async def older_than(self, before: datetime, most: int) -> list[Kept]:
        """Records that are older. Raises `SendError`."""
        messages = await self._client.call(lambda client: client.messages.list(date_sent_before=before, limit=most))
        calls = await self._client.call(lambda client: client.calls.list(start_time_before=before, limit=most))
        texts = (Kept("message", str(each.sid), each.date_sent) for each in messages if each.date_sent)
        kept = (*texts, *(Kept("call", str(each.sid), each.start_time) for each in calls if each.start_time))
        return [each for each in kept if each.at < before]  # the provider reckons in whole days

    async def delete(self, kept: Kept) -> None:
        """Body, media and record. Raises `SendError`; one that is gone already is no error."""
        of = "messages" if kept.kind == "message" else "calls"
        try:
            await self._client.call(lambda client: _delete(getattr(client, of)(kept.provider_id)))
        except SendError as problem:
            if problem.code != "not_there":
                raise

    async def _message(self, told: Any) -> Inbound | None:
        """None for one that no webhook of ours would take either."""
        count = int(told.num_media or 0)
        media = await self._client.call(lambda client: client.messages(told.sid).media.list()) if count else []
        fields = {"MessageSid": told.sid, "From": told.from_, "To": told.to, "Body": told.body or ""}
        fields["NumMedia"] = str(len(media))
        for place, each in enumerate(media):
            fields[f"MediaUrl{place}"] = f"/Accounts/{self._client.account}/Messages/{told.sid}/Media/{each.sid}"
            fields[f"MediaContentType{place}"] = each.content_type
        try:
            return twilio.parse(list(fields.items()), told.date_sent)
        except Malformed:
            return None


def _delete(record: Any) -> None:
    for each in record.media.list() if hasattr(record, "media") else ():
        each.delete()
    record.delete()


def _call(told: Any) -> Inbound | None:
    try:
        return voice.parse_call([("CallSid", told.sid), ("From", told._from), ("To", told.to)], told.start_time)
    except Malformed:
        return None


def _by_time(records: list[Any], name: str) -> Iterator[Any]:
    """The oldest first; the provider gives the newest first and reckons in whole seconds."""
    dated = [each for each in reversed(records) if getattr(each, name)]
    return iter(sorted(dated, key=lambda each: getattr(each, name)))
