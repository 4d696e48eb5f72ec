"""Accounts, as a coordinator or an administrator keeps them: who may do what, and at which desks.

Nobody reaches further than their own desks, or changes their own account. Each change stands in the audit.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from channels.mail import is_address
from intake import letters, mailing
from intake.desk import DeskError, not_there
from intake.installation import Installation
from intake.problems import Unclear
from storage import audit, desks, staff
from storage.database import Session
from storage.models import Staff
from storage.staff import Person, StaffProblem

GIVES: Mapping[str, tuple[str, ...]] = {  # role -> the roles it gives and takes
    "coordinator": ("worker", "coordinator", "referrer", "translator"),
    "administrator": staff.ROLES,
}


@dataclass(frozen=True)
class Account:
    """One line of the list. `may_change`: whether this person may."""

    id: str
    username: str
    role: str
    desks: frozenset[str]
    state: str  # "invited", "active" or "disabled"
    may_change: bool
    mark: str  # of what can be changed: another one when somebody else changed it meanwhile


def accounts(session: Session, person: Person) -> list[Account]:
    """Everybody at the person's desks."""
    return [
        Account(
            each.id, each.username, each.role, at, _state(each), _reaches(person, each, at), mark(each.role, at)
        )
        for each, at in staff.colleagues(session, person.desk_ids)
    ]  # fmt: skip


def mark(role: str, at: frozenset[str]) -> str:
    return " ".join((role, *sorted(at)))


def invite(session: Session, person: Person, username: str, role: str, at: frozenset[str], now: datetime) -> str:
    """A new account; the secret of its one-time link. Raises `DeskError`."""
    name = username.strip().lower()
    if not re.fullmatch(r"[a-z][a-z0-9._-]{1,30}", name):
        raise Unclear("username", "Write a username of 2 to 31 small letters, figures, dots and dashes.")
    _check(person, role, at)
    try:
        secret = staff.add(session, now, name, role, sorted(at))
    except StaffProblem:
        raise DeskError(409, "There is an account with this username. Choose another one.") from None
    session.flush()
    added = staff.find(session, name)
    assert added
    _write(session, person, now, "account_added", added, None, _shown(session, role, at))
    return secret


def change(
    session: Session, person: Person, staff_id: str, role: str, at: frozenset[str], seen: str, now: datetime
) -> None:
    """Another role, other desks. `seen`: the mark of what the page showed. Raises `DeskError`."""
    account, now_at = _reached(session, person, staff_id)
    if mark(account.role, now_at) != seen:
        raise DeskError(409, "A colleague changed this account meanwhile. Look at it again, then change it.")
    _check(person, role, at)
    before, after = _shown(session, account.role, now_at), _shown(session, role, at)
    if before != after:
        staff.place(session, account, role, at)
        _write(session, person, now, "account_changed", account, before, after)


def reset(session: Session, person: Person, staff_id: str, now: datetime) -> str:
    """A new one-time link. Raises `DeskError`."""
    account, at = _reached(session, person, staff_id)
    before = {"state": _state(account)}
    secret = staff.reset(session, now, account.username)
    _write(session, person, now, "account_reset", account, before, {"state": "invited"}, at)
    return secret


def mail_link(
    session: Session, here: Installation, person: Person, secret: str, to: str, language: str, now: datetime
) -> None:  # fmt: skip
    """Send a one-time link that was just made to an address, which is not kept. Raises `DeskError`."""
    account = staff.invited(session, secret, now)
    if account is None:
        raise DeskError(404, "This link was used already, or is too old. Ask your administrator for a new one.")
    _reached(session, person, account.id)
    if not is_address(to.strip()):
        raise Unclear("email", "This is not an e-mail address.")
    link = f"{here.public_url}/desk/welcome/{secret}"
    letter = letters.link(account.language or language, to.strip(), link, account.username)
    mailing.post(session, here.keys, "link", letter, now, staff.INVITATION)
    audit.add(session, now, None, person.id, "link_mailed", account.id)


def disable(session: Session, person: Person, staff_id: str, now: datetime) -> None:
    account, at = _reached(session, person, staff_id)
    before = {"state": _state(account)}
    staff.disable(session, account.username)
    _write(session, person, now, "account_disabled", account, before, {"state": "disabled"}, at)


def _reached(session: Session, person: Person, staff_id: str) -> tuple[Staff, frozenset[str]]:
    account = staff.by_id(session, staff_id)
    at = staff.desks_of(session, staff_id)
    if account is None or not at & person.desk_ids:
        raise not_there()
    if account.id == person.id:
        raise DeskError(409, "This is your own account: ask a colleague to change it.")
    if not at <= person.desk_ids:
        raise DeskError(403, "This colleague works at a desk that is not yours too: ask there.")
    if account.role not in GIVES[person.role]:
        raise DeskError(403, "Only an administrator changes this account.")
    return account, at


def _reaches(person: Person, account: Staff, at: frozenset[str]) -> bool:
    return account.id != person.id and at <= person.desk_ids and account.role in GIVES[person.role]


def _check(person: Person, role: str, at: frozenset[str]) -> None:
    if role not in GIVES[person.role]:
        raise DeskError(422, "Choose a role.")
    if not at or not at <= person.desk_ids:
        raise DeskError(422, "Choose one or more of your desks.")


def _state(account: Staff) -> str:
    if account.disabled:
        return "disabled"
    return "active" if account.password or account.subject else "invited"


def _shown(session: Session, role: str, at: frozenset[str]) -> dict[str, object]:
    names = sorted(each.slug for each in desks.everything(session) if each.id in at)
    return {"role": role, "desks": names}


def _write(
    session: Session, person: Person, now: datetime, what: str, account: Staff, before: Mapping[str, object] | None,
    after: Mapping[str, object], at: frozenset[str] = frozenset(),
) -> None:  # fmt: skip
    """One line for each desk that it concerns, so that each can be shown it."""
    for desk_id in sorted(at | staff.desks_of(session, account.id)):
        audit.add(
            session, now, desk_id, person.id, what, account.id, json.dumps(before) if before else "", json.dumps(after)
        )  # fmt: skip
