"""Within how many working days a desk answers: what its people choose. What comes of it: `promises.py`."""

from collections.abc import Mapping
from datetime import datetime

from intake.desk import DeskError, not_there
from intake.promises import MOST, days_of
from storage import audit, desks
from storage.database import Session
from storage.desks import Choices
from storage.models import Desk
from storage.staff import Person


def as_text(chosen: Choices) -> str:
    """The same as a form carries it, to see whether a colleague changed it meanwhile."""
    return " ".join(f"{kind}={days}" for kind, days in sorted(days_of(chosen).items()))


def choose(session: Session, person: Person, desk_id: str, days: Mapping[str, str], was: str, now: datetime) -> None:
    """Within how many working days this desk answers. `was`: what the form showed before. Raises `DeskError`."""
    if desk_id not in person.desk_ids:
        raise not_there()
    if not all(each.isascii() and each.isdigit() and int(each[:4]) <= MOST for each in days.values()):
        raise DeskError(422, "Give a number of working days, from 0 to %(most)s.", most=MOST)
    desk = session.get_one(Desk, desk_id, with_for_update=True)
    chosen = desks.choices(desk)
    if was != as_text(chosen):
        raise DeskError(409, "A colleague changed this meanwhile. What stands there now is shown under each field.")
    wanted = {kind: int(each) for kind, each in days.items()}
    desks.choose(session, desk, chosen.model_copy(update={"answer_days": wanted}))
    audit.add(session, now, desk_id, person.id, "terms_changed", f"{was} > {as_text(desks.choices(desk))}")
