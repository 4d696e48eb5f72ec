"""How often somebody guessed wrong at sign-in. The more, the longer the wait; an hour of rest and it is forgotten."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete

from storage.models import SignInAttempt

_FIRST, _LONGEST = timedelta(seconds=10), timedelta(minutes=15)
_FORGOTTEN, _KEPT = timedelta(hours=1), timedelta(days=1)


def wait(session: Session, free: Mapping[str, int], now: datetime) -> timedelta:
    """How long nothing is tried yet, for any of these keys. `free`: key -> guesses without a wait."""
    found = timedelta()
    for key, guesses in free.items():
        kept = session.get(SignInAttempt, key)
        if kept is not None and kept.failures >= guesses and _counts(kept.last_at, now):
            doubled = min(kept.failures - guesses, 10)
            found = max(found, kept.last_at + min(_FIRST * 2**doubled, _LONGEST) - now)
    return found


def _counts(last_at: datetime, now: datetime) -> bool:
    """Not long ago; nor by a clock that was far ahead, or nobody could sign in until it is as late again."""
    return -_LONGEST < now - last_at < _FORGOTTEN


def failed(session: Session, keys: Mapping[str, int], now: datetime) -> None:
    """One more wrong guess for each of them."""
    session.exec(delete(SignInAttempt).where(col(SignInAttempt.last_at) < now - _KEPT))
    for key in sorted(keys):
        kept = session.get(SignInAttempt, key, with_for_update=True) or SignInAttempt(key=key, last_at=now)
        kept.failures = kept.failures + 1 if kept.last_at + _FORGOTTEN > now else 1
        kept.last_at = now
        session.add(kept)
    session.flush()


def forget(session: Session, keys: Iterable[str]) -> None:
    """Somebody guessed right."""
    session.exec(delete(SignInAttempt).where(col(SignInAttempt.key).in_(list(keys))))
