"""The list of childcare that a desk imported: taken whole in the place of the one before, and looked up by town."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sql
from sqlmodel import Session, col, func, select

from storage.ids import new_id
from storage.models import Childcare, table


@dataclass(frozen=True, slots=True)
class Place:
    """One row of a list, as `storage.models.Childcare` explains it."""

    name: str
    address: str
    postcode: str
    town: str
    phone: str = ""
    kind: str = ""
    price: str = ""


def replace(session: Session, desk_id: str, places: Iterable[Place], now: datetime) -> None:
    """These and no others from here on."""
    session.connection().execute(sql.delete(Childcare).where(col(Childcare.desk_id) == desk_id))
    rows = [{"id": new_id(now), "desk_id": desk_id, "taken_at": now, **asdict(each)} for each in places]
    if rows:
        session.connection().execute(sql.insert(table(Childcare)), rows)


def taken(session: Session, desk_id: str) -> tuple[int, datetime | None]:
    """How many places the list of a desk has, and when it was taken."""
    row = table(Childcare).c
    count, at = session.exec(select(func.count(), func.max(row.taken_at)).where(row.desk_id == desk_id)).one()
    return int(count), at


def in_town(session: Session, desk_id: str, postcodes: Collection[str]) -> list[Place]:
    """Those of a desk's list that are there, in no order."""
    row = table(Childcare).c
    wanted = (row.name, row.address, row.postcode, row.town, row.phone, row.kind, row.price)
    found = sql.select(*wanted).where(row.desk_id == desk_id, row.postcode.in_(postcodes))
    return [Place(*each) for each in session.connection().execute(found)]
