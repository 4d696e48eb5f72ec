"""The list of childcare in the towns of a desk: a table (CSV or XLSX) that is taken whole, or not at all.

It tells a family which childcare there is, never where a place is free; nothing in it is about a family.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from flows.grammar.phone import read_phone
from flows.grammar.place import Places
from intake import tables
from intake.importing import FaultAt
from intake.registers import Fault, without_apostrophe
from intake.said import said
from intake.tables import Columns, Row, WrongFile
from storage import audit, childcare
from storage.childcare import Place
from storage.database import Session

LARGEST = 2_000_000  # bytes
COLUMNS = ("name", "address", "postcode", "town", "phone", "kind", "price")
REQUIRED = ("name", "address", "postcode")
KINDS, PRICES = ("group", "family"), ("income", "free")
_DUTCH = {
    "naam": "name", "adres": "address", "gemeente": "town", "telefoon": "phone", "soort": "kind", "prijs": "price",
    "groep": "group", "groepsopvang": "group", "gezin": "family", "gezinsopvang": "family", "inkomen": "income",
    "inkomenstarief": "income", "ikt": "income", "vrij": "free", "vrije prijs": "free",
}  # fmt: skip
_LONGEST = 100  # characters: what is longer is no line of a text message
_SIGNS = frozenset("<>|\0")
_CHOICE = "write one of these: %(known)s"


@dataclass
class Read:
    """What a file says: the places, or what is wrong with it, cell by cell."""

    places: list[Place] = field(default_factory=list)
    faults: list[FaultAt] = field(default_factory=list)


def read(sent: bytes, places: Places) -> Read:
    """Raises `WrongFile` for a file that is no such list at all."""
    written: dict[str, str] = {}  # our name of a column -> the one in the file
    take_table = tables.read_workbook if sent.startswith(tables.WORKBOOK) else tables.read_csv
    _, rows = take_table(sent, partial(_head, written=written))
    if not rows:
        raise WrongFile("there is no childcare in this file")
    found, seen = Read(), dict[tuple[str, str, str], int]()
    for row in rows:
        _read_row(found, seen, row, places)
    found.faults = [replace(each, column=written.get(each.column, each.column)) for each in found.faults]
    return found


def take(session: Session, desk_id: str, who: str, read: Read, now: datetime) -> None:
    """In the place of the list before. `who`: the id of a colleague, "" for the command line."""
    before, _ = childcare.taken(session, desk_id)
    childcare.replace(session, desk_id, read.places, now)
    audit.add(session, now, desk_id, who, "childcare_taken", desk_id, str(before), str(len(read.places)))


def _head(columns: Columns, written: dict[str, str]) -> Columns:
    """In English or in Dutch, as a desk may write them."""
    named = tuple(_DUTCH.get(each.casefold(), each.casefold()) for each in columns)
    written.update(zip(named, columns, strict=True))
    return tables.checked(named, COLUMNS, REQUIRED)


def _read_row(found: Read, seen: dict[tuple[str, str, str], int], row: Row, places: Places) -> None:
    line, raw = row
    faults = tables.shape(raw)
    cells = dict[str, str]()
    for name, text in ({} if faults else raw).items():
        try:
            cells[name] = _cell(name, " ".join(without_apostrophe(text.strip()).split()), places)
        except Fault as fault:
            faults.append((name, fault.said))
    if not faults:
        key = (cells["name"], cells["address"], cells["postcode"])
        if (first := seen.setdefault(key, line)) != line:
            faults.append(("name", said("the same as on line %(line)s", line=first)))
    if faults:
        found.faults += [FaultAt(line, column, told) for column, told in faults]
    else:
        found.places.append(Place(**{"town": places.name(cells["postcode"]), **{k: v for k, v in cells.items() if v}}))


def _cell(name: str, text: str, places: Places) -> str:
    if not text:
        if name in REQUIRED:
            raise Fault("this must be filled in")
        return ""
    if len(text) > _LONGEST or set(text) & _SIGNS:
        raise Fault("write at most %(most)s letters, without < > or |", most=_LONGEST)
    return _CHECKS[name](text, places) if name in _CHECKS else text


def _postcode(text: str, places: Places) -> str:
    if not re.fullmatch(r"[1-9]\d{3}", text):
        raise Fault("write four digits, such as 9000")
    if text not in places:
        raise Fault("we do not know this postcode")
    return text


def _phone(text: str, _: Places) -> str:
    if read_phone(text) is None:
        raise Fault("write one phone number, such as 09 000 00 01")
    return text


def _one_of(known: tuple[str, ...]) -> Callable[[str, Places], str]:
    def check(text: str, _: Places) -> str:
        found = _DUTCH.get(text.casefold(), text.casefold())
        if found not in known:
            raise Fault(_CHOICE, known=", ".join(known))
        return found

    return check


_CHECKS: Mapping[str, Callable[[str, Places], str]] = {
    "postcode": _postcode, "phone": _phone, "kind": _one_of(KINDS), "price": _one_of(PRICES),
}  # fmt: skip
