"""What an organiser hears and keys in: its code, then month, town and start of each child that it had to refuse."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from flows.engine.turn import local_day
from intake import organisers
from intake.installation import Installation
from storage import organisers as kept
from storage.database import Session
from storage.models import Organiser

_TRIES = 3  # wrong codes, then the call ends
_AS_SOON = "000000"
_MONTH = re.compile(r"(0[1-9]|1[0-2])(20\d\d)")
_OLDEST, _LATEST = 4, 2  # years before and after this one
_ASKS = {"birth": ("organiser.birth", 6), "place": ("organiser.place", 4), "start": ("organiser.start", 6),
         "more": ("organiser.noted", 1)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """What is said (keys of messages), how many digits are awaited (0: the call ends), and how far it is."""

    says: tuple[str, ...]
    digits: int
    about: str


def hear(
    session: Session, here: Installation, about: str, digits: str, at: datetime, channel: str = "voice"
) -> Heard:  # fmt: skip
    """`about`: "code:<wrong ones>", then "<step>:<organiser>:<month>:<postcode>"; "" at the beginning."""
    step, *told = about.split(":")
    if step == "":
        return Heard(("organiser.code",), organisers.CODE, "code:0")
    if step == "code":
        return _code(session, here, digits, int(told[0]))
    row = session.get(Organiser, told[0])
    if row is None or row.ended_at is not None:
        return Heard(("organiser.thanks",), 0, "")
    today = local_day(at)
    match step:
        case "birth" if month := _month(digits, today):
            return _ask("place", row.id, month)
        case "place" if re.fullmatch(r"[1-9]\d{3}", digits):
            return _ask("start", row.id, told[1], digits)
        case "start" if start := "asap" if digits == _AS_SOON else _month(digits, today):
            birth = told[1] if told[1] <= f"{today:%Y-%m}" else f"due:{told[1]}"
            organisers.tell(
                session, here, row, {"birth": birth, "postcode": told[2], "start": start, "channel": channel}, at
            )
            return _ask("more", row.id)
        case "more" if digits == "1":
            return _ask("birth", row.id)
        case "more":
            return Heard(("organiser.thanks",), 0, "")
        case _:
            says, many = _ASKS[step]
            return Heard(("organiser.wrong", says), many, about)


def _code(session: Session, here: Installation, digits: str, wrong: int) -> Heard:
    row = kept.of_code(session, here.keys, digits) if digits else None
    if row is not None:
        return _ask("birth", row.id)
    if wrong + 1 >= _TRIES:
        return Heard(("organiser.no_code", "organiser.thanks"), 0, "")
    return Heard(("organiser.no_code", "organiser.code"), organisers.CODE, f"code:{wrong + 1}")


def _ask(step: str, *told: str) -> Heard:
    says, many = _ASKS[step]
    return Heard((says,), many, ":".join((step, *told)))


def _month(digits: str, today: date) -> str:
    """ "2026-03", or "" for what is no month of these years."""
    found = _MONTH.fullmatch(digits)
    if found is None or not today.year - _OLDEST <= int(found[2]) <= today.year + _LATEST:
        return ""
    return f"{found[2]}-{found[1]}"
