"""Registrations: one per child, one reference for life, forward only from ticket to draft to complete."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import sqlalchemy as sql
from sqlalchemy import bindparam, insert, update
from sqlmodel import Session, col, select

from storage import earlier, row_security, together
from storage.earlier import CARE_NEED as CARE_NEED
from storage.earlier import CLEAR_FLAGS as CLEAR_FLAGS
from storage.ids import new_id
from storage.keys import Keys
from storage.models import (
    Call,
    CallAttempt,
    CallBack,
    Conversation,
    Desk,
    Family,
    FollowUp,
    JoinCode,
    Message,
    Outcome,
    Recording,
    Referral,
    Registration,
    Timer,
    table,
)
from storage.statements import Row, Statement, changed
from storage.turns import Thread

_TABLE = table(Registration)
_OF_CONVERSATION = Statement(
    sql.select(
        _TABLE.c.id, _TABLE.c.child, _TABLE.c.reference, _TABLE.c.state, _TABLE.c.care_need, _TABLE.c.created_at,
        _TABLE.c.start, _TABLE.c.rules, _TABLE.c.desk_id, _TABLE.c.postcode, _TABLE.c.birth_quarter,
        _TABLE.c.birth_blind, _TABLE.c.name_blind, _TABLE.c.rules_hash,
        *(_TABLE.c[name] for flag in CLEAR_FLAGS for name in (flag, f"{flag}_override")),
    ).where(_TABLE.c.conversation_id == bindparam("conversation"))
)  # fmt: skip
_TAKEN = Statement(sql.select(_TABLE.c.id).where(_TABLE.c.reference == bindparam("reference")))
_INSERT, _UPDATE = Statement(insert(_TABLE)), Statement(update(_TABLE).where(_TABLE.c.id == bindparam("row")))
_ORDER = ("ticket", "draft", "complete")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, its own digits added (Luhn)
_TOLD = ("state", "start", "rules", *CLEAR_FLAGS)  # what counts of it and may change with an answer


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept of one request. `answers`, `because`: JSON, sealed; `flags`: flag -> yes, no or not known."""

    state: str
    answers: str
    because: str
    rules: Mapping[str, str | None]
    rules_hash: str
    flags: Mapping[str, bool | None]
    asked_on: date
    start: str = ""
    postcode: str = ""
    birth_quarter: str = ""
    birth_month: str = ""
    name: str = ""  # in plain letters, to be found by


@dataclass(frozen=True, slots=True)
class Opened:
    """A registration with what is sealed in it opened."""

    row: Registration
    answers: str
    because: str
    derived: Mapping[str, bool | None]
    overrides: Mapping[str, bool | None]
    outcome: Outcome | None
    address: str = ""  # that the family wrote or called from, where it was looked up

    def flag(self, name: str) -> bool | None:
        """What counts: what staff decided, else what the answers say."""
        override = self.overrides[name]
        return self.derived[name] if override is None else override


def asked_on(session: Session, keys: Keys, reference: str, birth_month: int, this_year: int) -> date | None:
    """The day of the request with this number, for somebody who also knows in which month the child is born or due."""
    row = session.exec(select(Registration).where(Registration.reference == reference)).first()
    if row is None or not row.birth_blind:
        return None
    possible = {keys.blind("birth", f"{year}-{birth_month:02}") for year in range(this_year - 14, this_year + 2)}
    return row.asked_on if row.birth_blind in possible else None


def new_reference(below: Callable[[int], int]) -> str:
    """Eight digits, the last one a Luhn check digit (ISO/IEC 7812-1). `below(n)`: a random number under n."""
    body = f"{1_000_000 + below(9_000_000)}"
    return body + _check_digit(body)


def free_reference(session: Session, below: Callable[[int], int]) -> str:
    """One that nobody has."""
    return _free(session, lambda: new_reference(below))


def is_reference(text: str) -> bool:
    """Whether these are eight digits that fit together: a typing error shows at once."""
    return len(text) == 8 and text.isascii() and text.isdigit() and _check_digit(text[:7]) == text[7]


def kept(session: Session, conversation_id: str) -> dict[int, Row]:
    """What is kept of each child of a conversation, before a turn adds to it: for `store` and `need`."""
    return {row.child: row for row in _OF_CONVERSATION.run(session, {"conversation": conversation_id})}


def store(
    session: Session, keys: Keys, thread: Thread, child: int, content: Content, old: Row | None, desk_key: bytes,
    reference: Callable[[], str], at: datetime, author: str | None = None,
) -> str:  # fmt: skip
    """Keep the request for this child of the conversation: the same row however often it comes (P3); its reference.

    `old`: what is kept of it already; `desk_key` seals what only the desk may count; `author`: the colleague whose act
    this is, None for the family's own.
    """
    id_ = old.id if old else new_id(at)
    was: dict[str, bool | None] = {"value": None, "override": None}
    sealed = old.care_need if old else None
    if sealed is not None:
        was = json.loads(keys.open(desk_key, "registration", CARE_NEED, id_, sealed))
    care = was | {"value": content.flags[CARE_NEED]}
    if sealed is None or care != was:
        sealed = keys.seal(desk_key, "registration", CARE_NEED, id_, json.dumps(care))
    row = {
        "state": max(old.state if old else content.state, content.state, key=_ORDER.index),
        "start": content.start, "postcode": content.postcode, "birth_quarter": content.birth_quarter,
        "birth_blind": keys.blind("birth", content.birth_month) if content.birth_month else "",
        "name_blind": keys.blind("name", content.name) if content.name else "",
        "answers": keys.seal(thread.key, "registration", "answers", id_, content.answers),
        "because": keys.seal(thread.key, "registration", "because", id_, content.because),
        "rules": rules_text(content.rules), "rules_hash": content.rules_hash,
        "updated_at": at, "desk_id": thread.desk_id,
        CARE_NEED: sealed, **{flag: content.flags[flag] for flag in CLEAR_FLAGS},
    }  # fmt: skip
    if old is not None:
        if old.created_at < at:
            before = {name: getattr(old, name) for name in _TOLD if getattr(old, name) != row[name]}
            earlier.note(
                session, id_, thread.desk_id, before, at, author, () if care == was else (old.care_need,)
            )  # fmt: skip
        _UPDATE.run(session, {"row": id_, **changed(old, row)})
        return str(old.reference)
    found = _free(session, reference)
    made = {
        "id": id_, "reference": found, "family_id": thread.family_id, "external_reference": "",
        "conversation_id": thread.conversation_id, "child": child, "channel": thread.channel, "source": "desk",
        "counted_in": "here", "alike": "", "language": thread.language, "asked_on": content.asked_on, "created_at": at,
    }  # fmt: skip
    _INSERT.run(session, {**row, **made})
    return found


def rules_text(rules: Mapping[str, str | None]) -> str:
    """JSON: by which rule each category was decided."""
    return _rules_text(*sorted(rules.items()))


@lru_cache(maxsize=1024)
def _rules_text(*rules: tuple[str, str | None]) -> str:
    return json.dumps(dict(rules))


def flags_of(row: Row) -> set[str]:
    """What counts of a registration, by its columns: what staff decided, else what the answers say."""
    overrides = {flag: getattr(row, f"{flag}_override") for flag in CLEAR_FLAGS}
    return {flag for flag, decided in overrides.items() if decided or (decided is None and getattr(row, flag))}


def need(flags: Iterable[set[str]]) -> int:
    """How badly help is needed, from the flags of each request: urgent 3, vulnerable or priority 2, any request 1."""
    return max((3 if "urgent" in each else 2 if each & {"vulnerable", "priority"} else 1 for each in flags), default=0)


def of_conversation(session: Session, keys: Keys, conversation_id: str) -> list[Opened]:
    """The requests of a conversation, opened, in the order of the children."""
    rows = session.exec(
        select(Registration).where(Registration.conversation_id == conversation_id).order_by(col(Registration.child))
    )
    return [opened(session, keys, row) for row in rows]


def get(session: Session, registration_id: str, desk_ids: frozenset[str]) -> Registration | None:
    row = session.get(Registration, registration_id)
    return row if row is not None and row.desk_id in desk_ids else None


def opened(session: Session, keys: Keys, row: Registration) -> Opened:
    family, desk = session.get_one(Family, row.family_id), session.get_one(Desk, row.desk_id)
    return opened_with(keys, row, family.key, desk.key, outcome_of(session, row.id))


def opened_with(
    keys: Keys, row: Registration, family_key: bytes | None, desk_key: bytes, outcome: Outcome | None
) -> Opened:  # fmt: skip
    """The same for many, whose keys and last outcomes were read together."""
    answers, because = "{}", "{}"
    if family_key is not None:
        answers = keys.open(family_key, "registration", "answers", row.id, row.answers)
        if row.because is not None:
            because = keys.open(family_key, "registration", "because", row.id, row.because)
    care = _opened_care(keys, row, desk_key)
    derived = {flag: getattr(row, flag) for flag in CLEAR_FLAGS} | {CARE_NEED: care["value"]}
    overrides = {flag: getattr(row, f"{flag}_override") for flag in CLEAR_FLAGS} | {CARE_NEED: care["override"]}
    return Opened(row, answers, because, derived, overrides, outcome)


def rewrite(session: Session, keys: Keys, row: Registration, content: Content) -> None:
    """Other answers in the place of those that were kept; what staff decided stays."""
    family = session.get_one(Family, row.family_id)
    if family.key is None:
        return
    row.answers = keys.seal(family.key, "registration", "answers", row.id, content.answers)
    row.because = keys.seal(family.key, "registration", "because", row.id, content.because)
    row.asked_on, row.start, row.postcode = content.asked_on, content.start, content.postcode
    row.birth_quarter = content.birth_quarter
    row.birth_blind = keys.blind("birth", content.birth_month) if content.birth_month else ""
    row.name_blind = keys.blind("name", content.name) if content.name else ""
    session.add(row)


def override(
    session: Session, keys: Keys, row: Registration, flag: str, value: bool | None, at: datetime,
    author: str | None = None,
) -> None:  # fmt: skip
    """Staff decide a category, or leave it to the answers again (None). `author`: None where a list says so."""
    with earlier.noted(session, row, at, author):
        if flag == CARE_NEED:
            _set_care_need(session, keys, row, "override", value)
        else:
            setattr(row, f"{flag}_override", value)
        row.updated_at = at
    session.add(row)


def set_outcome(
    session: Session, keys: Keys, row: Registration, code: str, reason: str, since: date, author: str | None,
    at: datetime, *, by_family: bool = False,
) -> None:  # fmt: skip
    """What came of it, from a day on. What was known before stays: counts can be made as of any moment.

    `author`: None where it was imported, or told by the family itself.
    """
    outcome = Outcome(
        id=new_id(at), desk_id=row.desk_id, registration_id=row.id, code=code, reason=reason, since=since,
        recorded_at=at, author=author, by_family=by_family,
    )  # fmt: skip
    if reason == CARE_NEED:
        desk = session.get_one(Desk, row.desk_id)
        outcome.reason = ""
        outcome.sealed_reason = keys.seal(desk.key, "outcome", "sealed_reason", outcome.id, reason)
    session.add(outcome)


def outcome_of(session: Session, registration_id: str) -> Outcome | None:
    """The last outcome as known now, None while it is open."""
    statement = (
        select(Outcome)
        .where(Outcome.registration_id == registration_id)
        .order_by(col(Outcome.since).desc(), col(Outcome.recorded_at).desc())
        .limit(1)
    )
    return session.exec(statement).first()


def set_source(session: Session, conversation_id: str, source: str, at: datetime, author: str | None) -> None:
    """Who told of these requests: it decides whether they count."""
    session.expire_all()  # a turn writes past the session
    for row in session.exec(select(Registration).where(Registration.conversation_id == conversation_id)):
        with earlier.noted(session, row, at, author):
            row.source = source
        session.add(row)
    session.flush()


def first_reply(session: Session, conversation_id: str, at: datetime) -> None:
    """A person answered: kept once, for the definitions that count reactions."""
    for row in session.exec(select(Registration).where(Registration.conversation_id == conversation_id)):
        if row.first_reply_at is None:
            row.first_reply_at = at
            session.add(row)


def move(
    session: Session, keys: Keys, conversation_id: str, desk_id: str, at: datetime, author: str | None = None
) -> None:
    """A conversation goes to another desk: what only a desk may count is sealed again with the new desk's key."""
    row_security.reach(session, desk_id)
    for row in session.exec(select(Registration).where(Registration.conversation_id == conversation_id)):
        old, new = (session.get_one(Desk, each).key for each in (row.desk_id, desk_id))
        if row.created_at < at:
            earlier.note(session, row.id, row.desk_id, {"desk_id": row.desk_id}, at, author)
        if row.care_need is not None:
            text = keys.open(old, "registration", CARE_NEED, row.id, row.care_need)
            row.care_need = keys.seal(new, "registration", CARE_NEED, row.id, text)
        row.desk_id = desk_id
        session.add(row)
        earlier.reseal(session, keys, row.id, old, new)
        _reseal_reasons(session, keys, row.id, old, new)
        for told in (Outcome, FollowUp, Referral):
            statement = update(told).where(col(told.registration_id) == row.id).values(desk_id=desk_id)
            session.connection().execute(statement)
    conversation = session.get_one(Conversation, conversation_id)
    conversation.desk_id = desk_id
    session.add(conversation)
    session.flush()
    together.forget(session, conversation_id)
    owed = sql.select(table(CallBack).c.id).where(table(CallBack).c.conversation_id == conversation_id)
    without = {"interpreter_id": None, "booked_at": None}  # interpreters are a desk's own
    for statement in (
        *(
            update(model).where(col(model.conversation_id) == conversation_id).values(desk_id=desk_id)
            for model in (Message, Timer, Recording, Call, JoinCode)
        ),
        update(CallAttempt).where(col(CallAttempt.call_back_id).in_(owed)).values(desk_id=desk_id),
        update(CallBack).where(col(CallBack.conversation_id) == conversation_id).values(desk_id=desk_id, **without),
    ):
        session.connection().execute(statement)


def _reseal_reasons(session: Session, keys: Keys, registration_id: str, old: bytes, new: bytes) -> None:
    statement = select(Outcome).where(
        Outcome.registration_id == registration_id, col(Outcome.sealed_reason).is_not(None)
    )
    for each in session.exec(statement):
        if each.sealed_reason is not None:
            text = keys.open(old, "outcome", "sealed_reason", each.id, each.sealed_reason)
            each.sealed_reason = keys.seal(new, "outcome", "sealed_reason", each.id, text)
            session.add(each)
    session.flush()


def _care_need(session: Session, keys: Keys, row: Registration) -> dict[str, bool | None]:
    return _opened_care(keys, row, session.get_one(Desk, row.desk_id).key)


def _opened_care(keys: Keys, row: Registration, desk_key: bytes) -> dict[str, bool | None]:
    if row.care_need is None:
        return {"value": None, "override": None}
    kept: dict[str, bool | None] = json.loads(keys.open(desk_key, "registration", CARE_NEED, row.id, row.care_need))
    return kept


def _set_care_need(session: Session, keys: Keys, row: Registration, name: str, value: bool | None) -> None:
    desk = session.get_one(Desk, row.desk_id)
    text = json.dumps(_care_need(session, keys, row) | {name: value})
    row.care_need = keys.seal(desk.key, "registration", CARE_NEED, row.id, text)


def _free(session: Session, reference: Callable[[], str]) -> str:
    while True:
        proposed = reference()
        with row_security.across(session):  # unique over the installation
            is_free = _TAKEN.first(session, {"reference": proposed}) is None
        if is_free:
            return proposed


def _check_digit(body: str) -> str:
    odd, even = map(int, body[::-2]), map(int, body[-2::-2])  # from the right
    return str(-(sum(map(_DOUBLED.__getitem__, odd)) + sum(even)) % 10)
