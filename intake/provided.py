"""Whose account it is that the organisation's provider speaks of: found, bound once by name, or made."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from intake.desk import DeskError
from intake.openid import Told
from intake.settings import Settings
from storage import audit, desks, staff
from storage.database import Session
from storage.keys import Keys
from storage.models import Staff


def account(session: Session, keys: Keys, settings: Settings, told: Told, now: datetime) -> str:
    """The id of the account, with the role and the desks that the provider says. Raises `DeskError`."""
    subject = keys.blind("subject", f"{settings.oidc_issuer}\0{told.subject}")
    role, at = _role(settings, told), _desks(session, settings, told)
    found = staff.by_subject(session, subject)
    if found is None:
        found = _named(session, settings, told, role, at, now)
        staff.bind(session, found, subject)
        audit.add(session, now, None, found.id, "account_bound", found.id)
    if found.disabled:
        raise DeskError(403, "Your account here is disabled. Ask your coordinator.")
    _follow(session, found, role, at, now)
    return found.id


def _named(
    session: Session, settings: Settings, told: Told, role: str | None, at: frozenset[str] | None, now: datetime
) -> Staff:
    """The account that waits for this name, or a new one."""
    found = staff.find(session, told.username)
    if found is not None and found.subject is None:
        return found
    if settings.oidc_accounts == "match" or found is not None:
        raise DeskError(
            403, "There is no account for you here yet. Ask your coordinator for one with the username %(name)s.",
            name=told.username,
        )  # fmt: skip
    if role is None or not at:
        raise DeskError(403, "Your organisation says no role or no desk for you here. Ask your administrator.")
    if not re.fullmatch(r"[\w.@+-]{2,80}", told.username):
        raise DeskError(403, "Your organisation does not say who you are. Ask your administrator for the right claim.")
    staff.add(session, now, told.username, role, sorted(at))
    session.flush()
    made = staff.find(session, told.username)
    assert made
    audit.add(session, now, None, made.id, "account_added", made.id, "", _shown(session, role, at))
    return made


def _follow(session: Session, found: Staff, role: str | None, at: frozenset[str] | None, now: datetime) -> None:
    """What the provider says holds, from each sign-in on."""
    was = staff.desks_of(session, found.id)
    after = (role or found.role, was if at is None else at)
    if after != (found.role, was):
        before = _shown(session, found.role, was)
        staff.place(session, found, *after)
        audit.add(session, now, None, found.id, "account_changed", found.id, before, _shown(session, *after))


def _role(settings: Settings, told: Told) -> str | None:
    """None where the role stands with the account."""
    if not settings.oidc_claim_role:
        return None
    known = _table(settings.oidc_roles) or {each: each for each in staff.ROLES}
    found = [role for each in told.roles if (role := known.get(each)) in staff.ROLES]
    if len(set(found)) != 1:
        raise DeskError(403, "Your organisation says no role or no desk for you here. Ask your administrator.")
    return found[0]


def _desks(session: Session, settings: Settings, told: Told) -> frozenset[str] | None:
    """None where the desks stand with the account."""
    if not settings.oidc_claim_desk:
        return None
    known = _table(settings.oidc_desks)
    slugs = {known.get(each, "") if known else each for each in told.desks}
    found = frozenset(each.id for each in desks.everything(session) if each.slug in slugs)
    if not found:
        raise DeskError(403, "Your organisation says no role or no desk for you here. Ask your administrator.")
    return found


def _table(text: str) -> Mapping[str, str]:
    return dict(each.split("=") for each in text.split(",")) if text else {}


def _shown(session: Session, role: str, at: frozenset[str]) -> str:
    return json.dumps({"role": role, "desks": sorted(e.slug for e in desks.everything(session) if e.id in at)})
