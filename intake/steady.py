"""Whether the system's clock goes on as time does. It is set by hand, by NTP after an outage, when a machine wakes up.

For a while after a jump the end of a lease says nothing: whoever holds it may well be at work.
"""

import time

_JUMP = 5.0  # seconds between two looks; NTP's own corrections are slower than that
_A_WHILE = 60.0  # seconds: longer than anybody holds a lease without renewing it


class Steady:
    """`is_so` is to be asked in every round."""

    def __init__(self) -> None:
        self._offset, self._jumped_at = _offset(), float("-inf")

    def is_so(self) -> bool:
        offset, now = _offset(), time.monotonic()
        if abs(offset - self._offset) > _JUMP:
            self._jumped_at = now
        self._offset = offset
        return now - self._jumped_at > _A_WHILE


def _offset() -> float:
    return time.time() - time.monotonic()
