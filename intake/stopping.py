"""Being told to end: what was begun is finished first, so that no message is left half sent."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

Ended = Callable[[], bool]
Work = Coroutine[Any, Any, None]
_LOOK = 0.25  # seconds
_FINISH_WITHIN = 15.0  # seconds: longer than any send takes, shorter than a supervisor waits


async def until_told(begin: Callable[[Ended], Sequence[Work]]) -> None:
    """All of these at once, each of which ends by itself after a signal."""
    told = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, told.set)
    await asyncio.gather(*begin(told.is_set))


async def pause(seconds: float, ended: Ended) -> None:
    """Between two rounds; no longer than until the end."""
    until = time.monotonic() + seconds
    while not ended() and (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(left, _LOOK))


def on_signal(end: Callable[[], None]) -> None:
    """For uvicorn, which raises once more what ended it: left to itself that kills who still works beside it."""
    signal.signal(signal.SIGTERM, lambda *_: end())


async def beside(serving: Work, others: Sequence[Work], soon: Work) -> None:
    """`others` end by themselves with `serving`, or are cut off after a while; `soon` is not waited for."""
    working, preparing = [asyncio.create_task(each) for each in others], asyncio.create_task(soon)
    await serving
    preparing.cancel()
    if working:
        await asyncio.wait(working, timeout=_FINISH_WITHIN)
    for each in working:
        each.cancel()
        with suppress(asyncio.CancelledError):
            await each
