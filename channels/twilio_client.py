"""Twilio's own SDK, with the timeout it lacks, its errors in our vocabulary, and another origin for tests."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from channels.base import SendError
from channels.twilio import ERRORS

TIMEOUT = 10.0  # seconds; the SDK has none of its own
ORIGIN = "https://api.twilio.com"
_MEDIA_HOSTS = ("mms.twiliocdn.com", "media.twiliocdn.com", "s3-external-1.amazonaws.com")  # whole names, never a part
_TOO_FAST = (429,)
_AT_ONCE = 32  # requests


class TwilioClient:
    """One account. `origin`: another one than Twilio's, and `timeout` a shorter one, for tests."""

    def __init__(self, account_sid: str, auth_token: str, origin: str = "", timeout: float = TIMEOUT) -> None:
        self.account, self._token, self._origin, self._timeout = account_sid, auth_token, origin, timeout

    async def call(self, work: Callable[[Any], Any]) -> Any:
        """`work` with the SDK's client, in a thread. Raises `SendError`."""
        from requests.exceptions import ConnectTimeout, RequestException  # heavy, and only a sender needs them
        from twilio.base.exceptions import TwilioException, TwilioRestException

        try:
            return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: work(self._client))
        except TwilioRestException as refused:
            raise _refusal(refused.status, refused.code) from None
        except ConnectTimeout:
            raise SendError("unreachable", retryable=True) from None
        except (RequestException, TwilioException, ValueError):  # the last: an answer that is no JSON
            raise SendError("unreachable", uncertain=True) from None

    async def download(self, path: str, most: int) -> bytes:
        """A file of this account, from Twilio's own host alone. Raises `SendError`, also for over `most` bytes."""
        return await asyncio.to_thread(self._download, path, most)

    def _download(self, path: str, most: int) -> bytes:
        import requests  # heavy, and only a sender needs it

        url = f"{self._origin or ORIGIN}/2010-04-01/Accounts/{self.account}{path}"
        try:
            with self._open(requests, url, (self.account, self._token)) as answer:
                if answer.is_redirect:  # media lie at a host of their own
                    with self._open(requests, self._allowed(answer.headers.get("Location", "")), None) as there:
                        return _read(there, most)
                return _read(answer, most)
        except requests.exceptions.RequestException:
            raise SendError("unreachable", retryable=True) from None

    def _open(self, requests: Any, url: str, auth: tuple[str, str] | None) -> Any:
        plain = {"Accept-Encoding": "identity"}  # nothing small that opens to something huge
        return requests.get(url, auth=auth, headers=plain, timeout=self._timeout, stream=True, allow_redirects=False)

    def _allowed(self, url: str) -> str:
        parts, ours = urlsplit(url), urlsplit(self._origin)
        is_twilio = parts.scheme == "https" and parts.netloc in _MEDIA_HOSTS
        if not is_twilio and not (self._origin and (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc)):
            raise SendError("refused")
        return url

    @cached_property
    def _client(self) -> Any:
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        origin = self._origin

        class _Http(TwilioHttpClient):  # type: ignore[misc]
            """The SDK's own client; only the origin changes, where one was given."""

            def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
                return super().request(method, _elsewhere(url, origin), *args, **more)

        return Client(self.account, self._token, http_client=_Http(timeout=self._timeout))


@cache
def _threads() -> ThreadPoolExecutor:
    """The SDK waits for each answer: with as many threads as cores, a burst of messages would queue for minutes."""
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="twilio")


def _read(answer: Any, most: int) -> bytes:
    if answer.status_code != 200:
        raise _refusal(answer.status_code, None)
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise SendError("refused")
    content = bytearray()
    for piece in answer.iter_content(64 * 1024):
        content += piece
        if len(content) > most:
            raise SendError("too_large")
    return bytes(content)


def _refusal(status: int, code: int | None) -> SendError:
    """429: nothing was taken, later again. 5xx: nobody knows. Any other: final, for staff to see."""
    if status in _TOO_FAST:
        return SendError("too_fast", retryable=True)
    if status >= 500:
        return SendError("unreachable", uncertain=True)
    return SendError("not_there" if status == 404 else ERRORS.get(str(code), "refused"))


def _elsewhere(url: str, origin: str) -> str:
    if not origin:
        return url
    here, there = urlsplit(url), urlsplit(origin)
    return urlunsplit((there.scheme, there.netloc, here.path, here.query, ""))
