"""What a colleague is told by mail, chosen on their own account page; in force once the address is confirmed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.mail import is_address
from intake import letters, mailing
from intake.desk import MAY, DeskError
from intake.installation import Installation
from intake.notices import HOURS
from intake.problems import Unclear
from intake.web.pages import Form, spoken, translate
from storage import audit, desks, notices
from storage.database import Session
from storage.staff import Person

_DIGESTS = {
    "": "no overview",
    "once": "an overview at 9",
    "twice": "an overview at 9 and at 14",
}


def fields(session: Session, here: Installation, person: Person, typed: Form | None = None) -> Mapping[str, Any] | None:
    """What the page asks, None where it does not; `typed`: what could not be kept."""
    if not here.sends_mail or "queue" not in MAY[person.role]:
        return None
    found, wishes = notices.address(session, here.keys, person.id), notices.wishes(session, person.id)
    rows = []
    for desk in desks.everything(session):
        if desk.id in person.desk_ids:
            wish = wishes.get(desk.id)
            digest = wish.digest if wish else ("" if found else "once")
            is_ticked = wish.at_once if wish else False
            if typed is not None:
                digest, is_ticked = typed.get(f"digest.{desk.id}", ""), f"at_once.{desk.id}" in typed
            rows.append({"id": desk.id, "name": desk.name, "digest": digest, "at_once": is_ticked})
    address = typed.get("email", "") if typed is not None else found.address if found else ""
    return {
        "address": address, "is_asked": found is not None and not found.is_confirmed, "rows": rows,
        "digests": [(code, translate(text)) for code, text in _DIGESTS.items()],
    }  # fmt: skip


def keep(session: Session, here: Installation, person: Person, form: Form, now: datetime) -> str:
    """What the page says afterwards. An empty address takes it away, with every choice. Raises `DeskError`."""
    to = form.get("email", "").strip()
    if not to:
        notices.forget(session, person.id)
        audit.add(session, now, None, person.id, "mail_ended", person.id)
        return "mail-off"
    if not is_address(to):
        raise Unclear("email", "This is not an e-mail address.")
    notices.choose(session, person.id, _chosen(person, form), now)
    kept = notices.address(session, here.keys, person.id)
    if kept is not None and kept.is_confirmed and kept.address == to:
        return "setting"
    secret = notices.keep(session, here.keys, person.id, to, now)
    letter = letters.confirmation(spoken(), to, f"{here.public_url}/mail/confirm/{secret}")
    mailing.post(session, here.keys, "confirm", letter, now, notices.LASTS)
    audit.add(session, now, None, person.id, "mail_asked", person.id)
    return "mail-asked"


def _chosen(person: Person, form: Form) -> dict[str, tuple[str, bool]]:
    found = {}
    for desk_id in person.desk_ids:
        digest = form.get(f"digest.{desk_id}", "")
        if digest not in HOURS:
            raise DeskError(422, "Choose when you want an overview.")
        found[desk_id] = (digest, f"at_once.{desk_id}" in form)
    return found
