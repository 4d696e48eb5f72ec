"""What a second factor needs to be checked: sealed with the installation's key, in the row of the account."""

import json
from dataclasses import asdict, dataclass

from sqlmodel import Session

from storage.keys import Keys
from storage.models import Staff


@dataclass(frozen=True, slots=True)
class Factor:
    """`secret`: base32, shared with the app; `used`: the last step taken; `recovery`: hashes, each good once."""

    secret: str
    used: int = 0
    recovery: tuple[str, ...] = ()


def load(keys: Keys, staff: Staff) -> Factor | None:
    """None where none was set up."""
    if staff.totp is None:
        return None
    kept = json.loads(keys.open(keys.installation, "staff", "totp", staff.id, staff.totp))
    return Factor(kept["secret"], kept["used"], tuple(kept["recovery"]))


def save(session: Session, keys: Keys, staff_id: str, factor: Factor) -> None:
    staff = session.get_one(Staff, staff_id)
    staff.totp = keys.seal(keys.installation, "staff", "totp", staff_id, json.dumps(asdict(factor)))
    session.add(staff)
    session.flush()


def locked(session: Session, keys: Keys, staff_id: str) -> Factor | None:
    """The same, while nobody else takes a code of it."""
    return load(keys, session.get_one(Staff, staff_id, with_for_update=True, populate_existing=True))
