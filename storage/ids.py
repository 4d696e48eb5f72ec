"""Ids made by the application before the insert: UUIDv7 (RFC 9562), so that they sort by time."""

import secrets
import threading
from datetime import datetime

_lock = threading.Lock()
_last = 0


def new_id(at: datetime) -> str:
    """32 hexadecimal digits. Two ids of one process never sort against the order they were made in."""
    global _last
    stamp = int(at.timestamp() * 1000) << 12  # 48 bits of milliseconds, 12 bits to count within one
    with _lock:
        _last = max(_last + 1, stamp)
        moment = _last
    high = (moment >> 12 << 16) | 0x7000 | (moment & 0xFFF)
    low = (0b10 << 62) | secrets.randbits(62)
    return f"{high:016x}{low:016x}"
