"""Accounts of the people at the desks, their browsers, and what they did."""

from datetime import datetime

from sqlmodel import Field

from storage.models.columns import Kept, row_id, sealed, time


class Staff(Kept, table=True):
    id: str = row_id()
    username: str = Field(unique=True)
    role: str
    password: str = ""  # argon2id, with its own salt
    totp: bytes | None = sealed(default=None)
    disabled: bool = False
    invitation: str = ""  # hash of the one-time link
    invited_until: datetime | None = time(default=None)
    language: str = ""  # of the pages; "": Dutch
    subject: str | None = Field(default=None, unique=True)  # who this is to the OpenID provider, as a keyed index


class StaffDesk(Kept, table=True):
    __tablename__ = "staff_desk"
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    desk_id: str = Field(primary_key=True, foreign_key="desk.id")


class StaffSession(Kept, table=True):
    """A browser that is signed in; only a hash of its token is kept."""

    __tablename__ = "staff_session"
    token: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    device: str = ""  # "Firefox, Windows"
    since: datetime = time()
    until: datetime = time()
    seen_at: datetime = time()
    proven_at: datetime = time()  # when its password and code were given last


class StaffDevice(Kept, table=True):
    """A browser in which an account signed in before: others who guess do not slow it down."""

    __tablename__ = "staff_device"
    token: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    until: datetime = time()


class SignInAttempt(Kept, table=True):
    """How often somebody guessed wrong: from one place, at one account, or both. Kept for a day."""

    __tablename__ = "sign_in_attempt"
    key: str = Field(primary_key=True)  # a keyed index: no address stands here
    failures: int = 0
    last_at: datetime = time(index=True)


class Audit(Kept, table=True):
    """Who did what to which row. Every line carries the hash of the one before."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = time()
    desk_id: str | None = Field(default=None, foreign_key="desk.id")
    who: str = ""
    what: str
    about: str = Field(default="", index=True)
    before: str = ""  # of a setting or an account that was changed: JSON of codes and names of staff and desks
    after: str = ""
    hash: str
