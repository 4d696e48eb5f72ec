"""The second factor: codes of an app (TOTP, RFC 6238, by PyOTP), each good once, and recovery codes on paper."""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime

from storage.second_factor import Factor

ISSUER = "Opvanglijn"
_STEP = 30  # seconds that a code lives
_EARLY_OR_LATE = 1  # steps: clocks differ
_CODES, _SIGNS = 8, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_secret() -> str:
    import pyotp

    return str(pyotp.random_base32())


def address(secret: str, username: str) -> str:
    """What the app reads from the picture."""
    import pyotp

    return str(pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))


def picture(text: str) -> str:
    """An SVG with it, for a page."""
    import segno  # only who sets up a factor needs it

    return str(segno.make(text, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True))


def take(factor: Factor, given: str, now: datetime) -> Factor | None:
    """The factor after this code, which is good no more; None when it is not good.

    One used in the future was used while our clock was ahead: it bars none of now.
    """
    import pyotp

    code = "".join(given.split()).upper()
    digest = _digest(code)
    if digest in factor.recovery:
        return replace(factor, recovery=tuple(each for each in factor.recovery if each != digest))
    step = int(now.timestamp()) // _STEP
    totp = pyotp.TOTP(factor.secret)
    for each in range(step - _EARLY_OR_LATE, step + _EARLY_OR_LATE + 1):
        if (each > factor.used or factor.used > step + _EARLY_OR_LATE) and secrets.compare_digest(
            str(totp.at(each * _STEP)), code
        ):
            return replace(factor, used=each)
    return None


def set_up(secret: str, given: str, now: datetime) -> tuple[Factor, list[str]] | None:
    """The factor and its recovery codes, when the app shows the right code already."""
    first = take(Factor(secret), given, now)
    if first is None:
        return None
    codes = ["".join(secrets.choice(_SIGNS) for _ in range(10)) for _ in range(_CODES)]
    return replace(first, recovery=tuple(map(_digest, codes))), codes


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
