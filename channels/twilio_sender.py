"""Sends text messages by Twilio's own SDK, and finds out whether an uncertain one was taken."""

import asyncio
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from channels.base import Outgoing, SendError, Sent
from channels.twilio import ERRORS

TIMEOUT = 10.0  # seconds; the SDK has none of its own
LONGEST_TEXT = 1600  # characters, Twilio's limit
_TOO_FAST = (429,)


class TwilioSender:
    """`origin`: another one than Twilio's, for tests. `callback`: where Twilio reports what became of a message."""

    def __init__(self, account_sid: str, auth_token: str, callback: str, origin: str = "") -> None:
        self._account, self._token, self._callback, self._origin = account_sid, auth_token, callback, origin

    async def send(self, outgoing: Outgoing) -> Sent:
        """Hand one message to Twilio. Raises `SendError`."""
        if not 1 <= len(outgoing.text) <= LONGEST_TEXT:
            raise SendError("wrong_length")
        message = await self._call(
            lambda client: client.messages.create(
                to=outgoing.to, from_=outgoing.sender, body=outgoing.text, status_callback=self._callback
            )
        )
        return Sent(str(message.sid))

    async def find(self, outgoing: Outgoing, since: datetime) -> Sent | None:
        """The same text to the same number since then, if Twilio took it. Raises `SendError`."""
        found = await self._call(
            lambda client: client.messages.list(to=outgoing.to, from_=outgoing.sender, date_sent_after=since, limit=50)
        )
        return next((Sent(str(each.sid)) for each in found if each.body == outgoing.text), None)

    async def numbers(self) -> dict[str, frozenset[str]]:
        """The account's numbers, each with what it can do: sms, voice, mms. Raises `SendError`."""
        found = await self._call(lambda client: client.incoming_phone_numbers.list())
        return {
            str(each.phone_number): frozenset(name for name, can in dict(each.capabilities or {}).items() if can)
            for each in found
        }

    async def _call(self, work: Any) -> Any:
        from requests.exceptions import ConnectTimeout, RequestException  # heavy, and only a sender needs them
        from twilio.base.exceptions import TwilioException, TwilioRestException

        try:
            return await asyncio.to_thread(lambda: work(self._client))
        except TwilioRestException as refused:
            raise _refusal(refused.status, refused.code) from None
        except ConnectTimeout:
            raise SendError("unreachable", retryable=True) from None
        except (RequestException, TwilioException):
            raise SendError("unreachable", uncertain=True) from None

    @cached_property
    def _client(self) -> Any:
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        origin = self._origin

        class _Http(TwilioHttpClient):  # type: ignore[misc]
            """The SDK's own client; only the origin changes, where one was given."""

            def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
                return super().request(method, _elsewhere(url, origin), *args, **more)

        return Client(self._account, self._token, http_client=_Http(timeout=TIMEOUT))


def _refusal(status: int, code: int | None) -> SendError:
    """429: nothing was taken, later again. 5xx: nobody knows. Any other: final, for staff to see."""
    if status in _TOO_FAST:
        return SendError("too_fast", retryable=True)
    if status >= 500:
        return SendError("unreachable", uncertain=True)
    return SendError(ERRORS.get(str(code), "refused"))


def _elsewhere(url: str, origin: str) -> str:
    if not origin:
        return url
    here, there = urlsplit(url), urlsplit(origin)
    return urlunsplit((there.scheme, there.netloc, here.path, here.query, ""))
