"""A referrer (*toeleider*) files a request for a family: with its permission, without what only the family may tell.

Whether the number has a conversation with the desk already is not the referrer's to know: the request is kept without
an address then, the desk sees the number, and the family hears nothing from us by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from flows.desk import Desk
from flows.engine.turn import local_day
from flows.events import AskedFor, Channel
from intake import keyed_in
from intake.desk import DeskError
from intake.installation import Installation
from intake.keyed_in import Field, WrongField
from intake.turn import Turn
from storage import addresses, audit, desks, filings, turns
from storage.database import Session
from storage.filings import Filed
from storage.staff import Person
from storage.turns import Thread

PERMISSIONS = {"spoken": "said, face to face", "phone": "said on the phone", "written": "in writing"}
FAMILYS_OWN = ("care_situation", "care_need")  # health: agreed to in the answer itself, so never told by another
NOT_COPIED = ("birth", "parent_name", "contact_number", "contact", "contact_time", "permission", "permitted_on", "csrf")
_LONGEST_NAME = 40  # characters: it goes into a text message
_MAY_WRITE = "1"  # the number of the answer that lets us call and text


class LifeLine(StrEnum):
    """How far a request is, in neutral words; it only ever goes on."""

    RECEIVED = "received"
    LOOKED_AT = "looked_at"
    ANSWERED = "answered"
    NO_PLACE = "no_place"
    CLOSED = "closed"


@dataclass(frozen=True)
class Permission:
    """Of the family, to ask for it. `by`: who asks, as the family knows them."""

    how: str
    on: date
    by: str
    wants_feedback: bool


def fields(here: Installation, desk: Desk, today: date) -> Iterator[Field]:
    """What a referrer may answer, in the order of the form."""
    return (each for each in keyed_in.fields(here, desk, today) if each.key not in FAMILYS_OWN)


def file(
    session: Session, here: Installation, person: Person, slug: str, given: Mapping[str, str], now: datetime
) -> str:
    """The id of the referral. Raises `DeskError`."""
    desk = keyed_in.own_desk(session, person, slug)
    permission = _permission(given, local_day(now))
    number = keyed_in.number_in(given)
    if number and not given.get("contact", "").strip():
        raise WrongField("contact", "Say whether it is safe to use this number.", "")
    address = _address(session, here, number, now)
    thread = keyed_in.fill_in(session, here, desk.id, address, given, now, FAMILYS_OWN)
    row = filings.add(
        session, here.keys, thread, person.id, permission.how, permission.on, given, now,
        wants_feedback=permission.wants_feedback,
    )  # fmt: skip
    turns.add_message(
        session, here.keys, thread, direction="event", status="kept", at=now, question="filed_for", author=person.id,
        body=f'{{"permission": "{permission.how}", "on": "{permission.on.isoformat()}"}}',
    )  # fmt: skip
    audit.add(session, now, desk.id, person.id, "filed_for", thread.conversation_id)
    may_write = given.get("contact") == _MAY_WRITE and address.cannot_text == "" and not address.opted_out
    _tell(session, here, thread, permission.by, now, is_told=bool(number) and may_write)
    return row.id


def life_line(filed: Filed) -> LifeLine:
    """Of the outcome where there is one, else of the conversation."""
    match filed.outcome:
        case "offer_made" | "offer_refused" | "placed_via_desk" | "placed_other_municipality" | "placed_own_solution":
            return LifeLine.ANSWERED
        case "no_place" | "informal_solution":
            return LifeLine.NO_PLACE
        case "open":
            is_looked_at = filed.is_taken or filed.status in ("with_desk", "closed")
            return LifeLine.LOOKED_AT if is_looked_at else LifeLine.RECEIVED
        case _:
            return LifeLine.CLOSED


def _permission(given: Mapping[str, str], today: date) -> Permission:
    by = " ".join(given.get("by", "").split())
    if not by or len(by) > _LONGEST_NAME:
        raise WrongField("by", "Write who asks, as the family knows you: at most 40 characters.", "")
    if given.get("permission") not in PERMISSIONS:
        raise WrongField("permission", "Say how the family gave its permission.", "")
    try:
        on = date.fromisoformat(given.get("permitted_on", ""))
    except ValueError:
        raise WrongField("permitted_on", "Give the day of the permission.", "") from None
    if on > today:
        raise WrongField("permitted_on", "The day of the permission cannot be to come.", "")
    return Permission(given["permission"], on, by, given.get("feedback") == "yes")


def _address(session: Session, here: Installation, number: str | None, now: datetime) -> Thread:
    if number is not None:
        found = turns.thread(session, here.keys, "phone", number, now)
        if not found.conversation_id:
            return found
    return keyed_in.nobody(session, here, now)


def _tell(session: Session, here: Installation, thread: Thread, by: str, now: datetime, *, is_told: bool) -> None:
    """Into the queue; where the family may be written to, it says whether it is right."""
    kept = turns.of_conversation(session, here.keys, thread.conversation_id, None)
    if kept is None:
        raise DeskError(409, "This request was not saved. Try again.")
    to = addresses.written(session, here.keys, kept, now) if is_told else kept
    event = AskedFor(now, Channel.SMS, by, is_told=is_told and not to.cannot_text)
    Turn(session, here, desks.front(session, kept.desk_id), to, now).take(event)
