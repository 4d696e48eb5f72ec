"""Organisers of childcare: who they are, the monthly reminder, and the requests they had to refuse.

What they tell is stored with the source `organiser` and counts in no report by default.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from channels import sms
from channels.mail import is_address
from flows.engine.turn import local_day
from flows.events import Closed, Prompt
from flows.grammar.phone import is_mobile, read_phone
from intake import importing, letters, mailing
from intake.installation import Installation
from intake.problems import DeskError, Unclear
from intake.prompts import dump_prompts
from intake.turn import Turn, open_conversation
from storage import addresses, audit, desks, erasure, organisers, turns
from storage.database import Session
from storage.models import Desk, Organiser
from storage.organisers import Contact, Opened
from storage.staff import Person
from storage.turns import Thread

CODE = 6  # digits
_POSTCODE = re.compile(r"[1-9]\d{3}")
_LONGEST = 80  # characters
_USEFUL = timedelta(days=3)  # a reminder that comes later is of no use


def own(session: Session, here: Installation, person: Person) -> list[Opened]:
    """Those of the person's desks."""
    found = {each.id: each.key for each in desks.everything(session) if each.id in person.desk_ids}
    return organisers.everything(session, here.keys, found)


def keep(
    session: Session, here: Installation, person: Person, given: Mapping[str, str], now: datetime, id_: str = ""
) -> None:  # fmt: skip
    """Add one, or change the one with this id. Raises `DeskError`."""
    desk_id = _mine(session, person, id_).desk_id if id_ else given.get("desk", "")
    if desk_id not in person.desk_ids:
        raise DeskError(422, "Choose a desk.")
    contact = _read(given)
    code = "" if id_ else _new_code(session, here)
    kept = organisers.keep(session, here.keys, desk_id, contact, code, now, id_)
    audit.add(session, now, desk_id, person.id, "organiser_changed" if id_ else "organiser_added", kept)


def end(session: Session, here: Installation, person: Person, id_: str, now: datetime) -> None:
    """It organises no more. Raises `DeskError`."""
    row = _mine(session, person, id_)
    talk = row.conversation_id
    row.conversation_id = None
    organisers.end(session, here.keys, row, now)
    if talk is not None and (family := erasure.family_without_requests(session, talk)):
        erasure.erase(session, family, now)
    audit.add(session, now, row.desk_id, person.id, "organiser_ended", id_)


def tell(session: Session, here: Installation, row: Organiser, cells: Mapping[str, str], now: datetime) -> str:
    """A request that an organiser had to refuse, from `birth`, `postcode` and `start`; its reference."""
    desk = next(each for each in desks.everything(session) if each.id == row.desk_id)
    today = local_day(now)
    prefix = f"org-{row.id[-6:]}-{today:%Y%m%d}-"
    number = organisers.told(session, frozenset({row.desk_id}), prefix) + 1
    told = {
        **cells, "desk": desk.slug, "asked_on": today.isoformat(), "source": "organiser",
        "external_reference": f"{prefix}{number}", "outcome": "no_place", "outcome_on": today.isoformat(),
    }  # fmt: skip
    return importing.keep_one(session, here, told, now)


def remind(session: Session, here: Installation, id_: str, now: datetime) -> bool:
    """Once a month, by each way that it has and wants; whether anything goes out."""
    row = session.get_one(Organiser, id_)
    front = desks.front(session, row.desk_id)
    found = organisers.opened(here.keys, row, front.key)
    row.reminded_on = local_day(now)
    session.add(row)
    ways = [_mail(session, here, found, front, now), _text(session, here, found, front, now)]
    return any(ways)


def _mail(session: Session, here: Installation, found: Opened, front: desks.Front, now: datetime) -> bool:
    if not (here.sends_mail and found.contact.email and found.row.wants_mail):
        return False
    ours = {each: addresses.number_for(session, front.id, each) or "" for each in ("sms", "voice")}
    told = letters.ForOrganiser(
        desk=session.get_one(Desk, front.id).name, slug=front.slug, code=found.code, text_to=ours["sms"],
        call=ours["voice"], form=letters.form_address(here.keys, here.public_url, found.row.id),
        off=letters.off_address(here.keys, here.public_url, letters.ORGANISER, found.row.id),
    )  # fmt: skip
    mailing.post(session, here.keys, "organiser", letters.organiser(found.contact.email, told), now, _USEFUL)
    return True


def _text(session: Session, here: Installation, found: Opened, front: desks.Front, now: datetime) -> bool:
    """A text message, to a mobile number that may be written to."""
    row = found.row
    if not (is_mobile(found.contact.number) and row.wants_reminders):
        return False
    thread = _thread(session, here, row, found.contact.number, front, now)
    if thread is None or thread.opted_out or thread.cannot_text:
        return False
    prompt = Prompt("organiser.reminder", (("number", thread.our_number), ("code", found.code)))
    for body in sms.render((prompt,), "nl", here.wording_of(here.form)):
        turns.add_message(
            session, here.keys, thread, direction="out", status="queued", at=now, due_at=now, segments=body.segments,
            body=body.text, prompts=dump_prompts((prompt,)), unasked=True,
        )  # fmt: skip
    return True


def named(session: Session, here: Installation, id_: str) -> Opened | None:
    """One of any desk, for who holds an address that only it got; None when it organises no more."""
    row = session.get(Organiser, id_)
    if row is None or row.ended_at is not None:
        return None
    return organisers.opened(here.keys, row, desks.front(session, row.desk_id).key)


def mail_no_more(session: Session, id_: str, now: datetime) -> None:
    """The organiser itself pressed the link that ends the mails."""
    row = session.get(Organiser, id_)
    if row is not None and row.ended_at is None:
        row.wants_mail = False
        session.add(row)
        audit.add(session, now, row.desk_id, "", "organiser_changed", id_)


def _thread(
    session: Session, here: Installation, row: Organiser, number: str, front: desks.Front, now: datetime
) -> Thread | None:  # fmt: skip
    """The closed conversation that carries the reminders; made at the first of them."""
    if row.conversation_id is None:
        found = turns.thread(session, here.keys, "phone", number, now)
        ours = addresses.number_for(session, row.desk_id, "sms") or ""
        if not found.conversation_id:
            found = found._replace(desk_id=row.desk_id, channel="desk", provider="", our_number=ours, language="nl")
            found = open_conversation(session, here, found, here.seen(front)[0], now)
            Turn(session, here, front, found, now).take(Closed(now))
        row.conversation_id = found.conversation_id
        session.add(row)
        session.flush()
    thread = turns.of_conversation(session, here.keys, row.conversation_id, None)
    return None if thread is None else addresses.written(session, here.keys, thread, now)


def _read(given: Mapping[str, str]) -> Contact:
    told = {name: given.get(name, "").strip() for name in ("name", "postcode", "number", "email")}
    if not told["name"] or len(told["name"]) > _LONGEST:
        raise Unclear("name", "Give the name of the organiser.")
    if not _POSTCODE.fullmatch(told["postcode"]):
        raise Unclear("postcode", "Give the postcode of the town: four digits.")
    number = read_phone(told["number"]) if told["number"] else ""
    if number is None:
        raise Unclear("number", "Write the number as +32470000000.")
    if told["email"] and not is_address(told["email"]):
        raise Unclear("email", "This is not an e-mail address.")
    by_text, by_mail = bool(given.get("reminders")), bool(given.get("mails"))
    return Contact(told["name"], told["postcode"], number, told["email"], by_text, by_mail)


def _new_code(session: Session, here: Installation) -> str:
    while True:
        code = f"{secrets.randbelow(9 * 10 ** (CODE - 1)) + 10 ** (CODE - 1)}"
        if organisers.of_code(session, here.keys, code) is None:
            return code


def _mine(session: Session, person: Person, id_: str) -> Organiser:
    row = session.get(Organiser, id_)
    if row is None or row.desk_id not in person.desk_ids or row.ended_at is not None:
        raise DeskError(404, "This is not there, or it belongs to another desk.")
    return row
