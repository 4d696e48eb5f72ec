"""Whether somebody is who they say: password, code, and how guessing is slowed without keeping anybody out.

Wrong guesses are counted where they come from. A browser in which the account signed in before is counted by itself
(OWASP's device cookies), so that whoever guesses from elsewhere slows down others from elsewhere, never its owner.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from intake import second_factor
from storage import attempts, sessions, staff
from storage import second_factor as factors
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Staff

_FROM_HERE = 8  # wrong guesses at one account from one place, before each next one waits
_FROM_ONE_PLACE = 30  # at any accounts: an office may have one address
_AT_ONE_ACCOUNT = 50  # from anywhere but its own browsers
_LONGEST_NAME = 80  # characters


class Refused(Exception):
    """Not signed in. `wait`: how long nothing is tried; `mistyped`: the password was right, the code was not."""

    def __init__(self, *, wait: timedelta = timedelta(), mistyped: bool = False) -> None:
        super().__init__()
        self.wait, self.mistyped = wait, mistyped


@dataclass(frozen=True)
class Given:
    """What somebody typed, and from where. `device`: what a browser keeps of an earlier time, "" else."""

    username: str
    password: str
    code: str
    source: str
    device: str


def check(database: Database, keys: Keys, given: Given, now: datetime) -> str:
    """The id of the account. Raises `Refused`."""
    name = given.username.strip().lower()[:_LONGEST_NAME]
    with database.read() as session:
        found = staff.find(session, name)
        is_known = found is not None and sessions.is_known(session, found.id, given.device, now)
        counted = _counted(keys, name, given, is_known=is_known)
        if wait := attempts.wait(session, counted, now):
            raise Refused(wait=wait)
    mistyped = False
    if staff.verify(found, given.password) and found is not None and not found.disabled:
        id_ = found.id
        if database.write(lambda session: _takes_code(session, keys, id_, given.code, now)).result():
            if is_known:
                database.write(lambda session: attempts.forget(session, counted)).result()
            return id_
        mistyped = True
    database.write(lambda session: attempts.failed(session, counted, now)).result()
    raise Refused(mistyped=mistyped)


def check_again(database: Database, keys: Keys, staff_id: str, password: str, code: str, now: datetime) -> None:
    """Somebody who is signed in proves it. Raises `Refused`."""
    counted = {keys.blind("again", staff_id): _FROM_HERE}
    with database.read() as session:
        found = session.get_one(Staff, staff_id)
        if wait := attempts.wait(session, counted, now):
            raise Refused(wait=wait)
    is_right = staff.verify(found, password)
    if is_right and database.write(lambda session: _takes_code(session, keys, staff_id, code, now)).result():
        return
    database.write(lambda session: attempts.failed(session, counted, now)).result()
    raise Refused(mistyped=is_right)


def _takes_code(session: Session, keys: Keys, staff_id: str, code: str, now: datetime) -> bool:
    """Whether the code is good, or none is needed; it is good no more."""
    factor = factors.locked(session, keys, staff_id)
    if factor is None:
        return True
    after = second_factor.take(factor, code, now)
    if after is None:
        return False
    factors.save(session, keys, staff_id, after)
    return True


def _counted(keys: Keys, name: str, given: Given, *, is_known: bool) -> dict[str, int]:
    if is_known:
        return {keys.blind("guess in", f"{name}\0{given.device}"): _FROM_HERE}
    return {
        keys.blind("guess here", f"{name}\0{given.source}"): _FROM_HERE,
        keys.blind("guess from", given.source): _FROM_ONE_PLACE,
        keys.blind("guess at", name): _AT_ONE_ACCOUNT,
    }
